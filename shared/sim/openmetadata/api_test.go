package openmetadata_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestNew(t *testing.T) {
	if _, err := openmetadata.New(openmetadata.Options{Now: time.Now}); err == nil {
		t.Error("a catalogue without a company")
	}
	for name, file := range map[string]string{
		"two with a name":   "domain: a.example\npeople: [{email: x@a.example}, {email: x@b.example}]\n",
		"a stranger":        "openmetadata: {users: [x@a.example], teams: [{name: t, users: [y@a.example]}]}\n",
		"an upside-down":    "openmetadata: {teams: [{name: t, type: Department}, {name: u, type: Division, parent: t}]}\n",
		"an admin without":  "openmetadata: {users: [x@a.example], admins: [y@a.example]}\n",
		"in a domain":       "openmetadata: {users: [x@a.example], domains: [{name: d, users: [y@a.example]}]}\n",
		"a child of a club": "openmetadata: {teams: [{name: t, type: Group}, {name: u, type: Group, parent: t}]}\n",
	} {
		company, err := org.Parse("c.yaml", []byte(file))
		check(t, err)
		if _, err := openmetadata.New(openmetadata.Options{Company: company, Now: time.Now}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestWhoMayAsk(t *testing.T) {
	w := newWorld(t)
	as := func(header string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", header) }
	}
	for header, want := range map[string]int{"": 401, "Bearer": 401, "Bearer stolen": 401, "Basic token": 401, "bearer token": 200, "Bearer reader": 200} {
		w.want(want, "GET", "teams", nil, as(header))
	}
	w.want(403, "POST", "teams", object{"name": "x", "teamType": "Group"}, as("Bearer reader"))
	w.want(403, "DELETE", "teams/"+w.id("teams", "loaders"), nil, as("Bearer reader"))
}

func TestWhatEveryServerHas(t *testing.T) {
	w := newWorld(t)
	organization := w.byName("teams", "Organization")
	if diff := cmp.Diff([]string{"OrganizationPolicy"}, names(organization["policies"])); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"DataConsumer"}, names(organization["defaultRoles"])); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"data"}, names(organization["children"])); diff != "" {
		t.Errorf("children (-want +got):\n%s", diff)
	}
	var policies []string
	for _, p := range w.catalog.Policies() {
		policies = append(policies, p.Name)
	}
	if diff := cmp.Diff([]string{"DataConsumerPolicy", "DataStewardPolicy", "DomainOnlyAccessPolicy", "OrganizationPolicy", "TeamOnlyPolicy"}, policies); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"admin@open-metadata.org", "aiko@example.com", "ken@example.com"}, w.catalog.Users()); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	want := []openmetadata.Table{{Name: "sample.fact_table", Owners: []string{"aiko@example.com"}, Tags: []string{"Tier.Tier1", "PersonalData.Personal"}}, {Name: "scratch.trial"}}
	if diff := cmp.Diff(want, w.catalog.Tables()); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	if n := len(w.catalog.Operations()); n != 48 {
		t.Errorf("%d operations", n)
	}
}

