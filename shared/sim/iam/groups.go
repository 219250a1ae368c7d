package iam

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

// Groups is where groups and their direct members are kept. The directory is one: what Cloud
// Identity changes is what Google Groups and the Admin SDK show.
type Groups interface {
	// Group finds a group by id, address or alias.
	Group(key string) (Group, bool)
	// Members returns the direct members of a group.
	Members(id string) []GroupMember
	// Add makes somebody a plain member, Remove ends a membership.
	Add(id, email string) error
	Remove(id, email string) error
}

// Group is one group.
type Group struct{ ID, Email string }

// GroupMember is a direct member.
type GroupMember struct {
	Email string
	Role  string // OWNER, MANAGER or MEMBER
	// Nested says that the member is a group itself.
	Nested bool
}

// WorkspaceGroups keeps groups in a simulated Workspace.
func WorkspaceGroups(w *workspace.Server) Groups { return workspaceGroups{w} }

type workspaceGroups struct{ server *workspace.Server }

// Group implements [Groups].
func (g workspaceGroups) Group(key string) (Group, bool) {
	for _, group := range g.server.Groups() {
		if group.ID == key || strings.EqualFold(group.Email, key) || slices.ContainsFunc(group.Aliases, func(a string) bool { return strings.EqualFold(a, key) }) {
			return Group{group.ID, group.Email}, true
		}
	}
	return Group{}, false
}

// Members implements [Groups].
func (g workspaceGroups) Members(id string) []GroupMember {
	var out []GroupMember
	for _, m := range g.server.Members(id) {
		out = append(out, GroupMember{Email: m.Email, Role: m.Role, Nested: m.Type == "GROUP"})
	}
	return out
}

// Add implements [Groups].
func (g workspaceGroups) Add(id, email string) error {
	return g.server.AddMember(id, email, "MEMBER", "")
}

// Remove implements [Groups].
func (g workspaceGroups) Remove(id, email string) error { return g.server.RemoveMember(id, email, "") }

// companyGroups keeps the groups of a company here.
type companyGroups struct {
	mu     sync.Mutex
	groups []*companyGroup
}

type companyGroup struct {
	Group
	members []GroupMember
}

func newCompanyGroups(c *org.Company, seed uint64) *companyGroups {
	out := &companyGroups{}
	nested := map[string]bool{}
	for _, g := range c.Groups {
		nested[g.Email] = true
	}
	for _, g := range c.Groups {
		made := &companyGroup{Group: Group{ID: fmt.Sprintf("0%014x", digest(seed, "group", g.Email)&0xffffffffffffff), Email: g.Email}}
		for _, list := range []struct {
			role  string
			email []string
		}{{"OWNER", g.Owners}, {"MANAGER", g.Managers}, {"MEMBER", g.Members}} {
			for _, email := range list.email {
				made.members = append(made.members, GroupMember{email, list.role, nested[email]})
			}
		}
		out.groups = append(out.groups, made)
	}
	return out
}

func (c *companyGroups) find(key string) *companyGroup {
	for _, g := range c.groups {
		if g.ID == key || strings.EqualFold(g.Email, key) {
			return g
		}
	}
	return nil
}

// Group implements [Groups].
func (c *companyGroups) Group(key string) (Group, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.find(key)
	if g == nil {
		return Group{}, false
	}
	return g.Group, true
}

// Members implements [Groups].
func (c *companyGroups) Members(id string) []GroupMember {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.find(id)
	if g == nil {
		return nil
	}
	return slices.Clone(g.members)
}

// Add implements [Groups].
func (c *companyGroups) Add(id, email string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.find(id)
	if g == nil {
		return errors.New("there is no such group")
	}
	if slices.ContainsFunc(g.members, func(m GroupMember) bool { return strings.EqualFold(m.Email, email) }) {
		return errors.New("there is such a member already")
	}
	g.members = append(g.members, GroupMember{strings.ToLower(email), "MEMBER", c.find(email) != nil})
	return nil
}

// Remove implements [Groups].
func (c *companyGroups) Remove(id, email string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.find(id)
	if g == nil {
		return errors.New("there is no such group")
	}
	n := len(g.members)
	g.members = slices.DeleteFunc(g.members, func(m GroupMember) bool { return strings.EqualFold(m.Email, email) })
	if len(g.members) == n {
		return errors.New("there is no such member")
	}
	return nil
}
