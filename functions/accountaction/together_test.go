package accountaction_test

import (
	"errors"
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
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// hook does something once, before or after a request that matches.
type hook struct {
	http.RoundTripper
	match         func(*http.Request) bool
	before, after func()
	done          bool
}

func (h *hook) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.done || h.match == nil || !h.match(r) {
		return h.RoundTripper.RoundTrip(r)
	}
	h.done = true
	if h.before != nil {
		h.before()
	}
	resp, err := h.RoundTripper.RoundTrip(r)
	if h.after != nil {
		h.after()
	}
	return resp, err
}

// working is the person of an account that is in use.
var working = group.Person{ID: "3", Email: "working@example.com"}

// Two roles for an account in use that are given at the same time are both there.
func TestTwoRolesAtOnce(t *testing.T) {
	d := newDesks(t)
	h := &hook{RoundTripper: d.Outbound}
	d.Outbound = h
	d.under(requests)
	d.people(working)
	first, second := d.ask(working, "Developer", change.Ask), d.ask(working, "Admin", change.Ask)
	h.match = func(r *http.Request) bool { return r.Method == http.MethodPut }
	h.before = func() { second = d.carryOut(second) }
	first = d.carryOut(first)
	second = d.until(second)
	if got := d.roles("working@example.com"); !slices.Equal(got, []string{"Admin", "Developer", "User"}) {
		t.Errorf("first %s, second %s, roles %v", first.State, second.State, got)
	}
}

// A way back that finds the account stopped, and a request that gives it back just then: the way back does nothing
// to the account in use, and says that it was given back already.
func TestAWayBackBesideARequest(t *testing.T) {
	d := newDesks(t)
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	h := &hook{RoundTripper: d.Outbound}
	d.Outbound = h
	d.under(requests)
	d.people()
	if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	u, _ := d.looker.User(stopped.Email)
	enable, request := d.wayBack(stopped), d.ask(stopped, "User", change.Ask)
	h.match = func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/users/"+u.ID)
	}
	h.after = func() { request = d.carryOut(request) }
	enable = d.until(d.carryOut(enable))
	if got := d.roles(stopped.Email); enable.State != change.Withdrawn || enable.Problem != idle.WhyGivenBack || request.State != change.Applied || !slices.Equal(got, []string{"User"}) {
		t.Errorf("the way back is %s, %q, the request %s, and the roles are %v", enable.State, enable.Problem, request.State, got)
	}
}

// What an account had before a stop, and did not get back, has ended when it was in use: after the next stop it
// comes back with what people were shown.
func TestRolesOfAnEarlierStopDoNotComeBack(t *testing.T) {
	wall := &forbidding{}
	d, c := halfDone(t, wall)
	d.Queue.Take(event.QueueLooker)
	wall.on = true
	d.carryOut(c)
	for len(d.Queue.Tasks()) > 0 {
		d.nextTask()
		d.Work(d.handler, event.QueueLooker)
	}
	wall.on = false
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Developer", "User"}) {
		t.Fatalf("roles %v", got)
	}
	if err := d.looker.SetDisabled(stopped.Email, false); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(60 * 24 * time.Hour)
	u, _ := d.looker.User(stopped.Email)
	d.under(`inactivity: {looker: {after: 30d, mode: auto}, requests: {looker: {roles: [User], mode: ask}}}`)
	stop := d.carry(change.AccountDisable, u.ID, "")
	if stop.State != change.Applied {
		t.Fatalf("stop %s %s", stop.State, stop.Problem)
	}
	enable := d.carryOut(d.decided(change.Proposal{
		Kind: change.AccountEnable, Target: change.Target{ID: account.Name("looker", u.ID), Name: stopped.Email},
		Diff:      []change.Delta{{Field: "enabled", Before: "false", After: "true"}, {Field: "roles", Before: "Developer, User"}},
		Requester: change.Actor{Kind: change.ByPerson, ID: stopped.ID, Name: stopped.Email}, Requirement: change.Requirement{Mode: change.Ask},
	}))
	if got := d.roles(stopped.Email); !slices.Equal(got, []string{"Developer", "User"}) {
		t.Errorf("way back %s: stopped with Developer, User; roles now %v", enable.State, got)
	}
}

