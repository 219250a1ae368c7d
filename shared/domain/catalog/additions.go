package catalog

import (
	"maps"
	"slices"
	"strings"
)

// Additions returns the plan without the steps that take something away: what may be done when too
// much would go. Who is to leave a team or a role stays in it until people have agreed. So what would
// give that team or role more waits with them, be it by a condition or by a team above, and what needs it; and so does
// who would come to what has not lost by then what it is to lose. Nothing else does.
func (p Plan) Additions(present Present) Plan {
	gone := slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return !s.Removal() })
	held := newLeaving(present, p.Steps).of(gone).held(p.Steps, true)
	out := Plan{Findings: p.Findings}
	for i, s := range p.Steps {
		if !s.Removal() && !held[i] {
			out.Steps = append(out.Steps, s)
		}
	}
	return out
}

// Takings returns the steps that take something away, of a plan of which [Plan.Additions] is done. What is still referred
// to, because what lets go of it waits for people to leave something, is deleted when they have.
func (p Plan) Takings(present Present) Plan {
	gone := slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return !s.Removal() })
	held := newLeaving(present, p.Steps).of(gone).held(p.Steps, true)
	needed := map[key]bool{}
	keep := func(s Step) {
		for _, k := range present.asItIs(s).needs() {
			needed[k] = true
		}
	}
	for i, s := range p.Steps {
		if held[i] && s.Verb == Update {
			keep(s)
		}
	}
	for { // what is not deleted refers to something in turn
		i := slices.IndexFunc(gone, func(s Step) bool { return s.Verb == Delete && needed[s.key()] })
		if i < 0 {
			return Plan{Steps: gone}
		}
		keep(gone[i])
		gone = slices.Delete(gone, i, i+1)
	}
}

// Awaiting reports of each step of the plan whether it gives something to what somebody should have left before
// it by one of some steps that are not done, or to people who should have been denied something by one; or whether it takes
// from these what denies something. No policy is deleted then: what was to take the place of one that denies may not be there.
func (p Plan) Awaiting(undone []Step, present Present) []bool {
	if len(undone) == 0 {
		return make([]bool, len(p.Steps))
	}
	l := newLeaving(present, p.Steps).of(undone)
	out := l.held(p.Steps, true)
	for i, s := range p.Steps {
		switch {
		case s.Verb == Delete && s.Kind == KindPolicy:
			out[i] = true
		case s.Verb == Delete && slices.ContainsFunc(undone, func(other Step) bool { return slices.Contains(other.taken(), s.key()) }):
			out[i] = true
		case s.Removal() && l.weigh(s) < allows:
			out[i] = slices.ContainsFunc(l.who(s), func(who string) bool { return l.leave[who] || l.unbound[who] || l.kept[who] })
		}
	}
	return out
}

// leaving is what is left by some of a plan's steps, and what is given by others.
type leaving struct {
	present Present
	has     belonging
	moved   belonging         // when teams are moved: what else these are given comes after that
	will    belonging         // when people come: what only allows comes after that, and what only denies goes after it
	rules   map[string]ruling // of the policies
	roles   map[string][]string
	people  map[key][]string // who is in a team or has a role, now or then
	weights map[weighed]weight
	asIs    bool // only the rules that there are count
	toBe    bool // only those that there will be
	// left are the teams and roles that somebody is to leave, or that are to go, the teams above them, and what
	// all of these have of roles and policies: what is given to one of them, whoever is to leave would have.
	left map[key]bool
	// named are the policies with conditions about what is left.
	named map[string]bool
	// whose is all that those have who leave or lose something: what denies there has to stay as long as they do not.
	whose map[key]bool
	// old is what was not changed and should have lost something.
	old map[key]bool
	// wrong are the steps that are not done, leave the people who leave a team or a role by them. Without them unbound are
	// not denied what bounds deny, and bound is all that these people have.
	wrong          []Step
	leave, unbound map[string]bool
	kept           map[string]bool // who does not lose something
	bounds         []Rule
	bound          map[key]bool
}

// ruling is what a policy says and is to say.
type ruling struct {
	now, then    []Rule   // none where it is switched off, or is not there
	parts        [][]Rule // what it says after each step about it
	teams, roles []string
	ofTeams      bool
}

