package catalogsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file has the catalogue follow groups within minutes: the night alone would leave who left a
// team in it until the next morning.

// gather is how long changes of groups are gathered before the catalogue is compared once for all
// of them.
const gather = 10 * time.Minute

// groupChanged queues a comparison where another member makes a difference in the catalogue.
func (h *handler) groupChanged(ctx context.Context, e event.GroupChanged) error {
	matters := slices.ContainsFunc(e.Parts, func(part string) bool {
		return slices.Contains([]group.Part{group.Created, group.Members, group.Renamed, group.Deleted}, group.Part(part))
	})
	if h.catalog == nil || !matters {
		return nil
	}
	named, err := h.named(ctx, e.ID)
	if err != nil || !named {
		return err
	}
	at := h.now().Truncate(gather).Add(gather)
	return queue.Order(ctx, h.queue, queue.Task{Queue: event.QueueCatalog, Name: fmt.Sprintf("follow-%d", at.Unix()), NotBefore: at}, event.SyncCatalog{})
}

// follow compares the catalogue after groups have changed.
func (h *handler) follow(ctx context.Context, _ event.SyncCatalog) error {
	if h.catalog == nil {
		return nil
	}
	return h.sync(ctx)
}

// named reports whether the policy gives a team or a role to a group, or to one that it is nested
// in.
func (h *handler) named(ctx context.Context, id string) (bool, error) {
	names := map[string]bool{}
	for _, address := range groupsOf(h.policy.Model()) {
		names[address] = true
	}
	if len(names) == 0 {
		return false, nil
	}
	seen := map[string]bool{}
	for next := []string{id}; len(next) > 0; next = next[1:] {
		if seen[next[0]] {
			continue
		}
		seen[next[0]] = true
		header, err := h.mirror.Header(ctx, next[0])
		switch {
		case errors.Is(err, mirror.ErrUnknown):
			continue
		case err != nil:
			return false, err
		case names[group.Address(header.Group.Email)] || slices.ContainsFunc(header.Group.Aliases, func(a string) bool { return names[group.Address(a)] }):
			return true, nil
		}
		above, err := h.mirror.GroupsOf(ctx, next[0])
		if err != nil {
			return false, err
		}
		next = append(next, above...)
	}
	return false, nil
}
