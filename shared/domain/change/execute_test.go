package change_test

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

func TestOneClaimAtATime(t *testing.T) {
	l := begin(t, wanted(auto, checker)).then(claim())
	until := l.Claim.Until
	if got := l.refused(until.Sub(l.now)-time.Nanosecond, claim()); got != change.RefusedBusy {
		t.Errorf("before the claim lapses: got %s, want %s", got, change.RefusedBusy)
	}
	if l.after(until.Sub(l.now), claim()); l.fence() != 2 || l.Attempts != 2 {
		t.Errorf("fence %d and %d attempts, want 2 and 2", l.fence(), l.Attempts)
	}
	for _, late := range []change.Action{
		change.Complete{By: applier, Fence: 1},
		change.Fail{By: applier, Fence: 1},
		change.Release{By: applier, Fence: 1},
		change.Withdraw{By: applier, Fence: 1},
		change.Complete{By: applier},
		change.Complete{By: applier, Fence: 3},
	} {
		if got := l.refused(0, late); got != change.RefusedFenced {
			t.Errorf("%s with another fence: got %s, want %s", late.Verb(), got, change.RefusedFenced)
		}
	}
	l.after(0, change.Release{By: applier, Fence: 2, RetryAt: l.now.Add(time.Hour)})
	if got := l.refused(time.Hour-time.Nanosecond, claim()); got != change.RefusedBusy {
		t.Errorf("before the next attempt: got %s, want %s", got, change.RefusedBusy)
	}
	if l.after(time.Hour, claim()); l.fence() != 3 {
		t.Errorf("fence %d, want 3", l.fence())
	}
}

func TestOnlyFunctionsCarryOut(t *testing.T) {
	l := begin(t, wanted(auto, checker))
	for _, by := range []change.Actor{aiko, checker, {}, {Kind: change.ByFunction}} {
		if got := l.refused(0, change.ClaimIt{By: by, For: time.Minute}); got != change.RefusedStranger {
			t.Errorf("a claim by %q %q: got %s, want %s", by.Kind, by.ID, got, change.RefusedStranger)
		}
	}
}

// TestWhatIsClaimedIsWithdrawnByItsHolderOnly: the effect may be on its way. Who says that the
// change is withdrawn must know that nothing came of it.
func TestWhatIsClaimedIsWithdrawnByItsHolderOnly(t *testing.T) {
	l := begin(t, wanted(one, rin))
	l.then(l.approve(aiko)).then(claim())
	for _, by := range []change.Actor{rin, checker, clock} {
		if got := l.refused(0, change.Withdraw{By: by}); got != change.RefusedBusy {
			t.Errorf("a withdrawal by %s: got %s, want %s", by.ID, got, change.RefusedBusy)
		}
	}
	tried := *l
	tried.then(change.Release{By: applier, Fence: 1, Problem: "timeout"})
	if got := tried.refused(0, change.Withdraw{By: rin}); got != change.RefusedBusy {
		t.Errorf("after an attempt without an answer: got %s, want %s", got, change.RefusedBusy)
	}
	failed := *l
	failed.then(change.Fail{By: applier, Fence: 1})
	if got := failed.refused(0, change.Withdraw{By: applier, Fence: 1}); got != change.RefusedFenced {
		t.Errorf("by its holder when it is over: got %s, want %s", got, change.RefusedFenced)
	}
	if l.then(change.Withdraw{By: applier, Fence: 1, Reason: "the group is gone"}); l.State != change.Withdrawn || l.Problem != "the group is gone" {
		t.Errorf("it is %s because %q", l.State, l.Problem)
	}
}

