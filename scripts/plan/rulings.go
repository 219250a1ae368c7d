package main

import (
	"cmp"
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

// compareSettings adds the modes of the rules about settings, setting by setting. General rules hold for
// secure groups too, so that a setting without a rule for these was treated there as everywhere.
func compareSettings(before, after settingsrule.Rules, was, will map[policy.Scope]change.Mode) {
	for _, set := range []struct {
		part     string
		old, now []settingsrule.Rule
	}{{"", before.General, after.General}, {" of secure groups", before.Secure, after.Secure}} {
		for _, r := range set.now {
			s := policy.Scope{Kind: change.GroupSettings, Part: r.Field + set.part}
			if will[s] == change.Auto {
				continue // by another rule about the same setting
			}
			old, ruled := settingMode(before, set.old, r.Field)
			if !ruled {
				old, _ = settingMode(before, before.General, r.Field)
			}
			was[s], will[s] = old, modeOf(after, r)
		}
	}
}

// settingMode returns in which mode some rules are about a setting, auto where one of them is; false and
// report where none is about it.
func settingMode(all settingsrule.Rules, some []settingsrule.Rule, field string) (change.Mode, bool) {
	out, ruled := change.Report, false
	for _, r := range some {
		if r.Field != field {
			continue
		}
		if mode := modeOf(all, r); !ruled || mode == change.Auto {
			out, ruled = mode, true
		}
	}
	return out, ruled
}

func modeOf(all settingsrule.Rules, r settingsrule.Rule) change.Mode {
	if r.Mode != "" {
		return r.Mode
	}
	return all.Mode
}

// compareRequests adds whether people are asked about a request for an account of a system, role by role
// and, where it is not the same for everybody, for whom. Who may ask for a role and who is not asked
// about may be the same people, whatever their sets are called: what becomes of the request of somebody
// in both is compared as well.
func compareRequests(before, after idle.RequestRule, system string, was, will map[policy.Scope]change.Mode) {
	roles := slices.Clone(after.Roles)
	people := [][]change.Selector{nil}
	for _, s := range after.Sets() {
		people = append(people, []change.Selector{s})
	}
	for role, some := range after.RolesFor {
		roles = append(roles, role)
		for _, s := range some {
			for _, atOnce := range after.AutoFor {
				people = append(people, []change.Selector{s, atOnce})
			}
		}
	}
	slices.Sort(roles)
	slices.SortStableFunc(people, func(a, b []change.Selector) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a, b))
	})
	for _, role := range slices.Compact(roles) {
		var atOnce [][]change.Selector // which is so for who is in further sets
		for _, who := range people {
			wider := func(some []change.Selector) bool {
				return !slices.ContainsFunc(some, func(s change.Selector) bool { return !slices.Contains(who, s) })
			}
			if slices.ContainsFunc(atOnce, wider) {
				continue
			}
			s := policy.Scope{Kind: change.AccountCreate, Part: system + " as " + role}
			for i, set := range who {
				s.Part += []string{" for ", " and "}[min(i, 1)] + string(set)
			}
			was[s], will[s] = askedFor(before, role, who), askedFor(after, role, who)
			if will[s] == change.Auto {
				atOnce = append(atOnce, who)
			}
		}
	}
}

// askedFor returns what becomes of a request for a role by somebody who is in some sets of people.
func askedFor(r idle.RequestRule, role string, who []change.Selector) change.Mode {
	if !slices.Contains(r.Offers(who), role) {
		return change.Report
	}
	return r.ModeFor(who)
}
