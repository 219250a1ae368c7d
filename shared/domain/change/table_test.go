package change_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// life of a change, written down a second time: for every state and verb the states that can
// follow. What is not here is refused. A new state or verb fails the test until it is listed.
var follows = map[change.State]map[change.Verb]string{
	change.None: {change.VerbPropose: "proposed approved reported"},
	change.Proposed: {
		change.VerbApprove: "proposed approved", change.VerbDeny: "denied", change.VerbWithdraw: "withdrawn",
		change.VerbRevise: "proposed", change.VerbRemind: "proposed", change.VerbEscalate: "proposed", change.VerbExpire: "expired",
	},
	change.Approved: {
		change.VerbDeny: "denied approved", change.VerbWithdraw: "withdrawn",
		change.VerbRepublish: "approved", change.VerbClaim: "applying proposed",
	},
	change.Applying: {
		change.VerbDeny: "applying", change.VerbWithdraw: "withdrawn", change.VerbRepublish: "approved",
		change.VerbClaim: "applying", change.VerbRelease: "approved denied proposed",
		change.VerbComplete: "applied", change.VerbFail: "failed denied",
	},
	change.Applied:   {change.VerbUndo: "undone"},
	change.Undone:    {},
	change.Denied:    {},
	change.Withdrawn: {},
	change.Expired:   {},
	change.Reported:  {change.VerbWithdraw: "withdrawn"},
	change.Failed:    {change.VerbDeny: "denied", change.VerbWithdraw: "withdrawn", change.VerbRetry: "approved"},
}

func TestTheTableIsWhatIsWrittenHere(t *testing.T) {
	for _, s := range append([]change.State{change.None}, change.States...) {
		row, listed := follows[s]
		if !listed {
			t.Errorf("state %q is not listed", s)
		}
		for _, v := range change.Verbs {
			got, want := names(change.Next(s, v)), strings.Fields(row[v])
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s of a change that is %q leads to %q, want %q", v, s, got, want)
			}
		}
		for v := range row {
			if !slices.Contains(change.Verbs, v) {
				t.Errorf("verb %q is not in Verbs", v)
			}
		}
	}
	if len(follows) != len(change.States)+1 {
		t.Errorf("%d states are listed, want %d", len(follows), len(change.States)+1)
	}
}

// TestTheListsAreComplete reads the source: a constant that is missing from States or Verbs, or
// an action that the tests below do not know, would not be tested by anything.
func TestTheListsAreComplete(t *testing.T) {
	states, verbs, actions := declared(t)
	wantStates, wantVerbs := []string{""}, []string{}
	for _, s := range change.States {
		wantStates = append(wantStates, string(s))
	}
	for _, v := range change.Verbs {
		wantVerbs = append(wantVerbs, string(v))
	}
	slices.Sort(wantStates)
	slices.Sort(wantVerbs)
	if diff := cmp.Diff(wantStates, states); diff != "" {
		t.Errorf("states (-listed +declared):\n%s", diff)
	}
	if diff := cmp.Diff(wantVerbs, verbs); diff != "" {
		t.Errorf("verbs (-listed +declared):\n%s", diff)
	}
	if got, want := len(actions), len(change.Verbs)-1; got != want {
		t.Errorf("%d kinds of action for %d verbs besides propose: %q", got, want, actions)
	}
	known := map[change.Verb]bool{}
	for _, a := range everyAction(begin(t, wanted(auto, checker)).Change) {
		known[a.Verb()] = true
	}
	for _, v := range change.Verbs {
		if !known[v] && v != change.VerbPropose {
			t.Errorf("verb %s is not tried below", v)
		}
	}
}

// declared returns the values of all constants of type State and Verb, and the types that have
// a method called apply.
func declared(t *testing.T) (states, verbs, actions []string) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "apply" {
				actions = append(actions, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				value := s.(*ast.ValueSpec)
				kind, _ := value.Type.(*ast.Ident)
				if kind == nil || len(value.Values) != 1 {
					continue
				}
				text := strings.Trim(value.Values[0].(*ast.BasicLit).Value, `"`)
				switch kind.Name {
				case "State":
					states = append(states, text)
				case "Verb":
					verbs = append(verbs, text)
				}
			}
		}
	}
	slices.Sort(states)
	slices.Sort(verbs)
	return states, verbs, actions
}

// everyAction returns actions of every kind, in the ways that make a difference.
func everyAction(c change.Change) []change.Action {
	fence := 0
	if c.Claim != nil {
		fence = c.Claim.Fence
	}
	revised := change.Revise{By: rin, Diff: c.Diff, Reason: "better words", Requirement: one, Policy: "p2"}
	return []change.Action{
		change.Approve{By: aiko, Revision: c.Revision, Counts: sits["aiko"]},
		change.Approve{By: chie, Revision: c.Revision, Counts: sits["chie"]},
		change.Deny{By: daichi, Revision: c.Revision, Counts: sits["daichi"]},
		change.Withdraw{By: rin, Reason: "not needed"},
		change.Withdraw{By: applier, Reason: "gone", Fence: fence},
		revised,
		change.Remind{By: clock},
		change.Escalate{By: clock},
		change.Expire{By: clock},
		change.Republish{By: clock},
		change.ClaimIt{By: applier, For: time.Minute, Standing: sits},
		change.ClaimIt{By: applier, For: time.Minute},
		change.Release{By: applier, Fence: fence, Problem: "500"},
		change.Release{By: applier, Fence: fence, Problem: "not there", Absent: true},
		change.Complete{By: applier, Fence: fence},
		change.Release{By: applier, Fence: fence, Problem: "500", Blind: true},
		change.Fail{By: applier, Fence: fence, Problem: "403"},
		change.Fail{By: applier, Fence: fence, Problem: "403", Blind: true},
		change.Retry{By: aiko, Revision: 1, Counts: sits["aiko"]},
		change.Undo{By: rin, Change: "x"},
	}
}

