// Package pubsub is the bus port on Google Cloud Pub/Sub.
//
// [Publisher] is what functions use. Messages reach functions by push subscriptions, which
// Terraform makes in production and [Admin] makes on an emulator; a function decodes what is
// pushed with package bus. Both follow PUBSUB_EMULATOR_HOST.
package pubsub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sekisho/sekisho/shared/ports/bus"
)

// patience is how long one Publish takes at most, with the client's own retries. A function
// that cannot publish must have time left to say so.
const patience = 20 * time.Second

// Publisher publishes to the topics of one project. A process has one: it holds the
// connections. It is safe for concurrent use.
type Publisher struct {
	client *pubsub.Client

	mu     sync.Mutex
	topics map[string]*pubsub.Publisher
}

var _ bus.Publisher = (*Publisher)(nil)

// Open connects to the topics of a project. The connections are made when they are first
// needed.
func Open(ctx context.Context, project string, options ...option.ClientOption) (*Publisher, error) {
	client, err := pubsub.NewClient(ctx, project, options...)
	if err != nil {
		return nil, fmt.Errorf("open Pub/Sub of project %s: %w", project, err)
	}
	return &Publisher{client: client, topics: map[string]*pubsub.Publisher{}}, nil
}

// Close waits for publishing under way and closes the connections.
func (p *Publisher) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, topic := range p.topics {
		topic.Stop()
	}
	return p.client.Close()
}

// Publish implements [bus.Publisher]: it returns after Pub/Sub has stored the message, and at
// the latest after 20 seconds.
func (p *Publisher) Publish(ctx context.Context, topic string, m bus.Message) (id string, err error) {
	if err := errors.Join(m.Validate(), ctx.Err()); err != nil {
		return "", fmt.Errorf("publish to %s: %w", topic, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	publisher := p.topic(topic)
	// The client refuses an ordering key after an error until it is told to go on. The message
	// that failed was reported to its caller, so it is; and a message that was refused for the
	// failure of another is published now.
	for range 2 {
		id, err = publisher.Publish(ctx, &pubsub.Message{
			Data: m.Data, Attributes: m.Attributes, OrderingKey: m.OrderingKey,
		}).Get(ctx)
		if err == nil {
			return id, nil
		}
		publisher.ResumePublish(m.OrderingKey)
		var paused pubsub.ErrPublishingPaused
		if !errors.As(err, &paused) {
			break
		}
	}
	if status.Code(err) == codes.NotFound {
		err = fmt.Errorf("%w: %w", bus.ErrNoTopic, err)
	}
	return "", fmt.Errorf("publish to %s: %w", topic, err)
}

// topic returns the client's publisher for a topic, always the same one, because it keeps the
// order of messages.
func (p *Publisher) topic(name string) *pubsub.Publisher {
	p.mu.Lock()
	defer p.mu.Unlock()
	publisher := p.topics[name]
	if publisher == nil {
		publisher = p.client.Publisher(name)
		publisher.EnableMessageOrdering = true
		// Every caller waits for its message, so waiting for more to send together only costs.
		publisher.PublishSettings.CountThreshold = 1
		publisher.PublishSettings.Timeout = patience
		p.topics[name] = publisher
	}
	return publisher
}
