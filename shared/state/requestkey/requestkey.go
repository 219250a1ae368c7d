// Package requestkey keeps the keys under which programs send requests: one key stands for one
// request, however often it arrives, and never for another one
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
package requestkey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// keptFor is how long a key is kept: longer than the ledger remembers what was asked for under it,
// so that there is no time in which a key is free and its request is not forgotten.
const keptFor = ledger.RememberedFor + 24*time.Hour

// key is one key. Its id is a hash of whose it is and of what it is.
type key struct {
	ID string `json:"id"`
	// Request is a hash of what was asked for.
	Request string    `json:"request"`
	At      time.Time `json:"at"`
}

var keys = store.Collection[key]{
	Name:    "request-keys",
	Expires: func(k key) time.Time { return k.At.Add(keptFor) },
}

// ErrOther says that the key stands for another request.
var ErrOther = errors.New("the key stands for another request")

// Look returns [ErrOther] where a key stands for another request already.
func Look(ctx context.Context, r store.Reader, id, request string) error {
	before, err := keys.Get(ctx, r, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("look up a request's key: %w", err)
	case before.Request != request:
		return ErrOther
	}
	return nil
}

// Claim makes a key stand for a request from now on, or returns [ErrOther].
func Claim(ctx context.Context, s store.Store, id, request string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := Look(ctx, tx, id, request); err != nil {
			return err
		}
		return keys.Put(tx, id, key{ID: id, Request: request, At: now})
	})
	if err != nil && !errors.Is(err, ErrOther) {
		return fmt.Errorf("claim a request's key: %w", err)
	}
	return err
}
