package handover

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Claim says for whom a schema in a group of the vendor is, or is to be, taken. The vendor calls a
// connection by it, and does not know for which request it makes one: that is kept here, before the
// vendor is asked.
type Claim struct {
	// Change is the id of the change that wants the connection.
	Change string `json:"change"`
	// Name is how people call that connection.
	Name string `json:"name"`
}

var claims = store.Collection[Claim]{Name: "schemas"}

// place is the id under which the claim of a plan's schema is kept. The vendor compares schemas
// without regard to case.
func place(p connection.Plan) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q", p.Group, strings.ToLower(p.Schema)))
	return hex.EncodeToString(sum[:])
}

// Claimed returns who has the schema that a plan wants; the zero claim where nobody has.
func (s *Shelf) Claimed(ctx context.Context, p connection.Plan) (Claim, error) {
	c, err := claims.Get(ctx, s.store, place(p))
	if errors.Is(err, store.ErrNotFound) {
		return Claim{}, nil
	}
	if err != nil {
		return Claim{}, fmt.Errorf("read who has the schema %s: %w", p.Schema, err)
	}
	return c, nil
}

// Claim takes the schema that a plan wants, if the one who has it is still the one given, nobody
// where that is the zero claim. It returns who has it afterwards, which of two at once is the first.
func (s *Shelf) Claim(ctx context.Context, p connection.Plan, from, to Claim) (Claim, error) {
	var holder Claim
	err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		var err error
		holder, err = claims.Get(ctx, tx, place(p))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if holder != from || holder == to {
			return nil
		}
		holder = to
		return claims.Put(tx, place(p), to)
	})
	if err != nil {
		return Claim{}, fmt.Errorf("claim the schema %s: %w", p.Schema, err)
	}
	return holder, nil
}
