package policy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// company is a small company with something of everything to explain.
func company(t testing.TB) (policy.Model, policy.Roster) {
	m := policy.Model{
		Teams: []policy.Team{
			{Name: "Organization", Type: policy.Organization, Policies: []string{"organization"}, DefaultRoles: []string{"employee"}},
			{Name: "data", Type: policy.Division, Group: "data@example.com", Policies: []string{"careful"}},
			{Name: "etl", Type: policy.Department, Parents: []string{"data"}, Group: "etl-team@example.com", Policies: []string{"etl-only"}},
		},
		Roles: []policy.Role{
			{Name: "access-approver", Policies: []string{"approve-access"}, Members: []change.Selector{"group:leads@example.com", "user:ken@example.com"}},
			{Name: "employee", Policies: []string{"everyone"}},
			{Name: "steward", Policies: []string{"stewardship"}, Members: []change.Selector{"group:stewards@example.com"}},
		},
		Policies: append(policy.Standard(),
			policy.Policy{Name: "approve-access", Rules: []policy.Rule{allow("approve", policy.ApproveAccess, "access", nil)}},
			policy.Policy{Name: "careful", Rules: []policy.Rule{
				deny("sensitive", "ViewSampleData", "table", condition(t, "matchAnyTag('PII.Sensitive') && !hasAnyRole('steward')")),
			}},
			policy.Policy{Name: "etl-only", Rules: []policy.Rule{deny("team-only", "All", "table", condition(t, "!matchTeam()"))}},
			policy.Policy{Name: "everyone", Rules: []policy.Rule{
				{Name: "ask", Effect: policy.Allow, Operations: []policy.Operation{policy.RequestAccess, policy.RequestAccount}, Resources: []string{"all"}},
				allow("own", policy.ApproveSettings, "group", condition(t, "isOwner()")),
				allow("look", "ViewAll", "table", nil),
			}},
			policy.Policy{Name: "stewardship", Rules: []policy.Rule{
				allow("describe", "EditDescription", "table", condition(t, "noOwner() || isReviewer() || inAnyTeam('etl') && hasDomain()")),
				allow("tag", "EditTags", "all", nil),
				allow("look", "ViewAll", "all", condition(t, "matchAllTags('Tier.Tier1') && !noDomain() && !matchAnyCertification('Bad')")),
			}},
		),
	}
	people := policy.Roster{
		{ID: "101", Email: "aiko@example.com", Groups: []policy.InGroup{
			{Group: "etl-team@example.com"}, {Group: "leads@example.com", Via: []string{"sre@example.com", "senior@example.com"}},
		}},
		{ID: "102", Email: "ken@example.com", Groups: []policy.InGroup{{Group: "stewards@example.com"}}},
		{ID: "103", Email: "yui@example.com"},
		{ID: "104", Email: "root@example.com", Admin: true},
		{ID: "105", Email: "gone@example.com", Suspended: true},
		{ID: "107", Email: "robot@example.com", Bot: true},
	}
	return m, people
}

