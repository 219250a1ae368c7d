package catalog

import "slices"

// This file takes out of what is wanted what the catalogue cannot have yet, because a team stays a
// [TypeGroup] and nothing can be below one. What does not need such a team is done. What does stays as it
// is: a rule, the place of a team, what a role or a team would lose.
//
// A deny that cannot be there is kept in mind: until it is, its policy allows nothing that it did not allow
// before, and no deny goes from it. Otherwise half of a policy would allow what the whole denies. A deny
// that is wanted otherwise than it is stays beside what it is to become: that may be narrower, and nobody
// can tell from the text of a condition. An allow becomes what is wanted where that is plainly no wider. The
// same holds for the other policies of a role or a team that is wanted with the deny, and for the default
// roles of such a team. It does not hold for what the same people are allowed by other roles and teams, nor
// for who is in a team or has a role.

// deny is the effect of a rule that denies.
const deny = "deny"

// reach finds out what is wanted, is not there, and cannot be made.
func (b *builder) reach() {
	b.missing = names{KindPolicy: {}, KindRole: {}, KindTeam: {}}
	for _, p := range b.desired.Policies {
		b.wanted[p.Name] = p
	}
	for more := true; more; {
		more = false
		lacks := func(k Kind, name string, impossible bool) {
			if impossible && !b.there[k][name] && !b.missing[k][name] {
				b.missing[k][name], more = true, true
			}
		}
		for _, t := range b.desired.Teams {
			lacks(KindTeam, t.Name, b.misplaced(t))
		}
		if !more && !b.anyMissing() {
			return
		}
		for _, p := range b.desired.Policies {
			rules, _ := b.rules(p, nil)
			lacks(KindPolicy, p.Name, len(rules) == 0)
		}
		for _, r := range b.desired.Roles {
			policies, _ := b.policiesOf(r)
			lacks(KindRole, r.Name, len(policies) == 0)
		}
	}
	b.hold()
}

// hold notes what roles and teams that are wanted with a deny which cannot be there have already: the
// policies of both, and the default roles of teams with the policies of these.
func (b *builder) hold() {
	b.held = names{KindPolicy: {}, KindRole: {}}
	note := func(k Kind, list []string) {
		for _, name := range list {
			b.held[k][name] = true
		}
	}
	for _, is := range b.present.Teams {
		for _, t := range b.desired.Teams {
			if t.Name == is.Name && b.guarded(t.Policies, t.DefaultRoles) {
				replaces := b.comesTo(is, t)
				note(KindPolicy, b.staying(KindPolicy, is.Policies, t.Policies, replaces))
				note(KindRole, b.staying(KindRole, is.DefaultRoles, t.DefaultRoles, replaces))
			}
		}
	}
	for _, is := range b.present.Roles {
		want := is.Policies
		for _, r := range b.desired.Roles {
			if r.Name == is.Name {
				want = r.Policies
			}
		}
		if b.held[KindRole][is.Name] || b.guarded(nil, []string{is.Name}) {
			note(KindPolicy, b.staying(KindPolicy, is.Policies, want, b.comesToRole(is.Policies, want)))
		}
	}
}

func (b *builder) anyMissing() bool {
	return len(b.missing[KindTeam]) > 0 // without a team that is missing nothing else is
}

// misplaced reports whether a team cannot be where it is wanted: below one that cannot be made, or below
// one that is a Group in the catalogue and stays one, whatever is wanted of it.
func (b *builder) misplaced(want Team) bool {
	return slices.ContainsFunc(want.Parents, func(parent string) bool {
		return b.missing[KindTeam][parent] || slices.ContainsFunc(b.present.Teams, func(t PresentTeam) bool {
			return t.Type == TypeGroup && t.Name == parent
		})
	})
}

// lacks reports whether a rule names what is missing.
func (b *builder) lacks(r Rule) bool {
	if !b.anyMissing() {
		return false
	}
	teams, roles := mentions(r.Condition)
	return slices.ContainsFunc(teams, func(name string) bool { return b.missing[KindTeam][name] }) ||
		slices.ContainsFunc(roles, func(name string) bool { return b.missing[KindRole][name] })
}

// named reports whether everything is there that a rule names: the catalogue stores it with others only
// then, even if it has it already.
func (b *builder) named(r Rule) bool {
	teams, roles := mentions(r.Condition)
	return !slices.ContainsFunc(teams, func(name string) bool { return !b.there[KindTeam][name] }) &&
		!slices.ContainsFunc(roles, func(name string) bool { return !b.there[KindRole][name] })
}

