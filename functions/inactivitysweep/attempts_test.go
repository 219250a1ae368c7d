package inactivitysweep_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/inactivitysweep"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
)

// A night that goes wrong in one system is tried again there, twice at most, and nowhere else. The next
// night, and one that somebody orders by hand after a good one, are whole.
func TestANightIsTriedAgainWhereItWentWrong(t *testing.T) {
	n := newNights(t, aCompany, `{after: 180d, mode: report}`)
	listed := map[string]int{}
	broken := map[string]bool{}
	answer := func(system, path string, vendor http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, path) {
				listed[system]++
				if broken[system] {
					http.Error(w, "not now", http.StatusServiceUnavailable)
					return
				}
			}
			vendor.ServeHTTP(w, r)
		}
	}
	company, err := org.Parse("company.yaml", []byte("domain: example.com\npeople:\n  - {email: root@example.com, admin: true}\n  - {email: working@example.com}\n"))
	if err != nil {
		t.Fatal(err)
	}
	directory, err := simworkspace.New(simworkspace.Options{
		Company: company, Now: n.Clock.Now, Faults: sim.NewFaults(1), Lag: &simworkspace.Lag{},
		Tokens: map[string][]string{cloudfntest.GoogleToken: {simworkspace.ScopeUserReadonly}},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Outbound = sim.Transport{"looker.test": answer("looker", "/users", n.looker), "google.test": answer("workspace", "/users", directory)}
	n.Variables["WORKSPACE_URL"], n.Variables["WORKSPACE_SUBJECT"] = "http://google.test", "root@example.com"
	n.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("inactivity:\n  looker: {after: 180d, mode: report}\n  workspace: {after: 180d, mode: report}\n")}}
	n.handler = n.Build(inactivitysweep.Function)
	tries := func() map[string]int {
		clear(listed)
		for range 6 { // the first, and as often as the scheduler tries again
			listed["ticks"]++
			if n.Do(n.handler, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep})) == http.StatusOK {
				break
			}
			n.Clock.Advance(time.Minute)
		}
		return listed
	}
	once := tries()
	looker, workspace := once["looker"], once["workspace"]
	if looker == 0 || workspace == 0 || once["ticks"] != 1 {
		t.Fatalf("a good night: %v\n%s", once, n.Log)
	}
	if again := tries(); again["looker"] != looker || again["workspace"] != workspace {
		t.Errorf("ordered once more: %v, want %d and %d", again, looker, workspace)
	}
	for _, bad := range []string{"workspace", "looker"} {
		n.Clock.Advance(day)
		broken[bad] = true
		got := tries()
		// The third attempt of the scheduler finds nothing left to do.
		if got["ticks"] != 3 || bad == "workspace" && got["looker"] != looker || bad == "looker" && got["workspace"] != workspace {
			t.Errorf("%s is down: %v, while the others are listed with %d and %d requests", bad, got, looker, workspace)
		}
		if !strings.Contains(n.Log.String(), `"a system is given up for tonight","system":"`+bad) {
			t.Errorf("%s is down, and nobody is told", bad)
		}
		clear(broken)
		if whole := tries(); whole["ticks"] != 1 || whole["looker"] != looker || whole["workspace"] != workspace {
			t.Errorf("ordered by hand after %s was down: %v, want %d and %d", bad, whole, looker, workspace)
		}
		// A night of which nobody tried the rest is over when the next one begins.
		broken[bad] = true
		n.Do(n.handler, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep}))
		clear(broken)
		n.Clock.Advance(day)
		if next := tries(); next["ticks"] != 1 || next["looker"] != looker || next["workspace"] != workspace {
			t.Errorf("the night after %s was down: %v, want %d and %d", bad, next, looker, workspace)
		}
	}
}
