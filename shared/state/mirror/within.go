package mirror

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// ErrUnread says that the members of a group have never been read.
var ErrUnread = errors.New("its members have not been read yet")

// Roster returns everybody who is in a group, directly or through groups in it, each once, by id.
// Groups that contain one another are followed once, groups of other companies not at all: those that
// Google was asked for and that the company has not ([Mirror.Remove]). Where everybody in the company
// is one member, that stands for nobody in particular.
//
// The error is [ErrUnknown] where there is no such group, and [ErrUnread] where nobody knows yet who is
// in it or in one of the groups within, also because nobody has asked yet whose group that is: not to
// know is not the same as nobody.
func (m *Mirror) Roster(ctx context.Context, idOrAddress string) ([]group.Member, error) {
	everybody, unread, err := m.within(ctx, idOrAddress)
	if err == nil && unread != "" {
		err = fmt.Errorf("group %s: %w", unread, ErrUnread)
	}
	if err != nil {
		return nil, err
	}
	return everybody, nil
}

// Within returns the ids of those in [Mirror.Roster] who are known to be in a group, sorted: nobody,
// where there is no such group. It is for what people may do by being in one.
func (m *Mirror) Within(ctx context.Context, idOrAddress string) ([]string, error) {
	known, _, err := m.within(ctx, idOrAddress)
	if errors.Is(err, ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, member := range known {
		ids = append(ids, member.ID)
	}
	return ids, nil
}

// within returns who is known to be in a group, and the address, or the id, of a group within whose
// members have not been read; empty where there is none.
func (m *Mirror) within(ctx context.Context, idOrAddress string) (known []group.Member, unread string, err error) {
	seen := map[string]bool{}
	next := []group.Member{{ID: idOrAddress}}
	for first := true; len(next) > 0; first = false {
		inner := next[len(next)-1]
		next = next[:len(next)-1]
		s, err := m.Snapshot(ctx, inner.ID)
		if errors.Is(err, ErrUnknown) && !first {
			asked, err := m.Freshness(ctx, inner.ID)
			if err != nil {
				return nil, "", err
			}
			if asked.IsZero() {
				unread = cmp.Or(inner.Email, inner.ID) // Google may list it without an address
			}
			continue // otherwise a group of another company, or one that is gone
		}
		if err != nil {
			return nil, "", err
		}
		if seen[s.Group.ID] {
			continue // found by its address first
		}
		seen[s.Group.ID] = true
		if s.Read.IsZero() {
			unread = cmp.Or(s.Group.Email, s.Group.ID)
		}
		for _, member := range s.Members {
			switch {
			case member.Type == group.Customer:
			case member.Type != group.Nested:
				known = append(known, member)
			case !seen[member.ID]:
				next = append(next, member)
			}
		}
	}
	slices.SortFunc(known, func(a, b group.Member) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(known, func(a, b group.Member) bool { return a.ID == b.ID }), unread, nil
}

// HasEverybody reports whether everybody in the company is a member of a group, by itself or of a group within: of whom
// [Mirror.Roster] and [Mirror.GroupsOf] name nobody.
func (m *Mirror) HasEverybody(ctx context.Context, idOrAddress string) (bool, error) {
	seen := map[string]bool{}
	for next := []string{idOrAddress}; len(next) > 0; next = next[1:] {
		s, err := m.Snapshot(ctx, next[0])
		if errors.Is(err, ErrUnknown) || err == nil && seen[s.Group.ID] {
			continue
		}
		if err != nil {
			return false, err
		}
		seen[s.Group.ID] = true
		for _, member := range s.Members {
			switch member.Type {
			case group.Customer:
				return true, nil
			case group.Nested:
				next = append(next, member.ID)
			}
		}
	}
	return false, nil
}
