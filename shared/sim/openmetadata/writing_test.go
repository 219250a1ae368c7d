package openmetadata_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestCreate(t *testing.T) {
	w := newWorld(t)
	allow := []object{{"name": "r", "effect": "allow", "operations": []string{"ViewAll"}, "resources": []string{"all"}, "condition": "isOwner() && !matchAnyTag('Tier.Tier1', 'PersonalData.Personal')"}}
	policy := w.want(201, "POST", "policies", object{"name": "p", "description": "d", "rules": allow})
	role := w.want(201, "POST", "roles", object{"name": "r", "policies": []string{"p"}})
	team := w.want(201, "POST", "teams", object{
		"name": "etl", "teamType": "Department", "parents": []string{w.id("teams", "data")}, "users": []string{w.id("users", "ken")}, "policies": []string{policy["id"].(string)},
		"defaultRoles": []string{role["id"].(string)}, "isJoinable": false, "email": "etl@example.com", "externalId": "g1", "displayName": "ETL",
	})
	w.want(201, "POST", "users", object{"name": "new", "email": "new@example.com", "teams": []string{team["id"].(string)}, "roles": []string{role["id"].(string)}})
	want := openmetadata.Team{Name: "etl", Type: "Department", Parents: []string{"data"}, Users: []string{"ken@example.com", "new@example.com"}, Policies: []string{"p"}, DefaultRoles: []string{"r"}}
	got, _ := w.catalog.Team("etl")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p := w.byName("policies", "p")
	if diff := cmp.Diff([]string{"etl"}, names(p["teams"])); diff != "" || names(p["roles"])[0] != "r" || p["rules"].([]any)[0].(object)["fullyQualifiedName"] != "p.r" {
		t.Errorf("policy %v", p)
	}
	if r := w.byName("roles", "r"); names(r["users"])[0] != "new" || names(r["teams"])[0] != "etl" {
		t.Errorf("role %v", r)
	}
	for name, tt := range map[string]struct {
		path string
		body any
		want int
	}{
		"again":                         {"teams", object{"name": "etl", "teamType": "Group"}, 409},
		"without a name":                {"teams", object{"teamType": "Group"}, 400},
		"with a reserved name":          {"teams", object{"name": "a::b", "teamType": "Group"}, 400},
		"without a type":                {"teams", object{"name": "x"}, 400},
		"of another type":               {"teams", object{"name": "x", "teamType": "Squad"}, 400},
		"another organization":          {"teams", object{"name": "x", "teamType": "Organization"}, 400},
		"with an unknown property":      {"teams", object{"name": "x", "teamType": "Group", "colour": "red"}, 400},
		"with another kind's property":  {"teams", object{"name": "x", "teamType": "Group", "rules": allow}, 400},
		"below nothing":                 {"teams", object{"name": "x", "teamType": "Group", "parents": []string{"nothing"}}, 404},
		"below a group":                 {"teams", object{"name": "x", "teamType": "Group", "parents": []string{w.id("teams", "loaders")}}, 400},
		"a unit below a division":       {"teams", object{"name": "x", "teamType": "BusinessUnit", "parents": []string{w.id("teams", "data")}}, 400},
		"with names for ids":            {"teams", object{"name": "x", "teamType": "Group", "users": []string{"ken"}}, 404},
		"with children":                 {"teams", object{"name": "x", "teamType": "Department", "children": []string{w.id("teams", "loaders")}}, 400},
		"with a bad address":            {"teams", object{"name": "x", "teamType": "Group", "email": "x"}, 400},
		"with a stranger for an owner":  {"teams", object{"name": "x", "teamType": "Group", "owners": []object{ref("user", "nobody")}}, 404},
		"a user without an address":     {"users", object{"name": "x"}, 400},
		"a user of no team":             {"users", object{"name": "x", "email": "x@example.com", "teams": []string{"nothing"}}, 404},
		"a role without policies":       {"roles", object{"name": "x", "policies": []string{}}, 400},
		"a role with an unknown policy": {"roles", object{"name": "x", "policies": []string{"nothing"}}, 404},
		"a policy without rules":        {"policies", object{"name": "x", "rules": []object{}}, 400},
		"no JSON":                       {"teams", "{", 400},
		"two of them":                   {"teams", "{}{}", 400},
	} {
		t.Run(name, func(t *testing.T) { w.t = t; w.want(tt.want, "POST", tt.path, tt.body) })
	}
	w.t = t
	w.want(415, "POST", "teams", "x", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") })
}

func TestRules(t *testing.T) {
	w := newWorld(t)
	rule := func(change object) []object {
		r := object{"name": "r", "effect": "allow", "operations": []string{"ViewAll"}, "resources": []string{"table"}}
		for k, v := range change {
			r[k] = v
		}
		return []object{r}
	}
	n := 0
	for name, tt := range map[string]struct {
		rules []object
		want  int
	}{
		"good":                         {rule(nil), 201},
		"an operation that is newer":   {rule(object{"operations": []string{"EditTask"}}), 201},
		"an old operation":             {rule(object{"operations": []string{"EditOwner"}}), 400},
		"an effect that there is not":  {rule(object{"effect": "maybe"}), 400},
		"no operations":                {rule(object{"operations": []string{}}), 400},
		"no resources":                 {rule(object{"resources": []string{}}), 400},
		"no name":                      {rule(object{"name": ""}), 400},
		"twice":                        {append(rule(nil), rule(nil)...), 400},
		"an unknown property":          {rule(object{"colour": "red"}), 400},
		"a team":                       {rule(object{"condition": "inAnyTeam('data', 'loaders')"}), 201},
		"a team that there is not":     {rule(object{"condition": "inAnyTeam('data', 'nothing')"}), 404},
		"a role":                       {rule(object{"condition": "!hasAnyRole('DataConsumer') || noOwner()"}), 201},
		"a role that there is not":     {rule(object{"condition": "hasAnyRole('nothing')"}), 404},
		"a tag":                        {rule(object{"condition": "matchAllTags(\"PII.Sensitive\")"}), 201},
		"a tag that there is not":      {rule(object{"condition": "matchAnyTag('Nothing.Here')"}), 404},
		"a function that there is not": {rule(object{"condition": "isFriday()"}), 400},
		"an argument too many":         {rule(object{"condition": "isOwner('ken')"}), 400},
		"an argument too few":          {rule(object{"condition": "inAnyTeam()"}), 400},
		"an argument that is no text":  {rule(object{"condition": "inAnyTeam(data)"}), 400},
		"something else":               {rule(object{"condition": "T(java.lang.Runtime).getRuntime()"}), 400},
		"brackets":                     {rule(object{"condition": "(isOwner() && (noOwner() || !hasDomain()))"}), 201},
		"brackets that stay open":      {rule(object{"condition": "(isOwner()"}), 400},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			n++
			w.want(tt.want, "POST", "policies", object{"name": "p" + string(rune('a'+n)), "rules": tt.rules})
		})
	}
}

