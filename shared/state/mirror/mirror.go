// Package mirror keeps the mirror of the company's groups and people: what was read from
// Google, and when.
//
// A group is one header document and a number of chunks that hold its members. A member stays
// in the same chunk as long as the number of chunks is the same, and the header holds a hash
// of every chunk. So a reading that finds nothing new costs one document read and one written,
// however large the group is, and a small change of a large group reads and writes one chunk
// more. Chunks are indexed by the members' ids, so that the groups of a person are one query.
//
// Whoever reads a group with its members gets all of them as they were read together, or an
// error: the hashes tell when a group was stored anew while it was read.
package mirror

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// ErrUnknown says that the mirror holds no such group or person.
var ErrUnknown = errors.New("not in the mirror")

// GoneFor is how long the mirror remembers that a group is gone, so that late events about it
// are not looked up again and again.
const GoneFor = 30 * 24 * time.Hour

// Header is a group without its members.
type Header struct {
	Group group.Group `json:"group"`
	// Members is how many direct members there are.
	Members int `json:"members"`
	// Nested is how many of them are groups.
	Nested int `json:"nested,omitempty"`
	// Sums are the hashes of the chunks that hold them, in order.
	Sums []string `json:"sums,omitempty"`
	// Read is when the reading of the members began that the mirror holds; zero while the group
	// is known from a list only.
	Read time.Time `json:"read,omitzero"`
	// Listed is when the group itself was read.
	Listed time.Time `json:"listed,omitzero"`
	// Due is when the group was last known to have changed in a way that its members may have
	// changed with; zero where every change was followed by a reading.
	Due time.Time `json:"due,omitzero"`
	// Rewritten is when it was known what was written last of single members apart from a reading
	// ([Mirror.CarryPerson], [Mirror.CarryGroup]); zero where a reading that began later has it. A listing
	// that began before does not know it.
	Rewritten time.Time `json:"rewritten,omitzero"`
	// Held is how many of the members are only there because the brake keeps them, or because the
	// listing that lacks them may be incomplete.
	Held int `json:"held,omitempty"`
	// Whole says that all of them are held, and the group with them: when Google was asked last, it
	// had no such group.
	Whole bool `json:"whole,omitempty"`
	// Gone says that Google had no such group at that time.
	Gone bool `json:"gone,omitempty"`
	// Untold are differences that were stored, but perhaps not published yet.
	Untold []group.Part `json:"untold,omitempty"`
}

// Complete reports whether the mirror holds all members as they were at one reading, no
// others, and nothing is known to have changed since.
func (h Header) Complete() bool { return !h.Gone && h.Held == 0 && !h.Pending() }

// Pending reports whether the members of a group are not known as they are now: they were never
// read, or not since something changed.
func (h Header) Pending() bool { return !h.Gone && (h.Read.IsZero() || h.Due.After(h.Read)) }

// Seen returns when Google was last asked for anything of the group.
func (h Header) Seen() time.Time {
	if h.Listed.After(h.Read) {
		return h.Listed
	}
	return h.Read
}

// The time of the reading is no field of the index: it changes with every reading, and nobody
// asks for it.
var headers = store.Collection[Header]{
	Name: "groups",
	Fields: func(h Header) map[string]any {
		fields := map[string]any{
			"addresses": addresses(h.Group.Email, h.Group.Aliases), "email": group.Address(h.Group.Email), "gone": h.Gone,
		}
		if h.Pending() {
			fields["pending"] = true // absent where it is false: almost always
		}
		return fields
	},
	Expires: func(h Header) time.Time {
		if h.Gone {
			return h.Read.Add(GoneFor)
		}
		return time.Time{}
	},
}

