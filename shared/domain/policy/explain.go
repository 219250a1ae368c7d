package policy

import (
	"cmp"
	"slices"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Explanation says why an answer is what it is and what would change it. [Explanation.In] says it to
// people.
type Explanation struct {
	Request Request
	// Person is the address of the subject, and what was asked with where nobody is meant by it.
	Person   string
	Decision Decision
	// Because lists the rules that decided: of a no by denies, all denies that match; of a yes,
	// for each operation the first rule that allows it.
	Because []Finding
	// Missing lists the operations that no rule allows, whether or not something denies them.
	Missing []Operation
	// Nearly lists rules that reach the person and would change the answer if their conditions
	// held: of a yes, denies; of a no, those that would allow what is missing. Those of which
	// less fails come first.
	Nearly []Finding
	// Elsewhere lists the rules that would allow what is missing to people with other roles and
	// in other teams. Those without a condition come first, and roles before teams.
	Elsewhere []Finding
	// Besides counts the rules that allow as well what a yes rests on: without those that
	// decided, the answer would be the same where each operation has one.
	Besides int
	// Silent is the operation where the policy is silent about it: no rule allows it to anybody, and
	// what holds without a policy holds for the person still. It is empty otherwise.
	Silent Operation
	// Otherwise is the operation where the policy denies it to the person and is silent about it besides:
	// without the denies, what holds without a policy would hold for them.
	Otherwise Operation
	// Concerned says that, though no rule allows it to the person, those may whom it concerns and those who
	// decide about such changes: of an undo, which rules allow to others besides.
	Concerned bool
	// Deciding says whether the person counts where people are asked about changes, which the rules do
	// not say alone. It is for whoever knows the policy's approvals to fill in, of an operation by which
	// people decide; nobody counts who is refused by the rules.
	Deciding []Deciding
	// Named says with which owners the person may ask for something new, whose owner is the one whom its
	// request names. It is for whoever knows the person to fill in, where rules look at owners. The rest
	// of the explanation is then about the first with whom the person may, or about the last of them.
	Named []Named
}

// Finding is one rule that matters for an answer.
type Finding struct {
	// Operation is the one that the rule was found for.
	Operation Operation
	Effect    Effect
	// Path leads from the person, or from the resource whose owner brought the policy, to the
	// rule. In [Explanation].Elsewhere it begins with what the person does not have.
	Path []Step
	// Condition is the rule's as it is written; empty where it has none.
	Condition string
	// Checks are the parts of the condition that made it hold or not.
	Checks []Check
	// Open lists who has what the path begins with, in Elsewhere only.
	Open []change.Selector
}

// Rule returns the names of the policy and the rule.
func (f Finding) Rule() (policy, rule string) {
	for _, s := range f.Path {
		switch s.Kind {
		case PolicyStep:
			policy = s.Name
		case RuleStep:
			rule = s.Name
		}
	}
	return policy, rule
}

// Step is one step on the way of a rule.
type Step struct {
	Kind StepKind
	Name string
}

// StepKind says what a step is.
type StepKind string

// The kinds of step, in the order in which they can follow one another.
const (
	PersonStep   StepKind = "person"
	ResourceStep StepKind = "resource"
	GroupStep    StepKind = "group"
	OwnerStep    StepKind = "owner" // a team that owns the resource
	TeamStep     StepKind = "team"
	RoleStep     StepKind = "role"
	PolicyStep   StepKind = "policy"
	RuleStep     StepKind = "rule"
)

// Check is one function of a condition and what it found.
type Check struct {
	// Text is the call: "matchAnyTag('Tier.Tier1')".
	Text  string
	Holds bool
	// Why says what it looked at.
	Why Phrase
}

// Explain answers a question as [Engine.Decide] does and says why. It reads all rules and
// allocates: it is for people who ask.
func (e *Engine) Explain(r Request) Explanation {
	out := Explanation{Request: r, Person: nameOf(r.Subject, e), Decision: e.Decide(r)}
	m, reason := e.admit(&r)
	if e.silentFor(r) {
		out.Silent = r.Operations[0]
	}
	out.Concerned = out.Silent == "" && e.leftTo(r)
	if out.Decision.Reason == Denied && e.silent(r) {
		out.Otherwise = r.Operations[0]
	}
	if reason != "" {
		return out
	}
	x := explainer{Engine: e, explanation: &out, question: question{book: e.book, subject: m, resource: &r.Resource}}
	for _, o := range r.Resource.Owners {
		x.owners = append(x.owners, e.find(o))
	}
	x.about = e.book.kind(r.Resource.Type)
	x.explain()
	return out
}

// leftTo reports whether something may be done by whom it concerns, also where rules allow it to others.
func (e *Engine) leftTo(r Request) bool {
	if e == nil || len(r.Operations) != 1 || r.Operations[0] != Undo {
		return false
	}
	d := e.human(e.ask(r), r.Subject)
	return d.Reason == NotAllowed
}

// silentFor reports whether what holds without a policy holds for who asks, because the policy says
// nothing.
func (e *Engine) silentFor(r Request) bool {
	if e == nil || !e.silent(r) {
		return false
	}
	d := e.ask(r)
	if slices.ContainsFunc(r.Operations, func(o Operation) bool { return slices.Contains(governs, o) }) {
		d = e.human(d, r.Subject)
	}
	return !d.Allowed && !d.refuses()
}

// explainer gathers one explanation.
type explainer struct {
	*Engine
	question

	explanation *Explanation
	about       kind
}

func (x *explainer) explain() {
	out := x.explanation
	denies := x.all(x.subject.denies, func(h *hierarchy) []link { return h.denies })
	allows := x.all(x.subject.allows, func(h *hierarchy) []link { return h.allows })
	var nearlyDenied, nearlyAllowed []Finding
	for _, l := range denies {
		o, ok := x.matches(l)
		switch {
		case !ok:
		case x.holdsFor(l):
			out.Because = append(out.Because, x.finding(l, o))
		default:
			nearlyDenied = append(nearlyDenied, x.finding(l, o))
		}
	}
	denied := len(out.Because) > 0
	var because []Finding
	for _, o := range out.Request.Operations {
		found := false
		for _, l := range allows {
			switch {
			case !x.matchesOne(l, o) || !x.holdsFor(l):
			case found:
				out.Besides++
			default:
				found = true
				because = append(because, x.finding(l, o))
			}
		}
		if !found && !slices.Contains(out.Missing, o) {
			out.Missing = append(out.Missing, o)
			nearlyAllowed = append(nearlyAllowed, x.nearly(allows, o)...)
			out.Elsewhere = append(out.Elsewhere, x.elsewhere(allows, o)...)
		}
	}
	fewest := func(a, b Finding) int { return cmp.Compare(failing(a), failing(b)) }
	switch {
	case !denied && len(out.Missing) == 0:
		out.Because, out.Nearly = because, nearlyDenied
	default:
		out.Nearly = nearlyAllowed
	}
	slices.SortStableFunc(out.Nearly, fewest)
}

func failing(f Finding) int { return len(f.Checks) }

// all lists the links that reach the subject, in the order in which they are read: the
// subject's own, then those of the teams that own the resource.
func (x *explainer) all(own []link, of func(*hierarchy) []link) []link {
	out := slices.Clone(own)
	visited := x.subject.visited
	seen := set(nil).union(visited)
	for _, o := range x.owners {
		if o.team == noTeam {
			continue
		}
		for _, up := range x.teams[o.team].chain {
			if !seen.has(up) {
				seen = seen.with(up)
				out = append(out, of(&x.teams[up])...)
			}
		}
	}
	return out
}

// matches returns the first operation asked that a rule is about.
func (x *explainer) matches(l link) (Operation, bool) {
	for _, o := range x.explanation.Request.Operations {
		if x.matchesOne(l, o) {
			return o, true
		}
	}
	return "", false
}

func (x *explainer) matchesOne(l link, o Operation) bool {
	return l.rule.about(x.about) && l.rule.covers([]asked{x.asked(o)})
}

func (x *explainer) holdsFor(l link) bool {
	return l.rule.condition == nil || l.rule.condition.holds(&x.question, l.way)
}

func (x *explainer) finding(l link, o Operation) Finding {
	f := Finding{Operation: o, Effect: l.rule.Effect, Condition: l.rule.Condition.String(), Path: x.path(l.way)}
	f.Path = append(f.Path, Step{PolicyStep, l.rule.policy}, Step{RuleStep, l.rule.Name})
	if l.rule.condition != nil {
		for _, n := range x.decisive(l.rule.condition, l.way, nil) {
			f.Checks = append(f.Checks, Check{Text: sayTest(n), Holds: n.holds(&x.question, l.way), Why: x.why(n, l.way)})
		}
	}
	return f
}

// decisive gathers the functions that made a condition hold or not.
func (x *explainer) decisive(n *node, at *way, found []*node) []*node {
	if n.test > not {
		return append(found, n)
	}
	holds := n.holds(&x.question, at)
	for i := range n.parts {
		part := &n.parts[i]
		// One part that fails decides an and; one that holds decides an or.
		if n.test == not || holds == (n.test == and) || part.holds(&x.question, at) == (n.test == or) {
			found = x.decisive(part, at, found)
		}
	}
	return found
}

// path returns the steps to a policy.
func (x *explainer) path(w *way) []Step {
	var out []Step
	switch {
	case w.owning:
		out = append(out, Step{ResourceStep, x.resource.String()})
		for _, o := range x.owners {
			if o.team != noTeam && x.teams[o.team].under.has(w.team) {
				ups := x.wayUp(o.team, w.team)
				out = append(out, Step{OwnerStep, ups[0].Name})
				out = append(out, ups[1:]...)
				break
			}
		}
	case w.team == noTeam:
		out = append(out, Step{PersonStep, x.explanation.Person})
		out = append(out, x.given(w.role)...)
	default:
		out = append(out, Step{PersonStep, x.explanation.Person})
		for _, t := range x.subject.teams {
			if x.teams[t].under.has(w.team) {
				out = append(out, x.inGroup(x.model.Teams[t].Group)...)
				out = append(out, x.wayUp(t, w.team)...)
				break
			}
		}
	}
	if w.role != noRole {
		out = append(out, Step{RoleStep, x.model.Roles[w.role].Name})
	}
	return out
}

// given returns the groups by which the subject has a role; none where the role was given to
// the person.
func (x *explainer) given(role int) []Step {
	for _, s := range x.model.Roles[role].Members {
		if address, ok := cutSelector(s, "group"); ok {
			if steps := x.inGroup(address); steps != nil {
				return steps
			}
		}
	}
	return nil
}

// inGroup returns the groups from the subject to one that the subject is in; nil otherwise.
func (x *explainer) inGroup(address string) []Step {
	for _, g := range x.subject.Groups {
		if !g.has(address) {
			continue
		}
		var out []Step
		for _, via := range append(slices.Clone(g.Via), g.Group) {
			out = append(out, Step{GroupStep, via})
		}
		return out
	}
	return nil
}

// wayUp returns the shortest way from a team to one above it, both included.
func (x *explainer) wayUp(from, to int) []Step {
	below := map[int]int{from: from}
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			break
		}
		for _, up := range x.teams[queue[0]].parents {
			if _, seen := below[up]; !seen {
				below[up] = queue[0]
				queue = append(queue, up)
			}
		}
	}
	out := []Step{{TeamStep, x.model.Teams[to].Name}}
	for at := to; at != from; {
		at = below[at]
		out = append(out, Step{TeamStep, x.model.Teams[at].Name})
	}
	slices.Reverse(out)
	return out
}

