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
			for len(d.Queue.Tasks()) > 0 {
				d.nextTask()
				d.Work(d.handler, event.QueueLooker)
			}
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

// A role that is called otherwise while a request is half done cannot be told from one that was deleted: people are
// told which roles did not come back.
func TestWhatCannotComeBackIsSaid(t *testing.T) {
	d, c := halfDone(t, &forbidding{})
	d.Outbound = renamed{d.Outbound, "Admin", "Owner"}
	d.under(requests)
	if c = d.until(c); c.State != change.Applied {
		t.Fatalf("%s, %s", c.State, c.Problem)
	}
	if made, err := idle.DecodeMade(c.Result); err != nil || !slices.Equal(made.Lost, []string{"Admin"}) || len(made.Withheld) > 0 {
		t.Errorf("it made %+v, %v", made, err)
	}

	d, c = halfDone(t, &forbidding{})
	d.Outbound = renamed{d.Outbound, "Admin", "Owner"}
	d.under(withoutDeveloper)
	enable := d.until(d.wayBack(stopped))
	if made, err := idle.DecodeMade(enable.Result); err != nil || enable.State != change.Applied || !slices.Equal(made.Lost, []string{"Admin"}) {
		t.Errorf("the way back is %s, %s, and made %+v, %v", enable.State, enable.Problem, made, err)
	}

	d, c = halfDone(t, &forbidding{})
	d.Outbound = renamed{d.Outbound, "Admin", "Owner"}
	d.under(withoutDeveloper)
	if c = d.carryOut(c); c.State != change.Withdrawn || !strings.Contains(d.Log.String(), "has lost roles that do not exist any more") {
		t.Errorf("%s, %s; logged: %s", c.State, c.Problem, d.Log.String())
	}
}
