package catalog_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// us is the account with which the system works.
const us = "sekisho"

// model carries steps out on a catalogue as strictly as a real one: what is named has to be there.
type model struct{ catalog.Present }

func index[T any](list []T, name string, of func(T) catalog.Entity) int {
	return slices.IndexFunc(list, func(e T) bool { return of(e).Name == name })
}

func policyEntity(p catalog.PresentPolicy) catalog.Entity { return p.Entity }
func roleEntity(r catalog.PresentRole) catalog.Entity     { return r.Entity }
func teamEntity(t catalog.PresentTeam) catalog.Entity     { return t.Entity }

func (m *model) has(k catalog.Kind, name string) bool {
	switch k {
	case catalog.KindPolicy:
		return index(m.Policies, name, policyEntity) >= 0
	case catalog.KindRole:
		return index(m.Roles, name, roleEntity) >= 0
	case catalog.KindTeam:
		return index(m.Teams, name, teamEntity) >= 0
	}
	return slices.ContainsFunc(m.Users, func(u catalog.PresentUser) bool { return u.Email == name })
}

func (m *model) need(k catalog.Kind, names ...string) error {
	for _, name := range names {
		if !m.has(k, name) {
			return fmt.Errorf("there is no %s %s", k, name)
		}
	}
	return nil
}

func entity(name string) catalog.Entity {
	return catalog.Entity{ID: "id-" + name, Name: name, Description: catalog.Mark(), UpdatedBy: us}
}

// apply carries out one step.
func (m *model) apply(s catalog.Step) error {
	if s.Kind == catalog.KindMember || s.Kind == catalog.KindHolder {
		return m.person(s)
	}
	if s.Verb == catalog.Create && m.has(s.Kind, s.Name) {
		return fmt.Errorf("there is a %s %s already", s.Kind, s.Name)
	}
	if s.Verb != catalog.Create {
		if err := m.need(s.Kind, s.Name); err != nil {
			return err
		}
	}
	switch s.Kind {
	case catalog.KindUser:
		m.Users = append(m.Users, catalog.PresentUser{Entity: entity(s.Name), Email: s.Name})
	case catalog.KindPolicy:
		return m.policy(s)
	case catalog.KindRole:
		return m.role(s)
	case catalog.KindTeam:
		return m.team(s)
	}
	return nil
}

func (m *model) policy(s catalog.Step) error {
	i := index(m.Policies, s.Name, policyEntity)
	if s.Verb == catalog.Delete {
		m.Policies = slices.Delete(m.Policies, i, i+1)
		drop := func(list []string) []string {
			return slices.DeleteFunc(slices.Clone(list), func(n string) bool { return n == s.Name })
		}
		for j := range m.Roles {
			m.Roles[j].Policies = drop(m.Roles[j].Policies)
		}
		for j := range m.Teams {
			m.Teams[j].Policies = drop(m.Teams[j].Policies)
		}
		return nil
	}
	for _, r := range s.Policy.Rules {
		for _, name := range named(r.Condition, "inAnyTeam") {
			if err := m.need(catalog.KindTeam, name); err != nil {
				return err
			}
		}
		for _, name := range named(r.Condition, "hasAnyRole") {
			if err := m.need(catalog.KindRole, name); err != nil {
				return err
			}
		}
	}
	if i < 0 {
		m.Policies = append(m.Policies, catalog.PresentPolicy{Entity: entity(s.Name), Rules: s.Policy.Rules})
		return nil
	}
	m.Policies[i].Rules, m.Policies[i].UpdatedBy, m.Policies[i].Disabled = s.Policy.Rules, us, false
	return nil
}

// named reads the one name in a call such as inAnyTeam('a'), which is all that these tests use.
func named(condition, function string) []string {
	_, rest, ok := strings.Cut(condition, function+"('")
	if !ok {
		return nil
	}
	name, _, _ := strings.Cut(rest, "'")
	return []string{name}
}

func (m *model) role(s catalog.Step) error {
	i := index(m.Roles, s.Name, roleEntity)
	if s.Verb == catalog.Delete {
		m.Roles = slices.Delete(m.Roles, i, i+1)
		for j := range m.Teams {
			m.Teams[j].DefaultRoles = slices.DeleteFunc(slices.Clone(m.Teams[j].DefaultRoles), func(n string) bool { return n == s.Name })
		}
		return nil
	}
	if err := m.need(catalog.KindPolicy, s.Role.Policies...); err != nil || len(s.Role.Policies) == 0 {
		return fmt.Errorf("role %s: %w", s.Name, err)
	}
	if i < 0 {
		m.Roles = append(m.Roles, catalog.PresentRole{Entity: entity(s.Name), Policies: s.Role.Policies})
		return nil
	}
	m.Roles[i].Policies, m.Roles[i].UpdatedBy = s.Role.Policies, us
	return nil
}

