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
	// Had are the roles that the account had before the request, Roles those that are withheld.
	Had     []string  `json:"had,omitempty"`
	Roles   []string  `json:"roles"`
	Updated time.Time `json:"updated"`
}

var withholdings = store.Collection[withheld]{
	Name:    "withheld",
	Expires: func(w withheld) time.Time { return w.Updated.Add(withheldFor) },
}

// Withhold writes down the roles that a stopped account has, and those of them that a request does not give
// back with it. It is for the moment before its roles are set: afterwards nobody could say what they were,
// if whoever sets them dies there.
func Withhold(ctx context.Context, s store.Store, request string, had, roles []string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		before, err := getWithheld(ctx, tx, request)
		if err != nil {
			return err
		}
		if before.Updated.IsZero() {
			before.Had = had
		}
		all := slices.Concat(before.Roles, roles)
		slices.Sort(all)
		return withholdings.Put(tx, request, withheld{Had: before.Had, Roles: slices.Compact(all), Updated: now})
	})
	if err != nil {
		return fmt.Errorf("remember the roles that request %s does not give back: %w", request, err)
	}
	return nil
}

// Withheld returns the roles that a request did not give back, sorted.
func Withheld(ctx context.Context, r store.Reader, request string) ([]string, error) {
	w, err := getWithheld(ctx, r, request)
	return w.Roles, err
}

// Had returns the roles that a stopped account had before a request first set others; false where none has.
func Had(ctx context.Context, r store.Reader, request string) ([]string, bool, error) {
	w, err := getWithheld(ctx, r, request)
	return w.Had, !w.Updated.IsZero(), err
}

// getWithheld returns the zero value where nothing is written down.
func getWithheld(ctx context.Context, r store.Reader, request string) (withheld, error) {
	w, err := withholdings.Get(ctx, r, request)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return withheld{}, fmt.Errorf("read the roles that request %s did not give back: %w", request, err)
	}
	return w, nil
}
