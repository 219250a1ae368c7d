package standing_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// harbour is a small company: Ada owns the group eng, Bo and Cy are in leads, Flo in eng, Zoe
// administers the directory.
func harbour(t *testing.T, m policy.Model) *standing.Resolver {
	t.Helper()
	r, _ := harbourAnd(t, m)
	return r
}

// harbourAnd also returns the mirror that the company is in.
func harbourAnd(t *testing.T, m policy.Model) (*standing.Resolver, *mirror.Mirror) {
	t.Helper()
	db, err := embedded.Open("", func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	mir := mirror.New(db.Store())
	people := []group.Person{
		{ID: "ada", Email: "ada@example.com"},
		{ID: "bo", Email: "bo@example.com", Aliases: []string{"b@example.com"}},
		{ID: "cy", Email: "cy@example.com"},
		{ID: "flo", Email: "flo@example.com"},
		{ID: "zoe", Email: "zoe@example.com", Admin: true},
		{ID: "old", Email: "old@example.com", Suspended: true},
	}
	if err := mir.PutPeople(t.Context(), people, start); err != nil {
		t.Fatal(err)
	}
	for id, members := range map[string][]group.Member{
		"eng":    {owner("ada", group.User), plain("flo", group.User), plain("old", group.User)},
		"leads":  {plain("bo", group.User), plain("chiefs", group.Nested)},
		"chiefs": {plain("cy", group.User)},
	} {
		aliases := []string{"old-" + id + "@example.com"}
		s := group.Snapshot{Group: group.Group{ID: id, Email: id + "@example.com", Aliases: aliases}, Members: members, Read: start}
		if _, err := mir.Replace(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	r, err := standing.New(mir, m)
	if err != nil {
		t.Fatal(err)
	}
	return r, mir
}

func rule(t *testing.T, effect policy.Effect, o policy.Operation, resource, condition string) policy.Rule {
	t.Helper()
	r := policy.Rule{Name: string(effect) + "-" + string(o), Effect: effect, Operations: []policy.Operation{o}, Resources: []string{resource}}
	if condition != "" {
		c, err := policy.ParseCondition(condition)
		if err != nil {
			t.Fatal(err)
		}
		r.Condition = c
	}
	return r
}

// model has one policy, given to the leads.
func model(rules ...policy.Rule) policy.Model {
	return policy.Model{
		Roles:    []policy.Role{{Name: "lead", Policies: []string{"p"}, Members: []change.Selector{"group:leads@example.com"}}},
		Policies: []policy.Policy{{Name: "p", Rules: rules}},
	}
}

func TestWhoMayDecideByPolicy(t *testing.T) {
	onSettings := change.Change{
		Kind: change.GroupSettings, Target: change.Target{ID: "eng", Name: "eng@example.com"}, Requester: change.Actor{Kind: change.ByRule, ID: "rules"},
		Requirement: change.DefaultRequirement(),
	}
	quorum := onSettings
	quorum.Requirement = change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: "group:leads@example.com"}}}
	everybody := model(rule(t, policy.Allow, policy.ApproveSettings, "group", "isOwner()"))
	everybody.Teams = []policy.Team{{Name: "Organization", Type: policy.Organization, Policies: []string{"p"}}}
	denied := everybody
	denied.Policies = append(slices.Clone(everybody.Policies), policy.Policy{Name: "q", Rules: []policy.Rule{rule(t, policy.Deny, policy.ApproveSettings, "group", "")}})
	denied.Roles = append(slices.Clone(everybody.Roles), policy.Role{Name: "barred", Policies: []string{"q"}, Members: []change.Selector{"user:ada@example.com"}})
	for name, test := range map[string]struct {
		model policy.Model
		c     change.Change
		may   string // who counts
		asked string // who is asked; empty where that is another question
	}{
		"without a policy, owners and administrators": {policy.Model{}, onSettings, "ada zoe", "ada zoe"},
		"a policy that does not speak of it":          {model(rule(t, policy.Allow, policy.ApproveAccess, "access", "")), onSettings, "ada zoe", "ada zoe"},
		"a policy that allows it to leads":            {model(rule(t, policy.Allow, policy.ApproveSettings, "group", "")), onSettings, "bo cy", "bo cy"},
		"everything to leads":                         {model(rule(t, policy.Allow, policy.All, "all", "")), onSettings, "bo cy", "bo cy"},
		"owners only":                                 {everybody, onSettings, "ada", "ada"},
		"owners only, one of them barred":             {denied, onSettings, "", "nobody"},
		"a quorum, without a policy":                  {policy.Model{}, quorum, "bo cy", ""},
		"a quorum that policy does not speak of":      {model(rule(t, policy.Allow, policy.ApproveAccess, "access", "")), quorum, "bo cy", ""},
		"a quorum of others than policy allows":       {everybody, quorum, "ada bo cy", ""},
		"a quorum of people to whom policy denies it": {model(rule(t, policy.Deny, policy.All, "all", "")), quorum, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := harbour(t, test.model)
			all := []string{"ada", "bo", "cy", "flo", "zoe", "old", "nobody"}
			held, err := r.Standing(t.Context(), test.c, all)
			if err != nil {
				t.Fatal(err)
			}
			var may []string
			for _, id := range all {
				if len(held[id]) > 0 {
					may = append(may, id)
				}
			}
			if got := strings.Join(may, " "); got != test.may {
				t.Errorf("who counts: %s, want %s (%v)", got, test.may, held)
			}
			if test.asked == "" {
				return
			}
			people, whole, err := r.People(t.Context(), test.c, change.Approvers)
			if err != nil {
				t.Fatal(err)
			}
			if !whole {
				t.Error("there may be others, it says")
			}
			var asked []string
			for _, p := range people {
				asked = append(asked, p.ID)
			}
			if got := cmp.Or(strings.Join(asked, " "), "nobody"); got != test.asked {
				t.Errorf("who is asked: %s, want %s", got, test.asked)
			}
		})
	}
}