// rules returns the rules that a policy can have by now, given those that it has, and whether that is
// all that is wanted. A policy that there is has one at least.
func (b *builder) rules(p Policy, is []Rule) (out []Rule, whole bool) {
	want, guarded := p.Rules, b.held[KindPolicy][p.Name] || b.lacksDeny(p.Rules)
	if !guarded && !slices.ContainsFunc(want, b.lacks) {
		return want, true
	}
	for _, r := range want {
		i := slices.IndexFunc(is, func(old Rule) bool { return old.Name == r.Name })
		looser := guarded && r.Effect != deny && !slices.ContainsFunc(is, func(old Rule) bool { return old.covers(r) })
		stays := b.lacks(r) || looser
		switch {
		case !stays:
			out = append(out, r)
		case i >= 0 && !b.named(is[i]):
			return is, false
		case i >= 0:
			out = append(out, is[i])
		}
	}
	for _, old := range is {
		if guarded && old.Effect == deny && !slices.ContainsFunc(out, func(r Rule) bool { return says(r) == says(old) }) {
			if !b.named(old) {
				return is, false
			}
			old.Name = free(old.Name, want, is, out)
			out = append(out, old)
		}
	}
	if len(out) == 0 && len(is) > 0 {
		out = []Rule{nothing()}
	}
	out = normalRules(out)
	return out, len(ruleDifferences(out, want)) == 0
}

// free returns the name under which a deny stays: its own, unless what is wanted gives that to another
// rule.
func free(name string, want, is, out []Rule) string {
	has := func(rules []Rule) bool {
		return slices.ContainsFunc(rules, func(r Rule) bool { return r.Name == name })
	}
	if !has(out) {
		return name
	}
	for has(want) || has(is) || has(out) {
		name += "-before"
	}
	return name
}

// lacksDeny reports whether one of the rules is a deny that cannot be there.
func (b *builder) lacksDeny(rules []Rule) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return r.Effect == deny && b.lacks(r) })
}

// guarded reports whether a deny cannot be there of what a role or a team is wanted with: of one of these
// policies, or of one of those of these roles.
func (b *builder) guarded(policies, roles []string) bool {
	return slices.ContainsFunc(policies, func(name string) bool { return b.lacksDeny(b.wanted[name].Rules) }) ||
		slices.ContainsFunc(b.desired.Roles, func(r Role) bool { return slices.Contains(roles, r.Name) && b.guarded(r.Policies, nil) })
}

// onlyDenies reports whether a policy or a role that is wanted allows nothing, as far as it can be there.
func (b *builder) onlyDenies(k Kind, name string) bool {
	if k == KindRole {
		return slices.ContainsFunc(b.desired.Roles, func(r Role) bool {
			policies, _ := b.policiesOf(r)
			return r.Name == name && !slices.ContainsFunc(policies, func(p string) bool { return !b.onlyDenies(KindPolicy, p) })
		})
	}
	p, wanted := b.wanted[name]
	if !wanted {
		return false
	}
	rules, _ := b.rules(p, b.rulesThere(name))
	return !slices.ContainsFunc(rules, func(r Rule) bool { return r.Effect != deny })
}

// policiesOf returns which policies a role can have by now, and whether those are all that is wanted.
func (b *builder) policiesOf(r Role) (out []string, whole bool) {
	is := b.policiesThere(r.Name)
	out, whole = b.listed(KindPolicy, is, r.Policies, b.held[KindRole][r.Name] || b.guarded(r.Policies, nil), b.comesToRole(is, r.Policies))
	if len(out) == 0 {
		return is, false
	}
	return out, whole
}

// listed returns which policies or default roles something can have by now, given those that it has,
// whether it is guarded, and whether something is to come in the place of others; and whether that is all
// that is wanted.
func (b *builder) listed(k Kind, is, want []string, guarded, replaces bool) (out []string, whole bool) {
	missing := func(name string) bool { return b.missing[k][name] }
	if !guarded && !slices.ContainsFunc(want, missing) {
		return want, true
	}
	out = b.staying(k, is, want, replaces)
	for _, name := range want {
		if !missing(name) && (!guarded || b.onlyDenies(k, name)) {
			out = append(out, name)
		}
	}
	out = set(out)
	return out, slices.Equal(out, set(want))
}

// staying returns which policies or default roles something keeps that cannot have all that is wanted. Nothing
// goes as long as something is to come that may take its place. Otherwise goes what nobody wants and what
// denies nothing.
func (b *builder) staying(k Kind, is, want []string, replaces bool) []string {
	return slices.DeleteFunc(slices.Clone(is), func(name string) bool {
		return !replaces && !slices.Contains(want, name) && !b.denies(k, name)
	})
}

// comes reports whether one of the policies or default roles that something is wanted with allows what it
// does not allow there yet.
func (b *builder) comes(k Kind, is, want []string) bool {
	return slices.ContainsFunc(want, func(name string) bool { return b.allowsMore(k, name, slices.Contains(is, name)) })
}

// comesToRole is [builder.comes] of a role, which cannot be left without a policy.
func (b *builder) comesToRole(is, want []string) bool {
	return b.comes(KindPolicy, is, want) || !slices.ContainsFunc(want, func(name string) bool { return !b.missing[KindPolicy][name] })
}

