package change_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// who acts, and which selectors the caller finds for them.
var actors = []struct {
	name   string
	actor  change.Actor
	counts []change.Selector
}{
	{"the requester", rin, sits["rin"]},
	{"the requester's second account", person("rin-admin"), sits["rin"]},
	{"an account that names the requester's as its own", person("third", "rin-robot"), sits["rin"]},
	{"a stranger", person("mallory"), nil},
	{"a stranger with authority over something else", person("mallory"), []change.Selector{"group:others@example.com", ""}},
	{"an approver of one need", aiko, sits["aiko"]},
	{"an approver of both needs", daichi, sits["daichi"]},
	{"somebody escalated to", emi, sits["emi"]},
	{"a function", applier, []change.Selector{owners, security}},
	{"a rule", checker, []change.Selector{owners, security}},
	{"nobody", change.Actor{}, []change.Selector{owners, security}},
	{"a person without an id", change.Actor{Kind: change.ByPerson}, []change.Selector{owners}},
}

// standsAt is a change in a state at revision 2, with aiko's approval still to come.
type standsAt struct {
	name string
	*life
}

// decisive returns changes in every state, once with and once without an escalation.
func decisive(t *testing.T) []standsAt {
	var out []standsAt
	for _, escalated := range []bool{false, true} {
		revised := func() *life {
			l := begin(t, wanted(two, rin))
			l.then(l.approve(botan)).then(change.Revise{By: rin, Diff: l.Diff, Reason: "again", Requirement: two})
			if escalated {
				l.after(4*time.Hour, change.Escalate{By: clock})
			}
			return l
		}
		approved := func() *life { l := revised(); l.then(l.approve(botan)); return l.then(l.approve(chie)) }
		applying := func() *life { return approved().then(claim()) }
		tried := func() *life { return applying().then(change.Release{By: applier, Fence: 1}) }
		failed := func() *life { return applying().then(change.Fail{By: applier, Fence: 1}) }
		applied := func() *life { return applying().then(change.Complete{By: applier, Fence: 1}) }
		denied := revised()
		denied.then(denied.deny(chie))
		for name, l := range map[string]*life{
			"proposed": revised(), "approved": approved(), "applying": applying(), "tried": tried(), "failed": failed(),
			"applied": applied(), "undone": applied().then(change.Undo{By: rin}), "denied": denied,
			"withdrawn": revised().then(change.Withdraw{By: rin}), "expired": revised().after(24*time.Hour, change.Expire{By: clock}),
			"reported": begin(t, wanted(report, checker)),
		} {
			out = append(out, standsAt{fmt.Sprintf("%s, escalated %t", name, escalated), l})
		}
	}
	return out
}

// TestWhoMayDecideWhatAndWhen asserts every combination of who, state, action, revision shown
// and time. The rules are those of the design, in words: a person, with authority now, on what
// is shown now, in time, and not on one's own request.
func TestWhoMayDecideWhatAndWhen(t *testing.T) {
	cells, accepted := 0, 0
	for _, at := range decisive(t) {
		deadline := at.Deadline()
		for _, who := range actors {
			for _, revision := range []int{at.Revision - 1, at.Revision, at.Revision + 1} {
				for _, now := range []time.Time{deadline.Add(-time.Millisecond), deadline, deadline.Add(time.Millisecond)} {
					for _, a := range []change.Action{
						change.Approve{By: who.actor, Revision: revision, Counts: who.counts},
						change.Deny{By: who.actor, Revision: revision, Counts: who.counts},
						change.Retry{By: who.actor, Revision: at.Revision, Counts: who.counts},
					} {
						cells++
						var wrong []change.RefusalCode
						broken := func(is bool, code change.RefusalCode) {
							if is {
								wrong = append(wrong, code)
							}
						}
						press := a.Verb() != change.VerbRetry
						asked := []change.Selector{owners, security}
						if at.Escalated {
							asked = append(asked, managers)
						}
						has := slices.ContainsFunc(who.counts, func(s change.Selector) bool { return slices.Contains(asked, s) })
						broken(len(change.Next(at.State, a.Verb())) == 0, change.RefusedState)
						broken(who.actor.Kind != change.ByPerson || who.actor.ID == "", change.RefusedStranger)
						broken(!has, change.RefusedStranger)
						broken(press && revision != at.Revision, change.RefusedStale)
						broken(press && at.State == change.Proposed && !now.Before(deadline), change.RefusedLate)
						broken(a.Verb() == change.VerbApprove && who.actor.Same(rin), change.RefusedOwn)

						_, _, err := at.Apply(a, now)
						r, refused := change.Refused(err)
						switch {
						case len(wrong) == 0 && err != nil, len(wrong) > 0 && (!refused || !slices.Contains(wrong, r.Code)):
							t.Errorf("%s by %s, %s, revision %d of %d, %s from the deadline: got error %v, want %q",
								a.Verb(), who.name, at.name, revision, at.Revision, now.Sub(deadline), err, wrong)
						case err == nil:
							accepted++
						}
					}
				}
			}
		}
	}
	if cells < 3024 || accepted == 0 {
		t.Errorf("%d combinations, of which %d are accepted", cells, accepted)
	}
}

