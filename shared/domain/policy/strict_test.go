package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

func TestLoosened(t *testing.T) {
	ask := func(needs ...change.Need) change.Requirement {
		return change.Requirement{Mode: change.Ask, Needs: needs}
	}
	escalated := func(r change.Requirement, e change.Escalation) change.Requirement {
		r.Escalate = &e
		return r
	}
	of := func(n int, from change.Selector) change.Need { return change.Need{Count: n, From: from} }
	base := ask(of(2, leads), of(1, ownersOf))
	hour := change.Escalation{After: 3600e9, To: "group:managers@example.com"}
	sooner := change.Escalation{After: 60e9, To: hour.To}
	others := change.Escalation{After: hour.After, To: "group:others@example.com"}
	tests := map[string]struct {
		old, now change.Requirement
		want     bool
	}{
		"the same":                               {base, base, false},
		"in another order":                       {base, ask(of(1, ownersOf), of(2, leads)), false},
		"in two parts":                           {base, ask(of(1, leads), of(1, ownersOf), of(1, leads)), false},
		"one more":                               {base, ask(of(3, leads), of(1, ownersOf)), false},
		"a fewer":                                {base, ask(of(1, leads), of(1, ownersOf)), true},
		"one set is missing":                     {base, ask(of(3, leads)), true},
		"another set":                            {base, ask(of(2, "group:others@example.com"), of(1, ownersOf)), true},
		"anybody in place of a set":              {ask(of(1, leads)), ask(of(1, change.Approvers)), true},
		"a set in place of anybody":              {ask(of(1, change.Approvers)), ask(of(1, leads)), true}, // whom no rule allows it
		"owners in place of owners and others":   {ask(of(1, change.Approvers)), ask(of(1, ownersOf)), false},
		"two sets in place of one place of each": {ask(of(2, change.Approvers), of(1, ownersOf)), ask(of(3, ownersOf)), false},
		"nobody in place of somebody":            {base, ask(), true},
		"somebody in place of nobody":            {ask(), base, true},
		"one of a set in place of two of anyone": {ask(of(2, change.Approvers)), ask(of(1, leads)), true},
		"a place cannot count twice":             {ask(of(1, leads), of(1, change.Approvers)), ask(of(1, leads)), true},
		"nobody is asked":                        {base, change.Requirement{Mode: change.Auto}, true},
		"only reported":                          {base, change.Requirement{Mode: change.Report}, false},
		"people in place of nobody":              {change.Requirement{Mode: change.Auto}, base, false},
		"done where it was only reported":        {change.Requirement{Mode: change.Report}, base, true},
		"an escalation":                          {base, escalated(base, hour), true},
		"no escalation":                          {escalated(base, hour), base, false},
		"the same escalation":                    {escalated(base, hour), escalated(base, hour), false},
		"an earlier escalation":                  {escalated(base, hour), escalated(base, sooner), true},
		"a later escalation":                     {escalated(base, sooner), escalated(base, hour), false},
		"an escalation to others":                {escalated(base, hour), escalated(base, others), true},
		// The owners fill the place of anybody first, and then that of an owner, for which administrators fill the other.
		"a place that makes room for another": {ask(of(1, change.Approvers), of(1, ownersOf)), ask(of(1, ownersOf), of(1, change.Admins)), false},
	}
	scope := policy.Scope{Kind: change.AccessGrant, Entitlement: "prod"}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := policy.Loosened(
				policy.Ruling{Approvals: map[policy.Scope]change.Requirement{scope: tt.old}},
				policy.Ruling{Approvals: map[policy.Scope]change.Requirement{scope: tt.now}})
			if (len(got) > 0) != tt.want {
				t.Fatalf("got %v, want something: %t", got, tt.want)
			}
			if tt.want && (got[0].What != policy.LowerQuorum || got[0].Scope != scope || !strings.HasPrefix(got[0].String(), "access.grant of prod needs ")) {
				t.Errorf("got %+v: %s", got[0], got[0])
			}
		})
	}
}