// ofTeams are the conditions that hang on the teams somebody is in: what a team owns, or reviews, its people do, and
// they are in its domains.
var ofTeams = []string{"matchTeam", "isOwner", "isReviewer", "hasDomain"}

func newLeaving(present Present, steps []Step) leaving {
	l := leaving{
		present: present, has: belongings(present, steps), rules: map[string]ruling{}, roles: map[string][]string{}, people: map[key][]string{}, weights: map[weighed]weight{},
	}
	note := func(name string, rules []Rule, to func(*ruling)) {
		is := l.rules[name]
		to(&is)
		for _, r := range rules {
			if r.Condition == nothing().Condition {
				continue
			}
			teams, roles := mentions(r.Condition)
			is.teams, is.roles = append(is.teams, teams...), append(is.roles, roles...)
			is.ofTeams = is.ofTeams || slices.ContainsFunc(ofTeams, func(f string) bool { return strings.Contains(r.Condition, f) })
		}
		l.rules[name] = is
	}
	for _, p := range present.Policies {
		note(p.Name, p.Rules, func(r *ruling) {
			if r.then = p.Rules; !p.Disabled {
				r.now = p.Rules
			}
		})
	}
	for _, s := range steps {
		if s.Policy != nil {
			note(s.Name, s.Policy.Rules, func(r *ruling) { r.then, r.parts = s.Policy.Rules, append(r.parts, s.Policy.Rules) })
		}
		if s.Role != nil {
			l.roles[s.Name] = append(l.roles[s.Name], s.Role.Policies...)
		}
	}
	for _, role := range present.Roles {
		l.roles[role.Name] = append(l.roles[role.Name], role.Policies...)
		l.people[key{KindRole, role.Name}] = people(role.Holders)
	}
	for _, team := range present.Teams {
		l.people[key{KindTeam, team.Name}] = people(team.Members)
	}
	l.moved = belongings(present, slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return !s.places() }))
	l.will = maps.Clone(l.has)
	for _, s := range steps {
		if s.Verb == Add {
			l.people[s.subject()] = append(l.people[s.subject()], s.Person)
		}
		without := func(k key) {
			l.will[s.key()] = slices.DeleteFunc(slices.Clone(l.will[s.key()]), func(has key) bool { return has == k })
		}
		for _, k := range s.taken() {
			if is := l.rules[k.name]; k.kind != KindPolicy || !justDeny(is.now) || !justDeny(is.then) {
				without(k)
			}
		}
		for _, k := range s.given() { // later
			if k.kind == KindPolicy && !slices.ContainsFunc(l.rules[k.name].then, Rule.denies) {
				without(k)
			}
		}
	}
	return l
}

// of returns what is left by some steps, or not denied without them.
func (l leaving) of(steps []Step) leaving {
	l.leave, l.whose = map[string]bool{}, map[key]bool{}
	for _, s := range steps {
		if _, ok := s.leaves(); ok {
			for _, who := range l.who(s) {
				l.leave[who] = true
			}
		}
	}
	l = l.leftBy(steps)
	l.meet(l.whose, l.leave)
	l.old, l.wrong = map[key]bool{}, steps
	for _, s := range steps {
		l.old[s.key()] = l.old[s.key()] || s.Verb == Update && l.narrows(s)
		for _, k := range s.taken() {
			l.has.reach(l.left, k)
		}
	}
	return l.without(steps)
}

// who lists the people that a step takes out of something.
func (l leaving) who(s Step) []string {
	if s.Person != "" {
		return []string{s.Person}
	}
	return l.people[s.subject()]
}

// without returns what is left where people are not denied something by some steps, or do not lose it.
func (l leaving) without(steps []Step) leaving {
	l.bound, l.unbound, l.bounds, l.whose = map[key]bool{}, map[string]bool{}, nil, maps.Clone(l.whose)
	var of, loses []key
	for _, s := range steps {
		if !s.Removal() && l.narrows(s) {
			loses = append(loses, s.key())
		}
		denied := l.denied(s)
		l.bounds = append(l.bounds, denied...)
		switch {
		case len(denied) == 0:
		case s.Verb == Add:
			l.unbound[s.Person] = true
		default:
			of = append(of, s.key())
		}
	}
	maps.Copy(l.unbound, l.whoHas(of))
	l.meet(l.bound, l.unbound)
	l.kept = l.whoHas(loses)
	l.meet(l.whose, l.kept)
	return l
}