// nearly lists the rules that reach the subject and would allow an operation if their
// conditions held.
func (x *explainer) nearly(allows []link, o Operation) []Finding {
	var out []Finding
	for _, l := range allows {
		if x.matchesOne(l, o) {
			out = append(out, x.finding(l, o))
		}
	}
	return out
}

// elsewhere lists the rules that would allow an operation to others, besides those that are
// given.
func (x *explainer) elsewhere(given []link, o Operation) []Finding {
	known := map[*rule]bool{}
	for _, l := range given {
		known[l.rule] = true
	}
	denied := map[change.Selector]bool{}
	var out []Finding
	offer := func(s *ruleset, all []change.Selector, path ...Step) {
		if !slices.ContainsFunc(s.allows, func(r *rule) bool { return !known[r] && x.matchesOne(link{rule: r}, o) }) {
			return
		}
		open := slices.DeleteFunc(slices.Clone(all), func(s change.Selector) bool {
			if _, asked := denied[s]; !asked {
				denied[s] = x.deniedTo(s, o)
			}
			return denied[s]
		})
		for _, r := range s.allows {
			if known[r] || !x.matchesOne(link{rule: r}, o) || len(open) == 0 {
				continue
			}
			out = append(out, Finding{
				Operation: o, Effect: Allow, Condition: r.Condition.String(), Open: open,
				Path: append(slices.Clone(path), Step{PolicyStep, r.policy}, Step{RuleStep, r.Name}),
			})
		}
	}
	for i, policies := range x.roles {
		for _, s := range policies {
			offer(s, x.model.Roles[i].Members, Step{RoleStep, x.model.Roles[i].Name})
		}
	}
	for i := range x.teams {
		open, team := x.people(i), Step{TeamStep, x.model.Teams[i].Name}
		if x.subject.Bot && i == x.organization {
			open = []change.Selector{everybody} // who is no program
		}
		for _, s := range x.teams[i].policies {
			offer(s, open, team)
		}
		for _, r := range x.teams[i].defaults {
			for _, s := range x.roles[r] {
				offer(s, open, team, Step{RoleStep, x.model.Roles[r].Name})
			}
		}
	}
	conditional := func(f Finding) int { return min(len(f.Condition), 1) }
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(conditional(a), conditional(b)) })
	return out
}

// deniedTo reports whether an operation is denied to somebody who is in a set and in nothing else.
func (x *explainer) deniedTo(s change.Selector, o Operation) bool {
	other := Person{ID: "\x00somebody"} // no directory has such an id
	if address, ok := cutSelector(s, "group"); ok {
		other.Groups = []InGroup{{Group: address}}
	}
	if address, ok := cutSelector(s, "user"); ok {
		if m := x.member(address); m != nil {
			other = m.Person
		} else {
			other.Email = address
		}
	}
	people := Roster{other}
	for _, owner := range x.owners {
		if owner.person != nil && owner.person.ID != other.ID {
			people = append(people, owner.person.Person)
		}
	}
	r := x.explanation.Request
	r.Subject, r.Operations = other.ID, []Operation{o}
	return x.With(people).Decide(r).Reason == Denied
}

// people lists the groups whose members are in a team or below it.
func (x *explainer) people(team int) []change.Selector {
	var out []change.Selector
	for i, t := range x.model.Teams {
		if t.Group != "" && x.teams[i].under.has(team) {
			out = append(out, selector("group", t.Group))
		}
	}
	return out
}
