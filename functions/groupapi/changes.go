package groupapi

import (
	"context"
	"time"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

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
