package catalog

import (
	"maps"
	"slices"
	"strings"
)

// sequence returns the steps of the plan in the order in which they are carried out: teams are made and moved, roles and
// teams lose what they are to lose, the rules of policies that are there change, policies and roles are made, roles and
// teams get what they are to get; then people come, and go, and what nobody wants is deleted. Nobody is given, before they
// leave something, what that gets (afterLeaving).
func (b *builder) sequence() ([]Step, []Problem) {
	teams, late, problems := b.placed()
	takes, changed, named, gives := b.inStages(append(b.updated, late...))
	created, later, more := inOrder(append(b.created, named...))
	if problems = append(problems, more...); len(problems) > 0 {
		return nil, problems
	}
	gives = append(gives, later...)
	for _, steps := range [][]Step{takes, changed, gives, b.removed, b.users, b.added, b.deleted} {
		slices.SortStableFunc(steps, byName)
	}
	return b.afterLeaving(slices.Concat(teams, takes, changed, created, gives, b.users, b.added, b.removed, b.deletions())), nil
}

// afterLeaving returns the steps of a plan with those later that give something to what somebody is to
// leave, and those before them by which people leave it. Whoever comes elsewhere for that has come by
// then; who leaves what is given nothing leaves it last, so that nobody who is moved from there is without both.
// What is to go as a whole goes last all the same: something may refer to it. Teams are moved first, and before
// that those leave them who would have more by it.
func (b *builder) afterLeaving(steps []Step) []Step {
	all := newLeaving(b.present, steps)
	held := all.of(steps).held(steps)
	var first, before, after, gives, moves, leave []Step
	for i, s := range steps {
		switch {
		case held[i]:
			gives = append(gives, s)
		case s.Kind == KindTeam && s.Verb == Update:
			moves = append(moves, s)
		}
	}
	gains, moved := map[key]bool{}, map[key]bool{} // of the teams and roles that people leave
	for _, s := range steps {
		k, ok := s.leaves()
		if _, known := gains[k]; ok && !known && s.Verb == Remove {
			left := all.of([]Step{s})
			gains[k], moved[k] = slices.ContainsFunc(gives, left.gains), slices.ContainsFunc(moves, left.gainsAbove)
		}
	}
	if len(gives) == 0 && !slices.Contains(slices.Collect(maps.Values(moved)), true) {
		return steps
	}
	for i, s := range steps {
		k, _ := s.leaves()
		switch {
		case held[i]:
		case s.Verb == Remove && moved[k]:
			first = append(first, s)
		case s.Verb == Remove && gains[k]:
			leave = append(leave, s)
		case s.Removal():
			after = append(after, s)
		default:
			before = append(before, s)
		}
	}
	return slices.Concat(first, before, leave, gives, after)
}

// key names a thing that a step makes.
type key struct {
	kind Kind
	name string
}

func (s Step) key() key { return key{s.Kind, s.Name} }

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

// inStages puts updates into an order in which roles and teams hardly have in between what neither the one nor the other
// gives: first what they lose, then the rules of policies that are there, then what they get. It matters where
// the process ends in between. An update that takes and gives is two, of which the first leaves what denies. What
// a role needs that loses all that it has, it gets at the same time, if that is there and as it is wanted; and
// so does the organization, for whose steps what it had is compared. People come after that, and then go; teams
// are moved before. So who is in a team that goes may have for that while what it is given, and who is moved what the
// teams above are yet to lose; who leaves one has gone by then (afterLeaving). Of policies those are apart that name what is made first.
func (b *builder) inStages(updates []Step) (takes, changed, named, gives []Step) {
	there := func(s Step) bool {
		return !slices.ContainsFunc(s.needs(), func(k key) bool { return k.kind != KindTeam && !b.there[k.kind][k.name] })
	}
	for _, s := range updates {
		if s.Kind == KindPolicy {
			if there(s) {
				changed = append(changed, s)
			} else {
				named = append(named, s)
			}
			continue
		}
		organization := s.key() == key{KindTeam, Organization}
		is, want := b.listsNow(s.key()), listsIn(s)
		kept := is.only(func(k key) bool { return want.contains(k) || b.stillDenies(k) })
		asWanted := !slices.ContainsFunc(updates, func(other Step) bool {
			by := func(role string) bool {
				return !slices.Contains(is.roles, role) && slices.Contains(b.can.lists[key{KindRole, role}].policies, other.Name)
			}
			return other.Kind == KindPolicy && (want.contains(other.key()) && !is.contains(other.key()) || slices.ContainsFunc(want.roles, by))
		})
		switch {
		case kept.equal(is) && slices.Contains(s.Diff, Difference{joinable, "yes", "no"}) && !kept.equal(want):
			take, give := inHalves(s, kept) // nobody joins by themselves what is given something
			takes, gives = append(takes, take), append(gives, give)
		case kept.equal(is):
			gives = append(gives, s)
		case kept.equal(want), (s.Kind == KindRole && kept.empty() || organization) && there(s) && asWanted:
			takes = append(takes, s)
		case s.Kind == KindRole && kept.empty(), organization:
			gives = append(gives, s)
		default:
			take, give := inHalves(s, kept)
			takes, gives = append(takes, take), append(gives, give)
		}
	}
	return takes, changed, named, gives
}

