package accessgrant_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/accessgrant"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// giveBack proposes that access ends now, as its person's button does.
func (o *company) giveBack(t *testing.T, c change.Change) change.Change {
	t.Helper()
	p, ok := o.state(t, c).Reverse(c.Requester, "", o.Clock.Now())
	if !ok {
		t.Fatalf("nothing to give back: %s is %s", c.ID, o.state(t, c).State)
	}
	p.Requirement = change.Requirement{Mode: change.Auto}
	back, _, err := o.ledger.Propose(t.Context(), p)
	check(t, err)
	return back
}

// nothing is a network in which nothing arrives.
type nothing struct{}

func (nothing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no route") }

// What takes access away is done at once, however much waits in the queue.
func TestTakingAwayGoesFirst(t *testing.T) {
	o := open(t)
	c := o.give(t, aiko, "etl")
	for range 20 {
		o.approved(t, o.ask(t, fay, "etl"))
	}
	back := o.giveBack(t, c)
	o.approved(t, back)
	if got := o.state(t, back).State; got != change.Applied || o.has(aiko) {
		t.Errorf("the revocation is %s, access %t", got, o.has(aiko))
	}
	if tasks := o.Queue.Take(event.QueueIAM); len(tasks) != 20 {
		t.Errorf("%d tasks wait, want those of the 20 who want access", len(tasks))
	}
	if o.has(fay) {
		t.Error("what waits in the queue was done")
	}
}

// What cannot be taken away now is tried again by the queue.
func TestTakingAwayIsTriedAgain(t *testing.T) {
	o := open(t)
	back := o.giveBack(t, o.give(t, aiko, "etl"))
	down := o.Outbound
	o.Outbound = nothing{}
	o.handler = o.Build(accessgrant.Function)
	o.approved(t, back)
	if got := o.state(t, back).State; got == change.Applied || !o.has(aiko) {
		t.Fatalf("the revocation is %s, access %t", got, o.has(aiko))
	}
	o.Outbound = down
	o.handler = o.Build(accessgrant.Function)
	o.Work(o.handler, event.QueueIAM)
	if got := o.state(t, back).State; got != change.Applied || o.has(aiko) {
		t.Errorf("the revocation is %s, access %t", got, o.has(aiko))
	}
}

// What could not be taken away at first waits behind nobody for long: before the queue comes to it, the
// sweep tells of it again, and then it is done past the queue.
func TestTakingAwayGoesFirstAgain(t *testing.T) {
	o := open(t)
	back := o.giveBack(t, o.give(t, aiko, "etl"))
	down := o.Outbound
	o.Outbound = nothing{}
	o.handler = o.Build(accessgrant.Function)
	o.approved(t, back)
	o.Outbound = down
	o.handler = o.Build(accessgrant.Function)
	failed := o.state(t, back)
	due, _ := failed.Due()
	if wait := due.Sub(o.Clock.Now()); failed.State != change.Approved || wait > change.ActAfter+time.Minute {
		t.Fatalf("the revocation is %s, and the sweep looks at it after %s", failed.State, wait)
	}
	o.Clock.Advance(due.Sub(o.Clock.Now()))
	again, err := o.ledger.Apply(t.Context(), back.ID, failed.Passed(due, change.Actor{Kind: change.ByFunction, ID: "changesweep"}))
	check(t, err)
	o.approved(t, again)
	if got := o.state(t, back).State; got != change.Applied || o.has(aiko) {
		t.Errorf("the revocation is %s, access %t", got, o.has(aiko))
	}
}

// An approval is of a request, not of a person: who has lost the right to ask meanwhile gets nothing,
// and the same change is carried out once, however often it is ordered.
func TestRegressionJG4TheRequesterIsHeldAgainstThePolicyOnceMore(t *testing.T) {
	o := open(t)
	c := o.ask(t, aiko, "etl")
	o.members(t, "team")
	o.tell(t, event.ApplyChange{Change: c.ID})
	if got := o.state(t, c); got.State != change.Withdrawn || o.has(aiko) {
		t.Errorf("the change is %s, access %t", got.State, o.has(aiko))
	}
	o = open(t)
	c = o.give(t, aiko, "etl")
	o.Clock.Advance(30 * time.Minute)
	o.tell(t, event.ApplyChange{Change: c.ID})
	if got := o.state(t, c); !got.Until.Equal(c.Until) || o.cloud.Bindings("prd") != 2 {
		t.Errorf("ordered again it ends at %s, not %s; %d bindings", got.Until, c.Until, o.cloud.Bindings("prd"))
	}
}

// deafAfterWriting is a network that lets one request through that changes something, and nothing after
// it: what it did is not seen.
type deafAfterWriting struct {
	http.RoundTripper
	write string // the end of the path
	done  bool
}

func (d *deafAfterWriting) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.done {
		return nil, errors.New("no route")
	}
	d.done = r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, d.write)
	return d.RoundTripper.RoundTrip(r)
}