// denied returns the rules that deny something to more people, or to people more, by a step.
func (l leaving) denied(s Step) (out []Rule) {
	if s.Removal() {
		return nil
	}
	if s.Policy != nil {
		is := l.rules[s.Name].before(s.Policy.Rules)
		for _, r := range s.Policy.Rules {
			if r.denies() && !denied(r, is) {
				out = append(out, r)
			}
		}
		return out
	}
	reached := map[key]bool{}
	for _, k := range s.given() {
		l.has.reach(reached, k)
	}
	if s.Verb == Add {
		l.has.reach(reached, s.subject())
	}
	for k := range reached {
		if k.kind == KindPolicy {
			out = append(out, slices.DeleteFunc(slices.Clone(l.rules[k.name].then), func(r Rule) bool { return !r.denies() })...)
		}
	}
	return out
}

// loose reports whether a rule allows something that is not denied without some steps.
func (l leaving) loose(r Rule) bool {
	return r.allows() && slices.ContainsFunc(l.bounds, func(bound Rule) bool {
		some := func(mine, theirs []string, mines, theirsToo func(string) bool) bool {
			return slices.ContainsFunc(mine, theirsToo) || slices.ContainsFunc(theirs, mines)
		}
		return some(r.Operations, bound.Operations, r.does, bound.does) && some(r.Resources, bound.Resources, r.reaches, bound.reaches)
	})
}

// whoHas returns the people who have one of these, now or then.
func (l leaving) whoHas(these []key) map[string]bool {
	out, reached := map[string]bool{}, l.reaches(these)
	for k, who := range l.people {
		for _, one := range who {
			if reached[k] || reached[key{KindTeam, Organization}] {
				out[one] = true
			}
		}
	}
	return out
}

// loosens reports whether an update takes what denies something.
func (l leaving) loosens(s Step) bool {
	return s.Policy != nil && l.rules[s.Name].deniesLess(s.Policy.Rules) ||
		slices.ContainsFunc(s.taken(), func(k key) bool { return l.now().some(k, Rule.denies) })
}

// some reports whether whoever has something has a rule by it that is so.
func (l leaving) some(from key, is func(Rule) bool) bool {
	reached := map[key]bool{}
	l.has.reach(reached, from)
	for k := range reached {
		if k.kind == KindPolicy && l.any(k, func(_ string, r Rule) bool { return is(r) }) {
			return true
		}
	}
	return false
}

// reaches reports of the teams and roles whether whoever is in one, or has it, has one of these by it.
func (l leaving) reaches(of []key) map[key]bool {
	out := map[key]bool{}
	if len(of) == 0 {
		return out
	}
	for k := range l.has {
		reached := map[key]bool{}
		l.has.reach(reached, k)
		out[k] = slices.ContainsFunc(of, func(o key) bool { return reached[o] })
	}
	for _, k := range of {
		out[k] = out[k] || k.kind != KindPolicy
	}
	return out
}

// meet adds all that some people have to what was reached before.
func (l leaving) meet(out map[key]bool, who map[string]bool) {
	if len(who) == 0 {
		return
	}
	l.has.reach(out, key{KindTeam, Organization})
	for k, in := range l.people {
		if slices.ContainsFunc(in, func(one string) bool { return who[one] }) {
			l.has.reach(out, k)
		}
	}
}

// leftBy is [leaving.of] without the people.
func (l leaving) leftBy(steps []Step) leaving {
	l.left, l.named = map[key]bool{}, map[string]bool{}
	team := false
	for _, s := range steps {
		if k, ok := s.leaves(); ok && (s.Person != "" || len(l.people[k]) > 0) {
			l.has.reach(l.left, k)
			team = team || k.kind == KindTeam
		}
	}
	for name, r := range l.rules {
		is := func(kind Kind) func(string) bool {
			return func(name string) bool { return l.left[key{kind, name}] }
		}
		l.named[name] = team && r.ofTeams || slices.ContainsFunc(r.teams, is(KindTeam)) || slices.ContainsFunc(r.roles, is(KindRole))
	}
	return l
}

