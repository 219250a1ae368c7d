package accountaction_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// life is that of a process: after some calls of the vendor and writes it is dead, and reaches nobody. The last
// of them has its effect, and is answered to nobody.
type life struct {
	left   int
	died   bool
	mended bool
}

var errDead = errors.New("dead")

// spend takes one call of a life, and reports whether it is made and whether its answer is heard.
func (l *life) spend() (made, heard bool) {
	if l.mended {
		return true, true
	}
	l.left--
	l.died = l.died || l.left <= 0
	return l.left >= 0, l.left > 0
}

// mortal is a transport of a process that dies. It never gets an account enabled.
type mortal struct {
	http.RoundTripper
	*life
}

func (m mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	made, heard := m.spend()
	if !made || r.Method == http.MethodPatch {
		return nil, errDead
	}
	resp, err := m.RoundTripper.RoundTrip(r)
	if err == nil && !heard {
		return nil, errors.Join(errDead, resp.Body.Close())
	}
	return resp, err
}

// memory is the store of a process that dies.
type memory struct {
	store.Store
	*life
}

func (m memory) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	made, heard := m.spend()
	if !made {
		return errDead
	}
	err := m.Store.Update(ctx, decide)
	if err == nil && !heard {
		return errDead
	}
	return err
}

// Two requests begin to give back an account and come to nothing, and the process dies once, anywhere: the
// account has the roles again that it had, and nothing is remembered of it.
func TestWhereverAProcessDiesTheRolesComeBack(t *testing.T) {
	step := 4
	if os.Getenv("SEKISHO_LONG") != "" {
		step = 1
	}
	for calls := 1; ; calls += step {
		if calls > 300 {
			t.Fatal("it never comes to an end")
		}
		l := &life{left: calls}
		d := dying(t, l)
		if !l.died {
			break
		}
		if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
			t.Errorf("dead after %d calls, the roles are %v", calls, got)
		}
	}
}

func dying(t *testing.T, l *life) *desks {
	t.Helper()
	d := newDesks(t)
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	d.people()
	if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	first, second := d.ask(stopped, "Developer", change.Ask), d.ask(stopped, "User", change.Ask)
	d.Outbound = mortal{d.Outbound, l}
	d.Store.Store = memory{d.Store.Store, l}
	carry := func(c change.Change) {
		for d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID})) == http.StatusServiceUnavailable {
			l.mended = l.died
			d.Clock.Advance(5 * time.Minute)
		}
		d.Clock.Advance(5 * time.Minute)
	}
	d.under(requests)
	for _, c := range []change.Change{first, second, first} {
		carry(c)
	}
	l.mended = l.mended || l.died
	d.under(`inactivity: {looker: {after: 180d}}`)
	for _, c := range []change.Change{second, first, second} {
		carry(c)
	}
	for _, c := range []change.Change{first, second} {
		c, err := d.ledger.Get(t.Context(), c.ID)
		if err != nil || c.State != change.Withdrawn {
			t.Errorf("it is %s, %s, %v", c.State, c.Problem, err)
		}
	}
	u, _ := d.looker.User(stopped.Email)
	if left, err := account.GetUnfinished(t.Context(), d.Store, "looker", u.ID); err != nil || left.Request != "" || !u.Disabled {
		t.Errorf("of the account, disabled %t, is remembered: %+v, %v", u.Disabled, left, err)
	}
	return d
}
