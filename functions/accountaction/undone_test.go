package accountaction_test

import (
	"bytes"
	"io"
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

// back is a request for a stopped account, with the roles Admin and User, that has given it back.
func back(t *testing.T, d *desks, role string) change.Change {
	t.Helper()
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	d.under(requests)
	d.people()
	if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	c := d.until(d.ask(stopped, role, change.Ask))
	if c.State != change.Applied {
		t.Fatalf("%s, %s", c.State, c.Problem)
	}
	return c
}

// undo takes a request back.
func (d *desks) undo(c change.Change) change.Change {
	d.TB.Helper()
	p, ok := c.Reverse(change.Actor{Kind: change.ByFunction, ID: "test"}, "", d.Clock.Now())
	if !ok {
		d.TB.Fatal("there is nothing to take back")
	}
	p.Requirement = change.Requirement{Mode: change.Auto}
	return d.decided(p)
}

// A request that is taken back leaves the stopped account with the roles that it had before: what was withheld
// is there again, and what was given is not. Whoever takes the stop back then gives what its message shows.
func TestARequestThatIsTakenBackLeavesTheRoles(t *testing.T) {
	for name, test := range map[string]struct {
		role  string
		since []string // set by an administrator
		lost  breaking
		want  []string
	}{
		"a role it had":                {role: "User", want: []string{"Admin", "User"}},
		"a new role":                   {role: "Developer", want: []string{"Admin", "User"}},
		"its roles are not set first":  {role: "Developer", lost: breaking{method: http.MethodPut}, want: []string{"Admin", "User"}},
		"it is not disabled at first":  {role: "Developer", lost: breaking{method: http.MethodPatch}, want: []string{"Admin", "User"}},
		"disabled without an answer":   {role: "Developer", lost: breaking{method: http.MethodPatch, answer: true}, want: []string{"Admin", "User"}},
		"an administrator took a role": {role: "Developer", since: []string{"Developer"}, want: []string{"Admin"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			c := back(t, d, test.role)
			if got := d.roles(stopped.Email); slices.Contains(got, "Admin") {
				t.Fatalf("it was given back with %v", got)
			}
			if test.since != nil {
				if err := d.looker.SetRoles(stopped.Email, test.since...); err != nil {
					t.Fatal(err)
				}
			}
			test.lost.RoundTripper = d.Outbound
			if test.lost.method != "" {
				d.Outbound = &test.lost
				d.under(requests)
			}
			undo := d.until(d.undo(c))
			d.drain()
			u, _ := d.looker.User(stopped.Email)
			if got := d.roles(stopped.Email); undo.State != change.Applied || !u.Disabled || !slices.Equal(got, test.want) {
				t.Errorf("%s, %s: disabled %t with %v, want %v", undo.State, undo.Problem, u.Disabled, got, test.want)
			}
			if left, err := account.GetUnfinished(t.Context(), d.Store, "looker", u.ID); err != nil || left.Request != "" || left.Holder != "" {
				t.Errorf("it is still remembered: %+v, %v", left, err)
			}
			d.Clock.Advance(time.Hour)
			if enable := d.until(d.wayBack(stopped)); enable.State != change.Applied || !slices.Equal(d.roles(stopped.Email), test.want) {
				t.Errorf("the way back is %s, %s, with %v", enable.State, enable.Problem, d.roles(stopped.Email))
			}
		})
	}
}

// Where the key may not enable accounts, or may not for hours, one mail is enough.
func TestAnInvitationIsSentOnce(t *testing.T) {
	d := newDesks(t)
	d.Variables["LOOKER_INVITE"] = "true"
	wall := &noEnabling{d.Outbound}
	d.Outbound = wall
	d.under(requests)
	d.people()
	c := d.until(d.ask(nia, "Developer", change.Ask))
	if u, there := d.looker.User(nia.Email); c.State != change.Failed || !there || !u.Disabled {
		t.Errorf("%s, %s: %+v", c.State, c.Problem, u)
	}
	if mails := d.looker.Mails(); len(mails) != 1 {
		t.Errorf("%d mails", len(mails))
	}
	// Who has it tried once more days later is sent one that is good.
	wall.RoundTripper, d.Outbound = nil, wall.RoundTripper
	d.under(requests)
	d.Clock.Advance(3 * 24 * time.Hour)
	if c = d.until(d.ask(nia, "Developer", change.Ask)); c.State != change.Applied || len(d.looker.Mails()) != 2 {
		t.Errorf("%s, %s: %d mails", c.State, c.Problem, len(d.looker.Mails()))
	}
}

// noEnabling is a transport on which nobody may change users.
type noEnabling struct{ http.RoundTripper }

func (n *noEnabling) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPatch {
		return n.RoundTripper.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusForbidden, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"message":"forbidden","documentation_url":"https://cloud.google.com/looker"}`)),
	}, nil
}

// Two requests for a person without an account, at the same moment: there is one account with both roles, and
// no user whom nobody knows.
func TestTwoMakeOneAccount(t *testing.T) {
	for _, at := range []string{"/users", "/credentials_email", "/roles"} {
		for _, after := range []bool{false, true} {
			d := newDesks(t)
			h := &hook{RoundTripper: d.Outbound}
			d.Outbound = h
			d.under(requests)
			d.people()
			before := len(d.looker.Users())
			first, second := d.ask(nia, "Developer", change.Ask), d.ask(nia, "User", change.Ask)
			between := func() {
				d.Do(d.handler, d.Envelope(event.ApplyChange{Change: second.ID})) // which may be answered: later
			}
			h.match = func(r *http.Request) bool { return r.Method != http.MethodGet && strings.HasSuffix(r.URL.Path, at) }
			if after {
				h.after = between
			} else {
				h.before = between
			}
			first = d.until(first)
			d.Clock.Advance(account.HoldFor)
			second = d.until(second)
			first = d.until(first)
			if got := d.roles(nia.Email); first.State != change.Applied || second.State != change.Applied || !slices.Equal(got, []string{"Developer", "User"}) {
				t.Errorf("%s, after %t: first %s %s, second %s %s, roles %v", at, after, first.State, first.Problem, second.State, second.Problem, got)
			}
			if made := len(d.looker.Users()) - before; made != 1 || !h.done {
				t.Errorf("%s, after %t: %d users were made", at, after, made)
			}
		}
	}
}

// renamed is a transport behind which a role is called otherwise.
type renamed struct {
	http.RoundTripper
	from, to string
}

func (m renamed) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/roles") {
		return resp, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, []byte(`"`+m.from+`"`), []byte(`"`+m.to+`"`))
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return resp, nil
}

// A role that is called otherwise while a request is half done is the same role. One that was deleted cannot come
// back: people are told. Neither is said of what an administrator took.
func TestWhatCannotComeBackIsSaid(t *testing.T) {
	otherwise := func(from string) func(*desks) {
		return func(d *desks) { d.Outbound = renamed{d.Outbound, from, "Other"} }
	}
	deleted := func(d *desks) { d.Outbound = withoutRole{d.Outbound, "Admin"} }
	taken := func(d *desks) {
		if err := d.looker.SetRoles(stopped.Email); err != nil {
			d.TB.Fatal(err)
		}
		d.Outbound = withoutRole{d.Outbound, "User"} // which is deleted
	}
	for name, test := range map[string]struct {
		do   func(*desks)
		lost []string // of Admin and User
		back []string // as the simulator calls them
	}{
		"nothing":                                          {do: func(*desks) {}, back: []string{"Admin", "User"}},
		"the role it had is called otherwise":              {do: otherwise("Admin"), back: []string{"Admin", "User"}},
		"the role it keeps is":                             {do: otherwise("User"), back: []string{"Admin", "User"}},
		"the role it gives is":                             {do: otherwise("Developer"), back: []string{"Admin", "User"}},
		"a role it had is deleted":                         {do: deleted, lost: []string{"Admin"}, back: []string{"User"}},
		"an administrator took all, and a role is deleted": {do: taken},
	} {
		t.Run(name, func(t *testing.T) {
			d, c := halfDone(t, &forbidding{})
			test.do(d)
			d.under(withoutDeveloper)
			if c = d.carryOut(c); c.State != change.Withdrawn {
				t.Fatalf("%s, %s", c.State, c.Problem)
			}
			if got := d.roles(stopped.Email); !slices.Equal(got, test.back) {
				t.Errorf("withdrawn it leaves %v", got)
			}
			if said := strings.Contains(d.Log.String(), "has lost roles that do not exist any more"); said != (len(test.lost) > 0) {
				t.Errorf("it is logged that roles are lost: %t", said)
			}

			d, _ = halfDone(t, &forbidding{})
			test.do(d)
			d.under(withoutDeveloper)
			enable := d.until(d.wayBack(stopped))
			made, err := idle.DecodeMade(enable.Result)
			if got := d.roles(stopped.Email); err != nil || enable.State != change.Applied || !slices.Equal(made.Lost, test.lost) || !slices.Equal(got, test.back) {
				t.Errorf("the way back is %s, %s, made %+v, %v, and leaves %v", enable.State, enable.Problem, made, err, got)
			}

			d, c = halfDone(t, &forbidding{})
			test.do(d)
			d.under(requests)
			c = d.until(c)
			if strings.HasSuffix(name, "gives is") { // policy does not name it so
				return
			}
			if made, err := idle.DecodeMade(c.Result); err != nil || c.State != change.Applied || !slices.Equal(made.Lost, test.lost) {
				t.Errorf("%s, %s, made %+v, %v", c.State, c.Problem, made, err)
			}
		})
	}
}

// What was given to a new account, and was taken back, or denied before it was done, is not given with another
// role later; nor is it said that the account had it.
func TestWhatANewAccountDidNotGetIsNotGivenLater(t *testing.T) {
	half := func(d *desks, role string) change.Change {
		d.Outbound = &breaking{method: http.MethodPatch, RoundTripper: d.Outbound}
		d.under(requests)
		return d.carryOut(d.ask(nia, role, change.Ask))
	}
	root := change.Actor{Kind: change.ByPerson, ID: "9", Name: "root@example.com"}
	for name, first := range map[string]func(*testing.T, *desks){
		"taken back": func(_ *testing.T, d *desks) { d.until(d.undo(d.until(d.ask(nia, "Developer", change.Ask)))) },
		"denied half done": func(t *testing.T, d *desks) {
			c := half(d, "Developer")
			c, err := d.ledger.Apply(t.Context(), c.ID, change.Deny{By: root, Revision: c.Revision, Counts: []change.Selector{"user:root@example.com"}})
			if err != nil {
				t.Fatal(err)
			}
			d.Clock.Advance(time.Hour)
			d.carryOut(c)
		},
		"withdrawn half done": func(_ *testing.T, d *desks) {
			d.people(nia)
			c := half(d, "Admin")
			d.people()
			d.Clock.Advance(time.Hour)
			d.carryOut(c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			d.under(requests)
			d.people()
			first(t, d)
			d.drain()
			if got := d.roles(nia.Email); len(got) > 0 {
				t.Errorf("the roles are %v", got)
			}
			d.Clock.Advance(time.Hour)
			second := d.until(d.ask(nia, "User", change.Ask))
			made, err := idle.DecodeMade(second.Result)
			if got := d.roles(nia.Email); err != nil || second.State != change.Applied || !slices.Equal(got, []string{"User"}) || len(made.Withheld) > 0 {
				t.Errorf("%s, %s: %+v, %v; roles %v", second.State, second.Problem, made, err, got)
			}
		})
	}
}

// drain has everything done that is queued.
func (d *desks) drain() {
	for len(d.Queue.Tasks()) > 0 {
		d.nextTask()
		d.Work(d.handler, event.QueueLooker)
	}
}

// A role by which policy spares accounts does not keep the request that gave it from being taken back.
func TestARoleThatSparesCanBeTakenBack(t *testing.T) {
	d := newDesks(t)
	d.under(`inactivity: {looker: {after: 180d, mode: auto, spare: {roles: [Admin]}}, requests: {looker: {roles: [User, Developer], roles_for: {Admin: [group:bi@example.com]}, mode: ask}}}`)
	d.people(nia)
	undo := d.until(d.undo(d.until(d.ask(nia, "Admin", change.Ask))))
	d.drain()
	if u, _ := d.looker.User(nia.Email); undo.State != change.Applied || !u.Disabled || len(u.Roles) > 0 {
		t.Errorf("%s, %s: disabled %t with %v", undo.State, undo.Problem, u.Disabled, u.Roles)
	}
}

// A request that is taken back when somebody has stopped the account already leaves it with what it had.
func TestTakenBackOfWhatIsStopped(t *testing.T) {
	for name, signedIn := range map[string]bool{"nobody is signed in": false, "somebody is": true} {
		d := newDesks(t)
		c := back(t, d, "Developer")
		if signedIn {
			if err := d.looker.Login(stopped.Email, "google"); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.looker.SetDisabled(stopped.Email, true); err != nil {
			t.Fatal(err)
		}
		undo := d.until(d.undo(c))
		d.drain()
		if got := d.roles(stopped.Email); undo.State != change.Applied || !slices.Equal(got, []string{"Admin", "User"}) {
			t.Errorf("%s: undo %s: roles %v", name, undo.State, got)
		}
	}
}

// A request is taken back after the account was stopped and given back once more: it is stopped as the later stop
// found it, whose message people may still press.
func TestAnOldRequestTakenBackLeavesALaterStop(t *testing.T) {
	d := newDesks(t)
	first := back(t, d, "Developer")
	d.Clock.Advance(60 * 24 * time.Hour)
	u, _ := d.looker.User(stopped.Email)
	d.under(strings.Replace(requests, "inactivity: {", "inactivity: {looker: {after: 30d, mode: auto}, ", 1))
	stop := d.carry(change.AccountDisable, u.ID, "")
	d.Clock.Advance(time.Hour)
	second := d.until(d.ask(stopped, "User", change.Ask))
	undo := d.until(d.undo(first))
	d.drain()
	if got := d.roles(stopped.Email); stop.State != change.Applied || second.State != change.Applied || undo.State != change.Applied || !slices.Equal(got, []string{"Developer", "User"}) {
		t.Errorf("stop %s, second %s, undo %s: roles %v", stop.State, second.State, undo.State, got)
	}
}

// Where nothing was set nothing is restored; and a role that cannot be read keeps nobody from their account, also
// when a call was lost.
func TestARoleThatCannotBeReadIsInNobodysWay(t *testing.T) {
	begin := func(t *testing.T, outbound func(http.RoundTripper) http.RoundTripper) *desks {
		d := newDesks(t)
		d.people()
		if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
			t.Fatal(err)
		}
		d.Outbound = outbound(withoutRole{d.Outbound, "Admin"})
		d.under(requests)
		return d
	}
	d := begin(t, func(r http.RoundTripper) http.RoundTripper {
		return &breaking{method: http.MethodPatch, RoundTripper: r}
	})
	if c := d.until(d.wayBack(stopped)); c.State != change.Applied {
		t.Errorf("one call was lost: %s, %s", c.State, c.Problem)
	}
	d = begin(t, func(r http.RoundTripper) http.RoundTripper { return &noEnabling{r} })
	c := d.until(d.wayBack(stopped))
	before := d.looker.Administrative()
	d.drain()
	if spent := d.looker.Administrative() - before; c.State != change.Failed || spent > 0 || strings.Contains(d.Log.String(), "does not have the roles again") {
		t.Errorf("%s, %s: %d calls after that; %s", c.State, c.Problem, spent, d.Log.String())
	}
}