// What a request withholds from one account is not said of another, to which the address has passed.
func TestWhatIsWithheldIsOfOneAccount(t *testing.T) {
	d, c := halfDone(t, &forbidding{})
	d.Outbound = &readdressed{RoundTripper: d.Outbound, from: stopped.Email, to: "working@example.com", on: true}
	d.under(requests)
	c = d.carryOut(c)
	made, _ := idle.DecodeMade(c.Result)
	w, _ := d.looker.User("working@example.com")
	if made.Account != w.ID || len(made.Withheld) > 0 {
		t.Errorf("%s: it says of account %s (working is %s) that there are withheld %v", c.State, made.Account, w.ID, made.Withheld)
	}
}

// Who has not signed in is not said to use the account again, where only the policy has changed.
func TestAStopThatIsNotDueByTheNewPolicy(t *testing.T) {
	d := newDesks(t)
	d.under("inactivity: {looker: {after: 365d, mode: auto}}")
	away, _ := d.looker.User("away@example.com")
	c := d.carry(change.AccountDisable, away.ID, "")
	if c.State != change.Withdrawn || c.Problem != "it is not due to be stopped any more" {
		t.Errorf("%s %q", c.State, c.Problem)
	}
}

// Whoever holds the roles of an account keeps a role from being given to it, and a stop from forgetting what it
// had; and a stop holds them until it is done.
func TestWhoHoldsTheRolesIsWaitedFor(t *testing.T) {
	d := newDesks(t)
	d.under(requests)
	d.people(working)
	u, _ := d.looker.User(working.Email)
	hold := func() error {
		_, err := account.Hold(t.Context(), d.Store, "looker", u.ID, "another", d.Clock.Now())
		return err
	}
	if err := hold(); err != nil {
		t.Fatal(err)
	}
	gives := d.carryOut(d.ask(working, "Developer", change.Ask))
	if got := d.roles(working.Email); gives.State != change.Approved || !slices.Equal(got, []string{"User"}) {
		t.Errorf("a request while another sets the roles: %s, %v", gives.State, got)
	}
	gives = d.until(gives)
	if got := d.roles(working.Email); gives.State != change.Applied || !slices.Equal(got, []string{"Developer", "User"}) {
		t.Errorf("after that: %s, %s, %v", gives.State, gives.Problem, got)
	}

	d = newDesks(t)
	h := &hook{RoundTripper: d.Outbound, match: func(r *http.Request) bool { return r.Method == http.MethodPatch }}
	h.before = func() {
		if err := hold(); !errors.Is(err, account.ErrHeld) {
			t.Errorf("while it is stopped: %v", err)
		}
	}
	d.Outbound = h
	d.handler = d.Build(accountaction.Function)
	u, _ = d.looker.User("away@example.com")
	if stop := d.carry(change.AccountDisable, u.ID, ""); stop.State != change.Applied || !h.done {
		t.Errorf("%s, %s", stop.State, stop.Problem)
	}
	if err := hold(); err != nil {
		t.Errorf("after it was stopped: %v", err)
	}
}

// A stop whose answer was lost says that the account was enabled before, and can be taken back.
func TestAStopWithoutAnAnswerSaysWhatWas(t *testing.T) {
	d := newDesks(t)
	d.Outbound = &breaking{RoundTripper: d.Outbound, method: http.MethodPatch, answer: true}
	d.handler = d.Build(accountaction.Function)
	u, _ := d.looker.User("away@example.com")
	stop := d.until(d.carry(change.AccountDisable, u.ID, ""))
	if i := slices.IndexFunc(stop.Diff, func(d change.Delta) bool { return d.Field == "enabled" }); stop.State != change.Applied || stop.Diff[i].Before != "true" {
		t.Errorf("%s, %s: %+v", stop.State, stop.Problem, stop.Diff)
	}
}
