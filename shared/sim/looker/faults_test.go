package looker_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/looker"
	"github.com/sekisho/sekisho/shared/sim/org"
)

func (w *world) fault(kind sim.FaultKind, times int) {
	w.faults.Add(sim.Fault{API: looker.API, Kind: kind, Rate: 1, Left: times})
}

func TestFaults(t *testing.T) {
	for kind, status := range map[sim.FaultKind]int{sim.Fault429: 429, sim.Fault500: 500, sim.FaultDown: 503} {
		w := newWorld(t)
		w.fault(kind, 1)
		w.refused(status, "PATCH", "/users/"+w.id("yui@example.com"), `{"is_disabled": true}`)
		if u, _ := w.looker.User("yui@example.com"); u.Disabled {
			t.Errorf("%s: it was done all the same", kind)
		}
	}
	w := newWorld(t)
	w.fault(sim.FaultAppliedBut500, 1)
	w.refused(500, "PATCH", "/users/"+w.id("yui@example.com"), `{"is_disabled": true}`)
	if u, _ := w.looker.User("yui@example.com"); !u.Disabled {
		t.Error("applied-but-500: it was not done")
	}
	w.fault(sim.FaultTimeout, 1)
	if answer := w.do("GET", "/users", nil); !errors.Is(answer.err, sim.ErrDropped) {
		t.Errorf("timeout: got %v", answer.err)
	}
	w.fault(sim.FaultPartial, 1)
	if got := w.ok("GET", "/users?fields=id", nil).list(t); len(got) != 6 {
		t.Errorf("partial: got %d of 12", len(got))
	}
	w.fault(sim.FaultEmpty, 1)
	if got := w.ok("GET", "/users/search?fields=id", nil).list(t); len(got) != 0 {
		t.Errorf("empty: got %d", len(got))
	}
	w.fault(sim.FaultConflict, 1)
	w.refused(409, "POST", "/users", `{"first_name": "x"}`)
	w.fault(sim.Fault429, 1)
	w.token = ""
	w.signIn()
	if w.token != "" {
		t.Error("signing in has no faults")
	}
}

func TestRateAndMonthlyQuota(t *testing.T) {
	w := newWorld(t)
	w.looker.Quota().Set(2, time.Minute)
	w.ok("GET", "/user", nil)
	w.ok("GET", "/user", nil)
	w.refused(429, "GET", "/user", nil)
	if calls, refused := w.calls.Count(looker.API, "me"); calls != 3 || refused != 1 {
		t.Errorf("got %d calls, %d refused", calls, refused)
	}
	// Neither signing in nor what was refused counts against the licence.
	if got := w.looker.Administrative(); got != 2 {
		t.Errorf("got %d administrative calls", got)
	}
	w.now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	if got := w.looker.Administrative(); got != 0 {
		t.Errorf("in a new month: got %d", got)
	}

	w = newWorld(t, func(o *looker.Options) { o.Monthly = 3 })
	for range 3 {
		w.ok("GET", "/user", nil)
	}
	w.refused(429, "GET", "/user", nil)
	w.now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	w.signIn()
	w.ok("GET", "/user", nil)
}

func TestTheClockOfTheInstance(t *testing.T) {
	for _, skew := range []time.Duration{0, 90 * time.Second, -time.Hour} {
		w := newWorld(t, func(o *looker.Options) { o.Skew = skew })
		told, err := http.ParseTime(w.ok("GET", "/user", nil).header.Get("Date"))
		if err != nil || !told.Equal(begin.Add(skew)) {
			t.Errorf("got %s, %v, want %s ahead", told, err, skew)
		}
	}
}

func TestEveryOperationIsCounted(t *testing.T) {
	w := newWorld(t)
	w.ok("GET", "/users?limit=1", nil)
	w.refused(404, "GET", "/users/999", nil)
	var got []string
	for _, tally := range w.calls.Tallies() {
		got = append(got, fmt.Sprint(tally.Method, tally.ByStatus))
	}
	want := []string{"all_usersmap[200:1]", "loginmap[200:1]", "usermap[404:1]"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if methods := w.looker.Methods(); !slices.Contains(methods, "looker.all_users") || !slices.IsSorted(methods) {
		t.Errorf("got %v", methods)
	}
}

func TestCompaniesThatCannotBe(t *testing.T) {
	now := func() time.Time { return begin }
	for name, o := range map[string]looker.Options{
		"no company": {Now: now, ClientID: "id", ClientSecret: "secret"},
		"no clock":   {Company: org.Demo(), ClientID: "id", ClientSecret: "secret"},
		"no key":     {Company: org.Demo(), Now: now},
		"one address twice": {Now: now, ClientID: "id", ClientSecret: "secret", Company: &org.Company{Looker: org.Looker{
			Users: []org.LookerUser{{Email: "a@b.example"}, {Email: "A@b.example"}},
		}}},
	} {
		if _, err := looker.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s, err := looker.New(looker.Options{Now: now, ClientID: "id", ClientSecret: "secret", Company: &org.Company{Domain: "b.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if u, ok := s.User("sekisho@b.example"); !ok || !slices.Equal(u.Roles, []string{"Admin"}) {
		t.Errorf("a company without Looker users: got %+v, %t", u, ok)
	}
}

func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	id := w.id("yui@example.com")
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if answer := w.do("GET", "/users?limit=3", nil); answer.status != 200 {
				t.Errorf("got %d", answer.status)
			}
		})
		wg.Go(func() {
			if answer := w.do("PATCH", "/users/"+id, fmt.Sprintf(`{"is_disabled": %t}`, i%2 == 0)); answer.status != 200 {
				t.Errorf("got %d", answer.status)
			}
		})
		wg.Go(func() {
			if err := w.looker.Login("ken@example.com", "google"); err != nil && !strings.Contains(err.Error(), "disabled") {
				t.Error(err)
			}
		})
		wg.Go(func() { w.looker.Users() })
	}
	wg.Wait()
}
