package idle

import (
	"slices"
	"strings"
)

// Role is a role in a system of accounts. Its id stays where it is called otherwise.
type Role struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// RolesNamed returns those of all roles that have some names, each once, and the names that none has, or several:
// of roles whose names differ by capitals only, the one whose name is the same.
func RolesNamed(all []Role, names []string) (roles []Role, unknown []string) {
	for _, name := range names {
		of := having(all, func(r Role) bool { return r.Name == name })
		if len(of) == 0 {
			of = having(all, func(r Role) bool { return strings.EqualFold(r.Name, name) })
		}
		switch {
		case len(of) != 1:
			unknown = append(unknown, name)
		case !slices.Contains(roles, of[0]):
			roles = append(roles, of[0])
		}
	}
	return roles, unknown
}

// RolesThere returns those of some roles that are among all, by their ids and with the names that they have there,
// and the names of those that are not.
func RolesThere(all, some []Role) (there []Role, gone []string) {
	for _, role := range some {
		of := having(all, func(r Role) bool { return r.ID == role.ID })
		if len(of) == 0 {
			gone = append(gone, role.Name)
			continue
		}
		there = append(there, of[0])
	}
	return there, gone
}

// RolesWithout returns those of some roles that are not among others.
func RolesWithout(some, others []Role) []Role {
	return having(some, func(r Role) bool { return len(having(others, func(o Role) bool { return o.ID == r.ID })) == 0 })
}

// SameRoles reports whether two lists are of the same roles, in whatever order.
func SameRoles(a, b []Role) bool {
	ids := func(roles []Role) []string {
		var out []string
		for _, r := range roles {
			out = append(out, r.ID)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(ids(a), ids(b))
}

// Names returns the names of roles.
func Names(roles []Role) (out []string) {
	for _, r := range roles {
		out = append(out, r.Name)
	}
	return out
}

func having(all []Role, is func(Role) bool) (out []Role) {
	for _, r := range all {
		if is(r) {
			out = append(out, r)
		}
	}
	return out
}
