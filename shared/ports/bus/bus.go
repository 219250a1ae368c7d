// Package bus is the port to the message bus: topics to which functions publish, and
// subscriptions that push each message to a function over HTTP until it is acknowledged.
//
// Delivery is at least once and in no order, except that messages with the same ordering key
// reach an ordered subscription one after the other. Implementations must pass the suite in
// bustest.
package bus

import (
	"context"
	"time"
)

// Message is what travels.
type Message struct {
	// ID is given by the bus. The same message delivered twice has the same ID.
	ID string
	// Data is the payload.
	Data []byte
	// Attributes are what filters look at.
	Attributes map[string]string
	// OrderingKey groups messages that an ordered subscription delivers in the order in which
	// they were published. Empty means no order.
	OrderingKey string
	// Published is when the bus accepted the message.
	Published time.Time
	// Attempt counts deliveries to one subscription, from 1. Zero where the bus does not say.
	Attempt int
}

// Publisher publishes. When Publish returns without an error, the message is on disk and
// reaches every subscription whose filter it passes.
type Publisher interface {
	Publish(ctx context.Context, topic string, m Message) (id string, err error)
}

// Subscription says which messages are pushed where. In production Terraform makes it.
type Subscription struct {
	Name  string
	Topic string
	// Endpoint is the URL that receives each message in the form of [EncodePush]. A status of
	// 102, 200, 201, 202 or 204 acknowledges; every other answer, or none, means try again.
	Endpoint string
	Filter   Filter
	Ordered  bool
	// MinBackoff and MaxBackoff bound the wait before a message is delivered again.
	MinBackoff, MaxBackoff time.Duration
	// MaxAttempts is how often a message is delivered before it goes to the DeadLetter topic;
	// zero means for ever.
	MaxAttempts int
	DeadLetter  string
}

// Filter lists, for each attribute that matters, the values that pass. The empty filter
// passes everything.
type Filter map[string][]string

// Match reports whether attributes pass.
func (f Filter) Match(attributes map[string]string) bool {
	for name, values := range f {
		got, ok := attributes[name]
		if !ok {
			return false
		}
		pass := false
		for _, v := range values {
			pass = pass || v == got
		}
		if !pass {
			return false
		}
	}
	return true
}

// Acknowledges reports whether an HTTP status acknowledges a pushed message
// (https://cloud.google.com/pubsub/docs/push#receive_push).
func Acknowledges(status int) bool {
	switch status {
	case 102, 200, 201, 202, 204:
		return true
	}
	return false
}

// Attributes that the dead-letter topic's messages carry, as Pub/Sub names them
// (https://cloud.google.com/pubsub/docs/dead-letter-topics).
const (
	AttrDeadLetterSubscription = "CloudPubSubDeadLetterSourceSubscription"
	AttrDeadLetterAttempts     = "CloudPubSubDeadLetterSourceDeliveryCount"
)
