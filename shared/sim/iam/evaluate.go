package iam

import (
	"strings"
	"time"
)

// This file decides who has access. https://cloud.google.com/iam/docs/policy-types

// isMember reports whether an account is a member of a policy at a time, or in one: a group,
// directly or through others, or a domain. Members such as projectOwner:etl-prj-prd, which
// buckets and data sets have of old, count for nobody here.
func (s *Server) isMember(account, member string, at time.Time) bool {
	if account == member || member == "allUsers" || member == "allAuthenticatedUsers" {
		return true
	}
	_, address, _ := strings.Cut(account, ":")
	switch kind, name, _ := strings.Cut(member, ":"); kind {
	case "domain":
		_, domain, _ := strings.Cut(address, "@")
		return domain == name
	case "group":
		return s.inGroup(address, name, at, map[string]bool{})
	}
	return false
}

// inGroup looks for an account among the members of a group and of those within it.
func (s *Server) inGroup(address, group string, at time.Time, seen map[string]bool) bool {
	g, ok := s.groups.Group(group)
	if !ok || seen[g.ID] {
		return false
	}
	seen[g.ID] = true
	for _, m := range s.groups.Members(g.ID) {
		if s.ended(g, m, at) {
			continue
		}
		if strings.EqualFold(m.Email, address) || m.Nested && s.inGroup(address, m.Email, at, seen) {
			return true
		}
	}
	return false
}

// has reports whether an account has some role that fits, at a resource, by its policy and those
// above it, as they take effect at a time.
func (s *Server) has(account string, r *resource, fits func(role string) bool, at time.Time) bool {
	about := subject{at: at, resource: r}
	for ; r != nil; r = r.parent {
		for _, b := range r.at(at.Add(-s.lag.Effect)).bindings {
			if b.opaque != nil || !fits(b.Role) {
				continue
			}
			for _, m := range b.Members {
				if s.isMember(account, m, at) && s.language.holds(b.Condition, about) {
					return true
				}
			}
		}
	}
	return false
}

// may reports whether the caller has a permission at a resource.
func (c *call) may(permission string, r *resource) bool {
	return c.s.has(c.caller.Member, r, func(role string) bool { return c.s.roleHolds(role, permission) }, c.now)
}
