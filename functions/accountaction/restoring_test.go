package accountaction_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/accountaction"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// A request for a stopped account comes to nothing after its roles were set and before it was enabled: it
// has the roles again that it had, so that whoever takes the stop back gives it back as it was.
func TestARequestThatComesToNothingLeavesTheRoles(t *testing.T) {
	for name, test := range map[string]struct {
		had  []string
		role string
	}{
		"some are withheld": {[]string{"Admin", "User"}, "Developer"},
		"one is new":        {[]string{"User"}, "Developer"},
		"it had none":       {nil, "Developer"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			if err := d.looker.SetRoles(stopped.Email, test.had...); err != nil {
				t.Fatal(err)
			}
			d.Outbound = &breaking{method: http.MethodPatch, RoundTripper: d.Outbound}
			d.under(requests)
			d.people()
			if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			c := d.carryOut(d.ask(stopped, test.role, change.Ask))
			if u, _ := d.looker.User(stopped.Email); c.State != change.Approved || !slices.Contains(u.Roles, test.role) {
				t.Fatalf("it is %s and the roles are %v, want it half done", c.State, u.Roles)
			}
			d.under(withoutDeveloper)
			d.Clock.Advance(time.Hour)
			if c = d.carryOut(c); c.State != change.Withdrawn {
				t.Fatalf("it is %s, %s", c.State, c.Problem)
			}
			u, _ := d.looker.User(stopped.Email)
			slices.Sort(u.Roles)
			if !u.Disabled || !slices.Equal(u.Roles, test.had) {
				t.Errorf("the account is disabled: %t, with the roles %v, want %v", u.Disabled, u.Roles, test.had)
			}
			// A task that comes again leaves alone what an administrator has set since.
			if err := d.looker.SetRoles(stopped.Email, test.role); err != nil {
				t.Fatal(err)
			}
			d.carryOut(c)
			if again, _ := d.looker.User(stopped.Email); !slices.Equal(again.Roles, []string{test.role}) {
				t.Errorf("the roles are %v after the task came again", again.Roles)
			}
		})
	}
}

// Roles that somebody has set since the request set some are left alone.
func TestARestoreOverwritesNobody(t *testing.T) {
	d, c := halfDone(t, &forbidding{})
	if err := d.looker.SetRoles(stopped.Email, "Admin", "Developer"); err != nil {
		t.Fatal(err)
	}
	if c = d.carryOut(c); c.State != change.Withdrawn {
		t.Fatalf("it is %s, %s", c.State, c.Problem)
	}
	if u, _ := d.looker.User(stopped.Email); len(u.Roles) != 2 || !slices.Contains(u.Roles, "Developer") {
		t.Errorf("the roles are %v", u.Roles)
	}
}

// Where Looker lets nobody write for a while, the roles come back once it does, and it is not asked for ever:
// each try is calls that Looker counts. What the account had is known all the same to who gives it back.
func TestARestoreIsTriedForADay(t *testing.T) {
	for name, mended := range map[string]time.Duration{"mended at once": time.Minute, "mended in time": 20 * time.Hour, "mended too late": 48 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			wall := &forbidding{}
			d, c := halfDone(t, wall)
			d.Queue.Take(event.QueueLooker)
			wall.on = true
			before, began := d.looker.Administrative(), d.Clock.Now()
			if c = d.carryOut(c); c.State != change.Withdrawn {
				t.Fatalf("it is %s, %s", c.State, c.Problem)
			}
			for len(d.Queue.Tasks()) > 0 {
				wall.on = d.Clock.Now().Sub(began)+d.nextTask() < mended
				d.Work(d.handler, event.QueueLooker)
			}
			if took := d.Clock.Now().Sub(began); took > 24*time.Hour {
				t.Errorf("it was tried for %s", took)
			}
			if spent := d.looker.Administrative() - before + wall.writes; spent > 60 {
				t.Errorf("it took %d administrative calls", spent)
			}
			back := mended < 24*time.Hour
			if got := d.roles(stopped.Email); slices.Contains(got, "Admin") != back {
				t.Errorf("the roles are %v", got)
			}
			if said := strings.Contains(d.Log.String(), "does not have the roles again"); said == back {
				t.Errorf("people have to see to it: %t", said)
			}
			calls := wall.writes
			if d.carryOut(c); wall.writes != calls || len(d.Queue.Tasks()) > 0 {
				t.Error("it is tried once more after that")
			}
			wall.on = false
			if enable := d.carryOut(d.wayBack(stopped)); enable.State != change.Applied {
				t.Errorf("the way back is %s, %s", enable.State, enable.Problem)
			}
			if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
				t.Errorf("it was given back with the roles %v", got)
			}
		})
	}
}

