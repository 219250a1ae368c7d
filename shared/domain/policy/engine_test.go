package policy_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

func TestNoPolicyAllowsNothing(t *testing.T) {
	var none *policy.Engine
	empty := compiled(t, policy.Model{}, policy.Roster{{ID: "1", Admin: true}})
	for name, e := range map[string]*policy.Engine{"nil": none, "empty": empty, "nil with people": none.With(policy.Roster{{ID: "1"}})} {
		q := policy.Request{Subject: "1", Operations: []policy.Operation{"ViewBasic"}, Resource: owned()}
		d := e.Decide(q)
		if d.Allowed || d.Reason != policy.NoPolicy || !e.Empty() {
			t.Errorf("%s: got %+v, want no policy", name, d)
		}
		if want := "there is no policy, and what no policy allows is not allowed"; d.String() != want {
			t.Errorf("%s: got %q, want %q", name, d, want)
		}
		if x := e.Explain(q); x.Decision != d || !strings.Contains(x.String(), "there is no policy") {
			t.Errorf("%s: got the explanation %q", name, x)
		}
	}
	if d := (policy.Decision{}); d.Allowed || d.String() != "not allowed" {
		t.Errorf("the zero decision is %q, allowed: %t", d, d.Allowed)
	}
}

// Without rules, owners and administrators decide, and everybody may ask: of who is suspended or not known,
// neither holds, and an answer that there is no policy would leave it open.
func TestWhoMayNothingMayNothingWithoutAPolicyEither(t *testing.T) {
	e := compiled(t, policy.Model{}, policy.Roster{{ID: "1", Email: "aiko@example.com"}, {ID: "7", Suspended: true}})
	for person, want := range map[string]policy.Reason{
		"1": policy.NoPolicy, "aiko@example.com": policy.NoPolicy, "7": policy.Suspended, "9": policy.Unknown, "": policy.Unknown,
	} {
		q := policy.Request{Subject: person, Operations: []policy.Operation{policy.ApproveSettings}, Resource: policy.Resource{Type: "group", Name: "eng"}}
		d, x := e.Decide(q), e.Explain(q)
		if d.Reason != want || d.Allowed || x.Decision != d || d.Refuses() != (want != policy.NoPolicy) || (x.Answer() == policy.No) != d.Refuses() {
			t.Errorf("%q: %s (%s), want %s:\n%s", person, d.Reason, x.Answer(), want, x)
		}
	}
}

