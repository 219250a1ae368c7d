package openmetadata_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/contract"
	server "github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	// token is a canary: where it shows, the token of the bot has got out.
	token = "eyJraWQiOiJib3QtY2FuYXJ5In0"
	us    = "sekisho"

	aiko, ken, taro, yui = "aiko@example.com", "ken@example.com", "taro.yamada@example.com", "yui@example.com"
)

// TestMain reads everything that the tests of this package print, and fails if the token is in it.
func TestMain(m *testing.M) {
	code, printed := captured(m.Run)
	os.Stdout.Write(printed)
	if bytes.Contains(printed, []byte(token)) {
		fmt.Println("FAIL: the token was printed")
		code = 1
	}
	os.Exit(code)
}

// captured runs something and returns what it printed to both outputs.
func captured(run func() int) (int, []byte) {
	stdout, stderr := os.Stdout, os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	os.Stdout, os.Stderr = w, w
	read := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(r) // it ends when the other end is closed
		read <- all
	}()
	code := run()
	os.Stdout, os.Stderr = stdout, stderr
	_ = w.Close() // nothing is buffered
	return code, <-read
}

const companyFile = `
domain: example.com
people:
  - {email: aiko@example.com}
  - {email: ken@example.com}
  - {email: taro.yamada@example.com}
openmetadata:
  admins: [ken@example.com]
  domains: [{name: sales, users: [aiko@example.com]}, {name: sales.emea}, {name: hr}]
  tables:
    - {name: sample.fact_table, owners: [aiko@example.com], tags: [PersonalData.Personal], domains: [sales.emea], columns: [{name: id, tags: [PersonalData.Personal]}, {name: email, tags: [PII.Sensitive]}]}
    - {name: club.members, owners: [club]}
  teams:
    - {name: theirs, type: Division, users: [], domains: [hr]}
    - {name: club, parent: theirs, users: [ken@example.com], domains: [sales.emea]}
`

// world is a simulated catalogue, in process, on a clock of its own.
type world struct {
	t      *testing.T
	now    time.Time
	server *server.Server
	calls  *sim.Calls
	faults *sim.Faults
	client *openmetadata.Client
	hosts  sim.Transport
	// before is run before a request, once.
	before map[string]func()
}

// description is what OpenMetadata's schemas say, read once; nil where there are none.
var description = sync.OnceValues(func() (*contract.OpenAPI3, error) {
	folder, ok := contract.Folder()
	if !ok {
		return nil, nil
	}
	return contract.LoadOpenMetadata(folder)
})

// newWorld returns a world in which all that passes must conform to OpenMetadata's schemas.
func newWorld(t *testing.T) *world { return newWorldTapped(t, false) }

// newProvokingWorld is newWorld for requests that are sent to see them refused.
func newProvokingWorld(t *testing.T) *world { return newWorldTapped(t, true) }

func newWorldTapped(t *testing.T, provoking bool) *world {
	t.Helper()
	w := &world{t: t, now: noon, faults: sim.NewFaults(1), calls: &sim.Calls{}, hosts: sim.Transport{}, before: map[string]func(){}}
	company, err := org.Parse("company.yaml", []byte(companyFile))
	check(t, err)
	w.server, err = server.New(server.Options{
		Company: company, Now: func() time.Time { return w.now }, Seed: 1, Faults: w.faults, Calls: w.calls,
		Tokens: map[string]server.Bot{token: {Name: us, Admin: true}, "reader": {Name: "reader"}},
	})
	check(t, err)
	spec, err := description()
	check(t, err)
	api := http.Handler(w.server)
	if spec != nil {
		r := contract.NewRecorder(contract.OpenMetadataExceptions...)
		t.Cleanup(func() {
			for _, v := range r.Report().Violations {
				t.Errorf("against OpenMetadata's schemas: %s: %s: %s (%s)", v.Operation, v.At, v.Text, v.Example)
			}
		})
		api = r.Handler(contract.Tap{Specs: []contract.Spec{spec}, Provoking: provoking}, w.server)
	}
	w.hosts["catalog.example.com"] = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if run := w.before[r.Method]; run != nil {
			delete(w.before, r.Method)
			run()
		}
		api.ServeHTTP(rw, r)
	})
	w.client = w.open(func(*openmetadata.Options) {})
	return w
}