// nextTask is how long it is until the next task.
func (d *desks) nextTask() time.Duration {
	next := slices.MinFunc(d.Queue.Tasks(), func(a, b queue.Task) int { return a.NotBefore.Compare(b.NotBefore) })
	return next.NotBefore.Sub(d.Clock.Now())
}

// roles are the roles of an account, sorted.
func (d *desks) roles(email string) []string {
	u, _ := d.looker.User(email)
	return slices.Sorted(slices.Values(u.Roles))
}

// wayBack is what somebody asks for by the button on the message about the stop of their account, which
// root approves. The message names the roles Admin and User.
func (d *desks) wayBack(who group.Person) change.Change {
	d.TB.Helper()
	u, _ := d.looker.User(who.Email)
	return d.decided(change.Proposal{
		Kind: change.AccountEnable, Target: change.Target{ID: account.Name("looker", u.ID), Name: who.Email},
		Diff:      []change.Delta{{Field: "enabled", Before: "false", After: "true"}, {Field: "roles", Before: "Admin, User"}},
		Requester: change.Actor{Kind: change.ByPerson, ID: who.ID, Name: who.Email}, Concerned: []string{who.ID}, Requirement: change.Requirement{Mode: change.Ask},
	})
}

// A request that goes back to people, because who approved it may not any more, may never be heard of again:
// its account has its roles then. Where it is approved once more, it is given back without them.
func TestARequestThatGoesBackToPeopleLeavesTheRoles(t *testing.T) {
	wall := &forbidding{}
	d, c := halfDone(t, wall)
	d.under(requests)
	d.Queue.Take(event.QueueLooker)
	m := mirror.New(d.Store)
	root := group.Person{ID: "9", Email: "root@example.com", Name: "Rui Costa", Admin: true}
	left := root
	left.Suspended = true
	if err := m.PutPeople(t.Context(), []group.Person{left, nia, stopped}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	wall.on = true // the first try comes to nothing too
	if c = d.carryOut(c); c.State != change.Proposed {
		t.Fatalf("it is %s, %s", c.State, c.Problem)
	}
	wall.on = false
	d.Work(d.handler, event.QueueLooker)
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
		t.Errorf("the roles are %v while it waits for people", got)
	}
	if err := m.PutPeople(t.Context(), []group.Person{root, nia, stopped}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	c, err := d.ledger.Apply(t.Context(), c.ID, change.Approve{By: change.Actor{Kind: change.ByPerson, ID: root.ID, Name: root.Email}, Revision: c.Revision, Counts: []change.Selector{"user:root@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if c = d.carryOut(c); c.State != change.Applied {
		t.Errorf("approved once more it is %s, %s", c.State, c.Problem)
	}
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Developer", "User"}) {
		t.Errorf("it was given back with the roles %v", got)
	}
}

// A restore waits while somebody sets the roles of the account: people may have approved the request once more, or
// the task may have come twice.
func TestARestoreKeepsOutOfTheWay(t *testing.T) {
	for _, holder := range []string{"another", "restoring after "} {
		d, c := halfDone(t, &forbidding{})
		if holder != "another" {
			holder += c.ID
		}
		u, _ := d.looker.User(stopped.Email)
		if _, err := account.Hold(t.Context(), d.Store, "looker", u.ID, holder, d.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if status := d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusServiceUnavailable {
			t.Errorf("while %s sets the roles: status %d, want the task to come again", holder, status)
		}
		if got := d.roles(stopped.Email); slices.Contains(got, "Admin") {
			t.Errorf("the roles are %v while %s sets them", got, holder)
		}
		d.Clock.Advance(account.HoldFor)
		d.carryOut(c)
		if got := d.roles(stopped.Email); !slices.Contains(got, "Admin") {
			t.Errorf("the roles are %v after that", got)
		}
	}
}

// The address of a stopped account passes to another one while a request is half done: each has its own roles.
func TestARestoreIsAboutTheSameAccount(t *testing.T) {
	for name, policy := range map[string]string{"it comes to nothing": withoutDeveloper, "it gives the other one": requests} {
		t.Run(name, func(t *testing.T) {
			d, c := halfDone(t, &forbidding{})
			if err := d.looker.SetRoles("away@example.com", "Developer", "User"); err != nil {
				t.Fatal(err)
			}
			if err := d.looker.SetDisabled("away@example.com", true); err != nil {
				t.Fatal(err)
			}
			d.Outbound = &readdressed{RoundTripper: d.Outbound, from: stopped.Email, to: "away@example.com", on: true}
			d.under(policy)
			if c = d.carryOut(c); c.State != change.Withdrawn && c.State != change.Applied {
				t.Fatalf("it is %s, %s", c.State, c.Problem)
			}
			if got := d.roles("away@example.com"); !slices.Equal(got, []string{"Developer", "User"}) {
				t.Errorf("the other account has the roles %v", got)
			}
			if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
				t.Errorf("its own has the roles %v", got)
			}
		})
	}
}

// What stands in the way of a restore may pass: whoever has two accounts for an hour is no reason to leave one
// without its roles, and a role that was deleted does not keep the others from coming back.
func TestARestoreOutlastsWhatPasses(t *testing.T) {
	t.Run("two accounts of one person", func(t *testing.T) {
		d, c := halfDone(t, &forbidding{})
		double := stopped
		double.Aliases = []string{"working@example.com"}
		if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{double}, d.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if c = d.carryOut(c); c.State != change.Failed {
			t.Fatalf("it is %s, %s", c.State, c.Problem)
		}
		if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Admin", "User"}) {
			t.Errorf("the roles are %v", got)
		}
	})
	for _, deleted := range []string{"Admin", "Developer"} {
		t.Run("a role is deleted: "+deleted, func(t *testing.T) {
			d, c := halfDone(t, &forbidding{})
			if deleted == "Developer" {
				if err := d.looker.SetRoles(stopped.Email, "User"); err != nil { // from everybody who has it
					t.Fatal(err)
				}
			}
			d.Outbound = withoutRole{d.Outbound, deleted}
			d.under(withoutDeveloper)
			if c = d.carryOut(c); c.State != change.Withdrawn {
				t.Fatalf("it is %s, %s", c.State, c.Problem)
			}
			want := map[string][]string{"Admin": {"User"}, "Developer": {"Admin", "User"}}[deleted]
			if got := d.roles(stopped.Email); !slices.Equal(got, want) {
				t.Errorf("the roles are %v, want %v", got, want)
			}
		})
	}
}

// A role that an administrator has taken from a stopped account does not come back with what a request had
// found before.
func TestWhatAnAdministratorTookStaysTaken(t *testing.T) {
	d := newDesks(t)
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	// The first attempt does not get the roles set, the second not the account enabled.
	d.Outbound = &breaking{method: http.MethodPut, RoundTripper: &breaking{method: http.MethodPatch, RoundTripper: d.Outbound}}
	d.under(requests)
	d.people()
	if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	c := d.carryOut(d.ask(stopped, "Developer", change.Ask))
	if err := d.looker.SetRoles(stopped.Email, "User"); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Hour)
	if c = d.carryOut(c); !slices.Equal(d.roles(stopped.Email), []string{"Developer", "User"}) {
		t.Fatalf("it is %s, and the roles are %v, want it half done", c.State, d.roles(stopped.Email))
	}
	d.under(withoutDeveloper)
	d.Clock.Advance(time.Hour)
	if c = d.carryOut(c); c.State != change.Withdrawn {
		t.Fatalf("it is %s, %s", c.State, c.Problem)
	}
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"User"}) {
		t.Errorf("the roles are %v", got)
	}
}

