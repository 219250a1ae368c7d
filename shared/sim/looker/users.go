package looker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// me answers me: the account whose API key is used.
func me(c *call) (any, error) { return c.show(c.s.self.seen(c.now)), nil }

// getUser answers user.
func getUser(c *call) (any, error) {
	u, err := c.byID()
	if err != nil {
		return nil, err
	}
	return c.show(u.seen(c.now)), nil
}

// allUsers answers all_users. Without a limit it is everybody at once.
func allUsers(c *call) (any, error) {
	var only []string
	if ids := c.query.Get("ids"); ids != "" {
		only = strings.Split(ids, ",")
	}
	return c.listUsers(func(a *account) bool { return only == nil || slices.Contains(only, a.id) })
}

// listUsers lists the users that are wanted, in the order of their ids.
func (c *call) listUsers(wanted func(*account) bool) (any, error) {
	if by := c.query.Get("sorts"); by != "" && by != "id" {
		return nil, unsupported("sorts=" + by)
	}
	var list []*account
	for _, u := range c.s.users {
		if a := u.seen(c.now); a != nil && wanted(a) {
			list = append(list, a)
		}
	}
	list, err := page(c, list)
	if err != nil {
		return nil, err
	}
	out := make([]object, 0, len(list))
	for _, a := range list {
		out = append(out, c.show(a))
	}
	return out, nil
}

// createUser answers create_user. A new user has no credential and no address until it is given
// one.
func createUser(c *call) (any, error) {
	change, err := c.readUser()
	if err != nil {
		return nil, err
	}
	if !c.s.admin() {
		return nil, notFound() // 403 is not documented for it
	}
	u := c.s.addUser()
	u.change(c.now, c.s.o.Lag, func(a *account) {
		a.id = fmt.Sprint(len(c.s.users))
		change(a)
	})
	return c.show(u.truth()), nil
}

// updateUser answers update_user. The answer shows the change at once, as that to a write does,
// also where reading does not yet.
func updateUser(c *call) (any, error) {
	change, err := c.readUser()
	if err != nil {
		return nil, err
	}
	u, err := c.byID()
	if err != nil {
		return nil, err
	}
	if !c.s.admin() {
		return nil, forbidden()
	}
	u.change(c.now, c.s.o.Lag, change)
	return c.show(u.truth()), nil
}

// readUser reads the body of a user into what it changes. Names that Looker has but that may
// not be written are left aside, as Looker does: its own examples send whole users back.
func (c *call) readUser() (func(*account), error) {
	var body map[string]json.RawMessage
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body == nil {
		return nil, badRequest("the body must be an object")
	}
	var first, last *string
	var disabled *bool
	for _, name := range sortedKeys(body) {
		var into any
		switch name {
		case "first_name":
			into = &first
		case "last_name":
			into = &last
		case "is_disabled":
			into = &disabled
		default:
			if _, known := userShape[name]; !known {
				return nil, invalid(name, "invalid", "there is no such field")
			}
			continue
		}
		if json.Unmarshal(body[name], into) != nil {
			return nil, invalid(name, "invalid", "a value of another type")
		}
	}
	return func(a *account) {
		if first != nil {
			a.first = *first
		}
		if last != nil {
			a.last = *last
		}
		if disabled != nil {
			a.disabled = *disabled
		}
	}, nil
}
