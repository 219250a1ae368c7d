package standing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// everybody lists the people of the harbour, and somebody who is not there.
var everybody = []string{"ada", "bo", "cy", "flo", "zoe", "old", "nobody"}

// those returns which of everybody may do something.
func those(t *testing.T, may func(person string) (bool, error)) string {
	t.Helper()
	var out []string
	for _, id := range everybody {
		ok, err := may(id)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			out = append(out, id)
		}
	}
	return strings.Join(out, " ")
}

// The leads are bo and cy, the owner is ada, the administrator is zoe, and it was done to flo.
func TestWhoMayDoWhatByPolicy(t *testing.T) {
	of := func(effect policy.Effect, o policy.Operation, resource string) policy.Model {
		return model(rule(t, effect, o, resource, ""))
	}
	settings := change.Change{
		Kind: change.GroupSettings, Target: change.Target{ID: "eng", Name: "eng@example.com"}, Requester: change.Actor{Kind: change.ByRule, ID: "rules"},
		Requirement: change.DefaultRequirement(), Concerned: []string{"flo", "cy", "old"},
	}
	renamed := func(effect policy.Effect) policy.Model {
		m := of(effect, policy.RequestAccess, "access")
		m.Roles[0].Members = []change.Selector{"group:old-leads@example.com"}
		return m
	}
	ask := func(r *standing.Resolver, id string) (bool, error) {
		return r.MayAsk(t.Context(), id, change.AccessGrant, "etl", standing.Sources{})
	}
	undo := func(r *standing.Resolver, id string) (bool, error) {
		v, err := r.MayUndo(t.Context(), settings, id, id == "flo" || id == "cy" || id == "old")
		return v.May, err
	}
	read := func(r *standing.Resolver, id string) (bool, error) { return r.MayReadAudit(t.Context(), id) }
	agree := func(r *standing.Resolver, id string) (bool, error) { return r.MayChangePolicy(t.Context(), id) }
	for name, test := range map[string]struct {
		model policy.Model
		may   func(*standing.Resolver, string) (bool, error)
		want  string
	}{
		"to ask, without a policy":                 {policy.Model{}, ask, "ada bo cy flo zoe"},
		"to ask, by a policy that is silent":       {of(policy.Allow, policy.ReadAudit, "audit"), ask, "ada bo cy flo zoe"},
		"to ask, whom policy allows it":            {of(policy.Allow, policy.RequestAccess, "access"), ask, "bo cy"},
		"to ask, not whom policy denies it":        {of(policy.Deny, policy.RequestAccess, "access"), ask, "ada flo zoe"},
		"to ask, whom the group's old name allows": {renamed(policy.Allow), ask, "bo cy"},
		"to ask, not whom its old name denies it":  {renamed(policy.Deny), ask, "ada flo zoe"},
		"to undo, without a policy":                {policy.Model{}, undo, "ada cy flo zoe"},
		"to undo, by a policy that is silent":      {of(policy.Allow, policy.ReadAudit, "audit"), undo, "ada cy flo zoe"},
		"to undo, who decides by policy":           {of(policy.Allow, policy.ApproveSettings, "group"), undo, "bo cy flo"},
		"to undo, whom policy allows it":           {of(policy.Allow, policy.Undo, "group"), undo, "ada bo cy flo zoe"},
		"to undo, not whom policy denies it":       {of(policy.Deny, policy.Undo, "group"), undo, "ada flo zoe"},
		"to undo, allowed about something else":    {of(policy.Allow, policy.Undo, "account"), undo, "ada cy flo zoe"},
		"to read, without a policy":                {policy.Model{}, read, "ada bo cy flo zoe"},
		"to read, whom policy allows it":           {of(policy.Allow, policy.ReadAudit, "audit"), read, "bo cy"},
		"to read, not whom policy denies it":       {of(policy.Deny, policy.ReadAudit, "audit"), read, "ada flo zoe"},
		"to change policy, without a policy":       {policy.Model{}, agree, "zoe"},
		"to change policy, by one that is silent":  {of(policy.Allow, policy.ReadAudit, "audit"), agree, "zoe"},
		"to change policy, whom policy allows it":  {of(policy.Allow, policy.ChangePolicy, "policy"), agree, "bo cy"},
		"to change policy, not whom it denies it":  {of(policy.Deny, policy.All, "all"), agree, "zoe"},
		"to change policy, by a rule for all ours": {of(policy.Allow, policy.All, "all"), agree, "bo cy"},
	} {
		t.Run(name, func(t *testing.T) {
			r := harbour(t, test.model)
			if got := those(t, func(id string) (bool, error) { return test.may(r, id) }); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Who is refused an undo is told when it is by a rule.
func TestAnUndoThatARuleDenies(t *testing.T) {
	r := harbour(t, model(rule(t, policy.Deny, policy.Undo, "group", "")))
	c := change.Change{Kind: change.GroupSettings, Target: change.Target{ID: "eng", Name: "eng@example.com"}, Requirement: change.DefaultRequirement()}
	for id, want := range map[string]policy.Reason{"bo": policy.Denied, "flo": policy.NotAllowed, "nobody": policy.Unknown} {
		v, err := r.MayUndo(t.Context(), c, id, false)
		if err != nil || v.May || v.Decision.Reason != want {
			t.Errorf("%s: %+v, %v; want %s", id, v, err, want)
		}
	}
}

// Everything that a policy can allow or deny is asked here: of each permission, a deny takes away
// what somebody else still may.
func TestEveryPermissionIsAsked(t *testing.T) {
	for _, p := range policy.Permissions() {
		about := change.Change{Kind: p.Kind, Target: change.Target{ID: "eng", Name: "eng@example.com"}, Requirement: change.DefaultRequirement()}
		may := map[policy.Operation]func(*standing.Resolver, string) (bool, error){
			policy.ReadAudit:    func(r *standing.Resolver, id string) (bool, error) { return r.MayReadAudit(t.Context(), id) },
			policy.ChangePolicy: func(r *standing.Resolver, id string) (bool, error) { return r.MayChangePolicy(t.Context(), id) },
		}[p.Operation]
		verbs := p.Verbs
		if p.Kind == "" {
			verbs = []change.Verb{""}
		}
		for _, v := range verbs {
			switch v {
			case change.VerbPropose:
				may = func(r *standing.Resolver, id string) (bool, error) {
					return r.MayAsk(t.Context(), id, p.Kind, "x", standing.Sources{})
				}
			case change.VerbApprove, change.VerbDeny, change.VerbRetry:
				may = func(r *standing.Resolver, id string) (bool, error) {
					counts, err := r.Holds(t.Context(), about, id)
					return len(counts) > 0, err
				}
			case change.VerbUndo:
				may = func(r *standing.Resolver, id string) (bool, error) {
					verdict, err := r.MayUndo(t.Context(), about, id, true)
					return verdict.May, err
				}
			}
			if may == nil {
				t.Errorf("%s on %s is asked by nothing", p.Operation, p.Type)
				continue
			}
			// Zoe has all there is by the policy; then a rule denies her this.
			given := []policy.Rule{rule(t, policy.Allow, policy.All, "all", "")}
			for _, want := range []bool{true, false} {
				m := model(given...)
				m.Roles[0].Members = []change.Selector{"user:zoe@example.com"}
				if got, err := may(harbour(t, m), "zoe"); err != nil || got != want {
					t.Errorf("%s %s, %s on %s with %d rules: %t, %v; want %t", v, p.Kind, p.Operation, p.Type, len(given), got, err, want)
				}
				given = append(given, rule(t, policy.Deny, p.Operation, p.Type, ""))
			}
		}
	}
}

// The leads are bo and cy, the owner is ada, the administrator is zoe, and it was done to flo.
func TestWhoMayStillAsk(t *testing.T) {
	by := func(k change.Kind, id string) change.Change {
		return change.Change{Kind: k, Target: change.Target{ID: "eng", Name: "eng@example.com"}, Requester: change.Actor{Kind: change.ByPerson, ID: id}}
	}
	done := func(k change.Kind) *change.Change {
		c := by(k, "rules")
		c.Requester.Kind, c.Concerned, c.Requirement = change.ByRule, []string{"flo", "old"}, change.DefaultRequirement()
		return &c
	}
	allowed := model(rule(t, policy.Allow, policy.RequestAccess, "access", ""))
	denied := func(o policy.Operation, resource string) policy.Model {
		return model(rule(t, policy.Deny, o, resource, ""))
	}
	for name, test := range map[string]struct {
		model  policy.Model
		kind   change.Kind
		undone *change.Change
		want   string
	}{
		"where policy is silent":                        {policy.Model{}, change.AccessGrant, nil, "ada bo cy flo zoe"},
		"whom policy allows it":                         {allowed, change.AccessGrant, nil, "bo cy"},
		"not whom it denies it":                         {denied(policy.RequestConnection, "connection"), change.ConnectionCreate, nil, "ada flo zoe"},
		"what there is no operation for":                {denied(policy.All, "all"), change.AccountEnable, nil, "ada bo cy flo zoe old nobody"},
		"to take back, whom it concerns and who decide": {policy.Model{}, change.GroupSettings, done(change.GroupSettings), "ada flo zoe"},
		"to take back, not whom policy denies it":       {denied(policy.Undo, "group"), change.GroupSettings, done(change.GroupSettings), "ada flo zoe"},
		"to give back what one was given":               {denied(policy.Undo, "access"), change.AccessRevoke, done(change.AccessGrant), "ada flo zoe old"},
	} {
		t.Run(name, func(t *testing.T) {
			r := harbour(t, test.model)
			for _, mode := range []change.Mode{change.Ask, change.Auto} { // what is given at once as well
				got := those(t, func(id string) (bool, error) {
					c := by(test.kind, id)
					c.Requirement.Mode = mode
					return r.MayStillAsk(t.Context(), c, test.undone)
				})
				if got != test.want {
					t.Errorf("mode %s: got %q, want %q", mode, got, test.want)
				}
			}
		})
	}
	robot := by(change.AccessGrant, "ada")
	robot.Requester.Kind = change.ByRule
	if may, err := harbour(t, denied(policy.All, "all")).MayStillAsk(t.Context(), robot, nil); err != nil || !may {
		t.Errorf("what a rule proposed: %t, %v; want that nobody is asked", may, err)
	}
}

// The form and /why answer alike, whatever a rule asks about owners. Ada owns eng; of connections bo does.
func TestAskingIsAnsweredAsWhyDoes(t *testing.T) {
	from := standing.Sources{
		Entitlements: []grant.Entitlement{{Name: "etl", Eligible: []change.Selector{"group:eng@example.com"}}},
		Connections:  shelf{{Owner: "bo"}},
	}
	ask := map[change.Kind]string{change.AccessGrant: "etl", change.AccountCreate: "looker/ada@example.com", change.ConnectionCreate: "sales_db"}
	owners := map[change.Kind]string{change.AccessGrant: "ada", change.AccountCreate: "", change.ConnectionCreate: "bo"}
	for kind, name := range ask {
		needed, _ := policy.Needed(kind, change.VerbPropose)
		for _, condition := range []string{"", "isOwner()", "!isOwner()", "noOwner()", "!(noOwner() || isOwner())"} {
			for _, effect := range []policy.Effect{policy.Allow, policy.Deny} {
				m := model(rule(t, effect, needed.Operation, needed.Type, condition))
				m.Roles[0].Members = append(m.Roles[0].Members, "user:ada@example.com")
				r := harbour(t, m)
				may := those(t, func(id string) (bool, error) { return r.MayAsk(t.Context(), id, kind, name, from) })
				why := those(t, func(id string) (bool, error) {
					about, err := r.Describe(t.Context(), needed.Type, name, from)
					if err != nil {
						return false, err
					}
					x, err := r.May(t.Context(), id, catalog.Account{}, needed.Operation, about)
					return x.Decision.Allowed || x.Silent != "", err
				})
				if may != why {
					t.Errorf("%s %s if %s: may ask: %q, by /why: %q", effect, needed.Operation, condition, may, why)
				}
				if effect == policy.Allow && condition == "isOwner()" && may != owners[kind] {
					t.Errorf("owners who may %s: %q", needed.Operation, may)
				}
			}
		}
	}
	c := change.Change{
		Kind: change.AccessGrant, Target: change.Target{ID: "etl", Name: "etl"}, Requester: change.Actor{Kind: change.ByPerson, ID: "ada"},
		Owners: []change.Selector{"owners:eng@example.com"},
	}
	m := model(rule(t, policy.Allow, policy.RequestAccess, "access", "isOwner()"))
	m.Roles[0].Members = []change.Selector{"user:ada@example.com"}
	r := harbour(t, m)
	if may, err := r.MayStillAsk(t.Context(), c, nil); err != nil || !may {
		t.Errorf("an owner may still ask: %t, %v", may, err)
	}
}

// The form for a new connection opens to whom a rule lets ask with some owner, and /why says so. Which one is named decides
// when it is sent, and before the effect. Ada and flo are in eng.
func TestANewConnectionHasTheOwnerWhoIsNamed(t *testing.T) {
	from := standing.Sources{Connections: shelf{{Owner: "bo"}}}
	for condition, want := range map[string]struct {
		form bool
		why  policy.Answer
		sent string // by the owner who is named: ada herself, flo in her team, bo in none
	}{
		"":                          {true, policy.Yes, "ada flo bo"},
		"isOwner()":                 {true, policy.InPart, "ada"},
		"!isOwner()":                {true, policy.InPart, "flo bo"},
		"noOwner()":                 {false, policy.No, ""},
		"!noOwner()":                {true, policy.Yes, "ada flo bo"},
		"isOwner() && noOwner()":    {false, policy.No, ""},
		"matchTeam()":               {true, policy.InPart, "ada flo"},
		"matchTeam() && !isOwner()": {true, policy.InPart, "flo"},
		"!matchTeam()":              {true, policy.InPart, "bo"},
	} {
		m := model(rule(t, policy.Allow, policy.RequestConnection, "connection", condition))
		m.Teams = []policy.Team{{Name: "engineers", Type: policy.Department, Group: "eng@example.com", Policies: []string{m.Policies[0].Name}}}
		m.Roles = nil
		r := harbour(t, m)
		form, err := r.MayAsk(t.Context(), "ada", change.ConnectionCreate, "new", from)
		if err != nil || form != want.form {
			t.Errorf("if %q: the form opens %t, %v", condition, form, err)
		}
		about, err := r.Describe(t.Context(), policy.ConnectionResource, "new", from)
		if err != nil {
			t.Fatal(err)
		}
		x, err := r.Why(t.Context(), "ada", catalog.Account{}, policy.RequestConnection, about, nil)
		if err != nil {
			t.Fatal(err)
		}
		if x.Answer() != want.why {
			t.Errorf("if %q: /why says %q, want %q:\n%s", condition, x.Answer(), want.why, x)
		}
		var sent []string
		for _, owner := range []string{"ada", "flo", "bo"} {
			c := change.Change{
				Kind: change.ConnectionCreate, Target: change.Target{ID: "new", Name: "new"}, Requester: change.Actor{Kind: change.ByPerson, ID: "ada"},
				Owners: []change.Selector{change.Selector("user:" + owner + "@example.com")},
			}
			may, err := r.MayStillAsk(t.Context(), c, nil)
			if err != nil {
				t.Fatal(err)
			}
			if may {
				sent = append(sent, owner)
			}
		}
		if got := strings.Join(sent, " "); got != want.sent {
			t.Errorf("if %q: may ask with the owners %q, want %q", condition, got, want.sent)
		}
	}
}

// What /why says of a new connection names the owners with whom it may be asked for, in both languages.
func TestWhyNamesTheOwnersOfANewConnection(t *testing.T) {
	m := model(rule(t, policy.Allow, policy.RequestConnection, "connection", "matchTeam() && !isOwner()"))
	m.Teams = []policy.Team{{Name: "engineers", Type: policy.Department, Group: "eng@example.com", Policies: []string{"p"}}}
	m.Roles = nil
	x, err := harbour(t, m).Why(t.Context(), "ada", catalog.Account{}, policy.RequestConnection, policy.Resource{Type: policy.ConnectionResource, Name: "new"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string]string{
		"en": `In part: ada@example.com, RequestConnection on connection:new.
Allowed:
- RequestConnection: ada@example.com → group eng@example.com → team engineers → policy p → rule allow-RequestConnection
  under the condition matchTeam() && !isOwner(): matchTeam() holds, because ada@example.com and an owner of it are in the team engineers; ` +
			`isOwner() does not hold, because its owner is somebody in the same groups
What is new has the owner whom its request names:
- with ada@example.com as its owner, ada@example.com may not ask: no rule allows it
- with somebody in the same groups as its owner, ada@example.com may ask: allowed by the rule allow-RequestConnection of the policy p
- with somebody in none of the same groups as its owner, ada@example.com may not ask: no rule allows it`,
		"ja": `一部のみ: ada@example.com、RequestConnection、connection:new。
許可しているルール:
- RequestConnection: ada@example.com → グループ eng@example.com → チーム engineers → ポリシー p → ルール allow-RequestConnection
  条件 matchTeam() && !isOwner(): matchTeam() は成立 (ada@example.com と所有者がチーム engineers に属している)、` +
			`isOwner() は不成立 (所有者は 同じグループの別の人)
新規の場合、所有者は依頼で指定された人です:
- 所有者が ada@example.com の場合、ada@example.com は依頼できません: 許可するルールがありません
- 所有者が 同じグループの別の人 の場合、ada@example.com は依頼できます: ポリシー p のルール allow-RequestConnection が許可しています
- 所有者が 同じグループにいない人 の場合、ada@example.com は依頼できません: 許可するルールがありません`,
	} {
		if diff := cmp.Diff(want, x.In(language)); diff != "" {
			t.Errorf("in %s (-want +got):\n%s", language, diff)
		}
	}
}

// Ada is in one team below the division data and bo in another, whose division lets people ask about data of
// its own people; of her own team's she may be denied it. The form opens for her, and /why says with whom.
func TestTheOwnerOfANewConnectionMayBeInAnotherTeam(t *testing.T) {
	for denied, want := range map[bool][]string{
		false: {"with ada@example.com as its owner, ada@example.com may ask", "with somebody in the same groups as its owner, ada@example.com may ask", "with somebody else in the team data as its owner, ada@example.com may ask: allowed by the rule allow-RequestConnection of the policy p", "with somebody in none of the same groups as its owner, ada@example.com may not ask"},
		true:  {"with ada@example.com as its owner, ada@example.com may not ask: denied by the rule deny-RequestConnection of the policy four-eyes", "with somebody in the same groups as its owner, ada@example.com may not ask: denied by", "with somebody else in the team data as its owner, ada@example.com may ask", "with somebody in none of the same groups as its owner, ada@example.com may not ask: no rule allows it"},
	} {
		m := model(rule(t, policy.Allow, policy.RequestConnection, "connection", "matchTeam()"))
		m.Roles = nil
		m.Teams = []policy.Team{
			{Name: "data", Type: policy.Division, Policies: []string{"p"}},
			{Name: "engineers", Type: policy.Department, Group: "eng@example.com", Parents: []string{"data"}},
			{Name: "leaders", Type: policy.Department, Group: "leads@example.com", Parents: []string{"data"}},
			{Name: "apart", Type: policy.Division, Group: "flos@example.com"},
		}
		if denied {
			m.Policies = append(m.Policies, policy.Policy{Name: "four-eyes", Rules: []policy.Rule{rule(t, policy.Deny, policy.RequestConnection, "connection", "matchTeam()")}})
			m.Teams[1].Policies = []string{"four-eyes"}
		}
		r := harbour(t, m)
		if form, err := r.MayAsk(t.Context(), "ada", change.ConnectionCreate, "new", standing.Sources{}); err != nil || !form {
			t.Errorf("the form opens: %t, %v", form, err)
		}
		x, err := r.Why(t.Context(), "ada", catalog.Account{}, policy.RequestConnection, policy.Resource{Type: policy.ConnectionResource, Name: "new"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, owners, _ := strings.Cut(x.String(), "What is new has the owner whom its request names:\n")
		lines := strings.Split(owners, "\n")
		for i, line := range lines {
			if len(lines) != len(want) || !strings.HasPrefix(line, "- "+want[i]) {
				t.Errorf("denied %t: %q, want %q", denied, lines, want)
				break
			}
		}
		for _, owner := range []string{"ada", "bo", "flo"} {
			c := change.Change{
				Kind: change.ConnectionCreate, Target: change.Target{ID: "new", Name: "new"}, Requester: change.Actor{Kind: change.ByPerson, ID: "ada"},
				Owners: []change.Selector{change.Selector("user:" + owner + "@example.com")},
			}
			if may, err := r.MayStillAsk(t.Context(), c, nil); err != nil || may != (owner == "bo" || !denied) {
				t.Errorf("denied %t: with %s as the owner she may ask: %t, %v", denied, owner, may, err)
			}
		}
	}
}

// Whoever is in no group has nobody in the same groups.
func TestNobodyIsInTheGroupsOfWhoIsInNone(t *testing.T) {
	m := model(rule(t, policy.Allow, policy.RequestConnection, "connection", "isOwner()"))
	x, err := harbour(t, m).Why(t.Context(), "zoe", catalog.Account{}, policy.RequestConnection, policy.Resource{Type: policy.ConnectionResource, Name: "new"}, nil)
	if err != nil || len(x.Named) != 2 || x.Named[1].Owner != policy.Stranger {
		t.Errorf("%v: %s", err, x)
	}
}

func TestWhyNamesTheWayThroughGroups(t *testing.T) {
	r := harbour(t, model(rule(t, policy.Allow, policy.ApproveAccess, "access", "")))
	x, err := r.May(t.Context(), "cy@example.com", catalog.Account{}, policy.ApproveAccess, policy.Resource{Type: "access", Name: "etl"})
	if err != nil {
		t.Fatal(err)
	}
	text := x.String()
	for _, want := range []string{"cy@example.com", "chiefs@example.com", "leads@example.com", "lead", "allow-ApproveAccess"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not named:\n%s", want, text)
		}
	}
	if !x.Decision.Allowed {
		t.Error("it is not allowed")
	}
}

// Whether somebody counts is the same by /why as when they press. Ada owns eng, bo and cy are leads, zoe
// administers.
func TestWhySaysWhoCounts(t *testing.T) {
	from := standing.Sources{Entitlements: []grant.Entitlement{{Name: "etl", Eligible: []change.Selector{"group:eng@example.com"}}}}
	asks := func(kind change.Kind, entitlement string) change.Requirement {
		if kind == change.AccessGrant && entitlement == "etl" {
			return change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: "user:flo@example.com"}, {Count: 1, From: change.Owners}}}
		}
		return change.DefaultRequirement()
	}
	c := change.Change{
		Kind: change.AccessGrant, Target: change.Target{ID: "etl", Name: "etl"}, Requester: change.Actor{Kind: change.ByPerson, ID: "zoe"},
		Owners: []change.Selector{"owners:eng@example.com"}, Requirement: asks(change.AccessGrant, "etl"),
	}
	for name, m := range map[string]policy.Model{
		"without a policy": {}, "silent": model(rule(t, policy.Allow, policy.ReadAudit, "audit", "")),
		"by a rule": model(rule(t, policy.Allow, policy.ApproveAccess, "access", "")), "a deny": model(rule(t, policy.Deny, policy.All, "all", "")),
	} {
		r := harbour(t, m)
		about, err := r.Describe(t.Context(), policy.AccessResource, "etl", from)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range everybody {
			x, err := r.Why(t.Context(), id, catalog.Account{}, policy.ApproveAccess, about, asks)
			if err != nil {
				t.Fatal(err)
			}
			pressed, err := r.Holds(t.Context(), c, id)
			if err != nil {
				t.Fatal(err)
			}
			pressed = slices.DeleteFunc(pressed, func(s change.Selector) bool { return s == change.Approvers }) // which nobody is asked for
			var counts []change.Selector
			if len(x.Deciding) > 0 {
				counts = x.Deciding[0].Counts
				if kinds := x.Deciding[1].Kinds; len(x.Deciding) != 2 || len(kinds) != 2 {
					t.Errorf("%s: %s: %+v", name, id, x.Deciding)
				}
			}
			if diff := cmp.Diff(pressed, counts, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: %s (-pressing +why):\n%s", name, id, diff)
			}
		}
	}
}

// Who is asked after a while counts from then on. Bo and cy are leads; by another kind, flo is asked at once.
func TestWhySaysWhoCountsLater(t *testing.T) {
	later := change.Requirement{
		Mode: change.Ask, Needs: []change.Need{{Count: 1, From: "user:flo@example.com"}},
		Escalate: &change.Escalation{After: 4 * time.Hour, To: "group:leads@example.com"},
	}
	never := later
	never.Escalate = nil
	asks := func(kind change.Kind, _ string) change.Requirement {
		if kind == change.AccessGrant {
			return later
		}
		return never
	}
	r := harbour(t, policy.Model{})
	for id, want := range map[string]bool{"bo": true, "cy": true, "flo": false, "ada": false} {
		x, err := r.Why(t.Context(), id, catalog.Account{}, policy.ApproveAccess, policy.Resource{Type: policy.AccessResource, Name: "etl"}, asks)
		if err != nil {
			t.Fatal(err)
		}
		if len(x.Deciding) != 2 || x.Deciding[0].Later != want || x.Deciding[1].Later || (len(x.Deciding[0].Counts) > 0) != (id == "flo") {
			t.Errorf("%s: %+v, want one who counts later: %t", id, x.Deciding, want)
		}
	}
}

// Who may agree to another policy is asked of the directory where no rule says so, and is said of each person.
func TestWhySaysWhoMayChangeThePolicy(t *testing.T) {
	named := model(rule(t, policy.Allow, policy.ChangePolicy, "policy", ""))
	for name, test := range map[string]struct {
		model policy.Model
		want  string
	}{
		"without a policy, administrators": {policy.Model{}, "zoe"},
		"those whom a rule allows it":      {named, "bo cy"},
	} {
		t.Run(name, func(t *testing.T) {
			r := harbour(t, test.model)
			var yes []string
			for _, id := range []string{"ada", "bo", "cy", "zoe", "old"} {
				asks := func(change.Kind, string) change.Requirement { return change.DefaultRequirement() }
				x, err := r.Why(t.Context(), id, catalog.Account{}, policy.ChangePolicy, policy.Resource{Type: policy.PolicyResource}, asks)
				if err != nil {
					t.Fatal(err)
				}
				if x.Answer() == policy.Yes {
					yes = append(yes, id)
				} else if x.Answer() != policy.No {
					t.Errorf("%s: %s", id, x)
				}
				if may, err := r.MayChangePolicy(t.Context(), id); err != nil || may != (x.Answer() == policy.Yes) {
					t.Errorf("%s may change the policy: %t, %v; /why: %s", id, may, err, x)
				}
			}
			if got := strings.Join(yes, " "); got != test.want {
				t.Errorf("yes for %s, want %s", got, test.want)
			}
		})
	}
}
