package mirror

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// FeedFor is how long a difference is remembered.
const FeedFor = 30 * 24 * time.Hour

// FeedLag is how long after its time a difference may still appear in the feed, mostly: a transaction
// notes the time before it commits. Now and then it takes longer, though a store gives an update up
// after a minute. Whoever follows the feed asks for what is older, or again for what is not.
const FeedLag = 10 * time.Second

// mostNamed is how many members a difference names.
const mostNamed = 200

// Difference is one change of the mirror.
type Difference struct {
	// At is when it was stored.
	At    time.Time `json:"at"`
	Group string    `json:"group"`
	Email string    `json:"email"`
	// Was is the address that the group had before, where it was renamed: whoever follows the groups
	// of some addresses has to hear that one is theirs no more.
	Was   string       `json:"was,omitempty"`
	Parts []group.Part `json:"parts"`
	// Added, Removed and Moved are the ids of members. Where there are very many, none is named
	// and Many says so.
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	Moved   []string `json:"moved,omitempty"`
	Many    bool     `json:"many,omitempty"`
	// Read is when the reading began that found it.
	Read time.Time `json:"read"`
}

var feed = store.Collection[Difference]{
	Name:    "feed",
	Fields:  func(d Difference) map[string]any { return map[string]any{"at": d.At} },
	Expires: func(d Difference) time.Time { return d.At.Add(FeedFor) },
}

// note writes a difference between two headers of a group into the feed, where this mirror has one.
// It comes after all reads of a transaction.
func (m *Mirror) note(tx store.Tx, before, h Header, d group.Difference) error {
	if m.now == nil || len(d.Parts) == 0 {
		return nil
	}
	entry := Difference{At: m.now().UTC(), Group: h.Group.ID, Email: h.Group.Email, Parts: d.Parts, Read: h.Read}
	if d.Has(group.Renamed) {
		entry.Was = before.Group.Email
	}
	if entry.Many = len(d.Added)+len(d.Removed)+len(d.Moved) > mostNamed; !entry.Many {
		entry.Added, entry.Removed, entry.Moved = ids(d.Added), ids(d.Removed), ids(d.Moved)
	}
	return feed.Put(tx, fmt.Sprintf("%020d.%s", entry.At.UnixMicro(), entry.Group), entry)
}

func ids(members []group.Member) []string {
	var out []string
	for _, m := range members {
		out = append(out, m.ID)
	}
	return out
}

// Feed returns the differences that were stored from one time on and not after another, the
// oldest first, at most so many; and where the next page begins, empty at the end.
func (m *Mirror) Feed(ctx context.Context, from, to time.Time, after string, most int) ([]Difference, string, error) {
	q := store.Query{OrderBy: "at", Limit: most, After: after, Where: []store.Cond{{Field: "at", Op: store.AtLeast, Value: from}, {Field: "at", Op: store.AtMost, Value: to}}}
	list, next, err := feed.Query(ctx, m.store, q)
	if err != nil {
		return nil, "", fmt.Errorf("read what changed since %s: %w", from.UTC().Format(time.RFC3339), err)
	}
	return list, next, nil
}
