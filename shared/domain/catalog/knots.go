package catalog

import (
	"maps"
	"slices"
)

// This file says what becomes of policies, roles and teams while a rule of theirs names what cannot be
// there ([builder.lacks]). The catalogue cannot have such a rule, and half of a policy may allow what the
// whole denies, or less than what it is to take the place of. So the policy stays as it is, and with it
// everything that is knotted to it: the roles and teams that have it or are to have it, what else these
// have, and so on. What nobody wants and something still refers to stays as it is too ([FoundNeeded]), and so does
// what is knotted to that. Of a knot only this is done:
//
//   - a deny that can be stored is added to a policy that nobody has who is not wanted to, and a policy of
//     such denies to a role or a team;
//   - such a policy that allows already all that is wanted of it allows no more than that;
//   - a role or a team that has already all that allows what is wanted of it loses the rest, but for what
//     denies.
//
// No deny goes from what is in a knot; a team in one that is moved is below others all the same. One that is wanted otherwise than it is stays beside what it is to become: that
// may be narrower, and nobody can tell from the text of a condition. What the same people are allowed by
// roles and teams that are not in the knot is done as it is written, and so is who is in a team or has a role.

// has is what policies, roles and teams have: the rules of the one, the policies of the other two, and the
// default roles of teams.
type has struct {
	rules map[string][]Rule
	lists map[key]lists
}

// lists are what a role or a team has.
type lists struct{ policies, roles []string }

func (l lists) equal(other lists) bool {
	return slices.Equal(l.policies, other.policies) && slices.Equal(l.roles, other.roles)
}

// each returns all that is in the lists.
func (l lists) each() []key {
	var out []key
	for _, name := range l.policies {
		out = append(out, key{KindPolicy, name})
	}
	for _, name := range l.roles {
		out = append(out, key{KindRole, name})
	}
	return out
}

func (l lists) contains(k key) bool { return slices.Contains(l.each(), k) }

// only returns the lists without what is not to be kept.
func (l lists) only(keep func(key) bool) lists {
	filter := func(k Kind, list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return !keep(key{k, name}) })
	}
	return lists{filter(KindPolicy, l.policies), filter(KindRole, l.roles)}
}

// with returns the lists with something more.
func (l lists) with(k key) lists {
	if k.kind == KindPolicy {
		return lists{set(append(slices.Clone(l.policies), k.name)), l.roles}
	}
	return lists{l.policies, set(append(slices.Clone(l.roles), k.name))}
}

func (l lists) empty() bool { return len(l.policies)+len(l.roles) == 0 }

// knots finds out what policies, roles and teams can have by now. What nobody wants and stays all the same, because
// something refers to it, is as much a reason to wait: its people are not to have what others are to have. That
// it waits may have more stay in turn.
func (b *builder) knots() {
	b.note()
	b.missTeams()
	for more := true; more; {
		b.untie()
		more = false
		for k := range b.can.lists {
			if !b.wanted(k) && !b.theirs[k] && !b.stays[k] {
				b.stays[k], more = true, true
			}
		}
	}
}

// wanted reports whether a role or a team is wanted.
func (b *builder) wanted(k key) bool {
	_, wanted := b.wants.lists[k]
	return wanted
}

// untie finds out what can be there as long as what stays is a reason to wait: each thing that is done in a knot
// may allow another, until nothing more is.
func (b *builder) untie() {
	b.can = b.is
	for range 2 + len(b.wants.rules) + len(b.wants.lists) {
		before := b.can
		b.can = b.next()
		if maps.EqualFunc(before.rules, b.can.rules, sameRules) && maps.EqualFunc(before.lists, b.can.lists, lists.equal) {
			return
		}
	}
}

func sameRules(a, b []Rule) bool { return len(ruleDifferences(a, b)) == 0 }

