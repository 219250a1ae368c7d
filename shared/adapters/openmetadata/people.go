package openmetadata

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// userName is the name that OpenMetadata gives to somebody who signs in with an address.
func userName(email string) string {
	local, _, _ := strings.Cut(email, "@")
	return strings.ToLower(local)
}

func (c *Client) createUser(ctx context.Context, email string) error {
	const op = "createUser"
	name := userName(email)
	err := c.call(ctx, request{op: op, method: http.MethodPost, path: "users", body: struct {
		Name        string `json:"name"`
		Email       string `json:"email"`
		Description string `json:"description"`
	}{name, group.Address(email), catalog.Mark()}}, nil)
	if !errors.Is(err, ErrConflict) {
		return err
	}
	t, readErr := c.named(ctx, users, name, "all")
	switch {
	case errors.Is(readErr, ErrNotFound): // whatever was in the way is gone, or has another name
		return err
	case readErr != nil:
		return readErr
	case group.Address(t.Email) != group.Address(email):
		return c.strangers(op, "account", "of that name")
	case t.Deleted: // somebody removed the account on purpose
		return &Error{API: api, Op: op, Message: "the account was deleted", Kind: ErrConflict, Final: true}
	}
	return nil
}

// accounts returns the ids of somebody's accounts: one to be given something, all that have the address for it to be
// taken away, also where they are a program's. Somebody may have made a second account, or changed a bot's roles by hand.
func (c *Client) accounts(ctx context.Context, s catalog.Step, present catalog.Present) ([]string, error) {
	var ids []string
	for _, u := range present.Users {
		if group.Address(u.Email) == group.Address(s.Person) && (!u.Bot || s.Verb == catalog.Remove) {
			ids = append(ids, u.ID)
		}
	}
	if len(ids) > 0 && s.Verb == catalog.Remove {
		return ids, nil
	}
	if len(ids) > 0 {
		return ids[:1], nil
	}
	u, err := c.named(ctx, users, userName(s.Person), "")
	if err == nil && (u.Bot || group.Address(u.Email) != group.Address(s.Person)) {
		err = &Error{API: api, Op: users.get, Message: "nobody has an account with that address", Kind: ErrNotFound, Final: true}
	}
	return []string{u.ID}, err
}

// member adds somebody to a team, or takes them out.
func (c *Client) member(ctx context.Context, s catalog.Step, present catalog.Present) error {
	t, err := c.ours(ctx, teams, s.Name)
	if err != nil {
		return err
	}
	ids, err := c.accounts(ctx, s, present)
	for i := 0; i < len(ids) && err == nil; i++ {
		err = c.belong(ctx, t, ids[i], s.Verb == catalog.Add)
	}
	return err
}

// belong makes an account be in a team, or not.
func (c *Client) belong(ctx context.Context, t thing, id string, shall bool) error {
	is := slices.ContainsFunc(t.Users, func(r reference) bool { return r.ID == id })
	switch one := (reference{ID: id, Type: users.kind}); {
	case shall && !is && len(t.Users) == 0:
		// Nothing can be appended to a list that is not there.
		return c.patch(ctx, teams, t, set("/users", []reference{one}))
	case shall && !is:
		// Appending takes nothing away, whoever else changes the team at the same time. So it does
		// not test the version, on which the many additions to one team would stumble.
		return c.call(ctx, request{
			op: "patchTeam", method: http.MethodPatch, path: "teams/" + url.PathEscape(t.ID), body: []operation{set("/users/-", one)},
		}, nil)
	case !shall && is:
		err := c.call(ctx, request{op: "deleteTeamUser", method: http.MethodDelete, path: "teams/" + url.PathEscape(t.ID) + "/users/" + url.PathEscape(id)}, nil)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	}
	return nil
}

// holder gives somebody a role, or takes it away.
func (c *Client) holder(ctx context.Context, s catalog.Step, present catalog.Present) error {
	role, err := c.ours(ctx, roles, s.Name)
	if err != nil {
		return err
	}
	ids, err := c.accounts(ctx, s, present)
	for i := 0; i < len(ids) && err == nil; i++ {
		err = c.hold(ctx, role, ids[i], s.Verb == catalog.Add)
	}
	return err
}

// hold makes somebody have a role, or not. The user's own roles are set as a whole, under a test
// of the user's version.
func (c *Client) hold(ctx context.Context, role thing, id string, shall bool) error {
	u, err := c.one(ctx, users, "getUserByID", url.PathEscape(id), "")
	if err != nil {
		return err
	}
	has, list := false, []reference{}
	for _, r := range u.Roles {
		if r.Inherited || r.ID == role.ID {
			has = has || !r.Inherited
			continue
		}
		list = append(list, reference{ID: r.ID, Type: roles.kind})
	}
	if has == shall {
		return nil
	}
	if shall {
		list = append(list, reference{ID: role.ID, Type: roles.kind})
	}
	return c.patch(ctx, users, u, set("/roles", list))
}
