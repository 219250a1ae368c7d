package policy

import (
	"encoding/binary"
	"iter"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// Person is somebody who may be asked about.
type Person struct {
	// ID is the person's immutable id. Email and Aliases are the addresses by which the person
	// is found as well; they are compared without the case of the letters A to Z.
	ID      string
	Email   string
	Aliases []string
	// Groups are all groups that the person is in, also through other groups.
	Groups []InGroup
	// Domains are the catalogue's data domains that the person belongs to.
	Domains []string
	// Admin says that the person administers the catalogue: of its operations no rule is read,
	// not even a deny. Nothing in a policy makes somebody one, and Sekisho's own operations are
	// asked of administrators like of anybody.
	Admin bool
	// Bot says that it is an account of a program. Teams pass neither roles nor policies on to
	// it, but conditions see the teams that it is in.
	Bot bool
	// Suspended says that nothing is allowed, whatever the policy says.
	Suspended bool
}

// InGroup is one group that a person is in.
type InGroup struct {
	// Group is the address. Aliases are the group's other addresses, such as those from before it was
	// renamed: teams and roles find it by any of them, without the case of the letters A to Z.
	Group   string
	Aliases []string
	// Via lists the groups on the way, where the person is in it through others: first the one
	// that has the person as its own member. It is only told to people.
	Via []string
}

// addresses yields all addresses of the group.
func (g InGroup) addresses() iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(g.Group) {
			return
		}
		for _, a := range g.Aliases {
			if !yield(a) {
				return
			}
		}
	}
}

// has reports whether an address is one of the group's. The empty one is nobody's.
func (g InGroup) has(address string) bool {
	for a := range g.addresses() {
		if address != "" && group.Address(a) == group.Address(address) {
			return true
		}
	}
	return false
}

// Directory knows the people and which groups they are in.
type Directory interface {
	// People yields everybody once.
	People() iter.Seq[Person]
}

// Roster is a directory that is a list.
type Roster []Person

// People implements [Directory].
func (r Roster) People() iter.Seq[Person] { return slices.Values(r) }

// member is a person as an engine knows them.
type member struct {
	Person
	*profile
	engine *Engine
}

// profile is what people with the same teams and roles have in common.
type profile struct {
	bot bool
	// teams and own are the teams a person is in directly, and the roles a person was given.
	teams, own []int
	direct     set
	// under are the teams and all teams above; roles the own ones and those that come by teams.
	under, roles set
	// visited are the teams whose policies reach the person already.
	visited set
	// denies and allows are in the order in which policies are read: by the own roles, then by
	// each team and what is above it.
	denies, allows []link
}

// enrol makes the members of an engine. An id or an address that two people claim means neither.
func (e *Engine) enrol(people Directory) {
	e.byID, e.byAddress = map[string]*member{}, map[string]*member{}
	if people == nil {
		return
	}
	for p := range people.People() {
		m := &member{Person: p, engine: e}
		e.everybody = append(e.everybody, m)
		claim(e.byID, p.ID, m)
		for _, a := range addressesOf(p) {
			claim(e.byAddress, a, m)
		}
	}
	profiles := map[string]*profile{}
	for _, m := range e.everybody {
		var teams, roles []int
		for _, g := range m.Groups {
			for a := range g.addresses() {
				teams = append(teams, e.book.teamsOf[group.Address(a)]...)
				roles = append(roles, e.book.rolesOf[selector("group", a)]...)
			}
		}
		for _, a := range addressesOf(m.Person) {
			if e.byAddress[a] == m {
				roles = append(roles, e.book.rolesOf[selector("user", a)]...)
			}
		}
		if len(teams) == 0 && e.book.organization != noTeam {
			teams = []int{e.book.organization}
		}
		m.profile = e.book.profile(profiles, m.Bot, distinct(teams), distinct(roles))
	}
}

func claim(in map[string]*member, key string, m *member) {
	if _, claimed := in[key]; claimed {
		m = nil
	}
	if key != "" {
		in[key] = m
	}
}

// addressesOf lists a person's addresses as they are compared, each once.
func addressesOf(p Person) []string {
	out := make([]string, 0, 1+len(p.Aliases))
	for _, a := range append([]string{p.Email}, p.Aliases...) {
		if a = group.Address(a); a != "" && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func distinct(numbers []int) []int {
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// profile returns the profile for some teams and roles, the same one for the same.
func (b *book) profile(known map[string]*profile, bot bool, teams, roles []int) *profile {
	key := []byte{0}
	if bot {
		key[0] = 1
	}
	for _, list := range [][]int{teams, roles} {
		key = binary.AppendUvarint(key, uint64(len(list)))
		for _, i := range list {
			key = binary.AppendUvarint(key, uint64(i))
		}
	}
	if p, ok := known[string(key)]; ok {
		return p
	}
	p := &profile{bot: bot, teams: teams, own: roles}
	known[string(key)] = p
	for _, r := range roles {
		p.roles = p.roles.with(r)
		p.reach(b.roles[r], r, noTeam)
	}
	for _, t := range teams {
		p.direct = p.direct.with(t)
		for _, up := range b.teams[t].chain {
			if p.under.has(up) {
				continue
			}
			p.under = p.under.with(up)
			for _, r := range b.teams[up].defaults {
				p.roles = p.roles.with(r)
				if !bot {
					p.reach(b.roles[r], r, up)
				}
			}
			if !bot {
				p.reach(b.teams[up].policies, noRole, up)
			}
		}
	}
	if !bot {
		p.visited = p.under
	}
	return p
}

// reach adds policies that come by a role, a team or both.
func (p *profile) reach(policies []*ruleset, role, team int) {
	for _, s := range policies {
		p.denies, p.allows = s.on(&way{policy: s.name, role: role, team: team}, p.denies, p.allows)
	}
}

// cutSelector returns the address in a selector of a kind: "group" or "user".
func cutSelector(s change.Selector, kind string) (address string, ok bool) {
	return strings.CutPrefix(string(s), kind+":")
}
