package catalog

import (
	"cmp"
	"slices"
)

// This file puts steps about teams in an order in which the catalogue takes each: it looks at the type of a
// team and at those of the teams above and below it, as they are at that moment.

// place is where a team is.
type place struct {
	kind    string
	parents []string
}

// places returns where the teams are.
func (p Present) places() map[string]place {
	now := map[string]place{}
	for _, t := range p.Teams {
		now[t.Name] = place{t.Type, t.Parents}
	}
	return now
}

// inPlaces sorts steps about teams so that each can be done, those that make one as soon as they can be, and notes where
// the teams are then. What cannot be done at any time comes in the order of names.
func inPlaces(steps []Step, now map[string]place) (out []Step, problems []Problem) {
	for len(steps) > 0 {
		i := slices.IndexFunc(steps, func(s Step) bool { return s.Verb == Create && fitting(s, now) })
		if i < 0 {
			i = slices.IndexFunc(steps, func(s Step) bool { return fitting(s, now) })
		}
		if i < 0 {
			i = slices.IndexFunc(steps, func(s Step) bool { return standing(s, now) })
		}
		if i < 0 {
			for _, s := range steps {
				problems = append(problems, Problem{s.Kind, s.Name, "needs something that needs it in turn, or something that does"})
			}
			return nil, problems
		}
		now[steps[i].Name] = place{cmp.Or(steps[i].Team.Type, now[steps[i].Name].kind), steps[i].Team.Parents}
		out = append(out, steps[i])
		steps = slices.Delete(steps, i, i+1)
	}
	return out, nil
}

// standing reports whether the teams are there that a step puts a team below.
func standing(s Step, now map[string]place) bool {
	return !slices.ContainsFunc(s.Team.Parents, func(parent string) bool { _, there := now[parent]; return !there })
}

// fitting reports whether the catalogue takes a step about a team: all above and below it are of types that
// may be there, and it is not above itself.
func fitting(s Step, now map[string]place) bool {
	if !standing(s, now) {
		return false
	}
	for _, parent := range s.Team.Parents {
		if !slices.Contains(above[s.Team.Type], now[parent].kind) || isAbove(s.Name, parent, now) {
			return false
		}
	}
	for _, is := range now {
		if slices.Contains(is.parents, s.Name) && !slices.Contains(above[is.kind], s.Team.Type) {
			return false
		}
	}
	return true
}

// isAbove reports whether a team is another or above it.
func isAbove(team, other string, now map[string]place) bool {
	seen := map[string]bool{}
	for next := []string{other}; len(next) > 0; next = next[1:] {
		if next[0] == team {
			return true
		}
		if !seen[next[0]] {
			seen[next[0]] = true
			next = append(next, now[next[0]].parents...)
		}
	}
	return false
}
