package groupapi

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

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
	known, err := h.people.groupsOf(ctx, h, q.PathValue("person"), deep)
	if err != nil {
		return nil, err
	}
	if q.maxAge > 0 && h.now().Sub(known.asOf) > q.maxAge {
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
	return Answer[[]Membership]{Data: page, AsOf: known.asOf, WatchedUntil: known.watched, Complete: known.complete, Next: next}, err
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
	for level := []step{{id: id}}; len(level) > 0; {
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
		if len(above) > maxNested {
			return nil, tooLarge()
		}
		level = above
	}
	slices.SortFunc(out, func(a, b Membership) int { return cmp.Compare(membershipKey(a), membershipKey(b)) })
	return out, nil
}

// mostPaths bounds how many reasons an answer gives.
const mostPaths = 20

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

func (h *handler) changes(ctx context.Context, q *question) (any, error) {
	now := h.now()
	until := now.Add(-mirror.FeedLag)
	from, after := until, ""
	if text := q.URL.Query().Get("since"); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || now.Sub(at) > mirror.FeedFor {
			return nil, malformed("since is a time such as 2026-11-22T09:00:00Z, at most 30 days ago.")
		}
		from = at
	}
	if q.cursor != "" {
		values, err := decodeCursor("changes", q.cursor, 2)
		if err != nil {
			return nil, err
		}
		at, err := time.Parse(time.RFC3339Nano, values[0])
		if err != nil {
			return nil, malformed("The cursor is none of this path's.")
		}
		if now.Sub(at) > mirror.FeedFor {
			return nil, problem(410, "too-old", "What this cursor points to is forgotten.", "Begin with the export.")
		}
		from, after = at, values[1]
	}
	answer := Answer[[]Change]{Data: []Change{}, AsOf: until, Complete: true}
	// The cursor is a time and what was seen of it: one microsecond can hold several.
	list, next, err := h.mirror.Feed(ctx, from, until, "", q.limit+1)
	if err != nil {
		return nil, err
	}
	last := from
	for _, d := range list {
		key := d.Group
		if d.At.Equal(from) && after != "" && key <= after {
			continue
		}
		if len(answer.Data) == q.limit {
			next = "more"
			break
		}
		last, after = d.At, key
		if q.client.Sees(d.Email) {
			answer.Data = append(answer.Data, Change{
				At: d.At, Group: d.Group, Email: d.Email, Parts: d.Parts, Added: d.Added, Removed: d.Removed, Changed: d.Moved, Many: d.Many,
			})
		}
	}
	// There always is a next cursor: the feed goes on.
	answer.Next, answer.Complete = encodeCursor("changes", last.UTC().Format(time.RFC3339Nano), after), next == ""
	if answer.WatchedUntil, err = h.watched(ctx); err != nil {
		return nil, err
	}
	return answer, nil
}
