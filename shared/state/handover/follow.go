package handover

import (
	"context"
	"fmt"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

// Follow has a hand-over looked at. The name is that of the cause: the same cause again orders
// nothing new.
func Follow(ctx context.Context, q queue.Queue, id, name string) error {
	err := queue.Order(ctx, q, queue.Task{Queue: event.QueueFivetran, Name: "follow-" + name}, event.FollowHandover{Handover: id})
	if err != nil {
		return fmt.Errorf("have hand-over %s looked at: %w", id, err)
	}
	return nil
}
