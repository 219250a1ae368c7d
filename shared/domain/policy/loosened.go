package policy

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Scope is what an approvals entry is about.
type Scope struct {
	Kind change.Kind
	// Entitlement is empty for changes that are not about one.
	Entitlement string
}

// Ruling is all of a policy that says who decides about others.
type Ruling struct {
	Model Model
	// Approvals says what is needed for each scope. What is missing in it needs one of the
	// [change.Approvers].
	Approvals map[Scope]change.Requirement
}

// Looser is one way in which a policy asks less than another.
type Looser struct {
	What LooserKind
	// Scope, Old and New are set where a requirement is lower.
	Scope    Scope
	Old, New change.Requirement
	// Policy, Rule and Reach are set where it is about a rule: Reach is the group, person or
	// team that it reaches.
	Policy, Rule, Reach string
	// Team is set where a team has another group or other teams above it.
	Team string
}

// LooserKind says in what way a policy asks less.
type LooserKind string

// The ways.
const (
	// LowerQuorum is a requirement that fewer or other people can meet.
	LowerQuorum LooserKind = "lower quorum"
	// LostDeny is a deny that does not reach somebody any more, or covers less.
	LostDeny LooserKind = "lost deny"
	// MoreApprovers is an allow by which others than before can approve, undo, override the
	// brake or change the policy.
	MoreApprovers LooserKind = "more approvers"
	// MovedTeam is a team with denies that has other people than before.
	MovedTeam LooserKind = "moved team"
)

// Loosened lists in what a new policy asks less than an old one before something may be done.
// Whoever puts such a policy into force needs what the old one asks for: a lower quorum takes
// the quorum that it lowers. An empty list means that approvals are as strict as before.
//
// It compares what is written and is careful: what it cannot prove to be as strict counts as
// looser, such as another group in place of one, or a condition with other words. It does not
// see that a condition holds for others because roles or teams that it names have other members;
// that is what [Compare] shows.
func Loosened(before, after Ruling) []Looser {
	var out []Looser
	for _, s := range scopes(before.Approvals, after.Approvals) {
		old, now := requirement(before.Approvals, s), requirement(after.Approvals, s)
		if !asStrict(old, now) {
			out = append(out, Looser{What: LowerQuorum, Scope: s, Old: old, New: now})
		}
	}
	oldReach, newReach := reaches(before.Model), reaches(after.Model)
	for _, r := range oldReach {
		if r.rule.Effect == Deny && !covered(r, newReach) {
			out = append(out, Looser{What: LostDeny, Policy: r.policy, Rule: r.rule.Name, Reach: r.key})
		}
	}
	for _, r := range newReach {
		if r.rule.Effect == Allow && governing(r.rule) && !covered(r, oldReach) {
			out = append(out, Looser{What: MoreApprovers, Policy: r.policy, Rule: r.rule.Name, Reach: r.key})
		}
	}
	for _, name := range movedTeams(before.Model, after.Model, oldReach) {
		out = append(out, Looser{What: MovedTeam, Team: name})
	}
	return out
}

// String says it in one line.
func (l Looser) String() string { return sayLooser(l) }

