package main

import (
	"slices"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

// This file gathers of two policies what people are asked for.

// rulings gathers who has to agree to what, by both policies.
func rulings(before, after *policyfile.Policy) (was, will policy.Ruling) {
	entitlements := map[string]bool{}
	for _, p := range []*policyfile.Policy{before, after} {
		for _, e := range p.Access {
			entitlements[e.Name] = true
		}
	}
	was, will = ruling(before, entitlements), ruling(after, entitlements)
	// What cannot be had any more is asked for by nobody, and so not loosened.
	for scope := range will.Approvals {
		if scope.Entitlement != "" && !offers(after, scope.Entitlement) {
			will.Approvals[scope] = change.Requirement{Mode: change.Report}
		}
	}
	was.Modes, will.Modes = modes(before, after)
	return was, will
}

func offers(p *policyfile.Policy, entitlement string) bool {
	return slices.ContainsFunc(p.Access, func(e grant.Entitlement) bool { return e.Name == entitlement })
}

func ruling(p *policyfile.Policy, entitlements map[string]bool) policy.Ruling {
	out := policy.Ruling{Model: p.Model(), Approvals: map[policy.Scope]change.Requirement{}, SamePerson: p.SamePerson}
	for _, kind := range change.Kinds() {
		out.Approvals[policy.Scope{Kind: kind}] = p.Asks(kind, "")
	}
	for name := range entitlements {
		for _, kind := range []change.Kind{change.AccessGrant, change.AccessRevoke, change.AccessReview} {
			out.Approvals[policy.Scope{Kind: kind, Entitlement: name}] = p.Asks(kind, name)
		}
	}
	for _, e := range p.Access {
		out.Ways = append(out.Ways, ways(p, e)...)
	}
	return out
}

// ways lists the ways to access through an entitlement. Access that is given at once needs nobody,
// whatever approvals say; by break-glass, somebody looks at it afterwards.
func ways(p *policyfile.Policy, e grant.Entitlement) []policy.Way {
	w := policy.Way{Entitlement: e.Name, Condition: e.Condition, Owners: e.Owners(), Needs: p.Asks(change.AccessGrant, e.Name)}
	if e.Approval.Mode() != change.Ask {
		w.Needs = change.Requirement{Mode: e.Approval.Mode()}
	}
	if e.Approval == grant.BreakGlass {
		review := p.Asks(change.AccessReview, e.Name)
		w.Review = &review
	}
	roles := e.Roles
	if len(roles) == 0 {
		roles = []string{"membership"}
	}
	var out []policy.Way
	for _, role := range roles {
		for _, s := range e.Eligible {
			w.What, w.For = role+" at "+e.Scope.String(), s
			out = append(out, w)
		}
	}
	return out
}

// modes says of both policies whether what rules propose, and requests for accounts, wait for people.
// What only one of them speaks of, the other one does not do.
func modes(before, after *policyfile.Policy) (was, will map[policy.Scope]change.Mode) {
	was, will = map[policy.Scope]change.Mode{}, map[policy.Scope]change.Mode{}
	compare := func(s policy.Scope, mode func(*policyfile.Policy) change.Mode) {
		was[s], will[s] = mode(before), mode(after)
	}
	compare(policy.Scope{Kind: change.CatalogApply}, func(p *policyfile.Policy) change.Mode {
		if p.Catalog == nil {
			return change.Report
		}
		return p.Catalog.Mode
	})
	for _, system := range []string{policyfile.LookerAccounts, policyfile.WorkspaceAccounts} {
		compare(policy.Scope{Kind: change.AccountDisable, Part: system}, func(p *policyfile.Policy) change.Mode {
			return p.Inactivity.Systems[system].Mode
		})
		compareRequests(before.Inactivity.Requests[system], after.Inactivity.Requests[system], system, was, will)
	}
	compareSettings(before.SettingsRules(), after.SettingsRules(), was, will)
	return was, will
}

// compareSettings adds the modes of the rules about settings, setting by setting.
func compareSettings(before, after settingsrule.Rules, was, will map[policy.Scope]change.Mode) {
	for _, set := range []struct {
		part     string
		old, now []settingsrule.Rule
	}{{"", before.General, after.General}, {" of secure groups", before.Secure, after.Secure}} {
		for _, r := range set.now {
			s := policy.Scope{Kind: change.GroupSettings, Part: r.Field + set.part}
			now := modeOf(after, r)
			if will[s] == change.Auto {
				continue // by another rule about the same setting
			}
			will[s] = now
			// A setting without a rule was treated as the others are.
			was[s] = before.Mode
			for i, o := range slices.DeleteFunc(slices.Clone(set.old), func(o settingsrule.Rule) bool { return o.Field != r.Field }) {
				if i == 0 || modeOf(before, o) == change.Auto {
					was[s] = modeOf(before, o)
				}
			}
		}
	}
}

func modeOf(all settingsrule.Rules, r settingsrule.Rule) change.Mode {
	if r.Mode != "" {
		return r.Mode
	}
	return all.Mode
}

// compareRequests adds whether people are asked about a request for an account of a system, role by role
// and, where it is not the same for everybody, for whom.
func compareRequests(before, after idle.RequestRule, system string, was, will map[policy.Scope]change.Mode) {
	roles := slices.Clone(after.Roles)
	people := []change.Selector{""}
	for role, some := range after.RolesFor {
		roles, people = append(roles, role), append(people, some...)
	}
	people = append(people, after.AutoFor...)
	slices.Sort(roles)
	slices.Sort(people)
	for _, role := range slices.Compact(roles) {
		for _, who := range slices.Compact(people) {
			s := policy.Scope{Kind: change.AccountCreate, Part: system + " as " + role}
			if who != "" {
				s.Part += " for " + string(who)
			}
			was[s], will[s] = askedFor(before, role, who), askedFor(after, role, who)
			if who == "" && will[s] == change.Auto {
				break // so it is for everybody
			}
		}
	}
}

// askedFor returns what becomes of a set of people's request for a role; the empty set is everybody.
func askedFor(r idle.RequestRule, role string, who change.Selector) change.Mode {
	if !slices.Contains(r.Roles, role) && role != r.Default && (who == "" || !slices.Contains(r.RolesFor[role], who)) {
		return change.Report
	}
	if who == "" {
		return r.ModeFor(nil)
	}
	return r.ModeFor([]change.Selector{who})
}
