package accountaction_test

import (
	"net/http"
	"slices"
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

// missing answers on while that there is no such account.
type missing struct {
	http.RoundTripper
	on func() bool
}

func (n *missing) RoundTrip(r *http.Request) (*http.Response, error) {
	if !n.on() || !strings.Contains(r.URL.Path, "/users/") {
		return n.RoundTripper.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Body: http.NoBody}, nil
}

// An account that was being stopped cannot be seen for a while. An administrator who stops it later by hand is not taken
// for that stop: what a request made of it is taken back.
func TestAStopOfAnAccountThatCannotBeSeen(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	d.Clock.Advance(60 * day)
	inner, away := d.Outbound, false
	u, _ := d.looker.User(stopped.Email)
	d.Outbound = &missing{&noEnabling{inner}, func() bool { return away }}
	d.under(stopsAndRequests)
	s := d.carry(change.AccountDisable, u.ID, "")
	away = true
	d.Clock.Advance(time.Hour)
	d.until(s)
	d.Queue.Take(event.QueueLooker)
	d.Outbound = inner
	d.under(stopsAndRequests)
	if err := d.looker.SetDisabled(stopped.Email, true); err != nil {
		t.Fatal(err)
	}
	d.until(d.undo(c))
	d.drain()
	d.hasRolesAgain("Admin", "User")
}

// without has something happen while Looker is not configured.
func (d *desks) without(policy string, do func()) {
	d.TB.Helper()
	kept := map[string]string{}
	for _, name := range []string{"LOOKER_URL", "LOOKER_CLIENT_ID", "LOOKER_CLIENT_SECRET"} {
		kept[name] = d.Variables[name]
		delete(d.Variables, name)
	}
	d.under(policy)
	do()
	for name, value := range kept {
		d.Variables[name] = value
	}
	d.under(policy)
}

// The system is not configured for an hour while roles wait to be restored: they are, when it is again. Where it stays so,
// that is tried for a day and said.
func TestRolesAreRestoredWhenTheSystemIsThereAgain(t *testing.T) {
	for _, again := range []bool{true, false} {
		wall := &forbidding{}
		d, c := halfDone(t, wall)
		wall.on = true
		d.Queue.Take(event.QueueLooker)
		d.carryOut(c) // withdrawn; the first try to restore is refused, and ordered again
		wall.on = false
		const lost = "does not have the roles again"
		d.without(withoutDeveloper, func() {
			d.Clock.Advance(2 * time.Minute)
			for _, task := range d.Queue.Take(event.QueueLooker) {
				if status := d.Do(d.handler, d.Task(task)); status != http.StatusOK {
					t.Errorf("status %d", status)
				}
			}
			if !again {
				d.drain()
			}
		})
		d.drain()
		if told := strings.Contains(d.Log.String(), lost); told == again {
			t.Errorf("configured again %t: people are told %t", again, told)
		}
		if again {
			d.hasRolesAgain("Admin", "User")
		}
	}
}

// The task of a request that came to its end comes once more, weeks later: what was used since stays known.
func TestATaskThatComesAgainForgetsNoUse(t *testing.T) {
	d := newDesks(t)
	c := back(t, d, "Developer")
	u, _ := d.looker.User(stopped.Email)
	later := d.Clock.Now().Add(20 * day)
	if err := account.Update(t.Context(), d.Store, "looker", u.ID, later, func(m idle.Memory) idle.Memory {
		m.Active, m.Session = later, true
		return m
	}); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(21 * day)
	d.carryOut(c)
	if m, err := account.Get(t.Context(), d.Store, "looker", u.ID); err != nil || !m.Active.Equal(later) || !m.Session {
		t.Errorf("remembered %+v, %v", m, err)
	}
}

// Roles are told apart by their ids: one that is called like another but for a capital is not given back for it, and one
// that is withheld stays so, whatever it is called by now.
func TestRolesThatAreCalledAlike(t *testing.T) {
	ask := func(t *testing.T, d *desks, policy, role string) change.Change {
		d.under(policy)
		d.people()
		if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		return d.ask(stopped, role, change.Ask)
	}
	t.Run("but for a capital", func(t *testing.T) {
		d := newDesks(t)
		if err := d.looker.SetRoles(stopped.Email, "Admin"); err != nil {
			t.Fatal(err)
		}
		d.Outbound = renamed{d.Outbound, "Developer", "admin"}
		d.until(ask(t, d, `inactivity: {requests: {looker: {roles: [User, admin], mode: ask}}}`, "admin"))
		if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Developer"}) {
			t.Errorf("it has %v, and was to get the one that is called admin here", got)
		}
	})
	t.Run("as another was called", func(t *testing.T) {
		d := newDesks(t)
		if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
			t.Fatal(err)
		}
		inner := d.Outbound
		d.Outbound = &asMade{RoundTripper: inner}
		c := d.carryOut(ask(t, d, requests, "Developer")) // Admin is withheld; nobody sees that it was given back
		d.Outbound = renamed{renamed{inner, "Admin", "Boss"}, "User", "Admin"}
		d.under(requests)
		d.Clock.Advance(time.Hour)
		c = d.until(c)
		made, err := idle.DecodeMade(c.Result)
		if err != nil || len(made.Withheld) != 1 {
			t.Errorf("withheld %v, %v", made.Withheld, err)
		}
		d.until(d.undo(c))
		d.drain()
		if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
			t.Errorf("after the undo it has %v", got)
		}
	})
}

// A key that may never look again whether a stop was made after all costs few calls, and people are told.
func TestAStopThatNobodyMayLookAt(t *testing.T) {
	d, _, _ := barred(t)
	d.Calls.Made()
	start := d.Clock.Now()
	for len(d.Queue.Tasks()) > 0 {
		for _, task := range d.Queue.Take(event.QueueLooker) {
			d.Clock.Advance(max(0, task.NotBefore.Sub(d.Clock.Now())))
			if status := d.Do(d.handler, d.Task(task)); status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
		}
		if d.Clock.Now().Sub(start) > 30*day {
			t.Fatal("it is asked for ever")
		}
	}
	if calls := len(d.Calls.Made()); calls > 20 || strings.Count(d.Log.String(), "nobody may look") != 1 {
		t.Errorf("%d calls, told %d times\n%s", calls, strings.Count(d.Log.String(), "nobody may look"), d.Log)
	}
}
