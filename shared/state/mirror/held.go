package mirror

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Held are members of one group whom a reading no longer found and the brake keeps in the
// mirror, until people have looked or a later reading finds them again.
type Held struct {
	Group string `json:"group"`
	Email string `json:"email"`
	// Whole says that Google no longer had the group itself.
	Whole bool `json:"whole,omitempty"`
	// Count is how many members the reading would take away; Some are the addresses of the
	// first of them, for people to look at.
	Count int      `json:"count"`
	Some  []string `json:"some,omitempty"`
	// Sum stands for exactly these members. What is released names it: who agreed to one loss
	// has not agreed to another.
	Sum string `json:"sum"`
	// First is when it was first seen, Last when last; Agreed is how many readings have said
	// so, one after the other.
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
	Agreed int       `json:"agreed"`
	// Released is until when a reading may take away exactly these; zero until people have
	// agreed.
	Released time.Time `json:"released,omitzero"`
}

// someHeld is how many addresses a [Held] names.
const someHeld = 20

var held = store.Collection[Held]{
	Name:   "removals-held",
	Fields: func(h Held) map[string]any { return map[string]any{"first": h.First} },
}

// ErrOtherRemovals says that what is to be released is not what is held now.
var ErrOtherRemovals = errors.New("other removals are held by now")

// HeldGroups returns the ids of groups of which the brake holds something, at most so many; the boolean
// is false where there are more.
func (m *Mirror) HeldGroups(ctx context.Context, most int) (ids []string, all bool, err error) {
	list, next, err := held.Query(ctx, m.store, store.Query{OrderBy: "first", Limit: most})
	if err != nil {
		return nil, false, fmt.Errorf("read of which groups the brake holds something: %w", err)
	}
	for _, h := range list {
		ids = append(ids, h.Group)
	}
	return ids, next == "", nil
}

// HeldRemovals returns all that the brake holds, the longest first.
func (m *Mirror) HeldRemovals(ctx context.Context) ([]Held, error) {
	var out []Held
	err := held.Each(ctx, m.store, store.Query{OrderBy: "first"}, func(h Held) error { out = append(out, h); return nil })
	if err != nil {
		return nil, fmt.Errorf("read what the brake holds: %w", err)
	}
	return out, nil
}

// Release lets the next reading of a group take away exactly the members that a sum stands
// for, until a time. It returns [ErrUnknown] where nothing is held, and [ErrOtherRemovals]
// where it is something else. Whoever calls it has the agreement of two people.
func (m *Mirror) Release(ctx context.Context, id, sum string, until time.Time) error {
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		h, err := held.Get(ctx, tx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return ErrUnknown
		case err != nil:
			return err
		case h.Sum != sum:
			return ErrOtherRemovals
		}
		h.Released = until
		return held.Put(tx, id, h)
	})
	if err != nil {
		return fmt.Errorf("release the removals of group %s: %w", id, err)
	}
	return nil
}

// losses counts what vanished from the mirror, by the hour.
type losses struct {
	Hours []hour `json:"hours"`
}

type hour struct {
	Begins time.Time `json:"begins"`
	Lost   int       `json:"lost"`
}

var lost = store.Collection[losses]{Name: "losses"}

// theLosses is the one document of lost.
const theLosses = "mirror"

// lately returns what was lost in the 24 hours before a time, in whole hours.
func (l losses) lately(now time.Time) int {
	n := 0
	for _, h := range l.Hours {
		if now.Sub(h.Begins) < brake.Over+time.Hour {
			n += h.Lost
		}
	}
	return n
}

// with returns the same with more lost now, and without what is older than a day.
func (l losses) with(n int, now time.Time) losses {
	at := now.UTC().Truncate(time.Hour)
	var out losses
	for _, h := range l.Hours {
		if now.Sub(h.Begins) < brake.Over+time.Hour && !h.Begins.Equal(at) {
			out.Hours = append(out.Hours, h)
		}
		if h.Begins.Equal(at) {
			n += h.Lost
		}
	}
	out.Hours = append(out.Hours, hour{at, n})
	slices.SortFunc(out.Hours, func(a, b hour) int { return a.Begins.Compare(b.Begins) })
	return out
}

// verdict is what the brake says of one loss, with what has to be written after all reads.
type verdict struct {
	hold   bool
	losses losses // after it
	held   Held   // before, the zero value for none
	after  Held   // where it holds
}

// judge asks the brake. It reads only where something would be lost or was held before.
func (m *Mirror) judge(ctx context.Context, tx store.Tx, h Header, gone []group.Member, whole bool, now time.Time) (verdict, error) {
	var v verdict
	if m.brake == nil || len(gone) == 0 && h.Held == 0 {
		return v, nil
	}
	var err error
	if h.Held > 0 {
		if v.held, err = held.Get(ctx, tx, h.Group.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return verdict{}, err
		}
	}
	if len(gone) == 0 {
		return v, nil
	}
	census, err := readCensus(ctx, tx)
	if err != nil {
		return verdict{}, err
	}
	l, err := lost.Get(ctx, tx, theLosses)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return verdict{}, err
	}
	s := lossSum(gone, whole)
	released := v.held.Sum == s && now.Before(v.held.Released)
	v.losses = l.with(len(gone), now)
	if !m.brake.Check(census.Memberships, l.lately(now), len(gone)).Held || released {
		if released {
			v.losses = l // what people agreed to does not slow others down
		}
		return v, nil
	}
	v.hold, v.after = true, heldNow(v.held, h, gone, whole, s, now)
	return v, nil
}

func heldNow(before Held, h Header, gone []group.Member, whole bool, sum string, now time.Time) Held {
	after := Held{
		Group: h.Group.ID, Email: h.Group.Email, Whole: whole, Count: len(gone), Sum: sum,
		First: now, Last: now, Agreed: 1,
	}
	if before.Sum == sum {
		after.First, after.Agreed, after.Released = before.First, before.Agreed, before.Released
		if now.After(before.Last) { // else it is the same reading once more
			after.Agreed++
		}
	}
	for _, one := range gone {
		after.Some = append(after.Some, one.Email)
	}
	slices.Sort(after.Some)
	after.Some = slices.Clone(after.Some[:min(len(gone), someHeld)])
	return after
}

// lossSum stands for the members that would be lost.
func lossSum(gone []group.Member, whole bool) string {
	ids := make([]string, 0, len(gone))
	for _, one := range gone {
		ids = append(ids, one.ID)
	}
	slices.SortFunc(ids, cmp.Compare[string])
	hash := sha256.New()
	fmt.Fprintf(hash, "%t", whole)
	for _, id := range ids {
		fmt.Fprintf(hash, "\x00%s", id)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// write writes what follows from a verdict. It comes after all reads of the transaction.
func (v verdict) write(tx store.Tx, id string, gone int) error {
	switch {
	case v.hold:
		return held.Put(tx, id, v.after)
	case v.held.Group != "":
		if err := held.Delete(tx, id); err != nil {
			return err
		}
	}
	if gone == 0 || v.losses.Hours == nil {
		return nil
	}
	return lost.Put(tx, theLosses, v.losses)
}
