package org

import (
	"cmp"
	"strings"
	"time"
)

// companyFile is the project's own form. Its types are those of [Company], except where a
// value needs a closer look than the YAML package takes.
type companyFile struct {
	Domain       string       `yaml:"domain"`
	People       []personFile `yaml:"people"`
	Groups       []Group      `yaml:"groups"`
	Looker       lookerFile   `yaml:"looker"`
	Organization Organization `yaml:"organization"`
	Folders      []Folder     `yaml:"folders"`
	Projects     []Project    `yaml:"projects"`
	Fivetran     fivetranFile `yaml:"fivetran"`
	OpenMetadata OpenMetadata `yaml:"openmetadata"`
}

type personFile struct {
	Email     string   `yaml:"email"`
	Name      string   `yaml:"name"`
	Manager   string   `yaml:"manager"`
	Locale    string   `yaml:"locale"`
	Aliases   []string `yaml:"aliases"`
	Slack     *bool    `yaml:"slack"`
	Suspended bool     `yaml:"suspended"`
	Admin     bool     `yaml:"admin"`
	Created   string   `yaml:"created"`
	LastLogin string   `yaml:"last_login"` // a time, or never
}

// readCompany reads a company file. Members of groups in the company's domain whom the file
// does not declare become people; members in other domains stay outside the company.
func (f *file) readCompany() *Company {
	var in companyFile
	if !f.decode(&in) {
		return nil
	}
	c := &Company{Domain: strings.ToLower(in.Domain), Organization: in.Organization, Folders: in.Folders, Projects: in.Projects}
	if strings.Contains(c.Domain, "@") || (c.Domain != "" && !strings.Contains(c.Domain, ".")) {
		f.problem(place{"domain"}, "%q is not a domain; write one such as example.com", in.Domain)
	}
	c.People = f.readPeople(in.People)
	c.Groups = f.readCompanyGroups(in.Groups)
	c.Looker = f.readLooker(in.Looker)
	c.Fivetran = f.readFivetran(in.Fivetran)
	c.OpenMetadata = f.readOpenMetadata(in.OpenMetadata)
	f.checkCloud(c)
	return c
}

// take notes that an address found at p is in use; no two things may have the same one.
func (f *file) take(p place, email, whose string) {
	if other, ok := f.taken[email]; ok {
		f.problem(p, "%s belongs to %s and to %s; write each address once", email, other, whose)
	}
	f.taken[email] = whose
}

func (f *file) readPeople(in []personFile) []Person {
	var out []Person
	for i, p := range in {
		here := place{"people", i}
		person := Person{
			Email: f.address(here.at("email"), p.Email), Locale: cmp.Or(p.Locale, "en"),
			Slack: p.Slack == nil || *p.Slack, Suspended: p.Suspended, Admin: p.Admin,
		}
		person.Name = cmp.Or(p.Name, nameFrom(person.Email))
		f.take(here, person.Email, "a person")
		f.readLogin(here, &person, p)
		if p.Manager != "" {
			person.Manager = f.address(here.at("manager"), p.Manager)
		}
		for j, a := range p.Aliases {
			alias := f.address(here.at("aliases", j), a)
			f.take(here.at("aliases", j), alias, "an alias of "+person.Email)
			person.Aliases = append(person.Aliases, alias)
		}
		out = append(out, person)
	}
	return out
}

// readLogin reads since when a person has an account, and when it was last used.
func (f *file) readLogin(p place, person *Person, in personFile) {
	if in.Created != "" {
		person.Created = f.time(p.at("created"), in.Created)
	}
	switch in.LastLogin {
	case "":
	case "never":
		person.NeverLoggedIn = true
	default:
		person.LastLogin = f.time(p.at("last_login"), in.LastLogin)
	}
}

func (f *file) readCompanyGroups(in []Group) []Group {
	var out []Group
	for i, g := range in {
		here := place{"groups", i}
		g.Email = f.address(here.at("email"), g.Email)
		f.take(here, g.Email, "a group")
		g.Name = cmp.Or(g.Name, nameFrom(g.Email))
		f.memberships(here, &g, g.Owners, g.Managers, g.Members)
		stated := g.Settings
		g.Settings = nil
		for _, key := range sortedKeys(stated) {
			f.settle(&g, here.at("settings", key), key, stated[key])
		}
		out = append(out, g)
	}
	return out
}

// time reads a time found at p. The YAML package itself takes what is no time for the zero
// time without a word.
func (f *file) time(p place, value string) time.Time {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		f.problem(p, "%q is not a time; write one such as 2026-05-01T00:00:00Z", value)
	}
	return t.UTC()
}
