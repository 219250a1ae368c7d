package accountaction_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// A request had begun with an account, and its system is configured no more: its task is not tried for ever.
func TestARequestWhoseSystemIsConfiguredNoMoreEnds(t *testing.T) {
	d := newDesks(t)
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	d.Outbound = &noEnabling{d.Outbound}
	d.under(requests)
	d.people()
	if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	c := d.carryOut(d.ask(stopped, "Developer", change.Ask))
	d.Clock.Advance(time.Hour)
	delete(d.Variables, "LOOKER_URL")
	delete(d.Variables, "LOOKER_CLIENT_ID")
	delete(d.Variables, "LOOKER_CLIENT_SECRET")
	d.under(requests)
	var last []int
	for range 40 {
		last = append(last, d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID})))
		d.Clock.Advance(2 * time.Hour)
	}
	c, _ = d.ledger.Get(t.Context(), c.ID)
	if last[len(last)-1] != http.StatusOK {
		t.Errorf("%s: statuses %v", c.State, last)
	}
}

// An undo was denied, of an account in a system that is not configured: its task ends, and that the account is to be
// kept is remembered.
func TestADeniedUndoWhoseSystemIsNotConfigured(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	p, ok := c.Reverse(change.Actor{Kind: change.ByFunction, ID: "test"}, "", d.Clock.Now())
	if !ok {
		t.Fatal("no")
	}
	p.Requirement = change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: "user:root@example.com"}}}
	undo, _, err := d.ledger.Propose(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	root := change.Actor{Kind: change.ByPerson, ID: "9", Name: "root@example.com"}
	if undo, err = d.ledger.Apply(t.Context(), undo.ID, change.Deny{By: root, Revision: undo.Revision, Counts: []change.Selector{"user:root@example.com"}}); err != nil {
		t.Fatal(err)
	}
	d.without(requests, func() {
		for range 5 {
			if status := d.Do(d.handler, d.Envelope(event.ChangeMoved{Change: undo.ID, Seq: undo.Seq, Kind: string(undo.Kind), State: string(undo.State)})); status != http.StatusOK {
				t.Errorf("status %d for a %s change", status, undo.State)
			}
			d.Clock.Advance(day)
		}
	})
	u, _ := d.looker.User(stopped.Email)
	if m, err := account.Get(t.Context(), d.Store, "looker", u.ID); err != nil || !m.Kept.Equal(undo.Updated.Add(idle.KeepFor)) {
		t.Errorf("kept until %s, %v; want 90 days", m.Kept, err)
	}
}

// forbidsOn answers 403 to everything while on.
type forbidsOn struct {
	http.RoundTripper
	on func() bool
}

func (n *forbidsOn) RoundTrip(r *http.Request) (*http.Response, error) {
	if !n.on() {
		return n.RoundTripper.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusForbidden, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"message":"forbidden","documentation_url":"https://cloud.google.com/looker"}`)),
	}, nil
}

// barred returns a stop that began and failed, and whether it was made after all the key may not read; until it is
// allowed again.
func barred(t *testing.T) (d *desks, c change.Change, allow func()) {
	t.Helper()
	d = newDesks(t)
	back(t, d, "Developer")
	d.Clock.Advance(60 * day)
	is := false
	u, _ := d.looker.User(stopped.Email)
	d.Outbound = &forbidsOn{&noEnabling{d.Outbound}, func() bool { return is }}
	d.under(stopsAndRequests)
	c = d.carry(change.AccountDisable, u.ID, "") // begins; nobody may change users
	is = true
	for c.State != change.Failed {
		d.Clock.Advance(2 * time.Hour)
		d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID}))
		var err error
		if c, err = d.ledger.Get(t.Context(), c.ID); err != nil {
			t.Fatal(err)
		}
	}
	return d, c, func() { is = false }
}

// The key may do nothing for a while: a stop fails, and whether it was done after all cannot be read. That is asked until
// it can be; then a stop by hand is not taken for that one.
func TestAStopThatFailedAndCouldNotBeRead(t *testing.T) {
	d, c, allow := barred(t)
	u, _ := d.looker.User(stopped.Email)
	if left, err := account.GetUnfinished(t.Context(), d.Store, "looker", u.ID); err != nil || left.Stop != c.ID {
		t.Errorf("nothing could be read, and of the stop is known %+v, %v", left, err)
	}
	d.Clock.Advance(d.nextTask())
	allow()
	d.drain()
	if left, err := account.GetUnfinished(t.Context(), d.Store, "looker", u.ID); err != nil || left.Stop != "" {
		t.Errorf("the stop that failed is remembered: %+v, %v", left, err)
	}
}

// Somebody denies a stop that failed, while it is seen to.
func TestAStopThatIsDeniedWhileItIsSettled(t *testing.T) {
	for k := 1; k <= 5; k++ {
		d := newDesks(t)
		back(t, d, "Developer")
		d.Clock.Advance(60 * 24 * time.Hour)
		d.Outbound = &noEnabling{d.Outbound}
		inner, lg := d.Store.Store, d.ledger
		u, _ := d.looker.User(stopped.Email)
		var id string
		n, busy := 0, false
		root := change.Actor{Kind: change.ByPerson, ID: "9", Name: "root@example.com"}
		d.Store.Store = failing{inner, func() bool {
			if busy || id == "" {
				return false
			}
			busy = true
			defer func() { busy = false }()
			now, err := lg.Get(context.Background(), id)
			if err == nil && now.State == change.Failed {
				if n++; n == k {
					if _, err := lg.Apply(context.Background(), id, change.Deny{By: root, Revision: now.Revision, Counts: []change.Selector{change.Approvers}}); err != nil {
						t.Error(err)
					}
				}
			}
			return false
		}}
		d.under(stopsAndRequests)
		c := d.carry(change.AccountDisable, u.ID, "")
		id = c.ID
		c = d.until(c)
		left, _ := account.GetUnfinished(t.Context(), inner, "looker", u.ID)
		t.Logf("k=%d n=%d: %s, stop remembered %t", k, n, c.State, left.Stop != "")
		if left.Stop != "" {
			t.Errorf("k=%d: stop is remembered though %s", k, c.State)
		}
	}
}

// A way back gave an account back and did not see it; then a stop began and came to nothing. The way back is told as done.
func TestAWayBackAndAStopThatBegan(t *testing.T) {
	d := newDesks(t)
	c0 := back(t, d, "Developer")
	d.Clock.Advance(60 * 24 * time.Hour)
	u, _ := d.looker.User(stopped.Email)
	d.under(stopsAndRequests)
	if s := d.until(d.carry(change.AccountDisable, u.ID, "")); s.State != change.Applied {
		t.Fatal(s.State, s.Problem)
	}
	inner := d.Outbound
	d.Outbound = &asMade{RoundTripper: inner}
	d.under(stopsAndRequests)
	wb := d.carryOut(d.wayBack(stopped)) // given back; nobody saw it
	if now, _ := d.looker.User(stopped.Email); now.Disabled || wb.State != change.Approved {
		t.Fatal("not given back", wb.State)
	}
	d.Outbound = &noEnabling{inner}
	d.under(stopsAndRequests)
	d.carryOut(d.undo(c0)) // begins to stop it, in vain
	d.Clock.Advance(time.Hour)
	wb = d.until(wb)
	if wb.State != change.Applied {
		t.Errorf("the way back, which gave it back, is %s: %s", wb.State, wb.Problem)
	}
}