// An attempt that could not even look has changed nothing: what was known before it stands.
func TestAnAttemptThatCouldNotLook(t *testing.T) {
	blind := func(fence int) change.Action {
		return change.Release{By: applier, Fence: fence, Problem: "no answer", Blind: true}
	}
	l := begin(t, wanted(one, rin))
	l.then(l.approve(aiko)).then(claim()).then(blind(1))
	if l.State != change.Approved || l.Tried {
		t.Errorf("it is %s, tried %t", l.State, l.Tried)
	}
	withdrawn := *l
	if withdrawn.then(change.Withdraw{By: rin}); withdrawn.State != change.Withdrawn {
		t.Errorf("withdrawn, it is %s", withdrawn.State)
	}
	denied := *l
	if denied.then(denied.deny(botan)); denied.State != change.Denied {
		t.Errorf("denied, it is %s", denied.State)
	}
	meanwhile := *l
	meanwhile.then(claim())
	if meanwhile.then(meanwhile.deny(botan)).then(blind(2)); meanwhile.State != change.Denied {
		t.Errorf("denied during the next attempt, it is %s", meanwhile.State)
	}
	// After one that may have come to something the denial waits until somebody has looked.
	l.then(claim()).then(change.Release{By: applier, Fence: 2, Problem: "no answer"}).then(claim()).then(blind(3))
	if l.then(l.deny(botan)); l.State != change.Approved || !l.Tried {
		t.Errorf("denied after an attempt without an answer, it is %s, tried %t", l.State, l.Tried)
	}
	// So it does where the one before died with its claim in its hand.
	lost := begin(t, wanted(one, rin))
	lost.then(lost.approve(aiko)).then(claim()).after(time.Hour, claim()).then(blind(2))
	if lost.then(lost.deny(botan)); lost.State != change.Approved {
		t.Errorf("denied after an attempt that died, it is %s", lost.State)
	}
}

// One that failed before it could look has done nothing either: who denied it meanwhile is not asked again,
// and a denial after another try ends it.
func TestAnAttemptThatFailedBeforeItCouldLook(t *testing.T) {
	fail := change.Fail{By: applier, Fence: 1, Problem: "403", Blind: true}
	l := begin(t, wanted(one, rin))
	l.then(l.approve(aiko)).then(claim())
	denied := *l
	if denied.then(denied.deny(botan)).then(fail); denied.State != change.Denied {
		t.Errorf("denied during it, it is %s", denied.State)
	}
	if l.then(fail); l.State != change.Failed || l.Tried {
		t.Errorf("it is %s, tried %t", l.State, l.Tried)
	}
	l.then(change.Retry{By: botan, Revision: l.Revision, Counts: []change.Selector{one.Needs[0].From}})
	if l.then(l.deny(botan)); l.State != change.Denied {
		t.Errorf("denied before the next, it is %s", l.State)
	}
}

// Who denies a change during an attempt does not wait for the time of the next one either.
func TestADenialDuringAnAttemptBringsTheNextOneSoon(t *testing.T) {
	for _, wait := range []time.Duration{time.Second, time.Hour} {
		l := begin(t, wanted(one, rin))
		l.then(l.approve(aiko)).then(claim())
		l.then(l.deny(botan))
		l.after(0, change.Release{By: applier, Fence: 1, Problem: "503", RetryAt: l.now.Add(wait)})
		if want := l.now.Add(min(wait, change.DeniedAfter)); !l.RetryAt.Equal(want) {
			t.Errorf("after %s: the next attempt is at %s, want %s", wait, l.RetryAt, want)
		}
		later := l.now.Add(2 * time.Hour)
		if l.after(time.Hour, claim()).then(change.Release{By: applier, Fence: 2, Problem: "503", RetryAt: later}); !l.RetryAt.Equal(later) {
			t.Errorf("the one after that is at %s, want %s: the vendor is not to be asked every minute", l.RetryAt, later)
		}
	}
}

func TestAWithdrawalByAnotherPersonIsRefused(t *testing.T) {
	l := begin(t, wanted(one, rin))
	if got := l.refused(0, change.Withdraw{By: aiko}); got != change.RefusedStranger {
		t.Errorf("got %s, want %s", got, change.RefusedStranger)
	}
	if l.then(change.Withdraw{By: person("rin-admin"), Reason: "no need"}); l.State != change.Withdrawn {
		t.Errorf("it is %s", l.State)
	}
}

