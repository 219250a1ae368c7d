package policyfile

import (
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/span"
	"github.com/sekisho/sekisho/shared/domain/spelling"
)

// Approval says how many of whom are needed for some changes.
type Approval struct {
	// Kinds lists the changes it is about; [AnyKind] means all.
	Kinds []change.Kind
	// Entitlements narrows it to access through these. Empty means any change of the kinds.
	Entitlements []string
	Quorum       []change.Need
	// Deadline is how long people have; 0 means [change.DefaultWithin].
	Deadline time.Duration
	// Remind is the wait before the first reminder; 0 means none.
	Remind   time.Duration
	Escalate *change.Escalation
}

// AnyKind stands for all kinds of change in [Approval].
const AnyKind change.Kind = "*"

// Asks returns what is needed where people decide on a kind of change: what the first matching
// approvals entry says, else [change.DefaultRequirement]. A plan of what a brake holds needs what the
// entry says that names the plan's own kind, else what the changes in it need one by one; of two
// people in any case. The entitlement is empty for changes that are not about one. It may be called
// on a nil policy.
func (p *Policy) Asks(kind change.Kind, entitlement string) change.Requirement {
	trait, _ := change.TraitOf(kind)
	about := kind
	if trait.Lets != "" && !p.names(kind) {
		about = trait.Lets
	}
	return p.asks(about, entitlement).AtLeast(trait.People)
}

// names reports whether an entry names a kind of change itself.
func (p *Policy) names(kind change.Kind) bool {
	return p != nil && slices.ContainsFunc(p.Approvals, func(a Approval) bool { return slices.Contains(a.Kinds, kind) })
}

func (p *Policy) asks(kind change.Kind, entitlement string) change.Requirement {
	if p == nil {
		return change.DefaultRequirement()
	}
	i := slices.IndexFunc(p.Approvals, func(a Approval) bool { return a.matches(kind, entitlement) })
	if i < 0 {
		return change.DefaultRequirement()
	}
	a := p.Approvals[i]
	r := change.Requirement{Mode: change.Ask, Needs: slices.Clone(a.Quorum), Within: a.Deadline, Remind: a.Remind}
	if a.Escalate != nil {
		e := *a.Escalate
		r.Escalate = &e
	}
	return r
}

// AsksNow returns what a change that waits for people needs under this policy, where that is more
// than it was asked with, or of other people; the boolean is false where it is not. A policy that
// asks for fewer changes nothing for what waits already.
func (p *Policy) AsksNow(c change.Change) (change.Requirement, bool) {
	if c.State != change.Proposed || c.Requirement.Mode != change.Ask || c.Policy == p.Hash {
		return change.Requirement{}, false
	}
	entitlement := ""
	switch c.Kind {
	case change.AccessGrant, change.AccessReview:
		entitlement = c.Target.Name
	}
	return c.Requirement.Tightened(p.Asks(c.Kind, entitlement))
}

func (a Approval) matches(kind change.Kind, entitlement string) bool {
	return a.about(kind) && (len(a.Entitlements) == 0 || slices.Contains(a.Entitlements, entitlement))
}

func (a Approval) about(kind change.Kind) bool {
	return slices.Contains(a.Kinds, kind) || slices.Contains(a.Kinds, AnyKind)
}

// approval is one entry with its place.
type approval struct {
	Approval
	at place
}

