package groupapi

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// mostPaths bounds how many reasons an answer gives.
const mostPaths = 20

func (h *handler) why(ctx context.Context, q *question) (any, error) {
	head, err := h.group(ctx, q)
	if err != nil {
		return nil, err
	}
	within, complete, err := h.below(ctx, head)
	if err != nil {
		return nil, err
	}
	who, err := h.person(ctx, q.PathValue("person"))
	if err != nil {
		return nil, err
	}
	paths, all, err := h.paths(ctx, who.id, within)
	if err != nil {
		return nil, err
	}
	if who.outside && len(paths) == 0 {
		return nil, absent()
	}
	asOf, whole, err := h.whole(ctx, q)
	if err != nil {
		return nil, err
	}
	for i := range paths {
		paths[i].Groups = q.shown(paths[i].Groups)
	}
	until, err := h.watched(ctx)
	if head.Read.Before(asOf) {
		asOf = head.Read
	}
	return Answer[[]Path]{Data: paths, AsOf: asOf, WatchedUntil: until, Complete: complete && whole && all}, err
}

// below returns the nearest way from each group in a group up to that group, by the id of where it
// begins; the group itself is its own way. Groups that contain one another are gone through once.
// The boolean is false where the members of one of them are not known as they are.
func (h *handler) below(ctx context.Context, top mirror.Header) (ways map[string][]string, whole bool, err error) {
	ways, whole = map[string][]string{top.Group.ID: {top.Group.Email}}, true
	for level, depth := []mirror.Header{top}, 0; len(level) > 0; depth++ {
		var lower []mirror.Header
		for _, outer := range level {
			whole = whole && outer.Complete()
			if outer.Nested == 0 {
				continue
			}
			s, err := h.mirror.Snapshot(ctx, outer.Group.ID)
			if err != nil {
				return nil, false, err
			}
			for _, m := range s.Members {
				if m.Type != group.Nested || ways[m.ID] != nil {
					continue
				}
				in, err := h.mirror.Find(ctx, m.ID)
				if errors.Is(err, mirror.ErrUnknown) {
					whole = false // of another company, or gone
					continue
				}
				if err != nil {
					return nil, false, err
				}
				if len(ways) > mostNested || depth >= mostDeep {
					return nil, false, tooLarge()
				}
				ways[m.ID] = append([]string{in.Group.Email}, ways[outer.Group.ID]...)
				lower = append(lower, in)
			}
		}
		level = lower
	}
	return ways, whole, nil
}

// paths returns one path for each group of which somebody is a direct member and from which there
// is a way, the shortest first. The boolean is false where there are more.
func (h *handler) paths(ctx context.Context, person string, ways map[string][]string) (paths []Path, all bool, err error) {
	direct, err := h.mirror.GroupsOf(ctx, person)
	if err != nil {
		return nil, false, err
	}
	direct = slices.DeleteFunc(direct, func(id string) bool { return ways[id] == nil })
	slices.SortStableFunc(direct, func(a, b string) int { return cmp.Compare(len(ways[a]), len(ways[b])) })
	all = len(direct) <= mostPaths
	paths = []Path{}
	for _, id := range direct[:min(len(direct), mostPaths)] {
		start, err := h.mirror.Snapshot(ctx, id)
		if errors.Is(err, mirror.ErrUnknown) {
			continue // gone meanwhile
		}
		if err != nil {
			return nil, false, err
		}
		path := Path{Groups: ways[id]}
		for _, m := range start.Members {
			if m.ID == person {
				path.Role = m.Role
			}
		}
		paths = append(paths, path)
	}
	return paths, all, nil
}
