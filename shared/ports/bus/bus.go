// Package bus is the port to the message bus: topics to which functions publish, and
// subscriptions that push each message to a function over HTTP until it is acknowledged.
//
// Delivery is at least once and in no order, except that messages with the same ordering key
// reach an ordered subscription one after the other. A message published before a
// subscription was made does not reach it. Implementations must pass the suite in bustest.
package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrNoTopic says that there is no topic of this name.
var ErrNoTopic = errors.New("no such topic")

// ErrInvalid says that a message or a subscription breaks a rule of this package.
var ErrInvalid = errors.New("invalid")

// Limits of one message (https://cloud.google.com/pubsub/quotas#resource_limits). With the
// most and longest attributes it stays below the 10 MB of a request.
const (
	MaxData           = 9_800_000 // bytes of data
	MaxAttributes     = 100
	MaxAttributeName  = 256  // bytes
	MaxAttributeValue = 1024 // bytes
	MaxOrderingKey    = 1024 // bytes
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
	// they were published. Empty means no order. A delivery carries it only where the bus
	// says it: the Pub/Sub emulator does not.
	OrderingKey string
	// Published is when the bus accepted the message.
	Published time.Time
	// Attempt counts deliveries to one subscription, from 1. Zero where the bus does not say.
	Attempt int
}

// Validate reports a message that some implementation could not carry byte for byte, as an
// error that is [ErrInvalid]. What the bus gives a message (ID, Published, Attempt) is not
// looked at.
func (m Message) Validate() error {
	switch {
	case len(m.Data) == 0 && len(m.Attributes) == 0:
		return fmt.Errorf("%w message: neither data nor attributes", ErrInvalid)
	case len(m.Data) > MaxData:
		return fmt.Errorf("%w message: %d bytes of data, at most %d", ErrInvalid, len(m.Data), MaxData)
	case len(m.Attributes) > MaxAttributes:
		return fmt.Errorf("%w message: %d attributes, at most %d", ErrInvalid, len(m.Attributes), MaxAttributes)
	case len(m.OrderingKey) > MaxOrderingKey || !utf8.ValidString(m.OrderingKey):
		return fmt.Errorf("%w message: ordering key %.40q, at most %d bytes of UTF-8", ErrInvalid, m.OrderingKey, MaxOrderingKey)
	}
	for name, value := range m.Attributes {
		switch {
		case name == "" || len(name) > MaxAttributeName || !utf8.ValidString(name):
			return fmt.Errorf("%w message: attribute name %.40q, 1 to %d bytes of UTF-8", ErrInvalid, name, MaxAttributeName)
		case strings.HasPrefix(name, "goog"):
			return fmt.Errorf("%w message: attribute name %q is the bus's own", ErrInvalid, name)
		case len(value) > MaxAttributeValue || !utf8.ValidString(value):
			return fmt.Errorf("%w message: attribute %s is %.40q, at most %d bytes of UTF-8", ErrInvalid, name, value, MaxAttributeValue)
		}
	}
	return nil
}

// Publisher publishes. When Publish returns without an error, the message is on disk and
// reaches every subscription whose filter it passes. When it returns an error, the message may
// have been published all the same, unless the error is [ErrInvalid] or [ErrNoTopic]. It is
// safe for concurrent use. Of two messages with the same ordering key, the one whose call
// returned before the other's began comes first.
type Publisher interface {
	Publish(ctx context.Context, topic string, m Message) (id string, err error)
}
