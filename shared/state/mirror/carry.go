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

// This file carries what is new of a member into the groups that have it as a direct one. The audit log
// tells of a new address, or of an account that is stopped, once, and not of each of these groups; their
// members are the same as before, so no reading is needed.
//
// What is written is what the mirror holds of the member at that moment, read in the same transaction.
// So a person or a group is stored first and carried then, and it does not matter who carries: of two
// readings that end in another order than they began, both write the newer one into every group. Where the
// members of a group were listed after that reading began, the listing knows better, and stays; not where
// some of the members are only kept, and nobody can tell whom the listing had.
//
// A listing of members that began before something was carried, and is stored after, does not bring back
// what the group has of its members, nor what was said of somebody whom it has not had yet: these are looked up,
// unless they are very many: then it is listed once more. In the first listing of a group everybody is new; they are
// looked up where something was read by itself since ([Mirror.Overtake]).

// CarryPerson writes the address of a person into every group that has it as a direct member, if it is
// another one since the last time, and whether the account is stopped, if that has changed, as Google lists
// it there from then on. Of an account that is stopped the groups may say more than that already, and
// keep it.
//
// Where there was anything to carry, tell is called with the ids of the groups of which others perhaps
// have not heard, also where an earlier call wrote them and the process ended before it told, and with
// the time of the reading: it calls [Mirror.Told] for [group.Details]. When it has returned without an
// error the person is in [Mirror.Uncarried] no more, unless something newer was stored meanwhile.
func (m *Mirror) CarryPerson(ctx context.Context, id string, tell func(groups []string, read time.Time) error) error {
	was, err := people.Get(ctx, m.store, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !was.uncarried() {
		return nil
	}
	var groups []string
	if err == nil {
		// By the time of what is carried, which may be newer than what the caller has stored.
		err = m.Overtake(ctx, was.Read)
	}
	if err == nil {
		groups, err = m.carry(ctx, id, func(ctx context.Context, tx store.Tx) (carried, error) {
			a, err := people.Get(ctx, tx, id)
			return carried{into: a.writeInto, read: a.Read}, err
		})
	}
	if err != nil {
		return fmt.Errorf("carry what is new of %s into their groups: %w", id, err)
	}
	if err := tell(groups, was.Read); err != nil {
		return err
	}
	err = m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		a, err := people.Get(ctx, tx, id)
		if err != nil || !a.Read.Equal(was.Read) {
			return err
		}
		a.Moved, a.Turned, a.Unasked, a.Again = false, false, false, false
		return people.Put(tx, id, a)
	})
	if err != nil {
		return fmt.Errorf("record that the groups of %s have what is new of them: %w", id, err)
	}
	return nil
}

// Recarry has a person of whom nothing is new carried by the next [Mirror.CarryPerson], once: somebody has heard
// that there is, and a list may have brought it while the mirror was filled, with groups that say something older.
func (m *Mirror) Recarry(ctx context.Context, id string) error {
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		a, err := people.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && (!a.Unasked || a.uncarried()) {
			return nil
		}
		if err != nil {
			return err
		}
		a.Again = true
		return people.Put(tx, id, a)
	})
	if err != nil {
		return fmt.Errorf("have %s carried once more: %w", id, err)
	}
	return nil
}

// writeInto changes what a group has of a person as a member.
func (a account) writeInto(one *group.Member) {
	if a.Unasked {
		a.correct(one)
	}
	if a.Moved {
		one.Email = a.Email
	}
	switch {
	case !a.Turned:
	case !a.Suspended:
		one.Status = active
	case one.Status == active:
		one.Status = suspended
	}
}

// correct changes what an older listing of a group says of a person as a member.
func (a account) correct(one *group.Member) {
	one.Email = a.Email
	switch {
	case a.Suspended && one.Status == active:
		one.Status = suspended
	case !a.Suspended && one.Status == suspended:
		one.Status = active
	}
}

