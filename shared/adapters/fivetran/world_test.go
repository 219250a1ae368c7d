package fivetran_test

import (
	"bytes"
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

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/contract"
	vendor "github.com/sekisho/sekisho/shared/sim/fivetran"
	"github.com/sekisho/sekisho/shared/sim/org"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	own = "https://console.example.com"
	// cardMark begins the token of every connect card of the simulated account. Where it shows, the
	// address of a card has got out.
	cardMark = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"
	apiKey   = "the-key-canary"
)

// TestMain reads everything that the tests of this package print, and fails if the address of a
// connect card or the API key's secret is in it.
func TestMain(m *testing.M) {
	code, printed := captured(m.Run)
	os.Stdout.Write(printed)
	for _, canary := range []string{cardMark, "connect-card/setup?", apiKey} {
		if bytes.Contains(printed, []byte(canary)) {
			fmt.Println("FAIL: a secret was printed")
			code = 1
		}
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

// world is a simulated Fivetran account, in process, on a clock of its own.
type world struct {
	t      *testing.T
	now    time.Time
	vendor *vendor.Server
	faults *sim.Faults
	calls  *sim.Calls
	client *fivetran.Client
	hosts  sim.Transport
	hooks  []*http.Request
	bodies [][]byte
}

// description is Fivetran's own of its API, read once; nil where there is none.
var description = sync.OnceValues(func() (*contract.OpenAPI3, error) {
	folder, ok := contract.Folder()
	if !ok {
		return nil, nil
	}
	return contract.LoadFivetran(folder)
})

// newWorld returns a world in which all that passes must conform to Fivetran's description.
func newWorld(t *testing.T) *world { return newWorldTapped(t, false) }

// newProvokingWorld is newWorld for requests that are sent to see them refused.
func newProvokingWorld(t *testing.T) *world { return newWorldTapped(t, true) }

func newWorldTapped(t *testing.T, provoking bool) *world {
	t.Helper()
	w := &world{t: t, now: noon, faults: sim.NewFaults(1), calls: &sim.Calls{}, hosts: sim.Transport{}}
	company, err := org.Parse("company.yaml", []byte("fivetran:\n  groups: [{id: thicket_confronted, name: Snowflake_prod}, {id: lantern_quietly, name: BigQuery_dev}]\n"))
	check(t, err)
	w.vendor, err = vendor.New(vendor.Options{
		Company: company, Now: func() time.Time { return w.now }, Key: "key", Secret: apiKey, Seed: 1,
		Faults: w.faults, Calls: w.calls, Push: &http.Client{Transport: w.hosts},
	})
	check(t, err)
	w.hosts["api.fivetran.com"] = w.vendor
	spec, err := description()
	check(t, err)
	if spec != nil {
		r := contract.NewRecorder(contract.FivetranExceptions...)
		t.Cleanup(func() {
			for _, v := range r.Report().Violations {
				t.Errorf("against Fivetran's description: %s: %s: %s (%s)", v.Operation, v.At, v.Text, v.Example)
			}
		})
		w.hosts["api.fivetran.com"] = r.Handler(contract.Tap{Specs: []contract.Spec{spec}, Provoking: provoking}, w.vendor)
	}
	w.hosts["hook.example.com"] = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.hooks, w.bodies = append(w.hooks, r), append(w.bodies, body)
	})
	w.client = w.open(w.hosts)
	return w
}

func (w *world) open(transport http.RoundTripper) *fivetran.Client {
	w.t.Helper()
	c, err := fivetran.New(fivetran.Options{
		Client: &http.Client{Transport: transport}, Key: "key", Secret: secret.New(apiKey), Now: func() time.Time { return w.now },
	})
	check(w.t, err)
	return c
}

// advance moves the clock, and runs what becomes due on the way.
func (w *world) advance(d time.Duration) {
	end := w.now.Add(d)
	for {
		at, ok := w.vendor.Agenda().Next()
		if !ok || at.After(end) {
			break
		}
		if at.After(w.now) {
			w.now = at
		}
		w.vendor.RunNext(w.t.Context())
	}
	w.now = end
}

func (w *world) fault(kind sim.FaultKind, n int) {
	w.faults.Add(sim.Fault{API: vendor.API, Kind: kind, Rate: 1, Left: n})
}

func plan(change ...func(*connection.Plan)) connection.Plan {
	p := connection.Plan{
		Group: "thicket_confronted", Service: "sql_server_rds", Schema: "sales", Redirect: own + "/connected", SyncFrequency: 360, TrustCertificates: true,
		Config: map[string]any{"schema_prefix": "sales", "host": "db.example.com", "port": int64(1433), "database": "Sales", "update_method": "TELEPORT"},
	}
	for _, c := range change {
		c(&p)
	}
	return p
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is checks the class of an error and returns it.
func is(t *testing.T, err, want error) *fivetran.Error {
	t.Helper()
	var e *fivetran.Error
	if !errors.As(err, &e) || !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
	return e
}

// serve starts a server that answers anything, and returns a client of it.
func serve(t *testing.T, h http.HandlerFunc, change ...func(*fivetran.Options)) *fivetran.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	o := fivetran.Options{Client: s.Client(), BaseURL: s.URL + "/", Key: "key", Secret: secret.New(apiKey), Now: func() time.Time { return noon }}
	for _, c := range change {
		c(&o)
	}
	c, err := fivetran.New(o)
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

// hides checks that what is printed of values shows no secret.
func hides(t *testing.T, secrets []string, values ...any) {
	t.Helper()
	for _, v := range values {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			text := fmt.Sprintf(format, v)
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("a %T shows what it must not, with %s", v, format)
				}
			}
		}
	}
}
