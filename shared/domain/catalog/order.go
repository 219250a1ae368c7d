package catalog

import "slices"

// sequence returns the steps of the plan in the order in which they are carried out. What allows less or denies more
// comes before what allows more, and what denies less comes last: wherever the process ends, whatever the catalogue
// refuses, and in whichever parts people are asked about the plan, nobody may do in between what they may do neither
// before nor afterwards. An update that does several of these is as many steps (stages.go):
//
//   - teams that anybody may join, or of which somebody is in charge, are closed, and policies are made that need nothing new: nobody has them yet;
//   - roles and teams lose what they are to lose and only allows;
//   - policies that are there allow less and deny more;
//   - roles and teams that are there get what only denies;
//   - teams are made, then roles and the other policies, and what only denies is given to these;
//   - people come to what only denies;
//   - teams are moved, and what could not be made or given before that is made and given;
//   - roles that have to exchange all that they have do so;
//   - roles and teams get what allows and denies, and lose such; above teams that are moved they lose it before that;
//   - people come to the rest;
//   - policies allow more, and roles and teams get what only allows;
//   - people go, from what denies last, and what denies goes;
//   - what nobody wants is deleted.
//
// Nobody is given, before they leave something, what that gets (afterLeaving).
func (b *builder) sequence() ([]Step, []Problem) {
	b.deleted = sorted(b.deleted)
	deletions := b.deletions()
	b.emptyFirst(deletions)
	st, problems := b.staged()
	if len(problems) > 0 {
		return nil, problems
	}
	deletions = slices.DeleteFunc(deletions, func(s Step) bool {
		if s.Takes > 0 { // nothing refers to it, and people leave it
			b.removed = append(b.removed, s)
		}
		return s.Takes > 0
	})
	last := slices.Concat(st.drops, deletions)
	what := newLeaving(b.present, slices.Concat(st.first, st.takes, st.narrowed, st.bounds, st.loses, st.places, st.made, st.lateBounds, st.exchanged, st.mixed, st.losesLate, st.policies, st.gives, b.users, b.added, b.removed, last))
	slices.SortStableFunc(b.added, func(x, y Step) int { return int(what.weigh(x) - what.weigh(y)) })
	slices.SortStableFunc(b.removed, func(x, y Step) int { return int(what.weigh(y) - what.weigh(x)) })
	denied, more := upTo(b.added, func(s Step) bool { return what.weigh(s) == justDenies })
	created, moved := upTo(st.places, func(s Step) bool { return s.Verb == Create })
	soon, later := independent(slices.Concat(st.made, st.lateBounds, b.users, denied), moved)
	steps := slices.Concat(st.closed, st.first, st.takes, st.narrowed, st.bounds, st.loses, created, soon, moved, later,
		st.exchanged, st.mixed, st.losesLate, more, st.policies, st.gives)
	return afterLeaving(b.present, steps, b.removed, last), nil
}

// places reports whether a step says where a team is to be.
func (s Step) places() bool { return s.Team != nil && s.Team.Type != "" }

// upTo returns the first of some steps, as long as they are so, and the others.
func upTo(steps []Step, so func(Step) bool) (first, rest []Step) {
	i := slices.IndexFunc(steps, func(s Step) bool { return !so(s) })
	if i < 0 {
		return steps, nil
	}
	return steps[:i:i], steps[i:]
}

// independent returns the steps that need nothing that others make, and those that do.
func independent(steps, others []Step) (soon, later []Step) {
	missing := map[key]bool{}
	note := func(s Step) {
		if s.Verb == Create {
			missing[s.key()] = true
		}
	}
	for _, s := range others {
		note(s)
	}
	for _, s := range steps {
		if missing[s.subject()] || slices.ContainsFunc(s.needs(), func(k key) bool { return missing[k] }) {
			later = append(later, s)
			note(s)
			continue
		}
		soon = append(soon, s)
	}
	return soon, later
}

