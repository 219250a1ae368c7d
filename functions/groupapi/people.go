package groupapi

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// somebody is whom a question is about.
type somebody struct {
	id string
	// outside says that the directory does not have them: they are known as a member only, and to
	// a client only by the groups that it may see.
	outside bool
}

// person finds somebody: a person of the company by id or address; or somebody from outside who is a
// member of a group now, by the id that they have there, which is their address where Google gives
// them none.
func (h *handler) person(ctx context.Context, idOrAddress string) (somebody, error) {
	p, err := h.mirror.Person(ctx, idOrAddress)
	if errors.Is(err, mirror.ErrUnknown) {
		p, err = h.mirror.PersonAt(ctx, idOrAddress)
	}
	if !errors.Is(err, mirror.ErrUnknown) {
		return somebody{id: p.ID}, err
	}
	id := idOrAddress
	if strings.Contains(id, "@") {
		id = group.Address(id)
	}
	groups, err := h.mirror.GroupsOf(ctx, id)
	if errors.Is(err, store.ErrInvalid) || err == nil && len(groups) == 0 {
		return somebody{}, absent()
	}
	if err != nil {
		return somebody{}, err
	}
	_, err = h.mirror.Header(ctx, id)
	switch {
	case errors.Is(err, mirror.ErrUnknown):
		return somebody{id: id, outside: true}, nil
	case err != nil:
		return somebody{}, err
	}
	return somebody{}, absent() // a group in a group is a member too, and is nobody
}

func membershipKey(m Membership) string { return m.Email + "\x00" + m.ID }

func (h *handler) groupsOf(ctx context.Context, q *question) (any, error) {
	deep, err := q.flag("effective")
	if err != nil {
		return nil, err
	}
	who := somebody{id: q.PathValue("person")}
	if !h.people.has(who.id, deep) {
		if who, err = h.person(ctx, who.id); err != nil {
			return nil, err
		}
	}
	known, err := h.people.groupsOf(ctx, h, who, deep)
	if err != nil {
		return nil, err
	}
	var list []Membership
	for _, m := range known.groups {
		if q.client.Sees(m.Email) {
			m.Through = q.shown(m.Through)
			list = append(list, m)
		}
	}
	if who.outside && len(list) == 0 {
		return nil, absent()
	}
	if err := q.fresh(known.asOf, known.watched, h.now()); err != nil {
		return nil, err
	}
	page, next, err := pageOf(q, "person", list, membershipKey)
	complete := known.whole(known.groups)
	return Answer[[]Membership]{Data: page, AsOf: known.asOf, WatchedUntil: known.watched, Complete: complete, Next: next}, err
}

// climb finds the groups that somebody is in, directly or, where deep, through other groups:
// the nearest way to each. Groups that contain one another are gone through once.
func (h *handler) climb(ctx context.Context, id string, deep bool) ([]Membership, error) {
	type step struct {
		id      string
		through []string
	}
	var out []Membership
	seen := map[string]bool{}
	direct := 0
	for level, depth := []step{{id: id}}, 0; len(level) > 0; depth++ {
		if depth > mostDeep {
			return nil, tooLarge()
		}
		var above []step
		for _, s := range level {
			groups, err := h.mirror.GroupsOf(ctx, s.id)
			if err != nil {
				return nil, err
			}
			for _, g := range groups {
				if seen[g] {
					continue
				}
				seen[g] = true
				if depth > 0 && len(seen)-direct > mostNested {
					return nil, tooLarge()
				}
				head, err := h.mirror.Find(ctx, g)
				if errors.Is(err, mirror.ErrUnknown) {
					continue // gone meanwhile
				}
				if err != nil {
					return nil, err
				}
				out = append(out, Membership{ID: g, Email: head.Group.Email, Name: head.Group.Name, Direct: s.through == nil, Through: s.through})
				if deep {
					above = append(above, step{g, append([]string{head.Group.Email}, s.through...)})
				}
			}
		}
		if depth == 0 {
			direct = len(seen) // of which somebody may be in any number
		}
		level = above
	}
	slices.SortFunc(out, func(a, b Membership) int { return cmp.Compare(membershipKey(a), membershipKey(b)) })
	return out, nil
}
