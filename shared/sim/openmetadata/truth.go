package openmetadata

import (
	"errors"
	"fmt"
	"slices"
)

// The classes of errors that the methods of a [Server] return for what people try to do.
var (
	ErrNotFound = errors.New("not found")
	ErrInvalid  = errors.New("refused as invalid")
)

// Team is the truth about a team. Everything in it is a name, or an address for users.
type Team struct {
	Name, Type, Description       string
	Parents                       []string
	Users, Policies, DefaultRoles []string
	Joinable                      bool
}

// Role is the truth about a role.
type Role struct {
	Name, Description string
	Policies          []string
	// Users are the addresses of those who have the role themselves.
	Users []string
}

// Policy is the truth about a policy.
type Policy struct {
	Name, Description string
	Enabled           bool
	Rules             []Rule
}

// Rule is the truth about a rule.
type Rule struct {
	Name, Effect          string
	Operations, Resources []string
	Condition             string
}

// Table is the truth about a table.
type Table struct {
	Name         string
	Owners, Tags []string // addresses, names of teams; tags of columns included
	Domains      []string // full names
}

// Account is the truth about a user. Its zero value is that of somebody who has none.
type Account struct {
	Admin, Bot bool
	// Domains are full names: the user's own, and those that come by teams.
	Domains []string
}

// Teams returns all teams, sorted by name.
func (s *Server) Teams() []Team {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Team
	for _, e := range s.all(teams) {
		out = append(out, Team{
			Name: e.name, Type: e.teamType, Description: e.description, Joinable: e.joinable, Parents: s.names(s.parentsOf(e)),
			Users: s.names(e.users), Policies: s.names(e.policies), DefaultRoles: s.names(e.defaultRoles),
		})
	}
	return out
}

// Team returns a team. The boolean is false without one.
func (s *Server) Team(name string) (Team, bool) {
	all := s.Teams()
	i := slices.IndexFunc(all, func(t Team) bool { return t.Name == name })
	if i < 0 {
		return Team{}, false
	}
	return all[i], true
}

// Roles returns all roles, sorted by name.
func (s *Server) Roles() []Role {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Role
	for _, e := range s.all(roles) {
		r := Role{Name: e.name, Description: e.description, Policies: s.names(e.policies)}
		for _, u := range s.all(users) {
			if slices.Contains(u.roles, e.id) {
				r.Users = append(r.Users, u.email)
			}
		}
		out = append(out, r)
	}
	return out
}

// Policies returns all policies, sorted by name.
func (s *Server) Policies() []Policy {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Policy
	for _, e := range s.all(policies) {
		p := Policy{Name: e.name, Description: e.description, Enabled: e.enabled}
		for _, r := range e.rules {
			p.Rules = append(p.Rules, Rule{r.Name, r.Effect, slices.Clone(r.Operations), slices.Clone(r.Resources), r.Condition})
		}
		out = append(out, p)
	}
	return out
}

// Users returns the addresses of all users who are people, sorted by name.
func (s *Server) Users() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, e := range s.all(users) {
		if !e.bot {
			out = append(out, e.email)
		}
	}
	return out
}

// Account returns what the catalogue knows of who has an address.
func (s *Server) Account(email string) Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.userWith(email)
	if u == nil {
		return Account{}
	}
	return Account{Admin: u.admin, Bot: u.bot, Domains: fullNames(s.domainsOf(u))}
}

func fullNames(refs []reference) []string {
	var out []string
	for _, r := range refs {
		out = append(out, r.FQN)
	}
	return out
}

// Tables returns all tables, sorted by name.
func (s *Server) Tables() []Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Table
	for _, e := range s.all(tables) {
		t := Table{Name: e.name, Domains: fullNames(s.domainsOf(e))}
		for _, o := range s.ownersOf(e) {
			t.Owners = append(t.Owners, s.names([]string{o.ID})...)
		}
		for _, label := range e.allTags() {
			t.Tags = append(t.Tags, label.FQN)
		}
		out = append(out, t)
	}
	return out
}

// names are the names of entities, and the addresses of users, sorted. The caller holds the lock.
func (s *Server) names(ids []string) []string {
	var out []string
	for _, id := range ids {
		e := s.entities[id]
		switch {
		case e == nil || e.deleted:
		case e.kind == users:
			out = append(out, e.email)
		default:
			out = append(out, e.name)
		}
	}
	slices.Sort(out)
	return out
}

// AddUser makes somebody a member of a team, as people do in the user interface.
func (s *Server) AddUser(team, email string) error {
	return s.edit(teams, team, "admin", func(t *entity) error {
		u := s.userWith(email)
		if u == nil {
			return fmt.Errorf("user %s: %w", email, ErrNotFound)
		}
		if !slices.Contains(t.users, u.id) {
			t.users = append(slices.Clone(t.users), u.id)
		}
		return nil
	})
}

// RemoveUser takes somebody out of a team.
func (s *Server) RemoveUser(team, email string) error {
	return s.edit(teams, team, "admin", func(t *entity) error {
		u := s.userWith(email)
		if u == nil || !slices.Contains(t.users, u.id) {
			return fmt.Errorf("user %s of team %s: %w", email, team, ErrNotFound)
		}
		t.users = slices.DeleteFunc(slices.Clone(t.users), func(id string) bool { return id == u.id })
		return nil
	})
}

// EditPolicy changes the rules of a policy.
func (s *Server) EditPolicy(name, by string, rules []Rule) error {
	return s.edit(policies, name, by, func(p *entity) error {
		p.rules = nil
		for _, r := range rules {
			p.rules = append(p.rules, rule{Name: r.Name, Effect: r.Effect, Operations: r.Operations, Resources: r.Resources, Condition: r.Condition})
		}
		return nil
	})
}

// Describe changes the description of a team, role or policy: kind is that word.
func (s *Server) Describe(kindName, name, description string) error {
	for _, k := range kinds {
		if k.name == kindName {
			return s.edit(k, name, "admin", func(e *entity) error { e.description = description; return nil })
		}
	}
	return fmt.Errorf("kind %s: %w", kindName, ErrNotFound)
}

// edit changes an entity as a person does.
func (s *Server) edit(k *kind, name, by string, change func(*entity) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.named(k, name)
	if e == nil || e.deleted {
		return fmt.Errorf("%s %s: %w", k.name, name, ErrNotFound)
	}
	changed := *e
	if err := change(&changed); err != nil {
		return err
	}
	if err := s.check(&changed); err != nil {
		return fmt.Errorf("%s %s: %v: %w", k.name, name, err, ErrInvalid)
	}
	s.commitPatch(e, changed, by, s.opt.Now())
	return nil
}
