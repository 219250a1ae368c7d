package looker

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

// Account reads one user by id. It is [ErrNotFound] if there is none.
func (c *Client) Account(ctx context.Context, id string) (idle.Account, error) {
	const op = "user"
	path, err := userPath(op, id)
	if err != nil {
		return idle.Account{}, err
	}
	var u user
	if _, err := c.into(ctx, request{op: op, method: http.MethodGet, path: path, query: url.Values{"fields": {fields}}}, &u); err != nil {
		return idle.Account{}, err
	}
	if u.ID.or("") != id {
		return idle.Account{}, incomplete(op, "another user is answered than was asked for")
	}
	return c.complete(ctx, &u)
}

// Find reads the one user who has an address, whatever its capitals. It is [ErrNotFound] if
// nobody has it and [ErrConflict] if several do.
func (c *Client) Find(ctx context.Context, email string) (idle.Account, error) {
	const op = "search_users"
	email = strings.TrimSpace(email)
	if !strings.Contains(email, "@") {
		return idle.Account{}, invalid(op, "no address")
	}
	// Looker compares by SQL's LIKE: the _ of an address finds others too.
	found, err := c.search(ctx, url.Values{"email": {email}}, func(u *user) bool { return group.Address(u.Email.or("")) == group.Address(email) })
	switch {
	case err != nil:
		return idle.Account{}, err
	case len(found) == 0:
		return idle.Account{}, &Error{API: api, Op: op, Message: "nobody has the address", Kind: ErrNotFound, Final: true}
	case len(found) > 1:
		return idle.Account{}, &Error{API: api, Op: op, Message: "several users have the address", Kind: ErrConflict, Final: true}
	}
	return c.complete(ctx, &found[0])
}

// maxFound bounds a search for one person.
const maxFound = 10_000

// search returns the users that a search finds and that are truly wanted.
func (c *Client) search(ctx context.Context, conditions url.Values, wanted func(*user) bool) ([]user, error) {
	const op = "search_users"
	conditions.Set("fields", fields)
	conditions.Set("sorts", "id")
	conditions.Set("limit", strconv.Itoa(c.pageSize))
	var out []user
	for offset := 0; ; {
		conditions.Set("offset", strconv.Itoa(offset))
		var page []user
		if _, err := c.into(ctx, request{op: op, method: http.MethodGet, path: "/users/search", query: conditions}, &page); err != nil {
			return nil, err
		}
		for i := range page {
			if wanted(&page[i]) {
				out = append(out, page[i])
			}
		}
		if len(page) == 0 {
			return out, nil
		}
		if offset += len(page); offset > maxFound {
			return nil, incomplete(op, "it finds more users than it can be about")
		}
	}
}

// complete makes an account of a user that was read by itself.
func (c *Client) complete(ctx context.Context, u *user) (idle.Account, error) {
	self, err := c.ourselves(ctx)
	if err != nil {
		return idle.Account{}, err
	}
	roles, err := c.knownRoles(ctx, u.RoleIDs.or(nil))
	if err != nil {
		return idle.Account{}, err
	}
	return u.account(self, roles), nil
}

// Disable stops an account and ends its sessions: who is signed in stays so otherwise. Both
// may have happened if there is an error that is not permanent; doing it again does no harm.
func (c *Client) Disable(ctx context.Context, id string) error {
	if err := c.setDisabled(ctx, id, true); err != nil {
		return err
	}
	return c.endSessions(ctx, id)
}

// Enable gives an account back.
func (c *Client) Enable(ctx context.Context, id string) error { return c.setDisabled(ctx, id, false) }

// setDisabled changes this one thing. Looker's own example sends the whole user back, and with
// it whatever has changed since it was read.
func (c *Client) setDisabled(ctx context.Context, id string, disabled bool) error {
	const op = "update_user"
	path, err := userPath(op, id)
	if err != nil {
		return err
	}
	var u user
	_, err = c.into(ctx, request{
		op: op, method: http.MethodPatch, path: path, query: url.Values{"fields": {"id,is_disabled"}},
		body: map[string]bool{"is_disabled": disabled},
	}, &u)
	if err != nil {
		return err
	}
	if u.Disabled.value == nil || *u.Disabled.value != disabled {
		return incomplete(op, "the answer does not show the change")
	}
	return nil
}

func (c *Client) endSessions(ctx context.Context, id string) error {
	path, err := userPath("all_user_sessions", id)
	if err != nil {
		return err
	}
	var list []struct {
		ID string `json:"id"`
	}
	if _, err := c.into(ctx, request{op: "all_user_sessions", method: http.MethodGet, path: path + "/sessions", query: url.Values{"fields": {"id"}}}, &list); err != nil {
		return err
	}
	for _, s := range list {
		_, err := c.do(ctx, request{op: "delete_user_session", method: http.MethodDelete, path: path + "/sessions/" + url.PathEscape(s.ID)})
		if err != nil && !errors.Is(err, ErrNotFound) { // one that has ended meanwhile
			return err
		}
	}
	return nil
}

// SetRoles gives an account these roles, by their ids, and takes all others away.
func (c *Client) SetRoles(ctx context.Context, id string, roles []idle.Role) error {
	const op = "set_user_roles"
	path, err := userPath(op, id)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(roles))
	for _, r := range roles {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	var list []role
	_, err = c.into(ctx, request{op: op, method: http.MethodPut, path: path + "/roles", query: url.Values{"fields": {"id,name"}}, body: slices.Compact(ids)}, &list)
	return err
}

// userPath is the path of a user. Ids are never addresses, nor anything that could lead
// elsewhere.
func userPath(op, id string) (string, error) {
	if id == "" || strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	}) {
		return "", invalid(op, "no id of a user")
	}
	return "/users/" + id, nil
}
