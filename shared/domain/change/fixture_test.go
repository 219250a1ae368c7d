package change_test

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// What the tests of this package have in common: a company of a few people, one thing that is
// wanted, and a way to lead a change through several actions.

var t0 = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

// The sets of people from which approvals may come.
const (
	owners   change.Selector = "owners"
	security change.Selector = "group:security@example.com"
	managers change.Selector = "group:managers@example.com" // escalated to
)

func person(id string, also ...string) change.Actor {
	return change.Actor{Kind: change.ByPerson, ID: id, Name: id + "@example.com", Also: also}
}

var (
	rin    = person("rin", "rin-admin", "rin-robot") // asks
	aiko   = person("aiko")                          // an owner
	botan  = person("botan")                         // an owner
	chie   = person("chie")                          // security
	daichi = person("daichi")                        // an owner and security
	emi    = person("emi")                           // escalated to

	checker = change.Actor{Kind: change.ByRule, ID: "settings-rules"}
	applier = change.Actor{Kind: change.ByFunction, ID: "groupsettings"}
	clock   = change.Actor{Kind: change.ByFunction, ID: "changesweep"}
)

// sits says who is in which sets.
var sits = change.Standing{
	"rin": {owners, security, managers}, "aiko": {owners}, "botan": {owners}, "chie": {security},
	"daichi": {owners, security}, "emi": {managers},
}

// one asks for one owner, two for an owner and somebody from security.
var (
	one = change.Requirement{
		Mode: change.Ask, Needs: []change.Need{{Count: 1, From: owners}},
		Within: 24 * time.Hour, Remind: time.Hour, Escalate: &change.Escalation{After: 4 * time.Hour, To: managers},
	}
	two = change.Requirement{
		Mode: change.Ask, Needs: []change.Need{{Count: 1, From: owners}, {Count: 1, From: security}},
		Within: 24 * time.Hour, Remind: time.Hour, Escalate: &change.Escalation{After: 4 * time.Hour, To: managers},
	}
	auto   = change.Requirement{Mode: change.Auto}
	report = change.Requirement{Mode: change.Report}
)

func wanted(r change.Requirement, by change.Actor) change.Proposal {
	return change.Proposal{
		Kind: change.GroupSettings, Target: change.Target{ID: "g1", Name: "data@example.com"},
		Diff:   []change.Delta{{Field: "whoCanJoin", Before: "ANYONE_CAN_JOIN", After: "INVITED_CAN_JOIN"}},
		Reason: "outsiders could join", Requester: by, Requirement: r, Policy: "p1",
	}
}

// life leads one change through actions that must all be accepted.
type life struct {
	t testing.TB
	change.Change
	now     time.Time
	entries []audit.Entry
}

func begin(t testing.TB, p change.Proposal) *life {
	t.Helper()
	c, entry, err := change.Propose(p, 1, t0)
	if err != nil {
		t.Fatalf("Propose: %v", err)
	}
	return &life{t: t, Change: c, now: t0, entries: []audit.Entry{entry}}
}

// then does one action; its time is a minute after the one before.
func (l *life) then(a change.Action) *life {
	l.t.Helper()
	return l.after(time.Minute, a)
}

func (l *life) after(d time.Duration, a change.Action) *life {
	l.t.Helper()
	l.now = l.now.Add(d)
	c, entry, err := l.Apply(a, l.now)
	if err != nil {
		l.t.Fatalf("%s of a change that is %s: %v", a.Verb(), l.State, err)
	}
	l.Change, l.entries = c, append(l.entries, entry)
	return l
}

// refused does an action that must be refused, and returns why.
func (l *life) refused(d time.Duration, a change.Action) change.RefusalCode {
	l.t.Helper()
	_, _, err := l.Apply(a, l.now.Add(d))
	r, ok := change.Refused(err)
	if !ok {
		l.t.Fatalf("%s of a change that is %s: got error %v, want a refusal", a.Verb(), l.State, err)
	}
	return r.Code
}

func (l *life) approve(by change.Actor) change.Action {
	return change.Approve{By: by, Revision: l.Revision, Counts: sits[by.ID]}
}

func (l *life) deny(by change.Actor) change.Action {
	return change.Deny{By: by, Revision: l.Revision, Counts: sits[by.ID]}
}

func claim() change.Action {
	return change.ClaimIt{By: applier, For: 2 * time.Minute, Standing: sits}
}

func (l *life) fence() int { return l.Claim.Fence }
