package accountaction_test

import (
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

// Where Looker lets nobody write for a while, the roles come back once it does, and it is not asked for ever.
func TestARestoreIsTriedForADay(t *testing.T) {
	for name, mended := range map[string]bool{"mended in time": true, "never mended": false} {
		t.Run(name, func(t *testing.T) {
			wall := &forbidding{}
			d, c := halfDone(t, wall)
			wall.on = true
			do := func() int { return d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID})) }
			if status := do(); status != http.StatusServiceUnavailable {
				t.Fatalf("status %d, want the task to come again", status)
			}
			if mended {
				wall.on = false
			} else {
				d.Clock.Advance(25 * time.Hour)
			}
			if status := do(); status != http.StatusOK {
				t.Fatalf("status %d at last", status)
			}
			u, _ := d.looker.User(stopped.Email)
			if back := slices.Contains(u.Roles, "Admin"); back != mended {
				t.Errorf("the roles are %v", u.Roles)
			}
			calls := wall.writes
			if do(); wall.writes != calls {
				t.Error("it is tried once more after that")
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
