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
	"github.com/sekisho/sekisho/shared/state/account"
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

// Where not all roles can be read, the account is stopped, if it is not already, and the log says once what was taken
// and given.
func TestAnUndoWithoutTheRoles(t *testing.T) {
	for name, already := range map[string]bool{"in use": false, "stopped by hand": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			c := back(t, d, "Developer")
			if err := d.looker.SetDisabled(stopped.Email, already); err != nil {
				t.Fatal(err)
			}
			inner := d.Outbound
			d.Outbound = withoutRole{inner, "User"}
			d.under(requests)
			undo := d.until(d.undo(c))
			d.Outbound = inner
			d.under(requests)
			d.carryOut(undo) // its task comes again
			d.drain()
			said := strings.Count(d.Log.String(), "does not have the roles again that a request took")
			if u, _ := d.looker.User(stopped.Email); undo.State != change.Applied || !u.Disabled || said != 1 {
				t.Errorf("undo %s, disabled %t, said %d times: %s", undo.State, u.Disabled, said, d.Log.String())
			}
		})
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

// stopsAndRequests is a policy by which accounts are stopped at once, and asked for as [requests] has it.
const stopsAndRequests = `inactivity: {looker: {after: 30d, mode: auto}, requests: {looker: {roles: [User, Developer], roles_for: {Admin: [group:bi@example.com]}, mode: ask, auto_for: [group:bi@example.com]}}}`

// The task of a stop comes once more after a request has given the account back: that request can still be taken back.
func TestAStopThatComesAgainForgetsNothing(t *testing.T) {
	d := newDesks(t)
	if err := d.looker.SetDisabled(stopped.Email, false); err != nil {
		t.Fatal(err)
	}
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	d.under(stopsAndRequests)
	d.people()
	if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	u, _ := d.looker.User(stopped.Email)
	stop := d.carry(change.AccountDisable, u.ID, "")
	if stop.State != change.Applied {
		t.Fatal(stop.State, stop.Problem)
	}
	d.Clock.Advance(time.Minute)
	c := d.until(d.ask(stopped, "Developer", change.Ask))
	if c.State != change.Applied {
		t.Fatal(c.State)
	}
	d.Clock.Advance(time.Minute)
	d.carryOut(stop) // once more
	d.Clock.Advance(time.Minute)
	undo := d.until(d.undo(c))
	d.drain()
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
		t.Errorf("undo %s: roles %v", undo.State, got)
	}
}

// A stop is applied, the process dies before it forgets who gave the account back, and the request is taken back: the
// account keeps what it was stopped with.
func TestAnUndoAfterAStopThatDied(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	d.Clock.Advance(60 * 24 * time.Hour)
	d.under(stopsAndRequests)
	u, _ := d.looker.User(stopped.Email)
	p := change.Proposal{
		Kind: change.AccountDisable, Target: change.Target{ID: account.Name("looker", u.ID), Name: u.ID}, Diff: []change.Delta{{Field: "enabled", After: "x"}},
		Reason: "a test", Requester: change.Actor{Kind: change.ByRule, ID: "inactivity"}, Requirement: change.Requirement{Mode: change.Auto},
	}
	stop, _, err := d.ledger.Propose(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	inner := d.Store.Store
	lg := d.ledger
	var checking bool
	d.Store.Store = failing{inner, func() bool {
		if checking {
			return false
		}
		checking = true
		defer func() { checking = false }()
		now, err := lg.Get(context.Background(), stop.ID)
		return err == nil && now.State == change.Applied
	}}
	d.under(stopsAndRequests)
	if status := d.Do(d.handler, d.Envelope(event.ApplyChange{Change: stop.ID})); status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	d.Store.Store = inner
	d.under(stopsAndRequests)
	stop, _ = d.ledger.Get(t.Context(), stop.ID)
	undo := d.until(d.undo(c))
	d.carryOut(stop)
	d.drain()
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Developer", "User"}) {
		t.Errorf("stop %s; undo %s: roles %v", stop.State, undo.State, got)
	}
}

// A stop has disabled the account and reads back while the undo of the request that gave it is carried out: what the
// message of the stop shows is what its way back gives.
func TestAnUndoBesideAStop(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	d.Clock.Advance(60 * 24 * time.Hour)
	h := &hook{RoundTripper: d.Outbound}
	d.Outbound = h
	d.under(stopsAndRequests)
	u, _ := d.looker.User(stopped.Email)
	p, ok := c.Reverse(change.Actor{Kind: change.ByFunction, ID: "test"}, "", d.Clock.Now())
	if !ok {
		t.Fatal()
	}
	p.Requirement = change.Requirement{Mode: change.Auto}
	undo := d.decided(p)
	n := 0
	// the stop has disabled the account and reads back; the undo is carried out in that moment
	patched := false
	h.match = func(r *http.Request) bool {
		patched = patched || r.Method == http.MethodPatch
		if patched && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/users/"+u.ID) {
			n++
			return true
		}
		return false
	}
	h.before = func() { undo = d.carryOut(undo) }
	stop := d.carry(change.AccountDisable, u.ID, "")
	undo = d.until(undo)
	d.drain()
	got := d.roles(stopped.Email)
	enable := d.until(d.wayBack(stopped))
	if now := d.roles(stopped.Email); slices.Equal(got, []string{"Developer", "User"}) && slices.Equal(now, got) {
		return
	}
	t.Errorf("hook %t; stop %s; undo %s; roles stopped %v; way back %s: %v", h.done, stop.State, undo.State, got, enable.State, d.roles(stopped.Email))
}