// What an attempt gave before it died is not forgotten when the person may not have it any more: it
// is found, known for what it is, and taken back at once.
func TestWhatADeadAttemptGaveIsTakenBack(t *testing.T) {
	for name, test := range map[string]struct {
		entitlement, write string
		has                func(*company) bool
		lose               func(*testing.T, *company)
		why                grant.Loss
	}{
		"out of the group": {"etl", ":setIamPolicy", func(o *company) bool { return o.has(aiko) }, leaves, grant.NoLongerEligible},
		"suspended":        {"etl", ":setIamPolicy", func(o *company) bool { return o.has(aiko) }, suspended, grant.PersonGone},
		"a membership":     {"on-call", "/memberships", func(o *company) bool { return o.member(aiko) }, suspended, grant.PersonGone},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			whole := o.Outbound
			o.Outbound = &deafAfterWriting{RoundTripper: whole, write: test.write}
			o.handler = o.Build(accessgrant.Function)
			c := o.ask(t, aiko, test.entitlement)
			o.tell(t, event.ApplyChange{Change: c.ID})
			if got := o.state(t, c).State; got != change.Approved || !test.has(o) {
				t.Fatalf("the request is %s, access %t", got, test.has(o))
			}
			o.Outbound = whole
			o.handler = o.Build(accessgrant.Function)
			test.lose(t, o)
			o.Work(o.handler, event.QueueIAM)
			if got := o.state(t, c); got.State != change.Applied {
				t.Errorf("what is given is %s: %s", got.State, got.Problem)
			}
			back := o.revocations(t)
			if len(back) != 1 || back[0].Reason != string(test.why) {
				t.Fatalf("%d revocations: %+v", len(back), back)
			}
			o.approved(t, back[0])
			if got := o.state(t, back[0]).State; got != change.Applied || test.has(o) {
				t.Errorf("the revocation is %s, access %t", got, test.has(o))
			}
		})
	}
}

func leaves(t *testing.T, o *company) { o.members(t, "team") }

func suspended(t *testing.T, o *company) {
	o.Clock.Advance(time.Second)
	p := aiko
	p.Suspended = true
	check(t, o.mirror.PutPeople(t.Context(), []group.Person{p}, o.Clock.Now()))
}

// What was to be given at once is not where policy wants people to decide by the time of its turn.
func TestAccessThatPeopleDecideByNow(t *testing.T) {
	o := open(t)
	c := o.ask(t, aiko, "etl")
	o.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(strings.ReplaceAll(policyFile, "approval: self", "approval: quorum"))}}
	o.handler = o.Build(accessgrant.Function)
	o.tell(t, event.ApplyChange{Change: c.ID})
	if got := o.state(t, c); got.State != change.Withdrawn || o.has(aiko) {
		t.Errorf("the change is %s, access %t", got.State, o.has(aiko))
	}
}

// The longest time holds however somebody goes on asking: by the button or anew.
func TestTheLongestTimeHoldsForWhoAsksAnew(t *testing.T) {
	o := open(t)
	begun := o.Clock.Now()
	o.give(t, aiko, "etl")
	for range 20 {
		o.Clock.Advance(30 * time.Minute)
		if after := o.Clock.Now().Sub(begun); !o.has(aiko) {
			if after != 8*time.Hour {
				t.Errorf("it ended within %s, not after 8 hours", after)
			}
			return
		}
		c := o.ask(t, aiko, "etl")
		o.tell(t, event.ApplyChange{Change: c.ID})
		if c = o.state(t, c); c.State == change.Applied && c.Until.After(begun.Add(8*time.Hour)) {
			t.Fatalf("8 hours at most, and it ends %s after it began", c.Until.Sub(begun))
		}
	}
	t.Error("it has no end")
}

