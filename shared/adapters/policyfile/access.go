package policyfile

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
)

// This file reads the section access. An entitlement names the place at which it is given by
// one of six keys, and at each of them but a group the roles:
//
//	- {name: etl-maintenance, project: etl-prj-prd, roles: [roles/run.admin], …}
//	- {name: folder-audit, folder: 415104041262, roles: [roles/browser], …}
//	- {name: org-audit, organization: 123456789012, roles: [roles/browser], …}
//	- {name: sales-fix, dataset: etl-prj-prd.sales, roles: [roles/bigquery.dataEditor], …}
//	- {name: dumps, bucket: etl-dumps, roles: [roles/storage.objectViewer], …}
//	- {name: on-call, group: prod-admins@example.com, …}      # a membership that ends
//
// The key condition asks for more than the time, in the language of IAM's conditions.

const entitlementExample = "- {name: …, project: …, roles: […], eligible: […], max: 8h}"

func (l *loading) readAccess(at place) {
	for _, item := range at.list(entitlementExample) {
		t := item.table(append([]string{"name", "roles", "eligible", "max", "reason", "approval", "condition"}, scopeKeys...)...)
		e := grant.Entitlement{
			Name:   t.need("name", "etl-maintenance").name(),
			Scope:  t.scope(),
			Max:    t.need("max", "8h").duration(),
			Reason: t.at("reason").pattern(),
		}
		e.Roles = t.roles(e.Scope)
		e.Condition = t.condition(e.Scope)
		e.Eligible = distinct(t.need("eligible", "[group:team@your-domain]").filled("[group:team@your-domain]"),
			func(p place) change.Selector { return p.selector(named) })
		if e.Approval = oneOf(t.at("approval"), grant.BySelf, grant.ByQuorum, grant.BreakGlass); e.Approval == "" {
			e.Approval = grant.ByQuorum
		}
		if l.define(kindEntitlement, e.Name, t.at("name")) {
			l.policy.Access = append(l.policy.Access, e)
		}
	}
}

// scopeKeys are the keys that name a place.
var scopeKeys = func() []string {
	keys := make([]string, len(grant.Kinds))
	for i, kind := range grant.Kinds {
		keys[i] = string(kind)
	}
	return keys
}()

// scope reads the one key of an entitlement that names its place.
func (t table) scope() grant.Scope {
	given := slices.DeleteFunc(slices.Clone(scopeKeys), func(key string) bool { return !t.at(key).given() })
	switch {
	case !t.whole:
		return grant.Scope{}
	case len(given) == 0:
		// The commonest of them.
		t.need("project", "my-project")
		return grant.Scope{}
	case len(given) > 1:
		t.problem("names %s: an entitlement is for one place, write one for each", strings.Join(given, " and "))
		return grant.Scope{}
	}
	p, kind := t.at(given[0]), grant.Kind(given[0])
	read := place.text
	if kind == grant.Folder || kind == grant.Organization {
		read = place.word // a number needs no quotes
	}
	name := read(p)
	if name == "" {
		return grant.Scope{Kind: kind}
	}
	scope, err := grant.ParseScope(kind, name)
	if err != nil {
		p.problem("%s", err)
		return grant.Scope{Kind: kind}
	}
	return scope
}

// roles reads the roles of an entitlement, which a group has none of.
func (t table) roles(at grant.Scope) []string {
	if at.Kind != grant.Group {
		return distinct(t.need("roles", "[roles/run.admin]").filled("[roles/run.admin]"), place.role)
	}
	if p := t.at("roles"); p.given() {
		p.problem("stands beside a group: what is given there is the membership, leave the key out")
	}
	return nil
}

func (t table) condition(at grant.Scope) string {
	p := t.at("condition")
	s := p.text()
	if s == "" {
		return ""
	}
	if at.Kind == grant.Group {
		p.problem("stands beside a group: a membership takes no condition, leave the key out")
		return ""
	}
	if err := grant.CheckCondition(s); err != nil {
		p.problem("%s", err)
		return ""
	}
	return s
}

func (p place) role() string {
	s := p.text()
	if s == "" {
		return ""
	}
	if err := grant.CheckRole(s); err != nil {
		p.problem("%s", err)
		return ""
	}
	return s
}
