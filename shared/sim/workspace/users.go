package workspace

import (
	"slices"
	"strings"

	admin "google.golang.org/api/admin/directory/v1"
)

// listUsers answers users.list, sorted by address.
// https://developers.google.com/workspace/admin/directory/reference/rest/v1/users/list
func listUsers(c *call) (any, error) {
	limit, err := c.limit(100, 500, true)
	if err != nil {
		return nil, err
	}
	if err := c.checkOrder("email"); err != nil {
		return nil, err
	}
	if err := c.checkView(); err != nil {
		return nil, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	customer, domain := c.query.Get("customer"), strings.ToLower(c.query.Get("domain"))
	list := c.s.users
	switch {
	case (customer == "") == (domain == ""):
		return nil, invalid("Bad Request")
	case customer != "":
		if err := c.s.checkCustomer(customer); err != nil {
			return nil, err
		}
	case !c.s.ownsDomain(domain):
		return nil, notFound("domain")
	default:
		list = slices.DeleteFunc(slices.Clone(list), func(a *account) bool { return !inDomain(a, domain) })
	}
	page, token, err := cut(c, list, limit, func(a *account) string { return a.email })
	if err != nil {
		return nil, err
	}
	out := &admin.Users{Kind: "admin#directory#users", NextPageToken: token}
	for _, a := range page {
		out.Users = append(out.Users, c.showUser(a))
	}
	out.Etag = c.s.etag("users", token, len(page))
	return out, nil
}

// checkView accepts the views whose fields this simulator has.
func (c *call) checkView() error {
	if p := c.query.Get("projection"); p != "" && p != "basic" && p != "full" {
		return invalidParameter("projection", "the simulator does not support projection="+p)
	}
	if v := c.query.Get("viewType"); v != "" && v != "admin_view" {
		return invalidParameter("viewType", "the simulator does not support viewType="+v)
	}
	return nil
}

// getUser answers users.get.
func getUser(c *call) (any, error) {
	if err := c.checkView(); err != nil {
		return nil, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	a := c.s.keys[strings.ToLower(c.r.PathValue("userKey"))]
	if a == nil || a.user == nil {
		return nil, notFound("userKey")
	}
	return c.showUser(a), nil
}

func (c *call) showUser(a *account) *admin.User {
	p := a.user.person
	given, family := splitName(p.Name)
	emails := []admin.UserEmail{{Address: a.email, Primary: true}}
	for _, alias := range a.aliases {
		emails = append(emails, admin.UserEmail{Address: alias})
	}
	out := &admin.User{
		Kind: "admin#directory#user", Id: a.id, PrimaryEmail: a.email, CustomerId: c.s.customerID,
		Name:    &admin.UserName{FullName: p.Name, GivenName: given, FamilyName: family},
		IsAdmin: p.Admin, Suspended: a.user.suspended, Aliases: a.aliases, Emails: emails,
		Languages:       []admin.UserLanguage{{LanguageCode: p.Locale, Preference: "preferred"}},
		OrgUnitPath:     "/",
		Etag:            c.s.etag("user", a.id, a.email, p.Name, p.Admin, a.user.suspended),
		ForceSendFields: []string{"IsAdmin", "Suspended", "IsDelegatedAdmin", "Archived"},
	}
	if a.user.suspended {
		out.SuspensionReason = "ADMIN"
	}
	if p.Manager != "" {
		out.Relations = []admin.UserRelation{{Type: "manager", Value: p.Manager}}
	}
	return out
}

// splitName divides a full name. Names in Japanese writing have the family name first.
func splitName(full string) (given, family string) {
	first, rest, ok := strings.Cut(full, " ")
	if !ok {
		return full, ""
	}
	if strings.ContainsFunc(full, func(r rune) bool { return r >= 0x3040 }) {
		return rest, first
	}
	return first, rest
}