// The undo of another request stops the account: the undo of the latest leaves the roles then.
func TestTwoUndosOneAfterTheOther(t *testing.T) {
	d := newDesks(t)
	c1 := back(t, d, "Developer")
	d.Clock.Advance(60 * 24 * time.Hour)
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	d.under(stopsAndRequests)
	u, _ := d.looker.User(stopped.Email)
	d.carry(change.AccountDisable, u.ID, "")
	d.Clock.Advance(time.Hour)
	d.under(requests)
	c2 := d.until(d.ask(stopped, "User", change.Ask))
	d.Clock.Advance(time.Hour)
	u1 := d.until(d.undo(c1))
	d.drain()
	before := d.roles(stopped.Email)
	d.Clock.Advance(time.Hour)
	u2 := d.until(d.undo(c2))
	d.drain()
	if slices.Equal(before, d.roles(stopped.Email)) {
		return
	}
	t.Errorf("%s, stopped with %v by the undo of the first; %s, after the undo of the second %v", u1.State, before, u2.State, d.roles(stopped.Email))
}

// A second request dies when it is applied, and the undo of the first comes to nothing: the second can be taken back.
func TestAnUndoOfARequestThatDied(t *testing.T) {
	for _, between := range []bool{false, true} {
		d := newDesks(t)
		c1 := back(t, d, "Developer")
		d.Clock.Advance(60 * 24 * time.Hour)
		if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
			t.Fatal(err)
		}
		d.under(stopsAndRequests)
		u, _ := d.looker.User(stopped.Email)
		d.carry(change.AccountDisable, u.ID, "")
		d.Clock.Advance(time.Hour)
		d.under(requests)
		c2 := d.ask(stopped, "User", change.Ask)
		inner := d.Store.Store
		lg := d.ledger
		var checking bool
		d.Store.Store = failing{inner, func() bool {
			if checking {
				return false
			}
			checking = true
			defer func() { checking = false }()
			now, err := lg.Get(context.Background(), c2.ID)
			return err == nil && now.State == change.Applied
		}}
		d.under(requests)
		d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c2.ID}))
		d.Store.Store = inner
		c2, _ = d.ledger.Get(t.Context(), c2.ID)
		d.Clock.Advance(account.HoldFor)
		if between {
			out := d.Outbound
			d.Outbound = &noEnabling{out}
			d.under(requests)
			u1 := d.until(d.undo(c1))
			t.Log(c2.State, u1.State)
			d.Outbound = out
		}
		d.under(requests)
		d.carryOut(c2) // its task comes again
		d.Clock.Advance(time.Hour)
		u2 := d.until(d.undo(c2))
		d.drain()
		if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
			t.Errorf("between %t: undo of the second %s: %v", between, u2.State, got)
		}
	}
}

// The process dies when a request has enabled the account: it can be taken back all the same.
func TestARequestThatDiedCanBeTakenBack(t *testing.T) {
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
	d.Store.Store = failing{inner, func() bool { u, _ := d.looker.User(stopped.Email); return !u.Disabled }}
	d.under(requests)
	t.Log(d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID})))
	d.Store.Store = inner
	d.under(requests)
	d.Clock.Advance(5 * time.Minute)
	c = d.until(c)
	if _, ok := c.Reverse(change.Actor{Kind: change.ByFunction, ID: "test"}, "", d.Clock.Now()); !ok {
		t.Errorf("%s %+v: cannot be taken back", c.State, c.Diff)
	}
}

// A role is called otherwise between a request and its undo: it is the same role.
func TestAnUndoOfRolesThatAreCalledOtherwise(t *testing.T) {
	for _, from := range []string{"Developer", "Admin"} {
		d := newDesks(t)
		c := back(t, d, "Developer")
		inner := d.Outbound
		d.Outbound = renamed{inner, from, "Other"}
		d.under(requests)
		undo := d.until(d.undo(c))
		d.drain()
		if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
			t.Errorf("%s: undo %s: roles %v", from, undo.State, got)
		}
		if strings.Contains(d.Log.String(), "has lost roles that do not exist") {
			t.Errorf("%s: it is said to be lost", from)
		}
	}
}