// Of many who may decide, some are found though those before them are suspended or barred; and it is said where
// others may be left.
func TestManyWhoMayDecide(t *testing.T) {
	for name, test := range map[string]struct {
		people, suspended, barred int
		want                      int
		whole                     bool
	}{
		"as many as are looked for":      {people: 100, want: 100, whole: true},
		"more":                           {people: 250, want: 100},
		"the first are suspended":        {people: 250, suspended: 200, want: 50, whole: true},
		"the first are barred":           {people: 250, barred: 130, want: 120, whole: true},
		"more are barred than looked up": {people: 350, barred: 320},
	} {
		t.Run(name, func(t *testing.T) {
			m := model(rule(t, policy.Allow, policy.ApproveSettings, "group", ""))
			m.Roles[0].Members = []change.Selector{"group:many@example.com"}
			m.Policies = append(m.Policies, policy.Policy{Name: "q", Rules: []policy.Rule{rule(t, policy.Deny, policy.ApproveSettings, "group", "")}})
			m.Roles = append(m.Roles, policy.Role{Name: "barred", Policies: []string{"q"}, Members: []change.Selector{"group:barred@example.com"}})
			r, mir := harbourAnd(t, m)
			many := group.Snapshot{Group: group.Group{ID: "many", Email: "many@example.com"}, Read: start}
			barred := group.Snapshot{Group: group.Group{ID: "barred", Email: "barred@example.com"}, Read: start}
			var people []group.Person
			for i := range test.people {
				id := fmt.Sprintf("x%03d", i)
				people = append(people, group.Person{ID: id, Email: id + "@example.com", Suspended: i < test.suspended})
				many.Members = append(many.Members, plain(id, group.User))
				if i < test.barred {
					barred.Members = append(barred.Members, plain(id, group.User))
				}
			}
			if err := mir.PutPeople(t.Context(), people, start); err != nil {
				t.Fatal(err)
			}
			for _, s := range []group.Snapshot{many, barred} {
				if _, err := mir.Replace(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			c := change.Change{Kind: change.GroupSettings, Target: change.Target{ID: "eng", Name: "eng@example.com"}, Requirement: change.DefaultRequirement()}
			found, whole, err := r.People(t.Context(), c, change.Approvers)
			if err != nil || len(found) != test.want || whole != test.whole {
				t.Errorf("%d people, all of them %t, %v; want %d and %t", len(found), whole, err, test.want, test.whole)
			}
			// Whether somebody counts does not depend on whether they are found.
			last := people[len(people)-1].ID
			if held, err := r.Standing(t.Context(), c, []string{last}); err != nil || len(held[last]) != 1 {
				t.Errorf("the last counts as %v, %v", held[last], err)
			}
		})
	}
}
