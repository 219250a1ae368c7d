package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// This test tries everybody's every action on a change in every state: each kind of identity,
// with each role, does each verb. What comes of it is decided by the policy and the change
// together. The whole table is in testdata/authority.txt, to be read when it changes; the
// invariants at the end are what it must never say.

const (
	ownersOf change.Selector = "owners"
	leads    change.Selector = "group:leads@example.com"
)

// identity is somebody who acts.
type identity struct {
	name  string
	actor change.Actor
	// key is how the policy's directory finds the person.
	key string
	// holds are the sets of people that the person is in, whether or not that counts.
	holds []change.Selector
	// byGroup gives the role to a group that the person is in, not to the person.
	byGroup bool
}

func actor(id string, also ...string) change.Actor {
	return change.Actor{Kind: change.ByPerson, ID: id, Name: id, Also: also}
}

var (
	requester  = actor("rin", "rin-second", "rin-robot")
	identities = []identity{
		{name: "requester", actor: requester, key: "rin", holds: []change.Selector{ownersOf, leads}},
		{name: "requester's alias", actor: actor("rin-second", "rin"), key: "rin-second", holds: []change.Selector{ownersOf, leads}},
		{name: "requester's robot", actor: actor("rin-robot"), key: "rin-robot", holds: []change.Selector{ownersOf, leads}},
		{name: "requester by group", actor: requester, key: "rin", holds: []change.Selector{leads}, byGroup: true},
		{name: "approver", actor: actor("aiko"), key: "aiko", holds: []change.Selector{leads}},
		{name: "approver by group", actor: actor("aiko"), key: "aiko", holds: []change.Selector{leads}, byGroup: true},
		{name: "owner", actor: actor("botan"), key: "botan", holds: []change.Selector{ownersOf}},
		{name: "stranger", actor: actor("chie"), key: "chie"},
		{name: "suspended", actor: actor("daichi"), key: "daichi", holds: []change.Selector{ownersOf, leads}},
		{name: "bot", actor: actor("emi-bot"), key: "emi-bot", holds: []change.Selector{ownersOf, leads}},
		{name: "absent", actor: actor("nobody"), key: "nobody", holds: []change.Selector{ownersOf, leads}},
	}
	inLeads     = []policy.InGroup{{Group: "leads@example.com"}}
	tablePeople = policy.Roster{
		{ID: "rin", Email: "rin@example.com", Aliases: []string{"rin-second", "rin-second@example.com"}, Groups: inLeads},
		{ID: "rin-robot", Email: "rin-robot@example.com", Bot: true},
		{ID: "aiko", Email: "aiko@example.com", Groups: inLeads},
		{ID: "botan", Email: "botan@example.com"},
		{ID: "chie", Email: "chie@example.com"},
		{ID: "daichi", Email: "daichi@example.com", Suspended: true},
		{ID: "emi-bot", Email: "emi-bot@example.com", Bot: true},
	}
)

// tableRoles are what a person can be given; the first is none.
var tableRoles = []struct {
	name  string
	rules func(t *testing.T) []policy.Rule
}{
	{"no role", func(*testing.T) []policy.Rule { return nil }},
	{"employee", func(*testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.RequestAccess, "access", nil), allow("b", policy.RequestSettings, "group", nil)}
	}},
	{"approver", func(*testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.ApproveAccess, "all", nil), allow("b", policy.ApproveSettings, "all", nil)}
	}},
	{"owner", func(t *testing.T) []policy.Rule {
		own := condition(t, "isOwner()")
		return []policy.Rule{allow("a", policy.ApproveAccess, "all", own), allow("b", policy.ApproveSettings, "all", own), allow("c", policy.Undo, "all", own)}
	}},
	{"undoer", func(*testing.T) []policy.Rule { return []policy.Rule{allow("a", policy.Undo, "all", nil)} }},
	{"editor", func(*testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.EditAll, "all", nil), allow("b", policy.ViewAll, "all", nil), allow("c", "Delete", "all", nil)}
	}},
	{"everything", func(*testing.T) []policy.Rule { return []policy.Rule{allow("a", policy.All, "all", nil)} }},
	{"barred", func(t *testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.All, "all", nil), deny("b", policy.All, "all", nil)}
	}},
	{"barred from others' things", func(t *testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.All, "all", nil), deny("b", policy.All, "all", condition(t, "!isOwner()"))}
	}},
}

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
	{'n', "the policy: no rule allows it"},
	{'d', "the policy: a rule denies it"},
	{'u', "the policy: unknown person"},
	{'s', "the policy: suspended"},
	{'b', "the policy: a program does not decide"},
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
	policy.NotAllowed: 'n', policy.Denied: 'd', policy.Unknown: 'u', policy.Suspended: 's', policy.Program: 'b',
}

var accepted = map[change.State]outcome{
	change.Proposed: 'P', change.Approved: 'A', change.Denied: 'D', change.Withdrawn: 'W', change.Applying: 'G',
}

func (o outcome) isAccepted() bool { return o >= 'A' && o <= 'Z' }