// Who takes the stop back while a request is half done gives the account back as people were shown it.
func TestTheWayBackDuringAHalfDoneRequest(t *testing.T) {
	d, c := halfDone(t, &forbidding{})
	if enable := d.carryOut(d.wayBack(stopped)); enable.State != change.Applied {
		t.Fatalf("the way back is %s, %s", enable.State, enable.Problem)
	}
	if c = d.carryOut(c); c.State != change.Withdrawn {
		t.Errorf("the request is %s, %s", c.State, c.Problem)
	}
	if u, _ := d.looker.User(stopped.Email); u.Disabled || !slices.Equal(d.roles(stopped.Email), []string{"Admin", "User"}) {
		t.Errorf("the account is disabled: %t, with the roles %v", u.Disabled, d.roles(stopped.Email))
	}
}

// Who takes the stop back after a request has given the account back without some of its roles hears that it
// was given back already, and not that it has the roles again. It counts as used from then on, as whoever
// decided about it wanted.
func TestTheWayBackOfWhatWasGivenBack(t *testing.T) {
	for name, byRequest := range map[string]bool{"by a request": true, "by an administrator": false} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
				t.Fatal(err)
			}
			d.under(requests)
			d.people()
			if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			enable := d.wayBack(stopped)
			if byRequest {
				d.carryOut(d.ask(stopped, "User", change.Ask))
			} else if err := d.looker.SetDisabled(stopped.Email, false); err != nil {
				t.Fatal(err)
			}
			before := d.roles(stopped.Email)
			d.Clock.Advance(time.Hour)
			if enable = d.carryOut(enable); enable.State != change.Withdrawn || enable.Problem != idle.WhyGivenBack {
				t.Errorf("the way back is %s, %s", enable.State, enable.Problem)
			}
			u, _ := d.looker.User(stopped.Email)
			if u.Disabled || !slices.Equal(d.roles(stopped.Email), before) {
				t.Errorf("the account is disabled: %t, with the roles %v", u.Disabled, d.roles(stopped.Email))
			}
			if m, err := account.Get(t.Context(), d.Store, "looker", u.ID); err != nil || !m.Active.Equal(d.Clock.Now()) {
				t.Errorf("remembered %+v, %v", m, err)
			}
		})
	}
}

