package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// pushBody is the body that Pub/Sub posts to a push endpoint
// (https://cloud.google.com/pubsub/docs/push#receive_push).
type pushBody struct {
	Message         pushMessage `json:"message"`
	Subscription    string      `json:"subscription"`
	DeliveryAttempt int         `json:"deliveryAttempt,omitempty"`
}

type pushMessage struct {
	Data        []byte            `json:"data,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
	MessageID   string            `json:"messageId"`
	PublishTime time.Time         `json:"publishTime"`
	OrderingKey string            `json:"orderingKey,omitempty"`
}

// EncodePush returns the body of one push delivery.
func EncodePush(subscription string, m Message) ([]byte, error) {
	body, err := json.Marshal(pushBody{
		Message: pushMessage{
			Data: m.Data, Attributes: m.Attributes, MessageID: m.ID,
			PublishTime: m.Published.UTC(), OrderingKey: m.OrderingKey,
		},
		Subscription:    subscription,
		DeliveryAttempt: m.Attempt,
	})
	if err != nil {
		return nil, fmt.Errorf("encode push of message %s: %w", m.ID, err)
	}
	return body, nil
}

// ErrNotPush says that a body is not a push delivery.
var ErrNotPush = errors.New("not a push delivery")

// DecodePush reads the body of one push delivery. The subscription is named as the bus names
// it: Pub/Sub says projects/PROJECT/subscriptions/NAME, the embedded bus NAME alone. Empty data
// and no attributes come back as nil.
func DecodePush(body []byte) (m Message, subscription string, err error) {
	var b pushBody
	if err := json.Unmarshal(body, &b); err != nil {
		return Message{}, "", fmt.Errorf("%w: %w", ErrNotPush, err)
	}
	if b.Subscription == "" || b.Message.MessageID == "" {
		return Message{}, "", fmt.Errorf("%w: no subscription or message id", ErrNotPush)
	}
	m = Message{
		ID: b.Message.MessageID, OrderingKey: b.Message.OrderingKey,
		Published: b.Message.PublishTime, Attempt: b.DeliveryAttempt,
	}
	if len(b.Message.Data) > 0 {
		m.Data = b.Message.Data
	}
	if len(b.Message.Attributes) > 0 {
		m.Attributes = b.Message.Attributes
	}
	return m, b.Subscription, nil
}
