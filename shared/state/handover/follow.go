package handover

import (
	"context"
	"errors"
	"fmt"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

// Follow has a hand-over looked at. The name is that of the cause: the same cause again orders
// nothing new.
func Follow(ctx context.Context, q queue.Queue, id, name string) error {
	body, err := event.Seal(event.FollowHandover{Handover: id})
	if err != nil {
		return err
	}
	err = q.Enqueue(ctx, queue.Task{Queue: event.QueueFivetran, Name: "follow-" + name, Body: body})
	if err != nil && !errors.Is(err, queue.ErrExists) {
		return fmt.Errorf("have hand-over %s looked at: %w", id, err)
	}
	return nil
}