func TestExplanations(t *testing.T) {
	m, people := company(t)
	e := compiled(t, m, people)
	table := func(change func(*policy.Resource), owners ...policy.Reference) policy.Resource {
		r := policy.Resource{Type: "table", Name: "sample.fact_table", Owners: owners}
		if change != nil {
			change(&r)
		}
		return r
	}
	questions := []struct {
		title      string
		who        string
		operations []policy.Operation
		on         policy.Resource
	}{
		{"a role by a group within groups", "aiko@example.com", []policy.Operation{policy.ApproveAccess}, policy.Resource{Type: "access", Name: "etl-maintenance"}},
		{"a role of one's own", "102", []policy.Operation{policy.ApproveAccess}, policy.Resource{Type: "access", Name: "etl-maintenance"}},
		{"no role", "yui@example.com", []policy.Operation{policy.ApproveAccess}, policy.Resource{Type: "access", Name: "etl-maintenance"}},
		{"what everybody may", "yui@example.com", []policy.Operation{policy.RequestAccess}, policy.Resource{Type: "access", Name: "etl-maintenance"}},
		{"two operations by two rules", "yui@example.com", []policy.Operation{"ViewBasic", "EditOwners"}, table(nil)},
		{"one operation without a rule", "yui@example.com", []policy.Operation{"ViewBasic", "EditOwners", "Create"}, table(nil)},
		{"a condition that fails", "yui@example.com", []policy.Operation{policy.ApproveSettings}, policy.Resource{Type: "group", Name: "data@example.com", Owners: []policy.Reference{user("ken@example.com"), user("aiko@example.com")}}},
		{"a condition that holds", "ken@example.com", []policy.Operation{policy.ApproveSettings}, policy.Resource{Type: "group", Name: "data@example.com", Owners: []policy.Reference{user("ken@example.com")}}},
		{"the owning team denies", "ken@example.com", []policy.Operation{"EditTags"}, table(nil, team("etl"))},
		{"the own team denies what nobody owns", "aiko@example.com", []policy.Operation{"ViewBasic"}, table(nil)},
		{"two denies and nothing that allows", "aiko@example.com", []policy.Operation{"ViewSampleData", "EditTags"}, table(func(r *policy.Resource) { r.Tags = []string{"PII.Sensitive"} }, user("yui@example.com"))},
		{"a deny that nearly holds", "aiko@example.com", []policy.Operation{"ViewSampleData"}, table(func(r *policy.Resource) { r.Tags = []string{"Tier.Tier1"} }, team("etl"))},
		{"several functions", "ken@example.com", []policy.Operation{"EditDescription"}, table(func(r *policy.Resource) {
			r.Reviewers = []policy.Reference{user("yui@example.com")}
			r.Domains = []string{"sales"}
		}, user("yui@example.com"))},
		{"tags, domains and certification", "ken@example.com", []policy.Operation{"ViewAll"}, policy.Resource{
			Type: "topic", Name: "orders", Tags: []string{"Tier.Tier1"}, Domains: []string{"sales"}, Certification: "Bad",
		}},
		{"nothing to look at", "ken@example.com", []policy.Operation{"ViewAll"}, policy.Resource{Type: "topic", Name: "orders"}},
		{"an administrator", "root@example.com", []policy.Operation{"Delete"}, table(nil)},
		{"a suspended account", "gone@example.com", []policy.Operation{policy.RequestAccess}, policy.Resource{Type: "access", Name: "etl-maintenance"}},
		{"nobody", "nobody@example.com", []policy.Operation{policy.RequestAccess}, policy.Resource{Type: "access", Name: "etl-maintenance"}},
		{"an operation that no rule has", "yui@example.com", []policy.Operation{"Fly"}, policy.Resource{Type: "kite", Name: "red"}},
		{"what the policy is silent about", "yui@example.com", []policy.Operation{policy.ReadAudit}, policy.Resource{Type: "audit", Name: "log"}},
		{"a program, about what the policy is silent about", "robot@example.com", []policy.Operation{policy.ApproveAccount}, policy.Resource{Type: "account", Name: "looker/yui@example.com"}},
		{"silence does nothing for who is suspended", "gone@example.com", []policy.Operation{policy.ReadAudit}, policy.Resource{Type: "audit", Name: "log"}},
		{"nothing", "yui@example.com", nil, policy.Resource{Type: "access", Name: "etl-maintenance"}},
	}
	var got, inJapanese strings.Builder
	for _, q := range questions {
		r := policy.Request{Subject: q.who, Operations: q.operations, Resource: q.on}
		x := e.Explain(r)
		if wrong := checkExplanation(x, e.Decide(r)); wrong != "" {
			t.Errorf("%s: %s", q.title, wrong)
		}
		got.WriteString("== " + q.title + "\n" + x.String() + "\n\n")
		inJapanese.WriteString("== " + q.title + "\n" + x.In("ja-JP") + "\n\n")
	}
	golden(t, "explanations.txt", got.String())
	golden(t, "explanations.ja.txt", inJapanese.String())
}

