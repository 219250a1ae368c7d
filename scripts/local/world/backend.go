package world

import (
	"context"
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// backend is where a world's store, bus and queues are.
type backend interface {
	Store() store.Store
	Bus() bus.Publisher
	Queue() queue.Queue
	// Next returns when the next message or task is due.
	Next(ctx context.Context) (time.Time, bool)
	// RunNext delivers one message or task that is due.
	RunNext(ctx context.Context) error
	// Limit gives a queue other limits.
	Limit(ctx context.Context, name string, q QueueOf) error
	// Within returns the rate of a queue that starts at most n tasks in any window of length per.
	Within(n float64, per time.Duration) float64
	Close() error
}

// inProcess is the embedded backend.
type inProcess struct {
	db     *embedded.DB
	bus    *embedded.Bus
	queue  *embedded.Queue
	client *http.Client
	url    func(string) string
	// message says that the bus is due before the queues, as Next found last.
	message bool
}

func newInProcess(o Options, queues map[string]QueueOf, now func() time.Time, client *http.Client, url func(string) string) (*inProcess, error) {
	open := embedded.Open
	if o.Throwaway {
		open = embedded.OpenThrowaway
	}
	db, err := open(o.Path, now)
	if err != nil {
		return nil, err
	}
	b := &inProcess{db: db, client: client, url: url}
	auth := embedded.Bearer(func(context.Context, string) (string, error) { return callerToken, nil })
	b.bus = db.Bus(auth)
	for _, s := range Subscriptions {
		if err := b.bus.CreateTopic(s.Topic); err != nil {
			return nil, err
		}
		s.Endpoint = url(s.Endpoint)
		if err := b.bus.Subscribe(s); err != nil {
			return nil, err
		}
	}
	destinations := map[string]embedded.Destination{}
	for name, q := range queues {
		destinations[name] = b.destination(q)
	}
	if b.queue, err = db.Queue(destinations, auth); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *inProcess) destination(q QueueOf) embedded.Destination {
	return embedded.Destination{Limits: q.Limits, Endpoint: b.url(q.Function)}
}

// Limit opens the queue again, with the other limits: they are in the database, for everybody who
// has it open.
func (b *inProcess) Limit(_ context.Context, name string, q QueueOf) error {
	_, err := b.db.Queue(map[string]embedded.Destination{name: b.destination(q)})
	return err
}

func (b *inProcess) Within(n float64, per time.Duration) float64 { return evenly(n, per) }

func (b *inProcess) Store() store.Store { return b.db.Store() }
func (b *inProcess) Bus() bus.Publisher { return b.bus }
func (b *inProcess) Queue() queue.Queue { return b.queue }
func (b *inProcess) Close() error       { return b.db.Close() }

func (b *inProcess) Next(ctx context.Context) (time.Time, bool) {
	m, okM := b.bus.Next(ctx)
	t, okT := b.queue.Next(ctx)
	b.message = okM && (!okT || !t.Before(m))
	if b.message {
		return m, true
	}
	return t, okT
}

// RunNext delivers what Next named last.
func (b *inProcess) RunNext(ctx context.Context) error {
	if b.message {
		_, err := b.bus.RunNext(ctx, b.client)
		return err
	}
	_, err := b.queue.RunNext(ctx, b.client)
	return err
}
