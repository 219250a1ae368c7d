package groupapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// What one question goes through at most; more is for the export.
const (
	mostNested  = 2_000   // groups
	mostDeep    = 50      // groups in one another
	mostMembers = 500_000 // members, people and groups
)

func memberKey(m Member) string { return m.Email + "\x00" + m.ID }

func (h *handler) members(ctx context.Context, q *question) (any, error) {
	deep, err := q.flag("effective")
	if err != nil {
		return nil, err
	}
	head, err := h.group(ctx, q)
	if err != nil {
		return nil, err
	}
	t := &tree{h: h, q: q, asOf: head.Read, complete: true, seen: map[string]bool{}}
	if deep {
		if err = t.expand(ctx, head); err == nil {
			err = h.tooOldOf(ctx, q, t.groups)
		}
	} else {
		var members []group.Member
		head, members, err = h.mirror.Members(ctx, head.Group.ID)
		t.members, t.asOf, t.complete = toMembers(members), head.Read, head.Complete()
	}
	if err != nil {
		return nil, err
	}
	until, err := h.watched(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(t.members, func(a, b Member) int { return cmp.Compare(memberKey(a), memberKey(b)) })
	page, next, err := pageOf(q, "members", t.members, memberKey)
	return Answer[[]Member]{Data: page, AsOf: t.asOf, WatchedUntil: until, Complete: t.complete, Next: next}, err
}

// tree is a group with the groups in it.
type tree struct {
	h        *handler
	q        *question
	members  []Member
	groups   []mirror.Header // that were gone through
	seen     map[string]bool // people and groups, by id
	asOf     time.Time
	complete bool
}

// inner is a group on the way down.
type inner struct {
	id   string
	path []string
}

// expand collects everybody who is in a group: the nearest path of each, level by level.
// Groups that contain one another are gone through once. A group of another company, and one
// that is in no list any more, ends its path; then the answer is not complete.
func (t *tree) expand(ctx context.Context, head mirror.Header) error {
	t.seen[head.Group.ID] = true
	nested := 0
	for level, depth := []inner{{head.Group.ID, []string{head.Group.Email}}}, 0; len(level) > 0; depth++ {
		var below []inner
		for _, in := range level {
			if len(t.seen) > mostMembers {
				return tooLarge()
			}
			h, members, err := t.h.mirror.Members(ctx, in.id)
			if errors.Is(err, mirror.ErrUnknown) {
				t.complete = false
				continue
			}
			if err != nil {
				return err
			}
			t.complete = t.complete && h.Complete()
			t.groups = append(t.groups, h)
			if h.Read.Before(t.asOf) {
				t.asOf = h.Read
			}
			path := t.q.shown(in.path) // shared by all of this group
			for _, m := range members {
				if t.seen[m.ID] {
					continue
				}
				t.seen[m.ID] = true
				one := Member{ID: m.ID, Email: m.Email, Role: m.Role, Type: m.Type, Status: m.Status}
				if len(in.path) > 1 {
					one.Role, one.Path = group.Plain, path
				}
				t.members = append(t.members, one)
				if m.Type == group.Nested {
					below = append(below, inner{m.ID, append(slices.Clone(in.path), m.Email)})
				}
			}
		}
		if nested += len(below); nested > mostNested || depth > mostDeep {
			return tooLarge()
		}
		level = below
	}
	return nil
}

func tooLarge() error {
	return problem(http.StatusUnprocessableEntity, "too-large", "This goes through more than one answer can.",
		fmt.Sprintf("More than %d nested groups, %d in one another, or %d members: use the export.", mostNested, mostDeep, mostMembers))
}
