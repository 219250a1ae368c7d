package policy_test

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/policy"
)

// oracle answers the questions of a world in the plainest way: it builds the list of rules anew
// for every question and follows names through lists. It is a second reading of how OpenMetadata
// decides and has nothing in common with the engine but the types of the data.
type oracle struct{ world }

// source is a policy that reached the subject, and what it was attached to.
type source struct {
	policy string
	team   string // "" for the person's own role
}

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// person returns the one person with an id, or else with an address.
func (o oracle) person(key string) *policy.Person {
	var byID []*policy.Person
	for i := range o.people {
		if o.people[i].ID == key {
			byID = append(byID, &o.people[i])
		}
	}
	if len(byID) == 1 {
		return byID[0]
	}
	if len(byID) > 1 {
		return nil
	}
	return o.at(key)
}

// at returns the one person with an address.
func (o oracle) at(address string) *policy.Person {
	var found []*policy.Person
	for i := range o.people {
		p := &o.people[i]
		has := lower(p.Email) == lower(address)
		for _, a := range p.Aliases {
			has = has || lower(a) == lower(address)
		}
		if has {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

func (o oracle) allowed(q policy.Request) bool {
	if len(o.model.Teams) == 0 && len(o.model.Roles) == 0 && len(o.model.Policies) == 0 {
		return false
	}
	p := o.person(q.Subject)
	if p == nil || p.Suspended || len(q.Operations) == 0 || q.Resource.Type == "" {
		return false
	}
	if own := []policy.Operation{"RequestAccess"}; p.Admin && !slices.ContainsFunc(q.Operations, func(o policy.Operation) bool { return slices.Contains(own, o) }) {
		return true
	}
	sources := o.sources(p, q.Resource)
	for _, s := range sources {
		for _, rule := range o.rules(s) {
			for _, op := range q.Operations {
				if rule.Effect == policy.Deny && o.matches(rule, op, q.Resource.Type) && o.condition(rule, p, s, q.Resource) {
					return false
				}
			}
		}
	}
	left := slices.Clone(q.Operations)
	for _, s := range sources {
		for _, rule := range o.rules(s) {
			if rule.Effect == policy.Allow && o.condition(rule, p, s, q.Resource) {
				left = slices.DeleteFunc(left, func(op policy.Operation) bool { return o.matches(rule, op, q.Resource.Type) })
			}
		}
	}
	return len(left) == 0
}

func (o oracle) team(name string) *policy.Team {
	for i := range o.model.Teams {
		if o.model.Teams[i].Name == name {
			return &o.model.Teams[i]
		}
	}
	return nil
}

func (o oracle) parents(t *policy.Team) []string {
	if len(t.Parents) > 0 || t.Type == policy.Organization {
		return t.Parents
	}
	for _, other := range o.model.Teams {
		if other.Type == policy.Organization {
			return []string{other.Name}
		}
	}
	return nil
}

// teams returns the teams that the person is in directly.
func (o oracle) teams(p *policy.Person) []string {
	var out []string
	for _, t := range o.model.Teams {
		for _, g := range p.Groups {
			for _, address := range append([]string{g.Group}, g.Aliases...) {
				if t.Group != "" && lower(t.Group) == lower(address) {
					out = append(out, t.Name)
				}
			}
		}
	}
	for _, t := range o.model.Teams {
		if len(out) == 0 && t.Type == policy.Organization {
			out = append(out, t.Name)
		}
	}
	return out
}

// roles returns the roles that the person was given.
func (o oracle) roles(p *policy.Person) []string {
	var out []string
	for _, r := range o.model.Roles {
		for _, s := range r.Members {
			kind, address, _ := strings.Cut(string(s), ":")
			given := kind == "user" && o.at(address) == p
			for _, g := range p.Groups {
				for _, its := range append([]string{g.Group}, g.Aliases...) {
					given = given || kind == "group" && lower(its) == lower(address)
				}
			}
			if given {
				out = append(out, r.Name)
			}
		}
	}
	return out
}

func (o oracle) policiesOf(role string) []string {
	for _, r := range o.model.Roles {
		if r.Name == role {
			return r.Policies
		}
	}
	return nil
}

func (o oracle) sources(p *policy.Person, res policy.Resource) []source {
	var out []source
	for _, r := range o.roles(p) {
		for _, name := range o.policiesOf(r) {
			out = append(out, source{policy: name})
		}
	}
	visited := map[string]bool{}
	var visit func(name string, withRoles bool)
	visit = func(name string, withRoles bool) {
		t := o.team(name)
		if t == nil || visited[name] {
			return
		}
		visited[name] = true
		if withRoles {
			for _, r := range t.DefaultRoles {
				for _, name := range o.policiesOf(r) {
					out = append(out, source{policy: name, team: t.Name})
				}
			}
		}
		for _, name := range t.Policies {
			out = append(out, source{policy: name, team: t.Name})
		}
		for _, up := range o.parents(t) {
			visit(up, withRoles)
		}
	}
	if !p.Bot {
		for _, t := range o.teams(p) {
			visit(t, true)
		}
	}
	for _, owner := range res.Owners {
		if owner.Type == "team" {
			visit(owner.Name, false)
		}
	}
	return out
}

func (o oracle) rules(s source) []policy.Rule {
	for _, p := range o.model.Policies {
		if p.Name == s.policy {
			return p.Rules
		}
	}
	return nil
}

func (o oracle) matches(rule policy.Rule, op policy.Operation, kind string) bool {
	onType := false
	if lower(kind) == "scim" {
		for _, r := range rule.Resources {
			onType = onType || lower(r) == "scim"
		}
	} else {
		onType = lower(rule.Resources[0]) == "all" || slices.Contains(rule.Resources, kind)
	}
	if !onType {
		return false
	}
	for _, r := range rule.Operations {
		switch {
		case r == "All", r == op:
			return true
		case r == "EditAll" && strings.Index(string(op), "Edit") == 0:
			return true
		case r == "ViewAll" && strings.Index(string(op), "View") == 0:
			return true
		}
	}
	return false
}

func (o oracle) condition(rule policy.Rule, p *policy.Person, s source, res policy.Resource) bool {
	if rule.Condition == nil {
		return true
	}
	return o.holds(o.meaning[rule.Condition.String()], p, s, res)
}

// above reports whether a team is another one or below it.
func (o oracle) above(top, name string, seen map[string]bool) bool {
	t := o.team(name)
	if t == nil || seen[name] {
		return false
	}
	seen[name] = true
	if name == top {
		return true
	}
	for _, up := range o.parents(t) {
		if o.above(top, up, seen) {
			return true
		}
	}
	return false
}

func (o oracle) personUnder(p *policy.Person, top string) bool {
	for _, t := range o.teams(p) {
		if o.above(top, t, map[string]bool{}) {
			return true
		}
	}
	return false
}

func (o oracle) oneOf(p *policy.Person, references []policy.Reference) bool {
	for _, r := range references {
		if r.Type == "user" && o.person(r.Name) == p {
			return true
		}
		if r.Type == "team" && slices.Contains(o.teams(p), r.Name) {
			return true
		}
	}
	return false
}

func (o oracle) holds(e expr, p *policy.Person, s source, res policy.Resource) bool {
	switch e.op {
	case "!":
		return !o.holds(e.parts[0], p, s, res)
	case "&&":
		result := true
		for _, part := range e.parts {
			result = o.holds(part, p, s, res) && result
		}
		return result
	case "||":
		result := false
		for _, part := range e.parts {
			result = o.holds(part, p, s, res) || result
		}
		return result
	case "noOwner":
		return len(res.Owners) == 0
	case "isOwner":
		return o.oneOf(p, res.Owners)
	case "isReviewer":
		return o.oneOf(p, res.Reviewers)
	case "matchAllTags":
		for _, name := range e.names {
			if !slices.Contains(res.Tags, name) {
				return false
			}
		}
		return true
	case "matchAnyTag":
		for _, name := range e.names {
			if slices.Contains(res.Tags, name) {
				return true
			}
		}
		return false
	case "matchAnyCertification":
		return res.Certification != "" && slices.Contains(e.names, res.Certification)
	case "matchTeam":
		if s.team == "" {
			return false
		}
		asset := false
		for _, r := range res.Owners {
			switch r.Type {
			case "user":
				owner := o.person(r.Name)
				asset = asset || owner != nil && o.personUnder(owner, s.team)
			case "team":
				asset = asset || o.above(s.team, r.Name, map[string]bool{})
			}
		}
		return asset && o.personUnder(p, s.team)
	case "inAnyTeam":
		for _, name := range e.names {
			if o.personUnder(p, name) {
				return true
			}
		}
		return false
	case "hasAnyRole":
		for _, name := range e.names {
			if slices.Contains(o.roles(p), name) {
				return true
			}
			for _, t := range o.model.Teams {
				if slices.Contains(t.DefaultRoles, name) && o.personUnder(p, t.Name) {
					return true
				}
			}
		}
		return false
	case "hasDomain":
		if res.Name == "" {
			return true
		}
		for _, d := range p.Domains {
			if slices.Contains(res.Domains, d) {
				return true
			}
		}
		return len(p.Domains)+len(res.Domains) == 0
	case "noDomain":
		return len(res.Domains) == 0
	}
	panic("the oracle does not know " + e.op)
}
