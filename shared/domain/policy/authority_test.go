package policy_test

import (
	"slices"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// ownersDecide has a policy that lets owners decide about settings.
func ownersDecide(t *testing.T) *policy.Engine {
	t.Helper()
	m := harbour(policy.Policy{Name: "approve", Rules: []policy.Rule{allow("own", policy.ApproveSettings, "group", condition(t, "isOwner()"))}})
	m.Roles[0].Policies = []string{"approve"}
	return compiled(t, m, append(policy.Roster{{ID: "7", Suspended: true}, {ID: "8", Bot: true}}, harbourPeople...))
}

func TestWhatCountsForADecision(t *testing.T) {
	byQuorum, anybody := []change.Selector{leads}, []change.Selector{leads, change.Approvers}
	for name, test := range map[string]struct {
		engine *policy.Engine
		person string
		holds  []change.Selector
		want   []change.Selector
		reason policy.Reason
	}{
		"allowed: what holds, and the approvers":      {ownersDecide(t), "aiko@example.com", byQuorum, anybody, policy.Allowed},
		"allowed: the approvers once":                 {ownersDecide(t), "1", anybody, anybody, policy.Allowed},
		"allowed to others: who is named":             {ownersDecide(t), "botan@example.com", byQuorum, byQuorum, policy.NotAllowed},
		"allowed to others: not as an approver":       {ownersDecide(t), "botan@example.com", anybody, byQuorum, policy.NotAllowed},
		"suspended":                                   {ownersDecide(t), "7", anybody, nil, policy.Suspended},
		"a bot":                                       {ownersDecide(t), "8", anybody, nil, policy.Program},
		"unknown":                                     {ownersDecide(t), "9", anybody, nil, policy.Unknown},
		"no policy: what holds":                       {compiled(t, policy.Model{}, harbourPeople), "1", anybody, anybody, policy.NoPolicy},
		"no policy, suspended":                        {compiled(t, policy.Model{}, policy.Roster{{ID: "7", Suspended: true}}), "7", anybody, nil, policy.Suspended},
		"no policy, a bot":                            {compiled(t, policy.Model{}, policy.Roster{{ID: "8", Bot: true}}), "8", anybody, nil, policy.Program},
		"no policy, unknown":                          {compiled(t, policy.Model{}, nil), "1", anybody, nil, policy.Unknown},
		"no engine":                                   {nil, "1", anybody, nil, policy.Unknown},
		"a policy that is silent: what holds":         {compiled(t, barring(t, "2"), harbourPeople), "1", anybody, anybody, policy.NotAllowed},
		"a policy that is silent and denies it":       {compiled(t, barring(t, "1"), harbourPeople), "1", anybody, nil, policy.Denied},
		"a policy that is silent, to who has nothing": {compiled(t, barring(t, "2"), harbourPeople), "1", nil, nil, policy.NotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			press := policy.Press{
				Person: test.person, Kind: change.GroupSettings, Verb: change.VerbApprove, Holds: slices.Clone(test.holds),
				Resource: policy.Resource{Type: "table", Name: "data@example.com", Owners: []policy.Reference{user("1")}},
			}
			got := test.engine.Counting(press)
			if !slices.Equal(got.Counts, test.want) || got.May != (len(test.want) > 0) || got.Decision.Reason != test.reason {
				t.Errorf("got %q, %t (%s), want %q (%s)", got.Counts, got.May, got.Decision, test.want, test.reason)
			}
			if !slices.Equal(press.Holds, test.holds) {
				t.Error("the press was changed")
			}
		})
	}
	press := policy.Press{Person: "1", Kind: change.GroupSettings, Verb: change.VerbClaim, Holds: anybody}
	if got := ownersDecide(t).Counting(press); got.May || got.Counts != nil || got.Decision.Allowed {
		t.Errorf("a verb for functions: got %+v, want nothing", got)
	}
}

// barring denies everything to one of the people of the harbour, and is otherwise about the catalogue.
func barring(t *testing.T, id string) policy.Model {
	t.Helper()
	m := harbour(
		policy.Policy{Name: "catalogue", Rules: []policy.Rule{allow("edit", policy.EditAll, "all", nil)}},
		policy.Policy{Name: "bar", Rules: []policy.Rule{deny("bar", policy.All, "all", nil)}},
	)
	m.Policies = slices.DeleteFunc(m.Policies, func(p policy.Policy) bool { return p.Name == "everything" })
	m.Roles[0].Policies = []string{"catalogue"}
	for _, p := range harbourPeople {
		if p.ID == id {
			m.Roles = append(m.Roles, policy.Role{Name: "barred", Policies: []string{"bar"}, Members: []change.Selector{change.Selector("user:" + p.Email)}})
		}
	}
	return m
}