// situations returns changes in every state, in the circumstances that make a difference.
func situations(t testing.TB) map[string]*life {
	ask := func() *life { return begin(t, wanted(two, rin)) }
	approved := func() *life { l := ask(); l.then(l.approve(aiko)); return l.then(l.approve(chie)) }
	applying := func() *life { return approved().then(claim()) }
	stopped := func() *life { l := applying(); return l.then(l.deny(daichi)) }
	tried := func() *life {
		l := applying()
		return l.then(change.Release{By: applier, Fence: l.fence(), Problem: "500"})
	}
	failed := func(l *life) *life { return l.then(change.Fail{By: applier, Fence: l.fence(), Problem: "403"}) }
	applied := func() *life { l := applying(); return l.then(change.Complete{By: applier, Fence: l.fence()}) }
	half := ask()
	half.then(half.approve(aiko))
	denied := ask()
	denied.then(denied.deny(chie))
	return map[string]*life{
		"proposed":                        ask(),
		"proposed, half approved":         half,
		"proposed again":                  approved().then(change.ClaimIt{By: applier}),
		"approved by policy":              begin(t, wanted(auto, checker)),
		"approved by people":              approved(),
		"approved, tried before":          tried(),
		"applying":                        applying(),
		"applying, stopped":               stopped(),
		"applying, approvals have lapsed": tried().then(change.ClaimIt{By: applier, For: time.Minute}),
		"applied":                         applied(),
		"undone":                          applied().then(change.Undo{By: rin, Change: "x"}),
		"denied":                          denied,
		"withdrawn":                       ask().then(change.Withdraw{By: rin}),
		"expired":                         ask().after(24*time.Hour, change.Expire{By: clock}),
		"reported":                        begin(t, wanted(report, checker)),
		"failed":                          failed(applying()),
		"failed, stopped":                 failed(stopped()),
	}
}

// TestEveryVerbInEveryState does everything to everything at several times. What is not in the
// table must be refused for that very reason; what is must be reached.
func TestEveryVerbInEveryState(t *testing.T) {
	reached := map[change.State]map[change.Verb]map[change.State]bool{}
	for name, l := range situations(t) {
		for _, a := range everyAction(l.Change) {
			for _, wait := range []time.Duration{0, time.Minute, 5 * time.Minute, 2 * time.Hour, 30 * 24 * time.Hour} {
				before := encode(t, l.Change)
				next, entry, err := l.Apply(a, l.now.Add(wait))
				if after := encode(t, l.Change); after != before {
					t.Fatalf("%s: %s changed its receiver from\n%s to\n%s", name, a.Verb(), before, after)
				}
				allowed := follows[l.State][a.Verb()]
				r, refused := change.Refused(err)
				switch {
				case err != nil && !refused:
					t.Errorf("%s: %s: %v", name, a.Verb(), err)
				case allowed == "" && (!refused || r.Code != change.RefusedState):
					t.Errorf("%s: %s: got %q and error %v, want a refusal because of its state", name, a.Verb(), next.State, err)
				case refused:
					if r.From != l.State || r.Verb != a.Verb() || r.Text == "" {
						t.Errorf("%s: the refusal of %s does not say what was refused: %+v", name, a.Verb(), r)
					}
					if encode(t, next) != before || entry.ID != "" {
						t.Errorf("%s: %s was refused, but left %+v and entry %+v", name, a.Verb(), next, entry)
					}
				default:
					if reached[l.State] == nil {
						reached[l.State] = map[change.Verb]map[change.State]bool{}
					}
					if reached[l.State][a.Verb()] == nil {
						reached[l.State][a.Verb()] = map[change.State]bool{}
					}
					reached[l.State][a.Verb()][next.State] = true
					checkStep(t, l.Change, a, l.now.Add(wait), next, entry)
				}
			}
		}
	}
	for s, row := range follows {
		for v, want := range row {
			if got := names(slices.Collect(maps.Keys(reached[s][v]))); s != change.None && !slices.Equal(got, sorted(strings.Fields(want))) {
				t.Errorf("%s of a change that is %s reached %q, want %q", v, s, got, want)
			}
		}
	}
}

func TestFinalMeansThatOnlyAnUndoFollows(t *testing.T) {
	for _, s := range change.States {
		follow := maps.Clone(follows[s])
		delete(follow, change.VerbUndo)
		if got, want := s.Final(), len(follow) == 0; got != want {
			t.Errorf("%s: Final is %t, but %d verbs follow", s, got, len(follow))
		}
	}
}

func names(states []change.State) []string {
	out := make([]string, 0, len(states))
	for _, s := range states {
		out = append(out, string(s))
	}
	return sorted(out)
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
