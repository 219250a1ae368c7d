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
	// Teams are those that are there when a world begins, besides the organization itself.
	Teams []CatalogTeam `yaml:"teams"`
}

// Table is a table in the catalogue, with its owners and its tags, such as Tier.Tier1.
type Table struct {
	Name string `yaml:"name"`
	// Owners are addresses of people; a team's is its name, or the address of its group.
	Owners []string `yaml:"owners"`
	Tags   []string `yaml:"tags"`
}

// CatalogTeam is a team that somebody made in the catalogue by hand.
type CatalogTeam struct {
	Name string `yaml:"name"`
	// Type is BusinessUnit, Division, Department or Group.
	Type string `yaml:"type"`
	// Parent is the name of the team above it; empty for the organization.
	Parent string   `yaml:"parent"`
	Users  []string `yaml:"users"`
}

var catalogTeamTypes = []string{"BusinessUnit", "Division", "Department", "Group"}

func (f *file) readOpenMetadata(in OpenMetadata) OpenMetadata {
	root := place{"openmetadata"}
	tables, teams := map[string]bool{}, map[string]bool{}
	for i, t := range in.Tables {
		here := root.at("tables", i)
		f.named(here, "table", t.Name, tables)
		for i, owner := range t.Owners {
			if strings.Contains(owner, "@") || owner == "" {
				t.Owners[i] = f.address(here.at("owners").at(i), owner)
			}
		}
	}
	f.addresses(root.at("users"), in.Users)
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
	}
	return in
}

// addresses checks and normalises a list of addresses found at p, in place.
func (f *file) addresses(p place, list []string) {
	for i, email := range list {
		list[i] = f.address(p.at(i), email)
	}
}

// merge adds other, whose tables and teams replace those of the same name. Users of both stay.
func (o *OpenMetadata) merge(other OpenMetadata) {
	o.Tables = merge(o.Tables, other.Tables, func(t Table) string { return t.Name })
	o.Teams = merge(o.Teams, other.Teams, func(t CatalogTeam) string { return t.Name })
	o.Users = merge(o.Users, other.Users, func(email string) string { return email })
}