// Whom a rule does not reach may not ask where the policy speaks of it; everybody may where not.
// What Sekisho does not ask about is never let through for want of a rule.
func TestWhatNobodySpeaksOfEverybodyMayAskFor(t *testing.T) {
	silent := compiled(t, barring(t, "2"), harbourPeople)
	ask := func(o policy.Operation, kind string) policy.Request {
		return policy.Request{Subject: "1", Operations: []policy.Operation{o}, Resource: policy.Resource{Type: kind, Name: "x"}}
	}
	for name, test := range map[string]struct {
		request policy.Request
		want    bool
	}{
		"silent":                         {ask(policy.RequestAccess, policy.AccessResource), true},
		"one of the catalogue's":         {ask("Create", "table"), false},
		"another type of resource":       {ask(policy.RequestAccess, "table"), false},
		"nothing asked":                  {policy.Request{Subject: "1", Resource: policy.Resource{Type: policy.AccessResource}}, false},
		"both, of which one is not ours": {policy.Request{Subject: "1", Operations: []policy.Operation{policy.RequestAccess, "Create"}, Resource: policy.Resource{Type: policy.AccessResource}}, false},
	} {
		if got := silent.Lets(test.request); got.May != test.want {
			t.Errorf("%s: got %t (%s), want %t", name, got.May, got.Decision, test.want)
		}
	}
	if got := compiled(t, policy.Model{}, harbourPeople).Lets(policy.Request{Subject: "1"}); got.May {
		t.Error("without a policy, nothing asked was let through")
	}
}

// What is found out once for a model is what [policy.Model.Allowing] finds for each question.
func TestSilenceIsThatOfTheModel(t *testing.T) {
	seen := map[bool]int{}
	for seed := range uint64(500) {
		w := newWorld(t, seed)
		e := compiled(t, w.model, nil)
		for _, p := range policy.Permissions() {
			got, want := e.Silent(p.Operation, p.Type), w.model.Allowing(p.Operation, p.Type).Silent()
			if got != want {
				t.Errorf("world %d, %s on %s: silent %t, want %t", seed, p.Operation, p.Type, got, want)
			}
			seen[want]++
		}
	}
	if seen[true] < 500 || seen[false] < 500 {
		t.Errorf("the worlds are one-sided: %v", seen)
	}
}

// Nobody has the policy, so that its rule for owners is nobody's: what holds without a policy holds
// still, and the owner decides. Once it is given to somebody else, the owner does not any more.
func TestAPolicyThatNobodyHasIsSilent(t *testing.T) {
	m := policy.Model{
		Teams: []policy.Team{{Name: "nobody's", Type: policy.Department, Policies: []string{"own"}}},
		Roles: []policy.Role{{Name: "nobody's", Policies: []string{"own"}}},
		Policies: []policy.Policy{{Name: "own", Rules: []policy.Rule{
			allow("own", policy.ApproveSettings, "group", condition(t, "isOwner()")),
		}}},
	}
	press := policy.Press{
		Person: "1", Kind: change.GroupSettings, Verb: change.VerbApprove, Holds: []change.Selector{change.Approvers},
		Resource: policy.Resource{Name: "data@example.com", Owners: []policy.Reference{user("1")}},
	}
	for given, want := range map[change.Selector]bool{"": true, "user:botan@example.com": false, "user:aiko@example.com": true} {
		m.Roles[0].Members = nil
		if given != "" {
			m.Roles[0].Members = []change.Selector{given}
		}
		e := compiled(t, m, harbourPeople)
		if silent := m.Allowing(policy.ApproveSettings, "group").Silent(); silent != (given == "") || e.Silent(policy.ApproveSettings, "group") != silent {
			t.Errorf("given to %q: silent is %t", given, silent)
		}
		if v := e.Counting(press); v.May != want {
			t.Errorf("given to %q: the owner may decide is %t, want %t", given, v.May, want)
		}
	}
}

// A rule is about all types where "all" comes first; elsewhere that is a type like others, as
// CompiledRule.matchResource of OpenMetadata has it.
func TestAllThatDoesNotComeFirstIsSilent(t *testing.T) {
	for first, silent := range map[string]bool{"all": false, "table": true} {
		r := allow("a", policy.ApproveSettings, first, nil)
		r.Resources = append(r.Resources, "all")
		m := policy.Model{
			Policies: []policy.Policy{{Name: "p", Rules: []policy.Rule{r}}},
			Roles:    []policy.Role{{Name: "r", Policies: []string{"p"}, Members: []change.Selector{leads}}},
		}
		if got := m.Allowing(policy.ApproveSettings, policy.GroupResource).Silent(); got != silent {
			t.Errorf("%v: silent is %t, want %t", r.Resources, got, silent)
		}
	}
}

func TestWhomTheOwnersOnlyRuleIsFor(t *testing.T) {
	for text, owners := range map[string]bool{
		"isOwner()": true, "isOwner() && hasDomain()": true, "!isOwner()": false, "! isOwner()": false,
		"!(isOwner() && hasDomain())": false, "isOwner() || hasDomain()": false, "hasDomain()": false,
	} {
		m := policy.Model{
			Policies: []policy.Policy{{Name: "p", Rules: []policy.Rule{allow("a", policy.ApproveSettings, policy.GroupResource, condition(t, text))}}},
			Roles:    []policy.Role{{Name: "r", Policies: []string{"p"}, Members: []change.Selector{leads}}},
		}
		got := m.Allowing(policy.ApproveSettings, policy.GroupResource)
		if got.Owners != owners || slices.Contains(got.Among, leads) == owners {
			t.Errorf("%s: asked are %+v, the owners alone: want %t", text, got, owners)
		}
	}
}
