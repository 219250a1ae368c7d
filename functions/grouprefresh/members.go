package grouprefresh

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// maxPages bounds a listing, so that a server which never ends ends somewhere: 200,000 members.
const maxPages = 1000

// members reads one page of a group's members. The last page stores them all; until then the
// mirror stays as it was.
func (h *handler) members(ctx context.Context, e event.ReadMembers) error {
	head, err := h.mirror.Header(ctx, e.Group)
	if errors.Is(err, mirror.ErrUnknown) {
		return nil // forgotten meanwhile; whoever sees the group again begins anew
	}
	if err != nil {
		return err
	}
	if e.Page == 0 && !head.Gone && !head.Pending() && !head.Read.Before(e.Since) {
		// It was read since, and nothing has changed after that: by somebody else, or by this very task
		// before the process ended. What perhaps nobody heard of is told now.
		return h.stored(ctx, head.Group, head.Seen(), mirror.Put{Parts: head.Untold})
	}
	began := e.Began
	var before mirror.Draft
	if e.Page == 0 {
		began = h.now()
	} else if before, err = h.mirror.Draft(ctx, e.Group, began, e.Page-1); errors.Is(err, mirror.ErrNoDraft) {
		return h.again(ctx, e.Group, e.Try, "its first pages were not kept long enough")
	} else if err != nil {
		return err
	}
	if e.Page > 0 {
		if _, err := h.mirror.Draft(ctx, e.Group, began, e.Page); err == nil {
			return h.nextPage(ctx, e, began) // the task came again: its page is kept, and another goes on from there
		} else if !errors.Is(err, mirror.ErrNoDraft) {
			return err
		}
	}
	priority := budget.Refresh
	if e.Sweep {
		priority = budget.Sweep
	}
	if err := h.budget.Spend(ctx, priority); err != nil {
		return err
	}
	page, err := h.directory.Members(ctx, e.Group, before.Next)
	switch {
	case errors.Is(err, workspace.ErrNotFound):
		// Gone, or so new that its members cannot be found yet: the group itself tells.
		return h.again(ctx, e.Group, e.Try, "the group is listed and its members cannot be found")
	case e.Page > 0 && (errors.Is(err, workspace.ErrInvalid) || errors.Is(err, workspace.ErrIncomplete)):
		return h.again(ctx, e.Group, e.Try, "a page's token is not good any more")
	case err != nil:
		return fmt.Errorf("read the members of %s: %w", e.Group, err)
	}
	if page.Next != "" {
		return h.keepPage(ctx, e, began, before, page)
	}
	members, err := h.mirror.Drafted(ctx, e.Group, began, e.Page)
	if errors.Is(err, mirror.ErrNoDraft) {
		return h.again(ctx, e.Group, e.Try, "a page was not kept long enough")
	}
	if err != nil {
		return err
	}
	return h.finish(ctx, e, head, append(members, page.Members...), began)
}

// keepPage keeps a page that is not the last, and queues the next one.
func (h *handler) keepPage(ctx context.Context, e event.ReadMembers, began time.Time, before mirror.Draft, page workspace.MemberPage) error {
	sum := sha256.Sum256([]byte(page.Next))
	token := hex.EncodeToString(sum[:6])
	if slices.Contains(before.Seen, token) {
		return h.again(ctx, e.Group, e.Try, "the pages go round in a circle")
	}
	if e.Page == maxPages-1 {
		return h.again(ctx, e.Group, e.Try, "there are more pages than a group can have")
	}
	d := mirror.Draft{Group: e.Group, Began: began, Page: e.Page, Next: page.Next, Seen: append(slices.Clone(before.Seen), token)}
	if err := h.mirror.PutDraft(ctx, d, page.Members); err != nil {
		return err
	}
	return h.nextPage(ctx, e, began)
}

// nextPage queues the page that follows one.
func (h *handler) nextPage(ctx context.Context, e event.ReadMembers, began time.Time) error {
	next := e
	next.Began, next.Page = began, e.Page+1
	return h.ensure(ctx, next, fmt.Sprintf("members-%s-%d-%d", e.Group, began.UnixNano(), next.Page), time.Time{})
}

// finish stores a listing that came to its end and tells what changed. One that is in doubt is read
// anew; where it stays in doubt, it adds whom it adds and takes nobody away.
func (h *handler) finish(ctx context.Context, e event.ReadMembers, head mirror.Header, members []group.Member, began time.Time) error {
	if doubt := group.Doubt(head.Group, members); doubt != "" {
		if e.Try < mostTries {
			return h.again(ctx, e.Group, e.Try, doubt)
		}
		if err := h.askForUnknown(ctx, members); err != nil {
			return err
		}
		h.log.ErrorContext(ctx, "a group cannot be read whole; whom it lacks stays", "group", e.Group, "reason", doubt)
		put, err := h.mirror.PutAdditions(ctx, e.Group, members, began)
		if err != nil {
			return err
		}
		return h.stored(ctx, head.Group, began, put)
	}
	missing, err := h.nestedMissing(ctx, e, head, members)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return h.askFor(ctx, event.ConfirmGone{Group: e.Group, Missing: missing, Gone: e.Gone, Try: e.Try})
	}
	// Before they are stored: once they are, the task is done, also where the process ends.
	if err := h.askForUnknown(ctx, members); err != nil {
		return err
	}
	put, err := h.mirror.PutMembers(ctx, e.Group, members, began)
	if err != nil {
		return err
	}
	put.Filling = put.Filling || e.Sweep // whom a walk finds is no news that others have not heard
	if put.Again {
		once := event.ReadMembers{Group: e.Group, Since: h.now(), Sweep: e.Sweep}
		if err := h.ensure(ctx, once, fmt.Sprintf("members-%s-after-%d", e.Group, began.UnixNano()), h.now().Add(time.Second)); err != nil {
			return err
		}
	}
	return h.stored(ctx, head.Group, began, put)
}
