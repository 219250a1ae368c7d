// Package pubsub is the bus port on Google Cloud Pub/Sub.
//
// [Publisher] is what functions use. Messages reach functions by push subscriptions, which
// Terraform makes in production and [Admin] makes on an emulator; a function decodes what is
// pushed with package bus. Both follow PUBSUB_EMULATOR_HOST.
//
// It uses the client of the API itself, not the one above it that gathers messages: every caller
// here waits for its one message, and what gathers takes longer to start than all else that a
// function does before its first answer.
package pubsub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
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
	client  *pubsub.TopicAdminClient
	project string
}

var _ bus.Publisher = (*Publisher)(nil)

// Open connects to the topics of a project. The connections are made when they are first
// needed.
func Open(ctx context.Context, project string, options ...option.ClientOption) (*Publisher, error) {
	client, err := pubsub.NewTopicAdminClient(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("open Pub/Sub of project %s: %w", project, err)
	}
	return &Publisher{client: client, project: project}, nil
}

// Close closes the connections. What is being published fails.
func (p *Publisher) Close() error { return p.client.Close() }

// Publish implements [bus.Publisher]: it returns after Pub/Sub has stored the message, and at
// the latest after 20 seconds.
func (p *Publisher) Publish(ctx context.Context, topic string, m bus.Message) (id string, err error) {
	if err := errors.Join(m.Validate(), ctx.Err()); err != nil {
		return "", fmt.Errorf("publish to %s: %w", topic, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stored, err := p.client.Publish(ctx, &pubsubpb.PublishRequest{
		Topic:    topicName(p.project, topic),
		Messages: []*pubsubpb.PubsubMessage{{Data: m.Data, Attributes: m.Attributes, OrderingKey: m.OrderingKey}},
	})
	switch {
	case err != nil && ctx.Err() != nil:
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	case status.Code(err) == codes.NotFound:
		err = fmt.Errorf("%w: %w", bus.ErrNoTopic, err)
	case err == nil && len(stored.GetMessageIds()) != 1:
		err = fmt.Errorf("%d messages are stored of one", len(stored.GetMessageIds()))
	}
	if err != nil {
		return "", fmt.Errorf("publish to %s: %w", topic, err)
	}
	return stored.GetMessageIds()[0], nil
}

func topicName(project, topic string) string {
	return fmt.Sprintf("projects/%s/topics/%s", project, topic)
}