// afterLeaving returns the steps of a plan with those later that give something to what somebody is to leave, and
// those before them by which people leave it. Whoever comes elsewhere for that has come by then; who leaves what is given
// nothing leaves it last, so that nobody who is moved from there is without both. Teams are moved by the way: before
// that those leave them who would have more by it, and whoever is no longer denied something by it leaves what allows.
func afterLeaving(present Present, steps, removed, last []Step) []Step {
	all := newLeaving(present, slices.Concat(steps, removed, last))
	held := all.of(slices.Concat(removed, last)).held(steps, false)
	var before, gives, moves []Step
	at := -1 // of the first move
	for i, s := range steps {
		if held[i] {
			gives = append(gives, s)
			continue
		}
		if s.Verb == Update && s.places() {
			if moves = append(moves, s); at < 0 {
				at = len(before)
			}
		}
		before = append(before, s)
	}
	at = max(at, 0)
	gains, moved := map[key]bool{}, map[key]bool{} // of the teams and roles that people leave
	loosened := func(steps []Step) map[string]bool {
		var of []key
		for _, s := range steps {
			if all.loosens(s) {
				of = append(of, s.key())
			}
		}
		return all.whoHas(of)
	}
	// Whoever leaves what denies something leaves what allows something before that.
	first, early := loosened(moves), loosened(gives)
	for _, s := range removed {
		k := s.subject()
		if _, known := gains[k]; !known {
			left := all.leftBy([]Step{s})
			gains[k], moved[k] = slices.ContainsFunc(gives, left.gains), slices.ContainsFunc(moves, left.gainsAbove)
		}
		for _, who := range all.who(s) {
			denied := all.weigh(s) < allows
			first[who], early[who] = first[who] || denied && moved[k], early[who] || denied && gains[k]
		}
	}
	all.spread(first, removed)
	all.spread(early, removed)
	var now, leave, after []Step
	for _, s := range removed {
		switch k := s.subject(); {
		case moved[k], all.anyOf(s, first):
			now = append(now, s)
		case gains[k], all.anyOf(s, early):
			leave = append(leave, s)
		default:
			after = append(after, s)
		}
	}
	var denying, others []Step // what denies something first, if nothing else about it comes before that
	about := map[key]bool{}
	for _, s := range gives {
		if s.Verb == Update && !s.places() && all.weigh(s) < allows && !about[s.key()] {
			denying = append(denying, s)
			continue
		}
		others, about[s.key()] = append(others, s), true
	}
	taken, rest := all.ready(now, before[at:], gives)
	return slices.Concat(before[:at], taken, now, rest, leave, denying, others, after, last)
}

// ready takes from some steps those by which people come to what denies something, and allows something too, before they
// leave what denies: where all that they come to that denies is as it is wanted by then.
func (l leaving) ready(leave, steps, gives []Step) (ready, rest []Step) {
	leaves := map[string]bool{}
	for _, s := range leave {
		for _, who := range l.who(s) {
			leaves[who] = leaves[who] || l.weigh(s) < allows
		}
	}
	changes := map[key]bool{}
	for _, s := range slices.Concat(steps, gives) {
		changes[s.key()] = changes[s.key()] || s.Verb != Add
	}
	comes := func(s Step) bool { return s.Verb == Add && leaves[s.Person] && l.weigh(s) < allows }
	for _, s := range steps {
		if !comes(s) {
			continue
		}
		reached := map[key]bool{}
		l.has.reach(reached, s.subject())
		for k := range reached {
			if changes[k] {
				leaves[s.Person] = false
			}
		}
	}
	for _, s := range steps {
		if comes(s) {
			ready = append(ready, s)
		} else {
			rest = append(rest, s)
		}
	}
	return ready, rest
}

// anyOf reports whether a step takes something from one of these people.
func (l leaving) anyOf(s Step, these map[string]bool) bool {
	return slices.ContainsFunc(l.who(s), func(who string) bool { return these[who] })
}

