package accountaction_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// A stop is refused, and its system is not configured when it is given up. When it is again, somebody stops the account
// by hand: that was not the stop, and who takes the request back has the roles again.
func TestAStopWhoseSystemIsNotConfiguredForAWhile(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	d.Clock.Advance(60 * day)
	inner := d.Outbound
	u, _ := d.looker.User(stopped.Email)
	d.Outbound = &noEnabling{inner}
	d.under(stopsAndRequests)
	s := d.carry(change.AccountDisable, u.ID, "")
	d.Clock.Advance(time.Hour)
	d.without(stopsAndRequests, func() {
		s = d.until(s)
	})
	tasks := d.Queue.Take(event.QueueLooker)
	d.Outbound = inner
	d.under(stopsAndRequests)
	for _, task := range tasks {
		if strings.HasPrefix(task.Name, "settle-") { // the others were carried out
			d.Clock.Advance(max(0, task.NotBefore.Sub(d.Clock.Now())))
			d.Do(d.handler, d.Task(task))
		}
	}
	if err := d.looker.SetDisabled(stopped.Email, true); err != nil {
		t.Fatal(err)
	}
	d.until(d.undo(c))
	d.drain()
	d.hasRolesAgain("Admin", "User")
}

// Somebody's way back was begun and came to nothing, and the roles are as they were all the time. Then the system is not
// configured any more: nothing is to be said.
func TestNothingIsToBeRestored(t *testing.T) {
	d := newDesks(t)
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	inner := d.Outbound
	d.Outbound = &noEnabling{inner}
	d.under(requests)
	d.people(stopped)
	u, _ := d.looker.User(stopped.Email)
	c := d.carry(change.AccountEnable, u.ID, "")
	d.Clock.Advance(time.Hour)
	d.without(requests, func() {
		c = d.until(c)
		d.drain()
	})
	if strings.Contains(d.Log.String(), "does not have the roles again") {
		t.Errorf("an error is told though nothing was taken; roles %v", d.roles(stopped.Email))
	}
}
