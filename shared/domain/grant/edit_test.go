package grant_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

func TestGive(t *testing.T) {
	g := given(t, 1, time.Hour)
	got := apply(t, give(g), grant.Policy{Bindings: foreign(), Exempted: []string{ken}})
	condition := &grant.Condition{Title: because, Description: id(1), Expression: `request.time < timestamp("2026-11-22T13:00:00Z")`}
	want := grant.Policy{Bindings: append(foreign(),
		grant.Binding{Role: "roles/bigquery.dataOwner", Members: []string{aiko}, Condition: condition},
		grant.Binding{Role: "roles/run.admin", Members: []string{aiko}, Condition: condition},
	), Exempted: []string{ken}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if until, ok := got.Ends(g); !ok || !until.Equal(g.Until) {
		t.Errorf("it ends at %s, %t", until, ok)
	}
	if found := got.Find(id(1)); len(found) != 2 || found[0].Member != aiko || len(got.Find(id(2))) != 0 {
		t.Errorf("found %+v", found)
	}
	if diff := cmp.Diff(grant.Policy{Bindings: foreign()}, apply(t, take(g), grant.Policy{Bindings: want.Bindings})); diff != "" {
		t.Errorf("taken back (-want +got):\n%s", diff)
	}
}

func TestGiveUnderAConditionOfThePolicy(t *testing.T) {
	g := given(t, 1, time.Hour, "roles/run.admin")
	g.Condition = `resource.type == "x"`
	p := apply(t, give(g), grant.Policy{})
	if got, want := p.Bindings[0].Condition.Expression, `request.time < timestamp("2026-11-22T13:00:00Z") && (resource.type == "x")`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	g.Condition = ""
	if p = apply(t, give(g), p); len(p.Bindings) != 1 || strings.Contains(p.Bindings[0].Condition.Expression, "&&") {
		t.Errorf("after the condition was given up: %+v", p.Bindings)
	}
}

func TestGiveRefusesWhatIsOver(t *testing.T) {
	g := given(t, 1, time.Hour)
	for _, now := range []time.Time{g.Until, g.Until.Add(time.Hour)} {
		p := grant.Policy{Bindings: foreign()}
		next, changed, err := grant.Edit{Give: []grant.Grant{g}, Now: now}.Apply(p)
		if !errors.Is(err, grant.ErrEnded) || changed || !cmp.Equal(next, p) {
			t.Errorf("at %s: %v, changed %t, error %v", now, next, changed, err)
		}
	}
}

// JG-4: each use of an approved request moved the end of the access.
func TestRegressionJG4ASecondAttemptDoesNotMoveTheEnd(t *testing.T) {
	p := apply(t, give(given(t, 1, time.Hour)), grant.Policy{Bindings: foreign()})
	r := grant.Request{Entitlement: maint, For: time.Hour, Reason: because}
	later, problem := grant.Plan(r, id(1), aiko, nil, noon.Add(10*time.Minute))
	if problem != nil {
		t.Fatal(problem)
	}
	if again, changed, err := (grant.Edit{Give: []grant.Grant{later}, Now: noon.Add(10 * time.Minute)}).Apply(p); err != nil || changed {
		t.Errorf("the same change again: %+v, error %v", again, err)
	}
	if until, ok := p.Ends(later); !ok || !until.Equal(noon.Add(time.Hour)) {
		t.Errorf("it ends at %s, %t", until, ok)
	}
}

// J1-5: clearing away temporary bindings of the same role and member took the live grant of
// another resource with it, because the rest of the condition was not looked at.
func TestRegressionJ15ClearingLeavesOtherGrantsOfTheRoleAndMember(t *testing.T) {
	onA, onB := given(t, 1, time.Hour, "roles/run.admin"), given(t, 2, time.Hour, "roles/run.admin")
	onA.Condition, onB.Condition = `resource.name == "a"`, `resource.name == "b"`
	p := apply(t, give(onA), grant.Policy{Bindings: foreign()})
	p = apply(t, give(onB), p)
	if len(p.Find(onA.ID)) != 1 || len(p.Find(onB.ID)) != 1 {
		t.Errorf("want both: %+v", p.Bindings)
	}
	p = apply(t, take(onB), p)
	if len(p.Find(onA.ID)) != 1 || len(p.Find(onB.ID)) != 0 {
		t.Errorf("want the first: %+v", p.Bindings)
	}
}

// G2: members were added to any binding with the role, also to those under conditions.
func TestRegressionG2NobodyIsMergedIntoAnotherBinding(t *testing.T) {
	g := given(t, 1, time.Hour, "roles/run.admin")
	before := append(foreign(), apply(t, give(given(t, 2, time.Hour, "roles/run.admin")), grant.Policy{}).Bindings...)
	p := apply(t, give(g), grant.Policy{Bindings: before})
	if diff := cmp.Diff(before, p.Bindings[:len(before)]); diff != "" || len(p.Bindings) != len(before)+1 {
		t.Errorf("%d bindings, the others (-want +got):\n%s", len(p.Bindings), diff)
	}
}

// GSB-2: every approval added a binding and nothing was ever cleared away, until there were
// twenty of one role and member.
func TestRegressionGSB2DeadBindingsGoInTheSameWrite(t *testing.T) {
	p := grant.Policy{Bindings: foreign()}
	now := noon
	for n := range 60 {
		r := grant.Request{Entitlement: maint, Roles: maint.Roles[:1], For: 10 * time.Minute, Reason: because}
		g, problem := grant.Plan(r, id(n+1), aiko, nil, now)
		if problem != nil {
			t.Fatal(problem)
		}
		e := grant.Edit{Give: []grant.Grant{g}, Now: now}
		if short, err := grant.Room(prj, p, e, 0); err != nil || len(short) > 0 {
			t.Fatalf("grant %d: %v, error %v", n, short, err)
		}
		p = apply(t, e, p)
		now = now.Add(11 * time.Minute)
	}
	if n := len(p.Bindings) - len(foreign()); n > 3 {
		t.Errorf("%d bindings of ours", n)
	}
	now = now.Add(time.Hour)
	if diff := cmp.Diff(foreign(), apply(t, grant.Edit{Now: now}, p).Bindings); diff != "" {
		t.Errorf("cleared away (-want +got):\n%s", diff)
	}
}

func TestClearingWaitsForAnyClock(t *testing.T) {
	g := given(t, 1, time.Hour)
	p := apply(t, give(g), grant.Policy{})
	for after, want := range map[time.Duration]int{
		0: 2, time.Hour: 2, time.Hour + grant.Grace - time.Second: 2, time.Hour + grant.Grace: 0, 48 * time.Hour: 0,
	} {
		next, _, err := grant.Edit{Now: noon.Add(after)}.Apply(p)
		if err != nil || len(next.Bindings) != want {
			t.Errorf("after %s: %d bindings, error %v; want %d", after, len(next.Bindings), err, want)
		}
	}
}

func TestAnExtensionTakesThePlaceOfWhatItExtends(t *testing.T) {
	first := given(t, 1, time.Hour)
	p := apply(t, give(first), grant.Policy{Bindings: foreign()})
	now := noon.Add(50 * time.Minute)
	d, err := first.Extension(2*time.Hour, maint.Max, now)
	if err != nil {
		t.Fatal(err)
	}
	next, problem := grant.Plan(grant.Request{Entitlement: maint, For: d, Reason: because}, id(2), aiko, []grant.Grant{first}, now)
	if problem != nil {
		t.Fatal(problem)
	}
	p = apply(t, grant.Edit{Give: []grant.Grant{next}, Now: now}, p)
	if until, ok := p.Ends(next); !ok || !until.Equal(noon.Add(3*time.Hour)) || len(p.Bindings) != len(foreign())+2 {
		t.Errorf("it ends at %s, %t: %+v", until, ok, p.Bindings)
	}
	if _, ok := p.Ends(first); ok {
		t.Error("what it extends is still there")
	}
}

// altered are edits by hand of a binding of ours, each with what taking it back leaves of it.
var altered = map[string]struct {
	change func(*grant.Binding)
	left   []string
}{
	"later":                {change: func(b *grant.Binding) { b.Condition.Expression = grant.Expression(noon.Add(999*time.Hour), "") }},
	"for ever":             {change: func(b *grant.Binding) { b.Condition.Expression = "true" }},
	"for two":              {change: func(b *grant.Binding) { b.Members = []string{ken, "user:AIKO@example.com"} }, left: []string{ken}},
	"for another":          {change: func(b *grant.Binding) { b.Members = []string{ken} }, left: []string{ken}},
	"for others, for ever": {change: func(b *grant.Binding) { b.Members, b.Condition.Expression = []string{ken}, "true" }, left: []string{ken}},
	"another role":         {change: func(b *grant.Binding) { b.Role = "roles/browser" }},
	"another title":        {change: func(b *grant.Binding) { b.Condition.Title = "x" }},
	"a deleted account":    {change: func(b *grant.Binding) { b.Members = []string{"deleted:user:aiko@example.com?uid=1234"} }},
	"a deleted account, for ever": {change: func(b *grant.Binding) {
		b.Members, b.Condition.Expression = []string{"deleted:user:aiko@example.com?uid=1234"}, "true"
	}},
}

func TestTakingAwayGoesBeforeAllElse(t *testing.T) {
	for name, test := range altered {
		t.Run(name, func(t *testing.T) {
			g := given(t, 1, time.Hour, "roles/run.admin")
			p := apply(t, give(g), grant.Policy{Bindings: foreign()})
			ours := &p.Bindings[len(p.Bindings)-1]
			test.change(ours)
			ours.Raw = []byte("as it was read")
			left := *ours
			p = apply(t, take(g), p)
			want := foreign()
			if test.left != nil {
				if len(left.Members) > len(test.left) {
					left.Raw = nil // it was written anew
				}
				left.Members = test.left
				want = append(want, left)
			}
			if diff := cmp.Diff(want, p.Bindings); diff != "" {
				t.Errorf("policy (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGivingLeavesWhatOthersAltered(t *testing.T) {
	g := given(t, 1, time.Hour, "roles/run.admin")
	p := apply(t, give(g), grant.Policy{})
	p.Bindings[0].Members = append(p.Bindings[0].Members, ken)
	next := apply(t, give(g), p)
	if len(next.Bindings) != 2 || !cmp.Equal(next.Bindings[0], p.Bindings[0]) {
		t.Errorf("got %+v", next.Bindings)
	}
	// One that was given to somebody else is not the grant's.
	p = apply(t, give(g), grant.Policy{})
	p.Bindings[0].Members = []string{ken}
	next = apply(t, give(g), p)
	if _, ok := next.Ends(g); !ok || len(next.Bindings) != 2 || !cmp.Equal(next.Bindings[0], p.Bindings[0]) {
		t.Errorf("got %+v", next.Bindings)
	}
	// An end that nobody decided does not stand; one that somebody brought forward does.
	p = apply(t, give(g), grant.Policy{})
	p.Bindings[0].Condition = &grant.Condition{Description: g.ID, Expression: grant.Expression(noon.Add(99*time.Hour), "")}
	if until, _ := apply(t, give(g), p).Ends(g); !until.Equal(g.Until) {
		t.Errorf("it ends at %s", until)
	}
	p.Bindings[0].Condition = &grant.Condition{Description: g.ID, Expression: grant.Expression(noon.Add(time.Minute), "")}
	if until, _ := apply(t, give(g), p).Ends(g); !until.Equal(noon.Add(time.Minute)) {
		t.Errorf("it ends at %s", until)
	}
}

// world is a policy on which many people act, for the property below.
type world struct {
	policy grant.Policy
	others []grant.Binding // as they are to be, in their order
	now    time.Time
	grants []grant.Grant
}

// However people give, take, extend and edit by hand: what is foreign stays as it is and in its
// order, everything that is ours belongs to a grant, and nothing of ours outlives its end.
func TestEditsOfAPolicy(t *testing.T) {
	members := []string{aiko, ken, "user:yui@example.com"}
	rapid.Check(t, func(t *rapid.T) {
		w := world{now: noon, policy: grant.Policy{Bindings: foreign()}, others: foreign()}
		edit := func(e grant.Edit) {
			e.Now = w.now
			next, changed, err := e.Apply(w.policy)
			if err != nil {
				return
			}
			if _, again, err := e.Apply(next); again || err != nil {
				t.Fatalf("it is not at rest: %v", err)
			}
			if !changed && len(next.Bindings) != len(w.policy.Bindings) {
				t.Fatal("it has changed and does not say so")
			}
			w.policy = next
		}
		n := 0
		t.Repeat(map[string]func(*rapid.T){
			"give": func(t *rapid.T) {
				n++
				member := rapid.SampledFrom(members).Draw(t, "member")
				var his []grant.Grant
				for _, g := range w.grants {
					if g.Member == member {
						his = append(his, g)
					}
				}
				r := grant.Request{
					Entitlement: maint, Reason: because, For: time.Duration(rapid.IntRange(1, 8*60).Draw(t, "minutes")) * time.Minute,
					Roles: rapid.SampledFrom([][]string{nil, maint.Roles[:1]}).Draw(t, "roles"),
				}
				if g, problem := grant.Plan(r, id(n), member, his, w.now); problem == nil {
					edit(grant.Edit{Give: []grant.Grant{g}})
					w.grants = append(w.grants, g)
				}
			},
			"take": func(t *rapid.T) {
				if len(w.grants) > 0 {
					g := rapid.SampledFrom(w.grants).Draw(t, "grant")
					edit(grant.Edit{Take: []grant.Grant{g}})
					if len(w.policy.Find(g.ID)) > 0 {
						t.Fatal("it is still there")
					}
				}
			},
			"others add": func(t *rapid.T) {
				n++
				b := grant.Binding{Role: "roles/browser", Members: []string{fmt.Sprintf("user:u%d@example.com", n)}, Raw: fmt.Appendf(nil, "{%d}", n)}
				if rapid.Bool().Draw(t, "conditional") {
					b.Condition = &grant.Condition{Description: fmt.Sprint(n), Expression: grant.Expression(w.now.Add(-time.Hour), "")}
				}
				w.policy.Bindings = append(slices.Clone(w.policy.Bindings), b)
				w.others = append(w.others, b)
			},
			"others remove": func(t *rapid.T) {
				if len(w.others) > 0 {
					gone := rapid.SampledFrom(w.others).Draw(t, "binding")
					is := func(b grant.Binding) bool { return string(b.Raw) == string(gone.Raw) }
					w.policy.Bindings = slices.DeleteFunc(slices.Clone(w.policy.Bindings), is)
					w.others = slices.DeleteFunc(w.others, is)
				}
			},
			"time passes": func(t *rapid.T) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "minutes")) * time.Minute)
				edit(grant.Edit{})
			},
			"": func(t *rapid.T) {
				var others []grant.Binding
				for _, b := range w.policy.Bindings {
					o, mark := grant.Recognize(b)
					if mark == grant.Foreign {
						others = append(others, b)
						continue
					}
					if mark != grant.Exact || !slices.ContainsFunc(w.grants, func(g grant.Grant) bool {
						return g.ID == o.ID && g.Member == o.Member && slices.Contains(g.Roles, o.Role) && !o.Until.After(g.Until)
					}) {
						t.Fatalf("nobody decided on %+v", b)
					}
				}
				if len(w.others)+len(others) > 0 && !reflect.DeepEqual(w.others, others) {
					t.Fatalf("bindings of others (-want +got):\n%s", cmp.Diff(w.others, others))
				}
			},
		})
	})
}
