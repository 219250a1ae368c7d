package catalog

import (
	"cmp"
	"slices"
)

// key names a thing that a step makes.
type key struct {
	kind Kind
	name string
}

func (s Step) key() key { return key{s.Kind, s.Name} }

// needs lists what has to be there before a creation, because the catalogue refuses names of
// what is not.
func (s Step) needs() []key {
	var out []key
	switch {
	case s.Team != nil:
		for _, parent := range s.Team.Parents {
			out = append(out, key{KindTeam, parent})
		}
	case s.Role != nil:
		for _, p := range s.Role.Policies {
			out = append(out, key{KindPolicy, p})
		}
	case s.Policy != nil:
		for _, r := range s.Policy.Rules {
			teams, roles := mentions(r.Condition)
			for _, t := range teams {
				out = append(out, key{KindTeam, t})
			}
			for _, role := range roles {
				out = append(out, key{KindRole, role})
			}
		}
	}
	return out
}

// inOrder sorts creations so that each comes after what it needs, and by kind and name where
// that leaves a choice. What needs one another in a circle cannot be made at all.
func inOrder(steps []Step) ([]Step, []Problem) {
	steps = slices.Clone(steps)
	// Teams come first where nothing decides: they need nothing but other teams.
	first := map[Kind]int{KindTeam: 1, KindPolicy: 2, KindRole: 3}
	slices.SortFunc(steps, func(a, b Step) int {
		return cmp.Or(cmp.Compare(first[a.Kind], first[b.Kind]), cmp.Compare(a.Name, b.Name))
	})
	waiting := map[key]bool{}
	for _, s := range steps {
		waiting[s.key()] = true
	}
	var out []Step
	for len(steps) > 0 {
		i := slices.IndexFunc(steps, func(s Step) bool {
			return !slices.ContainsFunc(s.needs(), func(k key) bool { return waiting[k] })
		})
		if i < 0 {
			var problems []Problem
			for _, s := range steps {
				problems = append(problems, Problem{s.Kind, s.Name, "needs something that needs it in turn, or something that does"})
			}
			return nil, problems
		}
		delete(waiting, steps[i].key())
		out = append(out, steps[i])
		steps = slices.Delete(steps, i, i+1)
	}
	return out, nil
}

// deletions are in an order in which nothing is left hanging: teams before those above them, then
// roles, then policies. The catalogue deletes no team with teams below it, so one with somebody
// else's below it stays.
func (b *builder) deletions() []Step {
	var teams, roles, policies []Step
	for _, s := range b.deleted { // sorted by name
		switch s.Kind {
		case KindTeam:
			teams = append(teams, s)
		case KindRole:
			roles = append(roles, s)
		default:
			policies = append(policies, s)
		}
	}
	gone := map[string]bool{}
	occupied := func(s Step) bool {
		return slices.ContainsFunc(b.present.Teams, func(t PresentTeam) bool {
			moves := t.Ours() && slices.ContainsFunc(b.desired.Teams, func(want Team) bool { return want.Name == t.Name })
			return slices.Contains(t.Parents, s.Name) && !gone[t.Name] && !moves
		})
	}
	var out []Step
	for {
		i := slices.IndexFunc(teams, func(s Step) bool { return !occupied(s) })
		if i < 0 {
			break
		}
		gone[teams[i].Name] = true
		out = append(out, teams[i])
		teams = slices.Delete(teams, i, i+1)
	}
	for _, s := range teams {
		b.found(FoundBelow, KindTeam, s.Name)
	}
	return slices.Concat(out, roles, policies)
}
