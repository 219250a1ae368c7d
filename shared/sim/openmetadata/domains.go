package openmetadata

import "slices"

// This file says which data domains things and people are in.

// domainsOf returns the domains of a team, a user or a table: the own ones, and after them those that
// come by teams, which are marked as inherited. A team has those of the teams above it, a user those of
// the user's teams (setInheritedFields in OpenMetadata's TeamRepository and UserRepository). The caller
// holds the lock.
func (s *Server) domainsOf(e *entity) []reference {
	out := s.references(e.domains)
	for _, id := range s.domainsAbove(e, map[string]bool{}) {
		if slices.Contains(e.domains, id) {
			continue
		}
		inherited := true
		for _, r := range s.references([]string{id}) {
			r.Inherited = &inherited
			out = append(out, r)
		}
	}
	return out
}

// domainsAbove returns the ids of the domains that come by teams, each once. Teams are looked at once.
func (s *Server) domainsAbove(e *entity, seen map[string]bool) []string {
	var out []string
	for _, t := range s.teamsAbove(e) {
		if seen[t.id] {
			continue
		}
		seen[t.id] = true
		for _, id := range append(slices.Clone(t.domains), s.domainsAbove(t, seen)...) {
			if !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// teamsAbove returns the parents of a team, and the teams of a user. Who is in none is in the
// organization.
func (s *Server) teamsAbove(e *entity) []*entity {
	var out []*entity
	switch e.kind {
	case teams:
		for _, id := range s.parentsOf(e) {
			out = append(out, s.entities[id])
		}
	case users:
		for _, t := range s.all(teams) {
			if slices.Contains(t.users, e.id) {
				out = append(out, t)
			}
		}
		if o := s.named(teams, organization); len(out) == 0 && o != nil {
			out = append(out, o)
		}
	}
	return out
}

// own leaves out the references that are inherited: they are nothing that a patch can change.
func own(refs []reference) []reference {
	return slices.DeleteFunc(slices.Clone(refs), func(r reference) bool { return r.Inherited != nil && *r.Inherited })
}
