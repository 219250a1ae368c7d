package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file compares what two policies ask for before something may be done.

// judge compares the requirements of two rulings.
type judge struct {
	before, after Ruling
	was, will     *crowd
	rules         []reach // of the old model
	silent        map[matter]bool
	had           map[string]string // the entitlements of the old policy, by themselves
}

func newJudge(before, after Ruling) *judge {
	j := &judge{before: before, after: after, was: newCrowd(before.Model), will: newCrowd(after.Model), silent: before.Model.silent()}
	j.rules = j.was.reaches()
	j.had = map[string]string{}
	for _, w := range before.Ways {
		j.had[w.Entitlement] = w.Entitlement
	}
	return j
}

// lowered lists what asks for less: of approvals, scope by scope, of access, way by way, and what is
// done without asking.
func (j *judge) lowered() []Looser {
	var out []Looser
	add := func(s Scope, of string, old, now change.Requirement) {
		same := func(l Looser) bool {
			return l.Scope == s && l.Of == of && sayRequirement(l.Old) == sayRequirement(old) && sayRequirement(l.New) == sayRequirement(now)
		}
		if !slices.ContainsFunc(out, same) {
			out = append(out, Looser{What: LowerQuorum, Scope: s, Of: of, Old: old, New: now})
		}
	}
	offered := map[string]bool{}
	for _, w := range j.after.Ways {
		offered[w.Entitlement] = true
	}
	for _, s := range scopes(j.before.Approvals, j.after.Approvals) {
		if s.Kind == change.AccessGrant && offered[s.Entitlement] {
			continue
		}
		if old, now := requirement(j.before.Approvals, s), requirement(j.after.Approvals, s); !asStrict(old, now, func(n, o change.Selector) bool { return j.within(s.Kind, n, o) }) {
			add(s, j.had[s.Entitlement], old, now)
		}
	}
	for _, w := range j.after.Ways {
		for _, person := range members(j.after.Model, w.For) {
			if old, review, ok := j.dearer(w, person); !ok && review {
				add(Scope{Kind: change.AccessReview, Entitlement: w.Entitlement}, old.Entitlement, *old.Review, reviewOf(w))
			} else if !ok {
				add(Scope{Kind: change.AccessGrant, Entitlement: w.Entitlement}, old.Entitlement, old.Needs, w.Needs)
			}
		}
	}
	for _, s := range scopes(j.before.Modes, j.after.Modes) {
		old, now := cmp.Or(j.before.Modes[s], change.Report), j.after.Modes[s]
		if now != change.Auto || old == change.Auto {
			continue
		}
		was := change.Requirement{Mode: old}
		if old == change.Ask {
			was = requirement(j.before.Approvals, Scope{Kind: s.Kind})
		}
		add(s, "", was, change.Requirement{Mode: now})
	}
	return out
}

// dearer reports that a way to access is as strict as one was that gave the same to the same people.
// Where none certainly did, it has to be as strict as each that gave the same, to others or under
// another condition, for they may be the same people and the same thing; and as the entitlement of its
// name was. Where there are none, what the old policy asks for where it says nothing else is taken in
// their place.
//
// Where it is not as strict, the strictest of those that it falls short of is returned, and whether only
// the review is less.
func (j *judge) dearer(w Way, person string) (old Way, review, ok bool) {
	var gave, akin []Way
	for _, o := range j.before.Ways {
		switch {
		case o.What == w.What && (o.Condition == "" || o.Condition == w.Condition) && slices.Contains(members(j.before.Model, o.For), person):
			gave = append(gave, o)
		case (o.What == w.What || o.Entitlement == w.Entitlement) && o.Needs.Mode == change.Ask:
			akin = append(akin, o)
		}
	}
	if len(gave) == 0 {
		if len(akin) == 0 {
			akin = append(akin, j.unnamed(w.Entitlement))
		}
		short := slices.DeleteFunc(akin, func(o Way) bool { return j.grantsAsStrictly(o, w) })
		return strictest(short), false, len(short) == 0
	}
	for _, o := range gave {
		if !j.grantsAsStrictly(o, w) {
			continue
		}
		if j.reviewsAsStrictly(o, w) {
			return o, false, true
		}
		review, old = true, o
	}
	if !review {
		old = strictest(gave)
	}
	return old, review, false
}

