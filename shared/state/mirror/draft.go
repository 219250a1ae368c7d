package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Draft is one page of a listing of members that has not come to its end yet. A listing of
// many pages takes one task each; its pages wait here until the last one is there, and only
// then does the mirror change.
type Draft struct {
	Group string `json:"group"`
	// Began is when the listing began and names it; Page counts its pages from zero.
	Began   time.Time `json:"began"`
	Page    int       `json:"page"`
	Members []packed  `json:"members"`
	// Next is the token of the page that follows; empty on the last.
	Next string `json:"next,omitempty"`
	// Seen are the tokens so far, shortened: one that comes again is a circle.
	Seen []string `json:"seen,omitempty"`
}

// draftFor is how long pages wait for the rest of their listing. Google's page tokens live no
// longer than a day.
const draftFor = 24 * time.Hour

var drafts = store.Collection[Draft]{Name: "drafts", Expires: func(d Draft) time.Time { return d.Began.Add(draftFor) }}

func draftID(id string, began time.Time, page int) string {
	return fmt.Sprintf("%s.%d.%d", id, began.UnixMicro(), page)
}

// ErrNoDraft says that the page before is not there, or not any more: the listing begins anew.
var ErrNoDraft = errors.New("no page before this one")

// Draft returns one page of a listing, or [ErrNoDraft].
func (m *Mirror) Draft(ctx context.Context, id string, began time.Time, page int) (Draft, error) {
	d, err := drafts.Get(ctx, m.store, draftID(id, began, page))
	if errors.Is(err, store.ErrNotFound) {
		return Draft{}, ErrNoDraft
	}
	if err != nil {
		return Draft{}, fmt.Errorf("read page %d of group %s: %w", page, id, err)
	}
	return d, nil
}

// PutDraft keeps one page of a listing. One that is kept already stays: the pages after it go on where that ends, and
// whoever joined or left since would be listed on two of them, or on none.
func (m *Mirror) PutDraft(ctx context.Context, d Draft, members []group.Member) error {
	d.Members = make([]packed, 0, len(members))
	for _, one := range members {
		d.Members = append(d.Members, pack(one))
	}
	err := m.store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		return drafts.Create(tx, draftID(d.Group, d.Began, d.Page), d)
	})
	if err != nil && !errors.Is(err, store.ErrExists) {
		return fmt.Errorf("keep page %d of group %s: %w", d.Page, d.Group, err)
	}
	return nil
}

// Drafted returns the members on the first pages of a listing, so many pages, in their order.
func (m *Mirror) Drafted(ctx context.Context, id string, began time.Time, pages int) ([]group.Member, error) {
	var out []group.Member
	for page := range pages {
		d, err := m.Draft(ctx, id, began, page)
		if err != nil {
			return nil, err
		}
		out = slices.Grow(out, len(d.Members))
		for _, p := range d.Members {
			out = append(out, p.unpack())
		}
	}
	return out, nil
}
