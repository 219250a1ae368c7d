// Package place keeps the IAM policies of places as they were read last, so that a request which
// cannot be granted is refused before anybody is asked to approve it. Nothing is given by what is
// kept here: whoever writes reads again.
package place

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Reading is a policy as it was read.
type Reading struct {
	Scope  grant.Scope  `json:"scope"`
	Policy grant.Policy `json:"policy"`
	At     time.Time    `json:"at"`
}

// KeptFor is how long a reading is worth anything.
const KeptFor = 3 * 24 * time.Hour

var readings = store.Collection[Reading]{
	Name:    "places",
	Expires: func(r Reading) time.Time { return r.At.Add(KeptFor) },
}

func id(at grant.Scope) string { return string(at.Kind) + ":" + strings.ReplaceAll(at.Name, "/", "_") }

// Put keeps a reading.
func Put(ctx context.Context, s store.Store, r Reading) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return readings.Put(tx, id(r.Scope), r) })
	if err != nil {
		return fmt.Errorf("keep the policy of %s: %w", r.Scope.Name, err)
	}
	return nil
}

// Get returns the latest reading of a place; the boolean is false where there is none.
func Get(ctx context.Context, r store.Reader, at grant.Scope) (Reading, bool, error) {
	v, err := readings.Get(ctx, r, id(at))
	if errors.Is(err, store.ErrNotFound) {
		return Reading{}, false, nil
	}
	if err != nil {
		return Reading{}, false, fmt.Errorf("look up the policy of %s: %w", at.Name, err)
	}
	return v, true, nil
}
