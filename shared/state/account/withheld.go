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
	// Had are the roles that the account had before the request, Set those that the request gave it
	// instead, and Roles those that are withheld.
	Had     []string  `json:"had"`
	Set     []string  `json:"set"`
	Roles   []string  `json:"roles"`
	Updated time.Time `json:"updated"`
}

var withholdings = store.Collection[withheld]{
	Name:    "withheld",
	Expires: func(w withheld) time.Time { return w.Updated.Add(withheldFor) },
}

// Roles are what becomes of the roles of a stopped account by a request.
type Roles struct {
	// Had are those that it has, Set those that the request gives it instead, Withheld those of Had that
	// do not come back with it.
	Had, Set, Withheld []string
}

// Withhold writes down what becomes of the roles of a stopped account. It is for the moment before they are
// set: afterwards nobody could say what they were, if whoever sets them dies there. What was written down
// first of what it had stands.
func Withhold(ctx context.Context, s store.Store, request string, r Roles, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		before, err := getWithheld(ctx, tx, request)
		if err != nil {
			return err
		}
		if before.Set == nil {
			before.Had = r.Had
		}
		all := slices.Concat(before.Roles, r.Withheld)
		slices.Sort(all)
		set := append([]string{}, r.Set...) // never nil: it says that roles are set
		return withholdings.Put(tx, request, withheld{Had: before.Had, Set: set, Roles: slices.Compact(all), Updated: now})
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

// Changed returns the roles that a stopped account had before a request set others, and those; false where
// the request has set none.
func Changed(ctx context.Context, r store.Reader, request string) (had, set []string, ok bool, err error) {
	w, err := getWithheld(ctx, r, request)
	return w.Had, w.Set, w.Set != nil, err
}

// Forget forgets what became of the roles of an account by a request, which has come to nothing.
func Forget(ctx context.Context, s store.Store, request string) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return withholdings.Delete(tx, request) })
	if err != nil {
		return fmt.Errorf("forget the roles that request %s did not give back: %w", request, err)
	}
	return nil
}

// getWithheld returns the zero value where nothing is written down.
func getWithheld(ctx context.Context, r store.Reader, request string) (withheld, error) {
	w, err := withholdings.Get(ctx, r, request)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return withheld{}, fmt.Errorf("read the roles that request %s did not give back: %w", request, err)
	}
	return w, nil
}
