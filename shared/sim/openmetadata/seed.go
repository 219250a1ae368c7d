package openmetadata

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/sim/org"
)

// standardPolicies and standardRoles are those with which a server begins, after the files in
// OpenMetadata's own json/data folder. The organization has the first policy and the first role.
var (
	standardPolicies = []struct {
		name  string
		rules []rule
	}{
		{"OrganizationPolicy", []rule{
			{Name: "OrganizationPolicy-Owner-Rule", Effect: "allow", Operations: []string{"EditAll", "ViewAll", "Delete"}, Resources: []string{"all"}, Condition: "isOwner()"},
			{Name: "OrganizationPolicy-NoOwner-Rule", Effect: "allow", Operations: []string{"EditOwners"}, Resources: []string{"all"}, Condition: "noOwner()"},
		}},
		{"DataConsumerPolicy", []rule{
			{Name: "DataConsumerPolicy-EditRule", Effect: "allow", Operations: []string{"ViewAll", "EditDescription", "EditTags", "EditGlossaryTerms", "EditTier", "EditCertification"}, Resources: []string{"all"}},
			{Name: "DataConsumerPolicy-CreateTask-Rule", Effect: "allow", Operations: []string{"Create"}, Resources: []string{"task"}},
			{Name: "DataConsumerPolicy-TaskRule", Effect: "allow", Operations: []string{"CreateTask", "EditTask"}, Resources: []string{"all"}},
		}},
		{"DataStewardPolicy", []rule{
			{Name: "DataStewardPolicy-EditRule", Effect: "allow", Operations: []string{"ViewAll", "EditDescription", "EditDisplayName", "EditLineage", "EditOwners", "EditTags"}, Resources: []string{"all"}},
		}},
		{"TeamOnlyPolicy", []rule{
			{Name: "TeamOnlyPolicy-Rule", Effect: "deny", Operations: []string{"All"}, Resources: []string{"all"}, Condition: "!matchTeam()"},
		}},
		{"DomainOnlyAccessPolicy", []rule{
			{Name: "DomainAccessDenyRule", Effect: "deny", Operations: []string{"All"}, Resources: []string{"All"}, Condition: "!hasDomain()"},
			{Name: "DomainAccessAllowRule", Effect: "allow", Operations: []string{"All"}, Resources: []string{"All"}, Condition: "hasDomain()"},
		}},
	}
	standardRoles = []struct{ name, policy string }{
		{"DataConsumer", "DataConsumerPolicy"}, {"DataSteward", "DataStewardPolicy"}, {"DomainOnlyAccessRole", "DomainOnlyAccessPolicy"},
	}
)

// seed fills the server with what every server has and with the company.
func (s *Server) seed() error {
	now := s.opt.Now()
	put := func(e *entity) *entity {
		e.id, e.version, e.updatedAt, e.updatedBy = s.newID(), 1, now, cmp.Or(e.updatedBy, "admin")
		s.entities[e.id] = e
		return e
	}
	for _, p := range standardPolicies {
		e := put(&entity{kind: policies, name: p.name, provider: "system", enabled: true, rules: slices.Clone(p.rules)})
		if err := s.check(e); err != nil {
			return fmt.Errorf("policy %s: %w", p.name, err)
		}
	}
	for _, r := range standardRoles {
		put(&entity{kind: roles, name: r.name, provider: "system", policies: []string{s.named(policies, r.policy).id}})
	}
	s.named(policies, "DomainOnlyAccessPolicy").provider, s.named(roles, "DomainOnlyAccessRole").provider = "user", "user"
	put(&entity{
		kind: teams, name: organization, teamType: "Organization", joinable: true, description: "Organization under which all the other team hierarchy is created",
		policies: []string{s.named(policies, "OrganizationPolicy").id}, defaultRoles: []string{s.named(roles, "DataConsumer").id},
	})
	put(&entity{kind: users, name: "admin", email: "admin@open-metadata.org", admin: true})
	for _, token := range sortedTokens(s.opt.Tokens) {
		if bot := s.opt.Tokens[token]; s.named(users, bot.Name) == nil {
			put(&entity{kind: users, name: bot.Name, email: bot.Name + "@open-metadata.org", bot: true, admin: bot.Admin})
		}
	}
	return s.seedCompany(s.opt.Company, put)
}