// Who is named by an entry decides without a rule. So a set in place of the approvers is as strict where
// a rule lets all of it approve, and lets others in where it does not. What a role is, its members say.
func TestLoosenedByWhoIsNamed(t *testing.T) {
	before := policy.Model{
		Roles: []policy.Role{
			{Name: "approver", Policies: []string{"approve"}, Members: []change.Selector{leads, "user:ken@example.com"}},
			{Name: "some", Policies: []string{"some"}, Members: []change.Selector{"group:some@example.com"}},
			{Name: "sre", Members: []change.Selector{leads, "group:sre@example.com"}},
		},
		Policies: []policy.Policy{
			{Name: "approve", Rules: []policy.Rule{allow("yes", policy.ApproveAccess, "access", nil)}},
			{Name: "some", Rules: []policy.Rule{allow("perhaps", policy.ApproveAccess, "access", condition(t, "!isOwner()"))}},
		},
	}
	after := before
	after.Roles = slices.Clone(before.Roles)
	after.Roles[2].Members = []change.Selector{"group:SRE@example.com"}
	wider := before
	wider.Roles = slices.Clone(before.Roles)
	wider.Roles[2].Members = []change.Selector{leads, "group:sre@example.com", "group:all@example.com"}
	for name, tt := range map[string]struct {
		old, now change.Selector
		model    policy.Model
		want     bool
	}{
		"those who may approve":           {change.Approvers, leads, before, false},
		"all who may approve, by role":    {change.Approvers, "role:approver", before, false},
		"who may not":                     {change.Approvers, "group:all@example.com", before, true},
		"who may under a condition":       {change.Approvers, "group:some@example.com", before, true},
		"a role of which some may":        {change.Approvers, "role:sre", before, true},
		"owners, who may not":             {change.Approvers, change.Owners, before, true},
		"the same role":                   {"role:sre", "role:sre", before, false},
		"the same role with fewer people": {"role:sre", "role:sre", after, false},
		"the same role with more people":  {"role:sre", "role:sre", wider, true},
		"one of a role's groups":          {"role:sre", "group:sre@example.com", before, false},
		"a role in place of its group":    {"group:sre@example.com", "role:sre", before, true},
		"the role that is that group now": {"group:sre@example.com", "role:sre", after, false},
	} {
		t.Run(name, func(t *testing.T) {
			entry := func(from change.Selector) map[policy.Scope]change.Requirement {
				return map[policy.Scope]change.Requirement{{Kind: change.AccessGrant}: {Mode: change.Ask, Needs: []change.Need{{Count: 1, From: from}}}}
			}
			got := policy.Loosened(policy.Ruling{Model: before, Approvals: entry(tt.old)}, policy.Ruling{Model: tt.model, Approvals: entry(tt.now)})
			if (len(got) > 0) != tt.want {
				t.Errorf("got %v, want something: %t", got, tt.want)
			}
		})
	}
}