func TestPatch(t *testing.T) {
	w := newWorld(t)
	team, aiko, ken := "teams/"+w.id("teams", "loaders"), w.id("users", "aiko"), w.id("users", "ken")
	users := func() []string { return names(w.byName("teams", "loaders")["users"]) }
	w.ok("PATCH", team, []object{patch("add", "/users/-", ref("user", aiko))})
	if diff := cmp.Diff([]string{"ken", "aiko"}, users()); diff != "" {
		t.Errorf("appended (-want +got):\n%s", diff)
	}
	w.ok("PATCH", team, []object{patch("test", "/users/0/id", ken), patch("remove", "/users/0", nil)})
	if diff := cmp.Diff([]string{"aiko"}, users()); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	for name, operations := range map[string]any{
		"a name for a reference":          []object{patch("add", "/users/-", "ken")},
		"a reference without a type":      []object{patch("add", "/users/-", object{"id": ken})},
		"a reference of another type":     []object{patch("add", "/users/-", ref("team", ken))},
		"a property that there is not":    []object{patch("add", "/colour", "red")},
		"no operation":                    []object{patch("fly", "/name", "y")},
		"no value":                        []object{patch("add", "/displayName", nil)},
		"no path":                         []object{{"op": "remove"}},
		"no pointer":                      []object{patch("add", "displayName", "x")},
		"no from":                         []object{{"op": "move", "path": "/x"}},
		"a from that is no pointer":       []object{{"op": "move", "path": "/x", "from": "x"}},
		"an object for the operations":    object{"op": "add"},
		"another type for a group":        []object{patch("replace", "/teamType", "Division")},
		"nothing left":                    []object{patch("remove", "", nil)},
		"a key that the format lacks":     []object{{"op": "add", "path": "/displayName", "value": "x", "force": true}},
		"a parent that may not be":        []object{patch("replace", "/parents", []object{ref("team", w.id("teams", "loaders"))})},
		"a copy of a wrong kind of thing": []object{{"op": "copy", "from": "/users/0", "path": "/parents/0"}},
		"two operations, the first good":  []object{patch("add", "/displayName", "x"), patch("fly", "/name", "y")},
	} {
		t.Run(name, func(t *testing.T) { w.t = t; w.want(400, "PATCH", team, operations) })
	}
	// What does not fit the document is an exception to the server.
	for name, operations := range map[string]any{
		"a test that is wrong":               []object{patch("test", "/version", 0.1), patch("remove", "/users/0", nil)},
		"a number that is written otherwise": []object{patch("test", "/version", json.RawMessage("0.30"))},
		"an index beyond":                    []object{patch("remove", "/users/7", nil)},
		"an index that is a word":            []object{patch("remove", "/users/first", nil)},
		"removing what is not there":         []object{patch("remove", "/displayName", nil)},
		"replacing what is not there":        []object{patch("replace", "/displayName", "x")},
		"below a text":                       []object{patch("add", "/name/x", "y")},
		"from nowhere":                       []object{{"op": "copy", "from": "/x", "path": "/displayName"}},
		"into itself":                        []object{{"op": "move", "from": "/users", "path": "/users/0"}},
		"the second fails, none is done":     []object{patch("add", "/displayName", "x"), patch("remove", "/nothing", nil)},
	} {
		t.Run(name, func(t *testing.T) { w.t = t; w.want(500, "PATCH", team, operations) })
	}
	w.t = t
	w.want(404, "PATCH", team, []object{patch("add", "/users/-", ref("user", "nobody"))})
	w.want(404, "PATCH", "teams/nothing", []object{patch("add", "/displayName", "x")})
	w.want(415, "PATCH", team, []object{}, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
	if d := w.byName("teams", "loaders"); d["displayName"] != nil || d["version"] != 0.2 {
		t.Errorf("something was changed: %v", d)
	}
	// What a patch cannot change stays as it is.
	if d := w.ok("PATCH", team, []object{patch("replace", "/name", "other"), patch("replace", "/updatedBy", "nobody")}); d["name"] != "loaders" || d["version"] != 0.2 {
		t.Errorf("the name changed: %v", d)
	}
	w.ok("PATCH", team, []object{{"op": "copy", "from": "/name", "path": "/displayName"}, {"op": "move", "from": "/displayName", "path": "/description"}, patch("replace", "/isJoinable", false)})
	if d := w.byName("teams", "loaders"); d["displayName"] != nil || d["description"] != "loaders" || d["isJoinable"] != false {
		t.Errorf("copied and moved: %v", d)
	}
	w.ok("PATCH", "users/"+aiko, []object{patch("add", "/roles/-", ref("role", w.id("roles", "DataSteward"))), patch("add", "/teams/-", ref("team", w.id("teams", "data"))), patch("replace", "/isAdmin", true)})
	if d := w.byName("users", "aiko"); names(d["roles"])[0] != "DataSteward" || len(names(d["teams"])) != 2 || d["isAdmin"] != true {
		t.Errorf("user %v", d)
	}
	w.ok("PATCH", "users/"+aiko, []object{patch("replace", "/teams", []object{})})
	if got := users(); len(got) != 0 {
		t.Errorf("out of all teams, and still in %v", got)
	}
	table := "tables/" + w.id("tables", "scratch.trial")
	w.ok("PATCH", table, []object{patch("add", "/owners/-", ref("team", w.id("teams", "data"))), patch("add", "/tags/-", object{"tagFQN": "Tier.Tier2", "source": "Classification", "labelType": "Manual", "state": "Confirmed"})})
	if diff := cmp.Diff(openmetadata.Table{Name: "scratch.trial", Owners: []string{"data"}, Tags: []string{"Tier.Tier2"}}, w.catalog.Tables()[1]); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestLevelsHoldWhenTeamsChange(t *testing.T) {
	w := newWorld(t)
	data := w.id("teams", "data")
	etl := w.want(201, "POST", "teams", object{"name": "etl", "teamType": "Department", "parents": []string{data}})["id"].(string)
	w.want(400, "PATCH", "teams/"+data, []object{patch("replace", "/teamType", "Group")})
	w.want(400, "PATCH", "teams/"+data, []object{patch("replace", "/parents", []object{ref("team", etl)})})
	unit := w.want(201, "POST", "teams", object{"name": "unit", "teamType": "BusinessUnit"})["id"].(string)
	w.want(400, "PATCH", "teams/"+data, []object{patch("add", "/parents/-", ref("team", unit))})
	other := w.want(201, "POST", "teams", object{"name": "other", "teamType": "BusinessUnit", "parents": []string{unit}})["id"].(string)
	third := w.want(201, "POST", "teams", object{"name": "third", "teamType": "BusinessUnit"})["id"].(string)
	w.want(400, "PATCH", "teams/"+other, []object{patch("add", "/parents/-", ref("team", third))}) // units have one parent too
	w.want(400, "POST", "teams", object{"name": "fourth", "teamType": "BusinessUnit", "parents": []string{unit, third}})
	w.ok("PATCH", "teams/"+data, []object{patch("replace", "/teamType", "Department")})
	w.want(400, "PATCH", "teams/"+data, []object{patch("replace", "/parents", []object{ref("team", etl)})}) // round in circles
	w.ok("PATCH", "teams/"+etl, []object{patch("replace", "/parents", []object{ref("team", unit), ref("team", data)})})
	w.want(400, "PATCH", "teams/"+data, []object{patch("replace", "/parents", []object{ref("team", etl)})}) // by the second parent
}

// Anybody may join a team of which nothing else is said.
func TestATeamCanBeJoinedUnlessSaidOtherwise(t *testing.T) {
	w := newWorld(t)
	for name, said := range map[string]object{"open": {}, "shut": {"isJoinable": false}, "ajar": {"isJoinable": true}} {
		body := object{"name": name, "teamType": "Group"}
		maps.Copy(body, said)
		got := w.want(201, "POST", "teams", body)["isJoinable"]
		if got != (name != "shut") {
			t.Errorf("%s: isJoinable is %v", name, got)
		}
	}
}

// A condition may name what is there, and not what was deleted.
func TestAConditionNamesWhatIsThere(t *testing.T) {
	w := newWorld(t)
	team := w.want(201, "POST", "teams", object{"name": "gone", "teamType": "Group"})["id"].(string)
	role := w.want(201, "POST", "roles", object{"name": "gone", "policies": []string{"DataConsumerPolicy"}})["id"].(string)
	policy := func(name, condition string) object {
		return object{"name": name, "rules": []object{{"name": "r", "effect": "allow", "operations": []string{"ViewAll"}, "resources": []string{"all"}, "condition": condition}}}
	}
	for i, condition := range []string{"inAnyTeam('gone')", "hasAnyRole('gone')"} {
		w.want(201, "POST", "policies", policy(fmt.Sprint("before", i), condition))
	}
	w.ok("DELETE", "teams/"+team, nil)
	w.ok("DELETE", "roles/"+role, nil)
	for i, condition := range []string{"inAnyTeam('gone')", "hasAnyRole('gone')"} {
		w.want(404, "POST", "policies", policy(fmt.Sprint("after", i), condition))
	}
}

func TestPutReplacesTheUsersOfATeam(t *testing.T) {
	w := newWorld(t)
	id := w.id("teams", "loaders")
	w.ok("PUT", "teams/"+id+"/users", []object{ref("user", w.id("users", "aiko"))})
	if got, _ := w.catalog.Team("loaders"); len(got.Users) != 1 || got.Users[0] != "aiko@example.com" {
		t.Errorf("users %v", got.Users)
	}
	w.ok("DELETE", "teams/"+id+"/users/"+w.id("users", "aiko"), nil)
	w.want(404, "DELETE", "teams/"+id+"/users/"+w.id("users", "aiko"), nil)
	w.want(404, "DELETE", "teams/nothing/users/x", nil)
	w.want(404, "PUT", "teams/nothing/users", []object{})
	w.want(404, "PUT", "teams/"+id+"/users", []object{ref("user", "nobody")})
	w.want(400, "PUT", "teams/"+id+"/users", object{})
}

func TestPutOfAnEntity(t *testing.T) {
	w := newWorld(t)
	w.want(201, "PUT", "teams", object{"name": "x", "teamType": "Group"})
	if d := w.ok("PUT", "teams", object{"name": "x", "teamType": "Group", "displayName": "X"}); d["displayName"] != "X" || d["version"] != 0.2 {
		t.Errorf("got %v", d)
	}
	w.want(400, "PUT", "teams", object{"name": "x"})
	w.want(404, "PUT", "teams", object{"name": "x", "teamType": "Group", "users": []string{"nobody"}})
	w.want(404, "PUT", "teams", object{"name": "y", "teamType": "Group", "users": []string{"nobody"}})
}

func TestDeleting(t *testing.T) {
	w := newWorld(t)
	w.want(201, "POST", "policies", object{"name": "p", "rules": []object{{"name": "r", "effect": "deny", "operations": []string{"All"}, "resources": []string{"all"}}}})
	w.want(201, "POST", "teams", object{"name": "x", "teamType": "Department", "policies": []string{w.id("policies", "p")}})
	id, x := w.id("policies", "p"), w.id("teams", "x")
	w.want(201, "POST", "teams", object{"name": "below", "teamType": "Group", "parents": []string{x}})
	w.ok("DELETE", "policies/"+id, nil)
	if got, _ := w.catalog.Team("x"); len(got.Policies) != 0 {
		t.Errorf("a deleted policy holds: %v", got.Policies)
	}
	w.want(404, "GET", "policies/"+id, nil)
	w.want(404, "PATCH", "policies/"+id, []object{})
	w.want(404, "DELETE", "policies/"+id, nil)
	if d := w.ok("GET", "policies/"+id+"?include=deleted", nil); d["deleted"] != true {
		t.Errorf("got %v", d)
	}
	if n := len(w.ok("GET", "policies?include=all&limit=100", nil)["data"].([]any)); n != 6 {
		t.Errorf("%d policies with the deleted one", n)
	}
	w.want(409, "POST", "policies", object{"name": "p", "rules": []object{{"name": "r", "effect": "deny", "operations": []string{"All"}, "resources": []string{"all"}}}})
	w.ok("PUT", "policies/restore", object{"id": id})
	if got, _ := w.catalog.Team("x"); len(got.Policies) != 1 {
		t.Errorf("restored, it does not hold: %v", got.Policies)
	}
	w.want(404, "PUT", "policies/restore", object{"id": id})
	w.ok("DELETE", "policies/"+id+"?hardDelete=true", nil)
	w.want(404, "GET", "policies/"+id+"?include=all", nil)
	w.want(400, "DELETE", "teams/"+x, nil) // there is one below
	w.ok("DELETE", "teams/"+x+"?recursive=true", nil)
	if _, there := w.catalog.Team("below"); there {
		t.Error("below a deleted team there is one")
	}
	w.want(400, "DELETE", "policies/"+w.id("policies", "OrganizationPolicy"), nil)
	w.want(400, "DELETE", "teams/"+w.id("teams", "Organization"), nil)
	w.ok("DELETE", "users/"+w.id("users", "ken")+"?hardDelete=true", nil)
	if got, _ := w.catalog.Team("loaders"); len(got.Users) != 0 {
		t.Errorf("a user who is gone: %v", got.Users)
	}
}

func TestRulesAsTheyAreKept(t *testing.T) {
	w := newWorld(t)
	w.want(201, "POST", "policies", object{"name": "p.1", "rules": []object{
		{"name": "z", "effect": "allow", "operations": []string{"ViewTests", "EditAll", "EditTags", "Delete", "ViewBasic", "ViewAll"}, "resources": []string{"table", "ALL"}},
		{"name": "a", "effect": "deny", "operations": []string{"EditTags", "All"}, "resources": []string{"topic", "table"}},
	}})
	want := []openmetadata.Rule{
		{Name: "a", Effect: "deny", Operations: []string{"All", "EditTags"}, Resources: []string{"table", "topic"}},
		{Name: "z", Effect: "allow", Operations: []string{"Delete", "EditAll", "ViewAll"}, Resources: []string{"All"}},
	}
	var got openmetadata.Policy
	for _, p := range w.catalog.Policies() {
		if p.Name == "p.1" {
			got = p
		}
	}
	if diff := cmp.Diff(want, got.Rules); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A name with a dot is found with quotes; those of users and teams without, too.
func TestNamesWithDots(t *testing.T) {
	w := newWorld(t)
	w.want(201, "POST", "users", object{"name": "taro.yamada", "email": "Taro.Yamada@example.com"})
	w.want(201, "POST", "teams", object{"name": "a.b", "teamType": "Group"})
	w.want(201, "POST", "roles", object{"name": "r.1", "policies": []string{"DataConsumerPolicy"}})
	for path, want := range map[string]int{
		"users/name/taro.yamada": 200, "users/name/Taro.Yamada": 200, "users/name/%22taro.yamada%22": 200, "teams/name/a.b": 200, "teams/name/%22a.b%22": 200,
		"roles/name/r.1": 404, "roles/name/%22r.1%22": 200, "roles/name/%22DataConsumer%22": 404,
	} {
		w.want(want, "GET", path, nil)
	}
	if d := w.ok("GET", "teams/name/a.b", nil); d["name"] != "a.b" || d["fullyQualifiedName"] != `"a.b"` {
		t.Errorf("got %v", d)
	}
}

func FuzzPatch(f *testing.F) {
	f.Add(`[{"op":"add","path":"/users/-","value":{"id":"x","type":"user"}}]`)
	f.Add(`[{"op":"move","from":"/users","path":"/policies/0"},{"op":"test","path":"","value":{}},{"op":"remove","path":"/a~1b~0"}]`)
	var w *world // for all, because it takes long to make one
	f.Fuzz(func(t *testing.T, body string) {
		if w == nil {
			w = newWorld(t)
		}
		w.t = t
		before := w.byName("teams", "loaders")
		got, err := w.send("PATCH", "teams/"+before["id"].(string), body)
		check(t, err)
		after := w.byName("teams", "loaders")
		a, _ := json.Marshal(before)
		b, _ := json.Marshal(after)
		if got.status != 200 && string(a) != string(b) {
			t.Errorf("refused with %d, and changed", got.status)
		}
		if got.status >= 500 && !strings.Contains(got.raw, "patch operation") {
			t.Errorf("got %d %s", got.status, got.raw)
		}
	})
}

// A table may be told of before the team that owns it is there.
func TestATeamOwnsWhatWaitedForIt(t *testing.T) {
	company, err := org.Parse("company.yaml", []byte(`
domain: example.com
people: [{email: aiko@example.com}]
openmetadata:
  tables:
    - {name: by.group, owners: [data@example.com, gone@example.com]}
    - {name: by.name, owners: [data, aiko@example.com]}
`))
	check(t, err)
	s, err := openmetadata.New(openmetadata.Options{
		Company: company, Now: func() time.Time { return begin }, Seed: 1, Tokens: map[string]openmetadata.Bot{"t": {Name: "us", Admin: true}},
		TeamOf: func(group string) string { return map[string]string{"data@example.com": "data"}[group] },
	})
	check(t, err)
	owners := func() string {
		var out []string
		for _, table := range s.Tables() {
			out = append(out, table.Name+": "+strings.Join(table.Owners, " "))
		}
		return strings.Join(out, ", ")
	}
	if got, want := owners(), "by.group: , by.name: aiko@example.com"; got != want {
		t.Errorf("before: %s, want %s", got, want)
	}
	r := httptest.NewRequest(http.MethodPost, "/api/v1/teams", strings.NewReader(`{"name":"data","teamType":"Division"}`))
	r.Header.Set("Authorization", "Bearer t")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, r); w.Code != http.StatusCreated {
		t.Fatal(w.Body)
	}
	for range 2 {
		if got, want := owners(), "by.group: data, by.name: aiko@example.com data"; got != want {
			t.Errorf("then: %s, want %s", got, want)
		}
	}
}