func (w *world) open(change func(*openmetadata.Options)) *openmetadata.Client {
	w.t.Helper()
	o := openmetadata.Options{
		Client: &http.Client{Transport: w.hosts}, BaseURL: "https://catalog.example.com/api", Token: secret.New(token), Page: 2, Now: func() time.Time { return w.now },
	}
	change(&o)
	c, err := openmetadata.New(o)
	check(w.t, err)
	return c
}

func (w *world) fault(kind sim.FaultKind, n int) {
	w.faults.Add(sim.Fault{API: server.API, Kind: kind, Rate: 1, Left: n})
}

// count is how often an operation was asked for.
func (w *world) count(op string) int {
	n, _ := w.calls.Count(server.API, op)
	return n
}

func (w *world) read() catalog.Present {
	w.t.Helper()
	p, err := w.client.Read(w.t.Context())
	check(w.t, err)
	return p
}

// plan is what has to change for the catalogue to be as it is wanted.
func (w *world) plan(d catalog.Desired) (catalog.Plan, catalog.Present) {
	w.t.Helper()
	present := w.read()
	plan, problems, err := catalog.Diff(d, present)
	check(w.t, err)
	if len(problems) > 0 {
		w.t.Fatal(problems)
	}
	return plan, present
}

// carry makes the catalogue as it is wanted, and checks that nothing is left to do then.
func (w *world) carry(d catalog.Desired) {
	w.t.Helper()
	plan, present := w.plan(d)
	for _, s := range plan.Steps {
		if err := w.client.Apply(w.t.Context(), s, present); err != nil {
			w.t.Fatalf("%s: %v", s, err)
		}
	}
	if again, _ := w.plan(d); !again.Empty() {
		w.t.Fatalf("left to do:\n%s", strings.Join(again.Lines(), "\n"))
	}
}

// send changes the catalogue with another account's hands.
func (w *world) send(method, path string, body any) {
	w.t.Helper()
	text, err := json.Marshal(body)
	check(w.t, err)
	r, err := http.NewRequestWithContext(w.t.Context(), method, "/api/v1/"+path, bytes.NewReader(text))
	check(w.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", map[string]string{"PATCH": "application/json-patch+json"}[method])
	if method != "PATCH" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, r)
	if answer.Code > 299 {
		w.t.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
}

func rule(name, effect, condition string) catalog.Rule {
	return catalog.Rule{Name: name, Effect: effect, Operations: []string{"ViewAll", "ViewBasic"}, Resources: []string{"table", "all"}, Condition: condition}
}

// wanted is a policy in which everything names something else, with dots in names.
func wanted() catalog.Desired {
	return catalog.Desired{
		Us: us, CreateUsers: true,
		Policies: []catalog.Policy{
			{Name: "etl-only", Rules: []catalog.Rule{rule("team-only", "deny", "!matchTeam()"), rule("etl", "allow", "inAnyTeam('etl')")}},
			{Name: "stewards.may", Rules: []catalog.Rule{rule("may", "allow", "hasAnyRole('steward.1')")}},
			{Name: "look", Rules: []catalog.Rule{rule("look", "allow", "")}},
		},
		Roles: []catalog.Role{{Name: "steward.1", Policies: []string{"look"}, Holders: []string{ken, taro}}},
		Teams: []catalog.Team{
			{Name: "etl", Type: catalog.TypeDepartment, Parents: []string{"data.jp"}, Policies: []string{"etl-only"}, Members: []string{aiko, taro, yui}},
			{Name: "data.jp", Type: catalog.TypeDivision, DefaultRoles: []string{"steward.1"}},
			{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: []string{"OrganizationPolicy", "stewards.may"}, DefaultRoles: []string{"DataConsumer"}},
		},
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is checks the class of an error and returns it.
func is(t *testing.T, err, want error) *openmetadata.Error {
	t.Helper()
	var e *openmetadata.Error
	if !errors.As(err, &e) || !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
	return e
}

// serve starts a server that answers anything, and returns a client of it.
func serve(t *testing.T, h http.HandlerFunc, change ...func(*openmetadata.Options)) *openmetadata.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	o := openmetadata.Options{Client: s.Client(), BaseURL: s.URL + "/", Token: secret.New(token), Now: func() time.Time { return noon }}
	for _, c := range change {
		c(&o)
	}
	c, err := openmetadata.New(o)
	check(t, err)
	return c
}

// say answers with a status and a body.
func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
