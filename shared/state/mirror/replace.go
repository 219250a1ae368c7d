package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Replace stores a complete reading of a group together with its members, for those who do not read
// them apart. It returns the parts that others have to hear of, as [Mirror.PutMembers].
func (m *Mirror) Replace(ctx context.Context, s group.Snapshot) ([]group.Part, error) {
	put, err := m.replace(ctx, s, false, func(Header) (group.Group, time.Time) { return s.Group, s.Read })
	if err != nil {
		return nil, fmt.Errorf("store group %s: %w", s.Group.Email, err)
	}
	return put.Parts, nil
}

// PutMembers stores a complete reading of the members of a group whose details the mirror holds
// already. A reading that is older than what the mirror holds changes nothing.
//
// A reading that finds nothing new still writes the header, for its time: those who repair lost
// notifications must know that the group was looked at.
func (m *Mirror) PutMembers(ctx context.Context, id string, members []group.Member, read time.Time) (Put, error) {
	s := group.Snapshot{Group: group.Group{ID: id}, Members: members, Read: read}
	put, err := m.replace(ctx, s, false, heldDetails)
	if err != nil {
		return Put{}, fmt.Errorf("store the members of group %s: %w", id, err)
	}
	return put, nil
}

// Put is what has come of storing a reading.
type Put struct {
	// Parts are those that others have to hear of: what this reading changes, and what an earlier one
	// changed without telling, because the process ended in between. Call [Mirror.Told] when they have heard.
	Parts []group.Part
	// Again says that the group is not complete after it because not all was looked up that may be newer than the
	// reading: very many join by it, or one of them is gone since. Another reading, that begins now, settles it.
	Again bool
	// Filling says that the group had not been read before, in a mirror that is being filled.
	Filling bool
}

// PutAdditions stores what a listing adds that may be incomplete, and what it says of members who
// were there before. Who is not in it stays and counts as held, but nobody is asked to agree to
// their loss, and no agreement is made use of: only a complete reading takes anybody away, and the
// group is not complete until there is one ([Header.Complete]). Where the members were never read,
// nothing is stored: a part of them would pass for all. Who is listed twice is there as listed last.
// It returns what [Mirror.PutMembers] returns.
func (m *Mirror) PutAdditions(ctx context.Context, id string, members []group.Member, read time.Time) (Put, error) {
	s := group.Snapshot{Group: group.Group{ID: id}, Read: read}
	listed := map[string]bool{}
	for _, one := range slices.Backward(members) {
		if !listed[one.ID] {
			listed[one.ID] = true
			s.Members = append(s.Members, one)
		}
	}
	put, err := m.replace(ctx, s, true, heldDetails)
	if err != nil {
		return Put{}, fmt.Errorf("store the additions to group %s: %w", id, err)
	}
	return put, nil
}

// heldDetails are the details that the mirror has of a group already.
func heldDetails(before Header) (group.Group, time.Time) { return before.Group, before.Listed }

// replace stores a reading, or where it is partial what it adds. Details says what is known of the
// group itself, and when it was read.
func (m *Mirror) replace(ctx context.Context, s group.Snapshot, partial bool, details func(before Header) (group.Group, time.Time)) (put Put, err error) {
	err = m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		put = Put{}
		before, err := headers.Get(ctx, tx, s.Group.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			before = Header{}
		case err != nil:
			return err
		case before.Read.After(s.Read), partial && (before.Gone || before.Read.IsZero()):
			return nil
		}
		after := Header{Read: s.Read}
		if after.Group, after.Listed = details(before); before.Due.After(s.Read) {
			after.Due = before.Due // it changed while it was read
		} else if partial {
			after.Due = s.Read.Add(time.Nanosecond) // still to be read
		}
		if after.Group.ID == "" {
			return ErrUnknown // its details expired while its members were read
		}
		overtaken := known(before)
		if !overtaken {
			census, err := readCensus(ctx, tx)
			if err != nil {
				return err
			}
			until, err := readOvertaken(ctx, tx)
			if err != nil {
				return err
			}
			put.Filling, overtaken = census.Memberships == 0, until.After(s.Read)
		}
		members := s.Members
		if before.Rewritten.After(s.Read) {
			all := false
			if members, after.Rewritten, all, err = rewritten(ctx, tx, before, s); err != nil {
				return err
			}
			if !all && !after.Due.After(after.Rewritten) {
				after.Due, put.Again = after.Rewritten, true
			}
		}
		r, err := m.compare(ctx, tx, before, after.Group, members)
		if err != nil {
			return err
		}
		// Who joins was in no group of which a newer word of them was carried here.
		switch joined := len(r.difference.Added); {
		case joined == 0, before.Rewritten.After(s.Read): // they were looked up above
		case !overtaken: // nobody was heard of since
		case joined > apartAtMost:
			if !after.Due.After(s.Read) {
				after.Due, put.Again = s.Read.Add(time.Nanosecond), true // one of them may be
			}
		default:
			newest, at, err := joining(ctx, tx, members, r.difference.Added, s.Read)
			if err != nil {
				return err
			}
			if !at.IsZero() {
				members, after.Rewritten = newest, at
				if r, err = m.compare(ctx, tx, before, after.Group, members); err != nil {
					return err
				}
			}
		}
		if gone := len(s.Members) - len(members); gone > 0 && !after.Due.After(after.Rewritten) {
			// Who is listed and gone since is left out; a listing that begins later says whether that was so.
			after.Due, put.Again = after.Rewritten.Add(time.Nanosecond), true
		}
		if before.Read.Equal(s.Read) && after.Due.After(s.Read) {
			put.Again = true // it is stored once more, and perhaps nobody has ordered that
		}
		lacks := len(r.difference.Removed) > 0
		var v verdict
		if !partial || !lacks {
			if v, err = m.judge(ctx, tx, before, r.difference.Removed, false, s.Read); err != nil {
				return err
			}
		}
		if v.hold || partial && lacks {
			// What it adds is added; who it lacks stays.
			after.Held = len(r.difference.Removed)
			if r, err = m.compare(ctx, tx, before, after.Group, append(slices.Clone(members), r.difference.Removed...)); err != nil {
				return err
			}
		}
		if before.Whole { // it is there again, and nobody has said so before its members were read
			r.difference.Parts = union(r.difference.Parts, []group.Part{group.Details})
		}
		kept, err := keptSettings(ctx, tx, before)
		if err != nil {
			return err
		}
		put.Parts = union(before.Untold, r.difference.Parts)
		after.Members, after.Nested, after.Sums, after.Untold = r.members, r.nested, r.sums, put.Parts
		if err := headers.Put(tx, s.Group.ID, after); err != nil {
			return err
		}
		if err := r.write(tx, s.Group.ID, len(before.Sums)); err != nil {
			return err
		}
		if kept != nil {
			kept.Gone = time.Time{}
			if err := settings.Put(tx, s.Group.ID, *kept); err != nil {
				return err
			}
		}
		if err := m.note(tx, before, after, r.difference); err != nil {
			return err
		}
		return v.write(tx, s.Group.ID, len(r.difference.Removed))
	})
	return put, err
}