func (l *loading) readApprovals(at place) {
	for _, item := range at.list("- {kinds: [access.grant], quorum: [{count: 1, from: owners}]}") {
		t := item.table("kinds", "entitlements", "quorum", "deadline", "remind", "escalate")
		a := Approval{
			Kinds:        distinct(t.need("kinds", "[access.grant]").filled("[access.grant]"), place.kind),
			Entitlements: distinct(t.at("entitlements").filled("[name], or leave the key out for all"), place.name),
			Quorum:       t.need("quorum", "[{count: 1, from: owners}]").quorum(),
			Deadline:     t.at("deadline").duration(),
			Remind:       t.at("remind").duration(),
			Escalate:     t.at("escalate").escalation(),
		}
		if entitlements := t.at("entitlements"); entitlements.given() {
			a.checkEntitlements(entitlements)
		}
		within := change.Requirement{Within: a.Deadline}.Deadline(time.Time{}).Sub(time.Time{})
		if a.Remind >= within {
			t.at("remind").problem("never happens: the deadline is after %s", span.Spell(within))
		}
		if a.Escalate != nil && a.Escalate.After >= within {
			t.at("escalate").problem("never happens: the deadline is after %s", span.Spell(within))
		}
		if len(a.Kinds) > 0 && !slices.Contains(a.Kinds, "") {
			l.approvals = append(l.approvals, approval{a, item})
		}
		l.policy.Approvals = append(l.policy.Approvals, a)
	}
}

func (a Approval) checkEntitlements(at place) {
	for _, k := range a.Kinds {
		if k != "" && k != change.AccessGrant && k != change.AccessRevoke {
			at.problem("only access has entitlements, %s has none: write kinds: [access.grant] here and another entry for the rest", k)
			break
		}
	}
	for i, item := range at.list("[name]") {
		if i < len(a.Entitlements) {
			item.from.refer(kindEntitlement, a.Entitlements[i], item)
		}
	}
}

func (p place) kind() change.Kind {
	s := change.Kind(p.text())
	if s == "" || s == AnyKind || slices.Contains(change.Kinds(), s) {
		return s
	}
	var known []string
	for _, k := range change.Kinds() {
		known = append(known, string(k))
	}
	p.problem("the kind %s is unknown%s", quote(string(s)), spelling.Suggest(string(s), known))
	return ""
}

func (p place) quorum() []change.Need {
	var out []change.Need
	for _, item := range p.filled("[{count: 1, from: owners}]") {
		t := item.table("count", "from")
		n := change.Need{Count: t.need("count", "1").whole(1), From: t.need("from", "owners").selector(deciders)}
		same := func(o change.Need) bool { return o.From == n.From && n.From != "" }
		if slices.ContainsFunc(out, same) {
			item.problem("%s is named twice in this quorum: add the counts up", n.From)
		}
		out = append(out, n)
	}
	return out
}

func (p place) escalation() *change.Escalation {
	if !p.given() {
		return nil
	}
	t := p.table("after", "to")
	return &change.Escalation{
		After: t.need("after", "4h").duration(),
		To:    t.need("to", "group:managers@your-domain").selector(deciders),
	}
}

// checkOrder refuses entries that an earlier one hides, and entries in different files of which
// either could be first: how files are named must not decide who approves.
func (l *loading) checkOrder() {
	for i, later := range l.approvals {
		for _, earlier := range l.approvals[:i] {
			apart := earlier.at.file != later.at.file
			if apart && overlap(earlier.Approval, later.Approval) {
				later.at.problem("is about some of the same changes as the entry in %s: put both into one file, where the first counts", earlier.at.where())
				break
			}
			if !apart && covers(earlier.Approval, later.Approval) {
				later.at.problem("is never reached: the entry in %s is about all of the same changes", earlier.at.where())
				break
			}
		}
	}
}

func covers(a, b Approval) bool {
	for _, k := range b.Kinds {
		if !a.about(k) {
			return false
		}
	}
	if len(a.Entitlements) == 0 {
		return true
	}
	if len(b.Entitlements) == 0 {
		return false
	}
	for _, e := range b.Entitlements {
		if !slices.Contains(a.Entitlements, e) {
			return false
		}
	}
	return true
}

func overlap(a, b Approval) bool {
	shared := slices.ContainsFunc(b.Kinds, a.about) || slices.ContainsFunc(a.Kinds, b.about)
	if !shared || len(a.Entitlements) == 0 || len(b.Entitlements) == 0 {
		return shared
	}
	return slices.ContainsFunc(b.Entitlements, func(e string) bool { return slices.Contains(a.Entitlements, e) })
}
