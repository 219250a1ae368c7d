package policy_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// This test tries everybody's every action on a change in every state: each kind of identity,
// with each role, does each verb. What comes of it is decided by [policy.Engine.Counting] and the
// change together, as in production: package standing looks up what holds for a person and puts it to
// the same function, and the change is told what counts. The whole table is in
// testdata/authority.txt, to be read when it changes; the invariants at the end are what it must
// never say.

// tableKinds are the kinds of change of the table: one with a quorum of two sets, one that needs
// one of those who may decide.
var tableKinds = []struct {
	kind        change.Kind
	requirement change.Requirement
}{
	{change.AccessGrant, change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: ownersOf}, {Count: 1, From: leads}}}},
	{change.GroupSettings, change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: change.Approvers}}}},
}

var tableTime = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

func proposal(k change.Kind, r change.Requirement, by change.Actor) change.Proposal {
	return change.Proposal{
		Kind: k, Target: change.Target{ID: "t1", Name: "target"}, Diff: []change.Delta{{Field: "f", Before: "1", After: "2"}},
		Reason: "it is needed", Requester: by, Requirement: r,
	}
}

// inState leads a change that rin asked for into a state; the owner and the approver have
// decided about it where it is past that.
func inState(t *testing.T, k change.Kind, r change.Requirement, s change.State) change.Change {
	t.Helper()
	if s == change.Reported {
		r = change.Requirement{Mode: change.Report}
	}
	c, _, err := change.Propose(proposal(k, r, requester), 1, tableTime)
	if err != nil {
		t.Fatal(err)
	}
	do := func(a change.Action) {
		t.Helper()
		if c, _, err = c.Apply(a, tableTime); err != nil {
			t.Fatal(err)
		}
	}
	yuki, haru := actor("yuki"), actor("haru") // who decided before
	applier := change.Actor{Kind: change.ByFunction, ID: "applier"}
	sits := change.Standing{"yuki": {ownersOf, change.Approvers}, "haru": {leads, change.Approvers}}
	approve := func() {
		do(change.Approve{By: yuki, Revision: 1, Counts: sits["yuki"]})
		if c.State == change.Proposed {
			do(change.Approve{By: haru, Revision: 1, Counts: sits["haru"]})
		}
	}
	claim := func() { do(change.ClaimIt{By: applier, For: time.Minute, Standing: sits}) }
	switch s {
	case change.Approved:
		approve()
	case change.Applying:
		approve()
		claim()
	case change.Applied, change.Undone:
		approve()
		claim()
		do(change.Complete{By: applier, Fence: 1})
		if s == change.Undone {
			do(change.Undo{By: applier, Change: "x"})
		}
	case change.Failed:
		approve()
		claim()
		do(change.Fail{By: applier, Fence: 1, Problem: "403"})
	case change.Denied:
		do(change.Deny{By: yuki, Revision: 1, Counts: sits["yuki"]})
	case change.Withdrawn:
		do(change.Withdraw{By: requester})
	case change.Expired:
		if c, _, err = c.Apply(change.Expire{By: applier}, tableTime.Add(8*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if c.State != s && s != change.None {
		t.Fatalf("got a change that is %s, want %s", c.State, s)
	}
	return c
}

// outcome is what came of an action, as one letter of the table: a capital one for what was
// accepted, a small one for what was refused.
type outcome byte

var outcomeLetters = []struct {
	letter outcome
	means  string
}{
	{'P', "accepted: proposed"},
	{'A', "accepted: approved"},
	{'D', "accepted: denied"},
	{'W', "accepted: withdrawn"},
	{'G', "accepted: applying, stopped"},
	{'U', "accepted: asks for the undo, as a change of its own"},
	{'n', "the policy: it allows that to others"},
	{'d', "the policy: a rule denies it"},
	{'u', "the policy: unknown person"},
	{'s', "the policy: suspended"},
	{'b', "the policy: a program decides nothing"},
	{'-', "not for people"},
	{'o', "the change: nobody approves their own request"},
	{'x', "the change: no authority over it"},
	{'z', "the change: its state does not allow it"},
	{'h', "the change: another in its place is under way"},
	{'t', "the change: decided already"},
	{'i', "the change: the action itself is wrong"},
	{'y', "the change: an applier is at it"},
}

var refusals = map[change.RefusalCode]outcome{
	change.RefusedOwn: 'o', change.RefusedStranger: 'x', change.RefusedState: 'z', change.RefusedTwice: 't',
	change.RefusedInvalid: 'i', change.RefusedBusy: 'y',
}

var refusedByPolicy = map[policy.Reason]outcome{
	policy.Denied: 'd', policy.Unknown: 'u', policy.Suspended: 's', policy.Program: 'b',
}

var accepted = map[change.State]outcome{
	change.Proposed: 'P', change.Approved: 'A', change.Denied: 'D', change.Withdrawn: 'W', change.Applying: 'G',
}

func (o outcome) isAccepted() bool { return o >= 'A' && o <= 'Z' }

// try does one action, as a function that is given a press does.
func try(t *testing.T, e *policy.Engine, c change.Change, none bool, v change.Verb, who identity, r change.Requirement) outcome {
	t.Helper()
	about := policy.Resource{Name: "target", Owners: []policy.Reference{user("botan"), user("rin")}}
	verdict := e.Counting(policy.Press{
		Person: who.key, Kind: c.Kind, Verb: v, Resource: about, Holds: holds(e, c, about, who),
		Concerned: who.concerned || who.actor.Same(c.Requester),
	})
	var action change.Action
	switch v {
	case change.VerbWithdraw:
		action = change.Withdraw{By: who.actor}
	case change.VerbRevise:
		action = change.Revise{By: who.actor, Diff: c.Diff, Reason: "better words", Requirement: r}
	case change.VerbApprove:
		action = change.Approve{By: who.actor, Revision: c.Revision, Counts: verdict.Counts}
	case change.VerbDeny:
		action = change.Deny{By: who.actor, Revision: c.Revision, Counts: verdict.Counts}
	case change.VerbRetry:
		action = change.Retry{By: who.actor, Revision: 1, Counts: verdict.Counts}
	}
	_, needs := policy.Needed(c.Kind, v)
	because := refusedByPolicy[verdict.Decision.Reason]
	switch {
	case !needs && action == nil:
		return '-'
	case v == change.VerbPropose && !verdict.May:
		return cmp.Or(because, 'n')
	case v == change.VerbPropose:
		if !none && c.Holds(proposal(c.Kind, r, who.actor), tableTime) {
			return 'h'
		}
		return 'P'
	case none:
		return 'z'
	case v == change.VerbUndo && !verdict.May:
		return cmp.Or(because, 'x')
	case v == change.VerbUndo:
		if _, ok := c.Reverse(who.actor, "wrong", tableTime); !ok {
			return 'z'
		}
		return 'U'
	}
	next, _, err := c.Apply(action, tableTime)
	if refusal, ok := change.Refused(err); ok {
		if refusal.Code == change.RefusedStranger && needs { // a change does not know why nothing counts
			return cmp.Or(because, 'x')
		}
		return refusals[refusal.Code]
	}
	if err != nil {
		t.Fatal(err)
	}
	return accepted[next.State]
}

// cell is one square of the table.
type cell struct {
	kind     change.Kind
	role     string
	identity string
	verb     change.Verb
	state    change.State
	outcome  outcome
}

func TestWhoCanDoWhatInWhichState(t *testing.T) {
	var cells []cell
	for _, k := range tableKinds {
		states := map[change.State]change.Change{}
		for _, s := range append([]change.State{change.None}, change.States...) {
			states[s] = inState(t, k.kind, k.requirement, s)
		}
		for i, role := range tableRoles {
			for _, who := range identities {
				e := compiled(t, tableModel(t, i, who), tablePeople)
				for _, v := range change.Verbs {
					for _, s := range append([]change.State{change.None}, change.States...) {
						got := try(t, e, states[s], s == change.None, v, who, k.requirement)
						if got == 0 {
							t.Fatalf("%s, %s, %s of a change that is %s by %s: no letter for what came of it", k.kind, role.name, v, s, who.name)
						}
						cells = append(cells, cell{k.kind, role.name, who.name, v, s, got})
					}
				}
			}
		}
	}
	golden(t, "authority.txt", writeTable(cells))
	checkTable(t, cells)
}

func writeTable(cells []cell) string {
	var out strings.Builder
	out.WriteString("Who can do what to a change in which state. Written by: go test ./shared/domain/policy -run WhichState -update\n\n")
	for _, l := range outcomeLetters {
		fmt.Fprintf(&out, "%c  %s\n", l.letter, l.means)
	}
	out.WriteString("\nStates, from left to right: none")
	for _, s := range change.States {
		out.WriteString(" " + string(s))
	}
	fmt.Fprintf(&out, "\n%d cells. Verbs that are not for people are left out: in each of their cells stands -.\n", len(cells))
	head, row := "", ""
	for _, c := range cells {
		if c.outcome == '-' {
			continue
		}
		if h := fmt.Sprintf("%s, %s", c.kind, c.role); h != head {
			head = h
			fmt.Fprintf(&out, "\n\n== %s\n", head)
			row = ""
		}
		if r := fmt.Sprintf("%-18s %-9s ", c.identity, c.verb); r != row {
			if row != "" {
				out.WriteString("\n")
			}
			row = r
			out.WriteString(r)
		}
		out.WriteByte(byte(c.outcome))
	}
	out.WriteString("\n")
	return out.String()
}

// checkTable holds the table to what it must never say.
func checkTable(t *testing.T, cells []cell) {
	if len(cells) < 3000 {
		t.Errorf("got %d cells, want 3000 or more", len(cells))
	}
	decides := []change.Verb{change.VerbApprove, change.VerbDeny, change.VerbRetry}
	forPeople := append([]change.Verb{change.VerbPropose, change.VerbWithdraw, change.VerbRevise, change.VerbUndo}, decides...)
	seen := map[outcome]bool{}
	for _, c := range cells {
		seen[c.outcome] = true
		never := func(is bool, what string) {
			if is && c.outcome.isAccepted() {
				t.Errorf("%s: %s of a change that is %q by the %s, with the role %s: %c, but %s", c.kind, c.verb, c.state, c.identity, c.role, c.outcome, what)
			}
		}
		is := func(names ...string) bool { return slices.Contains(names, c.identity) }
		has := func(roles ...string) bool { return slices.Contains(roles, c.role) }
		requester := strings.HasPrefix(c.identity, "requester")
		ownRequest := c.verb == change.VerbWithdraw || c.verb == change.VerbRevise
		decision, undo := slices.Contains(decides, c.verb), c.verb == change.VerbUndo
		// Who is in a set of the quorum is named by the approvals entry.
		byQuorum := c.kind == change.AccessGrant && (requester || is("lead", "lead by group", "owner"))
		spoken := !has(noPolicy, "silent policy", "barred by a silent policy")

		never(requester && c.verb == change.VerbApprove, "nobody approves their own request")
		never(ownRequest && !requester, "only who asked withdraws or revises")
		never(c.state.Final() && c.verb != change.VerbPropose && !(c.state == change.Applied && undo), "nothing happens to a change that is over")
		never(c.state == change.None && c.verb != change.VerbPropose, "there is nothing to act on")
		never(c.verb == change.VerbApprove && c.state != change.Proposed, "only what is proposed can be approved")
		never(!slices.Contains(forPeople, c.verb), "that is for functions")

		never(is("suspended", "absent"), "who is not there does nothing")
		never(is("bot", "requester's robot") && (decision || undo), "a program decides nothing")
		never(has("barred", "barred by a silent policy") && !ownRequest, "a deny goes before every allow, and before all that holds for somebody")
		never(has("barred from others' things") && !ownRequest && !requester && !is("owner"), "a deny goes before every allow")
		never(has("everything but undo") && undo, "a deny goes before every allow")

		never(c.kind == change.AccessGrant && decision && !byQuorum, "who is in no set of the quorum decides nothing")
		never(is("stranger", "concerned") && decision && !has("approver", "everything", "everything but undo"), "without a rule that allows it a stranger decides nothing")
		never(is("stranger") && undo && !has("undoer", "approver", "everything"), "without a rule that allows it a stranger undoes nothing")
		never(spoken && decision && !byQuorum && has("no role", "employee", "editor", "undoer"), "where the policy says who decides, owners and administrators do not for that alone")
		never(has("owner") && decision && !byQuorum && !requester && !is("owner"), "it is not theirs")
		never(!spoken && decision && !byQuorum && !requester && !is("owner", "administrator"), "where the policy is silent, owners and administrators decide")
		never(spoken && c.verb == change.VerbPropose && has("no role", "approver", "owner", "undoer", "editor"), "where the policy says who may ask, others may not")
	}
	for _, l := range outcomeLetters {
		if !seen[l.letter] && !strings.Contains("tiy", string(l.letter)) {
			t.Errorf("no cell says %c (%s)", l.letter, l.means)
		}
	}
	// And what it must say, so that a table of refusals alone would not do.
	for _, want := range []cell{
		// A rule makes an approver of a stranger; of the quorum it makes nobody a member.
		{change.GroupSettings, "approver", "stranger", change.VerbApprove, change.Proposed, 'A'},
		{change.AccessGrant, "approver", "stranger", change.VerbApprove, change.Proposed, 'x'},
		{change.GroupSettings, "approver", "lead by group", change.VerbRetry, change.Failed, 'A'},
		{change.GroupSettings, "owner", "owner", change.VerbApprove, change.Proposed, 'A'},
		{change.GroupSettings, "owner", "owner", change.VerbDeny, change.Approved, 'D'},
		{change.GroupSettings, "owner", "lead", change.VerbApprove, change.Proposed, 'x'},
		// Who is named by the quorum needs no rule. One yes of two is not enough.
		{change.AccessGrant, "no role", "lead", change.VerbApprove, change.Proposed, 'P'},
		{change.AccessGrant, "no role", "owner", change.VerbApprove, change.Proposed, 'P'},
		{change.AccessGrant, "no role", "owner", change.VerbDeny, change.Proposed, 'D'},
		{change.AccessGrant, "no role", "administrator", change.VerbApprove, change.Proposed, 'x'},
		{change.AccessGrant, "barred", "lead", change.VerbApprove, change.Proposed, 'd'},
		// Where the policy is silent, owners and administrators decide; where it speaks, they do not.
		{change.GroupSettings, "silent policy", "owner", change.VerbApprove, change.Proposed, 'A'},
		{change.GroupSettings, "silent policy", "administrator", change.VerbApprove, change.Proposed, 'A'},
		{change.GroupSettings, "silent policy", "lead", change.VerbApprove, change.Proposed, 'x'},
		{change.GroupSettings, noPolicy, "owner", change.VerbDeny, change.Applying, 'G'},
		{change.GroupSettings, noPolicy, "administrator", change.VerbRetry, change.Failed, 'A'},
		{change.GroupSettings, noPolicy, "stranger", change.VerbApprove, change.Proposed, 'x'},
		{change.GroupSettings, "no role", "owner", change.VerbApprove, change.Proposed, 'x'},
		{change.GroupSettings, "no role", "administrator", change.VerbApprove, change.Proposed, 'x'},
		{change.GroupSettings, "barred by a silent policy", "owner", change.VerbApprove, change.Proposed, 'd'},
		// To ask.
		{change.AccessGrant, "employee", "stranger", change.VerbPropose, change.None, 'P'},
		{change.AccessGrant, "no role", "stranger", change.VerbPropose, change.None, 'n'},
		{change.AccessGrant, "silent policy", "stranger", change.VerbPropose, change.None, 'P'},
		{change.AccessGrant, noPolicy, "stranger", change.VerbPropose, change.None, 'P'},
		{change.AccessGrant, noPolicy, "suspended", change.VerbPropose, change.None, 's'},
		{change.AccessGrant, noPolicy, "absent", change.VerbPropose, change.None, 'u'},
		// To have it taken back.
		{change.GroupSettings, "undoer", "stranger", change.VerbUndo, change.Applied, 'U'},
		{change.GroupSettings, "no role", "stranger", change.VerbUndo, change.Applied, 'x'},
		{change.GroupSettings, "no role", "concerned", change.VerbUndo, change.Applied, 'U'},
		{change.AccessGrant, "no role", "requester by group", change.VerbUndo, change.Applied, 'U'},
		{change.AccessGrant, "no role", "lead", change.VerbUndo, change.Applied, 'U'},
		{change.GroupSettings, noPolicy, "owner", change.VerbUndo, change.Applied, 'U'},
		{change.GroupSettings, "everything but undo", "owner", change.VerbUndo, change.Applied, 'd'},
		{change.GroupSettings, "everything but undo", "concerned", change.VerbUndo, change.Applied, 'd'},
		{change.GroupSettings, "undoer", "bot", change.VerbUndo, change.Applied, 'b'},
		// One's own request.
		{change.AccessGrant, "no role", "requester", change.VerbWithdraw, change.Proposed, 'W'},
		{change.AccessGrant, "barred", "requester", change.VerbWithdraw, change.Proposed, 'W'},
		{change.AccessGrant, "approver", "requester", change.VerbApprove, change.Proposed, 'o'},
		{change.AccessGrant, "approver", "requester", change.VerbDeny, change.Proposed, 'D'}, // a no is always heard
	} {
		if !slices.Contains(cells, want) {
			t.Errorf("missing: %s of a change that is %q by the %s, with the role %s: %c", want.verb, want.state, want.identity, want.role, want.outcome)
		}
	}
}