// grantsAsStrictly reports whether a way to access takes as much as another one before it is given.
func (j *judge) grantsAsStrictly(old, now Way) bool {
	return asStrict(old.Needs, now.Needs, func(n, o change.Selector) bool { return j.withinWays(change.AccessGrant, old, now, n, o) })
}

// reviewsAsStrictly reports whether a way to access takes as much as another one after it was given.
func (j *judge) reviewsAsStrictly(old, now Way) bool {
	if old.Review == nil || now.Needs.Mode == change.Ask {
		return true
	}
	return now.Review != nil &&
		asStrict(*old.Review, *now.Review, func(n, o change.Selector) bool { return j.withinWays(change.AccessReview, old, now, n, o) })
}

// unnamed returns what the old policy asks for before access is given that nobody could have.
func (j *judge) unnamed(entitlement string) Way {
	base := requirement(j.before.Approvals, Scope{Kind: change.AccessGrant, Entitlement: entitlement})
	if base.Mode != change.Ask {
		base = change.DefaultRequirement()
	}
	return Way{Entitlement: j.had[entitlement], Needs: base}
}

// strictest returns the way that takes most people; none where there is none.
func strictest(some []Way) Way {
	if len(some) == 0 {
		return Way{}
	}
	return slices.MaxFunc(some, func(a, b Way) int { return cmp.Compare(a.Needs.People(), b.Needs.People()) })
}

// reviewOf returns what is needed after access was given; nothing where nobody looks at it.
func reviewOf(w Way) change.Requirement {
	if w.Review == nil {
		return change.Requirement{Mode: change.Auto}
	}
	return *w.Review
}