// What an attempt whose answer was lost has given back is given back.
func TestTheWayBackWithoutAnAnswer(t *testing.T) {
	d := newDesks(t)
	d.people()
	d.Outbound = &breaking{RoundTripper: d.Outbound, method: http.MethodPatch, answer: true}
	d.handler = d.Build(accountaction.Function)
	if c := d.carryOut(d.wayBack(stopped)); c.State != change.Applied {
		t.Errorf("it is %s, %s", c.State, c.Problem)
	}
}

// Two requests for one stopped account are both half done. In whatever order they end, and wherever the second
// was interrupted, the account has what it had before the first where both come to nothing, and what was
// asked for where one of them does not.
func TestTwoHalfDoneRequests(t *testing.T) {
	const nothing, onlyUser = `inactivity: {looker: {after: 180d}}`, withoutDeveloper
	for name, test := range map[string]struct {
		lost   string // what the second request does not get answered first
		policy string
		second bool // ends first
		want   []string
	}{
		"both come to nothing, first one first":       {lost: http.MethodPatch, policy: nothing, want: []string{"Admin"}},
		"both come to nothing, second one first":      {lost: http.MethodPatch, policy: nothing, second: true, want: []string{"Admin"}},
		"the second did not set its roles":            {lost: http.MethodPut, policy: nothing, want: []string{"Admin"}},
		"the second did not, and is the first to end": {lost: http.MethodPut, policy: nothing, second: true, want: []string{"Admin"}},
		"the first comes to nothing":                  {lost: http.MethodPatch, policy: onlyUser, want: []string{"User"}},
		"the first comes to nothing, after that":      {lost: http.MethodPatch, policy: onlyUser, second: true, want: []string{"User"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			if err := d.looker.SetRoles(stopped.Email, "Admin"); err != nil {
				t.Fatal(err)
			}
			whole := d.Outbound
			d.Outbound = &breaking{method: http.MethodPatch, RoundTripper: whole}
			d.under(requests)
			d.people()
			if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			first := d.carryOut(d.ask(stopped, "Developer", change.Ask))
			d.Outbound = &breaking{method: test.lost, RoundTripper: whole}
			d.under(requests)
			second := d.carryOut(d.ask(stopped, "User", change.Ask))
			if first.State != change.Approved || second.State != change.Approved || slices.Contains(d.roles(stopped.Email), "Admin") {
				t.Fatalf("they are %s and %s, and the roles are %v", first.State, second.State, d.roles(stopped.Email))
			}
			d.under(test.policy)
			d.Clock.Advance(time.Hour)
			ends := []change.Change{first, second}
			if test.second {
				slices.Reverse(ends)
			}
			for _, c := range ends {
				d.carryOut(c)
			}
			if got := d.roles(stopped.Email); !slices.Equal(got, test.want) {
				t.Errorf("the roles are %v, want %v", got, test.want)
			}
			for _, c := range ends { // tasks that come again change nothing
				d.carryOut(c)
			}
			if got := d.roles(stopped.Email); !slices.Equal(got, test.want) {
				t.Errorf("the roles are %v after the tasks came again", got)
			}
			u, _ := d.looker.User(stopped.Email)
			if left, err := account.GetUnfinished(t.Context(), d.Store, "looker", u.ID); err != nil || left.Request != "" || left.Holder != "" {
				t.Errorf("it is still remembered: %+v, %v", left, err)
			}
		})
	}
}