// note notes what there is and what is wanted.
func (b *builder) note() {
	b.is, b.wants = has{map[string][]Rule{}, map[key]lists{}}, has{map[string][]Rule{}, map[key]lists{}}
	for _, p := range b.present.Policies {
		b.is.rules[p.Name], b.theirs[key{KindPolicy, p.Name}] = normalRules(p.Rules), !p.Ours()
		b.off[p.Name] = p.Disabled
	}
	for _, r := range b.present.Roles {
		k := key{KindRole, r.Name}
		b.is.lists[k], b.theirs[k] = lists{policies: set(r.Policies)}, !r.Ours()
	}
	for _, t := range b.present.Teams {
		k := key{KindTeam, t.Name}
		b.is.lists[k], b.theirs[k] = lists{set(t.Policies), set(t.DefaultRoles)}, !t.Ours() && t.Name != Organization
	}
	organization := key{KindTeam, Organization}
	b.wants.lists[organization] = lists{}
	for _, p := range b.desired.Policies {
		b.wants.rules[p.Name] = normalRules(p.Rules)
	}
	for _, r := range b.desired.Roles {
		b.wants.lists[key{KindRole, r.Name}] = lists{policies: set(r.Policies)}
	}
	for _, t := range b.desired.Teams {
		b.wants.lists[key{KindTeam, t.Name}] = lists{set(t.Policies), set(t.DefaultRoles)}
	}
	// What somebody else has attached to the organization is not taken away.
	b.is.lists[organization] = b.is.lists[organization].only(func(k key) bool {
		return !b.theirs[k] || b.wants.lists[organization].contains(k)
	})
}

// next returns what policies, roles and teams can have, given what they have.
func (b *builder) next() has {
	b.tie()
	b.missing[KindPolicy], b.missing[KindRole] = map[string]bool{}, map[string]bool{}
	for {
		b.knotted = b.inKnots()
		out := has{map[string][]Rule{}, map[key]lists{}}
		more := false
		for name := range b.wants.rules {
			switch rules := b.rulesOf(name); {
			case b.theirs[key{KindPolicy, name}]:
				out.rules[name] = b.can.rules[name]
			case len(rules) > 0:
				out.rules[name] = rules
			case !b.missing[KindPolicy][name]:
				b.missing[KindPolicy][name], more = true, true
			}
		}
		for _, kind := range []Kind{KindRole, KindTeam} { // roles first: teams have them
			for k := range b.wants.lists {
				_, there := b.is.lists[k]
				switch {
				case k.kind != kind, b.missing[k.kind][k.name]:
				case b.theirs[k]:
					out.lists[k] = b.can.lists[k]
				default:
					l := b.listsOf(k, out)
					if kind == KindRole && !there && l.empty() {
						b.missing[KindRole][k.name], more = true, true
						continue
					}
					out.lists[k] = l
				}
			}
		}
		if !more {
			b.keepReferred(out)
			return out
		}
	}
}

// keepReferred adds what nobody wants to what there will be: what is somebody else's, and of ours what is still
// referred to ([builder.deletable]).
func (b *builder) keepReferred(then has) {
	var next []key
	for name := range then.rules {
		next = append(next, key{KindPolicy, name})
	}
	for k := range then.lists {
		next = append(next, k)
	}
	seen := map[key]bool{}
	for ; len(next) > 0; next = next[1:] {
		k := next[0]
		if seen[k] || b.theirs[k] { // what somebody else's refers to is none of ours to keep
			continue
		}
		seen[k] = true
		rules, isPolicy := then.rules[k.name]
		if old, there := b.can.rules[k.name]; k.kind == KindPolicy && !isPolicy && there {
			rules, then.rules[k.name] = old, old
		}
		if _, is := then.lists[k]; !is && k.kind != KindPolicy {
			if old, there := b.can.lists[k]; there {
				then.lists[k] = old
			}
		}
		if k.kind == KindPolicy {
			for _, r := range rules {
				next = append(next, Step{Policy: &Policy{Rules: []Rule{r}}}.needs()...)
			}
			continue
		}
		next = append(next, then.lists[k].each()...)
		if k.kind == KindTeam {
			next = append(next, b.parentsOf(k.name)...)
		}
	}
	for name, rules := range b.can.rules {
		if b.theirs[key{KindPolicy, name}] {
			then.rules[name] = rules
		}
	}
	for k, l := range b.can.lists {
		if b.theirs[k] {
			then.lists[k] = l
		}
	}
}