// TestAnExplanationIsInOneLanguage looks for words of the other language, and for values that a text
// has no place for.
func TestAnExplanationIsInOneLanguage(t *testing.T) {
	for name, foreign := range map[string]*regexp.Regexp{
		"explanations.txt":    regexp.MustCompile(`[\p{Hiragana}\p{Katakana}\p{Han}、。]|%!`),
		"explanations.ja.txt": regexp.MustCompile(`(?i)\b(the|is|are|it|has|no|and|of|for|not|because|holds|allows?|team|role|group) |%!`),
	} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if found := foreign.FindString(line); found != "" && !strings.HasPrefix(line, "==") {
				t.Errorf("%s says %q in: %s", name, found, line)
			}
		}
	}
}

// Where there is no policy, what holds without one is said, but not to who is not there.
func TestWithoutAPolicySilenceIsExplained(t *testing.T) {
	_, people := company(t)
	e := compiled(t, policy.Model{}, people)
	idOf := func(who string) string {
		return strings.ReplaceAll(who, "yui@example.com", "103")
	}
	for who, want := range map[string]policy.Operation{"yui@example.com": policy.ApproveSettings, "gone@example.com": "", "nobody@example.com": ""} {
		x := e.Explain(policy.Request{Subject: idOf(who), Operations: []policy.Operation{policy.ApproveSettings}, Resource: policy.Resource{Type: "group", Name: "data@example.com"}})
		if x.Silent != want || x.Person != who || x.Decision.Allowed || strings.Contains(x.String(), "owners and administrators decide") != (want != "") {
			t.Errorf("%s: silent about %q, want %q:\n%s", who, x.Silent, want, x)
		}
	}
}

func TestAnExplanationIsData(t *testing.T) {
	m, people := company(t)
	e := compiled(t, m, people)
	q := policy.Request{Subject: "101", Operations: []policy.Operation{policy.ApproveAccess}, Resource: policy.Resource{Type: "access", Name: "etl-maintenance"}}
	x := e.Explain(q)
	want := []policy.Finding{{
		Operation: policy.ApproveAccess, Effect: policy.Allow,
		Path: []policy.Step{
			{Kind: policy.PersonStep, Name: "aiko@example.com"},
			{Kind: policy.GroupStep, Name: "sre@example.com"},
			{Kind: policy.GroupStep, Name: "senior@example.com"},
			{Kind: policy.GroupStep, Name: "leads@example.com"},
			{Kind: policy.RoleStep, Name: "access-approver"},
			{Kind: policy.PolicyStep, Name: "approve-access"},
			{Kind: policy.RuleStep, Name: "approve"},
		},
	}}
	if diff := cmp.Diff(want, x.Because); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if p, r := x.Because[0].Rule(); p != "approve-access" || r != "approve" {
		t.Errorf("got the rule %s/%s", p, r)
	}
}

// TestAnExplanationShowsTheShortestWayUp has a team with two ways to the one whose policy counts.
func TestAnExplanationShowsTheShortestWayUp(t *testing.T) {
	m := harbour(policy.Policy{Name: "p", Rules: []policy.Rule{allow("r", "Create", "table", nil)}})
	m.Teams = append(m.Teams, policy.Team{Name: "night", Type: policy.Department, Parents: []string{"etl", "data"}, Group: "night@example.com"})
	m.Teams[1].Policies = []string{"p"}
	m.Roles[0].Policies = nil
	e := compiled(t, m, policy.Roster{{ID: "1", Groups: []policy.InGroup{{Group: "Night@example.com"}}}})
	x := e.Explain(policy.Request{Subject: "1", Operations: []policy.Operation{"Create"}, Resource: owned()})
	if got, want := x.String(), "Create: 1 → group Night@example.com → team night → team data → policy p → rule r"; !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant it to say\n%s", got, want)
	}
}

