package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// withheldFor is how long it is known what a request did not give back: longer than anybody tries
// again one that failed.
const withheldFor = 90 * 24 * time.Hour

type withheld struct {
	Roles   []string  `json:"roles"`
	Updated time.Time `json:"updated"`
}

var withholdings = store.Collection[withheld]{
	Name:    "withheld",
	Expires: func(w withheld) time.Time { return w.Updated.Add(withheldFor) },
}

// Withhold writes down roles that a stopped account has and that a request does not give back with it.
// It is for the moment before they are taken away: afterwards nobody could say what they were, if
// whoever takes them dies there.
func Withhold(ctx context.Context, s store.Store, request string, roles []string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		before, err := Withheld(ctx, tx, request)
		if err != nil {
			return err
		}
		all := slices.Concat(before, roles)
		slices.Sort(all)
		return withholdings.Put(tx, request, withheld{Roles: slices.Compact(all), Updated: now})
	})
	if err != nil {
		return fmt.Errorf("remember the roles that request %s does not give back: %w", request, err)
	}
	return nil
}

// Withheld returns the roles that a request did not give back, sorted.
func Withheld(ctx context.Context, r store.Reader, request string) ([]string, error) {
	w, err := withholdings.Get(ctx, r, request)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the roles that request %s did not give back: %w", request, err)
	}
	return w.Roles, nil
}
