package org

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Fivetran is the company's Fivetran account.
type Fivetran struct {
	Groups []FivetranGroup
	// Connections are those that are there when a world begins.
	Connections []FivetranConnection
}

// FivetranGroup is a destination group in which connections are made.
type FivetranGroup struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"` // the id where absent
}

// FivetranConnection is a data source that the account reads.
type FivetranConnection struct {
	// Name is the connection's name, which is its schema in the destination: sales, or
	// finance.budget for a service that has one table.
	Name    string
	Service string // Fivetran's name for the kind of source: postgres, google_sheets, …
	Group   string // the id of its group
	// Setup is incomplete, connected or broken.
	Setup  string
	Paused bool
	// Created is zero when the file does not say.
	Created time.Time
}

type fivetranFile struct {
	Groups      []FivetranGroup          `yaml:"groups"`
	Connections []fivetranConnectionFile `yaml:"connections"`
}

type fivetranConnectionFile struct {
	Name    string `yaml:"name"`
	Service string `yaml:"service"`
	Group   string `yaml:"group"`
	Setup   string `yaml:"setup"`
	Paused  bool   `yaml:"paused"`
	Created string `yaml:"created"`
}

var fivetranSetups = []string{"incomplete", "connected", "broken"}

func (f *file) readFivetran(in fivetranFile) Fivetran {
	var out Fivetran
	ids, names := map[string]bool{}, map[string]bool{}
	for i, g := range in.Groups {
		here := place{"fivetran", "groups", i}
		if f.named(here, "Fivetran group", g.ID, ids) {
			g.Name = cmp.Or(g.Name, g.ID)
			out.Groups = append(out.Groups, g)
		}
	}
	for i, c := range in.Connections {
		here := place{"fivetran", "connections", i}
		f.named(here, "Fivetran connection", c.Name, names)
		if c.Service == "" {
			f.problem(here, "the Fivetran connection %s has no service; write one such as postgres", c.Name)
		}
		if !ids[c.Group] {
			f.problem(here.at("group"), "the Fivetran group %q is not in the file; write the id of one in fivetran.groups", c.Group)
		}
		setup := cmp.Or(c.Setup, "connected")
		if !slices.Contains(fivetranSetups, setup) {
			f.problem(here.at("setup"), "a connection cannot be %q; write one of %s", setup, strings.Join(fivetranSetups, ", "))
		}
		connection := FivetranConnection{Name: c.Name, Service: c.Service, Group: c.Group, Setup: setup, Paused: c.Paused}
		if c.Created != "" {
			connection.Created = f.time(here.at("created"), c.Created)
		}
		out.Connections = append(out.Connections, connection)
	}
	return out
}

// named checks that something has a name and that no other one has the same.
func (f *file) named(p place, what, name string, seen map[string]bool) bool {
	switch {
	case name == "":
		f.problem(p, "the %s has no name; write one", what)
		return false
	case seen[name]:
		f.problem(p, "the %s %s is in the file twice; write each once", what, name)
		return false
	}
	seen[name] = true
	return true
}

// merge adds other, whose groups and connections replace those of the same name.
func (v *Fivetran) merge(other Fivetran) {
	v.Groups = merge(v.Groups, other.Groups, func(g FivetranGroup) string { return g.ID })
	v.Connections = merge(v.Connections, other.Connections, func(c FivetranConnection) string { return c.Group + " " + c.Name })
}