// parentsOf returns the teams that a team will be below.
func (b *builder) parentsOf(team string) (out []key) {
	var parents []string
	for _, is := range b.present.Teams {
		if is.Name == team {
			parents = is.Parents
		}
	}
	for _, want := range b.desired.Teams {
		if want.Name == team && !b.misplaced(want) {
			parents = want.Parents
		}
	}
	for _, name := range parents {
		out = append(out, key{KindTeam, name})
	}
	return out
}

// displaced returns our teams that have something else above or below them than they are wanted to have: those that are
// not where they are wanted, all below these, and all above them and above what nobody wants and stays. Who is in a
// team has what the teams above have. Below the organization everything is.
func (b *builder) displaced() (out []key) {
	parents, below := map[string][]string{}, map[string][]string{} // as they will be
	for _, is := range b.present.Teams {
		parents[is.Name] = is.Parents
		if want, wanted := b.wantTeam[is.Name]; wanted && is.Ours() && !b.misplaced(want) {
			parents[is.Name] = want.Parents
		}
		for _, parent := range parents[is.Name] {
			below[parent] = append(below[parent], is.Name)
		}
	}
	var next, up []string
	for k := range b.stays {
		if k.kind == KindTeam {
			up = append(up, parents[k.name]...)
		}
	}
	for _, want := range b.desired.Teams {
		for _, parent := range want.Parents {
			below[parent] = append(below[parent], want.Name)
		}
		if b.there[KindTeam][want.Name] && !b.theirs[key{KindTeam, want.Name}] && want.Name != Organization && b.misplaced(want) {
			next, up = append(next, want.Name), append(up, parents[want.Name]...)
		}
	}
	seen := map[string]bool{Organization: true}
	walk := func(next []string, on map[string][]string) {
		for ; len(next) > 0; next = next[1:] {
			if !seen[next[0]] {
				seen[next[0]] = true
				out, next = append(out, key{KindTeam, next[0]}), append(next, on[next[0]]...)
			}
		}
	}
	walk(next, below)
	walk(up, parents)
	return slices.DeleteFunc(out, func(k key) bool { return b.theirs[k] })
}

// inKnots returns the policies, roles and teams that are knotted to a policy with a rule that cannot be
// there, to what stays though nobody wants it, or to a displaced team.
func (b *builder) inKnots() map[key]bool {
	next := slices.AppendSeq(slices.Collect(maps.Keys(b.stays)), maps.Keys(b.tied.displaced))
	for name, rules := range b.wants.rules {
		if k := (key{KindPolicy, name}); !b.theirs[k] && slices.ContainsFunc(rules, b.lacks) {
			next = append(next, k)
		}
	}
	out, links := map[key]bool{}, map[key][]key{}
	if len(next) == 0 {
		return out
	}
	for k, keeps := range b.tied.keeps {
		for _, other := range slices.Concat(b.wants.lists[k].each(), keeps.each()) {
			if !b.theirs[other] {
				links[k], links[other] = append(links[k], other), append(links[other], k)
			}
		}
	}
	for ; len(next) > 0; next = next[1:] {
		if !out[next[0]] {
			out[next[0]] = true
			next = append(next, links[next[0]]...)
		}
	}
	return out
}

// rulesOf returns the rules that a policy can have by now; none, if it cannot be there.
func (b *builder) rulesOf(name string) []Rule {
	want, is := b.wants.rules[name], b.can.rules[name]
	switch {
	case !b.knotted[key{KindPolicy, name}]:
		return want
	case slices.ContainsFunc(is, func(r Rule) bool { return !b.named(r) }):
		return is // the catalogue takes nothing that names what is not there
	case b.off[name]:
		return is // a change of it switches it on
	}
	if !b.meant(key{KindPolicy, name}) {
		return is
	}
	var out []Rule
	tight := b.tight(name)
	for _, r := range want {
		if !b.lacks(r) && (r.Effect == deny || tight) {
			out = append(out, r)
		}
	}
	for _, r := range is {
		stays := r.Effect == deny || r.allows() && !tight
		if stays && !slices.ContainsFunc(out, func(other Rule) bool { return says(other) == says(r) }) {
			r.Name = free(r.Name, want, is, out)
			out = append(out, r)
		}
	}
	if len(out) == 0 && len(is) > 0 {
		out = []Rule{nothing()}
	}
	return normalRules(out)
}

