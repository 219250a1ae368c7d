package accountaction

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/account"
)

// restoreFor is how long it is tried to restore the roles of an account. What stands in the way then, such
// as a right of the API key, is for people to mend, and each try is calls.
const restoreFor = 24 * time.Hour

// restore gives a stopped account the roles back that it had before a request set others, where the request
// came to nothing after that: whoever takes the stop back later gives it back as it was. An account
// whose roles are others by now than the request has set is left alone: somebody has seen to it.
func (a making) restore(ctx context.Context, c change.Change) error {
	had, set, begun, err := account.Changed(ctx, a.store, c.ID)
	if err != nil || !begun {
		return err
	}
	if err := a.giveRoles(ctx, c, had, set); err != nil {
		if a.now().Sub(c.Updated) < restoreFor {
			return passing(err)
		}
		a.log.ErrorContext(ctx, "a stopped account does not have the roles again that a request took", "change_id", c.ID, "roles", had, "error", err.Error())
	}
	return account.Forget(ctx, a.store, c.ID)
}

// giveRoles gives a stopped account roles in place of others, if it has these.
func (a making) giveRoles(ctx context.Context, c change.Change, roles, others []string) error {
	s, email, err := a.system(c)
	if err != nil {
		return err
	}
	found, there, err := a.find(ctx, s, email)
	switch {
	case err != nil:
		return err
	case !there, !found.Disabled:
		return nil
	case found.PartOfRoles:
		return errPartOfRoles
	case !sameRoles(found.Roles, others):
		return nil
	}
	return s.SetRoles(ctx, found.ID, roles)
}

// sameRoles reports whether two lists name the same roles. Capitals do not matter.
func sameRoles(a, b []string) bool {
	lower := func(roles []string) []string {
		var out []string
		for _, r := range roles {
			out = append(out, strings.ToLower(r))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(lower(a), lower(b))
}
