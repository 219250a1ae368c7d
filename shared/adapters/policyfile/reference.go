package policyfile

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/domain/spelling"
)

// This file keeps track of names: each is defined once, and what is referred to exists.

// kind is a sort of named thing.
type kind string

const (
	kindEntitlement kind = "entitlement"
	kindTag         kind = "tag"
	kindTeam        kind = "team"
	kindTeamGroup   kind = "team for the group"
	kindRole        kind = "role"
	kindPolicy      kind = "policy"
	kindSystem      kind = "inactivity rule"
	kindRequests    kind = "request rule"
	kindService     kind = "service"
	kindSection     kind = "section"
)

// reference is one use of a name that something has to define.
type reference struct {
	kind kind
	name string
	at   place
}

// definition is where a name is given its meaning.
type definition struct {
	name string
	at   place
}

// define notes where a name is defined and refuses a second time. Names differ by more than
// case: people type them.
func (l *loading) define(k kind, name string, at place) bool {
	if name == "" {
		return false
	}
	key := strings.ToLower(name)
	if first, ok := l.definitions[k][key]; ok {
		at.problem("the %s %s is defined twice: first in %s", k, quote(name), first.at.where())
		return false
	}
	if l.definitions == nil {
		l.definitions = map[kind]map[string]definition{}
	}
	if l.definitions[k] == nil {
		l.definitions[k] = map[string]definition{}
	}
	l.definitions[k][key] = definition{name, at}
	return true
}

// defined reports whether a name is defined, as it is written.
func (l *loading) defined(k kind, name string) bool {
	return l.definitions[k][strings.ToLower(name)].name == name
}

// refer notes that a name is used.
func (l *loading) refer(k kind, name string, at place) {
	if name != "" {
		l.references = append(l.references, reference{k, name, at})
	}
}

// resolve checks every reference.
func (l *loading) resolve() {
	for _, r := range l.references {
		if l.defined(r.kind, r.name) || r.kind == kindPolicy && isStandard(r.name) {
			continue
		}
		if r.kind == kindTag && len(l.definitions[kindTag]) == 0 {
			continue // No list of tags is kept in this policy.
		}
		say := r.at.problem
		if r.kind == kindEntitlement {
			// What grants it may be described elsewhere; such an entry grants nothing by itself.
			say = r.at.warning
		}
		say("the %s %s is not defined%s", r.kind, quote(r.name), spelling.Suggest(r.name, l.names(r.kind)))
	}
}

// names lists what can be referred to, sorted.
func (l *loading) names(k kind) []string {
	var out []string
	for _, d := range l.definitions[k] {
		out = append(out, d.name)
	}
	if k == kindPolicy {
		for _, s := range policy.Standard() {
			out = append(out, s.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