// Access is compared by what is given to whom, not by what the policy calls it.
func TestLoosenedWaysToAccess(t *testing.T) {
	ask := func(n int) change.Requirement {
		return change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: n, From: leads}}}
	}
	at, two := change.Requirement{Mode: change.Auto}, ask(2)
	model := policy.Model{Roles: []policy.Role{{Name: "etl", Members: []change.Selector{"group:etl@example.com", "user:ken@example.com"}}}}
	prod := policy.Way{Entitlement: "prod", What: "run.admin at project prod", For: "group:etl@example.com", Needs: two}
	glass := policy.Way{Entitlement: "glass", What: "run.admin at project glass", For: "role:etl", Needs: at, Review: &two}
	changed := func(w policy.Way, change func(*policy.Way)) policy.Way {
		change(&w)
		return w
	}
	for name, tt := range map[string]struct {
		now  []policy.Way
		want string
	}{
		"the same": {[]policy.Way{prod, glass}, ""},
		"none":     {nil, ""},
		"fewer people have to agree": {
			[]policy.Way{changed(prod, func(w *policy.Way) { w.Needs = ask(1) })},
			"access.grant of prod needs 1 of group:leads@example.com in place of 2 of group:leads@example.com",
		},
		"by another name": {
			[]policy.Way{prod, changed(prod, func(w *policy.Way) { w.Entitlement, w.Needs = "quick", at })},
			"access.grant of quick needs mode auto in place of 2 of group:leads@example.com",
		},
		"by another name, as strict": {[]policy.Way{changed(prod, func(w *policy.Way) { w.Entitlement = "other" })}, ""},
		"to one of those who had it": {[]policy.Way{changed(glass, func(w *policy.Way) { w.For = "user:Ken@example.com" })}, ""},
		"at once to others": {
			[]policy.Way{changed(glass, func(w *policy.Way) { w.For = "group:all@example.com" })},
			"access.grant of glass needs mode auto in place of 1 of approvers",
		},
		"something else at once": {
			[]policy.Way{changed(glass, func(w *policy.Way) { w.What = "run.admin at project prod" })},
			"access.grant of glass needs mode auto in place of 2 of group:leads@example.com",
		},
		"to somebody who may be one of those who had it": {
			[]policy.Way{prod, changed(prod, func(w *policy.Way) { w.Entitlement, w.For, w.Needs = "quick", "user:aiko@example.com", ask(1) })},
			"access.grant of quick needs 1 of group:leads@example.com in place of 2 of group:leads@example.com",
		},
		"to somebody else, as strict": {
			[]policy.Way{prod, changed(prod, func(w *policy.Way) { w.Entitlement, w.For = "other", "user:aiko@example.com" })}, "",
		},
		"something else by the old name": {
			[]policy.Way{changed(prod, func(w *policy.Way) { w.What, w.Needs = "run.viewer at project prod", ask(1) })},
			"access.grant of prod needs 1 of group:leads@example.com in place of 2 of group:leads@example.com",
		},
		"under a condition": {[]policy.Way{changed(prod, func(w *policy.Way) { w.Condition = "resource.name == 'a'" })}, ""},
		"without the review": {
			[]policy.Way{changed(glass, func(w *policy.Way) { w.Review = nil })},
			"access.review of glass needs mode auto in place of 2 of group:leads@example.com",
		},
		"with a lesser review": {
			[]policy.Way{changed(glass, func(w *policy.Way) { one := ask(1); w.Review = &one })},
			"access.review of glass needs 1 of group:leads@example.com in place of 2 of group:leads@example.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			approvals := map[policy.Scope]change.Requirement{{Kind: change.AccessGrant, Entitlement: "prod"}: two}
			var got []string
			for _, l := range policy.Loosened(
				policy.Ruling{Model: model, Approvals: approvals, Ways: []policy.Way{prod, glass}},
				policy.Ruling{Model: model, Approvals: approvals, Ways: tt.now},
			) {
				got = append(got, l.String())
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("got %q, want %q", strings.Join(got, "; "), tt.want)
			}
		})
	}
}

// Whether a condition with other words lets as much through as another one cannot be told: what is given
// under it takes as many as before.
func TestLoosenedWaysUnderConditions(t *testing.T) {
	way := func(entitlement, condition string, leadsNeeded int) policy.Way {
		return policy.Way{
			Entitlement: entitlement, What: "run.admin at project prod", Condition: condition, For: "group:etl@example.com",
			Needs: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: leadsNeeded, From: leads}}},
		}
	}
	limited := way("prod", "resource.name == 'a'", 2)
	const less = " needs 1 of group:leads@example.com in place of 2 of group:leads@example.com"
	for name, tt := range map[string]struct {
		now  []policy.Way
		want string
	}{
		"the same condition":                {[]policy.Way{way("prod", "resource.name == 'a'", 2)}, ""},
		"the same condition, for fewer":     {[]policy.Way{way("prod", "resource.name == 'a'", 1)}, "access.grant of prod" + less},
		"other words":                       {[]policy.Way{way("prod", "resource.name != 'b'", 2)}, ""},
		"other words, for fewer":            {[]policy.Way{way("prod", "resource.name == 'a' || true", 1)}, "access.grant of prod" + less},
		"other words by another name":       {[]policy.Way{way("quick", "resource.name == 'a' || true", 1)}, "access.grant of quick" + less},
		"no condition":                      {[]policy.Way{way("prod", "", 2)}, ""},
		"none for fewer, besides the old":   {[]policy.Way{limited, way("quick", "", 1)}, "access.grant of quick" + less},
		"none for as many, besides the old": {[]policy.Way{limited, way("quick", "", 2)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range policy.Loosened(policy.Ruling{Ways: []policy.Way{limited}}, policy.Ruling{Ways: tt.now}) {
				got = append(got, l.String())
				if l.Of != "prod" {
					t.Errorf("%s: it is what %q took, want prod", l, l.Of)
				}
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("got %q, want %q", strings.Join(got, "; "), tt.want)
			}
		})
	}
	atOnce := limited
	atOnce.Needs = change.Requirement{Mode: change.Auto}
	wider := atOnce
	wider.Condition = ""
	if got := policy.Loosened(policy.Ruling{Ways: []policy.Way{atOnce}}, policy.Ruling{Ways: []policy.Way{wider}}); len(got) != 1 {
		t.Errorf("at once without its condition: got %v, want it looser", got)
	}
}

