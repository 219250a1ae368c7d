package iam

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/sim/org"
)

// build makes the resources of a company.
func (s *Server) build(c *org.Company, administrators []string) error {
	id := c.Organization.ID
	if id == "" {
		id = fmt.Sprint(100_000_000_000 + s.number("organization", c.Domain)%900_000_000_000)
	}
	bindings := fromFile(c.Organization.Bindings)
	if len(administrators) > 0 {
		bindings = append(bindings, Binding{Role: "roles/iam.securityAdmin", Members: administrators})
	}
	s.root = s.add("organizations/"+id, nil, bindings)
	for _, f := range c.Folders {
		s.add("folders/"+f.ID, nil, fromFile(f.Bindings))
	}
	for _, f := range c.Folders {
		if err := s.place("folders/"+f.ID, f.Parent); err != nil {
			return err
		}
	}
	for _, p := range c.Projects {
		project := s.add("projects/"+p.ID, nil, fromFile(p.Bindings))
		if err := s.place(project.name, p.Parent); err != nil {
			return err
		}
		for _, d := range p.Datasets {
			s.add("datasets/"+p.ID+"."+d.ID, project, apart(fromFile(d.Bindings)))
		}
		for _, b := range p.Buckets {
			s.add("buckets/"+b.Name, project, fromFile(b.Bindings)).fine = b.Fine
		}
		for _, a := range p.ServiceAccounts {
			var creators []Binding
			if len(a.TokenCreators) > 0 {
				creators = []Binding{{Role: "roles/iam.serviceAccountTokenCreator", Members: a.TokenCreators}}
			}
			s.add("serviceAccounts/"+a.Email, project, creators)
		}
	}
	for name, r := range s.resources {
		for above := r.parent; above != nil; above = above.parent {
			if above == r {
				return fmt.Errorf("%s lies within itself", name)
			}
		}
	}
	return nil
}

// add makes one resource with its first policy.
func (s *Server) add(name string, parent *resource, bindings []Binding) *resource {
	r := &resource{name: name, parent: parent}
	if !strings.HasPrefix(name, "datasets/") {
		bindings = settle(bindings)
	}
	s.put(r, &policy{bindings: bindings}, s.now())
	s.resources[name] = r
	return r
}

// place puts a resource into the one above it, the organisation if none is named.
func (s *Server) place(name, parent string) error {
	r := s.resources[name]
	r.parent = s.root
	if parent == "" {
		return nil
	}
	if r.parent = s.resources[parent]; r.parent == nil {
		return fmt.Errorf("%s lies in %s, which does not exist", name, parent)
	}
	return nil
}

func fromFile(bindings []org.Binding) []Binding {
	var out []Binding
	for _, b := range bindings {
		made := Binding{Role: b.Role, Members: append([]string(nil), b.Members...)}
		for i, m := range made.Members {
			made.Members[i] = canonical(m)
		}
		if b.Condition != nil {
			made.Condition = &Condition{Title: b.Condition.Title, Description: b.Condition.Description, Expression: b.Condition.Expression}
		}
		out = append(out, made)
	}
	return out
}

// apart makes one binding for each member, as a data set's list has them.
func apart(bindings []Binding) []Binding {
	var out []Binding
	for _, b := range bindings {
		if b.opaque != nil {
			out = append(out, b)
			continue
		}
		for _, m := range b.Members {
			one := b.clone()
			one.Members = []string{canonical(m)}
			out = append(out, one)
		}
	}
	return out
}

// number is the source of all that looks random. It depends on the seed and on what it is for.
func (s *Server) number(parts ...any) uint64 { return digest(s.seed, parts...) }

func digest(seed uint64, parts ...any) uint64 {
	d := sha256.Sum256(fmt.Appendln(nil, append([]any{seed}, parts...)...))
	return binary.BigEndian.Uint64(d[:])
}