func TestALapsedApprovalLeadsBackToThePeople(t *testing.T) {
	approved := func() *life {
		l := begin(t, wanted(two, rin))
		l.after(2*time.Hour, change.Remind{By: clock}).then(l.approve(aiko))
		return l.then(l.approve(daichi))
	}
	l := approved()
	left := change.Standing{"aiko": {owners}, "daichi": {owners}} // daichi has left security
	l.then(change.ClaimIt{By: applier, For: time.Minute, Standing: left})
	switch {
	case l.State != change.Proposed || l.Claim != nil || l.Attempts != 0:
		t.Fatalf("it is %s with claim %+v after %d attempts", l.State, l.Claim, l.Attempts)
	case l.Decisions[0].Void != "" || l.Decisions[1].Void == "":
		t.Errorf("void are %q and %q, want only the second", l.Decisions[0].Void, l.Decisions[1].Void)
	case l.Reminders != 0 || !l.RemindAt.Equal(l.now.Add(time.Hour)):
		t.Errorf("%d reminders, the next at %s", l.Reminders, l.RemindAt)
	}
	if l.then(l.approve(chie)); l.State != change.Approved {
		t.Errorf("another approval in its place, and it is %s", l.State)
	}
	if l.then(claim()); l.State != change.Applying {
		t.Errorf("claimed, and it is %s", l.State)
	}

	l = approved()
	if l.then(change.ClaimIt{By: applier, For: time.Minute}); l.State != change.Proposed || len(l.ApprovedBy()) != 0 {
		t.Errorf("nobody was looked up, and it is %s, approved by %q", l.State, l.ApprovedBy())
	}

	l = approved()
	more := change.Standing{"aiko": {owners}, "daichi": {security}} // owner no more, which was not needed
	if l.then(change.ClaimIt{By: applier, For: time.Minute, Standing: more}); l.State != change.Applying || len(l.ApprovedBy()) != 2 {
		t.Errorf("what is left is enough, and it is %s, approved by %q", l.State, l.ApprovedBy())
	}
}

// TestALapsedApprovalOfWhatWasBegun: the applier died, and before the next one came the
// approver lost the authority. The next one may look, but not act.
func TestALapsedApprovalOfWhatWasBegun(t *testing.T) {
	l := begin(t, wanted(one, rin))
	l.then(l.approve(aiko)).then(claim())
	l.after(time.Hour, change.ClaimIt{By: applier, For: time.Minute, Standing: change.Standing{"aiko": nil}})
	if l.State != change.Applying || l.Authorized() || l.fence() != 2 {
		t.Fatalf("it is %s, authorized %t, fence %d", l.State, l.Authorized(), l.fence())
	}
	unknown := *l
	unknown.then(change.Release{By: applier, Fence: 2, Problem: "no answer"})
	if unknown.State != change.Approved || unknown.Authorized() {
		t.Errorf("nobody knows whether it is in effect, and it is %s, authorized %t", unknown.State, unknown.Authorized())
	}
	if l.then(change.Release{By: applier, Fence: 2, Absent: true}); l.State != change.Proposed || l.Tried {
		t.Errorf("seen not to be in effect, and it is %s, tried %t", l.State, l.Tried)
	}
	if l.then(change.Withdraw{By: rin}); l.State != change.Withdrawn {
		t.Errorf("it is %s", l.State)
	}
}

func TestReleaseCountsWhatWasNotSeen(t *testing.T) {
	l := begin(t, wanted(auto, checker)).then(claim()).then(change.Release{By: applier, Fence: 1, Problem: "500"})
	l.then(claim()).then(change.Release{By: applier, Fence: 2, Unseen: true})
	if l.Attempts != 2 || l.Unseen != 1 {
		t.Errorf("%d attempts, %d unseen, want 2 and 1", l.Attempts, l.Unseen)
	}
	l.then(claim()).then(change.Fail{By: applier, Fence: 3, Problem: "does not converge"})
	l.then(change.Retry{By: aiko, Revision: l.Revision, Counts: sits["aiko"]})
	if l.State != change.Approved || l.Attempts != 0 || l.Unseen != 0 || l.Problem != "" || !l.Tried {
		t.Errorf("to be tried again: it is %s after %d attempts, %d unseen, problem %q, tried %t", l.State, l.Attempts, l.Unseen, l.Problem, l.Tried)
	}
}

