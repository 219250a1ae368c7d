package grouprefresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/budget"
	"github.com/sekisho/sekisho/shared/state/cursor"
)

const (
	cursorSecure = "secure"
	// mostDiffering bounds how many groups one comparison reads.
	mostDiffering = 200
)

func secureTask(run string, page int) string { return fmt.Sprintf("secure-%s-page-%d", run, page) }

// compareSecure reads one page of the groups that the anchor is a direct member of, as the
// Directory lists them: 200 groups with one call. Where the mirror says otherwise the group is
// read; the list itself changes nothing.
func (h *handler) compareSecure(ctx context.Context, e event.CompareSecure) error {
	if e.Run == "" {
		return cloudfn.Permanent(errors.New("a comparison without a name"))
	}
	c, err := cursor.Get(ctx, h.store, cursorSecure)
	if err != nil {
		return err
	}
	if e.Page == 0 && c.Run != e.Run {
		c = cursor.Cursor{Run: e.Run, Began: h.now(), At: c.At}
	}
	if h.anchor == "" || c.Run != e.Run || e.Page != c.Count {
		return nil // another one has begun, or this page was done before
	}
	if err := h.budget.Spend(ctx, budget.Refresh); err != nil {
		return err
	}
	page, err := h.directory.GroupsOf(ctx, h.anchor, c.Token)
	if errors.Is(err, workspace.ErrNotFound) {
		h.log.ErrorContext(ctx, "there is no such anchor; no group counts as secure", "anchor", h.anchor)
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the groups of the anchor: %w", err)
	}
	for _, g := range page.Groups {
		c.Seen = append(c.Seen, g.ID)
	}
	if page.Next == "" {
		if err := h.readDiffering(ctx, c); err != nil {
			return err
		}
		return cursor.Set(ctx, h.store, cursorSecure, cursor.Cursor{Run: c.Run, Count: -1, At: c.Began})
	}
	c.Token = page.Next
	c.Count++
	if err := cursor.Set(ctx, h.store, cursorSecure, c); err != nil {
		return err
	}
	return h.ensure(ctx, event.CompareSecure{Run: c.Run, Page: c.Count}, secureTask(c.Run, c.Count), time.Time{})
}

// readDiffering queues the groups that only one of the two has as secure.
func (h *handler) readDiffering(ctx context.Context, c cursor.Cursor) error {
	anchor, err := h.mirror.Identify(ctx, h.anchor)
	if err != nil {
		return err
	}
	if len(anchor.Main) > 0 && !slices.Contains(anchor.Main, group.Address(h.anchor)) {
		h.log.ErrorContext(ctx, "the anchor has another main address than the policy's", "anchor", h.anchor, "main", anchor.Main[0])
	}
	var held []string
	for _, id := range anchor.IDs {
		groups, err := h.mirror.GroupsOf(ctx, id)
		if err != nil {
			return err
		}
		held = append(held, groups...)
	}
	var differing []string
	for _, pair := range [][2][]string{{c.Seen, held}, {held, c.Seen}} {
		for _, id := range pair[0] {
			if !slices.Contains(pair[1], id) {
				differing = append(differing, id)
			}
		}
	}
	if len(differing) > mostDiffering {
		h.log.WarnContext(ctx, "the anchor's groups differ from the mirror in many places", "differing", len(differing), "read", mostDiffering)
		differing = differing[:mostDiffering]
	}
	for _, id := range differing {
		if err := h.ensure(ctx, event.RefreshGroup{Group: id, Noticed: c.Began}, "secure-"+c.Run+"-"+id, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
