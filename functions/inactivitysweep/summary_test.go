package inactivitysweep_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/inactivitysweep"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
)

// attempt makes one attempt of a night, in which the store refuses the first thing that is written once the
// listing has ended, where broken says so. It reports whether the attempt went well.
func (n *nights) attempt(broken bool) bool {
	n.TB.Helper()
	n.Outbound = sim.Transport{"looker.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken && strings.HasSuffix(r.URL.Path, "/users") {
			n.Store.Break(1)
		}
		n.looker.ServeHTTP(w, r)
	})}
	n.handler = n.Build(inactivitysweep.Function)
	status := n.Do(n.handler, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep}))
	n.Clock.Advance(time.Minute)
	return status == http.StatusOK
}

// sums checks what the stored summary and the message to the channel say was done.
func (n *nights) sums(when string, warned, untold, asked string) {
	n.TB.Helper()
	all := n.told("account-summary")
	ids := slices.Sorted(maps.Keys(all))
	if len(ids) == 0 {
		n.TB.Fatalf("%s: no summary", when)
	}
	if told := all[ids[len(ids)-1]].Facts; told["warned"] != warned || told["untold"] != untold || told["asked"] != asked { // of the latest week
		n.TB.Errorf("%s: %s warned, %s untold, %s asked; want %s, %s, %s", when, told["warned"], told["untold"], told["asked"], warned, untold, asked)
	}
	sum := 0
	for _, count := range n.summary().Warned {
		sum += count
	}
	if got := len(n.told("account-warning")); sum > got {
		n.TB.Errorf("%s: %d are counted as warned, and %d were", when, sum, got)
	}
}

// A warning that could not be given is not counted as one; given by the second attempt, it is.
func TestASummaryCountsNoWarningThatWasNotGiven(t *testing.T) {
	for _, recovers := range []bool{false, true} {
		n := newNights(t, aCompany, asking)
		if n.attempt(true) {
			t.Fatal("nothing went wrong")
		}
		n.sums("the first attempt", "0", "0", "0")
		if n.attempt(!recovers) != recovers {
			t.Fatalf("the second attempt: went well is not %t", recovers)
		}
		if recovers {
			n.sums("the second attempt", "1", "1", "0")
		} else {
			n.sums("the second attempt", "0", "0", "0")
		}
	}
}

// What the first attempt has done is done tonight, also where the second finds nothing left of it. The next
// night counts from the beginning.
func TestASummaryTellsOfAllAttemptsOfANight(t *testing.T) {
	n := newNights(t, aCompany+"    - {email: kept@example.com, roles: [User], created: 2024-01-10T00:00:00Z, credentials: {google: 2026-05-28T08:00:00Z}}\n", `{after: 180d, warn: [1d], mode: ask, channel: "#looker-admins"}`)
	if !n.attempt(false) {
		t.Fatal("the first night went wrong")
	}
	n.sums("the first night", "1", "1", "0")
	n.Clock.Advance(day) // the two are to be stopped, and the third is to be warned
	if n.attempt(true) {
		t.Fatal("nothing went wrong")
	}
	n.sums("the first attempt", "1", "0", "0")
	if !n.attempt(false) {
		t.Fatal("the second attempt went wrong")
	}
	n.sums("the second attempt", "1", "0", "2")
	n.Clock.Advance(time.Hour)
	if !n.attempt(false) {
		t.Fatal("a sweep by hand went wrong")
	}
	n.sums("a sweep by hand", "0", "0", "0")
}
