package connectcard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/state/handover"
)

// This file is what the scheduler calls.

// round is the time between two looks at the same hand-over.
const round = 5 * time.Minute

// watch has every hand-over looked at that is due. Each is a task of its own, at the vendor's
// rate.
func (h *handler) watch(ctx context.Context) error {
	due, err := h.shelf.Due(ctx)
	if err != nil {
		return err
	}
	slot := h.now().Truncate(round).Unix()
	var problems []error
	for _, id := range due {
		problems = append(problems, handover.Follow(ctx, h.queue, id, fmt.Sprintf("%s-watch-%d", id, slot)))
	}
	return errors.Join(problems...)
}

// list reads what can be asked for: the destinations, and the settings of every service that the
// policy has.
func (h *handler) list(ctx context.Context) error {
	if len(h.policy.Connections.Services) == 0 {
		return nil
	}
	problems := []error{h.readGroups(ctx)}
	for service := range h.policy.Connections.Services {
		_, err := h.readService(ctx, service)
		if gone(err) {
			err = nil // it is kept as unknown, and refused where it is asked for
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (h *handler) readGroups(ctx context.Context) error {
	groups, err := h.vendor.Groups(ctx)
	if err != nil {
		return err
	}
	before, err := h.shelf.Destinations(ctx)
	if err != nil {
		return err
	}
	if len(groups) == 0 && len(before.List) > 0 {
		// More often a mistake of the listing than the end of all destinations, and nothing is
		// made in one that is gone.
		return errors.New("list the destinations: Fivetran shows none, and had some")
	}
	list := make([]handover.Destination, len(groups))
	for i, g := range groups {
		list[i] = handover.Destination{ID: g.ID, Name: g.Name}
	}
	return h.shelf.PutDestinations(ctx, list)
}

// readService reads the settings of a service and keeps them. The error is that of the vendor
// where it does not have the service.
func (h *handler) readService(ctx context.Context, service string) ([]connection.Field, error) {
	fields, err := h.vendor.Fields(ctx, service)
	if err != nil && !gone(err) {
		return nil, err
	}
	return fields, errors.Join(err, h.shelf.PutService(ctx, service, err == nil, fields))
}

// check looks once a night at the connections that nobody waits for: what broke, what is gone,
// whose owner has left. One listing shows all of them; only what looks wrong is read by itself.
// It also sees to it that Fivetran sends its webhooks, and goes on sending them.
func (h *handler) check(ctx context.Context) error {
	var problems []error
	if h.webhookURL != "" && len(h.policy.Connections.Services) > 0 {
		_, err := h.vendor.Subscribe(ctx, h.webhookURL, h.webhookSecret)
		problems = append(problems, err)
	}
	open, err := h.shelf.Open(ctx)
	if err != nil || len(open) == 0 {
		return errors.Join(append(problems, err)...)
	}
	all, err := h.vendor.Connections(ctx, "")
	if err != nil {
		return errors.Join(append(problems, err)...)
	}
	there := map[string]fivetran.Connection{}
	for _, c := range all {
		there[c.ID] = c
	}
	day := h.now().Format("20060102")
	for _, o := range open {
		c, ok := there[o.Connection]
		_, news := o.Seen(c.Status)
		why, err := h.whyRenew(ctx, o)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if !ok || news || why != "" {
			problems = append(problems, handover.Follow(ctx, h.queue, o.ID, fmt.Sprintf("%s-check-%s", o.ID, day)))
		}
	}
	return errors.Join(problems...)
}
