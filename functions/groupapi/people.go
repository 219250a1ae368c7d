package groupapi

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

// person returns the id under which the mirror has a person, by id or address: a person of the
// company, or somebody from outside who has been seen as a member.
func (h *handler) person(ctx context.Context, idOrAddress string) (string, error) {
	p, err := h.mirror.Person(ctx, idOrAddress)
	if errors.Is(err, mirror.ErrUnknown) {
		p, err = h.mirror.PersonAt(ctx, idOrAddress)
	}
	if errors.Is(err, mirror.ErrUnknown) {
		return "", absent()
	}
	return p.ID, err
}

func membershipKey(m Membership) string { return m.Email + "\x00" + m.ID }

func (h *handler) groupsOf(ctx context.Context, q *question) (any, error) {
	deep, err := q.flag("effective")
	if err != nil {
		return nil, err
	}
	id, err := h.person(ctx, q.PathValue("person"))
	if err != nil {
		return nil, err
	}
	known, err := h.people.groupsOf(ctx, h, id, deep)
	if err != nil {
		return nil, err
	}
	if q.tooOld(known.asOf, h.now()) {
		return nil, stale(known.asOf)
	}
	var list []Membership
	for _, m := range known.groups {
		if q.client.Sees(m.Email) {
			m.Through = q.shown(m.Through)
			list = append(list, m)
		}
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