// try does one action, as a function that is given a press would.
func try(t *testing.T, e *policy.Engine, c change.Change, none bool, v change.Verb, who identity, r change.Requirement) outcome {
	t.Helper()
	res := policy.Resource{Name: "target", Owners: []policy.Reference{user("botan"), user("rin")}}
	counts, d := e.Counting(policy.Press{Person: who.key, Kind: c.Kind, Verb: v, Resource: res, Holds: who.holds})
	var action change.Action
	switch v {
	case change.VerbWithdraw:
		action = change.Withdraw{By: who.actor}
	case change.VerbRevise:
		action = change.Revise{By: who.actor, Diff: c.Diff, Reason: "better words", Requirement: r}
	case change.VerbApprove:
		action = change.Approve{By: who.actor, Revision: c.Revision, Counts: counts}
	case change.VerbDeny:
		action = change.Deny{By: who.actor, Revision: c.Revision, Counts: counts}
	case change.VerbRetry:
		action = change.Retry{By: who.actor, Revision: 1, Counts: counts}
	}
	_, needs := policy.Needed(c.Kind, v)
	switch {
	case !needs && action == nil:
		return '-'
	case needs && !d.Allowed:
		return refusedByPolicy[d.Reason]
	case v == change.VerbPropose:
		p := proposal(c.Kind, r, who.actor)
		if !none && c.Holds(p, tableTime) {
			return 'h'
		}
		return 'P'
	case none:
		return 'z'
	case v == change.VerbUndo:
		if _, ok := c.Reverse(who.actor, "wrong", tableTime); !ok {
			return 'z'
		}
		return 'U'
	}
	next, _, err := c.Apply(action, tableTime)
	if refusal, ok := change.Refused(err); ok {
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
		for _, role := range tableRoles {
			for _, who := range identities {
				m := policy.Model{
					Policies: []policy.Policy{{Name: "p", Rules: role.rules(t)}},
					Roles:    []policy.Role{{Name: "role", Policies: []string{"p"}, Members: []change.Selector{change.Selector("user:" + who.key + "@example.com")}}},
				}
				if who.byGroup {
					m.Roles[0].Members = []change.Selector{leads}
				}
				e := compiled(t, m, tablePeople)
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
		requester := strings.HasPrefix(c.identity, "requester")
		ownRequest := c.verb == change.VerbWithdraw || c.verb == change.VerbRevise
		never(requester && c.verb == change.VerbApprove, "nobody approves their own request")
		never(c.state.Final() && c.verb != change.VerbPropose && !(c.state == change.Applied && c.verb == change.VerbUndo), "nothing happens to a change that is over")
		never(c.state == change.None && c.verb != change.VerbPropose, "there is nothing to act on")
		never(c.identity == "suspended" || c.identity == "absent", "who is not there does nothing")
		never((c.identity == "bot" || c.identity == "requester's robot") && (slices.Contains(decides, c.verb) || c.verb == change.VerbUndo), "a program decides nothing")
		never(c.identity == "stranger" && c.kind == change.AccessGrant && slices.Contains(decides, c.verb), "who is in no set of the quorum decides nothing")
		never(c.role == "no role" && !ownRequest, "without a role there is only one's own request")
		never(c.role == "barred" && !ownRequest, "a deny goes before every allow")
		never(c.role == "editor" && !ownRequest, "the catalogue's operations decide nothing here")
		never(c.role == "employee" && !ownRequest && c.verb != change.VerbPropose, "who may ask may not decide for that reason")
		never(c.role == "undoer" && !ownRequest && c.verb != change.VerbUndo, "who may undo may not decide for that reason")
		never(ownRequest && !requester, "only who asked withdraws or revises")
		never((c.role == "owner" || c.role == "barred from others' things") && !requester && c.identity != "owner", "it is not theirs")
		never(!slices.Contains(forPeople, c.verb), "that is for functions")
		never(c.verb == change.VerbApprove && c.state != change.Proposed, "only what is proposed can be approved")
	}
	for _, l := range outcomeLetters {
		if !seen[l.letter] && !strings.Contains("tiy", string(l.letter)) {
			t.Errorf("no cell says %c (%s)", l.letter, l.means)
		}
	}
	// And what it must say, so that a table of refusals alone would not do.
	for _, want := range []cell{
		{change.AccessGrant, "approver", "approver", change.VerbApprove, change.Proposed, 'P'}, // the owner is missing
		{change.AccessGrant, "owner", "owner", change.VerbApprove, change.Proposed, 'P'},
		{change.GroupSettings, "approver", "stranger", change.VerbApprove, change.Proposed, 'A'},
		{change.GroupSettings, "owner", "owner", change.VerbApprove, change.Proposed, 'A'},
		{change.GroupSettings, "owner", "owner", change.VerbDeny, change.Approved, 'D'},
		{change.GroupSettings, "approver", "approver by group", change.VerbRetry, change.Failed, 'A'},
		{change.GroupSettings, "undoer", "stranger", change.VerbUndo, change.Applied, 'U'},
		{change.AccessGrant, "employee", "stranger", change.VerbPropose, change.None, 'P'},
		{change.AccessGrant, "no role", "requester", change.VerbWithdraw, change.Proposed, 'W'},
		{change.AccessGrant, "approver", "requester", change.VerbDeny, change.Proposed, 'D'}, // a no is always heard
	} {
		if !slices.Contains(cells, want) {
			t.Errorf("missing: %s of a change that is %q by the %s, with the role %s: %c", want.verb, want.state, want.identity, want.role, want.outcome)
		}
	}
}