func TestLoosenedModes(t *testing.T) {
	scope := policy.Scope{Kind: change.GroupSettings, Part: "whoCanJoin"}
	two := change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 2, From: leads}}}
	for name, tt := range map[string]struct {
		old, now change.Mode
		want     string
	}{
		"asked for, as before":      {change.Ask, change.Ask, ""},
		"done, as before":           {change.Auto, change.Auto, ""},
		"asked for no longer":       {change.Ask, change.Auto, "group.settings of whoCanJoin needs mode auto in place of 2 of group:leads@example.com"},
		"done, not only shown":      {change.Report, change.Auto, "group.settings of whoCanJoin needs mode auto in place of mode report"},
		"done, where nothing was":   {"", change.Auto, "group.settings of whoCanJoin needs mode auto in place of mode report"},
		"asked for, not only shown": {change.Report, change.Ask, ""},
		"asked for, not done":       {change.Auto, change.Ask, ""},
		"only shown":                {change.Auto, change.Report, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ruling := func(m change.Mode) policy.Ruling {
				out := policy.Ruling{Approvals: map[policy.Scope]change.Requirement{{Kind: change.GroupSettings}: two}}
				if m != "" {
					out.Modes = map[policy.Scope]change.Mode{scope: m}
				}
				return out
			}
			got := ""
			for _, l := range policy.Loosened(ruling(tt.old), ruling(tt.now)) {
				got += l.String()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAnEntryThatIsGoneNeedsOneApprover(t *testing.T) {
	scope := policy.Scope{Kind: change.GroupSettings}
	two := policy.Ruling{Approvals: map[policy.Scope]change.Requirement{
		scope: {Mode: change.Ask, Needs: []change.Need{{Count: 2, From: change.Approvers}}},
	}}
	got := policy.Loosened(two, policy.Ruling{})
	if len(got) != 1 || got[0].String() != "group.settings needs 1 of approvers in place of 2 of approvers" {
		t.Errorf("got %v", got)
	}
	if got := policy.Loosened(policy.Ruling{}, two); len(got) > 0 {
		t.Errorf("the other way around: got %v, want nothing", got)
	}
}

func TestScopesAreInOrder(t *testing.T) {
	two := change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 2, From: leads}}}
	old := policy.Ruling{Approvals: map[policy.Scope]change.Requirement{
		{Kind: change.GroupSettings}: two, {Kind: change.AccessGrant, Entitlement: "b"}: two, {Kind: change.AccessGrant, Entitlement: "a"}: two,
	}}
	var got []string
	for _, l := range policy.Loosened(old, policy.Ruling{}) {
		got = append(got, string(l.Scope.Kind)+" "+l.Scope.Entitlement)
	}
	if want := "access.grant a, access.grant b, group.settings "; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", strings.Join(got, ", "), want)
	}
}

// An entitlement that gives something else is compared with the one of its name, whatever the
// approvals say of what nobody could have.
func TestLoosenedBySomethingElseUnderTheOldName(t *testing.T) {
	way := func(what string, leadsNeeded int) []policy.Way {
		return []policy.Way{{
			Entitlement: "prod", What: what, For: "group:etl@example.com",
			Needs: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: leadsNeeded, From: leads}}},
		}}
	}
	got := policy.Loosened(policy.Ruling{Ways: way("run.admin at project prod", 2)}, policy.Ruling{Ways: way("run.viewer at project prod", 1)})
	const want = "access.grant of prod needs 1 of group:leads@example.com in place of 2 of group:leads@example.com"
	if len(got) != 1 || got[0].String() != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