func scopes(a, b map[Scope]change.Requirement) []Scope {
	var out []Scope
	for _, m := range []map[Scope]change.Requirement{a, b} {
		for s := range m {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(x, y Scope) int {
		if c := strings.Compare(string(x.Kind), string(y.Kind)); c != 0 {
			return c
		}
		return strings.Compare(x.Entitlement, y.Entitlement)
	})
	return slices.Compact(out)
}

func requirement(all map[Scope]change.Requirement, s Scope) change.Requirement {
	if r, ok := all[s]; ok {
		return r
	}
	return change.DefaultRequirement()
}

// asStrict reports whether whatever meets the new requirement would have met the old one.
func asStrict(old, now change.Requirement) bool {
	switch {
	case now.Mode == change.Report || old.Mode == change.Auto:
		return true
	case now.Mode != change.Ask || old.Mode != change.Ask:
		return false
	}
	if e := now.Escalate; e != nil && (old.Escalate == nil || old.Escalate.To != e.To || e.After < old.Escalate.After) {
		return false
	}
	// Every place of the old quorum needs a place of its own in the new one that asks for the
	// same people. All of them are approvers, so any place will do for one that asks for those.
	free := map[change.Selector]int{}
	rest := 0
	for _, n := range now.Needs {
		free[n.From] += n.Count
		rest += n.Count
	}
	anyone := 0
	for _, n := range old.Needs {
		if n.From == change.Approvers {
			anyone += n.Count
			continue
		}
		free[n.From] -= n.Count
		rest -= n.Count
		if free[n.From] < 0 {
			return false
		}
	}
	return rest >= anyone
}

// reach is a rule and whom it reaches.
type reach struct {
	policy string
	rule   *Rule
	// key is "group:…" or "user:…" for who has a role with the policy, "team:…" for a team
	// that has the policy, or that has a role with it.
	key string
	// byRole tells the policies of a team's default roles from its own, which reach others too
	// where the team owns a resource.
	byRole bool
}

// reaches lists every rule with each of those whom it reaches, in the order of the model.
func reaches(m Model) []reach {
	var out []reach
	named := func(names []string, key string, byRole bool) {
		for i := range m.Policies {
			p := &m.Policies[i]
			if !slices.Contains(names, p.Name) {
				continue
			}
			for j := range p.Rules {
				out = append(out, reach{p.Name, &p.Rules[j], key, byRole})
			}
		}
	}
	for _, r := range m.Roles {
		for _, s := range r.Members {
			kind, address, _ := strings.Cut(string(s), ":")
			named(r.Policies, string(selector(kind, address)), true)
		}
	}
	for _, t := range m.Teams {
		named(t.Policies, "team:"+t.Name, false)
		for _, r := range m.Roles {
			if slices.Contains(t.DefaultRoles, r.Name) {
				named(r.Policies, "team:"+t.Name, true)
			}
		}
	}
	return out
}

// covered reports whether some rule reaches the same people as r and says at least as much.
func covered(r reach, by []reach) bool {
	return slices.ContainsFunc(by, func(o reach) bool {
		sameWay := o.key == r.key && (o.byRole == r.byRole || !o.byRole)
		return sameWay && o.rule.Effect == r.rule.Effect &&
			(o.rule.Condition == nil || o.rule.Condition.Equal(r.rule.Condition)) &&
			coversOperations(o.rule, r.rule) && coversTypes(o.rule, r.rule)
	})
}

func coversOperations(wide, narrow *Rule) bool {
	names := func(o Operation) bool { return slices.Contains(wide.Operations, o) }
	return !slices.ContainsFunc(narrow.Operations, func(o Operation) bool {
		return !names(All) && !names(o) &&
			!(names(EditAll) && strings.HasPrefix(string(o), "Edit")) &&
			!(names(ViewAll) && strings.HasPrefix(string(o), "View"))
	})
}

func coversTypes(wide, narrow *Rule) bool {
	everyType := func(r *Rule) bool { return len(r.Resources) > 0 && strings.EqualFold(r.Resources[0], anyType) }
	isSCIM := func(t string) bool { return strings.EqualFold(t, scim) }
	if slices.ContainsFunc(narrow.Resources, isSCIM) && !slices.ContainsFunc(wide.Resources, isSCIM) {
		return false
	}
	if everyType(wide) {
		return true
	}
	return !everyType(narrow) && !slices.ContainsFunc(narrow.Resources, func(t string) bool {
		return !isSCIM(t) && !slices.Contains(wide.Resources, t)
	})
}

// governing reports whether a rule is about deciding what others do.
func governing(r *Rule) bool {
	return slices.ContainsFunc(r.Operations, func(o Operation) bool { return o == All || slices.Contains(governs, o) })
}

// movedTeams lists the teams that are reached by a deny, themselves or by a team above, and have
// another group or other teams above them in the new model.
func movedTeams(before, after Model, reached []reach) []string {
	old, now := teamsByName(before), teamsByName(after)
	denied := map[string]bool{}
	for _, r := range reached {
		if name, ok := strings.CutPrefix(r.key, "team:"); ok && r.rule.Effect == Deny {
			denied[name] = true
		}
	}
	var out []string
	for _, t := range before.Teams {
		next, ok := now[t.Name]
		same := ok && selector("group", t.Group) == selector("group", next.Group) && slices.Equal(sorted(t.Parents), sorted(next.Parents))
		if !same && underDeny(t.Name, old, denied, map[string]bool{}) {
			out = append(out, t.Name)
		}
	}
	return out
}

func teamsByName(m Model) map[string]Team {
	out := map[string]Team{}
	for _, t := range m.Teams {
		out[t.Name] = t
	}
	return out
}

func underDeny(name string, teams map[string]Team, denied, seen map[string]bool) bool {
	if denied[name] {
		return true
	}
	if seen[name] {
		return false
	}
	seen[name] = true
	parents := teams[name].Parents
	if len(parents) == 0 {
		for _, t := range teams {
			if t.Type == Organization && t.Name != name {
				parents = append(parents, t.Name)
			}
		}
	}
	return slices.ContainsFunc(parents, func(p string) bool { return underDeny(p, teams, denied, seen) })
}

func sorted(names []string) []string {
	out := slices.Clone(names)
	slices.Sort(out)
	return out
}