// A membership is one, whatever it was given for: it lasts as long as the longest grant of it, and
// goes when none is left.
func TestOneMembershipForSeveralGrants(t *testing.T) {
	o := open(t)
	c := o.give(t, aiko, "on-call")
	o.Clock.Advance(20 * time.Minute)
	longer := o.give(t, aiko, "on-call")
	if want := c.Until.Add(20 * time.Minute); longer.Until.Before(want) {
		t.Errorf("extended, it ends at %s, want %s", longer.Until, want)
	}
	o.Clock.Advance(50 * time.Minute) // the first has ended
	if !o.member(aiko) {
		t.Error("no member any more, though it was extended")
	}
	o.approved(t, o.giveBack(t, longer))
	if o.member(aiko) {
		t.Error("a member still, though it was given back")
	}

	c = o.give(t, fay, "on-call")
	o.Clock.Advance(20 * time.Minute)
	longer = o.give(t, fay, "on-call")
	back := o.giveBack(t, c) // by the button on the first message
	o.approved(t, back)
	if got := o.state(t, back); got.State != change.Applied || o.member(fay) {
		t.Errorf("giving back what was extended is %s (%s), a member %t", got.State, got.Problem, o.member(fay))
	}
	if got := o.state(t, longer).State; got != change.Undone {
		t.Errorf("what extended it is %s", got)
	}
}

// What others gave stays theirs, however long it lasts.
func TestAMembershipThatOthersGave(t *testing.T) {
	for name, test := range map[string]struct {
		lasts time.Duration // zero: for good
		state change.State  // of the request
		left  bool          // still a member after giving it back
	}{
		"for good": {0, change.Failed, true},
		"longer":   {6 * time.Hour, change.Applied, true},
		"shorter":  {10 * time.Minute, change.Applied, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			var ends time.Time
			if test.lasts > 0 {
				ends = o.Clock.Now().Add(test.lasts)
			}
			check(t, o.cloud.SetMembership("admins@example.com", aiko.Email, ends))
			c := o.ask(t, aiko, "on-call")
			o.tell(t, event.ApplyChange{Change: c.ID})
			if c = o.state(t, c); c.State != test.state {
				t.Fatalf("the request is %s: %s", c.State, c.Problem)
			}
			if c.State != change.Applied {
				return
			}
			if c.Until.After(o.Clock.Now().Add(time.Hour)) {
				t.Errorf("an hour was asked for, and it ends at %s", c.Until)
			}
			o.approved(t, o.giveBack(t, c))
			if got := o.member(aiko); got != test.left {
				t.Errorf("a member afterwards: %t, want %t", got, test.left)
			}
		})
	}
}

// Two entitlements may lead into one group: giving one of them back leaves what the other gave.
func TestTwoWaysIntoOneGroup(t *testing.T) {
	for name, first := range map[string]int{"the longer one first": 0, "the shorter one first": 1} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			var all []change.Change
			all = append(all, o.give(t, aiko, "release"))
			o.Clock.Advance(20 * time.Minute)
			all = append(all, o.give(t, aiko, "on-call"))
			for i, c := range []change.Change{all[1-first], all[first]} {
				back := o.giveBack(t, c)
				o.approved(t, back)
				if got := o.state(t, back); got.State != change.Applied {
					t.Fatalf("giving back %s is %s: %s", c.Target.Name, got.State, got.Problem)
				}
				if got, want := o.member(aiko), i == 0; got != want {
					t.Errorf("after %s: a member %t, want %t", c.Target.Name, got, want)
				}
				if i == 0 {
					kept := all[first].Until
					for _, m := range o.cloud.Memberships("admins@example.com", o.Clock.Now()) {
						if m.Email == aiko.Email && !m.Ends.Equal(kept) {
							t.Errorf("after %s the membership ends at %s, want %s", c.Target.Name, m.Ends, kept)
						}
					}
				}
			}
		})
	}
}

// Whom the policy does not let ask any more by the time of the effect gets nothing, though they are eligible still.
func TestWhomThePolicyDeniesMeanwhileGetsNothing(t *testing.T) {
	for denied, want := range map[string]change.State{aiko.Email: change.Withdrawn, fay.Email: change.Applied} {
		o := open(t)
		c := o.ask(t, aiko, "etl")
		o.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(policyFile + `
roles: [{name: barred, policies: [bar], members: [user:` + denied + `]}]
policies: [{name: bar, rules: [{name: bar, effect: deny, operations: [RequestAccess], resources: [access]}]}]
`)}}
		o.handler = o.Build(accessgrant.Function)
		o.tell(t, event.ApplyChange{Change: c.ID})
		if got := o.state(t, c); got.State != want || o.has(aiko) != (want == change.Applied) {
			t.Errorf("denied to %s: the change is %s, want %s, access %t", denied, got.State, want, o.has(aiko))
		}
	}
}
