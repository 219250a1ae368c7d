package workspace

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	admin "google.golang.org/api/admin/directory/v1"
)

// listUsers answers users.list, sorted by address.
// https://developers.google.com/workspace/admin/directory/reference/rest/v1/users/list
func listUsers(c *call) (any, error) {
	limit, err := c.limit(100, 500, true)
	if err != nil {
		return nil, err
	}
	descending, err := c.descending()
	if err != nil {
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
	page, token, err := c.cutUsers(list, limit, descending)
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

// descending reports whether users are wanted from the last address to the first. The order goes
// with a column, of which this simulator has one.
func (c *call) descending() (bool, error) {
	if c.query.Get("orderBy") == "email" && c.query.Get("sortOrder") == "DESCENDING" {
		return true, nil
	}
	return false, c.checkOrder("email")
}

// cutUsers is cut for users sorted by address, in either order. From the last to the first
// there is one page only.
func (c *call) cutUsers(list []*account, limit int, descending bool) ([]*account, string, error) {
	if !descending {
		return cut(c, list, limit, func(a *account) string { return a.email })
	}
	if len(list) > limit && limit > 1 {
		return nil, "", invalidParameter("sortOrder", "the simulator does not support several pages of sortOrder=DESCENDING")
	}
	list = slices.Clone(list)
	slices.Reverse(list)
	list, _ = cutShort(c, list[:min(limit, len(list))], "")
	return list, "", nil
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
	out.CreationTime, out.LastLoginTime = stamp(a.user.created), stamp(time.Unix(0, 0))
	if !a.user.lastLogin.IsZero() {
		out.LastLoginTime = stamp(a.user.lastLogin)
	}
	if a.user.suspended {
		out.SuspensionReason = "ADMIN"
	}
	if p.Manager != "" {
		out.Relations = []admin.UserRelation{{Type: "manager", Value: p.Manager}}
	}
	return out
}

// stamp writes a time as the Directory API does. Whoever never signed in did so in 1970.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// updateUser answers users.update and users.patch, which both change what is sent and nothing
// else. What this simulator can change is whether the user is suspended.
// https://developers.google.com/workspace/admin/directory/reference/rest/v1/users/update
func updateUser(c *call) (any, error) {
	var body map[string]json.RawMessage
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	known := jsonFields(reflect.TypeFor[admin.User]())
	var suspended *bool
	for _, name := range sortedKeys(body) {
		switch _, ok := known[name]; {
		case !ok:
			return nil, invalidParameter(name, fmt.Sprintf("Invalid JSON payload received. Unknown name %q: Cannot find field.", name))
		case name != "suspended":
			return nil, invalidParameter(name, "the simulator does not support a change of "+name)
		case json.Unmarshal(body[name], &suspended) != nil:
			return nil, invalidParameter(name, "Invalid value at 'user.suspended' (TYPE_BOOL)")
		}
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	a := c.s.keys[strings.ToLower(c.r.PathValue("userKey"))]
	if a == nil || a.user == nil {
		return nil, notFound("userKey")
	}
	if suspended != nil {
		c.s.suspend(c.now, a, *suspended, c.actor())
	}
	return c.showUser(a), nil
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
