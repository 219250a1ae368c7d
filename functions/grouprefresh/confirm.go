package grouprefresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/budget"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Google counts the people of a group and not the groups in it. So nothing tells a listing that
// left a nested group out from one of a group that has lost it: Google is asked for each.

// nestedMissing returns the nested groups that the mirror has and a listing has not, without
// those that are confirmed to be gone.
func (h *handler) nestedMissing(ctx context.Context, e event.ReadMembers, head mirror.Header, members []group.Member) ([]string, error) {
	listed := map[string]bool{}
	for _, m := range members {
		if m.Type == group.Nested {
			listed[m.ID] = true
		}
	}
	if head.Nested == 0 || head.Gone {
		return nil, nil
	}
	held, err := h.mirror.Snapshot(ctx, e.Group)
	if errors.Is(err, mirror.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, m := range held.Members {
		if m.Type == group.Nested && !listed[m.ID] && !slices.Contains(e.Gone, m.ID) {
			missing = append(missing, m.ID)
		}
	}
	return missing, nil
}

// askFor queues the question for the first of the nested groups that are missing, or, where all
// were asked for, the members once more.
func (h *handler) askFor(ctx context.Context, c event.ConfirmGone) error {
	now := h.now()
	// Each question has a name of its own, also where several are asked at one instant.
	name := fmt.Sprintf("confirm-%s-%d-%d-%d", c.Group, now.UnixNano(), len(c.Missing), len(c.Gone))
	if len(c.Missing) > 0 {
		return h.ensure(ctx, c, name, time.Time{})
	}
	return h.ensure(ctx, event.ReadMembers{Group: c.Group, Since: now, Try: c.Try, Gone: c.Gone}, name, time.Time{})
}

// confirm asks whether one nested group is a member of a group. Where it is, the listing lied.
func (h *handler) confirm(ctx context.Context, c event.ConfirmGone) error {
	if c.Group == "" || len(c.Missing) == 0 {
		return nil
	}
	if err := h.budget.Spend(ctx, budget.Refresh); err != nil {
		return err
	}
	_, err := h.directory.Member(ctx, c.Group, c.Missing[0])
	switch {
	case err == nil:
		return h.again(ctx, c.Group, c.Try, "a nested group is a member and was not listed")
	case errors.Is(err, workspace.ErrNotFound):
		c.Gone, c.Missing = append(slices.Clone(c.Gone), c.Missing[0]), c.Missing[1:]
		return h.askFor(ctx, c)
	}
	return fmt.Errorf("ask whether a group is a member of %s: %w", c.Group, err)
}
