package policy

import (
	"slices"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// This file evaluates conditions. A condition is asked about one question: a subject, a
// resource, and the way on which the rule reached the subject.

// test is what a node of a condition tests.
type test uint8

const (
	and test = iota
	or
	not
	noOwner
	isOwner
	isReviewer
	matchAllTags
	matchAnyTag
	matchAnyCertification
	matchTeam
	inAnyTeam
	hasAnyRole
	hasDomain
	noDomain

	tests // how many there are
)

// node is a condition or a part of one.
type node struct {
	test  test
	parts []node
	// names are the arguments; set holds the same teams or roles by number, once the condition
	// is compiled with a model.
	names []string
	set   set
}

// bind returns the condition for a model: with the numbers of the teams and roles it names.
// Names that the model does not have stand for nothing.
func (n node) bind(b *book) node {
	parts := n.parts
	n.parts = nil
	for _, p := range parts {
		n.parts = append(n.parts, p.bind(b))
	}
	numbers := map[test]map[string]int{inAnyTeam: b.teamNumbers, hasAnyRole: b.roleNumbers}[n.test]
	for _, name := range n.names {
		if i, ok := numbers[name]; ok {
			n.set = n.set.with(i)
		}
	}
	return n
}

// question is one request with all that conditions look at. It lives on the stack of who asks.
type question struct {
	*book
	subject  *member
	resource *Resource
	owners   []principal
}

// principal is an owner or reviewer, found in the directory or among the teams. What is found
// nowhere is nobody: neither.
type principal struct {
	person *member
	team   int // noTeam for a person
}

// noTeam is where a number of a team could be and is none.
const noTeam = -1

// find returns who or what a reference names.
func (e *Engine) find(r Reference) principal {
	switch r.Type {
	case TypeUser:
		return principal{person: e.member(r.Name), team: noTeam}
	case TypeTeam:
		if i, ok := e.book.teamNumbers[r.Name]; ok {
			return principal{team: i}
		}
	}
	return principal{team: noTeam}
}

// member returns the person with an id or else with an address, nil where there is none, or
// more than one. An address that is written as it is compared needs no memory.
func (e *Engine) member(key string) *member {
	if m, ok := e.byID[key]; ok {
		return m
	}
	if m, ok := e.byAddress[key]; ok {
		return m
	}
	return e.byAddress[group.Address(key)]
}

// holds reports whether the condition holds for a question. The way is that of the rule.
func (n *node) holds(q *question, at *way) bool {
	switch n.test {
	case and:
		for i := range n.parts {
			if !n.parts[i].holds(q, at) {
				return false
			}
		}
		return true
	case or:
		for i := range n.parts {
			if n.parts[i].holds(q, at) {
				return true
			}
		}
		return false
	case not:
		return !n.parts[0].holds(q, at)
	case noOwner:
		return len(q.resource.Owners) == 0
	case isOwner:
		return q.subject.among(q.owners)
	case isReviewer:
		for _, r := range q.resource.Reviewers {
			if q.subject.is(q.subject.engine.find(r)) {
				return true
			}
		}
		return false
	case matchAllTags:
		return len(q.resource.Tags) > 0 && !slices.ContainsFunc(n.names, func(name string) bool { return !slices.Contains(q.resource.Tags, name) })
	case matchAnyTag:
		return slices.ContainsFunc(n.names, func(name string) bool { return slices.Contains(q.resource.Tags, name) })
	case matchAnyCertification:
		return slices.Contains(n.names, q.resource.Certification)
	case matchTeam:
		// Only a policy that a team brought has a team to match.
		return at.team != noTeam && q.subject.under.has(at.team) &&
			slices.ContainsFunc(q.owners, func(o principal) bool { return q.under(o, at.team) })
	case inAnyTeam:
		return n.set.meets(q.subject.under)
	case hasAnyRole:
		return n.set.meets(q.subject.roles)
	case hasDomain:
		return q.sharesDomain()
	case noDomain:
		return len(q.resource.Domains) == 0
	}
	return false
}

// tests reports whether a condition tests one of some things.
func (n *node) tests(some ...test) bool {
	return slices.Contains(some, n.test) || slices.ContainsFunc(n.parts, func(part node) bool { return part.tests(some...) })
}

// is reports whether a principal is the person, or a team that the person is in directly.
func (m *member) is(p principal) bool {
	return p.person == m || p.team != noTeam && m.direct.has(p.team)
}

func (m *member) among(owners []principal) bool {
	for _, o := range owners {
		if m.is(o) {
			return true
		}
	}
	return false
}

// under reports whether an owner is in the hierarchy of a team.
func (q *question) under(o principal, team int) bool {
	switch {
	case o.team != noTeam:
		return q.teams[o.team].under.has(team)
	case o.person != nil:
		return o.person.under.has(team)
	}
	return false
}

// sharesDomain is hasDomain() in OpenMetadata's stricter generation: whoever has a domain sees
// what is in it, whoever has none what is in none. Domains are compared by name, not by the
// domain above. A question without a resource's name is about a listing, which is filtered
// afterwards.
func (q *question) sharesDomain() bool {
	mine, its := q.subject.Domains, q.resource.Domains
	if q.resource.Name == "" || len(mine) == 0 && len(its) == 0 {
		return true
	}
	for _, d := range mine {
		if slices.Contains(its, d) {
			return true
		}
	}
	return false
}
