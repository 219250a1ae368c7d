package accountaction_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// again has a person have a failed change tried once more.
func (d *desks) again(c change.Change) change.Change {
	d.TB.Helper()
	root := change.Actor{Kind: change.ByPerson, ID: "9", Name: "root@example.com"}
	c, err := d.ledger.Apply(d.TB.Context(), c.ID, change.Retry{By: root, Revision: c.Revision, Counts: []change.Selector{"user:root@example.com"}})
	if err != nil {
		d.TB.Fatal(err)
	}
	return c
}

// undoAsked takes a request back as people decide about it.
func (d *desks) undoAsked(c change.Change) change.Change {
	d.TB.Helper()
	p, ok := c.Reverse(change.Actor{Kind: change.ByFunction, ID: "test"}, "", d.Clock.Now())
	if !ok {
		d.TB.Fatal("there is nothing to take back")
	}
	p.Requirement = change.Requirement{Mode: change.Ask}
	return d.decided(p)
}

// An undo that failed and is tried again leaves the roles that there were.
func TestAFailedUndoIsTriedAgain(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	inner := d.Outbound
	d.Outbound = &noEnabling{inner}
	d.under(requests)
	undo := d.until(d.undoAsked(c))
	d.drain()
	if undo.State != change.Failed {
		t.Fatalf("%s %s", undo.State, undo.Problem)
	}
	d.Outbound = inner
	d.under(requests)
	d.Clock.Advance(time.Hour)
	undo = d.until(d.again(undo))
	d.drain()
	u, _ := d.looker.User(stopped.Email)
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
		t.Errorf("%s %s disabled %t: roles %v", undo.State, undo.ID, u.Disabled, got)
	}
}

// A stop that never happens is no reason to forget who gave the account back.
func TestAStopThatNeverHappensForgetsNothing(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	d.Clock.Advance(60 * 24 * time.Hour)
	inner := d.Outbound
	d.Outbound = &noEnabling{inner}
	pol := strings.Replace(requests, "inactivity: {", "inactivity: {looker: {after: 30d, mode: auto}, ", 1)
	d.under(pol)
	u, _ := d.looker.User(stopped.Email)
	stop := d.until(d.carry(change.AccountDisable, u.ID, ""))
	d.Outbound = inner
	d.under(pol)
	d.Clock.Advance(time.Hour)
	undo := d.until(d.undo(c))
	d.drain()
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
		t.Errorf("stop %s; undo %s: roles %v", stop.State, undo.State, got)
	}
}

// failing is a store that takes nothing once something is so.
type failing struct {
	store.Store
	dead func() bool
}

func (f failing) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if f.dead() {
		return errDead
	}
	return f.Store.Update(ctx, decide)
}

// The process dies when a request is applied, and it is taken back before its task comes again.
func TestAnUndoBeforeTheTaskComesAgain(t *testing.T) {
	d := newDesks(t)
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	d.under(requests)
	d.people()
	if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	c := d.ask(stopped, "Developer", change.Ask)
	inner := d.Store.Store
	lg := d.ledger
	var checking bool
	d.Store.Store = failing{inner, func() bool {
		if checking {
			return false
		}
		checking = true
		defer func() { checking = false }()
		now, err := lg.Get(context.Background(), c.ID)
		return err == nil && now.State == change.Applied
	}}
	d.under(requests)
	if status := d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	d.Store.Store = inner
	d.under(requests)
	c, _ = d.ledger.Get(t.Context(), c.ID)
	d.Clock.Advance(5 * time.Minute)
	undo := d.until(d.undo(c))
	d.carryOut(c)
	d.drain()
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
		t.Errorf("undo %s: roles %v", undo.State, got)
	}
}

// A request can be taken back for as long as people like.
func TestAnUndoAfterALongTime(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	d.Clock.Advance(100 * 24 * time.Hour)
	undo := d.until(d.undo(c))
	d.drain()
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
		t.Errorf("undo %s: roles %v", undo.State, got)
	}
}

// Where not all roles can be read, the account is stopped, and people read in the log which roles it had.
func TestAnUndoWithoutTheRoles(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	inner := d.Outbound
	d.Outbound = withoutRole{inner, "User"}
	d.under(requests)
	undo := d.until(d.undo(c))
	d.Outbound = inner
	d.under(requests)
	d.drain()
	if u, _ := d.looker.User(stopped.Email); undo.State != change.Applied || !u.Disabled || !strings.Contains(d.Log.String(), "does not have the roles again that a request took") {
		t.Errorf("undo %s, disabled %t: %s", undo.State, u.Disabled, d.Log.String())
	}
}

// After a later stop the account stays as that found it, whose message people may press.
func TestAnUndoOfWhatWasStoppedSince(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	d.Clock.Advance(60 * 24 * time.Hour)
	u, _ := d.looker.User(stopped.Email)
	d.under(strings.Replace(requests, "inactivity: {", "inactivity: {looker: {after: 30d, mode: auto}, ", 1))
	stop := d.carry(change.AccountDisable, u.ID, "")
	d.Clock.Advance(time.Hour)
	undo := d.until(d.undo(c))
	d.drain()
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Developer", "User"}) {
		t.Errorf("stop %s; undo %s: roles %v", stop.State, undo.State, got)
	}
}