// held reports which of the steps give something more to what is left, which follow one about the same, and who comes
// to what has not lost what it is to lose. Where one is held that denies something, nobody is given anything in the
// meantime who is to be denied it. Where teams are not to be moved either to where there is more, what needs that is held too.
func (l leaving) held(steps []Step, moves bool) []bool {
	wrong, n := l.wrong, 0
	for {
		out := l.holds(steps, moves)
		waiting := slices.Clone(wrong)
		for i, s := range steps {
			if out[i] {
				waiting = append(waiting, s)
			}
		}
		if len(waiting) == n {
			return out
		}
		l, n = l.without(waiting), len(waiting)
		for _, s := range waiting { // whoever is to lose it has it as long
			for _, k := range s.taken() {
				l.has.reach(l.left, k)
			}
		}
	}
}

// given and taken return what a role or a team gets and loses by an update.
func (s Step) given() []key {
	return s.changed(func(d Difference) (string, string) { return d.Before, d.After })
}

func (s Step) taken() []key {
	return s.changed(func(d Difference) (string, string) { return d.After, d.Before })
}

func (s Step) changed(way func(Difference) (from, to string)) (out []key) {
	for _, d := range s.Diff {
		if kind := listedKind[d.Field]; kind != "" {
			from, to := way(d)
			for _, name := range without(listed(to), listed(from)) {
				out = append(out, key{kind, name})
			}
		}
	}
	return out
}

// listedKind is the kind of what is listed in a field of a team or a role.
var listedKind = map[string]Kind{"policies": KindPolicy, "default roles": KindRole, "parents": KindTeam}

func (l leaving) holds(steps []Step, moves bool) []bool {
	out, about, old := make([]bool, len(steps)), map[key]bool{}, maps.Clone(l.old)
	for i, s := range steps {
		out[i] = l.gains(s) || s.Verb == Update && about[s.key()] || l.comes(s, old) || moves && l.gainsAbove(s)
		about[s.key()] = out[i]
		if out[i] && s.Verb == Update && l.narrows(s) {
			old[s.key()] = true
		}
	}
	if slices.Contains(out, true) {
		l.hold(steps, out)
	}
	return out
}

// hold notes what cannot be done without the steps that are held: what needs something that is not made, and a team
// that does not fit where another is not moved.
func (l leaving) hold(steps []Step, held []bool) {
	for more := true; more; {
		more = false
		all, now, missing := l.present.places(), l.present.places(), map[key]bool{}
		for i, s := range steps {
			team := s.places()
			hangs := slices.ContainsFunc(append(s.needs(), s.key()), func(k key) bool { return missing[k] }) ||
				team && fitting(s, all) && !fitting(s, now)
			if hangs && !held[i] {
				held[i], more = true, true
			}
			if team {
				all[s.Name] = place{s.Team.Type, s.Team.Parents}
			}
			if team && !held[i] {
				now[s.Name] = all[s.Name]
			}
			if held[i] && s.Verb == Create {
				missing[s.key()] = true
			}
		}
	}
}

// comes reports whether somebody comes to something to which they are not to come yet: it has what it is to lose, or
// gives something to those who are in what they are to leave, or who should be denied it.
func (l leaving) comes(s Step, old map[key]bool) bool {
	reached := map[key]bool{}
	for _, k := range s.given() {
		l.has.reach(reached, k)
	}
	if s.Verb == Add {
		l.has.reach(reached, s.subject())
	}
	for k := range reached {
		switch {
		case old[k]:
			return true
		case k.kind != KindPolicy:
		case l.unbound[s.Person] && l.any(k, func(_ string, r Rule) bool { return l.loose(r) }),
			l.leave[s.Person] && l.any(k, func(policy string, r Rule) bool { return l.named[policy] && r.allows() }):
			return true
		}
	}
	return false
}

// narrows reports whether a step takes or denies something without taking anybody out of anything.
func (l leaving) narrows(s Step) bool {
	switch {
	case s.Policy != nil:
		is := l.rules[s.Name].before(s.Policy.Rules)
		return slices.ContainsFunc(s.Policy.Rules, func(r Rule) bool { return r.denies() && !denied(r, is) }) ||
			slices.ContainsFunc(is, func(r Rule) bool { return r.allows() && !covered(r, s.Policy.Rules) })
	case s.Verb != Update:
		return false
	}
	return slices.ContainsFunc(s.Diff, func(d Difference) bool {
		added, taken := without(listed(d.After), listed(d.Before)), without(listed(d.Before), listed(d.After))
		with := l.with(d.Field)
		return with != nil && (slices.ContainsFunc(added, with(Rule.denies)) || slices.ContainsFunc(taken, l.now().with(d.Field)(Rule.allows)))
	})
}