// free returns the name under which a rule stays: its own, unless what is wanted gives that to another
// rule.
func free(name string, want, is, out []Rule) string {
	taken := func(rules []Rule) bool {
		return slices.ContainsFunc(rules, func(r Rule) bool { return r.Name == name })
	}
	if !taken(out) {
		return name
	}
	for taken(want) || taken(is) || taken(out) {
		name += "-before"
	}
	return name
}

// tight reports whether a policy in a knot can allow exactly what is wanted: nothing else is to come in the
// place of what it allows.
func (b *builder) tight(name string) bool {
	k := key{KindPolicy, name}
	return b.settled(k) && b.gives(k) && !slices.ContainsFunc(b.wants.rules[name], func(r Rule) bool { return r.allows() && b.lacks(r) })
}

// meant reports whether every role and every team that keeps a policy or a role is wanted with it: what is
// wanted of it is not meant for others.
func (b *builder) meant(k key) bool {
	return once(b.tied.meant, k, func() bool {
		return b.ofAll(k, func(of key) bool { return b.wants.lists[of].contains(k) && (of.kind == KindTeam || b.meant(of)) })
	})
}

// settled reports whether nothing else is to come to the roles and teams that keep a policy or a role.
func (b *builder) settled(k key) bool {
	return once(b.tied.settled, k, func() bool {
		return b.ofAll(k, func(of key) bool { return b.complete(of) && (of.kind == KindTeam || b.settled(of)) })
	})
}

// ofAll reports whether something is so of all roles and teams that keep a policy or a role.
func (b *builder) ofAll(k key, so func(key) bool) bool {
	return !slices.ContainsFunc(b.tied.keepers[k], func(of key) bool { return !so(of) })
}

// tied is what is found out about the roles and teams that tie policies together, for as long as these have
// what they have: many ask for it.
type tied struct {
	keeps     map[key]lists
	keepers   map[key][]key // of a policy or a role
	displaced map[key]bool  // teams
	// What is known of an answer already.
	complete, meant, settled, gives, allowsNothing map[key]bool
}

// once answers a question about something once.
func once(known map[key]bool, k key, find func() bool) bool {
	answer, ok := known[k]
	if !ok {
		answer = find()
		known[k] = answer
	}
	return answer
}

// tie finds out what ties policies together: the teams first, because what a role keeps depends on them.
func (b *builder) tie() {
	b.tied = tied{
		map[key]lists{}, map[key][]key{}, map[key]bool{}, map[key]bool{}, map[key]bool{}, map[key]bool{}, map[key]bool{}, map[key]bool{},
	}
	for _, k := range b.displaced() {
		b.tied.displaced[k] = true
	}
	for _, kind := range []Kind{KindTeam, KindRole} {
		for _, of := range b.ties() {
			if of.kind != kind {
				continue
			}
			keeps := b.kept(of)
			b.tied.keeps[of] = keeps
			for _, k := range keeps.each() {
				b.tied.keepers[k] = append(b.tied.keepers[k], of)
			}
		}
	}
}

// ties returns the roles and teams that tie policies together: of ours those that are wanted and can be there,
// roles that nobody wants any more, and such teams that stay.
func (b *builder) ties() (out []key) {
	for k := range b.wants.lists {
		if !b.theirs[k] && !(k.kind == KindTeam && b.missing[KindTeam][k.name]) {
			out = append(out, k)
		}
	}
	for k := range b.can.lists {
		if !b.wanted(k) && !b.theirs[k] && (k.kind == KindRole || b.stays[k]) {
			out = append(out, k)
		}
	}
	return out
}

// listsOf returns what a role or a team can have by now. Then are the rules and the lists of roles that
// there will be.
func (b *builder) listsOf(k key, then has) lists {
	want := b.wants.lists[k]
	if !b.knotted[k] {
		return want
	}
	out := b.keeps(k)
	for _, other := range want.each() {
		if k.kind == KindRole && !b.meant(k) {
			break
		}
		if !b.theirs[other] && then.is(other) && b.justDenies(other, then) {
			out = out.with(other)
		}
	}
	return out
}