// spread adds to people who leave something sooner those who leave it with them, as long as that denies something: what
// allows something they leave before that too.
func (l leaving) spread(these map[string]bool, removed []Step) {
	for more := true; more; {
		more = false
		for _, s := range removed {
			if l.weigh(s) >= allows || !l.anyOf(s, these) {
				continue
			}
			for _, who := range l.who(s) {
				more = more || !these[who]
				these[who] = true
			}
		}
	}
}

// key names a thing that a step makes.
type key struct {
	kind Kind
	name string
}

func (s Step) key() key { return key{s.Kind, s.Name} }

// subject names the team, the role or the policy that a step is about.
func (s Step) subject() key {
	switch s.Kind {
	case KindMember:
		return key{KindTeam, s.Name}
	case KindHolder:
		return key{KindRole, s.Name}
	}
	return s.key()
}

// needs lists what has to be there before a step, because the catalogue refuses names of what is
// not.
func (s Step) needs() []key {
	var out []key
	switch {
	case s.Kind == KindMember:
		out = append(out, key{KindTeam, s.Name})
	case s.Kind == KindHolder:
		out = append(out, key{KindRole, s.Name})
	case s.Team != nil:
		for _, parent := range s.Team.Parents {
			out = append(out, key{KindTeam, parent})
		}
		for _, p := range s.Team.Policies {
			out = append(out, key{KindPolicy, p})
		}
		for _, role := range s.Team.DefaultRoles {
			out = append(out, key{KindRole, role})
		}
	case s.Role != nil:
		for _, p := range s.Role.Policies {
			out = append(out, key{KindPolicy, p})
		}
	case s.Policy != nil:
		for _, r := range s.Policy.Rules {
			teams, roles := mentions(r.Condition)
			for _, t := range teams {
				out = append(out, key{KindTeam, t})
			}
			for _, role := range roles {
				out = append(out, key{KindRole, role})
			}
		}
	}
	return out
}

// inOrder sorts creations of policies and roles, and updates of policies, so that each comes after what it needs, and by
// kind and name where that leaves a choice. A role whose policy names the role needs what needs it: such a policy is
// made without its rules, which updates give it after that: what denies first. One that is there is changed later.
func inOrder(steps []Step) (out, denying, allowing []Step, problems []Problem) {
	steps = slices.Clone(steps)
	slices.SortFunc(steps, byName)
	waiting := map[key][]key{}
	for _, s := range steps {
		waiting[s.key()] = s.needs()
	}
	waits := func(k key) bool { _, there := waiting[k]; return there }
	for len(steps) > 0 {
		i := slices.IndexFunc(steps, func(s Step) bool { return !slices.ContainsFunc(s.needs(), waits) })
		if i < 0 {
			i = slices.IndexFunc(steps, func(s Step) bool { return s.Kind == KindPolicy && inCircle(s.key(), waiting) })
			if i < 0 {
				for _, s := range steps {
					problems = append(problems, Problem{s.Kind, s.Name, "needs something that needs it in turn, or something that does"})
				}
				return nil, nil, nil, problems
			}
			if steps[i].Verb == Update {
				denying = append(denying, steps[i])
				delete(waiting, steps[i].key())
				steps = slices.Delete(steps, i, i+1)
				continue
			}
			bare, narrow, wide := inParts(steps[i])
			steps[i], denying, allowing = bare, append(denying, narrow...), append(allowing, wide...)
		}
		delete(waiting, steps[i].key())
		out = append(out, steps[i])
		steps = slices.Delete(steps, i, i+1)
	}
	return out, denying, allowing, nil
}

// inCircle reports whether something is among what it waits for itself.
func inCircle(k key, waiting map[key][]key) bool {
	seen := map[key]bool{}
	for next := slices.Clone(waiting[k]); len(next) > 0; next = next[1:] {
		if next[0] == k {
			return true
		}
		if !seen[next[0]] {
			seen[next[0]] = true
			next = append(next, waiting[next[0]]...)
		}
	}
	return false
}

