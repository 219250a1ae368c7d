package budget

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

// drain is the time over which the work that waited for a new day is spread.
const drain = 20 * time.Minute

// Within keeps the tasks of a queue within a budget: one that finds the day spent is planned anew
// for the time after midnight on the Pacific coast, under a name that makes the same work one
// ([event.Work]), as the first task has it. There it asks the budget again, like any other.
func Within[P event.Payload](b *Budget, q queue.Queue, name string, do func(context.Context, P) error) func(context.Context, P) error {
	return func(ctx context.Context, p P) error {
		err := b.Heed(ctx, do(ctx, p))
		closed, ok := errors.AsType[*Closed](err)
		if !ok {
			return err
		}
		body, err := json.Marshal(event.Work(p))
		if err != nil {
			return fmt.Errorf("encode %s: %w", p.Type(), err)
		}
		hash := fnv.New64a()
		hash.Write([]byte(p.Type()))
		hash.Write(body)
		sum := hash.Sum64()
		return queue.Order(ctx, q, queue.Task{
			Queue: name, Name: fmt.Sprintf("later-%x-%d", sum, closed.Until.Unix()),
			NotBefore: closed.Until.Add(time.Duration(sum % uint64(drain))),
		}, p)
	}
}
