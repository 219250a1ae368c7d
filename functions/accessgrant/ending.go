package accessgrant

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/state/notice"
	"github.com/sekisho/sekisho/shared/state/place"
)

// This file is what happens at the end of access: the warning before it, and the clearing after it.

func endingID(c change.Change) string { return "access-ending-" + c.ID }

// ending warns people whose access is about to end, and takes the warning's buttons away once it
// has.
func (h *handler) ending(ctx context.Context) error {
	now := h.now()
	var problems []error
	soon, err := h.ledger.Ending(ctx, change.AccessGrant, now, now.Add(grant.WarnBefore))
	if err != nil {
		return err
	}
	for _, c := range soon {
		if err := h.warn(ctx, c); err != nil {
			problems = append(problems, fmt.Errorf("warn of the end of %s: %w", c.ID, err))
		}
	}
	over, err := h.ledger.Ending(ctx, change.AccessGrant, now.Add(-time.Hour), now)
	if err != nil {
		return errors.Join(append(problems, err)...)
	}
	for _, c := range over {
		problems = append(problems, notice.Withdraw(ctx, h.store, h.queue, endingID(c), now), h.retell(ctx, c))
	}
	return errors.Join(append(problems, h.clear(ctx, over))...)
}

// clear takes the bindings of access that has ended out of the policies of its places, each once.
// They give nothing any more: where a policy cannot be written now, the next minute tries again,
// and after an hour the night does.
func (h *handler) clear(ctx context.Context, over []change.Change) error {
	now := h.now()
	dead := map[grant.Scope]time.Time{} // since when there is something to clear
	for _, c := range over {
		g, err := desk.GrantOf(c)
		if err != nil {
			return err
		}
		since := c.Until.Add(grant.Grace)
		if !now.Before(since) && since.After(dead[g.Scope]) {
			dead[g.Scope] = since
		}
	}
	if len(dead) == 0 {
		return nil
	}
	live, err := h.live(ctx)
	if err != nil {
		return err
	}
	for _, at := range slices.SortedFunc(maps.Keys(dead), compareScopes) {
		known, ok, err := place.Get(ctx, h.store, at)
		if err != nil {
			return err
		}
		if ok && !known.At.Before(dead[at]) {
			continue // cleared since
		}
		if err := h.cleanAt(ctx, at, live); err != nil {
			h.log.WarnContext(ctx, "clear away access that has ended", "scope", at.ID(), "error", err.Error())
		}
	}
	return nil
}

// retell has the messages about access that has ended say so. Within the hour in which it is looked
// at, that is done once.
func (h *handler) retell(ctx context.Context, c change.Change) error {
	return notice.Tell(ctx, h.queue, event.Notify{Subject: c.ID}, c.ID+"-ended", time.Time{})
}

// extended has what was said of access that goes on in this one not stand any longer: the warning of its end, and the
// buttons of its message.
func (h *handler) extended(ctx context.Context, c change.Change) error {
	g, err := desk.GrantOf(c)
	if err != nil {
		return err
	}
	changes, err := h.ledger.Held(ctx, change.AccessGrant, c.Requester.ID, h.now())
	if err != nil {
		return err
	}
	for _, other := range changes {
		before, err := desk.GrantOf(other)
		if err != nil {
			return err
		}
		if !g.GoesOn(before) {
			continue
		}
		if err := notice.End(ctx, h.store, h.queue, endingID(other), h.now(), map[string]string{"extended": "yes"}); err != nil {
			return err
		}
		name := other.ID + "-extended-" + c.ID
		if err := notice.Tell(ctx, h.queue, event.Notify{Subject: other.ID}, name, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// warn tells a person once that access is about to end, unless it has been extended.
func (h *handler) warn(ctx context.Context, c change.Change) error {
	_, err := notice.Get(ctx, h.store, endingID(c))
	if !errors.Is(err, notice.ErrUnknown) {
		return err
	}
	g, err := desk.GrantOf(c)
	if err != nil {
		return err
	}
	if _, want := g.WarnAt(g.Since); !want {
		return nil
	}
	held, err := h.held(ctx, c.Requester.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(held, func(o grant.Grant) bool { return o.GoesOn(g) }) {
		return nil
	}
	return notice.Post(ctx, h.store, h.queue, notice.Notice{
		ID: endingID(c), Kind: notice.AccessEnding, Person: c.Requester.ID, Change: c.ID, Until: c.Until, At: h.now(),
		Facts: map[string]string{"entitlement": g.Entitlement},
	})
}
