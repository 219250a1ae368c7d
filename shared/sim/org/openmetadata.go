package org

import (
	"cmp"
	"slices"
	"strings"
)

// OpenMetadata is the company's data catalogue.
type OpenMetadata struct {
	Tables []Table `yaml:"tables"`
	// Users are the addresses of those who have an account in the catalogue; all people of the
	// company where the file does not say.
	Users []string `yaml:"users"`
	// Admins are those of them who administer the catalogue. Who administers the directory does not
	// by that.
	Admins []string `yaml:"admins"`
	// Domains are the data domains that tables, teams and people can be in.
	Domains []Domain `yaml:"domains"`
	// Teams are those that are there when a world begins, besides the organization itself.
	Teams []CatalogTeam `yaml:"teams"`
}

// Domain is a data domain of the catalogue, with the people who are in it by themselves.
type Domain struct {
	// Name is the full one. What stands before its last dot names the domain above it: sales.emea
	// is in sales.
	Name  string   `yaml:"name"`
	Users []string `yaml:"users"`
}

// Table is a table in the catalogue, with its owners, its tags, such as Tier.Tier1, its domains, and those
// of its columns that matter.
type Table struct {
	Name string `yaml:"name"`
	// Owners are addresses of people; a team's is its name, or the address of its group.
	Owners  []string `yaml:"owners"`
	Tags    []string `yaml:"tags"`
	Domains []string `yaml:"domains"`
	Columns []Column `yaml:"columns"`
}

// Column is a column of a table, with its tags.
type Column struct {
	Name string   `yaml:"name"`
	Tags []string `yaml:"tags"`
}

// CatalogTeam is a team that somebody made in the catalogue by hand.
type CatalogTeam struct {
	Name string `yaml:"name"`
	// Type is BusinessUnit, Division, Department or Group.
	Type string `yaml:"type"`
	// Parent is the name of the team above it; empty for the organization.
	Parent string   `yaml:"parent"`
	Users  []string `yaml:"users"`
	// Domains are the team's own. Its people are in them, and so are the teams below it.
	Domains []string `yaml:"domains"`
}

var catalogTeamTypes = []string{"BusinessUnit", "Division", "Department", "Group"}

func (f *file) readOpenMetadata(in OpenMetadata) OpenMetadata {
	root := place{"openmetadata"}
	tables, teams := map[string]bool{}, map[string]bool{}
	domains := f.readDomains(root, in.Domains)
	for i, t := range in.Tables {
		here := root.at("tables", i)
		f.named(here, "table", t.Name, tables)
		for i, owner := range t.Owners {
			if strings.Contains(owner, "@") || owner == "" {
				t.Owners[i] = f.address(here.at("owners").at(i), owner)
			}
		}
		f.inDomains(here, t.Domains, domains)
		columns := map[string]bool{}
		for i, column := range t.Columns {
			f.named(here.at("columns", i), "column", column.Name, columns)
		}
	}
	f.addresses(root.at("users"), in.Users)
	f.addresses(root.at("admins"), in.Admins)
	for i, t := range in.Teams {
		here := root.at("teams", i)
		if t.Parent != "" && !teams[t.Parent] {
			f.problem(here.at("parent"), "the team %q is not in the file before this one; write the name of one that is", t.Parent)
		}
		f.named(here, "team of the catalogue", t.Name, teams)
		in.Teams[i].Type = cmp.Or(t.Type, "Group")
		if !slices.Contains(catalogTeamTypes, in.Teams[i].Type) {
			f.problem(here.at("type"), "a team cannot be %q; write one of %s", t.Type, strings.Join(catalogTeamTypes, ", "))
		}
		f.addresses(here.at("users"), t.Users)
		f.inDomains(here, t.Domains, domains)
	}
	return in
}

// readDomains checks the domains and returns the set of their names.
func (f *file) readDomains(root place, in []Domain) map[string]bool {
	known := map[string]bool{}
	for i, d := range in {
		here := root.at("domains", i)
		if dot := strings.LastIndex(d.Name, "."); dot >= 0 && !known[d.Name[:dot]] {
			f.problem(here, "the domain %q is not in the file before %s; write the domain above it first", d.Name[:dot], d.Name)
		}
		f.named(here, "domain of the catalogue", d.Name, known)
		f.addresses(here.at("users"), d.Users)
	}
	return known
}

// inDomains checks the domains of something at p.
func (f *file) inDomains(p place, names []string, known map[string]bool) {
	for i, name := range names {
		if !known[name] {
			f.problem(p.at("domains").at(i), "the domain %q is not among the domains of the catalogue; write it there", name)
		}
	}
}

// addresses checks and normalises a list of addresses found at p, in place.
func (f *file) addresses(p place, list []string) {
	for i, email := range list {
		list[i] = f.address(p.at(i), email)
	}
}

// merge adds other, whose tables, domains and teams replace those of the same name. Users and
// administrators of both stay.
func (o *OpenMetadata) merge(other OpenMetadata) {
	o.Tables = merge(o.Tables, other.Tables, func(t Table) string { return t.Name })
	o.Teams = merge(o.Teams, other.Teams, func(t CatalogTeam) string { return t.Name })
	o.Domains = merge(o.Domains, other.Domains, func(d Domain) string { return d.Name })
	o.Users = merge(o.Users, other.Users, func(email string) string { return email })
	o.Admins = merge(o.Admins, other.Admins, func(email string) string { return email })
}
