package groupapi

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

func (h *handler) why(ctx context.Context, q *question) (any, error) {
	head, err := h.group(ctx, q)
	if err != nil {
		return nil, err
	}
	id, err := h.person(ctx, q.PathValue("person"))
	if err != nil {
		return nil, err
	}
	paths, err := h.paths(ctx, id, head)
	if err != nil {
		return nil, err
	}
	asOf, complete, err := h.whole(ctx, q)
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
	return Answer[[]Path]{Data: paths, AsOf: asOf, WatchedUntil: until, Complete: complete && head.Complete()}, err
}

// paths returns one path for each group of which somebody is a direct member and which leads
// to another, the shortest first.
func (h *handler) paths(ctx context.Context, person string, to mirror.Header) ([]Path, error) {
	direct, err := h.mirror.GroupsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	out := []Path{}
	for _, id := range direct {
		if len(out) == mostPaths {
			break
		}
		start, err := h.mirror.Snapshot(ctx, id)
		if errors.Is(err, mirror.ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		way := []string{start.Group.Email}
		if id != to.Group.ID {
			above, err := h.climb(ctx, id, true)
			if err != nil {
				return nil, err
			}
			at := slices.IndexFunc(above, func(m Membership) bool { return m.ID == to.Group.ID })
			if at < 0 {
				continue
			}
			for _, between := range slices.Backward(above[at].Through) {
				way = append(way, between)
			}
			way = append(way, to.Group.Email)
		}
		path := Path{Groups: way}
		for _, m := range start.Members {
			if m.ID == person {
				path.Role = m.Role
			}
		}
		out = append(out, path)
	}
	slices.SortStableFunc(out, func(a, b Path) int { return cmp.Compare(len(a.Groups), len(b.Groups)) })
	return out, nil
}
