package account

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Remembered is what is remembered of all accounts of a system. Of a million it takes some 140
// megabytes, a third of what they would as they are. It is good for one run, and not safe for
// concurrent use while it is filled.
type Remembered struct {
	all map[key]packed
	// told are all the lists of warnings that people have had: policy makes few of them.
	told [][]time.Duration
}

// key is the hash of an account's id: ids are long in some systems.
type key [16]byte

func keyOf(id string) key {
	sum := sha256.Sum256([]byte(id))
	return key(sum[:16])
}

// packed is a memory with moments as nanoseconds, and with the index of its warnings.
type packed struct {
	active, kept, from, stop, begun int64

	told         int32
	session, due bool
}

// never stands for the zero time, which is no number of nanoseconds.
const never = math.MinInt64

func pack(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.UnixNano()
}

func unpack(n int64) time.Time {
	if n == never {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// Memories returns what is remembered of the accounts of a system.
func Memories(ctx context.Context, r store.Reader, system string) (*Remembered, error) {
	out := &Remembered{all: map[key]packed{}}
	err := accounts.Each(ctx, r, store.Query{Where: []store.Cond{{Field: "system", Op: store.Equal, Value: system}}}, func(a record) error {
		out.add(a.ID, a.Memory)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is remembered of %s: %w", system, err)
	}
	return out, nil
}

func (r *Remembered) add(id string, m idle.Memory) {
	told := slices.IndexFunc(r.told, func(known []time.Duration) bool { return slices.Equal(known, m.Told) })
	if told < 0 {
		told = len(r.told)
		r.told = append(r.told, m.Told)
	}
	r.all[keyOf(id)] = packed{pack(m.Active), pack(m.Kept), pack(m.From), pack(m.Stop), pack(m.Begun), int32(told), m.Session, m.Due}
}

// Of returns what is remembered of one account.
func (r *Remembered) Of(id string) idle.Memory {
	p, ok := r.all[keyOf(id)]
	if !ok {
		return idle.Memory{}
	}
	return idle.Memory{
		Active: unpack(p.active), Session: p.session, Kept: unpack(p.kept), Told: slices.Clone(r.told[p.told]), From: unpack(p.from), Stop: unpack(p.stop),
		Begun: unpack(p.begun), Due: p.due,
	}
}

// Note is what is to be remembered of an account in place of what was.
type Note struct {
	ID            string
	Before, After idle.Memory
}

// notesAtOnce is how many notes are written in one transaction.
const notesAtOnce = 100

// Remember writes notes down. Where something else is remembered by now than before, somebody has
// decided about the account meanwhile, and that stands.
func Remember(ctx context.Context, s store.Store, system string, now time.Time, notes ...Note) error {
	for some := range slices.Chunk(notes, notesAtOnce) {
		err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error { return remember(ctx, tx, system, now, some) })
		if err != nil {
			return fmt.Errorf("remember %d accounts of %s: %w", len(some), system, err)
		}
	}
	return nil
}

func remember(ctx context.Context, tx store.Tx, system string, now time.Time, notes []Note) error {
	var current []Note
	for _, n := range notes {
		stands, err := Get(ctx, tx, system, n.ID)
		if err != nil {
			return err
		}
		if stands.Equal(n.Before) {
			current = append(current, n)
		}
	}
	for _, n := range current {
		if err := put(tx, system, n.ID, n.After, now); err != nil {
			return err
		}
	}
	return nil
}