// forbidding answers every write with 403 while it is on, as where an API key has lost a right.
type forbidding struct {
	http.RoundTripper
	writes int
	on     bool
}

// RoundTrip implements [http.RoundTripper].
func (f *forbidding) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPut && r.Method != http.MethodPatch {
		return f.RoundTripper.RoundTrip(r)
	}
	if f.writes++; !f.on {
		return f.RoundTripper.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusForbidden, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"message":"forbidden","documentation_url":"https://cloud.google.com/looker"}`)),
	}, nil
}

var stopped = group.Person{ID: "2", Email: "stopped@example.com"}

// halfDone returns a request for the role Developer, for a stopped account with the roles Admin and User: its
// roles are set, it is not enabled, and the policy does not want it any more.
func halfDone(t *testing.T, wall *forbidding) (*desks, change.Change) {
	t.Helper()
	d := newDesks(t)
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	wall.RoundTripper = &breaking{method: http.MethodPatch, RoundTripper: d.Outbound}
	d.Outbound = wall
	d.under(requests)
	d.people()
	if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	c := d.carryOut(d.ask(stopped, "Developer", change.Ask))
	if u, _ := d.looker.User(stopped.Email); c.State != change.Approved || slices.Contains(u.Roles, "Admin") {
		t.Fatalf("it is %s and the roles are %v, want it half done", c.State, u.Roles)
	}
	d.under(withoutDeveloper)
	d.Clock.Advance(time.Hour)
	return d, c
}

// withoutDeveloper is a policy that does not offer that role.
const withoutDeveloper = `inactivity: {requests: {looker: {roles: [User], mode: ask}}}`

// An account that its person has back at once, by the button on the message about the stop, is judged anew
// before it is enabled: they may have left the group that has it at once. What people decided about stands.
func TestTheWayBackIsJudgedAnew(t *testing.T) {
	const report = `inactivity: {requests: {looker: {roles: [User], mode: report}}}`
	for name, test := range map[string]struct {
		mode   change.Mode
		policy string
		in     bool // still in the group bi
		want   change.State
	}{
		"still in the group":      {change.Auto, requests, true, change.Applied},
		"has left the group":      {change.Auto, requests, false, change.Withdrawn},
		"nobody may ask any more": {change.Auto, report, true, change.Withdrawn},
		"people decided about it": {change.Ask, requests, false, change.Applied},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			d.people(stopped)
			u, _ := d.looker.User(stopped.Email)
			p := change.Proposal{
				Kind: change.AccountEnable, Target: change.Target{ID: "looker:" + u.ID, Name: stopped.Email}, Diff: []change.Delta{{Field: "enabled", Before: "false", After: "true"}},
				Requester: change.Actor{Kind: change.ByPerson, ID: stopped.ID, Name: stopped.Email}, Concerned: []string{stopped.ID}, Requirement: change.Requirement{Mode: test.mode},
			}
			c := d.decided(p)
			d.Clock.Advance(time.Minute)
			if !test.in {
				d.people()
				if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
					t.Fatal(err)
				}
			}
			d.under(test.policy)
			c = d.carryOut(c)
			if u, _ = d.looker.User(stopped.Email); c.State != test.want || u.Disabled != (test.want != change.Applied) {
				t.Errorf("it is %s, %q, and the account is disabled: %t", c.State, c.Problem, u.Disabled)
			}
			if c.State == change.Withdrawn && c.Problem != idle.WhyAsked {
				t.Errorf("withdrawn because %q", c.Problem)
			}
		})
	}
}

// unreadable is a transport that reads nothing from the first time on that an account was enabled.
type unreadable struct {
	http.RoundTripper
	on bool
}

func (u *unreadable) RoundTrip(r *http.Request) (*http.Response, error) {
	if u.on && r.Method == http.MethodGet {
		return nil, errors.New("no answer")
	}
	u.on = u.on || r.Method == http.MethodPatch
	return u.RoundTripper.RoundTrip(r)
}

// A request that gave an account back, and failed because nobody could see that, says what it made of the account
// when people have it tried again.
func TestARequestThatCouldNotBeReadBack(t *testing.T) {
	for name, test := range map[string]struct {
		ask  func(d *desks) change.Change
		held []string
	}{
		"a request with a role": {func(d *desks) change.Change { return d.ask(stopped, "Developer", change.Ask) }, []string{"Admin"}},
		"the way back":          {func(d *desks) change.Change { return d.wayBack(stopped) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
				t.Fatal(err)
			}
			dark := &unreadable{RoundTripper: d.Outbound}
			d.Outbound = dark
			d.under(requests)
			d.people()
			if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			c := d.until(test.ask(d))
			if c.State != change.Failed {
				t.Fatalf("it is %s, %s; want it failed", c.State, c.Problem)
			}
			d.Outbound = dark.RoundTripper
			d.under(requests)
			d.drain()
			c = d.until(d.again(c))
			made, err := idle.DecodeMade(c.Result)
			if err != nil || c.State != change.Applied || !slices.Equal(idle.Names(made.Withheld), test.held) {
				t.Errorf("it is %s, %q; %+v is said of it, %v", c.State, c.Problem, made, err)
			}
			if i := slices.IndexFunc(c.Diff, func(d change.Delta) bool { return d.Field == "enabled" }); c.Diff[i].Before != "false" {
				t.Errorf("the account was in use before, it says: %+v", c.Diff)
			}
			if c.Kind == change.AccountCreate && !c.Reversible(d.Clock.Now()) {
				t.Errorf("nobody can take it back: %+v", c.Diff)
			}
		})
	}
}