// comesTo is [builder.comes] of a team, where a default role can take the place of a policy.
func (b *builder) comesTo(is PresentTeam, want Team) bool {
	return b.comes(KindPolicy, is.Policies, want.Policies) || b.comes(KindRole, is.DefaultRoles, want.DefaultRoles)
}

// allowsMore reports whether a policy or a role is wanted to allow more than it does, or anything at all
// where it is not attached; so is one that cannot be kept from allowing it yet. Of what the file only names
// nobody has to know what it allows.
func (b *builder) allowsMore(k Kind, name string, attached bool) bool {
	if k == KindRole {
		i := slices.IndexFunc(b.desired.Roles, func(r Role) bool { return r.Name == name })
		if i < 0 {
			return !attached
		}
		var is []string
		if attached {
			is = b.policiesThere(name)
		}
		return b.comes(KindPolicy, is, b.desired.Roles[i].Policies)
	}
	want, ok := b.wanted[name]
	if !ok {
		return !attached
	}
	is := b.rulesThere(name)
	more := func(r Rule) bool {
		return r.Effect != deny && (!attached || !slices.ContainsFunc(is, func(old Rule) bool { return old.covers(r) }))
	}
	stays := func(r Rule) bool { // an allow, in the place of what is wanted
		return b.lacks(r) && slices.ContainsFunc(is, func(old Rule) bool { return old.Name == r.Name && old.Effect != deny })
	}
	return slices.ContainsFunc(want.Rules, func(r Rule) bool { return more(r) || stays(r) })
}

// rulesThere returns the rules that a policy has in the catalogue, policiesThere the policies of a role.
func (b *builder) rulesThere(name string) []Rule {
	for _, is := range b.present.Policies {
		if is.Name == name {
			return is.Rules
		}
	}
	return nil
}

func (b *builder) policiesThere(name string) []string {
	for _, is := range b.present.Roles {
		if is.Name == name {
			return is.Policies
		}
	}
	return nil
}

// denies reports whether a policy or a role of the catalogue denies something.
func (b *builder) denies(k Kind, name string) bool {
	if k == KindRole {
		return slices.ContainsFunc(b.policiesThere(name), func(p string) bool { return b.denies(KindPolicy, p) })
	}
	return slices.ContainsFunc(b.rulesThere(name), func(r Rule) bool { return r.Effect == deny })
}

// keep notes what the catalogue refers to once the plan is carried out, for nothing of it to be deleted.
func (b *builder) keep(s Step) {
	for _, k := range s.needs() {
		b.needed[k] = true
	}
}

// deletable returns which of the deletions can be done: not of what is still referred to, nor of what
// that refers to in turn.
func (b *builder) deletable() []Step {
	left := slices.Clone(b.deleted)
	for {
		i := slices.IndexFunc(left, func(s Step) bool { return b.needed[s.key()] })
		if i < 0 {
			return left
		}
		b.found(FoundNeeded, left[i].Kind, left[i].Name)
		b.keep(b.asItIs(left[i]))
		left = slices.Delete(left, i, i+1)
	}
}

// asItIs returns a step that would make something as the catalogue has it.
func (b *builder) asItIs(s Step) Step {
	switch s.Kind {
	case KindPolicy:
		i := slices.IndexFunc(b.present.Policies, func(p PresentPolicy) bool { return p.Name == s.Name })
		s.Policy = &Policy{Name: s.Name, Rules: b.present.Policies[i].Rules}
	case KindRole:
		i := slices.IndexFunc(b.present.Roles, func(r PresentRole) bool { return r.Name == s.Name })
		s.Role = &Role{Name: s.Name, Policies: b.present.Roles[i].Policies}
	case KindTeam:
		t := b.present.Teams[slices.IndexFunc(b.present.Teams, func(t PresentTeam) bool { return t.Name == s.Name })]
		s.Team = &Team{Name: s.Name, Parents: t.Parents, Policies: t.Policies, DefaultRoles: t.DefaultRoles}
	}
	return s
}

// Has reports whether a catalogue has what a step is to make or to change of a policy, a role or a team,
// as far as the step says what that is.
func (p Present) Has(s Step) bool {
	switch {
	case s.Policy != nil:
		i := slices.IndexFunc(p.Policies, func(is PresentPolicy) bool { return is.Name == s.Name })
		return i >= 0 && (s.Verb == Create || len(ruleDifferences(p.Policies[i].Rules, s.Policy.Rules)) == 0)
	case s.Role != nil:
		i := slices.IndexFunc(p.Roles, func(is PresentRole) bool { return is.Name == s.Name })
		return i >= 0 && (s.Verb == Create || len(listDifference("", p.Roles[i].Policies, s.Role.Policies)) == 0)
	case s.Team != nil:
		i := slices.IndexFunc(p.Teams, func(is PresentTeam) bool { return is.Name == s.Name })
		if i < 0 || s.Verb == Create {
			return i >= 0
		}
		is := p.Teams[i]
		is.Joinable = is.Joinable && s.Name != Organization // that of the organization is left as it is
		return len(teamDifferences(is, *s.Team)) == 0
	}
	return true
}