// now is what is left and given, with only the rules that there are.
func (l leaving) now() leaving {
	l.asIs = true
	return l
}

// then is what is left and given, with the rules that there will be by the time that something is given.
func (l leaving) then() leaving {
	l.toBe = true
	return l
}

// with reports whether what is listed in a field has a rule that is so, now or then; nil where nothing is that has any.
func (l leaving) with(field string) func(is func(Rule) bool) func(name string) bool {
	kind := listedKind[field]
	switch kind {
	case KindTeam:
		return l.above
	case "":
		return nil
	}
	return func(is func(Rule) bool) func(string) bool {
		return func(name string) bool { return l.any(key{kind, name}, func(_ string, r Rule) bool { return is(r) }) }
	}
}

// weight is what whoever comes to a team or a role has by it: what only denies, does so now and then.
type weight int

const (
	justDenies weight = iota
	deniesToo
	allows
)

// weigh returns the weight of the team or the role that somebody comes to or leaves, or of what an update brings.
func (l leaving) weigh(s Step) weight {
	then := l
	then.has = l.will
	if s.Verb == Update {
		if s.Policy != nil && slices.ContainsFunc(s.Policy.Rules, func(r Rule) bool { return r.denies() && !denied(r, l.rules[s.Name].before(s.Policy.Rules)) }) ||
			slices.ContainsFunc(s.given(), func(k key) bool { return then.some(k, Rule.denies) }) {
			return deniesToo
		}
		return allows
	}
	at := weighed{s.subject(), s.Removal()}
	if w, known := l.weights[at]; known {
		return w
	}
	k, w := at.of, allows
	if at.left { // who leaves it is denied what it denies now: what it gets comes later, and what it is to lose may have to wait
		then = l.now()
		then.has = belongings(l.present, nil)
	}
	switch {
	case l.some(k, Rule.denies) && !l.some(k, Rule.allows):
		w = justDenies
	case then.some(k, Rule.denies):
		w = deniesToo
	}
	l.weights[at] = w
	return w
}

// weighed is what somebody comes to, or leaves.
type weighed struct {
	of   key
	left bool
}

// gains reports whether an update gives something more to what is left, or takes what denies something from whoever
// leaves anything.
func (l leaving) gains(s Step) bool {
	if s.Verb != Update {
		return false
	}
	k := s.key()
	if is := l.rules[s.Name]; s.Kind == KindPolicy {
		left := l.left[k] || l.named[s.Name]
		return left && is.allowsMore(s.Policy.Rules, Rule.allows) || l.bound[k] && is.allowsMore(s.Policy.Rules, l.loose) ||
			(left || l.whose[k] || l.bound[k]) && is.deniesLess(s.Policy.Rules)
	}
	return slices.ContainsFunc(s.Diff, func(d Difference) bool {
		with := l.with(d.Field)
		if with == nil || d.Field == "parents" {
			return false
		}
		added, taken := without(listed(d.After), listed(d.Before)), without(listed(d.Before), listed(d.After))
		named := func(name string) bool {
			return l.any(key{listedKind[d.Field], name}, func(policy string, r Rule) bool { return l.named[policy] && r.allows() })
		}
		return slices.ContainsFunc(added, named) || l.left[k] && slices.ContainsFunc(added, l.then().with(d.Field)(Rule.allows)) ||
			l.bound[k] && slices.ContainsFunc(added, l.then().with(d.Field)(l.loose)) ||
			(l.left[k] || l.whose[k] || l.bound[k]) && slices.ContainsFunc(taken, l.now().with(d.Field)(Rule.denies))
	})
}

