package account

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Remembered is what is remembered of all accounts of a system. Of a million it takes some 42 MiB
// where one moment is remembered of each, and 76 MiB where all are. It is good for one run, and not safe
// for concurrent use while it is filled.
type Remembered struct {
	// parts hold the accounts by the beginning of their keys: each is short, so that one more account
	// copies little, and no part has much room that it does not need, as a map of a million has.
	parts [1 << partBits]part
	// told are all the lists of warnings that people have had: policy makes few of them.
	told [][]time.Duration
}

const partBits = 12

// key is the hash of an account's id: ids are long in some systems.
type key [16]byte

func keyOf(id string) key {
	sum := sha256.Sum256([]byte(id))
	return key(sum[:16])
}

func (k key) compare(other key) int { return bytes.Compare(k[:], other[:]) }

// part are some of the accounts, in the order of their keys, and the moments of them all, as nanoseconds
// since 1970: shorter, they would not be what is stored, and [Remember] would take them for another's
// decision.
type part struct {
	accounts []packed
	moments  []int64
}

// packed is a memory of an account. Most lack most moments: of those that are there, in the order of
// [idle.Memory], the first is at that place in the part.
type packed struct {
	key   key
	first uint32
	told  uint32
	has   uint8
}

// What a memory has.
const (
	hasActive = 1 << iota
	hasKept
	hasFrom
	hasStop
	hasBegun
	isSession
	isDue
)

// Memories returns what is remembered of the accounts of a system.
func Memories(ctx context.Context, r store.Reader, system string) (*Remembered, error) {
	out := &Remembered{}
	err := accounts.Each(ctx, r, store.Query{Where: []store.Cond{{Field: "system", Op: store.Equal, Value: system}}}, func(a record) error {
		out.add(a.ID, a.Memory)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is remembered of %s: %w", system, err)
	}
	return out, nil
}

// partOf returns the part that a key belongs to.
func (r *Remembered) partOf(k key) *part {
	return &r.parts[binary.BigEndian.Uint16(k[:])>>(16-partBits)]
}

// find returns the place of a key in a part, and whether it is there.
func (p *part) find(k key) (int, bool) {
	return slices.BinarySearchFunc(p.accounts, k, func(a packed, k key) int { return a.key.compare(k) })
}

// add takes the memory of one account, of which each is given once.
func (r *Remembered) add(id string, m idle.Memory) {
	told := slices.IndexFunc(r.told, func(known []time.Duration) bool { return slices.Equal(known, m.Told) })
	if told < 0 {
		told = len(r.told)
		r.told = append(r.told, m.Told)
	}
	k := keyOf(id)
	p := r.partOf(k)
	a := packed{key: k, first: uint32(len(p.moments)), told: uint32(told)}
	for i, t := range [...]time.Time{m.Active, m.Kept, m.From, m.Stop, m.Begun} {
		if !t.IsZero() {
			a.has |= hasActive << i
			p.moments = append(p.moments, t.UnixNano())
		}
	}
	if m.Session {
		a.has |= isSession
	}
	if m.Due {
		a.has |= isDue
	}
	i, _ := p.find(k)
	p.accounts = slices.Insert(p.accounts, i, a)
}

// Of returns what is remembered of one account.
func (r *Remembered) Of(id string) idle.Memory {
	k := keyOf(id)
	p := r.partOf(k)
	i, ok := p.find(k)
	if !ok {
		return idle.Memory{}
	}
	a := p.accounts[i]
	m := idle.Memory{Told: slices.Clone(r.told[a.told]), Session: a.has&isSession != 0, Due: a.has&isDue != 0}
	next := a.first
	for i, t := range [...]*time.Time{&m.Active, &m.Kept, &m.From, &m.Stop, &m.Begun} {
		if a.has&(hasActive<<i) != 0 {
			*t = time.Unix(0, p.moments[next]).UTC()
			next++
		}
	}
	return m
}

// Note is what is to be remembered of an account in place of what was.
type Note struct {
	ID            string
	Before, After idle.Memory
}

// notesAtOnce is how many notes are written in one transaction.
const notesAtOnce = 100

// Remember writes notes down and returns how many. Where something else is remembered by now than before, somebody
// has decided about the account meanwhile, and that stands.
func Remember(ctx context.Context, s store.Store, system string, now time.Time, notes ...Note) (int, error) {
	written := 0
	for some := range slices.Chunk(notes, notesAtOnce) {
		n := 0
		err := s.Update(ctx, func(ctx context.Context, tx store.Tx) (err error) {
			n, err = remember(ctx, tx, system, now, some)
			return err
		})
		if err != nil {
			return written, fmt.Errorf("remember %d accounts of %s: %w", len(some), system, err)
		}
		written += n
	}
	return written, nil
}

func remember(ctx context.Context, tx store.Tx, system string, now time.Time, notes []Note) (int, error) {
	var current []Note
	for _, n := range notes {
		stands, err := Get(ctx, tx, system, n.ID)
		if err != nil {
			return 0, err
		}
		if stands.Equal(n.Before) {
			current = append(current, n)
		}
	}
	for _, n := range current {
		if err := put(tx, system, n.ID, n.After, now); err != nil {
			return 0, err
		}
	}
	return len(current), nil
}
