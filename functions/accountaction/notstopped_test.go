package accountaction_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// unstopped is a request that was carried out, and an account in use that a change was to stop and has not; then an
// administrator stops it by hand.
func (d *desks) unstopped(stop func(c change.Change, id string) change.Change) (c change.Change, failed change.Change) {
	d.TB.Helper()
	t := d.TB.(*testing.T)
	c = back(t, d, "Developer")
	d.Clock.Advance(60 * 24 * time.Hour)
	inner := d.Outbound
	d.Outbound = &noEnabling{inner}
	d.under(stopsAndRequests)
	u, _ := d.looker.User(stopped.Email)
	failed = d.until(stop(c, u.ID))
	d.drain()
	d.Outbound = inner
	d.under(stopsAndRequests)
	if failed.State != change.Failed {
		t.Fatalf("the stop is %s", failed.State)
	}
	if err := d.looker.SetDisabled(stopped.Email, true); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Hour)
	return c, failed
}

func (d *desks) hasRolesAgain(want ...string) {
	d.TB.Helper()
	if got := d.roles(stopped.Email); !slices.Equal(got, want) {
		d.TB.Errorf("roles %v, want %v", got, want)
	}
	u, _ := d.looker.User(stopped.Email)
	if left, err := account.GetUnfinished(d.TB.Context(), d.Store, "looker", u.ID); err != nil || left.Gave != "" || left.Stop != "" {
		d.TB.Errorf("it is still remembered, for ever: %+v, %v", left, err)
	}
}

// A stop that failed has stopped nothing. What is taken back after somebody has stopped the account by
// hand leaves the roles that there were before.
func TestAStopThatFailedAndOneByHand(t *testing.T) {
	d := newDesks(t)
	c, _ := d.unstopped(func(_ change.Change, id string) change.Change { return d.carry(change.AccountDisable, id, "") })
	if undo := d.until(d.undo(c)); undo.State != change.Applied {
		t.Fatalf("the undo is %s: %s", undo.State, undo.Problem)
	}
	d.drain()
	d.hasRolesAgain("Admin", "User")
}

// The same holds where it was the undo that failed, and is tried again.
func TestAnUndoThatFailedAndAStopByHand(t *testing.T) {
	d := newDesks(t)
	_, undo := d.unstopped(func(c change.Change, _ string) change.Change { return d.undoAsked(c) })
	if undo = d.until(d.again(undo)); undo.State != change.Applied {
		t.Fatalf("the undo is %s: %s", undo.State, undo.Problem)
	}
	d.drain()
	d.hasRolesAgain("Admin", "User")
}

// A request that began with a stopped account, and finds it in use because another has given it back, has not given it
// back: there is nothing of that to be taken back.
func TestARequestWhoseAccountAnotherGaveBack(t *testing.T) {
	for _, role := range []string{"Developer", "User"} {
		t.Run(role, func(t *testing.T) {
			d := newDesks(t)
			if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
				t.Fatal(err)
			}
			d.Outbound = &breaking{method: http.MethodPatch, RoundTripper: d.Outbound}
			d.under(requests)
			d.people()
			if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			c := d.carryOut(d.ask(stopped, role, change.Ask))
			if c.State != change.Approved {
				t.Fatalf("the request is %s", c.State)
			}
			if gave := d.carryOut(d.wayBack(stopped)); gave.State != change.Applied {
				t.Fatalf("the way back is %s: %s", gave.State, gave.Problem)
			}
			d.Clock.Advance(time.Hour)
			c = d.until(c)
			d.drain()
			if c.State != change.Applied || c.Reversible(d.Clock.Now()) {
				t.Errorf("the request is %s, and can be taken back: %+v", c.State, c.Diff)
			}
			if u, _ := d.looker.User(stopped.Email); u.Disabled {
				t.Error("the account is stopped")
			}
		})
	}
}