// gainsAbove reports whether a team that is left is moved to where there is more, or a team of whoever leaves anything
// from where something is denied.
func (l leaving) gainsAbove(s Step) bool {
	k := s.key()
	moved := l.now()
	moved.has = l.moved
	return s.Verb == Update && slices.ContainsFunc(s.Diff, func(d Difference) bool {
		added, taken := without(listed(d.After), listed(d.Before)), without(listed(d.Before), listed(d.After))
		return d.Field == "parents" && (l.left[k] && slices.ContainsFunc(added, moved.above(Rule.allows)) ||
			(l.left[k] || l.whose[k] || l.bound[k]) && slices.ContainsFunc(taken, moved.above(Rule.denies)))
	})
}

// listed returns what a difference lists.
func listed(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ", "), func(s string) bool { return s == "" })
}

// above reports whether whoever is below a team has a rule by it that is so, now or then.
func (l leaving) above(is func(Rule) bool) func(team string) bool {
	return func(team string) bool { return l.some(key{KindTeam, team}, is) }
}

// any reports whether a policy, or one of a role, has a rule that is so, now or then.
func (l leaving) any(k key, so func(policy string, r Rule) bool) bool {
	if k.kind == KindRole {
		return slices.ContainsFunc(l.roles[k.name], func(name string) bool { return l.any(key{KindPolicy, name}, so) })
	}
	is := l.rules[k.name]
	if l.asIs {
		is.then = nil
	}
	if l.toBe {
		is.now = nil
	}
	return slices.ContainsFunc(slices.Concat(is.now, is.then), func(r Rule) bool { return so(k.name, r) })
}

// before returns what a policy says before the step by which it says something.
func (r ruling) before(rules []Rule) []Rule {
	i := slices.IndexFunc(r.parts, func(part []Rule) bool { return sameRules(part, rules) })
	if i < 1 {
		return r.now
	}
	return r.parts[i-1]
}

// allowsMore reports whether other rules that are so may allow more than those that there are.
func (r ruling) allowsMore(to []Rule, is func(Rule) bool) bool {
	return slices.ContainsFunc(to, func(new Rule) bool { return is(new) && !covered(new, r.now) })
}

// deniesLess reports whether other rules may deny less than those that there are.
func (r ruling) deniesLess(to []Rule) bool {
	return slices.ContainsFunc(r.now, func(old Rule) bool { return old.denies() && !denied(old, to) })
}

// leaves returns the team or the role that somebody leaves by a step, or that goes with everybody in it. Nobody leaves
// what goes when all have left it by steps of their own.
func (s Step) leaves() (key, bool) {
	switch {
	case !s.Removal(), s.Verb == Delete && s.Takes == 0:
	case s.Kind == KindMember || s.Kind == KindTeam:
		return key{KindTeam, s.Name}, true
	case s.Kind == KindHolder || s.Kind == KindRole:
		return key{KindRole, s.Name}, true
	}
	return key{}, false
}

// belonging is what whoever is in a team, or has a role, has by it: teams above, roles and policies.
type belonging map[key][]key

// belongings returns what there is, with what some steps give, and where they move teams. Everybody stays in the
// organization: it is nothing that somebody has by another team.
func belongings(present Present, steps []Step) belonging {
	out := belonging{}
	add := func(k key, kind Kind, names []string) {
		for _, name := range names {
			if of := (key{kind, name}); of != (key{KindTeam, Organization}) {
				out[k] = append(out[k], of)
			}
		}
	}
	for _, t := range present.Teams {
		k := key{KindTeam, t.Name}
		add(k, KindTeam, t.Parents)
		add(k, KindPolicy, t.Policies)
		add(k, KindRole, t.DefaultRoles)
	}
	for _, r := range present.Roles {
		add(key{KindRole, r.Name}, KindPolicy, r.Policies)
	}
	for _, s := range steps { // who is moved is below others by then
		if s.Team != nil {
			add(s.key(), KindTeam, s.Team.Parents)
			add(s.key(), KindPolicy, s.Team.Policies)
			add(s.key(), KindRole, s.Team.DefaultRoles)
		}
		if s.Role != nil {
			add(s.key(), KindPolicy, s.Role.Policies)
		}
	}
	return out
}

// reach adds something, and all that comes with it, to what was reached before.
func (has belonging) reach(out map[key]bool, from key) {
	for next := []key{from}; len(next) > 0; next = next[1:] {
		if !out[next[0]] {
			out[next[0]] = true
			next = append(next, has[next[0]]...)
		}
	}
}