// addresses returns all addresses of somebody as they are compared, each once.
func addresses(email string, aliases []string) []string {
	var out []string
	for _, a := range append([]string{email}, aliases...) {
		if a = group.Address(a); a != "" && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// Mirror reads and writes the mirror. It is safe for concurrent use.
type Mirror struct {
	store    store.Store
	perChunk int          // members
	brake    *brake.Brake // nil where whoever writes is believed
	now      func() time.Time
}

// New returns the mirror in a store.
func New(s store.Store) *Mirror { return &Mirror{store: s, perChunk: perChunk} }

// Reader returns the store that the mirror lies in, for what is kept beside it.
func (m *Mirror) Reader() store.Reader { return m.store }

// Fed returns the same mirror as whoever keeps it from Google writes it: with a brake, so that
// a reading that takes more away than it allows adds what it adds, and what it would take away
// is held until people have looked; and with a feed, in which every difference is noted with
// the time at which it was stored.
func (m *Mirror) Fed(b brake.Brake, now func() time.Time) *Mirror {
	fed := *m
	fed.brake, fed.now = &b, now
	return &fed
}

// Find returns a group by its id or by one of its addresses in any letter case, or
// [ErrUnknown]. Where an address has passed from one group to another and the mirror has not
// seen yet that the first one lost it, it is the group that was read last. One that Google has no
// more and the brake holds ([Header.Whole]) is at its address only until another group is there.
func (m *Mirror) Find(ctx context.Context, idOrAddress string) (Header, error) {
	h, err := m.lookUp(ctx, idOrAddress)
	if err == nil && h.Gone {
		return Header{}, fmt.Errorf("group %s is gone: %w", idOrAddress, ErrUnknown)
	}
	return h, err
}

// Freshness returns when a group was read last, also where it turned out to be gone; the zero
// time where it was never looked at.
func (m *Mirror) Freshness(ctx context.Context, idOrAddress string) (time.Time, error) {
	h, err := m.lookUp(ctx, idOrAddress)
	if errors.Is(err, ErrUnknown) {
		return time.Time{}, nil
	}
	return h.Read, err
}

// Holders returns all groups that have an address, an alias included, and are not gone. There
// is more than one where an address has passed from one to another and the mirror has not seen
// yet that the first one lost it.
func (m *Mirror) Holders(ctx context.Context, address string) ([]Header, error) {
	found, err := having(ctx, m.store, headers, address)
	if err != nil {
		return nil, fmt.Errorf("look up the groups at %s: %w", address, err)
	}
	return slices.DeleteFunc(found, func(h Header) bool { return h.Gone }), nil
}

// Header returns a group by its id, also one that is gone, or [ErrUnknown].
func (m *Mirror) Header(ctx context.Context, id string) (Header, error) {
	if headers.Key(id).Validate() != nil {
		return Header{}, fmt.Errorf("group %.200q: %w", id, ErrUnknown)
	}
	h, err := headers.Get(ctx, m.store, id)
	if errors.Is(err, store.ErrNotFound) {
		return Header{}, fmt.Errorf("group %s: %w", id, ErrUnknown)
	}
	if err != nil {
		return Header{}, fmt.Errorf("read group %s: %w", id, err)
	}
	return h, nil
}

// lookUp returns a group by its id or by one of its addresses, also one that is gone, or
// [ErrUnknown].
func (m *Mirror) lookUp(ctx context.Context, idOrAddress string) (Header, error) {
	if headers.Key(idOrAddress).Validate() == nil {
		h, err := headers.Get(ctx, m.store, idOrAddress)
		if err == nil {
			return h, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return Header{}, fmt.Errorf("look up group %s: %w", idOrAddress, err)
		}
	}
	found, err := having(ctx, m.store, headers, idOrAddress)
	if err != nil {
		return Header{}, fmt.Errorf("look up group %s: %w", idOrAddress, err)
	}
	if len(found) == 0 {
		return Header{}, fmt.Errorf("group %.200q: %w", idOrAddress, ErrUnknown)
	}
	return slices.MinFunc(found, func(a, b Header) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), b.Read.Compare(a.Read))
	}), nil
}

// rank orders the groups at one address: first those that exist, then those that are only held, then
// those that are gone.
func (h Header) rank() int {
	switch {
	case h.Gone:
		return 2
	case h.Whole:
		return 1
	}
	return 0
}

// having returns all values of a collection that have an address.
func having[T any](ctx context.Context, r store.Reader, c store.Collection[T], address string) ([]T, error) {
	cond := store.Cond{Field: "addresses", Op: store.Contains, Value: group.Address(address)}
	if cond.Value == "" {
		return nil, nil
	}
	var out []T
	err := c.Each(ctx, r, store.Query{Where: []store.Cond{cond}, Limit: 10}, func(v T) error {
		out = append(out, v)
		return nil
	})
	if errors.Is(err, store.ErrInvalid) {
		return nil, nil // a text that no address can be
	}
	return out, err
}