// Uncarried returns the ids of the people of whom groups may say something older than what was stored
// last, because it was not carried there yet or the process ended in between.
func (m *Mirror) Uncarried(ctx context.Context) ([]string, error) {
	var out []string
	q := store.Query{Where: []store.Cond{{Field: "uncarried", Op: store.Equal, Value: true}}}
	if err := people.Each(ctx, m.store, q, func(a account) error { out = append(out, a.ID); return nil }); err != nil {
		return nil, fmt.Errorf("look for people of whom groups may say something older: %w", err)
	}
	return out, nil
}

// CarryGroup writes the address of a group into every group that has it as a direct member. It returns
// the ids of the groups that have it and of which others perhaps have not heard, as [Mirror.CarryPerson]
// hands them on. That a group is still to be carried is in [Header.Untold]: it was renamed.
func (m *Mirror) CarryGroup(ctx context.Context, id string) ([]string, error) {
	groups, err := m.carry(ctx, id, func(ctx context.Context, tx store.Tx) (carried, error) {
		h, err := headers.Get(ctx, tx, id)
		return carried{into: func(one *group.Member) { one.Email = h.Group.Email }, read: h.Listed}, err
	})
	if err != nil {
		return nil, fmt.Errorf("carry the address of group %s into others: %w", id, err)
	}
	return groups, nil
}

// carried is what the mirror holds of a member: how it is written into a group, when it was read, and whether there
// is no such account or group any more, or as far as was ever heard of.
type carried struct {
	into    func(*group.Member)
	read    time.Time
	gone    bool
	unheard bool
}

// carry writes what the mirror holds of a member into all of its groups that say something older, and
// returns those that have it and of which others perhaps have not heard.
func (m *Mirror) carry(ctx context.Context, member string, held func(context.Context, store.Tx) (carried, error)) ([]string, error) {
	groups, err := m.GroupsOf(ctx, member)
	if err != nil {
		return nil, err
	}
	var untold []string
	for _, id := range groups {
		tell := false
		err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
			tell = false
			h, err := headers.Get(ctx, tx, id)
			if errors.Is(err, store.ErrNotFound) || err == nil && h.Gone {
				return nil
			}
			if err != nil {
				return err
			}
			k := place(member, max(1, len(h.Sums)))
			members, err := readChunk(ctx, tx, h, k)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(members, func(one group.Member) bool { return one.ID == member })
			if i < 0 {
				return nil // no member any more
			}
			newest, err := held(ctx, tx)
			if errors.Is(err, store.ErrNotFound) {
				return nil // forgotten meanwhile
			}
			if err != nil {
				return err
			}
			before := members[i]
			// A listing knows better that began after that reading, unless it may lack the member, who is only kept.
			own := h.Held == 0 && !h.Whole
			if !own || !h.Read.After(newest.read) {
				newest.into(&members[i])
			}
			if members[i] == before {
				tell = slices.Contains(h.Untold, group.Details)
				if !newest.read.After(h.Read) || !newest.read.After(h.Rewritten) {
					return nil
				}
				h.Rewritten = newest.read // another listing under way may not have it
				return headers.Put(tx, id, h)
			}
			tell = true
			h.Sums[k] = sum(members)
			if newest.read.After(h.Rewritten) {
				h.Rewritten = newest.read
			}
			if h.Read.After(newest.read) && !h.Whole && !h.Pending() {
				h.Due = h.Read.Add(time.Nanosecond) // who is listed after all is as listed again when it is read once more
			}
			h.Untold = union(h.Untold, []group.Part{group.Details})
			if err := headers.Put(tx, id, h); err != nil {
				return err
			}
			if err := m.note(tx, h, h, group.Difference{Parts: []group.Part{group.Details}, Moved: []group.Member{{ID: member}}}); err != nil {
				return err
			}
			return putChunk(tx, id, k, h.Sums[k], members)
		})
		if err != nil {
			return nil, fmt.Errorf("group %s: %w", id, err)
		}
		if tell {
			untold = append(untold, id)
		}
	}
	return untold, nil
}

