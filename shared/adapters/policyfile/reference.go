package policyfile

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

// This file keeps track of names: each is defined once, and what is referred to exists.

// kind is a sort of named thing.
type kind string

const (
	kindEntitlement kind = "entitlement"
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

// define notes where a name is defined and refuses a second time. Names differ by more than
// case: people type them.
func (l *loading) define(k kind, name string, at place) bool {
	if name == "" {
		return false
	}
	for _, d := range l.definitions {
		if d.kind == k && strings.EqualFold(d.name, name) {
			at.problem("the %s %s is defined twice: first in %s", k, quote(name), d.at.where())
			return false
		}
	}
	l.definitions = append(l.definitions, reference{k, name, at})
	return true
}

// refer notes that a name is used.
func (l *loading) refer(k kind, name string, at place) {
	if name != "" {
		l.references = append(l.references, reference{k, name, at})
	}
}

func (l *loading) names(k kind) []string {
	var out []string
	if k == kindPolicy {
		for _, s := range standard {
			out = append(out, s.Name)
		}
	}
	for _, d := range l.definitions {
		if d.kind == k {
			out = append(out, d.name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// resolve checks every reference.
func (l *loading) resolve() {
	for _, r := range l.references {
		known := l.names(r.kind)
		if slices.Contains(known, r.name) {
			continue
		}
		say := r.at.problem
		if r.kind == kindEntitlement {
			// What grants it may be described elsewhere; such an entry grants nothing by itself.
			say = r.at.warning
		}
		say("the %s %s is not defined%s", r.kind, quote(r.name), settingsrule.Suggest(r.name, known))
	}
}