func TestNobodyApprovesTwiceUnderTwoNames(t *testing.T) {
	l := begin(t, wanted(change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 2, From: owners}}}, rin))
	l.then(l.approve(aiko))
	for _, again := range []change.Actor{aiko, person("aiko2", "aiko")} {
		if got := l.refused(time.Minute, change.Approve{By: again, Revision: 1, Counts: sits["aiko"]}); got != change.RefusedTwice {
			t.Errorf("%s: got %s, want %s", again.ID, got, change.RefusedTwice)
		}
	}
	if l.then(l.approve(botan)); l.State != change.Approved {
		t.Errorf("two owners approved, and it is %s", l.State)
	}
}

func TestADenialIsFinalWhateverCameBefore(t *testing.T) {
	l := begin(t, wanted(two, rin))
	l.then(l.approve(aiko)).then(l.deny(aiko)) // a change of mind
	if l.State != change.Denied || !l.Stopped() {
		t.Errorf("it is %s", l.State)
	}
	l = begin(t, wanted(two, rin))
	l.then(l.approve(aiko))
	l.then(l.approve(chie))
	if l.then(l.deny(daichi)); l.State != change.Denied {
		t.Errorf("approved, then denied: it is %s", l.State)
	}
}

func TestPolicysOwnApprovalCanBeDeniedByWhomTheCallerFindsInCharge(t *testing.T) {
	l := begin(t, wanted(auto, checker))
	if got := l.refused(0, change.Deny{By: aiko, Revision: 1}); got != change.RefusedStranger {
		t.Errorf("a stranger: got %s, want %s", got, change.RefusedStranger)
	}
	l.then(change.Deny{By: aiko, Revision: 1, Counts: []change.Selector{"approvers"}})
	if l.State != change.Denied {
		t.Errorf("it is %s", l.State)
	}
}

// TestADenialOfWhatWasBegunWaitsUntilSomebodyHasLooked: an attempt ended without an answer, so
// nobody knows whether the change is in effect, and nobody may say that it is not.
func TestADenialOfWhatWasBegunWaitsUntilSomebodyHasLooked(t *testing.T) {
	l := begin(t, wanted(one, rin))
	l.then(l.approve(aiko)).then(claim())
	l.then(change.Release{By: applier, Fence: 1, Problem: "timeout", RetryAt: l.now.Add(time.Hour)})
	if l.then(l.deny(botan)); l.State != change.Approved || !l.Stopped() {
		t.Fatalf("denied after a timeout: it is %s, stopped %t", l.State, l.Stopped())
	}
	if got := l.refused(time.Minute, l.deny(botan)); got != change.RefusedTwice {
		t.Errorf("the same denial again: got %s, want %s", got, change.RefusedTwice)
	}
	// Whoever looks does not wait for the time of the next attempt.
	l.after(change.DeniedAfter, claim()).then(change.Release{By: applier, Fence: 2, Problem: "still no answer"})
	if l.State != change.Approved {
		t.Errorf("the vendor did not answer, and it is %s", l.State)
	}
	seen := *l
	seen.then(claim()).then(change.Complete{By: applier, Fence: 3})
	if seen.State != change.Applied {
		t.Errorf("seen to be in effect, and it is %s", seen.State)
	}
	l.then(claim()).then(change.Release{By: applier, Fence: 3, Absent: true})
	if l.State != change.Denied {
		t.Errorf("seen not to be in effect, and it is %s", l.State)
	}
}