// apartAtMost is how many members that a group has not had yet are looked up by themselves, each of which is a document;
// insideAtMost how many of those that it has.
const (
	apartAtMost  = 200
	insideAtMost = 2000
)

// rewritten returns the members of a listing that began before something was written of one of them, with the
// addresses and states of those who were read by themselves since, and without who is gone since. The others come as
// listed. Only where the mirror has had another word of a member, or none, is that looked up. The time is that of the
// last such writing or reading. The boolean is false where the group is to be read again: these are too many, and the
// rest of them come as listed too, or the group has had somebody who is gone and of whom the mirror has never heard.
func rewritten(ctx context.Context, tx store.Tx, h Header, s group.Snapshot) (members []group.Member, last time.Time, all bool, err error) {
	have := map[string]group.Member{}
	for k := range h.Sums {
		part, err := readChunk(ctx, tx, h, k)
		if err != nil {
			return nil, time.Time{}, false, err
		}
		for _, one := range part {
			have[one.ID] = one
		}
	}
	last = h.Rewritten
	out := make([]group.Member, 0, len(s.Members))
	apart, inside, unheard := 0, 0, false
	for _, one := range s.Members {
		stored, ok := have[one.ID]
		if ok && stored.Email == one.Email && stored.Status == one.Status {
			out = append(out, one)
			continue
		}
		if ok {
			inside++
		} else {
			apart++
		}
		if ok && inside > insideAtMost || !ok && apart > apartAtMost {
			out = append(out, one)
			continue
		}
		newest, err := readApart(ctx, tx, one)
		if err != nil {
			return nil, time.Time{}, false, err
		}
		if newest.read.After(s.Read) {
			if newest.read.After(last) {
				last = newest.read
			}
			if newest.gone && !ok { // whoever found that out asked for the groups that had them by then
				continue
			}
			unheard = unheard || newest.unheard
			newest.into(&one)
		}
		out = append(out, one)
	}
	return out, last, apart <= apartAtMost && inside <= insideAtMost && !unheard, nil
}

// joining returns the members of a listing with what was read since of those who join by it, and without who is gone
// since; and the time of the last of these readings, the zero time where there is none: whoever carried what it
// brought has not found them in the group.
func joining(ctx context.Context, tx store.Tx, listed, joined []group.Member, read time.Time) (members []group.Member, last time.Time, err error) {
	newer := map[string]carried{}
	for _, one := range joined {
		newest, err := readApart(ctx, tx, one)
		if err != nil {
			return nil, time.Time{}, err
		}
		if newest.read.After(read) {
			newer[one.ID] = newest
		}
	}
	for _, one := range listed {
		newest, ok := newer[one.ID]
		if ok && newest.read.After(last) {
			last = newest.read
		}
		if ok && newest.gone {
			continue
		}
		if ok {
			newest.into(&one)
		}
		members = append(members, one)
	}
	return members, last, nil
}

// readApart returns what was read of a member by itself last, and when; the zero time, if nothing ever was.
func readApart(ctx context.Context, tx store.Tx, one group.Member) (newest carried, err error) {
	if one.Type == group.Nested {
		var h Header
		h, err = headers.Get(ctx, tx, one.ID)
		newest = carried{into: func(one *group.Member) { one.Email = h.Group.Email }, read: h.Listed, gone: h.Gone}
		if h.Gone {
			newest.read = h.Read
		}
	} else {
		var a account
		a, err = people.Get(ctx, tx, one.ID)
		newest = carried{into: a.correct, read: a.Read, gone: a.Gone}
	}
	if errors.Is(err, store.ErrInvalid) { // an address that no key can be
		return carried{}, nil
	}
	if errors.Is(err, store.ErrNotFound) {
		return nobody(ctx, tx, one)
	}
	return newest, err
}
