package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Import returns what the catalogue has, in the form in which the policy wants things, so that
// somebody can begin with what is there. Of what every catalogue has, only that is in it which
// teams, roles and rules refer to. The notes say what the policy's form has no place for, and what
// is left to do.
//
// A rule about everything in the catalogue says nothing about what only this system has, and must
// not once it stands in a policy that decides about both: All would let people approve here what
// others ask for, or keep them from asking. Operations are those that the catalogue knows, and
// resources the types that this system decides about; where a rule with All is about one of these,
// All is written out. What is ours came from a policy and stays as it was there.
func Import(p Present, operations, resources []string) (Desired, []string) {
	var out Desired
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	used := inUse(p)
	for _, policy := range p.Policies {
		if !used[KindPolicy][policy.Name] {
			continue
		}
		rules := normalRules(policy.Rules)
		for i, r := range rules {
			switch {
			case !slices.Contains(r.Operations, allOperations) || !overlaps(r.Resources, resources):
			case policy.Ours():
				note("rule %s of policy %s is about all that is done with Sekisho as well: see that it is meant", r.Name, policy.Name)
			default:
				rules[i].Operations = slices.Concat(without(r.Operations, []string{allOperations}), operations)
				note("rule %s of policy %s has the operations of the catalogue in place of All, which would %s what is done with Sekisho as well", r.Name, policy.Name, r.Effect)
			}
		}
		out.Policies = append(out.Policies, Policy{Name: policy.Name, Rules: normalRules(rules)})
		if policy.Disabled {
			note("policy %s is switched off in the catalogue: take it out, or it is in force", policy.Name)
		}
	}
	for _, r := range p.Roles {
		if !used[KindRole][r.Name] {
			continue
		}
		out.Roles = append(out.Roles, Role{Name: r.Name, Policies: set(r.Policies), Holders: people(r.Holders)})
		if r.System && len(r.Holders) > 0 {
			note("role %s belongs to the catalogue: who has it is not changed there", r.Name)
		}
	}
	for _, t := range p.Teams {
		team := Team{
			Name: t.Name, Type: t.Type, Parents: set(without(t.Parents, []string{Organization})),
			Policies: set(t.Policies), DefaultRoles: set(t.DefaultRoles),
		}
		if t.Name != Organization && len(t.Members) > 0 {
			note("team %s: write the Google Group that has its people, of whom there are %d", t.Name, len(t.Members))
		}
		out.Teams = append(out.Teams, team)
	}
	for _, name := range slices.Sorted(mapKeys(namesOf(out))) {
		if !writable(name) {
			note("%q cannot be a name in the policy: rename it in the catalogue", name)
		}
	}
	slices.SortFunc(out.Policies, func(a, b Policy) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Roles, func(a, b Role) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Teams, func(a, b Team) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(notes)
	return out, slices.Compact(notes)
}

// allOperations is the operation that stands for every other.
const allOperations = "All"

// overlaps reports whether a rule about some resources, in the form of [normalRules], is about one of
// some types.
func overlaps(resources, types []string) bool {
	return slices.ContainsFunc(resources, func(s string) bool { return s == allResources || slices.Contains(types, s) })
}

// inUse returns the policies and roles that somebody has made, and of those that every catalogue
// has the ones that something refers to.
func inUse(p Present) names {
	used := names{KindPolicy: {}, KindRole: {}}
	use := func(k Kind, list ...string) {
		for _, name := range list {
			used[k][name] = true
		}
	}
	for _, t := range p.Teams {
		use(KindPolicy, t.Policies...)
		use(KindRole, t.DefaultRoles...)
	}
	for before := -1; before != len(used[KindPolicy])+len(used[KindRole]); { // until nothing refers to more
		before = len(used[KindPolicy]) + len(used[KindRole])
		for _, policy := range p.Policies {
			if policy.System && !used[KindPolicy][policy.Name] {
				continue
			}
			use(KindPolicy, policy.Name)
			for _, r := range policy.Rules {
				_, roles := mentions(r.Condition)
				use(KindRole, roles...)
			}
		}
		for _, r := range p.Roles {
			if !r.System || len(r.Holders) > 0 || used[KindRole][r.Name] {
				use(KindRole, r.Name)
				use(KindPolicy, r.Policies...)
			}
		}
	}
	return used
}

// writable reports whether a policy file takes a name.
func writable(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("._-", r)
	})
}

// mapKeys yields all names.
func mapKeys(all names) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, of := range all {
			for name := range of {
				if !yield(name) {
					return
				}
			}
		}
	}
}

// PolicyFile writes what is wanted as a part of a policy file: YAML with the sections teams, roles
// and policies, in mode report, so that nothing comes of it before somebody says so.
func (d Desired) PolicyFile() string {
	var b strings.Builder
	b.WriteString("version: 1\ncatalog: {mode: report}\n")
	section := func(name string, items []string) {
		if len(items) > 0 {
			fmt.Fprintf(&b, "%s:\n%s", name, strings.Join(items, ""))
		}
	}
	var teams, roles, policies []string
	for _, t := range d.Teams {
		parents := optionalList("parents", t.Parents)
		if len(t.Parents) == 1 {
			parents = optional("parent", t.Parents[0])
		}
		teams = append(teams, fmt.Sprintf("  - {name: %s, type: %s%s%s%s}\n", scalar(t.Name), scalar(t.Type), parents,
			optionalList("policies", t.Policies), optionalList("default_roles", t.DefaultRoles)))
	}
	for _, r := range d.Roles {
		var members []string
		for _, email := range r.Holders {
			members = append(members, "user:"+email)
		}
		roles = append(roles, fmt.Sprintf("  - {name: %s%s%s}\n", scalar(r.Name), optionalList("policies", r.Policies), optionalList("members", members)))
	}
	for _, p := range d.Policies {
		text := fmt.Sprintf("  - name: %s\n    rules:\n", scalar(p.Name))
		for _, r := range p.Rules {
			text += fmt.Sprintf("      - {name: %s%s, effect: %s%s%s%s}\n", scalar(r.Name), optional("description", r.Description), scalar(r.Effect),
				optionalList("operations", r.Operations), optionalList("resources", r.Resources), optional("condition", r.Condition))
		}
		policies = append(policies, text)
	}
	section("teams", teams)
	section("roles", roles)
	section("policies", policies)
	return b.String()
}

// scalar writes a text so that YAML reads the same one: text in JSON's quotes is.
func scalar(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // text cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}

func optional(name, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(", %s: %s", name, scalar(value))
}

func optionalList(name string, values []string) string {
	if len(values) == 0 {
		return ""
	}
	var items []string
	for _, v := range values {
		items = append(items, scalar(v))
	}
	return fmt.Sprintf(", %s: [%s]", name, strings.Join(items, ", "))
}