func TestCompleteKeepsWhatWasThereJustBefore(t *testing.T) {
	l := begin(t, wanted(auto, checker)).then(claim()).then(change.Release{By: applier, Fence: 1, Problem: "500"}).then(claim())
	proposed := l.Diff
	l.then(change.Complete{By: applier, Fence: 2, Before: map[string]string{"whoCanJoin": "ALL_IN_DOMAIN_CAN_JOIN", "other": "x"}})
	if got := l.Diff[0].Before; got != "ALL_IN_DOMAIN_CAN_JOIN" || l.Problem != "" || l.Tried {
		t.Errorf("before is %q, problem %q, tried %t", got, l.Problem, l.Tried)
	}
	if proposed[0].Before != "ANYONE_CAN_JOIN" {
		t.Error("the change before was changed with it")
	}
}

// The undo of a request for an account stops it, which takes nothing back where it was in use before,
// and may do so where nobody knows.
func TestAnUndoNeedsADifferenceThatItTakesBack(t *testing.T) {
	for before, want := range map[string]bool{"false": true, "true": false, "": false} {
		p := wanted(auto, checker)
		p.Kind, p.Diff = change.AccountCreate, []change.Delta{{Field: "enabled", After: "true"}, {Field: "role", Before: "", After: "User"}}
		l := begin(t, p).then(claim()).then(change.Complete{By: applier, Fence: 1, Before: map[string]string{"enabled": before}})
		back, ok := l.Reverse(rin, "mistake", l.now)
		if ok != want || ok && back.Kind != change.AccountDisable {
			t.Errorf("enabled before: %q: got %t, %+v", before, ok, back)
		}
	}
}

func TestReverse(t *testing.T) {
	detail := []byte(`{"project":"prd"}`)
	for kind, want := range map[change.Kind]change.Kind{
		change.GroupSettings: change.GroupSettings, change.GroupMembersPlan: "", change.AccountDisable: change.AccountEnable,
		change.AccountEnable: change.AccountDisable, change.AccessGrant: change.AccessRevoke, change.AccessRevoke: "",
		change.ConnectionCreate: "", change.CatalogApply: "",
	} {
		p := wanted(auto, checker)
		p.Kind, p.Detail, p.Concerned = kind, detail, []string{"botan"}
		p.Diff = append(p.Diff, change.Delta{Field: "showInGroupDirectory", Before: "true", After: "false", Follows: true})
		l := begin(t, p)
		if _, ok := l.Reverse(rin, "mistake", l.now); ok {
			t.Errorf("%s: there is something to take back before it was done", kind)
		}
		l.then(claim()).then(change.Complete{By: applier, Fence: 1})
		back, ok := l.Reverse(rin, "mistake", l.now)
		if ok != (want != "") {
			t.Errorf("%s: something to take back: got %t", kind, ok)
		}
		if !ok {
			continue
		}
		diff := []change.Delta{
			{Field: "whoCanJoin", Before: "INVITED_CAN_JOIN", After: "ANYONE_CAN_JOIN"}, {Field: "showInGroupDirectory", Before: "false", After: "true"},
		}
		if back.Kind != want || back.Target != l.Target || back.UndoOf != l.ID || back.Reason != "mistake" || !back.Requester.Same(rin) ||
			string(back.Detail) != string(detail) || len(back.Concerned) != 1 || len(back.Diff) != 2 || back.Diff[0] != diff[0] || back.Diff[1] != diff[1] {
			t.Errorf("%s: got %+v", kind, back)
		}
		if trait, _ := change.TraitOf(kind); trait.UndoHolds == 0 && !back.Until.IsZero() ||
			trait.UndoHolds > 0 && !back.Until.Equal(l.now.Add(trait.UndoHolds)) {
			t.Errorf("%s: the reversal holds until %s, want %s from now on", kind, back.Until, trait.UndoHolds)
		}
		if back.Slot() == p.Slot() {
			t.Errorf("%s: the reversal has the slot of what it takes back", kind)
		}
		back.Requirement = auto
		undo := begin(t, back).then(claim()).then(change.Complete{By: applier, Fence: 1})
		if _, ok := undo.Reverse(rin, "no", l.now); ok {
			t.Errorf("%s: a reversal can be reversed", kind)
		}
		if l.then(change.Undo{By: rin, Change: undo.ID}); l.State != change.Undone || l.UndoneBy != undo.ID {
			t.Errorf("%s: it is %s by %q", kind, l.State, l.UndoneBy)
		}
		if _, ok := l.Reverse(rin, "again", l.now); ok {
			t.Errorf("%s: it can be taken back twice", kind)
		}
	}
}