// justDenies reports whether a policy or a role will have what is wanted and allows nothing, and nothing
// else.
func (b *builder) justDenies(k key, then has) bool {
	if k.kind == KindRole {
		return !slices.ContainsFunc(then.lists[k].each(), func(other key) bool {
			return !b.wants.lists[k].contains(other) || b.theirs[other] || !b.justDenies(other, then)
		})
	}
	return !slices.ContainsFunc(then.rules[k.name], func(r Rule) bool {
		return r.allows() || !slices.ContainsFunc(b.wants.rules[k.name], func(want Rule) bool { return says(want) == says(r) })
	})
}

// keeps is [builder.kept], found out once.
func (b *builder) keeps(k key) lists {
	if known, ok := b.tied.keeps[k]; ok {
		return known
	}
	return b.kept(k)
}

// kept returns what of its lists a role or a team keeps where it is in a knot: all, as long as something is
// to come that may take its place; otherwise what is wanted and what denies.
func (b *builder) kept(k key) lists {
	is, want := b.can.lists[k], b.wants.lists[k]
	switch {
	case !b.wanted(k), !b.complete(k):
		return is
	case k.kind == KindRole && !slices.ContainsFunc(want.each(), is.contains): // no role is without a policy
		return is
	case k.kind == KindRole && !(b.meant(k) && b.settled(k)):
		return is
	}
	return is.only(func(other key) bool { return want.contains(other) || b.can.denies(other) })
}

// complete reports whether a role or a team has already all that allows what is wanted of it. A displaced team has not:
// what the teams above it are wanted to give is still to come.
func (b *builder) complete(k key) bool {
	return once(b.tied.complete, k, func() bool {
		return !b.tied.displaced[k] && !slices.ContainsFunc(b.wants.lists[k].each(), func(other key) bool {
			return !b.allowsNothing(other) && !(b.can.lists[k].contains(other) && b.gives(other))
		})
	})
}

// gives reports whether a policy or a role allows already what is wanted of it. One that is switched off, and
// stays so in a knot, allows nothing.
func (b *builder) gives(k key) bool {
	return once(b.tied.gives, k, func() bool { return b.givesNow(k) })
}

func (b *builder) givesNow(k key) bool {
	if _, wanted := b.wants.lists[k]; wanted && !b.theirs[k] {
		return b.complete(k)
	}
	want, wanted := b.wants.rules[k.name]
	switch {
	case !wanted, k.kind != KindPolicy, b.theirs[k]:
		return true
	case b.off[k.name]:
		return false
	}
	return !slices.ContainsFunc(want, func(r Rule) bool { return r.allows() && !covered(r, b.can.rules[k.name]) })
}

// allowsNothing reports whether a policy or a role is wanted to allow nothing.
func (b *builder) allowsNothing(k key) bool {
	return once(b.tied.allowsNothing, k, func() bool { return b.wantedToAllowNothing(k) })
}

func (b *builder) wantedToAllowNothing(k key) bool {
	all := has{b.wants.rules, b.wants.lists}
	if _, wanted := b.wants.rules[k.name]; k.kind == KindPolicy && (!wanted || b.theirs[k]) {
		all = b.can
	}
	if _, wanted := b.wants.lists[k]; k.kind == KindRole && (!wanted || b.theirs[k]) {
		all = b.can
	}
	if k.kind == KindRole {
		return !slices.ContainsFunc(all.lists[k].each(), func(other key) bool { return !b.allowsNothing(other) })
	}
	return !all.allows(k)
}

// is reports whether there is a policy or a role.
func (h has) is(k key) bool {
	if k.kind == KindPolicy {
		return len(h.rules[k.name]) > 0
	}
	return len(h.lists[k].policies) > 0
}

// allows reports whether a policy or a role allows something, denies whether it denies something.
func (h has) allows(k key) bool { return h.any(k, Rule.allows) }

func (h has) denies(k key) bool {
	return h.any(k, func(r Rule) bool { return r.Effect == deny })
}

// deniesAny is [has.denies], of a role by what it will have.
func (h has) deniesAny(k key) bool {
	return h.denies(k) || slices.ContainsFunc(h.lists[k].each(), h.denies)
}

func (h has) any(k key, is func(Rule) bool) bool {
	if k.kind == KindPolicy {
		return slices.ContainsFunc(h.rules[k.name], is)
	}
	return slices.ContainsFunc(h.lists[k].policies, func(name string) bool { return slices.ContainsFunc(h.rules[name], is) })
}
