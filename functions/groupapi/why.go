package groupapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func (h *handler) why(ctx context.Context, q *question) (any, error) {
	head, err := h.group(ctx, q)
	if err != nil {
		return nil, err
	}
	within, err := h.below(ctx, head)
	if err == nil {
		err = h.tooOldOf(ctx, q, within.groups)
	}
	if err != nil {
		return nil, err
	}
	who, err := h.person(ctx, q.PathValue("person"))
	if err != nil {
		return nil, err
	}
	direct, err := h.beginnings(ctx, who.id, within)
	if err != nil {
		return nil, err
	}
	if who.outside && len(direct) == 0 {
		return nil, absent()
	}
	direct, next, err := pageOf(q, "why", direct, within.key)
	if err != nil {
		return nil, err
	}
	paths, err := h.paths(ctx, who.id, direct, within.ways)
	if err != nil {
		return nil, err
	}
	all, err := h.whole(ctx, q)
	if err != nil {
		return nil, err
	}
	for i := range paths {
		paths[i].Groups = q.shown(paths[i].Groups)
	}
	asOf := all.asOf
	for _, g := range within.groups {
		if g.Read.Before(asOf) {
			asOf = g.Read
		}
	}
	return Answer[[]Path]{Data: paths, AsOf: asOf, WatchedUntil: all.watched, Complete: within.complete && all.complete, Next: next}, nil
}

// inside is what is in a group.
type inside struct {
	// ways are the nearest ways from each group in it up to the group, by the id of where a way
	// begins; the group itself is its own way.
	ways   map[string][]string
	groups []mirror.Header
	// complete says that the members of all of these groups are known as they are.
	complete bool
}

// below goes through the groups in a group. Groups that contain one another are gone through once.
func (h *handler) below(ctx context.Context, top mirror.Header) (inside, error) {
	found := inside{ways: map[string][]string{top.Group.ID: {top.Group.Email}}, complete: true}
	for level, depth := []mirror.Header{top}, 0; len(level) > 0; depth++ {
		var lower []mirror.Header
		for _, outer := range level {
			var members []group.Member
			if outer.Nested > 0 {
				var err error
				if outer, members, err = h.mirror.Members(ctx, outer.Group.ID); err != nil {
					return inside{}, err
				}
			}
			found.groups = append(found.groups, outer)
			found.complete = found.complete && outer.Complete()
			for _, m := range members {
				if m.Type != group.Nested || found.ways[m.ID] != nil {
					continue
				}
				in, err := h.mirror.Find(ctx, m.ID)
				if errors.Is(err, mirror.ErrUnknown) {
					found.complete = false // of another company, or gone
					continue
				}
				if err != nil {
					return inside{}, err
				}
				if len(found.ways) > mostNested || depth >= mostDeep {
					return inside{}, tooLarge()
				}
				found.ways[m.ID] = append([]string{in.Group.Email}, found.ways[outer.Group.ID]...)
				lower = append(lower, in)
			}
		}
		level = lower
	}
	return found, nil
}

// key orders the groups of which somebody is a direct member by how near they are, and then by id.
func (i inside) key(id string) string { return fmt.Sprintf("%04d.%s", len(i.ways[id]), id) }

// beginnings returns the groups of which somebody is a direct member and from which there is a way, in
// the order of their keys.
func (h *handler) beginnings(ctx context.Context, person string, within inside) ([]string, error) {
	direct, err := h.mirror.GroupsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	direct = slices.DeleteFunc(direct, func(id string) bool { return within.ways[id] == nil })
	slices.SortFunc(direct, func(a, b string) int { return cmp.Compare(within.key(a), within.key(b)) })
	return direct, nil
}

// paths returns the way from each of these groups, of which somebody is a direct member.
func (h *handler) paths(ctx context.Context, person string, direct []string, ways map[string][]string) ([]Path, error) {
	paths := []Path{}
	for _, id := range direct {
		start, err := h.mirror.Snapshot(ctx, id)
		if errors.Is(err, mirror.ErrUnknown) {
			continue // gone meanwhile
		}
		if err != nil {
			return nil, err
		}
		path := Path{Groups: ways[id]}
		for _, m := range start.Members {
			if m.ID == person {
				path.Role = m.Role
			}
		}
		paths = append(paths, path)
	}
	return paths, nil
}