func sortedTokens(tokens map[string]Bot) []string {
	var out []string
	for t := range tokens {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}

func (s *Server) seedCompany(c *org.Company, put func(*entity) *entity) error {
	emails := c.OpenMetadata.Users
	if emails == nil {
		for _, p := range c.People {
			if !p.Suspended {
				emails = append(emails, p.Email)
			}
		}
	}
	for _, email := range emails {
		name := UserName(email)
		if s.named(users, name) != nil {
			return fmt.Errorf("two users would have the name %s", name)
		}
		put(&entity{kind: users, name: name, email: email, displayName: displayName(c, email)})
	}
	if err := s.seedPeople(c, put); err != nil {
		return err
	}
	for _, t := range c.OpenMetadata.Teams {
		e := &entity{kind: teams, name: t.Name, teamType: t.Type, joinable: true, domains: s.domainsNamed(t.Domains)}
		if t.Parent != "" {
			e.parents = []string{s.named(teams, t.Parent).id}
		}
		for _, email := range t.Users {
			u := s.userWith(email)
			if u == nil {
				return fmt.Errorf("team %s: %s has no account in the catalogue", t.Name, email)
			}
			e.users = append(e.users, u.id)
		}
		put(e)
		if err := s.check(e); err != nil {
			return fmt.Errorf("team %s: %w", t.Name, err)
		}
	}
	for _, t := range c.OpenMetadata.Tables {
		// Somebody who has left owns nothing, and a team as soon as it is there.
		e := &entity{kind: tables, name: t.Name, domains: s.domainsNamed(t.Domains)}
		for _, owner := range t.Owners {
			if u := s.userWith(owner); u != nil {
				e.owners = append(e.owners, u.reference())
			} else if team := s.named(teams, owner); team != nil {
				e.owners = append(e.owners, team.reference())
			} else {
				e.awaited = append(e.awaited, owner)
			}
		}
		e.tags = tagged(t.Tags)
		for _, of := range t.Columns {
			e.columns = append(e.columns, column{Name: of.Name, Type: "VARCHAR", FQN: t.Name + "." + of.Name, Tags: tagged(of.Tags)})
		}
		put(e)
	}
	return nil
}

// tagged returns labels that somebody has put on something.
func tagged(names []string) []tag {
	var out []tag
	for _, fqn := range names {
		out = append(out, tag{FQN: fqn, Source: "Classification", Label: "Manual", State: "Confirmed"})
	}
	return out
}

// seedPeople says of people with an account who of them administers the catalogue, and which domains
// they are in.
func (s *Server) seedPeople(c *org.Company, put func(*entity) *entity) error {
	for _, email := range c.OpenMetadata.Admins {
		u := s.userWith(email)
		if u == nil {
			return fmt.Errorf("administrator %s has no account in the catalogue", email)
		}
		u.admin = true
	}
	for _, d := range c.OpenMetadata.Domains {
		e := put(&entity{kind: domains, name: d.Name})
		for _, email := range d.Users {
			u := s.userWith(email)
			if u == nil {
				return fmt.Errorf("domain %s: %s has no account in the catalogue", d.Name, email)
			}
			u.domains = append(u.domains, e.id)
		}
	}
	return nil
}

// domainsNamed returns the ids of domains that the company has.
func (s *Server) domainsNamed(names []string) []string {
	var out []string
	for _, name := range names {
		if d := s.named(domains, name); d != nil {
			out = append(out, d.id)
		}
	}
	return out
}

func displayName(c *org.Company, email string) string {
	for _, p := range c.People {
		if p.Email == email {
			return p.Name
		}
	}
	return ""
}

// userWith returns the user with an address, or nil.
func (s *Server) userWith(email string) *entity {
	for _, u := range s.all(users) {
		if strings.EqualFold(u.email, email) {
			return u
		}
	}
	return nil
}

// UserName is the name that OpenMetadata gives to somebody who signs in with an address: what
// stands before the @, in lower case.
func UserName(email string) string {
	local, _, _ := strings.Cut(email, "@")
	return strings.ToLower(local)
}
