package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// Census says how much the mirror holds, as the last walk through the whole directory counted
// it. It is what a percentage is taken of, and what tells a caller whether a list is complete.
type Census struct {
	Groups      int `json:"groups"`
	Memberships int `json:"memberships"`
	People      int `json:"people"`
	// At is when the walk began that counted. Every group that existed then has been listed.
	At time.Time `json:"at,omitzero"`
	// Short says that the walk after that one listed so much less than the mirror holds that
	// its end was not believed.
	Short bool `json:"short,omitempty"`
}

var censuses = store.Collection[Census]{Name: "census"}

const theCensus = "mirror"

// Census returns the last count; the zero Census before the first walk has ended.
func (m *Mirror) Census(ctx context.Context) (Census, error) { return readCensus(ctx, m.store) }

func readCensus(ctx context.Context, r store.Reader) (Census, error) {
	c, err := censuses.Get(ctx, r, theCensus)
	if errors.Is(err, store.ErrNotFound) {
		return Census{}, nil
	}
	if err != nil {
		return Census{}, fmt.Errorf("read the census: %w", err)
	}
	return c, nil
}

// PutCensus stores a count.
func (m *Mirror) PutCensus(ctx context.Context, c Census) error {
	err := m.store.Update(ctx, func(_ context.Context, tx store.Tx) error { return censuses.Put(tx, theCensus, c) })
	if err != nil {
		return fmt.Errorf("store the census: %w", err)
	}
	return nil
}

// Count returns the number of groups: of the last census; where there is none yet, as many as the
// walks that fill the mirror have listed so far ([Walk.Groups]); where there is no walk either, of all
// headers, which it reads.
func (m *Mirror) Count(ctx context.Context) (int, error) {
	c, err := m.Census(ctx)
	if err != nil || !c.At.IsZero() {
		return c.Groups, err
	}
	w, err := m.Walk(ctx)
	if err != nil || !w.Began.IsZero() {
		return w.Groups(), err
	}
	n := 0
	err = m.Groups(ctx, func(Header) error { n++; return nil })
	return n, err
}
