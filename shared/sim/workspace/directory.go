package workspace

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	admin "google.golang.org/api/admin/directory/v1"
)

// The Directory API's pages hold 200 groups or members at most.
const directoryPage = 200

// listGroups answers groups.list.
// https://developers.google.com/workspace/admin/directory/reference/rest/v1/groups/list
func listGroups(c *call) (any, error) {
	limit, err := c.limit(directoryPage, directoryPage, false)
	if err != nil {
		return nil, err
	}
	if err := c.checkOrder("email"); err != nil {
		return nil, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	list, err := c.groupsAsked()
	if err != nil {
		return nil, err
	}
	page, token, err := cut(c, list, limit, func(g *group) string { return g.email })
	if err != nil {
		return nil, err
	}
	out := &admin.Groups{Kind: "admin#directory#groups", NextPageToken: token}
	for _, g := range page {
		out.Groups = append(out.Groups, c.showGroup(g))
	}
	out.Etag = c.s.etag("groups", token, len(page))
	return out, nil
}

// groupsAsked returns the groups that a listing selects, sorted by address.
func (c *call) groupsAsked() ([]*group, error) {
	s := c.s
	customer, domain, userKey := c.query.Get("customer"), strings.ToLower(c.query.Get("domain")), c.query.Get("userKey")
	switch {
	case userKey != "" && customer != "":
		return nil, invalidParameter("userKey", "Invalid Input: userKey cannot be used with customer")
	case customer != "" && domain != "":
		return nil, invalidParameter("domain", "Invalid Input: use either customer or domain")
	case userKey != "":
		a := s.keys[strings.ToLower(userKey)]
		if a == nil || (!a.inside() && len(a.in) == 0) {
			return nil, notFound("userKey")
		}
		list := slices.DeleteFunc(slices.Clone(a.in), func(g *group) bool { return domain != "" && !inDomain(g.account, domain) })
		slices.SortFunc(list, func(a, b *group) int { return cmp.Compare(a.email, b.email) })
		return list, nil
	case customer != "":
		return s.groups, s.checkCustomer(customer)
	case domain != "":
		list := slices.DeleteFunc(slices.Clone(s.groups), func(g *group) bool { return !inDomain(g.account, domain) })
		if len(list) == 0 && !s.ownsDomain(domain) {
			return nil, &apiError{code: http.StatusNotFound, message: "Domain not found.", domain: "global", reason: "notFound"}
		}
		return list, nil
	}
	return nil, &apiError{code: http.StatusBadRequest, message: "Bad Request", domain: "global", reason: "badRequest"}
}

func inDomain(a *account, domain string) bool { return strings.HasSuffix(a.email, "@"+domain) }

// ownsDomain reports whether the company uses a domain: its primary one, or that of any user
// or group.
func (s *Server) ownsDomain(domain string) bool {
	return domain == s.domain ||
		slices.ContainsFunc(s.users, func(a *account) bool { return inDomain(a, domain) }) ||
		slices.ContainsFunc(s.groups, func(g *group) bool { return inDomain(g.account, domain) })
}

func (s *Server) checkCustomer(customer string) error {
	if customer == "my_customer" || customer == s.customerID {
		return nil
	}
	return invalidParameter("customer", "Invalid Input: customer")
}

// checkOrder accepts only the order in which this simulator lists anyway.
func (c *call) checkOrder(columns ...string) error {
	if by := c.query.Get("orderBy"); by != "" && !slices.Contains(columns, by) {
		return invalidParameter("orderBy", fmt.Sprintf("the simulator does not support orderBy=%s", by))
	}
	if order := c.query.Get("sortOrder"); order != "" && order != "ASCENDING" {
		return invalidParameter("sortOrder", fmt.Sprintf("the simulator does not support sortOrder=%s", order))
	}
	return nil
}

// getGroup answers groups.get.
func getGroup(c *call) (any, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	g := c.s.groupFor(c.r.PathValue("groupKey"))
	if g == nil {
		return nil, notFound("groupKey")
	}
	return c.showGroup(g), nil
}

func (c *call) showGroup(g *group) *admin.Group {
	count := int64(0)
	for _, m := range g.members.seen(c.now) {
		if m.group == nil {
			count++
		}
	}
	return &admin.Group{
		Kind: "admin#directory#group", Id: g.id, Email: g.email, Name: g.name, Description: g.description,
		AdminCreated: g.adminCreated, DirectMembersCount: count, Aliases: g.aliases,
		Etag:            c.s.etag("group", g.id, g.email, g.name, g.description, count),
		ForceSendFields: []string{"Description", "AdminCreated", "DirectMembersCount"},
	}
}

// listMembers answers members.list. Members come in the order of their ids, which does not
// change when an address does, so that a change between two pages moves nobody.
// https://developers.google.com/workspace/admin/directory/reference/rest/v1/members/list
func listMembers(c *call) (any, error) {
	limit, err := c.limit(directoryPage, directoryPage, false)
	if err != nil {
		return nil, err
	}
	roles, err := c.rolesAsked()
	if err != nil {
		return nil, err
	}
	derived, err := c.flag("includeDerivedMembership")
	if err != nil {
		return nil, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	g := c.s.groupFor(c.r.PathValue("groupKey"))
	if g == nil {
		return nil, notFound("groupKey")
	}
	list := g.members.seen(c.now)
	if derived {
		list = c.allMembers(g)
	}
	if len(roles) > 0 {
		list = slices.DeleteFunc(slices.Clone(list), func(m member) bool { return !slices.Contains(roles, m.role) })
	}
	page, token, err := cut(c, list, limit, func(m member) string { return m.id })
	if err != nil {
		return nil, err
	}
	out := &admin.Members{Kind: "admin#directory#members", NextPageToken: token}
	for _, m := range page {
		out.Members = append(out.Members, c.showMember(m, false))
	}
	out.Etag = c.s.etag("members", g.id, token, len(page))
	return out, nil
}

func (c *call) rolesAsked() ([]string, error) {
	text := c.query.Get("roles")
	if text == "" {
		return nil, nil
	}
	roles := strings.Split(text, ",")
	for _, role := range roles {
		if !isRole(role) {
			return nil, invalidParameter("roles", "Invalid Input: roles")
		}
	}
	return roles, nil
}

func isRole(role string) bool { return role == owner || role == manager || role == plainMember }

func (c *call) flag(name string) (bool, error) {
	switch value := c.query.Get(name); value {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, invalidParameter(name, fmt.Sprintf("Invalid value at '%s' (TYPE_BOOL), %q", name, value))
	}
}

// allMembers returns direct and indirect members, each once; who is a direct member keeps
// the role there, everybody else is a plain member.
func (c *call) allMembers(g *group) []member {
	found := map[*account]bool{}
	list := slices.Clone(g.members.seen(c.now))
	for _, m := range list {
		found[m.account] = true
	}
	for i := 0; i < len(list); i++ {
		if list[i].group == nil {
			continue
		}
		for _, inner := range list[i].group.members.seen(c.now) {
			if !found[inner.account] && inner.account != g.account {
				found[inner.account] = true
				list = append(list, member{inner.account, plainMember})
			}
		}
	}
	slices.SortFunc(list, func(a, b member) int { return cmp.Compare(a.id, b.id) })
	return list
}

// showMember shows a membership; the delivery settings are not part of a list.
func (c *call) showMember(m member, single bool) *admin.Member {
	out := &admin.Member{
		Kind: "admin#directory#member", Id: m.id, Email: m.email, Role: m.role, Type: m.kind(), Status: m.status(),
		Etag: c.s.etag("member", m.id, m.email, m.role, m.status()),
	}
	if single {
		out.DeliverySettings = "ALL_MAIL"
	}
	return out
}

// getMember answers members.get, which knows direct members only.
func getMember(c *call) (any, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	g := c.s.groupFor(c.r.PathValue("groupKey"))
	if g == nil {
		return nil, notFound("groupKey")
	}
	if a := c.s.keys[strings.ToLower(c.r.PathValue("memberKey"))]; a != nil {
		list := g.members.seen(c.now)
		if i, ok := findMember(list, a); ok {
			return c.showMember(list[i], true), nil
		}
	}
	return nil, notFound("memberKey")
}

// hasMember answers members.hasMember for direct and nested members. Who is not in the
// company is refused, as Google does.
func hasMember(c *call) (any, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	g := c.s.groupFor(c.r.PathValue("groupKey"))
	if g == nil {
		return nil, notFound("groupKey")
	}
	a := c.s.keys[strings.ToLower(c.r.PathValue("memberKey"))]
	if a == nil || !a.inside() {
		return nil, invalid("Invalid Input: memberKey")
	}
	_, ok := findMember(c.allMembers(g), a)
	return &admin.MembersHasMember{IsMember: ok, ForceSendFields: []string{"IsMember"}}, nil
}
