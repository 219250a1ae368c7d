package accountaction_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// A request for a stopped account comes to nothing after its roles were set and before it was enabled: it
// has the roles again that it had, so that whoever takes the stop back gives it back as it was.
func TestARequestThatComesToNothingLeavesTheRoles(t *testing.T) {
	const without = `inactivity: {requests: {looker: {roles: [User], mode: ask}}}`
	stopped := group.Person{ID: "2", Email: "stopped@example.com"}
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
			d.under(without)
			d.Clock.Advance(time.Hour)
			if c = d.carryOut(c); c.State != change.Withdrawn {
				t.Fatalf("it is %s, %s", c.State, c.Problem)
			}
			u, _ := d.looker.User(stopped.Email)
			slices.Sort(u.Roles)
			if !u.Disabled || !slices.Equal(u.Roles, test.had) {
				t.Errorf("the account is disabled: %t, with the roles %v, want %v", u.Disabled, u.Roles, test.had)
			}
			d.carryOut(c) // a task that comes again finds nothing to do
			if again, _ := d.looker.User(stopped.Email); len(again.Roles) != len(test.had) {
				t.Errorf("the roles are %v after the task came again", again.Roles)
			}
		})
	}
}

// An account that its person has back at once, by the button on the message about the stop, is judged anew
// before it is enabled: they may have left the group that has it at once. What people decided about stands.
func TestTheWayBackIsJudgedAnew(t *testing.T) {
	stopped := group.Person{ID: "2", Email: "stopped@example.com"}
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
