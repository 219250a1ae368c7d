// Package mirror keeps the mirror of the company's groups and people: what was read from
// Google, and when.
//
// A group is one header document and a number of chunks that hold its members. A member stays
// in the same chunk as long as the number of chunks is the same, so that a small change of a
// large group writes one chunk. Chunks are indexed by the members' ids, so that the groups of
// a person are one query.
package mirror

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// ErrUnknown says that the mirror holds no such group or person.
var ErrUnknown = errors.New("not in the mirror")

// perChunk is how many members a chunk is planned for. A member takes about 200 bytes with its
// index entry, a document holds 900 KiB.
const perChunk = 1500

// GoneFor is how long the mirror remembers that a group is gone, so that late events about it
// are not looked up again and again.
const GoneFor = 30 * 24 * time.Hour

// Header is a group without its members.
type Header struct {
	Group group.Group `json:"group"`
	// Members is how many direct members there are, Chunks over how many documents.
	Members int `json:"members"`
	Chunks  int `json:"chunks"`
	// Read is when the reading began that the mirror holds.
	Read time.Time `json:"read"`
	// Gone says that Google had no such group at that time.
	Gone bool `json:"gone,omitempty"`
	// Untold are differences that were stored, but perhaps not published yet.
	Untold []group.Part `json:"untold,omitempty"`
}

type chunk struct {
	Group   string         `json:"group"`
	Members []group.Member `json:"members"`
}

var headers = store.Collection[Header]{
	Name: "groups",
	Fields: func(h Header) map[string]any {
		return map[string]any{"addresses": addresses(h.Group), "email": group.Address(h.Group.Email), "read": h.Read, "gone": h.Gone}
	},
	Expires: func(h Header) time.Time {
		if h.Gone {
			return h.Read.Add(GoneFor)
		}
		return time.Time{}
	},
}

var chunks = store.Collection[chunk]{
	Name: "members",
	Fields: func(c chunk) map[string]any {
		ids := make([]string, 0, len(c.Members))
		for _, m := range c.Members {
			ids = append(ids, m.ID)
		}
		return map[string]any{"group": c.Group, "ids": ids}
	},
}