// TestTheRulesOfARenamedGroupHold has a policy that calls a team's and a role's group as they were
// called before. The explanation calls them as they are.
func TestTheRulesOfARenamedGroupHold(t *testing.T) {
	m := harbour(policy.Policy{Name: "p", Rules: []policy.Rule{deny("no", "Create", "table", nil)}}, policy.Policy{Name: "q", Rules: []policy.Rule{allow("yes", "Delete", "table", nil)}})
	m.Teams[3].Policies = []string{"p"} // ops
	m.Roles = append(m.Roles, policy.Role{Name: "keeper", Policies: []string{"q"}, Members: []change.Selector{"group:Keepers@example.com"}})
	e := compiled(t, m, policy.Roster{{ID: "1", Groups: []policy.InGroup{
		{Group: "harbour@example.com", Aliases: []string{"dock@example.com", "OPS@example.com"}},
		{Group: "wardens@example.com", Aliases: []string{"keepers@example.com"}, Via: []string{"day@example.com"}},
	}}})
	for o, want := range map[policy.Operation]string{
		"Create": "Create: 1 → group harbour@example.com → team ops → policy p → rule no",
		"Delete": "Delete: 1 → group day@example.com → group wardens@example.com → role keeper → policy q → rule yes",
	} {
		if got := e.Explain(policy.Request{Subject: "1", Operations: []policy.Operation{o}, Resource: owned()}).String(); !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant it to say\n%s", got, want)
		}
	}
}

func TestLongListsAreCutShort(t *testing.T) {
	m := harbour(policy.Policy{Name: "p", Rules: []policy.Rule{allow("r", "Fly", "kite", nil)}})
	for i := range 9 {
		r := policy.Role{Name: "role" + groupNumber(i), Policies: []string{"p"}}
		for j := range 8 {
			r.Members = append(r.Members, change.Selector("group:"+groupNumber(j)))
		}
		m.Roles = append(m.Roles, r)
	}
	m.Roles[0].Policies = nil
	x := compiled(t, m, harbourPeople).Explain(policy.Request{Subject: "1", Operations: []policy.Operation{"Fly"}, Resource: policy.Resource{Type: "kite", Name: "red"}})
	if len(x.Elsewhere) != 9 || len(x.Elsewhere[0].Open) != 8 {
		t.Fatalf("got %d rules elsewhere, want 9 for 8 groups each", len(x.Elsewhere))
	}
	for _, want := range []string{"- and 4 more", "ggggg@example.com and 3 more"} {
		if !strings.Contains(x.String(), want) {
			t.Errorf("got\n%s\nwant it to say %q", x, want)
		}
	}
}

