package groupapi

import (
	"context"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// place is a place in the feed: a time, and the last group that was seen of that instant, which may
// have more differences than a page.
type place struct {
	at    time.Time
	after string
}

func (p place) cursor() string {
	return encodeCursor("changes", p.at.UTC().Format(time.RFC3339Nano), p.after)
}

// seen reports whether a difference is not behind the place.
func (p place) seen(d mirror.Difference) bool {
	return d.At.Equal(p.at) && p.after != "" && d.Group <= p.after
}

// begin returns where the client wants the feed from: its cursor, a time, or now.
func (q *question) begin(now time.Time) (place, error) {
	if q.cursor == "" {
		text := q.URL.Query().Get("since")
		if text == "" {
			return place{at: now.Add(-behind)}, nil
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || now.Sub(at) > mirror.FeedFor {
			return place{}, malformed("since is a time such as 2026-11-22T09:00:00Z, at most 30 days ago.")
		}
		return place{at: at}, nil
	}
	values, err := decodeCursor("changes", q.cursor, 2)
	if err != nil {
		return place{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, values[0])
	if err != nil {
		return place{}, malformed("The cursor is none of this path's.")
	}
	if now.Sub(at) > mirror.FeedFor {
		return place{}, problem(410, "too-old", "What this cursor points to is forgotten.", "Begin with the export.")
	}
	return place{at, values[1]}, nil
}

const (
	// behind is how old a difference is when it is told. It appears after its time, when its transaction
	// commits: mostly at once, and now and then much later, but a store gives an update up after a minute.
	// What appears behind a cursor, which is at the latest that was told, is never heard of.
	behind = time.Minute
	// standing is how far a cursor stays behind where nothing changes.
	standing = time.Hour
)

func (h *handler) changes(ctx context.Context, q *question) (any, error) {
	now := h.now()
	from, err := q.begin(now)
	if err != nil {
		return nil, err
	}
	until := now.Add(-behind)
	answer := Answer[[]Change]{Data: []Change{}, AsOf: until}
	last := from
	// One more than wanted says whether there is more, as far as the store gives so many at once;
	// where all of a page was seen before, there is more of the same instant.
	for page, full := "", false; last == from && !full; {
		list, next, err := h.mirror.Feed(ctx, from.at, until, page, min(q.limit+1, store.MaxPage))
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			if from.seen(d) {
				continue
			}
			if full = len(answer.Data) == q.limit; full {
				break
			}
			last = place{d.At, d.Group}
			if change, sees := q.change(d); sees {
				answer.Data = append(answer.Data, change)
			}
		}
		page = next
		if answer.Complete = next == "" && !full; answer.Complete {
			// All there is up to then was seen. A cursor that stood still for ever would be forgotten
			// in a month in which nothing changes.
			if latest := now.Add(-standing); last.at.Before(latest) {
				last = place{at: latest}
			}
			break
		}
	}
	// There always is a next cursor: the feed goes on.
	answer.Next = last.cursor()
	answer.WatchedUntil, err = h.watched(ctx)
	return answer, err
}

// change returns a difference as the client may see it. A group that left its sight with a new address
// is deleted for it: the new address is nothing that it may know.
func (q *question) change(d mirror.Difference) (Change, bool) {
	switch {
	case q.client.Sees(d.Email):
		return toChange(d), true
	case d.Was != "" && q.client.Sees(d.Was):
		return Change{At: d.At, Group: d.Group, Email: d.Was, Parts: []group.Part{group.Deleted}}, true
	}
	return Change{}, false
}

func toChange(d mirror.Difference) Change {
	return Change{
		At: d.At, Group: d.Group, Email: d.Email, Parts: d.Parts, Added: d.Added, Removed: d.Removed, Changed: d.Moved, Many: d.Many,
	}
}