// stillDenies reports whether something is a policy that denies and allows nothing, and that is to go: another may take
// its place. One that others keep does not count: half-way through the plan it may be another, and so would be the plan.
func (b *builder) stillDenies(k key) bool {
	_, wanted := b.wants.rules[k.name]
	return k.kind == KindPolicy && b.is.denies(k) && !wanted && !slices.ContainsFunc(b.is.rules[k.name], Rule.allows)
}

// listsNow returns what the catalogue has of a role or a team.
func (b *builder) listsNow(k key) lists {
	for _, is := range b.present.Roles {
		if k == (key{KindRole, is.Name}) {
			return lists{policies: set(is.Policies)}
		}
	}
	for _, is := range b.present.Teams {
		if k == (key{KindTeam, is.Name}) {
			return lists{set(is.Policies), set(is.DefaultRoles)}
		}
	}
	return lists{}
}

// listsIn returns what a step gives a role or a team.
func listsIn(s Step) lists {
	if s.Role != nil {
		return lists{policies: set(s.Role.Policies)}
	}
	return lists{set(s.Team.Policies), set(s.Team.DefaultRoles)}
}

// inHalves returns the step that leaves a role or a team what it keeps, and the one that gives it the rest.
func inHalves(s Step, kept lists) (take, give Step) {
	take, give = s, s
	take.Diff, give.Diff, give.Drift = nil, nil, "" // by then we have changed it last
	for _, d := range s.Diff {
		names := kept.policies
		if d.Field == "default roles" {
			names = kept.roles
		}
		if d.Field != "policies" && d.Field != "default roles" {
			take.Diff = append(take.Diff, d)
			continue
		}
		half := strings.Join(names, ", ")
		if half != d.Before {
			take.Diff = append(take.Diff, Difference{d.Field, d.Before, half})
		}
		if half != d.After {
			give.Diff = append(give.Diff, Difference{d.Field, half, d.After})
		}
	}
	if s.Role != nil {
		role := *s.Role
		role.Policies, take.Role = kept.policies, &role
		return take, give
	}
	team := *s.Team
	team.Policies, team.DefaultRoles, take.Team = kept.policies, kept.roles, &team
	return take, give
}

// inOrder sorts creations of policies and roles, and updates of policies, so that each comes after what it needs, and by
// kind and name where that leaves a choice. A role whose policy names the role needs what needs it: such a policy is
// made without its rules, which an update among the later steps gives it; one that is there is changed later.
func inOrder(steps []Step) (out, later []Step, problems []Problem) {
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
				return nil, nil, problems
			}
			if steps[i].Verb == Update {
				later = append(later, steps[i])
				delete(waiting, steps[i].key())
				steps = slices.Delete(steps, i, i+1)
				continue
			}
			bare, update := inTwo(steps[i])
			steps[i], later = bare, append(later, update)
		}
		delete(waiting, steps[i].key())
		out = append(out, steps[i])
		steps = slices.Delete(steps, i, i+1)
	}
	return out, later, nil
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

// inTwo returns the creation of a policy that decides nothing yet, and the update that gives it its
// rules. Should the update go wrong, nothing is allowed that another of the rules denies.
func inTwo(s Step) (bare, update Step) {
	bare, update = s, s
	bare.Policy = &Policy{Name: s.Name, Rules: []Rule{nothing()}}
	update.Verb, update.Diff = Update, ruleDifferences(bare.Policy.Rules, s.Policy.Rules)
	return bare, update
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
		out = append(out, b.emptied(s.Name)...)
	}
	return slices.Concat(out, roles, policies)
}

// emptied returns the steps that leave of a team its place alone.
func (b *builder) emptied(name string) (out []Step) {
	for _, is := range b.present.Teams {
		if is.Name != name {
			continue
		}
		bare := Team{Name: name, Type: is.Type, Parents: set(without(is.Parents, []string{Organization}))}
		if diff := teamDifferences(is, bare); len(diff) > 0 {
			out = append(out, Step{Verb: Update, Kind: KindTeam, Name: name, Team: &bare, Diff: diff, Drift: b.drift(is.Entity)})
		}
		for _, email := range people(is.Members) {
			out = append(out, Step{Verb: Remove, Kind: KindMember, Name: name, Person: email})
		}
	}
	return out
}
