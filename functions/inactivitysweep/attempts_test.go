package inactivitysweep_test

import (
	"context"
	"maps"
	"net/http"
	"os"
	"regexp"
	"strconv"
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

// twoSystems are nights of two systems, each of which counts how often it is listed. A listing that refuse says
// yes to gets no answer.
type twoSystems struct {
	*nights
	listed map[string]int
	refuse func(system string) bool
}

func newTwoSystems(t *testing.T) *twoSystems {
	t.Helper()
	w := &twoSystems{nights: newNights(t, aCompany, `{after: 180d, mode: report}`), listed: map[string]int{}, refuse: func(string) bool { return false }}
	answer := func(system, path string, vendor http.Handler) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, path) {
				w.listed[system]++
				if w.refuse(system) {
					http.Error(rw, "not now", http.StatusServiceUnavailable)
					return
				}
			}
			vendor.ServeHTTP(rw, r)
		}
	}
	company, err := org.Parse("company.yaml", []byte("domain: example.com\npeople:\n  - {email: root@example.com, admin: true}\n  - {email: working@example.com}\n"))
	if err != nil {
		t.Fatal(err)
	}
	directory, err := simworkspace.New(simworkspace.Options{
		Company: company, Now: w.Clock.Now, Faults: sim.NewFaults(1), Lag: &simworkspace.Lag{},
		Tokens: map[string][]string{cloudfntest.GoogleToken: {simworkspace.ScopeUserReadonly}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Outbound = sim.Transport{"looker.test": answer("looker", "/users", w.looker), "google.test": answer("workspace", "/users", directory)}
	w.Variables["WORKSPACE_URL"], w.Variables["WORKSPACE_SUBJECT"] = "http://google.test", "root@example.com"
	w.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("inactivity:\n  looker: {after: 180d, mode: report}\n  workspace: {after: 180d, mode: report}\n")}}
	w.handler = w.Build(inactivitysweep.Function)
	return w
}

// tick is one call of the scheduler, in the time that ctx leaves, and returns the status.
func (w *twoSystems) tick(ctx context.Context) int {
	status := w.Do(w.handler, w.Envelope(event.Tick{Job: inactivitysweep.JobSweep}).WithContext(ctx))
	w.Clock.Advance(time.Minute)
	return status
}

// mostTicks is how often the scheduler calls in one night: once, and as often as it tries again.
const mostTicks = 6