func TestARetryDoesNotBeatADenial(t *testing.T) {
	l := begin(t, wanted(one, rin))
	l.then(l.approve(aiko)).then(claim()).then(l.deny(botan)).then(change.Fail{By: applier, Fence: 1, Problem: "403"})
	if got := l.refused(time.Minute, change.Retry{By: aiko, Revision: l.Revision, Counts: sits["aiko"]}); got != change.RefusedState {
		t.Errorf("got %s, want %s", got, change.RefusedState)
	}
	if l.then(l.deny(botan)); l.State != change.Denied {
		t.Errorf("it is %s", l.State)
	}
}

// TestOnlyWhoAskedWordsTheRequest: whoever else could reword it would be asking, and could
// then approve it.
func TestOnlyWhoAskedWordsTheRequest(t *testing.T) {
	l := begin(t, wanted(one, rin))
	revise := change.Revise{By: aiko, Diff: l.Diff, Reason: "trust me", Requirement: one}
	if got := l.refused(0, revise); got != change.RefusedStranger {
		t.Errorf("got %s, want %s", got, change.RefusedStranger)
	}
	revise.By = person("rin-admin")
	if l.then(revise); l.Revision != 2 {
		t.Errorf("revision %d, want 2", l.Revision)
	}
	revise.By = change.Actor{ID: "x"}
	if got := l.refused(0, revise); got != change.RefusedStranger {
		t.Errorf("an actor of no kind: got %s, want %s", got, change.RefusedStranger)
	}
}

func TestARevisionMakesDecisionsVoidAndBeginsAgain(t *testing.T) {
	l := begin(t, wanted(two, rin))
	l.then(l.approve(aiko)).after(2*time.Hour, change.Remind{By: clock}).after(3*time.Hour, change.Escalate{By: clock})
	diff := []change.Delta{{Field: "whoCanJoin", Before: "ALL_IN_DOMAIN_CAN_JOIN", After: "INVITED_CAN_JOIN"}}
	l.then(change.Revise{By: rin, Diff: diff, Reason: "it has changed", Requirement: one, Policy: "p2"})
	diff[0].Before = "the caller's own"
	switch {
	case len(l.ApprovedBy()) != 0 || l.Decisions[0].Void == "":
		t.Errorf("the approval of the first revision still counts: %+v", l.Decisions)
	case l.Escalated || l.Reminders != 0 || !l.RemindAt.Equal(l.now.Add(time.Hour)):
		t.Errorf("escalated %t, reminders %d, the next at %s", l.Escalated, l.Reminders, l.RemindAt)
	case l.Diff[0].Before != "ALL_IN_DOMAIN_CAN_JOIN" || l.Reason != "it has changed" || l.Policy != "p2":
		t.Errorf("got %+v, %q under %q", l.Diff, l.Reason, l.Policy)
	}
	if got := l.refused(0, change.Approve{By: aiko, Revision: 1, Counts: sits["aiko"]}); got != change.RefusedStale {
		t.Errorf("a press on the first revision: got %s, want %s", got, change.RefusedStale)
	}
	if l.then(l.approve(aiko)); l.State != change.Approved {
		t.Errorf("it is %s", l.State)
	}
}

func TestARevisionThatCannotBe(t *testing.T) {
	l := begin(t, wanted(one, rin))
	good := change.Revise{By: rin, Diff: l.Diff, Reason: "x", Requirement: one}
	for name, spoil := range map[string]func(*change.Revise){
		"of what is wanted":           func(r *change.Revise) { r.Diff = []change.Delta{{Field: "whoCanJoin", After: "ANYONE_CAN_JOIN"}} },
		"to nothing":                  func(r *change.Revise) { r.Diff = nil },
		"to what policy does itself":  func(r *change.Revise) { r.Requirement = auto },
		"that nobody could approve":   func(r *change.Revise) { r.Requirement.Needs = nil },
		"that needs nobody's consent": func(r *change.Revise) { r.Requirement.Needs = []change.Need{{Count: 0, From: owners}} },
	} {
		r := good
		spoil(&r)
		if got := l.refused(0, r); got != change.RefusedInvalid {
			t.Errorf("a revision %s: got %s, want %s", name, got, change.RefusedInvalid)
		}
	}
}