// inParts returns the creation of a policy that decides nothing yet, and the updates that give it what it denies and what
// it allows.
func inParts(s Step) (bare Step, denying, allowing []Step) {
	bare = s
	bare.Policy = &Policy{Name: s.Name, Rules: []Rule{nothing()}}
	narrow, wide := between(bare.Policy.Rules, s.Policy.Rules)
	part := func(from, to []Rule) (out []Step) {
		if diff := ruleDifferences(from, to); len(diff) > 0 {
			out = []Step{{Verb: Update, Kind: KindPolicy, Name: s.Name, Policy: &Policy{Name: s.Name, Rules: to}, Diff: diff}}
		}
		return out
	}
	return bare, part(bare.Policy.Rules, narrow), part(narrow, wide)
}

// emptyFirst has people taken out of the teams and roles that go, one by one, where something of ours refers to these:
// what lets go of one may have to wait until they have left it.
func (b *builder) emptyFirst(deletions []Step) {
	referred := map[key]bool{}
	refers := func(e Entity, k Kind) {
		if e.Ours() || e.Name == Organization {
			for _, other := range b.present.asItIs(Step{Kind: k, Name: e.Name}).needs() {
				referred[other] = true
			}
		}
	}
	for _, p := range b.present.Policies {
		refers(p.Entity, KindPolicy)
	}
	for _, r := range b.present.Roles {
		refers(r.Entity, KindRole)
	}
	for _, t := range b.present.Teams {
		refers(t.Entity, KindTeam)
	}
	for i, s := range deletions {
		if s.Verb != Delete || s.Takes == 0 || !referred[s.key()] {
			continue
		}
		deletions[i].Takes = 0
		if s.Kind == KindTeam {
			b.persons(KindMember, s.Name, b.isTeam[s.Name].Members, nil)
			continue
		}
		for _, r := range b.present.Roles {
			if r.Name == s.Name {
				b.persons(KindHolder, s.Name, r.Holders, nil)
			}
		}
	}
	b.removed = sorted(b.removed)
}

// deletions are in an order in which nothing is left hanging: teams before those above them, then
// roles, then policies. The catalogue deletes no team with teams below it, so one with somebody
// else's below it stays, with nobody in it and without all that it had.
func (b *builder) deletions() []Step {
	var teams, roles, policies []Step
	for _, s := range b.deletable() { // sorted by name
		switch s.Kind {
		case KindTeam:
			teams = append(teams, s)
		case KindRole:
			roles = append(roles, s)
		default:
			policies = append(policies, s)
		}
	}
	wanted, below := map[string]bool{}, map[string]int{} // how many there are below a team
	for _, t := range b.desired.Teams {
		wanted[t.Name] = true
	}
	parents := map[string][]string{}
	for _, t := range b.present.Teams {
		if parents[t.Name] = set(t.Parents); t.Ours() && wanted[t.Name] {
			continue // it moves
		}
		for _, parent := range parents[t.Name] {
			below[parent]++
		}
	}
	var out []Step
	for {
		i := slices.IndexFunc(teams, func(s Step) bool { return below[s.Name] == 0 })
		if i < 0 {
			break
		}
		for _, parent := range parents[teams[i].Name] {
			below[parent]--
		}
		out = append(out, teams[i])
		teams = slices.Delete(teams, i, i+1)
	}
	for _, s := range teams {
		b.found(FoundBelow, KindTeam, s.Name)
		b.leave(s.Name)
	}
	return slices.Concat(out, roles, policies)
}

// leave has of a team its place alone left: an update and people who leave as those of any other team.
func (b *builder) leave(name string) {
	is := b.isTeam[name]
	bare := Team{Name: name, Type: is.Type, Parents: set(without(is.Parents, []string{Organization}))}
	if diff := teamDifferences(is, bare); len(diff) > 0 {
		b.updated = append(b.updated, Step{Verb: Update, Kind: KindTeam, Name: name, Team: &Team{Name: name}, Diff: diff, Drift: b.drift(is.Entity)})
	}
	b.persons(KindMember, name, is.Members, nil)
}
