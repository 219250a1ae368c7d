package change_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
)

func TestProposeTakesOverWhatIsProposed(t *testing.T) {
	p := wanted(one, rin)
	p.Detail, p.Concerned, p.Alert, p.UndoOf, p.Until = []byte(`{"a":1}`), []string{"botan"}, true, "x", t0.Add(time.Hour)
	p.Owners, p.Channel, p.Batch = []change.Selector{"user:a@example.com"}, "#admins", "night-1"
	got := begin(t, p).Change
	want := change.Change{
		ID: change.ChangeID(p.Slot(), 1), Kind: p.Kind, Target: p.Target, Diff: p.Diff, Detail: p.Detail, Reason: p.Reason, Requester: rin,
		Concerned: p.Concerned, Owners: p.Owners, Channel: "#admins", Batch: "night-1", Alert: true, Requirement: one, Revision: 1, State: change.Proposed, Proposed: t0, AskedAt: t0, ShownAt: t0, Asked: 1, Updated: t0, Seq: 1,
		RemindAt: t0.Add(time.Hour), UndoOf: "x", Until: p.Until, Policy: "p1",
		Outbox: []change.Notice{{Seq: 1, Verb: change.VerbPropose, State: change.Proposed}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p.Diff[0].After, p.Concerned[0], p.Owners[0] = "the caller's own", "the caller's own", "the caller's own"
	if got.Diff[0].After == "the caller's own" || got.Concerned[0] == "the caller's own" || got.Owners[0] == "the caller's own" {
		t.Error("the change shares memory with the proposal")
	}
}

func TestTheModeDecidesHowAChangeBegins(t *testing.T) {
	for mode, want := range map[change.Mode]change.State{change.Auto: change.Approved, change.Ask: change.Proposed, change.Report: change.Reported} {
		r := one
		r.Mode = mode
		l := begin(t, wanted(r, checker))
		if l.State != want || l.RemindAt.IsZero() != (mode != change.Ask) {
			t.Errorf("%s: it is %s, reminder at %s", mode, l.State, l.RemindAt)
		}
	}
}

func TestAProposalThatCannotBe(t *testing.T) {
	for name, spoil := range map[string]func(*change.Proposal){
		"without a kind":              func(p *change.Proposal) { p.Kind = "" },
		"of an unknown kind":          func(p *change.Proposal) { p.Kind = "group.colour" },
		"without a target":            func(p *change.Proposal) { p.Target.ID = "" },
		"of nothing":                  func(p *change.Proposal) { p.Diff = nil },
		"by nobody":                   func(p *change.Proposal) { p.Requester.ID = "" },
		"by an actor of no kind":      func(p *change.Proposal) { p.Requester.Kind = "" },
		"in no mode":                  func(p *change.Proposal) { p.Requirement.Mode = "" },
		"in an unknown mode":          func(p *change.Proposal) { p.Requirement.Mode = "yolo" },
		"that nobody can approve":     func(p *change.Proposal) { p.Requirement.Needs = nil },
		"that nobody has to approve":  func(p *change.Proposal) { p.Requirement.Needs = []change.Need{{Count: 0, From: owners}} },
		"that no set can approve":     func(p *change.Proposal) { p.Requirement.Needs = []change.Need{{Count: 1}} },
		"that is escalated to nobody": func(p *change.Proposal) { p.Requirement.Escalate = &change.Escalation{After: time.Hour} },
	} {
		p := wanted(one, rin)
		spoil(&p)
		c, e, err := change.Propose(p, 1, t0)
		r, refused := change.Refused(err)
		if !refused || r.Code != change.RefusedInvalid || c.ID != "" || e.ID != "" {
			t.Errorf("a proposal %s: got %+v, entry %+v and error %v", name, c, e, err)
		}
	}
}

// TestWhatAnswersAProposal says for every state which later proposals of the same thing are
// answered by a change that is there already.
func TestWhatAnswersAProposal(t *testing.T) {
	const day = 24 * time.Hour
	quiet := func(r change.Requirement, by change.Actor, q time.Duration) change.Proposal {
		p := wanted(r, by)
		p.Quiet = q
		return p
	}
	since := func(r change.Requirement, by change.Actor, t time.Time) change.Proposal {
		p := wanted(r, by)
		p.Since = t
		return p
	}
	ask := func() *life { return begin(t, wanted(one, checker)) }
	denied := ask()
	denied.then(denied.deny(aiko))
	deniedAuto := begin(t, wanted(auto, checker))
	deniedAuto.then(change.Deny{By: aiko, Revision: 1, Counts: sits["aiko"]})
	approved := ask()
	approved.then(approved.approve(aiko))
	applying := begin(t, wanted(auto, checker)).then(claim())
	failed := begin(t, wanted(auto, checker)).then(claim()).then(change.Fail{By: applier, Fence: 1})
	applied := begin(t, wanted(auto, checker)).then(claim()).then(change.Complete{By: applier, Fence: 1})
	undone := begin(t, wanted(auto, checker)).then(claim()).then(change.Complete{By: applier, Fence: 1}).then(change.Undo{By: rin})
	expired := ask().after(day, change.Expire{By: clock})
	reported := begin(t, wanted(report, checker))

	for _, test := range []struct {
		name string
		l    *life
		p    change.Proposal
		wait time.Duration
		want bool
	}{
		{"waits, asked again", ask(), wanted(one, checker), 0, true},
		{"waits, asked by somebody else", ask(), wanted(one, rin), 0, true},
		{"waits, policy does it now", ask(), wanted(auto, checker), 0, false},
		{"waits, policy only reports now", ask(), wanted(report, checker), 0, false},
		{"waits for people, somebody else's rule reports it", begin(t, wanted(one, rin)), wanted(report, checker), 0, true},
		{"approved", approved, wanted(one, checker), 0, true},
		{"approved, and a person asks", approved, wanted(one, rin), 0, true},
		{"applying", applying, wanted(auto, checker), 0, true},
		{"applied before, and wanted again", applied, wanted(auto, checker), 0, false},
		{"undone before, and wanted again", undone, wanted(auto, checker), 0, false},
		{"withdrawn before, and wanted again", ask().then(change.Withdraw{By: checker}), wanted(one, checker), 0, false},

		{"denied, for ever", denied, wanted(one, checker), 1000 * day, true},
		{"denied, in the quiet time", denied, quiet(one, checker, 30*day), 30*day - 1, true},
		{"denied, after it", denied, quiet(one, checker, 30*day), 30 * day, false},
		{"denied, and a person asks", denied, wanted(one, rin), 0, false},
		{"denied, and policy does it now", denied, wanted(auto, checker), 0, false},
		{"denied, and policy only reports now", denied, wanted(report, checker), 0, false},
		{"denied although policy did it by itself, which it still does", deniedAuto, wanted(auto, checker), 0, true},
		{"denied although policy did it by itself, after the quiet time", deniedAuto, quiet(auto, checker, day), day, false},
		{"denied although policy did it by itself, which asks now", deniedAuto, wanted(one, checker), 0, true},

		{"expired, for ever", expired, wanted(one, checker), 1000 * day, true},
		{"expired, after the quiet time", expired, quiet(one, checker, day), day, false},
		{"expired, and a person asks", expired, wanted(one, rin), 0, false},
		{"expired, and policy does it now", expired, wanted(auto, checker), 0, false},

		{"reported, for ever", reported, wanted(report, checker), 1000 * day, true},
		{"reported, in the quiet time", reported, quiet(report, checker, day), day - 1, true},
		{"reported, after it", reported, quiet(report, checker, day), day, false},
		{"reported, and policy asks now", reported, wanted(one, checker), 0, false},
		{"reported, and policy does it now", reported, wanted(auto, checker), 0, false},
		{"reported, and a person asks", reported, wanted(one, rin), 0, false},
		{"reported, and a person's is reported", reported, wanted(report, rin), 0, false},

		{"denied, and put right after it", denied, since(one, checker, denied.now.Add(1)), 0, false},
		{"denied, and put right before it", denied, since(one, checker, denied.now), 0, true},
		{"expired, and put right after it", expired, since(one, checker, expired.now.Add(1)), 0, false},
		{"reported, and put right after it", reported, since(report, checker, reported.now.Add(1)), 0, false},
		{"waits, and was put right meanwhile", ask(), since(one, checker, ask().now.Add(1)), 0, true},

		{"failed lately", failed, wanted(auto, checker), change.FailedQuiet - 1, true},
		{"failed long ago", failed, wanted(auto, checker), change.FailedQuiet, false},
		{"failed, and a person asks", failed, wanted(one, rin), 0, false},
	} {
		if got := test.l.Holds(test.p, test.l.now.Add(test.wait)); got != test.want {
			t.Errorf("%s: got %t, want %t", test.name, got, test.want)
		}
	}
}

func TestWhatRenewsAChangeThatWaits(t *testing.T) {
	owner := func(n int) change.Requirement {
		return change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: n, From: owners}}}
	}
	first := wanted(owner(2), rin)
	first.Policy, first.Reason = "old", "first"
	for _, test := range []struct {
		name           string
		by             change.Actor
		reason, policy string
		asks           change.Requirement
		want           []change.Need
	}{
		{"the same", rin, "first", "old", owner(2), nil},
		{"another policy, the same people", rin, "first", "new", owner(2), nil},
		{"another policy, more people", rin, "first", "new", owner(3), owner(3).Needs},
		{"another policy, more people, seen by a rule", checker, "seen", "new", owner(3), owner(3).Needs},
		{"another policy, fewer people", rin, "first", "new", owner(1), nil},
		{"another policy, other people", rin, "first", "new", two, []change.Need{{Count: 1, From: owners}, {Count: 1, From: security}}},
		{"the same policy", rin, "first", "old", owner(3), nil},
		{"another policy, which asks nobody", rin, "first", "new", auto, nil},
		{"another reason", rin, "second", "old", owner(2), owner(2).Needs},
		{"no reason", rin, "", "old", owner(2), nil},
		{"somebody else's reason", aiko, "second", "old", owner(2), nil},
		{"the reason of a rule", checker, "second", "old", owner(2), nil},
	} {
		l := begin(t, first)
		l.then(l.approve(aiko))
		p := first
		p.Requester, p.Reason, p.Policy, p.Requirement = test.by, test.reason, test.policy, test.asks
		a := l.Renewed(p, checker)
		if a == nil || test.want == nil {
			if (a == nil) != (test.want == nil) {
				t.Errorf("%s: got %+v, want needs %+v", test.name, a, test.want)
			}
			continue
		}
		l.then(a)
		if diff := cmp.Diff(test.want, l.Requirement.Needs); diff != "" || l.Revision != 2 || len(l.ApprovedBy()) > 0 {
			t.Errorf("%s: revision %d, approved by %v, needs (-want +got):\n%s", test.name, l.Revision, l.ApprovedBy(), diff)
		}
	}
	denied := begin(t, first)
	denied.then(denied.deny(aiko))
	again := first
	again.Reason = "second"
	if a := denied.Renewed(again, checker); a != nil {
		t.Errorf("what is decided is renewed by %+v", a)
	}
}