// Rules alone do not say who decides: what the approvals take of people is said with them.
func TestAnExplanationSaysWhetherAPersonCounts(t *testing.T) {
	m := policy.Model{
		Roles:    []policy.Role{{Name: "r", Policies: []string{"p"}, Members: []change.Selector{"user:ken@example.com"}}},
		Policies: []policy.Policy{{Name: "p", Rules: []policy.Rule{allow("a", policy.ApproveAccess, policy.AccessResource, nil)}}},
	}
	people := policy.Roster{{ID: "aiko", Email: "aiko@example.com"}, {ID: "ken", Email: "ken@example.com"}}
	leads := []change.Need{{Count: 2, From: "group:leads@example.com"}}
	grants := func(counts ...change.Selector) policy.Deciding {
		return policy.Deciding{Kinds: []change.Kind{change.AccessGrant}, Needs: leads, Counts: counts}
	}
	rest := func(counts ...change.Selector) policy.Deciding {
		return policy.Deciding{Kinds: []change.Kind{change.AccessRevoke, change.AccessReview}, Needs: []change.Need{{Count: 1, From: change.Approvers}}, Counts: counts}
	}
	for name, test := range map[string]struct {
		model             policy.Model
		person            string
		deciding          []policy.Deciding
		english, japanese []string
		never, either     string
	}{
		"named, by no rule": {
			m, "aiko",
			[]policy.Deciding{grants("group:leads@example.com"), rest()},
			[]string{"In part: aiko@example.com", "- access.grant takes 2 of group:leads@example.com: aiko@example.com counts, as one of group:leads@example.com", "access.revoke and access.review take 1 of approvers: aiko@example.com does not count", "Approvers are those whom a rule allows it."},
			[]string{"一部のみ: aiko@example.com", "- access.grant には group:leads@example.com から 2 人が必要: aiko@example.com は group:leads@example.com の一人として承認・却下できます", "approvers は、ルールが許可している人です。"},
			"Yes:", "はい:",
		},
		"allowed, and not named": {
			m, "ken",
			[]policy.Deciding{grants()},
			[]string{"No: ken@example.com", "Allowed:", "ken@example.com does not count"},
			[]string{"いいえ: ken@example.com", "ken@example.com は承認・却下できません"},
			"Yes:", "はい:",
		},
		"allowed, and named": {
			m, "ken", []policy.Deciding{rest(change.Approvers)}, []string{"Yes: ken@example.com"}, []string{"はい: ken@example.com"}, "In part:", "一部のみ:",
		},
		"the manager of who asks": {
			m, "aiko",
			[]policy.Deciding{{Kinds: []change.Kind{change.AccessGrant}, Needs: []change.Need{{Count: 1, From: change.Manager}}}},
			[]string{"In part: aiko@example.com", "aiko@example.com counts where it is a report of theirs who asks"},
			[]string{"部下の依頼についてのみ"},
			"does not count", "できません",
		},
		"asked after a while": {
			m, "aiko",
			[]policy.Deciding{{Kinds: []change.Kind{change.AccessGrant}, Needs: leads, Escalate: &change.Escalation{After: 4 * time.Hour, To: "user:aiko@example.com"}, Later: true}},
			[]string{"In part: aiko@example.com", "access.grant takes 2 of group:leads@example.com, after 4h of user:aiko@example.com too: aiko@example.com counts after 4h, as one of user:aiko@example.com"},
			[]string{"一部のみ: aiko@example.com", "4h 後は user:aiko@example.com からも可", "aiko@example.com は 4h 後から user:aiko@example.com の一人として承認・却下できます"},
			"does not count", "できません",
		},
		"the manager of who asks, after a while": {
			m, "aiko",
			[]policy.Deciding{{Kinds: []change.Kind{change.AccessGrant}, Needs: leads, Escalate: &change.Escalation{After: 4 * time.Hour, To: change.Manager}}},
			[]string{"In part: aiko@example.com", "aiko@example.com counts after 4h where it is a report of theirs who asks"},
			[]string{"一部のみ: aiko@example.com", "4h 後から、部下の依頼についてのみ"},
			"does not count", "できません",
		},
		"a policy that is silent": {
			policy.Model{Policies: []policy.Policy{{Name: "p", Rules: []policy.Rule{allow("a", "ViewAll", "table", nil)}}}},
			"aiko",
			[]policy.Deciding{grants(), rest(change.Approvers)},
			[]string{"In part: aiko@example.com", "No rule allows this to anybody.", "No rule says who approvers are: owners and administrators decide."},
			[]string{"approvers を定めるルールがないため、所有者と管理者が承認・却下します。"},
			"Where policy does not speak", "By no rule",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := policy.Compile(test.model, people)
			if err != nil {
				t.Fatal(err)
			}
			x := e.Explain(policy.Request{Subject: test.person, Operations: []policy.Operation{policy.ApproveAccess}, Resource: policy.Resource{Type: policy.AccessResource, Name: "etl"}})
			x.Deciding = test.deciding
			for language, want := range map[string][]string{"en": test.english, "ja": test.japanese} {
				text := x.In(language)
				for _, w := range want {
					if !strings.Contains(text, w) {
						t.Errorf("%q is not in\n%s", w, text)
					}
				}
				if strings.Contains(text, test.never) || strings.Contains(text, test.either) {
					t.Errorf("%q or %q is in\n%s", test.never, test.either, text)
				}
			}
		})
	}
}

