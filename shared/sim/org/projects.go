package org

import (
	"regexp"
	"strings"
)

// Organization is the company's organisation in Google Cloud, above its folders and projects.
type Organization struct {
	// ID is its number. Where the file names none, the simulated cloud makes one.
	ID       string    `yaml:"id"`
	Bindings []Binding `yaml:"bindings"`
}

// Folder is a folder of projects in Google Cloud.
type Folder struct {
	ID string `yaml:"id"` // a number
	// Parent is folders/ID or organizations/ID; empty means the organisation.
	Parent   string    `yaml:"parent"`
	Bindings []Binding `yaml:"bindings"`
}

// Project is a Google Cloud project with what is in it, and the IAM bindings that all of it
// starts with.
type Project struct {
	ID string `yaml:"id"`
	// Parent is folders/ID or organizations/ID; empty means the organisation.
	Parent          string           `yaml:"parent"`
	Bindings        []Binding        `yaml:"bindings"`
	Datasets        []Dataset        `yaml:"datasets"`
	Buckets         []Bucket         `yaml:"buckets"`
	ServiceAccounts []ServiceAccount `yaml:"service_accounts"`
}

// Dataset is a BigQuery data set.
type Dataset struct {
	ID       string    `yaml:"id"`
	Bindings []Binding `yaml:"bindings"`
}

// Bucket is a Cloud Storage bucket.
type Bucket struct {
	Name string `yaml:"name"`
	// Fine says that objects have access lists of their own; then conditions cannot be set.
	Fine     bool      `yaml:"fine"`
	Bindings []Binding `yaml:"bindings"`
}

// ServiceAccount is an account of a program.
type ServiceAccount struct {
	Email string `yaml:"email"`
	// TokenCreators lists the members who may have tokens of it.
	TokenCreators []string `yaml:"token_creators"`
}

// Binding gives one IAM role to members such as user:ken@example.com.
type Binding struct {
	Role      string     `yaml:"role"`
	Members   []string   `yaml:"members"`
	Condition *Condition `yaml:"condition"`
}

// Condition is what has to hold for a binding to give anything.
type Condition struct {
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	Expression  string `yaml:"expression"`
}

var (
	cloudNumber = regexp.MustCompile(`^[1-9][0-9]*$`)
	cloudParent = regexp.MustCompile(`^(folders|organizations)/[1-9][0-9]*$`)
)

// checkCloud checks what the simulated Google Cloud looks up by name.
func (f *file) checkCloud(c *Company) {
	if id := c.Organization.ID; id != "" && !cloudNumber.MatchString(id) {
		f.problem(place{"organization", "id"}, "%q is not the number of an organisation; write its digits", id)
	}
	f.checkBindings(place{"organization", "bindings"}, c.Organization.Bindings)
	seen := map[string]bool{}
	need := func(p place, what, name string) {
		switch {
		case name == "":
			f.problem(p, "the %s has no name; write one", what)
		case seen[what+name]:
			f.problem(p, "the %s %s is in the file twice; write each once", what, name)
		}
		seen[what+name] = true
	}
	for i, folder := range c.Folders {
		here := place{"folders", i}
		need(here, "folder", folder.ID)
		if folder.ID != "" && !cloudNumber.MatchString(folder.ID) {
			f.problem(here.at("id"), "%q is not the number of a folder; write its digits", folder.ID)
		}
		f.checkParent(here, folder.Parent)
		f.checkBindings(here.at("bindings"), folder.Bindings)
	}
	for i, p := range c.Projects {
		here := place{"projects", i}
		need(here, "project", p.ID)
		f.checkParent(here, p.Parent)
		f.checkBindings(here.at("bindings"), p.Bindings)
		for j, d := range p.Datasets {
			at := here.at("datasets", j)
			need(at, "data set", prefixed(p.ID+".", d.ID))
			f.checkBindings(at.at("bindings"), d.Bindings)
		}
		for j, b := range p.Buckets {
			at := here.at("buckets", j)
			need(at, "bucket", b.Name)
			f.checkBindings(at.at("bindings"), b.Bindings)
		}
		for j, a := range p.ServiceAccounts {
			at := here.at("service_accounts", j)
			email := f.address(at.at("email"), a.Email)
			c.Projects[i].ServiceAccounts[j].Email = email
			need(at, "service account", email)
			f.checkMembers(at.at("token_creators"), a.TokenCreators)
		}
	}
}

// prefixed puts something in front of a name that there is.
func prefixed(prefix, name string) string {
	if name == "" {
		return ""
	}
	return prefix + name
}

func (f *file) checkParent(p place, parent string) {
	if parent != "" && !cloudParent.MatchString(parent) {
		f.problem(p.at("parent"), "%q is no parent; write folders/NUMBER or organizations/NUMBER", parent)
	}
}

func (f *file) checkBindings(p place, bindings []Binding) {
	for i, b := range bindings {
		here := p.at(i)
		if b.Role == "" {
			f.problem(here, "the binding has no role; write one such as roles/viewer")
		}
		if b.Condition != nil && b.Condition.Expression == "" {
			f.problem(here.at("condition"), "the condition has no expression; write one, or leave the condition out")
		}
		f.checkMembers(here.at("members"), b.Members)
	}
}

func (f *file) checkMembers(p place, members []string) {
	for i, m := range members {
		if !strings.Contains(m, ":") && m != "allUsers" && m != "allAuthenticatedUsers" {
			f.problem(p.at(i), "%q is not an IAM member; write its kind too, such as user:%s", m, m)
		}
	}
}