func addresses(g group.Group) []string {
	out := []string{group.Address(g.Email)}
	for _, a := range g.Aliases {
		if a = group.Address(a); !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func chunkID(id string, k int) string { return fmt.Sprintf("%s.%d", id, k) }

// place says in which of n chunks a member is.
func place(member string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(member))
	return int(h.Sum32() % uint32(n))
}

// Mirror reads and writes the mirror. It is safe for concurrent use.
type Mirror struct{ store store.Store }

// New returns the mirror in a store.
func New(s store.Store) *Mirror { return &Mirror{store: s} }

// Find returns a group by its id or by one of its addresses, or [ErrUnknown].
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

func (m *Mirror) lookUp(ctx context.Context, idOrAddress string) (Header, error) {
	key := headers.Key(idOrAddress)
	if key.Validate() == nil {
		h, err := headers.Get(ctx, m.store, idOrAddress)
		if err == nil || !errors.Is(err, store.ErrNotFound) {
			return h, err
		}
	}
	found, _, err := headers.Query(ctx, m.store, store.Query{
		Where: []store.Cond{{Field: "addresses", Op: store.Contains, Value: group.Address(idOrAddress)}}, Limit: 10,
	})
	if err != nil {
		return Header{}, fmt.Errorf("look up group %s: %w", idOrAddress, err)
	}
	// An address may have belonged to a group that is gone.
	slices.SortFunc(found, func(a, b Header) int {
		switch {
		case a.Gone == b.Gone:
			return b.Read.Compare(a.Read)
		case a.Gone:
			return 1
		}
		return -1
	})
	if len(found) == 0 {
		return Header{}, fmt.Errorf("group %s: %w", idOrAddress, ErrUnknown)
	}
	return found[0], nil
}

// Snapshot returns a group with all its members, as they were read last.
func (m *Mirror) Snapshot(ctx context.Context, idOrAddress string) (group.Snapshot, error) {
	h, err := m.Find(ctx, idOrAddress)
	if err != nil {
		return group.Snapshot{}, err
	}
	members, err := readMembers(ctx, m.store, h)
	if err != nil {
		return group.Snapshot{}, err
	}
	return group.Snapshot{Group: h.Group, Members: members, Read: h.Read}, nil
}

func readMembers(ctx context.Context, r store.Reader, h Header) ([]group.Member, error) {
	out := make([]group.Member, 0, h.Members)
	for k := range h.Chunks {
		c, err := chunks.Get(ctx, r, chunkID(h.Group.ID, k))
		if err != nil {
			return nil, fmt.Errorf("read members of %s: %w", h.Group.Email, err)
		}
		out = append(out, c.Members...)
	}
	slices.SortFunc(out, func(a, b group.Member) int {
		if a.Email != b.Email {
			if a.Email < b.Email {
				return -1
			}
			return 1
		}
		return 0
	})
	return out, nil
}

// Replace stores a complete reading of a group. It returns the parts that others have to hear
// of: what this reading changes, and what an earlier one changed without telling, because the
// process ended in between. Call [Mirror.Told] when they have heard. A reading that is older
// than what the mirror holds changes nothing.
func (m *Mirror) Replace(ctx context.Context, s group.Snapshot) ([]group.Part, error) {
	var untold []group.Part
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		untold = nil
		var old *group.Snapshot
		before, err := headers.Get(ctx, tx, s.Group.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			before = Header{}
		case err != nil:
			return err
		case before.Read.After(s.Read):
			return nil
		case !before.Gone:
			members, err := readMembers(ctx, tx, before)
			if err != nil {
				return err
			}
			old = &group.Snapshot{Group: before.Group, Members: members, Read: before.Read}
		}
		untold = union(before.Untold, group.Compare(old, &s).Parts)
		n := max(1, (len(s.Members)+perChunk-1)/perChunk)
		if before.Chunks > n && before.Chunks <= 2*n {
			n = before.Chunks // a few members less are no reason to write all chunks anew
		}
		if err := headers.Put(tx, s.Group.ID, Header{Group: s.Group, Members: len(s.Members), Chunks: n, Read: s.Read, Untold: untold}); err != nil {
			return err
		}
		touched := map[int]bool{}
		parts := make([]chunk, n)
		for k := range parts {
			parts[k].Group = s.Group.ID
			touched[k] = old == nil || n != before.Chunks
		}
		for _, member := range s.Members {
			k := place(member.ID, n)
			parts[k].Members = append(parts[k].Members, member)
		}
		if old != nil && n == before.Chunks {
			same := make(map[group.Member]bool, len(old.Members))
			for _, member := range old.Members {
				same[member] = true
			}
			for _, member := range s.Members {
				if !same[member] {
					touched[place(member.ID, n)] = true
				}
				delete(same, member)
			}
			for member := range same {
				touched[place(member.ID, n)] = true
			}
		}
		for k, part := range parts {
			if !touched[k] {
				continue
			}
			if err := chunks.Put(tx, chunkID(s.Group.ID, k), part); err != nil {
				return err
			}
		}
		for k := n; k < before.Chunks; k++ {
			if err := chunks.Delete(tx, chunkID(s.Group.ID, k)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store group %s: %w", s.Group.Email, err)
	}
	return untold, nil
}

// Told records that others have heard of what the mirror holds since a reading.
func (m *Mirror) Told(ctx context.Context, id string, read time.Time) error {
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		h, err := headers.Get(ctx, tx, id)
		if err != nil || len(h.Untold) == 0 || h.Read.After(read) {
			return err
		}
		h.Untold = nil
		return headers.Put(tx, id, h)
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("record that others know of group %s: %w", id, err)
	}
	return nil
}

func union(a, b []group.Part) []group.Part {
	out := slices.Clone(a)
	for _, p := range b {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// Remove records that Google has no group of this id or address any more, and returns the
// group as it was. The boolean is false where the mirror held none. As after [Mirror.Replace],
// others have to hear of it.
func (m *Mirror) Remove(ctx context.Context, idOrAddress string, read time.Time) (group.Group, bool, error) {
	h, err := m.lookUp(ctx, idOrAddress)
	if err == nil && h.Gone {
		return h.Group, len(h.Untold) > 0, nil
	}
	if errors.Is(err, ErrUnknown) {
		gone := Header{Group: group.Group{ID: "gone~" + group.Address(idOrAddress), Email: group.Address(idOrAddress)}, Read: read, Gone: true}
		if headers.Key(gone.Group.ID).Validate() != nil {
			return group.Group{}, false, nil
		}
		err := m.store.Update(ctx, func(_ context.Context, tx store.Tx) error { return headers.Put(tx, gone.Group.ID, gone) })
		return group.Group{}, false, err
	}
	if err != nil {
		return group.Group{}, false, err
	}
	err = m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		now, err := headers.Get(ctx, tx, h.Group.ID)
		if err != nil || now.Read.After(read) {
			return err
		}
		for k := range now.Chunks {
			if err := chunks.Delete(tx, chunkID(h.Group.ID, k)); err != nil {
				return err
			}
		}
		return headers.Put(tx, h.Group.ID, Header{Group: now.Group, Read: read, Gone: true, Untold: []group.Part{group.Deleted}})
	})
	if err != nil {
		return group.Group{}, false, fmt.Errorf("remove group %s: %w", h.Group.Email, err)
	}
	return h.Group, true, nil
}

// Groups visits all groups in the order of their addresses.
func (m *Mirror) Groups(ctx context.Context, visit func(Header) error) error {
	return headers.Each(ctx, m.store, store.Query{
		Where: []store.Cond{{Field: "gone", Op: store.Equal, Value: false}}, OrderBy: "email",
	}, visit)
}

// Between returns the ids of the groups whose address is after one and not after another; an
// empty end is open.
func (m *Mirror) Between(ctx context.Context, after, upTo string) ([]string, error) {
	where := []store.Cond{{Field: "gone", Op: store.Equal, Value: false}}
	if after != "" {
		where = append(where, store.Cond{Field: "email", Op: store.Greater, Value: group.Address(after)})
	}
	if upTo != "" {
		where = append(where, store.Cond{Field: "email", Op: store.AtMost, Value: group.Address(upTo)})
	}
	var out []string
	err := headers.Each(ctx, m.store, store.Query{Where: where, OrderBy: "email"}, func(h Header) error {
		out = append(out, h.Group.ID)
		return nil
	})
	return out, err
}

// Count returns the number of groups.
func (m *Mirror) Count(ctx context.Context) (int, error) {
	n := 0
	err := m.Groups(ctx, func(Header) error { n++; return nil })
	return n, err
}

// GroupsOf returns the ids of the groups whose direct member this person or group is, sorted.
func (m *Mirror) GroupsOf(ctx context.Context, member string) ([]string, error) {
	var out []string
	err := chunks.Each(ctx, m.store, store.Query{Where: []store.Cond{{Field: "ids", Op: store.Contains, Value: member}}},
		func(c chunk) error {
			out = append(out, c.Group)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("look up the groups of %s: %w", member, err)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