func scopes[T any](a, b map[Scope]T) []Scope {
	var out []Scope
	for _, m := range []map[Scope]T{a, b} {
		for s := range m {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(x, y Scope) int {
		return cmp.Or(strings.Compare(string(x.Kind), string(y.Kind)), strings.Compare(x.Entitlement, y.Entitlement), strings.Compare(x.Part, y.Part))
	})
	return slices.Compact(out)
}

func requirement(all map[Scope]change.Requirement, s Scope) change.Requirement {
	if r, ok := all[s]; ok {
		return r
	}
	return change.DefaultRequirement()
}

// asStrict reports whether whatever meets the new requirement would have met the old one. Within says
// whether everybody in a set of the new policy was in a set of the old one.
func asStrict(old, now change.Requirement, within func(now, old change.Selector) bool) bool {
	switch {
	case now.Mode == change.Report || old.Mode == change.Auto:
		return true
	case now.Mode != change.Ask || old.Mode != change.Ask:
		return false
	}
	if e := now.Escalate; e != nil && (old.Escalate == nil || !within(e.To, old.Escalate.To) || e.After < old.Escalate.After) {
		return false
	}
	return fills(old.Needs, now.Needs, within)
}

// within reports whether everybody in a set of the new policy was in a set of the old one, where they
// are asked about a kind of change.
//
// Who is named by an approvals entry decides without a rule, so that such a set is among the approvers
// only where a rule lets all of it approve anyway.
func (j *judge) within(kind change.Kind, now, old change.Selector) bool {
	among := j.among(kind, old)
	return slices.Contains(among, everybody) || contains(among, members(j.after.Model, now))
}

// withinWays reports as within, where both are asked about access: by ways to it, whose owners may be
// others.
func (j *judge) withinWays(kind change.Kind, before, after Way, now, old change.Selector) bool {
	if before.Entitlement == "" { // which was owned by nobody yet
		return j.within(kind, now, old)
	}
	among := owned(j.among(kind, old), before)
	some := owned(members(j.after.Model, now), after)
	if now == change.Approvers && j.ownersApprove(kind) {
		some = append(some, owned([]string{string(change.Owners)}, after)...)
		if old == change.Approvers {
			among = append(among, owned([]string{string(change.Owners)}, before)...)
		}
	}
	return slices.Contains(among, everybody) || contains(among, some)
}

// among lists those who are in a set of the old policy, where they are asked about a kind of change.
func (j *judge) among(kind change.Kind, old change.Selector) []string {
	out := members(j.before.Model, old)
	if old == change.Approvers {
		out = append(out, j.approvers(kind)...)
	}
	return out
}

// owned says who owners are where a way to access is asked for; nobody where it has none.
func owned(people []string, w Way) []string {
	var out []string
	for _, p := range people {
		if p != string(change.Owners) {
			out = append(out, p)
			continue
		}
		for _, s := range w.Owners {
			out = append(out, members(Model{}, s)...)
		}
	}
	return out
}

// ownersApprove reports whether the new policy may let owners approve a kind of change that asks the
// approvers: where no rule says who they are, or one looks at who the owners are.
func (j *judge) ownersApprove(kind change.Kind) bool {
	needed, ok := Needed(kind, change.VerbApprove)
	if !ok || j.after.Model.silent()[matter{needed.Operation, needed.Type}] {
		return true
	}
	return slices.ContainsFunc(j.will.reaches(), func(r reach) bool {
		return r.rule.Effect == Allow && r.rule.speaksOf(needed.Operation, needed.Type) &&
			r.rule.Condition != nil && r.rule.Condition.root.tests(isOwner, matchTeam)
	})
}

// approvers lists those who could approve a kind of change by the old policy, whatever it is about.
func (j *judge) approvers(kind change.Kind) []string {
	needed, ok := Needed(kind, change.VerbApprove)
	if !ok || j.silent[matter{needed.Operation, needed.Type}] {
		return []string{string(change.Owners), string(change.Admins)}
	}
	var out []string
	for _, r := range j.rules {
		switch {
		case r.rule.Effect != Allow || !r.rule.speaksOf(needed.Operation, needed.Type):
		case r.rule.Condition == nil:
			out = append(out, r.people...)
		case r.rule.Condition.root.test == isOwner && slices.Contains(r.people, everybody):
			out = append(out, string(change.Owners))
		}
	}
	return out
}

// members returns those whom a set of people is made of, as they are compared: the members of a role,
// and otherwise the set itself.
func members(m Model, s change.Selector) []string {
	kind, name, named := strings.Cut(string(s), ":")
	if kind != "role" || !named {
		if named {
			s = selector(kind, name)
		}
		return []string{string(s)}
	}
	var out []string
	for _, r := range m.Roles {
		if r.Name == name {
			out = append(out, given(r)...)
		}
	}
	return out
}

// fills reports whether every place of an old quorum has a place of its own in a new one that asks for
// people of the same set. It is a flow from the new places to the old ones, enlarged as long as
// another place can be found.
func fills(old, now []change.Need, within func(now, old change.Selector) bool) bool {
	if len(old) == 0 { // nobody could approve
		return len(now) == 0
	}
	free := make([]int, len(now))
	for k, n := range now {
		free[k] = n.Count
	}
	taken := make([][]int, len(old)) // of each new need, by each old one
	for i := range old {
		taken[i] = make([]int, len(now))
	}
	var find func(i, want int, tried []bool) int
	find = func(i, want int, tried []bool) int {
		for k, n := range now {
			if tried[k] || !within(n.From, old[i].From) {
				continue
			}
			tried[k] = true
			if found := min(want, free[k]); found > 0 {
				free[k] -= found
				taken[i][k] += found
				return found
			}
			for other := range old {
				if taken[other][k] == 0 {
					continue
				}
				if found := find(other, min(want, taken[other][k]), tried); found > 0 {
					taken[other][k] -= found
					taken[i][k] += found
					return found
				}
			}
		}
		return 0
	}
	for i, n := range old {
		for missing := n.Count; missing > 0; {
			found := find(i, missing, make([]bool, len(now)))
			if found == 0 {
				return false
			}
			missing -= found
		}
	}
	return true
}
