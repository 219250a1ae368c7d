package embedded

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/sekisho/sekisho/shared/ports/bus"
)

// Bus is the message bus of a [DB]. It is safe for concurrent use.
//
// A message is due as soon as it is published. It is delivered either by calls of [Bus.RunNext],
// one message at a time in an order that the database alone decides, which suits a controlled
// clock, or by [Bus.Serve] in real time; both take the same steps. A delivery that has begun
// counts as an attempt even when the process ends before the answer, so that a message that
// brings the process down does not do so for ever.
type Bus struct{ deliverer }

var _ bus.Publisher = (*Bus)(nil)

// Bus returns the bus. Its topics, subscriptions and messages are in the database, so that
// two values of the same database are the same bus.
func (db *DB) Bus(options ...Option) *Bus { return &Bus{newDeliverer(db, options)} }

// CreateTopic makes a topic unless it exists. As in Pub/Sub, a message to a topic without a
// subscription is accepted and goes nowhere.
func (b *Bus) CreateTopic(name string) error {
	if err := bus.ValidateName(name); err != nil {
		return fmt.Errorf("create topic: %w", err)
	}
	if _, err := b.db.stmt(nil, busAddTopic).Exec(name); err != nil {
		return fmt.Errorf("create topic %s: %w", name, err)
	}
	return nil
}

// Subscribe makes a subscription and the topics that it names, or changes the subscription of
// that name. Messages that wait for it keep waiting.
func (b *Bus) Subscribe(s bus.Subscription) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	definition, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("subscribe %s: %w", s.Name, err)
	}
	err = b.inTx(context.Background(), func(ctx context.Context, tx *sql.Tx) error {
		for _, topic := range []string{s.Topic, s.DeadLetter} {
			if topic == "" {
				continue
			}
			if _, err := b.db.stmt(tx, busAddTopic).ExecContext(ctx, topic); err != nil {
				return err
			}
		}
		_, err := b.db.stmt(tx, busSubscribe).ExecContext(ctx, s.Name, s.Topic, string(definition))
		return err
	})
	if err != nil {
		return fmt.Errorf("subscribe %s: %w", s.Name, err)
	}
	return nil
}

// Publish implements [bus.Publisher].
func (b *Bus) Publish(ctx context.Context, topic string, m bus.Message) (id string, err error) {
	if err := errors.Join(m.Validate(), ctx.Err()); err != nil {
		return "", fmt.Errorf("publish to %s: %w", topic, err)
	}
	m.Published = b.db.now()
	err = b.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		id, err = b.publish(ctx, tx, topic, m)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("publish to %s: %w", topic, err)
	}
	b.db.bell.ring()
	return id, nil
}

// publish gives the message an ID and writes a delivery for each subscription that it passes to.
func (b *Bus) publish(ctx context.Context, tx *sql.Tx, topic string, m bus.Message) (id string, err error) {
	subscriptions, err := b.subscribers(ctx, tx, topic)
	if err != nil {
		return "", err
	}
	var message int64
	if err := b.db.stmt(tx, busNewID).QueryRowContext(ctx).Scan(&message); err != nil {
		return "", fmt.Errorf("give an id: %w", err)
	}
	attributes, err := json.Marshal(m.Attributes)
	if err != nil {
		return "", fmt.Errorf("encode attributes: %w", err)
	}
	for _, s := range subscriptions {
		if !s.Filter.Match(m.Attributes) {
			continue
		}
		_, err := b.db.stmt(tx, busAdd).ExecContext(ctx,
			s.Name, message, m.Data, string(attributes), m.OrderingKey, m.Published.UnixNano(), s.Ordered)
		if err != nil {
			return "", fmt.Errorf("write for %s: %w", s.Name, err)
		}
	}
	return strconv.FormatInt(message, 10), nil
}

// subscribers returns the subscriptions of a topic in the order in which they were made.
func (b *Bus) subscribers(ctx context.Context, tx *sql.Tx, topic string) ([]bus.Subscription, error) {
	rows, err := b.db.stmt(tx, busSubscribers).QueryContext(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("read subscriptions: %w", err)
	}
	defer rows.Close()
	known := false
	var out []bus.Subscription
	for rows.Next() {
		known = true
		var definition sql.NullString
		if err := rows.Scan(&definition); err != nil {
			return nil, fmt.Errorf("read subscriptions: %w", err)
		}
		if !definition.Valid {
			continue // a topic without any
		}
		var s bus.Subscription
		if err := json.Unmarshal([]byte(definition.String), &s); err != nil {
			return nil, fmt.Errorf("decode subscription: %w", err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read subscriptions: %w", err)
	}
	if !known {
		return nil, bus.ErrNoTopic
	}
	return out, nil
}

// Next reports when the earliest delivery is due, which may be in the past. The boolean is
// false when nothing waits. When the database cannot be read it returns the present, and
// [Bus.RunNext] returns the error.
func (b *Bus) Next(ctx context.Context) (time.Time, bool) {
	var due int64
	err := b.db.stmt(nil, busNext).QueryRowContext(ctx).Scan(&due)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return time.Time{}, false
	case err != nil:
		return b.db.now(), true
	}
	return time.Unix(0, due).UTC(), true
}

// Waiting reports how many messages a subscription has not acknowledged, and when the oldest of
// them was published; the zero time when there is none.
func (b *Bus) Waiting(ctx context.Context, subscription string) (n int, oldest time.Time, err error) {
	var published sql.NullInt64
	row := b.db.stmt(nil, busCount).QueryRowContext(ctx, subscription)
	if err := row.Scan(&n, &published); err != nil {
		return 0, time.Time{}, fmt.Errorf("count what waits for %s: %w", subscription, err)
	}
	if published.Valid {
		oldest = time.Unix(0, published.Int64).UTC()
	}
	return n, oldest, nil
}

// Serve delivers in real time, several messages at once, until ctx ends; then it waits for the
// deliveries under way, which ctx ends too, and returns nil. It returns an error only when the
// database fails. The client's Timeout bounds one delivery.
func (b *Bus) Serve(ctx context.Context, client *http.Client) error {
	return b.serve(ctx, b.Next, func(ctx context.Context) (bool, error) { return b.RunNext(ctx, client) })
}
