package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// overtaken is until when accounts and groups were read by themselves: a listing that began before may say what
// one of them was.
type overtaken struct {
	Until time.Time `json:"until"`
}

// It lies beside the census.
var overtakens = store.Collection[overtaken]{Name: censuses.Name}

const theOvertaken = "overtaken"

// overtakenBy is the step by which that moves: the record is written as often at most, and read by the first listing
// of every group.
const overtakenBy = 10 * time.Second

// Overtake notes that something about an account or a group was read by itself at a time, or was in a list then. Who is
// in the first listing of a group that began before, or some seconds after, is looked up, as is in any other listing
// whoever joins. It comes before who is carried into their groups: a group is either among these by then, or is stored
// by one that knows. It is noted of every reading, also of one that brings nothing new: a listing under way may say
// what was so in between.
func (m *Mirror) Overtake(ctx context.Context, read time.Time) error {
	until := read.Truncate(overtakenBy).Add(overtakenBy)
	switch is, err := readOvertaken(ctx, m.store); {
	case err != nil:
		return err
	case !until.After(is):
		return nil
	}
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		is, err := readOvertaken(ctx, tx)
		if err != nil || !until.After(is) {
			return err
		}
		return overtakens.Put(tx, theOvertaken, overtaken{until})
	})
	if err != nil {
		return fmt.Errorf("note that something is newer than the listings under way: %w", err)
	}
	return nil
}

// readOvertaken returns the zero time where nothing was read by itself yet.
func readOvertaken(ctx context.Context, r store.Reader) (time.Time, error) {
	o, err := overtakens.Get(ctx, r, theOvertaken)
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read what is newer than the listings under way: %w", err)
	}
	return o.Until, nil
}
