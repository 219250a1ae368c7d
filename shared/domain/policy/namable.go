package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// This file finds out with which owners somebody may ask for something new, whose owner is the one whom its
// request names.

// Named is somebody whom the request of something new could name as its owner, and whether the person may
// ask for it then.
type Named struct {
	// Owner is the address of the person, or an id that [Engine.Namable] gives.
	Owner string
	May   bool
	// Decision is what the rules say.
	Decision Decision
}

// The ids of those who stand for all others whom a request could name. No directory has such ids.
const (
	// Colleague is somebody in the same groups as who asks, and so in the same teams.
	Colleague = "\x00colleague"
	// Stranger is somebody in none of them.
	Stranger = "\x00stranger"
	// inTeam begins the id of somebody who has just some teams in common with who asks: names follow.
	inTeam = "\x00team "
)

// Namable lists whom conditions tell apart of those whom a person could name as the owner of something
// new: the person, a [Colleague], a [Stranger], and between them somebody for each other set of teams that
// the person has in common with who is in one group alone. Who is in several groups of theirs, and not in all,
// is not among them.
func (e *Engine) Namable(p Person) []Person {
	own := e.book.above(p.Groups)
	common := func(groups []InGroup) []int {
		others := e.book.above(groups)
		return slices.DeleteFunc(slices.Clone(own), func(team int) bool { return !slices.Contains(others, team) })
	}
	out, seen := []Person{p}, map[string]bool{}
	add := func(who Person) {
		if teams := fmt.Sprint(common(who.Groups)); !seen[teams] {
			seen[teams] = true
			out = append(out, who)
		}
	}
	seen[fmt.Sprint(common(nil))] = true
	add(Person{ID: Colleague, Groups: p.Groups})
	for _, address := range slices.Sorted(maps.Keys(e.book.teamsOf)) {
		groups := []InGroup{{Group: address}}
		add(Person{ID: inTeam + strings.Join(e.book.lowest(common(groups)), ", "), Groups: groups})
	}
	return append(out, Person{ID: Stranger})
}

// above returns the teams of somebody in groups, and all above these, in the order of their numbers.
func (b *book) above(groups []InGroup) []int {
	var own, out []int
	for _, g := range groups {
		for a := range g.addresses() {
			own = append(own, b.teamsOf[group.Address(a)]...)
		}
	}
	if len(own) == 0 && b.organization != noTeam {
		own = []int{b.organization}
	}
	for _, team := range own {
		out = append(out, b.teams[team].chain...)
	}
	return distinct(out)
}

// lowest returns the names of those teams that are above no other of them.
func (b *book) lowest(teams []int) (names []string) {
	for _, team := range teams {
		if !slices.ContainsFunc(teams, func(other int) bool { return other != team && b.teams[other].under.has(team) }) {
			names = append(names, b.model.Teams[team].Name)
		}
	}
	slices.Sort(names)
	return names
}
