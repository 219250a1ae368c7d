package catalog_test

import (
	"fmt"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// BenchmarkKnot is a plan for 1,000 policies, 1,000 roles and 500 teams that are all tied together, with one
// Group in the way.
func BenchmarkKnot(b *testing.B) {
	const n = 1000
	d, p := catalog.Desired{}, stuck()
	for i := range n {
		policy, role, team := fmt.Sprint("p", i), fmt.Sprint("r", i), fmt.Sprint("t", i)
		look := rule("look", "allow", "")
		rules := []catalog.Rule{look, rule("no", "deny", "noOwner()")}
		if i == 0 {
			rules = append(rules, rule("b", "deny", "!inAnyTeam('new')"))
		}
		d.Policies, p.Policies = append(d.Policies, catalog.Policy{Name: policy, Rules: rules}), append(p.Policies, has(policy, look))
		policies := []string{policy, fmt.Sprint("p", (i+1)%n)}
		d.Roles = append(d.Roles, catalog.Role{Name: role, Policies: policies})
		p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity(role), Policies: policies})
		if i%2 == 0 {
			d.Teams = append(d.Teams, catalog.Team{Name: team, Type: catalog.TypeDivision, DefaultRoles: []string{role}})
			p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity(team), Type: catalog.TypeDivision, DefaultRoles: []string{role}})
		}
	}
	d = wantingNew(d)
	for b.Loop() {
		if plan, problems, err := catalog.Diff(d, p); err != nil || len(problems) > 0 || len(plan.Steps) != n {
			b.Fatalf("%d steps: %v, %v", len(plan.Steps), problems, err)
		}
	}
}
