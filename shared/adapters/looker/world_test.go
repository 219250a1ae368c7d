package looker_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/contract"
	simlooker "github.com/sekisho/sekisho/shared/sim/looker"
	"github.com/sekisho/sekisho/shared/sim/org"
)

const day = 24 * time.Hour

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is a simulated Looker with a client, in process, on a clock of its own.
type world struct {
	*looker.Client
	t      *testing.T
	now    time.Time
	looker *simlooker.Server
	calls  *sim.Calls
	faults *sim.Faults
	// before is told of each request before it is answered, by its number from 0.
	before   func(n int)
	requests atomic.Int64
}

// spec is Looker's description of its API, read once; nil where there is none.
var spec = sync.OnceValues(func() (*contract.OpenAPI3, error) {
	folder, ok := contract.Folder()
	if !ok {
		return nil, nil
	}
	return contract.LoadLooker(folder)
})

// judged holds what passes against Looker's own description, where that is at hand.
func judged(t *testing.T, next http.Handler) http.Handler {
	t.Helper()
	s, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		return next
	}
	r := contract.NewRecorder(contract.LookerExceptions...)
	t.Cleanup(func() {
		for _, v := range r.Report().Violations {
			t.Errorf("against Looker's description: %s: %s: %s (%s)", v.Operation, v.At, v.Text, v.Example)
		}
	})
	return r.Handler(contract.Tap{Specs: []contract.Spec{s}}, next)
}

func newWorld(t *testing.T, change ...func(*simlooker.Options, *looker.Options)) *world {
	t.Helper()
	w := &world{t: t, now: noon, calls: &sim.Calls{}, faults: sim.NewFaults(1)}
	clock := func() time.Time { return w.now }
	so := simlooker.Options{Company: org.Demo(), Now: clock, Calls: w.calls, Faults: w.faults, ClientID: "id", ClientSecret: "secret", Seed: 1}
	o := looker.Options{BaseURL: "https://looker.test", ClientID: "id", ClientSecret: "secret", Now: clock}
	for _, c := range change {
		c(&so, &o)
	}
	var err error
	if w.looker, err = simlooker.New(so); err != nil {
		t.Fatal(err)
	}
	handler := http.Handler(w.looker)
	if o.Client == nil {
		handler = judged(t, handler)
	}
	counted := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if n := int(w.requests.Add(1)) - 1; w.before != nil {
			w.before(n)
		}
		handler.ServeHTTP(rw, r)
	})
	o.Client = &http.Client{Transport: sim.Transport{"looker.test": counted}}
	if w.Client, err = looker.New(o); err != nil {
		t.Fatal(err)
	}
	return w
}

// unjudged leaves a world's traffic alone, for tests of much of it.
func unjudged(_ *simlooker.Options, o *looker.Options) { o.Client = http.DefaultClient }

// company seeds a world from a company file.
func company(t *testing.T, text string) func(*simlooker.Options, *looker.Options) {
	t.Helper()
	c, err := org.Parse("company.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return func(so *simlooker.Options, _ *looker.Options) { so.Company = c }
}

// manyUsers makes a company of exactly that many Looker users, ourselves among them.
func manyUsers(n int) func(*simlooker.Options, *looker.Options) {
	c := &org.Company{Looker: org.Looker{Self: "sekisho@example.com", Roles: []string{"Admin", "Developer", "User"}}}
	for i := range n - 1 {
		c.Looker.Users = append(c.Looker.Users, org.LookerUser{
			Email: fmt.Sprintf("u%06d@example.com", i), Roles: []string{"User"}, Created: noon.Add(-900 * day),
			Credentials: map[string]time.Time{"google": noon.Add(-time.Duration(i%400) * day)},
		})
	}
	return func(so *simlooker.Options, _ *looker.Options) { so.Company = c }
}

// list reads all accounts, keyed by address.
func (w *world) list() (map[string]idle.Account, idle.Reading, error) {
	out := map[string]idle.Account{}
	reading, err := w.Accounts(w.t.Context(), func(a *idle.Account) error {
		out[a.Email] = *a
		return nil
	})
	return out, reading, err
}

func (w *world) mustList() map[string]idle.Account {
	w.t.Helper()
	out, _, err := w.list()
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) id(email string) string {
	w.t.Helper()
	u, ok := w.looker.User(email)
	if !ok {
		w.t.Fatalf("there is no user %s", email)
	}
	return u.ID
}

func (w *world) user(email string) simlooker.User {
	w.t.Helper()
	u, ok := w.looker.User(email)
	if !ok {
		w.t.Fatalf("there is no user %s", email)
	}
	return u
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) fault(kind sim.FaultKind, rate float64, times int) {
	w.faults.Add(sim.Fault{API: simlooker.API, Kind: kind, Rate: rate, Left: times})
}

// check checks that an error is of this package and of a kind, nil standing for none.
func check(t *testing.T, err, kind error) *looker.Error {
	t.Helper()
	e, ok := errors.AsType[*looker.Error](err)
	if !ok {
		t.Fatalf("got %v, want an Error", err)
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	if kind == nil {
		for _, k := range []error{looker.ErrNotFound, looker.ErrQuota, looker.ErrForbidden, looker.ErrIncomplete, looker.ErrConflict, looker.ErrInvalid} {
			if errors.Is(err, k) {
				t.Fatalf("got %v, want no kind", err)
			}
		}
	}
	return e
}
