package looker

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// NewAccount is an account to be made.
type NewAccount struct {
	Email string
	// First and Last are the person's names; either may be empty.
	First, Last string
}

// Create makes an account without roles and returns its id. Looker makes one in several steps, and a program
// may die between two of them. So the account is disabled, for [Client.Enable] to end that, and Create
// takes up what an earlier attempt has left, or an account that is disabled and that nobody has ever used, with
// the roles that it has: calling it again after an error makes no second account. Two that make one for the
// same person at the same time may.
//
// An account that is there and enabled, or was used before, is [ErrConflict]: giving it back, or a role, is
// another decision than making one. The error is permanent where it is disabled.
func (c *Client) Create(ctx context.Context, n NewAccount) (string, error) {
	const op = "create_user"
	found, err := c.Find(ctx, n.Email)
	switch {
	case errors.Is(err, ErrNotFound):
		return c.make(ctx, n)
	case err != nil:
		return "", err
	case !found.Disabled:
		return "", &Error{API: api, Op: op, Message: "there is such an account by now", Kind: ErrConflict}
	}
	if last, sure := found.LastUse(false); !sure || !last.At.IsZero() {
		return "", &Error{API: api, Op: op, Message: "there is such an account, and it is disabled", Kind: ErrConflict, Final: true}
	}
	return found.ID, nil
}

// make begins with nothing, or with a user who has no address yet.
func (c *Client) make(ctx context.Context, n NewAccount) (string, error) {
	id, err := c.begun(ctx, n)
	if err != nil {
		return "", err
	}
	if id == "" {
		if id, err = c.begin(ctx, n); err != nil {
			return "", err
		}
	}
	path, err := userPath("create_user_credentials_email", id)
	if err != nil {
		return "", err
	}
	_, err = c.do(ctx, request{
		op: "create_user_credentials_email", method: http.MethodPost, path: path + "/credentials_email",
		query: url.Values{"fields": {"email"}}, body: map[string]string{"email": n.Email},
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// begun returns the id of a user that an earlier attempt has left without an address, or
// nothing.
func (c *Client) begun(ctx context.Context, n NewAccount) (string, error) {
	if n.First == "" && n.Last == "" {
		return "", nil // there is nothing by which it could be known
	}
	name := strings.TrimSpace(n.First + " " + n.Last)
	conditions := url.Values{"is_disabled": {"true"}}
	for parameter, value := range map[string]string{"first_name": n.First, "last_name": n.Last} {
		if value != "" {
			conditions.Set(parameter, value)
		}
	}
	self, err := c.ourselves(ctx)
	if err != nil {
		return "", err
	}
	left, err := c.search(ctx, conditions, func(u *user) bool {
		a := u.account(self, nil)
		return a.Name == name && a.Email == "" && a.Disabled && len(a.Credentials) == 0 && len(a.Unreadable) == 0 && len(a.Roles) == 0
	})
	if err != nil || len(left) == 0 {
		return "", err
	}
	return left[0].ID.or(""), nil
}

func (c *Client) begin(ctx context.Context, n NewAccount) (string, error) {
	const op = "create_user"
	var made user
	_, err := c.into(ctx, request{
		op: op, method: http.MethodPost, path: "/users", query: url.Values{"fields": {"id"}},
		body: struct {
			First    string `json:"first_name,omitempty"`
			Last     string `json:"last_name,omitempty"`
			Disabled bool   `json:"is_disabled"`
		}{n.First, n.Last, true},
	}, &made)
	if err != nil {
		return "", err
	}
	if made.ID.or("") == "" {
		return "", incomplete(op, "the new user has no id")
	}
	return made.ID.or(""), nil
}

// Invite has Looker send the person of an account a mail by which they set a password. It is not needed where
// people sign in through an identity provider that vouches for their address.
func (c *Client) Invite(ctx context.Context, id string) error {
	const op = "send_user_credentials_email_password_reset"
	path, err := userPath(op, id)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, request{op: op, method: http.MethodPost, path: path + "/credentials_email/send_password_reset", query: url.Values{"fields": {"email"}}})
	return err
}
