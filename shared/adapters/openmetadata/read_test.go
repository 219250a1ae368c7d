package openmetadata_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/secret"
)

func TestNew(t *testing.T) {
	for name, change := range map[string]func(*openmetadata.Options){
		"no client":         func(o *openmetadata.Options) { o.Client = nil },
		"no clock":          func(o *openmetadata.Options) { o.Now = nil },
		"no token":          func(o *openmetadata.Options) { o.Token = secret.Text{} },
		"a page of nothing": func(o *openmetadata.Options) { o.Page = -1 },
		"no address":        func(o *openmetadata.Options) { o.BaseURL = "" },
		"another scheme":    func(o *openmetadata.Options) { o.BaseURL = "ftp://catalog.example.com" },
		"a path alone":      func(o *openmetadata.Options) { o.BaseURL = "/api" },
		"a query":           func(o *openmetadata.Options) { o.BaseURL = "https://catalog.example.com/api?a=b" },
		"no URL":            func(o *openmetadata.Options) { o.BaseURL = "https://catalog.example.com:port" },
	} {
		o := openmetadata.Options{Client: http.DefaultClient, BaseURL: "https://catalog.example.com/api", Token: secret.New(token), Now: time.Now}
		change(&o)
		if _, err := openmetadata.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRead(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	p := w.read()
	for _, entity := range []catalog.Entity{p.Policies[0].Entity, p.Roles[0].Entity, p.Teams[0].Entity, p.Users[0].Entity} {
		if entity.ID == "" || entity.Name == "" || entity.UpdatedBy == "" {
			t.Errorf("%+v", entity)
		}
	}
	var got []string
	for _, x := range p.Policies {
		got = append(got, fmt.Sprintln("policy", x.Name, x.Ours(), x.System, x.UpdatedBy, len(x.Rules), x.Disabled))
	}
	for _, x := range p.Roles {
		got = append(got, fmt.Sprintln("role", x.Name, x.Ours(), x.System, x.UpdatedBy, x.Policies, x.Holders))
	}
	for _, x := range p.Teams {
		got = append(got, fmt.Sprintln("team", x.Name, x.Ours(), x.System, x.UpdatedBy, x.Type, x.Parents, x.Policies, x.DefaultRoles, x.Members, x.Joinable))
	}
	for _, x := range p.Users {
		got = append(got, fmt.Sprintln("user", x.Name, x.Ours(), x.Email, x.Bot))
	}
	want := []string{
		"policy DataConsumerPolicy false true admin 3 false\n", "policy DataStewardPolicy false true admin 1 false\n", "policy DomainOnlyAccessPolicy false false admin 2 false\n",
		"policy OrganizationPolicy false true admin 2 false\n", "policy TeamOnlyPolicy false true admin 1 false\n",
		"policy etl-only true false sekisho 2 false\n", "policy look true false sekisho 1 false\n", "policy stewards.may true false sekisho 1 false\n",
		"role DataConsumer false true admin [DataConsumerPolicy] []\n", "role DataSteward false true admin [DataStewardPolicy] []\n", "role DomainOnlyAccessRole false false admin [DomainOnlyAccessPolicy] []\n",
		"role steward.1 true false sekisho [look] [ken@example.com taro.yamada@example.com]\n",
		"team Organization false true sekisho Organization [] [OrganizationPolicy stewards.may] [DataConsumer] [] true\n",
		"team club false false admin Group [theirs] [] [] [ken@example.com] true\n",
		"team data.jp true false sekisho Division [Organization] [] [steward.1] [] false\n",
		"team etl true false sekisho Department [data.jp] [etl-only] [] [aiko@example.com taro.yamada@example.com yui@example.com] false\n",
		"team theirs false false admin Division [Organization] [] [] [] true\n",
		"user admin false admin@open-metadata.org false\n", "user aiko false aiko@example.com false\n", "user ken false ken@example.com false\n", "user reader false reader@open-metadata.org true\n",
		"user sekisho false sekisho@open-metadata.org true\n", "user taro.yamada false taro.yamada@example.com false\n", "user yui true yui@example.com false\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// One page for each kind, if the pages are large.
	w.calls.Reset()
	big := w.open(func(o *openmetadata.Options) { o.Page = 0 })
	same, err := big.Read(t.Context())
	check(t, err)
	if diff := cmp.Diff(p, same); diff != "" {
		t.Errorf("with another size of page (-2 +500):\n%s", diff)
	}
	for _, op := range []string{"listUsers", "listTeams", "listRoles", "listPolicies"} {
		if n := w.count(op); n != 1 {
			t.Errorf("%s: %d calls", op, n)
		}
	}
}

func TestReadWhatIsNotOnesOwn(t *testing.T) {
	body := map[string]string{
		"users":    `{"id": "u1", "name": "a", "email": "A@example.com"}, {"id": "u2", "name": "b", "email": "b@example.com", "isBot": true}`,
		"policies": `{"id": "p1", "name": "p", "enabled": false, "rules": []}`,
		"roles":    `{"id": "r1", "name": "r", "users": [{"id": "u1", "inherited": true}, {"id": "u2"}], "policies": [{"id": "p1", "name": "p"}, {"id": "p2", "name": "gone", "deleted": true}]}`,
		"teams":    `{"id": "t1", "name": "t", "teamType": "Group", "users": [{"id": "u1"}, {"id": "stranger"}], "defaultRoles": [{"id": "r1", "name": "r", "inherited": true}]}`,
	}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		items := body[strings.TrimPrefix(r.URL.Path, "/v1/")]
		say(200, fmt.Sprintf(`{"data": [%s], "paging": {"total": %d}}`, items, strings.Count(items, `"id": "`+items[8:9])))(w, r)
	})
	p, err := c.Read(t.Context())
	check(t, err)
	if r := p.Roles[0]; !slices.Equal(r.Holders, []string{"b@example.com"}) || !slices.Equal(r.Policies, []string{"p"}) {
		t.Errorf("role %+v", r)
	}
	if team := p.Teams[0]; !slices.Equal(team.Members, []string{"a@example.com"}) || len(team.DefaultRoles) != 0 || !team.Joinable {
		t.Errorf("team %+v", team)
	}
	if !p.Policies[0].Disabled || p.Users[0].Email != "a@example.com" {
		t.Errorf("%+v %+v", p.Policies[0], p.Users[0])
	}
}

func TestListingsAreWholeOrErrors(t *testing.T) {
	item := func(id string) string { return fmt.Sprintf(`{"id": %q, "name": "n", "email": "e"}`, id) }
	page := func(after string, total int, items ...string) string {
		return fmt.Sprintf(`{"data": [%s], "paging": {"after": %q, "total": %d}}`, strings.Join(items, ","), after, total)
	}
	for name, pages := range map[string]map[string]string{
		"no data":               {"": `{"paging": {"total": 0}}`},
		"data that are null":    {"": `{"data": null, "paging": {"total": 0}}`},
		"no paging":             {"": `{"data": []}`},
		"no total":              {"": `{"data": [], "paging": {}}`},
		"an item without id":    {"": page("", 1, `{"name": "n"}`)},
		"an item without name":  {"": page("", 1, `{"id": "a"}`)},
		"twice on a page":       {"": page("", 2, item("a"), item("a"))},
		"twice on two pages":    {"": page("2", 2, item("a")), "2": page("", 2, item("a"))},
		"fewer than there are":  {"": page("", 3, item("a"), item("b"))},
		"more than there are":   {"": page("", 1, item("a"), item("b"))},
		"the same page again":   {"": page("2", 2, item("a")), "2": page("2", 2, item("b"))},
		"an empty page more":    {"": page("2", 1, item("a")), "2": page("3", 1)},
		"a page that is lost":   {"": page("2", 2, item("a"))},
		"no JSON":               {"": `<html>`},
		"text for a list":       {"": `{"data": "x", "paging": {"total": 0}}`},
		"half an answer":        {"": `{"data": [`},
		"another kind of total": {"": `{"data": [], "paging": {"total": "0"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, ok := pages[r.URL.Query().Get("after")]
				if !ok {
					say(500, "")(w, r)
					return
				}
				say(200, body)(w, r)
			})
			if got, err := c.Read(t.Context()); err == nil || got.Users != nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	// What is wrong with the last of the four listings is an error of all.
	for _, path := range []string{"users", "policies", "roles", "teams"} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, path) {
				say(200, page("", 5, item("a")))(w, r)
				return
			}
			say(200, page("", 1, item("a")))(w, r)
		})
		if got, err := c.Read(t.Context()); is(t, err, openmetadata.ErrIncomplete) == nil || len(got.Users)+len(got.Policies)+len(got.Roles)+len(got.Teams) != 0 {
			t.Errorf("%s: got %v", path, got)
		}
	}
}

// One answer that is not about what was asked for changes nothing.
func TestAnswersAboutSomethingElse(t *testing.T) {
	ours, _ := json.Marshal(catalog.Mark())
	for name, body := range map[string]string{
		"another name":   `{"id": "1", "name": "other", "version": 0.1, "updatedAt": 1, "description": ` + string(ours) + `}`,
		"no id":          `{"name": "r", "version": 0.1, "updatedAt": 1, "description": ` + string(ours) + `}`,
		"no version":     `{"id": "1", "name": "r", "updatedAt": 1, "description": ` + string(ours) + `}`,
		"no time":        `{"id": "1", "name": "r", "version": 0.1, "description": ` + string(ours) + `}`,
		"nothing":        `{}`,
		"an empty reply": ``,
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					t.Errorf("%s %s", r.Method, r.URL)
				}
				say(200, body)(w, r)
			})
			err := c.Apply(t.Context(), catalog.Step{Verb: catalog.Delete, Kind: catalog.KindRole, Name: "r"}, catalog.Present{})
			if e := is(t, err, openmetadata.ErrIncomplete); e.Unknown() || e.Permanent() {
				t.Errorf("%v", e)
			}
		})
	}
}

// A number is sent back as it was written: to the catalogue, 1 is not 1.0.
func TestVersionsAreSentAsTheyWereWritten(t *testing.T) {
	ours, _ := json.Marshal(catalog.Mark())
	sent := ""
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			var body strings.Builder
			_ = r.Write(&body)
			sent = body.String()
		}
		name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		say(200, fmt.Sprintf(`{"id": "1", "name": %q, "version": 1.0, "updatedAt": 1795348800000, "description": %s}`, name, ours))(w, r)
	})
	check(t, c.Apply(t.Context(), catalog.Step{Verb: catalog.Update, Kind: catalog.KindRole, Name: "r", Role: &catalog.Role{Name: "r", Policies: []string{"p"}}}, catalog.Present{}))
	for _, want := range []string{
		`[{"op":"test","path":"/version","value":1.0},{"op":"test","path":"/updatedAt","value":1795348800000},{"op":"add","path":"/policies","value":[{"id":"1","type":"policy"}]}]`,
		"Content-Type: application/json-patch+json", "Authorization: Bearer ", "Accept: application/json",
	} {
		if !strings.Contains(sent, want) {
			t.Errorf("%s is not in what was sent", want)
		}
	}
}