func TestWhoIsNotKnownMayNothing(t *testing.T) {
	m := harbour()
	e := compiled(t, m, policy.Roster{
		{ID: "1", Email: "aiko@example.com", Aliases: []string{"shared@example.com"}},
		{ID: "2", Email: "botan@example.com", Aliases: []string{"Shared@example.com"}},
		{ID: "3", Email: "chie@example.com", Aliases: []string{"shared@example.com", ""}, Suspended: true},
		{ID: "4"},
	})
	for who, want := range map[string]policy.Reason{
		"1": policy.Allowed, "Aiko@Example.com": policy.Allowed, "botan@example.com": policy.Allowed, "4": policy.Allowed,
		"shared@example.com": policy.Unknown, "SHARED@example.com": policy.Unknown, // three people claim it
		"": policy.Unknown, "5": policy.Unknown, "chie@example.com": policy.Suspended, "3": policy.Suspended,
	} {
		got := e.Decide(policy.Request{Subject: who, Operations: []policy.Operation{"ViewBasic"}, Resource: owned()})
		if got.Reason != want || got.Allowed != (want == policy.Allowed) {
			t.Errorf("%q: got %s, want %s", who, got.Reason, want)
		}
	}
	for name, q := range map[string]policy.Request{
		"no operation": {Subject: "1", Resource: owned()},
		"no type":      {Subject: "1", Operations: []policy.Operation{"ViewBasic"}, Resource: policy.Resource{Name: "x"}},
	} {
		if got := e.Decide(q); got.Allowed || got.Reason != policy.NothingAsked {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestAnAddressOfTwoPeopleGivesNoRole holds that nobody gets a role by claiming the address of
// somebody who has it.
func TestAnAddressOfTwoPeopleGivesNoRole(t *testing.T) {
	m := harbour()
	m.Teams[0].DefaultRoles = nil
	m.Roles[0].Members = append(m.Roles[0].Members, "user:captain@example.com")
	captain := policy.Person{ID: "1", Email: "captain@example.com"}
	thief := policy.Person{ID: "2", Email: "thief@example.com", Aliases: []string{"captain@example.com"}}
	if e := compiled(t, m, policy.Roster{captain}); !allows(e, "1", "Delete", owned()) {
		t.Error("the captain alone: got no, want yes")
	}
	e := compiled(t, m, policy.Roster{captain, thief})
	if allows(e, "1", "Delete", owned()) || allows(e, "2", "Delete", owned()) {
		t.Error("an address of two people gave one of them its role")
	}
}

func TestWhatIsWrongWithAModel(t *testing.T) {
	m := policy.Model{
		Teams: []policy.Team{
			{Name: "a", Type: policy.Organization, Parents: []string{"nowhere"}, Policies: []string{"nothing"}, DefaultRoles: []string{"nobody"}},
			{Name: "b", Type: policy.Organization},
			{Name: "b"},
			{},
		},
		Roles: []policy.Role{{Name: "r", Policies: []string{"nothing"}, Members: []change.Selector{"owners", "group:", "role:r", "user:aiko@example.com"}}},
		Policies: []policy.Policy{{Name: "p", Rules: []policy.Rule{
			{Name: "empty"},
			allow("names", "All", "all", condition(t, "inAnyTeam('lost') && hasAnyRole('lost') && matchAnyTag('lost', 'Tier.Tier1')")),
		}}},
		Tags: []string{"Tier.Tier1"},
	}
	e, err := policy.Compile(m, nil)
	if e != nil || err == nil {
		t.Fatalf("got %v, %v, want an error", e, err)
	}
	want := strings.Split(strings.TrimSpace(`
compile the policy: the team "b" has no name of its own
the team "" has no name of its own
the rule "empty" of the policy "p" neither allows nor denies
the rule "empty" of the policy "p" has no operations or no resources
the rule "names" of the policy "p" refers to the team "lost", which is not defined
the rule "names" of the policy "p" refers to the role "lost", which is not defined
the rule "names" of the policy "p" refers to the tag "lost", which is not defined
the role "r" refers to the policy "nothing", which is not defined
the role "r" has the member "owners": only groups and people can have one
the role "r" has the member "group:": only groups and people can have one
the role "r" has the member "role:r": only groups and people can have one
the teams "a" and "b" are both of type Organization
the team "a" refers to the team "nowhere", which is not defined
the team "a" refers to the role "nobody", which is not defined
the team "a" refers to the policy "nothing", which is not defined`), "\n")
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestAnyTagMayBeNamedWhereNoneAreListed(t *testing.T) {
	m := harbour(policy.Policy{Name: "p", Rules: []policy.Rule{allow("r", "All", "all", condition(t, "matchAnyTag('any')"))}})
	if _, err := policy.Compile(m, nil); err != nil {
		t.Error(err)
	}
}

func TestAnEngineOfOtherPeopleHasTheSameModel(t *testing.T) {
	e := compiled(t, harbour(), nil)
	if allows(e, "1", "Delete", owned()) {
		t.Error("an engine without people knows one")
	}
	e = e.With(harbourPeople)
	if !allows(e, "1", "Delete", owned()) {
		t.Error("got no, want yes by the organization")
	}
}

func TestDecisionsOfOneEngineAreComparable(t *testing.T) {
	e := compiled(t, harbour(), harbourPeople)
	q := policy.Request{Subject: "1", Operations: []policy.Operation{"Delete"}, Resource: owned()}
	if one, other := e.Decide(q), e.Decide(q); one != other {
		t.Error("the same question had two answers")
	}
	if p, r := e.Decide(q).Rule(); p != "everything" || r != "everything" {
		t.Errorf("got the rule %s/%s", p, r)
	}
}

func TestEnginesAreSafeForConcurrentUse(t *testing.T) {
	w := newWorld(t, 7)
	e := compiled(t, w.model, w.people)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for _, q := range w.requests {
				if e.Explain(q).Decision != e.Decide(q) {
					t.Errorf("two answers to %+v", q)
				}
				e.With(w.people).Decide(q)
			}
		})
	}
	wait.Wait()
}

func TestADecisionAllocatesNothing(t *testing.T) {
	e := compiled(t, benchModel(t), benchRoster())
	requests := benchRequests()
	i := 0
	got := testing.AllocsPerRun(2000, func() {
		e.Decide(requests[i%len(requests)])
		allows(e, "id-7", policy.RequestAccess, requests[i%len(requests)].Resource)
		i++
	})
	if got > 0 {
		t.Errorf("got %g allocations for two decisions, want none", got)
	}
}