func (m *model) team(s catalog.Step) error {
	i := index(m.Teams, s.Name, teamEntity)
	if s.Verb == catalog.Delete {
		for _, t := range m.Teams {
			if slices.Contains(t.Parents, s.Name) {
				return fmt.Errorf("team %s is not empty", s.Name)
			}
		}
		m.Teams = slices.Delete(m.Teams, i, i+1)
		return nil
	}
	parents := s.Team.Parents
	for _, err := range []error{m.need(catalog.KindTeam, parents...), m.need(catalog.KindPolicy, s.Team.Policies...), m.need(catalog.KindRole, s.Team.DefaultRoles...)} {
		if err != nil {
			return err
		}
	}
	for _, name := range parents {
		if m.Teams[index(m.Teams, name, teamEntity)].Type == catalog.TypeGroup && !(i >= 0 && slices.Contains(m.Teams[i].Parents, name)) {
			return fmt.Errorf("nothing can be below the group %s", name)
		}
	}
	if i < 0 {
		m.Teams = append(m.Teams, catalog.PresentTeam{Entity: entity(s.Name), Type: s.Team.Type, Parents: parents, Policies: s.Team.Policies, DefaultRoles: s.Team.DefaultRoles})
		return nil
	}
	t := &m.Teams[i]
	t.UpdatedBy = us
	if s.Team.Type != "" {
		t.Type, t.Parents = s.Team.Type, parents
	} else {
		t.Policies, t.DefaultRoles = s.Team.Policies, s.Team.DefaultRoles
	}
	t.Joinable = t.Joinable && s.Name == catalog.Organization
	return nil
}

func (m *model) person(s catalog.Step) error {
	if err := m.need(catalog.KindUser, s.Person); err != nil {
		return err
	}
	var list *[]string
	if s.Kind == catalog.KindMember {
		if err := m.need(catalog.KindTeam, s.Name); err != nil {
			return err
		}
		list = &m.Teams[index(m.Teams, s.Name, teamEntity)].Members
	} else {
		if err := m.need(catalog.KindRole, s.Name); err != nil {
			return err
		}
		list = &m.Roles[index(m.Roles, s.Name, roleEntity)].Holders
	}
	is := slices.Contains(*list, s.Person)
	switch {
	case s.Verb == catalog.Add && !is:
		*list = append(slices.Clone(*list), s.Person)
	case s.Verb == catalog.Remove && is:
		*list = slices.DeleteFunc(slices.Clone(*list), func(p string) bool { return p == s.Person })
	default:
		return fmt.Errorf("%s changes nothing", s)
	}
	return nil
}

// begin is the catalogue of every server, with people.
func begin(emails ...string) catalog.Present {
	theirs := func(name string) catalog.Entity {
		return catalog.Entity{ID: "id-" + name, Name: name, System: true, UpdatedBy: "admin"}
	}
	p := catalog.Present{
		Policies: []catalog.PresentPolicy{{Entity: theirs("OrganizationPolicy"), Rules: []catalog.Rule{rule("owner", "allow", "isOwner()")}}, {Entity: theirs("DataConsumerPolicy"), Rules: []catalog.Rule{rule("edit", "allow", "")}}},
		Roles:    []catalog.PresentRole{{Entity: theirs("DataConsumer"), Policies: []string{"DataConsumerPolicy"}}},
		Teams:    []catalog.PresentTeam{{Entity: theirs(catalog.Organization), Type: catalog.TypeOrganization, Policies: []string{"OrganizationPolicy"}, DefaultRoles: []string{"DataConsumer"}, Joinable: true}},
	}
	for _, email := range emails {
		p.Users = append(p.Users, catalog.PresentUser{Entity: catalog.Entity{ID: "id-" + email, Name: strings.Split(email, "@")[0]}, Email: email})
	}
	return p
}

func rule(name, effect, condition string) catalog.Rule {
	return catalog.Rule{Name: name, Effect: effect, Operations: []string{"ViewAll"}, Resources: []string{"all"}, Condition: condition}
}
