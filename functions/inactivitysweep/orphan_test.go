package inactivitysweep_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/inactivitysweep"
	"github.com/sekisho/sekisho/shared/domain/event"
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