func TestReading(t *testing.T) {
	w := newWorld(t)
	id := w.id("teams", "loaders")
	bare := w.ok("GET", "teams/"+id, nil)
	if bare["users"] != nil || bare["policies"] != nil || bare["teamType"] != "Group" || bare["isJoinable"] != true || bare["version"] != 0.1 {
		t.Errorf("without fields: %v", bare)
	}
	full := w.byName("teams", "loaders")
	if diff := cmp.Diff([]string{"ken"}, names(full["users"])); diff != "" || full["userCount"] != 1.0 || len(full["policies"].([]any)) != 0 {
		t.Errorf("with fields: %v", full)
	}
	if diff := cmp.Diff([]string{"loaders"}, names(w.byName("users", "ken")["teams"])); diff != "" {
		t.Errorf("teams of a user (-want +got):\n%s", diff)
	}
	w.want(400, "GET", "teams?fields=colour", nil)
	w.want(400, "GET", "teams?colour=red", nil)
	w.want(400, "GET", "teams?include=some", nil)
	w.want(400, "GET", "teams?limit=-1", nil)
	w.want(400, "GET", "teams?after=%21", nil)
	w.want(400, "GET", "teams?before=%21", nil)
	w.want(400, "GET", "teams?before=YQ&after=YQ", nil)
	w.want(404, "GET", "teams/nothing", nil)
	w.want(404, "GET", "teams/name/nothing", nil)
	w.want(404, "GET", "policies/"+id, nil)
	for query, want := range map[string]int{"users?isBot=false": 3, "users?isAdmin=true": 2, "users?team=loaders": 1, "users?team=nothing": 0, "teams?parentTeam=data": 1, "teams?isJoinable=false": 0} {
		if got := len(w.ok("GET", query, nil)["data"].([]any)); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	for i := range 23 {
		w.want(201, "POST", "teams", object{"name": fmt.Sprintf("t%02d", i), "teamType": "Group"})
	}
	if got := len(w.ok("GET", "teams", nil)["data"].([]any)); got != 10 {
		t.Errorf("%d on a page where nobody said", got)
	}
	var all []string
	after, before := "", ""
	for range 10 {
		body := w.ok("GET", "teams?limit=7&after="+url.QueryEscape(after), nil)
		for _, item := range body["data"].([]any) {
			all = append(all, item.(object)["name"].(string))
		}
		paging := body["paging"].(object)
		if paging["total"] != 26.0 {
			t.Errorf("total %v", paging["total"])
		}
		before, _ = paging["before"].(string)
		if after, _ = paging["after"].(string); after == "" {
			break
		}
	}
	if len(all) != 26 || all[0] != "Organization" || all[25] != "t22" {
		t.Errorf("%d: %v", len(all), all)
	}
	back := w.ok("GET", "teams?limit=7&before="+url.QueryEscape(before), nil)
	if got := names(any(back["data"])); len(got) != 7 || got[6] != all[20] {
		t.Errorf("backwards: %v", got)
	}
}

func TestFaultsAndQuota(t *testing.T) {
	for kind, want := range map[sim.FaultKind]int{sim.FaultDown: 503, sim.Fault429: 429, sim.Fault403Quota: 429, sim.Fault500: 500, sim.FaultConflict: 409, sim.FaultAppliedBut500: 500} {
		w := newWorld(t)
		w.faults.Add(sim.Fault{API: openmetadata.API, Kind: kind, Rate: 1, Left: 1})
		got, err := w.send("POST", "teams", object{"name": "x", "teamType": "Group"})
		check(t, err)
		_, made := w.catalog.Team("x")
		if got.status != want || made != (kind == sim.FaultAppliedBut500) || (want == 429) != (got.header.Get("Retry-After") == "30") {
			t.Errorf("%s: %d, made %t", kind, got.status, made)
		}
	}
	w := newWorld(t)
	w.faults.Add(sim.Fault{API: openmetadata.API, Kind: sim.FaultTimeout, Rate: 1, Left: 1})
	if _, err := w.send("GET", "teams", nil); !errors.Is(err, sim.ErrDropped) {
		t.Errorf("timeout: %v", err)
	}
	for kind, want := range map[sim.FaultKind]int{sim.FaultPartial: 1, sim.FaultEmpty: 0} {
		w.faults.Add(sim.Fault{API: openmetadata.API, Kind: kind, Rate: 1, Left: 1})
		body := w.ok("GET", "teams", nil)
		if got := len(body["data"].([]any)); got != want || body["paging"].(object)["total"] != float64(want) {
			t.Errorf("%s: %v", kind, body)
		}
	}
	w.catalog.Quota().Set(1, time.Minute)
	w.ok("GET", "teams", nil)
	w.want(429, "GET", "teams", nil)
	if calls, refused := w.calls.Count(openmetadata.API, "listTeams"); calls != 5 || refused != 1 {
		t.Errorf("%d calls, %d refused", calls, refused)
	}
}

func TestHistory(t *testing.T) {
	w := newWorld(t)
	id := w.id("teams", "loaders")
	w.now = w.now.Add(time.Hour)
	d := w.ok("PATCH", "teams/"+id, []object{patch("add", "/description", "They load.")})
	if d["version"] != 0.2 || d["updatedBy"] != "sekisho" || d["updatedAt"] != float64(w.now.UnixMilli()) {
		t.Errorf("got %v", d)
	}
	change := d["changeDescription"].(object)
	if change["previousVersion"] != 0.1 || change["fieldsAdded"].([]any)[0].(object)["name"] != "description" {
		t.Errorf("change %v", change)
	}
	if again := w.ok("PATCH", "teams/"+id, []object{patch("replace", "/description", "They load.")}); again["version"] != 0.2 {
		t.Errorf("nothing changed, and the version is %v", again["version"])
	}
	check(t, w.catalog.AddUser("loaders", "aiko@example.com"))
	w.now = w.now.Add(time.Hour)
	check(t, w.catalog.RemoveUser("loaders", "ken@example.com"))
	history := w.ok("GET", "teams/"+id+"/versions", nil)
	if got := history["versions"].([]any); len(got) != 4 || history["entityType"] != "team" || !strings.Contains(got[0].(string), `"version":0.4`) {
		t.Errorf("history %v", history)
	}
	if old := w.ok("GET", "teams/"+id+"/versions/0.1", nil); old["description"] != nil || names(old["users"])[0] != "ken" {
		t.Errorf("the first version: %v", old)
	}
	w.want(404, "GET", "teams/"+id+"/versions/9.9", nil)
	w.want(404, "GET", "teams/nothing/versions", nil)
	w.want(404, "GET", "teams/nothing/versions/0.1", nil)
}

// What one account patches within a short while is one version.
func TestOneSittingIsOneVersion(t *testing.T) {
	w := newWorld(t)
	team := "teams/" + w.id("teams", "loaders")
	describe := func(text string) object {
		w.now = w.now.Add(5 * time.Minute)
		return w.ok("PATCH", team, []object{patch("add", "/description", text)})
	}
	describe("one")
	describe("two")
	d := describe("three")
	if d["version"] != 0.2 || d["updatedAt"] != float64(w.now.UnixMilli()) || d["changeDescription"].(object)["previousVersion"] != 0.1 {
		t.Errorf("got %v", d)
	}
	if got := len(w.ok("GET", team+"/versions", nil)["versions"].([]any)); got != 2 {
		t.Errorf("%d versions", got)
	}
	check(t, w.catalog.AddUser("loaders", "aiko@example.com")) // somebody else
	if d := describe("four"); d["version"] != 0.4 {
		t.Errorf("after somebody else: %v", d["version"])
	}
	w.now = w.now.Add(6 * time.Minute)
	if d := describe("five"); d["version"] != 0.5 {
		t.Errorf("after a long while: %v", d["version"])
	}
}

func TestWhatPeopleDo(t *testing.T) {
	w := newWorld(t)
	refused(t, w.catalog.AddUser("nothing", "aiko@example.com"), openmetadata.ErrNotFound)
	refused(t, w.catalog.AddUser("data", "nobody@example.com"), openmetadata.ErrNotFound)
	refused(t, w.catalog.RemoveUser("data", "aiko@example.com"), openmetadata.ErrNotFound)
	refused(t, w.catalog.EditPolicy("TeamOnlyPolicy", "admin", nil), openmetadata.ErrInvalid)
	refused(t, w.catalog.Describe("teapot", "x", ""), openmetadata.ErrNotFound)
	check(t, w.catalog.EditPolicy("TeamOnlyPolicy", "ken", []openmetadata.Rule{{Name: "r", Effect: "allow", Operations: []string{"All"}, Resources: []string{"all"}}}))
	if d := w.byName("policies", "TeamOnlyPolicy"); d["updatedBy"] != "ken" || d["version"] != 0.2 {
		t.Errorf("got %v", d)
	}
	check(t, w.catalog.Describe("role", "DataConsumer", "new"))
	if got := w.catalog.Roles()[0]; got.Description != "new" || got.Policies[0] != "DataConsumerPolicy" {
		t.Errorf("got %+v", got)
	}
}

// The columns of a table have their tags only if columns and tags were both asked for.
func TestTagsOfColumns(t *testing.T) {
	w := newWorld(t, func(o *openmetadata.Options) {
		company, err := org.Parse("company.yaml", []byte(`
openmetadata:
  tables: [{name: sample.fact_table, tags: [Tier.Tier1], columns: [{name: email, tags: [PII.Sensitive]}]}]
`))
		check(t, err)
		o.Company = company
	})
	for fields, want := range map[string][2]int{"": {0, 0}, "columns": {0, 0}, "tags": {1, 0}, "tags,columns": {1, 1}, "columns,tags,dataModel": {1, 1}} {
		d := w.ok("GET", "tables/name/sample.fact_table?fields="+fields, nil)
		of := func(thing any) int {
			tags, _ := thing.(object)["tags"].([]any)
			return len(tags)
		}
		if got := [2]int{of(d), of(d["columns"].([]any)[0])}; got != want {
			t.Errorf("%q: %d tags of the table and of its column, want %d", fields, got, want)
		}
	}
}
