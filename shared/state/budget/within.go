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

// When the work that waited for a new day is done: not in its first minutes, in which the vendor may not
// have begun it yet, and spread over a while, as the work of a whole day may have waited.
const (
	settle = 5 * time.Minute
	drain  = 15 * time.Minute
)

// Within keeps the tasks of a queue within a budget: one that finds the day spent is planned anew
// for a time soon after midnight on the Pacific coast, or after a shorter pause ([Closed.Until]), under a
// name that makes the same work one ([event.Work]), as the first task has it. There it asks the budget
// again, like any other.
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
			NotBefore: closed.Until.Add(settle + time.Duration(sum%uint64(drain))),
		}, p)
	}
}