func TestWhatIsDecidedWithAnOperation(t *testing.T) {
	if got := policy.DecidedWith(policy.ApproveAccess, policy.AccessResource); len(got) != 3 || got[0] != change.AccessGrant {
		t.Errorf("got %v", got)
	}
	for _, o := range []policy.Operation{policy.RequestAccess, policy.Undo, policy.ReadAudit, policy.ChangePolicy, "ViewAll"} {
		if got := policy.DecidedWith(o, policy.AccessResource); got != nil {
			t.Errorf("%s: %v", o, got)
		}
	}
}

func TestADenyWhereThePolicyIsSilentOtherwise(t *testing.T) {
	m := policy.Model{
		Teams:    []policy.Team{{Name: "c", Type: policy.Plain, Group: "contractors@example.com", Policies: []string{"no"}}},
		Policies: []policy.Policy{{Name: "no", Rules: []policy.Rule{deny("no", policy.RequestAccess, policy.AccessResource, nil)}}},
	}
	e, err := policy.Compile(m, policy.Roster{{ID: "aiko", Email: "aiko@example.com", Groups: []policy.InGroup{{Group: "contractors@example.com"}}}})
	if err != nil {
		t.Fatal(err)
	}
	x := e.Explain(policy.Request{Subject: "aiko", Operations: []policy.Operation{policy.RequestAccess}, Resource: policy.Resource{Type: policy.AccessResource, Name: "etl"}})
	for language, want := range map[string]string{
		"en": "Without that, no rule would speak of it, and then everybody may ask.", "ja": "これがなければポリシーに定めがないことになり、誰でも依頼できます。",
	} {
		if text := x.In(language); !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// What an explanation says of others holds for others: who is in the set that it names is allowed it,
// and where it names nobody, nobody is, in whatever groups.
func TestWhatAnExplanationSaysOfOthersHolds(t *testing.T) {
	asked, offered, closed := 0, 0, 0
	for seed := range uint64(300) {
		w := newWorld(t, seed)
		e, err := policy.Compile(w.model, w.people)
		if err != nil {
			t.Fatal(err)
		}
		may := func(q policy.Request, o policy.Operation, groups ...string) policy.Decision {
			other := policy.Person{ID: "new", Email: "new@example.com"}
			for _, g := range groups {
				other.Groups = append(other.Groups, policy.InGroup{Group: g})
			}
			q.Subject, q.Operations = "new", []policy.Operation{o}
			return e.With(append(slices.Clone(w.people), other)).Decide(q)
		}
		for _, q := range w.requests {
			x := e.Explain(q)
			if x.Decision.Reason != policy.NotAllowed {
				continue
			}
			asked++
			for _, f := range x.Elsewhere {
				for _, s := range f.Open {
					address, isGroup := strings.CutPrefix(string(s), "group:")
					if !isGroup || f.Condition != "" {
						continue
					}
					offered++
					if d := may(q, f.Operation, address); !d.Allowed {
						t.Fatalf("seed %d: %s is told that %s may %s: %s", seed, q.Subject, s, f.Operation, d)
					}
				}
			}
			if x.Silent != "" || !strings.Contains(x.String(), "to anybody") {
				continue
			}
			closed++
			for some := range 1 << len(worldGroups) {
				var groups []string
				for i, g := range worldGroups {
					if some&(1<<i) != 0 {
						groups = append(groups, g)
					}
				}
				if d := may(q, x.Missing[0], groups...); d.Allowed {
					t.Fatalf("seed %d: nobody may %s, it says, and who is in %v may: %s", seed, x.Missing[0], groups, x)
				}
			}
		}
	}
	if asked == 0 || offered == 0 || closed == 0 {
		t.Errorf("%d asked, %d offered, %d closed", asked, offered, closed)
	}
}
