package looker

import (
	"slices"
	"strings"
)

// showRoles shows roles as a listing.
func (c *call) showRoles(roles []role, show func(role) object) (any, error) {
	list, err := page(c, roles)
	if err != nil {
		return nil, err
	}
	out := make([]object, 0, len(list))
	for _, r := range list {
		out = append(out, show(r))
	}
	return out, nil
}

// allRoles answers all_roles.
func allRoles(c *call) (any, error) {
	list := c.s.roles
	if ids := c.query.Get("ids"); ids != "" {
		only := strings.Split(ids, ",")
		list = slices.DeleteFunc(slices.Clone(list), func(r role) bool { return !slices.Contains(only, r.id) })
	}
	return c.showRoles(list, c.showRole)
}

// countRoles answers search_roles_with_user_count.
func countRoles(c *call) (any, error) {
	if by := c.query.Get("sorts"); by != "" && by != "id" {
		return nil, unsupported("sorts=" + by)
	}
	list := slices.DeleteFunc(slices.Clone(c.s.roles), func(r role) bool {
		id, name := c.query.Get("id"), c.query.Get("name")
		return id != "" && id != r.id || name != "" && !matches(name, r.name)
	})
	return c.showRoles(list, func(r role) object {
		n := 0
		for _, u := range c.s.users {
			if a := u.seen(c.now); a != nil && slices.Contains(a.roles, r.id) {
				n++
			}
		}
		out := c.showRole(r)
		out["user_count"] = n
		return out
	})
}

// userRoles answers user_roles. No user here has a role through a group.
func userRoles(c *call) (any, error) {
	if _, _, err := c.flag("direct_association_only"); err != nil {
		return nil, err
	}
	u, err := c.byID()
	if err != nil {
		return nil, err
	}
	return c.showRoles(c.rolesOf(u.seen(c.now)), c.showRole)
}

func (c *call) rolesOf(a *account) []role {
	var out []role
	for _, id := range a.roles {
		if r, ok := c.s.role(id); ok {
			out = append(out, r)
		}
	}
	return out
}

// setUserRoles answers set_user_roles, which replaces all roles that the user has.
func setUserRoles(c *call) (any, error) {
	var ids []string
	if err := c.decode(&ids); err != nil {
		return nil, err
	}
	u, err := c.byID()
	if err != nil {
		return nil, err
	}
	if !c.s.admin() {
		return nil, forbidden()
	}
	for i, id := range ids {
		if _, ok := c.s.role(id); !ok || slices.Contains(ids[:i], id) {
			return nil, invalid("role_ids", "invalid", "there is no such role, or it is there twice")
		}
	}
	u.change(c.now, c.s.o.Lag, func(a *account) { a.roles = slices.Clone(ids) })
	return c.showRoles(c.rolesOf(u.truth()), c.showRole)
}