// The job of Cloud Scheduler tries again as often as this function counts.
func TestTheSchedulerTriesAsOften(t *testing.T) {
	text, err := os.ReadFile("../../terraform/modules/function/triggers.tf")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^\s*retry_count\s*=\s*(\d+)$`).FindSubmatch(text)
	if m == nil || string(m[1]) != strconv.Itoa(mostTicks-1) {
		t.Errorf("the job is tried again %s times, and counted are %d", m, mostTicks-1)
	}
}

// mostAttempts is how often a system is listed in one night that is down.
const mostAttempts = 2

// tries are the calls of one night, up to the first that ends well, and returns what they listed.
func (w *twoSystems) tries() map[string]int {
	clear(w.listed)
	for range mostTicks {
		w.listed["ticks"]++
		if w.tick(w.TB.Context()) == http.StatusOK {
			break
		}
	}
	return w.listed
}

func (w *twoSystems) givenUp(system string) int {
	return strings.Count(w.Log.String(), `"a system is given up for tonight","system":"`+system+`"`)
}

// down refuses the listings of one system.
func down(bad string) func(string) bool { return func(system string) bool { return system == bad } }

func up(string) bool { return false }

// A night that goes wrong in one system is tried again there, twice at most, and nowhere else. The next
// night, and one that somebody orders by hand after a good one, are whole.
func TestANightIsTriedAgainWhereItWentWrong(t *testing.T) {
	w := newTwoSystems(t)
	once := w.tries()
	looker, workspace := once["looker"], once["workspace"]
	if looker == 0 || workspace == 0 || once["ticks"] != 1 {
		t.Fatalf("a good night: %v\n%s", once, w.Log)
	}
	if again := w.tries(); again["looker"] != looker || again["workspace"] != workspace {
		t.Errorf("ordered once more: %v, want %d and %d", again, looker, workspace)
	}
	for _, bad := range []string{"workspace", "looker"} {
		w.Clock.Advance(day)
		w.refuse = down(bad)
		got := w.tries()
		// The third call of the scheduler and those after it find nothing left to do, which is not well.
		if got["ticks"] != mostTicks || got[bad] != mostAttempts || bad == "workspace" && got["looker"] != looker || bad == "looker" && got["workspace"] != workspace {
			t.Errorf("%s is down: %v, while the others are listed with %d and %d requests", bad, got, looker, workspace)
		}
		if w.givenUp(bad) != 1 {
			t.Errorf("%s is down, and people are told %d times", bad, w.givenUp(bad))
		}
		w.refuse = up
		if whole := w.tries(); whole["ticks"] != 1 || whole["looker"] != looker || whole["workspace"] != workspace {
			t.Errorf("ordered by hand after %s was down: %v, want %d and %d", bad, whole, looker, workspace)
		}
		// A night of which nobody tried the rest is over when the next one begins.
		w.refuse = down(bad)
		w.tick(t.Context())
		w.refuse = up
		w.Clock.Advance(day)
		if next := w.tries(); next["ticks"] != 1 || next["looker"] != looker || next["workspace"] != workspace {
			t.Errorf("the night after %s was down: %v, want %d and %d", bad, next, looker, workspace)
		}
	}
}

// A night whose time runs out, in whichever system, is tried twice at most there as well, and does not keep
// the other from being looked through.
func TestANightWhoseTimeRunsOutIsTriedTwiceAtMost(t *testing.T) {
	for _, slow := range []string{"looker", "workspace"} {
		w := newTwoSystems(t)
		whole := maps.Clone(w.tries())
		clear(w.listed)
		w.Clock.Advance(day)
		for range mostTicks {
			ctx, cancel := context.WithCancel(t.Context())
			w.refuse = func(system string) bool {
				if system == slow {
					cancel() // the time of the night is over
				}
				return system == slow
			}
			if w.tick(ctx) == http.StatusOK {
				t.Errorf("%s runs out of time, and it is said to be done", slow)
			}
			cancel()
		}
		for system, want := range map[string]int{"looker": whole["looker"], "workspace": whole["workspace"]} {
			if system == slow {
				want = mostAttempts
			}
			if w.listed[system] != want {
				t.Errorf("%s runs out of time: %s is listed with %d requests, want %d", slow, system, w.listed[system], want)
			}
		}
		if w.givenUp(slow) != 1 {
			t.Errorf("%s runs out of time, and people are told %d times", slow, w.givenUp(slow))
		}
	}
}

// Of an instance that dies in the middle nobody hears any more: that it had begun is known all the same.
func TestAnInstanceThatDiesHasTried(t *testing.T) {
	w := newTwoSystems(t)
	for range mostTicks {
		w.refuse = func(system string) bool {
			if system == "workspace" {
				w.Store.Break(1_000) // nothing is written from here on
			}
			return system == "workspace"
		}
		status := w.tick(t.Context())
		w.Store.Break(0)
		if status == http.StatusOK {
			t.Error("it is said to be done")
		}
	}
	if w.listed["workspace"] != mostAttempts {
		t.Errorf("listed with %v requests", w.listed)
	}
}

// A system that stumbles and goes well the second time is not given up, whatever becomes of another.
func TestWhatWentWellTheSecondTimeIsNotGivenUp(t *testing.T) {
	w := newTwoSystems(t)
	w.refuse = func(string) bool { return true }
	w.tick(t.Context())
	w.refuse = down("workspace")
	w.tries()
	if w.givenUp("looker") != 0 || w.givenUp("workspace") != 1 {
		t.Errorf("given up: looker %d times, workspace %d times", w.givenUp("looker"), w.givenUp("workspace"))
	}
}

// What somebody orders by hand in the evening is no attempt of the night: that looks through everything. The
// scheduler may hear for half an hour whether an attempt went well: what comes then is one of the same night.
func TestAnEveningIsAnotherNight(t *testing.T) {
	for later, whole := range map[time.Duration]bool{31 * time.Minute: false, time.Hour: true, 4 * time.Hour: true} {
		w := newTwoSystems(t)
		w.refuse = down("workspace")
		w.tick(t.Context())
		w.refuse = up
		w.Clock.Advance(later - time.Minute)
		if got := w.tries(); (got["looker"] > 0) != whole || got["workspace"] == 0 {
			t.Errorf("%s after an evening in which one system was down: %v", later, got)
		}
	}
}

// A job that goes wrong every night never says that it is done, so that it is missed; one good night says so.
func TestAJobThatGoesWrongEveryNightIsMissed(t *testing.T) {
	w := newTwoSystems(t)
	done := func() int { return strings.Count(w.Log.String(), `"job done"`) }
	w.refuse = down("looker")
	for night := range 4 {
		w.tries()
		w.Clock.Advance(day)
		if done() != 0 || w.givenUp("looker") != night+1 {
			t.Errorf("night %d: done %d times, given up %d times", night, done(), w.givenUp("looker"))
		}
	}
	w.refuse = up
	if w.tries(); done() != 1 {
		t.Errorf("a good night after them: done %d times", done())
	}
}
