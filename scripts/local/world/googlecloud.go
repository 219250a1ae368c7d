package world

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/api/option"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/sekisho/sekisho/shared/adapters/cloudtasks"
	"github.com/sekisho/sekisho/shared/adapters/firestore"
	"github.com/sekisho/sekisho/shared/adapters/pubsub"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	simtasks "github.com/sekisho/sekisho/shared/sim/cloudtasks"
	"github.com/sekisho/sekisho/shared/sim/emulator"
)

// googleCloud is the backend of production, on Google's emulators: Firestore, Pub/Sub with
// push subscriptions over loopback, and an imitation of Cloud Tasks, of which there is no
// emulator.
type googleCloud struct {
	queues map[string]QueueOf
	store  *firestore.Store
	bus    *pubsub.Publisher
	pushes *pushes
	tasks  *simtasks.Server
	queue  *cloudtasks.Queue
	client *http.Client
	now    func() time.Time
	// project is one of its own, so that worlds do not meet on emulators that are shared.
	project string
	ends    []func() error
}

const (
	location = "world"
	caller   = "caller@world.iam.gserviceaccount.com"
)

// StartEmulators starts those of Google's emulators that are not running yet, as the variables
// FIRESTORE_EMULATOR_HOST and PUBSUB_EMULATOR_HOST tell, and sets these for every world of the
// process until stop is called.
func StartEmulators(ctx context.Context) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	for _, e := range []struct {
		kind     emulator.Kind
		variable string
	}{{emulator.KindFirestore, "FIRESTORE_EMULATOR_HOST"}, {emulator.KindPubSub, "PUBSUB_EMULATOR_HOST"}} {
		if os.Getenv(e.variable) != "" {
			continue
		}
		started, err := emulator.Start(ctx, e.kind)
		if err != nil {
			stop()
			return nil, err
		}
		stops = append(stops, func() { started.Stop(); _ = os.Unsetenv(e.variable) })
		if err := os.Setenv(e.variable, started.Host); err != nil {
			stop()
			return nil, fmt.Errorf("set %s: %w", e.variable, err)
		}
	}
	return stop, nil
}

func newGoogleCloud(queues map[string]QueueOf, now func() time.Time, client *http.Client, functions http.Handler) (_ *googleCloud, err error) {
	ctx := context.Background()
	b := &googleCloud{client: client, now: now, queues: queues}
	defer func() {
		if err != nil {
			_ = b.Close()
		}
	}()
	stop, err := StartEmulators(ctx)
	if err != nil {
		return nil, err
	}
	b.ends = append(b.ends, func() error { stop(); return nil })
	b.project = fmt.Sprintf("world-%08x", rand.Uint32())
	if b.store, err = firestore.Open(ctx, b.project, "(default)", now); err != nil {
		return nil, err
	}
	b.ends = append(b.ends, b.store.Close)
	if err := b.openBus(ctx, functions); err != nil {
		return nil, err
	}
	return b, b.openQueues(ctx)
}

func (b *googleCloud) openBus(ctx context.Context, functions http.Handler) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for pushes: %w", err)
	}
	b.pushes = newPushes(b.now, functions)
	server := &http.Server{Handler: b.pushes, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	b.ends = append(b.ends, server.Close)
	admin, err := pubsub.OpenAdmin(ctx, b.project)
	if err != nil {
		return err
	}
	defer admin.Close()
	for _, s := range Subscriptions {
		for _, topic := range []string{s.Topic, s.DeadLetter} {
			if topic == "" {
				continue
			}
			if err := admin.CreateTopic(ctx, topic); err != nil {
				return err
			}
		}
		s.Endpoint = fmt.Sprintf("http://%s/%s?token=%s", listener.Addr(), s.Endpoint, callerToken)
		// The waits between deliveries are kept on the world's clock; see pushes.
		s.MinBackoff, s.MaxBackoff = 100*time.Millisecond, time.Second
		if err := admin.Subscribe(ctx, s, pubsub.Identity{}); err != nil {
			return err
		}
	}
	if b.bus, err = pubsub.Open(ctx, b.project); err != nil {
		return err
	}
	b.ends = append(b.ends, b.bus.Close)
	return nil
}

func (b *googleCloud) openQueues(ctx context.Context) error {
	b.tasks = simtasks.New(b.now)
	conn, stop, err := b.tasks.Dial()
	if err != nil {
		return err
	}
	b.ends = append(b.ends, func() error { stop(); return nil })
	destinations := map[string]cloudtasks.Destination{}
	for name, q := range b.queues {
		destinations[name] = cloudtasks.Destination{URL: url(q.Function) + "?token=" + callerToken, ServiceAccount: caller}
	}
	if b.queue, err = cloudtasks.Open(ctx, b.project, location, destinations, b.now, option.WithGRPCConn(conn)); err != nil {
		return err
	}
	for name, q := range b.queues {
		if err := b.queue.Create(ctx, name, q.Limits); err != nil {
			return err
		}
	}
	return nil
}

// Limit does what an administrator does with gcloud tasks queues update.
func (b *googleCloud) Limit(ctx context.Context, name string, q QueueOf) error {
	_, err := b.tasks.UpdateQueue(ctx, &cloudtaskspb.UpdateQueueRequest{
		Queue: &cloudtaskspb.Queue{
			Name:       fmt.Sprintf("projects/%s/locations/%s/queues/%s", b.project, location, name),
			RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: q.Limits.Rate},
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"rate_limits.max_dispatches_per_second"}},
	})
	return err
}

func (b *googleCloud) Within(n float64, per time.Duration) float64 { return inBursts(n, per) }

func (b *googleCloud) Store() store.Store { return b.store }
func (b *googleCloud) Queue() queue.Queue { return b.queue }

// Bus returns the publisher. What it publishes is expected to be delivered before the clock
// moves on.
func (b *googleCloud) Bus() bus.Publisher { return expecting{b.bus, b.pushes} }

type expecting struct {
	bus.Publisher
	pushes *pushes
}

// Publish implements [bus.Publisher].
func (e expecting) Publish(ctx context.Context, topic string, m bus.Message) (string, error) {
	id, err := e.Publisher.Publish(ctx, topic, m)
	if err == nil {
		e.pushes.expect(topic, id, m.Attributes)
	}
	return id, err
}

func (b *googleCloud) Next(ctx context.Context) (time.Time, bool) {
	m, okM := b.pushes.next()
	t, okT := b.tasks.Next(ctx)
	if okM && (!okT || !t.Before(m)) {
		return m, true
	}
	return t, okT
}

func (b *googleCloud) RunNext(ctx context.Context) error {
	m, okM := b.pushes.next()
	t, okT := b.tasks.Next(ctx)
	if okM && (!okT || !t.Before(m)) {
		return b.pushes.runNext(ctx)
	}
	_, err := b.tasks.RunNext(ctx, b.client)
	return err
}

func (b *googleCloud) Close() error {
	var problems []error
	for i := len(b.ends) - 1; i >= 0; i-- {
		problems = append(problems, b.ends[i]())
	}
	return errors.Join(problems...)
}
