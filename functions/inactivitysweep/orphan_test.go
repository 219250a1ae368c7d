package inactivitysweep_test

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/inactivitysweep"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/account"
)

// The night in which policy first looks after the accounts ends just after it has warned somebody; the next, or the one
// after that, warns of another day, perhaps by another step.
func TestAWarningByAnotherStepIsTakenBack(t *testing.T) {
	for _, nightsBetween := range []int{1, 2} {
		for after := 181; after < 216; after++ {
			t.Run(fmt.Sprintf("%d/%d", nightsBetween, after), func(t *testing.T) {
				n := newNights(t, aCompany, fmt.Sprintf(`{after: %dd, warn: [14d, 7d, 1d], mode: ask, channel: "#looker-admins"}`, after))
				inner := n.Store.Store
				dead := false
				n.Store.Store = ending{inner, func() bool {
					dead = dead || len(n.told("account-warning")) > 0
					return dead
				}}
				n.handler = n.Build(inactivitysweep.Function)
				n.Do(n.handler, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep}))
				if !dead {
					return
				}
				n.Clock.Advance(time.Duration(nightsBetween) * day)
				n.Store.Store = inner
				n.handler = n.Build(inactivitysweep.Function)
				n.pass()
				told, live := n.told("account-warning"), map[string]bool{}
				for _, w := range told {
					if !w.Over {
						live[w.Until.String()] = true
					}
				}
				if len(live) > 1 {
					for id, w := range told {
						t.Errorf("%s until %s over %t", id, w.Until, w.Over)
					}
				}
			})
		}
	}
}

// A night ends just after it has warned somebody. By the next one they have signed in, or policy spares them: what they
// were told is taken back all the same, and what is kept of it is forgotten.
func TestAWarningThatNobodyRemembersIsTakenBack(t *testing.T) {
	for name, meanwhile := range map[string]func(*nights){
		"used": func(n *nights) {
			if err := n.looker.Login("away@example.com", "google"); err != nil {
				t.Fatal(err)
			}
		},
		"spared": func(n *nights) {
			rule := `{after: 180d, warn: [14d, 7d, 1d], mode: ask, channel: "#looker-admins", spare: {emails: [away@example.com]}}`
			n.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("inactivity:\n  looker: " + rule + "\n")}}
		},
		"nothing": func(*nights) {},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNights(t, aCompany, asking)
			inner := n.Store.Store
			dead := false
			n.Store.Store = ending{inner, func() bool {
				dead = dead || len(n.told("account-warning")) > 0
				return dead
			}}
			n.handler = n.Build(inactivitysweep.Function)
			n.Do(n.handler, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep}))
			if !dead {
				t.Fatal("nobody was warned")
			}
			n.Clock.Advance(day)
			n.Store.Store = inner
			meanwhile(n)
			n.handler = n.Build(inactivitysweep.Function)
			n.pass()
			live := 0
			for _, w := range n.told("account-warning") {
				if !w.Over && w.Facts["account"] == "away@example.com" {
					live++
				}
			}
			if want := map[string]int{"nothing": 1}[name]; live != want {
				t.Errorf("%d warnings stand, want %d", live, want)
			}
			if left, err := account.Tellings(t.Context(), n.Store, "looker"); err != nil || len(left) > 0 {
				t.Errorf("%v is kept, %v", left, err)
			}
		})
	}
}

// Whoever died after a warning was remembered leaves a warning that stands, and what another attempt is telling at this
// moment is its own.
func TestAWarningThatIsRememberedStands(t *testing.T) {
	n := newNights(t, aCompany, asking)
	begun := n.Clock.Now()
	n.pass()
	told := n.told("account-warning")
	away, _ := n.looker.User("away@example.com")
	stands, err := account.Get(t.Context(), n.Store, "looker", away.ID)
	if err != nil || len(stands.Told) != 1 || len(told) != 1 {
		t.Fatalf("%+v, %d warnings, %v", stands, len(told), err)
	}
	for id := range told {
		for _, telling := range []account.Telling{
			{System: "looker", Account: away.ID, Warning: id, Step: stands.Told[0], Begun: stands.Begun, At: begun},
			{System: "looker", Account: "99", Warning: "account-warning-another", Step: stands.Told[0], Begun: stands.Begun, At: n.Clock.Now()},
		} {
			if err := account.BeginTelling(t.Context(), n.Store, telling); err != nil {
				t.Fatal(err)
			}
		}
	}
	n.pass()
	for id, w := range n.told("account-warning") {
		if w.Over {
			t.Errorf("%s is taken back", id)
		}
	}
	if left, err := account.Tellings(t.Context(), n.Store, "looker"); err != nil || len(left) != 1 || left[0].Account != "99" {
		t.Errorf("%v is kept, %v", left, err)
	}
}
