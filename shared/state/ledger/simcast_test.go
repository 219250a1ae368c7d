package ledger_test

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Who takes part in a simulated history, and what each of them does.

// press is one press of a button as a person made it: on what was shown then.
type press struct {
	name     string
	by       change.Actor
	change   string
	revision int
	verb     change.Verb
	counts   []change.Selector // looked up when the press is decided
}

// simAsks needs an owner and somebody from security.
var simAsks = change.Requirement{
	Mode: change.Ask, Needs: []change.Need{{Count: 1, From: owners}, {Count: 1, From: security}},
	Within: 24 * time.Hour, Remind: 2 * time.Hour, Escalate: &change.Escalation{After: 4 * time.Hour, To: managers},
}

// cast chooses who takes part: two requests, and people and machines around them.
func (s *sim) cast() {
	first := wanted(simAsks, accounts[0])
	second := wanted([]change.Requirement{auto, ask, ask}[s.random.IntN(3)], checker)
	second.Target = change.Target{ID: "g2", Name: "etl@example.com"}
	second.Quiet = time.Hour
	for _, p := range []change.Proposal{first, second} {
		s.group[p.Target.ID] = &setting{value: p.Diff[0].Before}
		for range 2 {
			s.sensor(p)
		}
		s.people(p.Target.ID)
	}
	if s.chance(20) { // policy changes
		second.Requirement = []change.Requirement{auto, ask, report}[s.random.IntN(3)]
		s.sensor(second)
	}
	if s.chance(40) {
		s.later("revise", func(ctx context.Context) { s.revise(ctx, first.Target.ID) })
	}
	for i, target := range []string{"g1", "g2"} { // its requester, under another name, and the rule
		s.withdrawer(target, []change.Actor{accounts[1], checker}[i])
	}
	for _, account := range accounts {
		if s.chance(12) {
			s.later("leave", func(context.Context) { s.say("%s leaves", account.ID); s.sits[account.ID] = nil })
		}
	}
	if s.chance(25) {
		s.later("drift", func(context.Context) {
			g := s.group["g1"]
			s.say("somebody sets it back")
			g.value, g.settled = "ANYONE_CAN_JOIN", s.now
		})
	}
}

func (s *sim) later(name string, do func(ctx context.Context)) {
	s.waiting = append(s.waiting, starter{name, do})
}

func (s *sim) sensor(p change.Proposal) {
	s.later("sensor of "+p.Target.ID, func(ctx context.Context) {
		if _, _, err := s.ledger.Propose(ctx, p); err != nil {
			panic(death{}) // it is called again
		}
	})
}

// latest returns the newest change of a target, as people see it.
func (s *sim) latest(target string) (change.Change, bool) {
	var newest change.Change
	number := 0
	for id, c := range s.check.docs {
		if _, n, _ := change.SlotOf(id); c.Target.ID == target && (c.Proposed.After(newest.Proposed) || c.Proposed.Equal(newest.Proposed) && n > number) {
			newest, number = c, n
		}
	}
	return newest, number > 0
}

// people look at the request, now or later, and press what they think right; some press twice,
// and some messages arrive twice.
func (s *sim) people(target string) {
	for _, account := range accounts {
		for range s.random.IntN(2) {
			verb := change.VerbApprove
			if s.chance(12) {
				verb = change.VerbDeny
			}
			s.person(target, account, verb, 6)
		}
	}
	if s.chance(50) {
		s.person(target, aiko, change.VerbRetry, 40)
	}
	if s.chance(30) {
		s.person(target, botan, lateDenial, 40)
	}
	if s.chance(25) {
		s.undoer(target, 40)
	}
}

// lateDenial is the denial of who waits until something has been done.
const lateDenial change.Verb = "deny late"

// person presses a button once there is one to press.
func (s *sim) person(target string, by change.Actor, verb change.Verb, patience int) {
	s.later(string(verb)+" by "+by.ID, func(ctx context.Context) {
		c, ok := s.latest(target)
		tooSoon := verb == change.VerbRetry && c.State != change.Failed || verb == lateDenial && len(s.check.effects[c.ID]) == 0
		if !ok || tooSoon {
			if patience > 0 {
				s.person(target, by, verb, patience-1)
			}
			return
		}
		if verb == lateDenial {
			verb = change.VerbDeny
		}
		s.pause("reads the message")
		p := &press{by: by, change: c.ID, revision: c.Revision, verb: verb}
		s.next++
		p.name = fmt.Sprintf("press-%d", s.next)
		s.check.presses = append(s.check.presses, p)
		for range 1 + s.random.IntN(2) {
			s.queue(&chore{name: p.name + " " + string(verb) + " by " + by.ID, notBefore: s.now, do: func(ctx context.Context) (time.Time, error) {
				return time.Time{}, s.decide(ctx, *p)
			}})
		}
	})
}

// decide does what the function slackinteract does with a press.
func (s *sim) decide(ctx context.Context, p press) error {
	c, err := s.ledger.Get(ctx, p.change)
	if err != nil {
		return err
	}
	p.counts = s.holds(c, p.by.ID)
	s.current.press = &p
	var a change.Action
	switch p.verb {
	case change.VerbApprove:
		a = change.Approve{By: p.by, Revision: p.revision, Counts: p.counts}
	case change.VerbDeny:
		a = change.Deny{By: p.by, Revision: p.revision, Counts: p.counts}
	default:
		a = change.Retry{By: p.by, Revision: c.Revision, Counts: p.counts}
	}
	_, err = s.ledger.Press(ctx, p.name, p.change, a)
	if _, refused := change.Refused(err); refused {
		return nil
	}
	return err
}

// revise words the request anew, as its requester may.
func (s *sim) revise(ctx context.Context, target string) {
	c, ok := s.latest(target)
	if !ok {
		return
	}
	r := c.Requirement
	if s.chance(30) {
		r.Needs = []change.Need{{Count: 2, From: owners}}
	}
	diff := []change.Delta{{Field: c.Diff[0].Field, Before: "ALL_IN_DOMAIN_CAN_JOIN", After: c.Diff[0].After}}
	_, _ = s.ledger.Apply(ctx, c.ID, change.Revise{By: accounts[0], Diff: diff, Reason: "seen again", Requirement: r})
}

// withdrawer takes the request back, at once or when it is being carried out already.
func (s *sim) withdrawer(target string, by change.Actor) {
	patience := 0
	switch {
	case s.chance(10):
	case s.chance(20):
		patience = 40
	default:
		return
	}
	var try func(ctx context.Context)
	try = func(ctx context.Context) {
		c, ok := s.latest(target)
		if patience--; patience > 0 && c.State != change.Applying {
			s.later("withdraw "+target, try)
		} else if ok {
			_, _ = s.ledger.Apply(ctx, c.ID, change.Withdraw{By: by, Reason: "not wanted any more"})
		}
	}
	s.later("withdraw "+target, try)
}

// undoer takes back what was done, once it is.
func (s *sim) undoer(target string, patience int) {
	s.later("undo", func(ctx context.Context) {
		c, ok := s.latest(target)
		if !ok {
			return
		}
		p, ok := c.Reverse(person("emi"), "mistake", s.now)
		if !ok {
			if patience > 0 && !c.State.Final() {
				s.undoer(target, patience-1)
			}
			return
		}
		p.Requirement = []change.Requirement{auto, ask}[s.random.IntN(2)]
		_, _, _ = s.ledger.Propose(ctx, p)
	})
}