// known reports whether the members of a group were read, and it is not gone since.
func known(h Header) bool { return !h.Gone && !h.Read.IsZero() }

// rewrite is what a reading makes of a group's chunks.
type rewrite struct {
	difference group.Difference
	members    int
	nested     int
	sums       []string
	parts      [][]group.Member
	same       []bool // the chunks that stay as they are
}

// compare holds members against what is stored. Only the chunks that differ are read.
func (m *Mirror) compare(ctx context.Context, tx store.Tx, before Header, g group.Group, members []group.Member) (rewrite, error) {
	known := known(before)
	n := m.chunksFor(len(members), len(before.Sums))
	r := rewrite{members: len(members), parts: split(members, n), sums: make([]string, n), same: make([]bool, n)}
	for _, one := range members {
		if one.Type == group.Nested {
			r.nested++
		}
	}
	var old *group.Snapshot
	if known {
		old = &group.Snapshot{Group: before.Group}
	}
	now := &group.Snapshot{Group: g}
	for k, part := range r.parts {
		r.sums[k] = sum(part)
		if r.same[k] = known && n == len(before.Sums) && r.sums[k] == before.Sums[k]; !r.same[k] {
			now.Members = append(now.Members, part...)
		}
	}
	for k := range before.Sums {
		if k < n && r.same[k] {
			continue
		}
		stored, err := readChunk(ctx, tx, before, k)
		if err != nil {
			return rewrite{}, err
		}
		old.Members = append(old.Members, stored...)
	}
	r.difference = group.Compare(old, now)
	return r, nil
}

// write writes the chunks that differ, and removes those that there were more of before.
func (r rewrite) write(tx store.Tx, id string, before int) error {
	for k, part := range r.parts {
		if r.same[k] {
			continue
		}
		if err := putChunk(tx, id, k, r.sums[k], part); err != nil {
			return err
		}
	}
	for k := len(r.parts); k < before; k++ {
		if err := chunks.Delete(tx, chunkID(id, k)); err != nil {
			return err
		}
	}
	return nil
}

func putChunk(tx store.Tx, id string, k int, sum string, members []group.Member) error {
	c := chunk{Group: id, Sum: sum, Members: make([]packed, 0, len(members))}
	for _, m := range members {
		c.Members = append(c.Members, pack(m))
	}
	return chunks.Put(tx, chunkID(id, k), c)
}

// keptSettings returns what was kept of the settings of a group that was gone and is back; nil
// where there is nothing.
func keptSettings(ctx context.Context, tx store.Tx, before Header) (*Settings, error) {
	if !before.Gone {
		return nil, nil
	}
	s, err := settings.Get(ctx, tx, before.Group.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &s, err
}

// Told records that others have heard of these parts of what the mirror holds since a reading; what
// else is untold stays so. Where a newer reading was stored meanwhile, or something was carried into it, whoever
// did so tells all of it.
func (m *Mirror) Told(ctx context.Context, id string, read time.Time, parts []group.Part) error {
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		h, err := headers.Get(ctx, tx, id)
		if err != nil || h.Seen().After(read) {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(h.Untold), func(p group.Part) bool {
			return slices.Contains(parts, p) && !(p == group.Details && h.Rewritten.After(read)) // carried meanwhile
		})
		if len(left) == len(h.Untold) {
			return nil
		}
		h.Untold = left
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
