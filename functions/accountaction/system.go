package accountaction

import (
	"context"
	"errors"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

// system is one system of accounts, as this function changes it.
type system interface {
	// Account reads one account with all that [idle.Judge] looks at, Find the one of an address.
	// The error of what is not there says so: see isGone.
	Account(ctx context.Context, id string) (idle.Account, error)
	Find(ctx context.Context, email string) (idle.Account, error)
	// Disable stops an account and signs its person out everywhere, Enable gives it back.
	Disable(ctx context.Context, id string) error
	Enable(ctx context.Context, id string) error
	// Roles lists all roles that there are. An account that is read after that has its roles by their names
	// there. SetRoles gives an account some of them and no others.
	Roles(ctx context.Context) ([]idle.Role, error)
	SetRoles(ctx context.Context, id string, roles []idle.Role) error
	// Create makes an account, which is stopped until it is enabled, and returns its id. Invite sends its
	// person what is needed to sign in for the first time.
	Create(ctx context.Context, email, name string) (id string, err error)
	Invite(ctx context.Context, id string) error
}

// isGone reports whether an error says that there is no such account.
func isGone(err error) bool {
	var gone interface{ NotFound() bool }
	return errors.As(err, &gone) && gone.NotFound()
}

// lookerSystem is a Looker instance as a system of accounts.
type lookerSystem struct {
	*looker.Client
	invite bool
}

// Create implements [system].
func (l lookerSystem) Create(ctx context.Context, email, name string) (string, error) {
	first, last, _ := strings.Cut(name, " ")
	return l.Client.Create(ctx, looker.NewAccount{Email: email, First: first, Last: last})
}

// Invite implements [system]. Who signs in through an identity provider needs nothing.
func (l lookerSystem) Invite(ctx context.Context, id string) error {
	if !l.invite {
		return nil
	}
	return l.Client.Invite(ctx, id)
}

// workspaceUsers returns the accounts of Google Workspace as a system of accounts.
func workspaceUsers(ctx context.Context, env *cloudfn.Env, cfg config) (*workspace.Users, error) {
	if cfg.Subject == "" {
		return nil, errors.New("policy looks after accounts of Google Workspace: WORKSPACE_SUBJECT is missing")
	}
	client, err := env.Google(ctx, "https://www.googleapis.com/auth/admin.directory.user")
	if err != nil {
		return nil, err
	}
	return workspace.NewUsers(ctx, workspace.Options{Client: client, BaseURL: cfg.Workspace, Now: env.Now}, cfg.Subject)
}

// errNotHere says that accounts are made where people are hired, and roles given by who
// administers the directory.
var errNotHere = cloudfn.Permanent(errors.New("accounts of Google Workspace are not made or given roles here"))

// workspaceSystem is Google Workspace as a system of accounts, which are stopped and given back
// only.
type workspaceSystem struct{ *workspace.Users }

// Roles implements [system].
func (workspaceSystem) Roles(context.Context) (out []idle.Role, err error) {
	for _, name := range []string{workspace.SuperAdmin, workspace.DelegatedAdmin} {
		out = append(out, idle.Role{ID: name, Name: name})
	}
	return out, nil
}

// SetRoles implements [system].
func (workspaceSystem) SetRoles(context.Context, string, []idle.Role) error { return errNotHere }

// Create implements [system].
func (workspaceSystem) Create(context.Context, string, string) (string, error) {
	return "", errNotHere
}

// Invite implements [system].
func (workspaceSystem) Invite(context.Context, string) error { return errNotHere }
