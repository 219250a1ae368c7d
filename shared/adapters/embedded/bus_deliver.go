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

// delivery is one message on its way to one subscription.
type delivery struct {
	seq          int64
	subscription bus.Subscription
	message      bus.Message
}

// RunNext delivers the message that is due first at the database's clock, and of several due at
// once the one published first. It returns after the message was acknowledged, planned again or
// moved to the dead-letter topic. It reports whether there was one, and an error only when the
// database fails: an endpoint that refuses is no error. When ctx ends during the delivery, the
// message is due again at once.
func (b *Bus) RunNext(ctx context.Context, client *http.Client) (ran bool, err error) {
	if ctx.Err() != nil {
		return false, nil
	}
	d, ok, err := b.claim(ctx)
	switch {
	case ctx.Err() != nil && !ok:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("take a message to deliver: %w", err)
	case !ok:
		return false, nil
	}
	err = b.deliver(ctx, client, d)
	b.db.bell.ring()
	if err != nil {
		return true, fmt.Errorf("deliver message %s to %s: %w", d.message.ID, d.subscription.Name, err)
	}
	return true, nil
}

// claim marks the message that is due first as running and counts the attempt.
func (b *Bus) claim(ctx context.Context) (d delivery, ok bool, err error) {
	err = b.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var id, published int64
		var attributes, name, definition string
		row := b.db.stmt(tx, busClaim).QueryRowContext(ctx, b.db.now().UnixNano())
		err := row.Scan(&d.seq, &name, &id, &d.message.Data, &attributes, &d.message.OrderingKey, &published, &d.message.Attempt)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		ok = true
		d.message.ID, d.message.Published = strconv.FormatInt(id, 10), time.Unix(0, published)
		if err := json.Unmarshal([]byte(attributes), &d.message.Attributes); err != nil {
			return fmt.Errorf("decode attributes of message %d: %w", id, err)
		}
		row = b.db.stmt(tx, busDefinition).QueryRowContext(ctx, name)
		if err := row.Scan(&definition); err != nil {
			return fmt.Errorf("read subscription %s: %w", name, err)
		}
		if err := json.Unmarshal([]byte(definition), &d.subscription); err != nil {
			return fmt.Errorf("decode subscription %s: %w", name, err)
		}
		return nil
	})
	return d, ok, err
}

// deliver posts the message and writes down the outcome.
func (b *Bus) deliver(ctx context.Context, client *http.Client, d delivery) error {
	if limit := d.subscription.MaxAttempts; limit > 0 && d.message.Attempt > limit {
		// The last attempt began, and the process ended before its answer.
		d.message.Attempt--
		return b.bury(context.WithoutCancel(ctx), d)
	}
	body, err := bus.EncodePush(d.subscription.Name, d.message)
	if err != nil {
		return err
	}
	status, err := b.post(ctx, client, d.subscription.Endpoint, http.Header{}, body)
	stopped := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx) // the outcome is written down even when ctx has ended
	switch {
	case err == nil && bus.Acknowledges(status):
		return b.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error { return b.remove(ctx, tx, d) })
	case stopped:
		return b.again(ctx, d, b.db.now())
	case d.subscription.MaxAttempts > 0 && d.message.Attempt >= d.subscription.MaxAttempts:
		return b.bury(ctx, d)
	default:
		return b.again(ctx, d, b.db.now().Add(d.subscription.Backoff(d.message.Attempt)))
	}
}

// again plans the next attempt.
func (b *Bus) again(ctx context.Context, d delivery, due time.Time) error {
	_, err := b.db.stmt(nil, busAgain).ExecContext(ctx, due.UnixNano(), d.seq)
	return err
}

// remove ends the delivery and lets the next message of its ordering key go.
func (b *Bus) remove(ctx context.Context, tx *sql.Tx, d delivery) error {
	if _, err := b.db.stmt(tx, busRemove).ExecContext(ctx, d.seq); err != nil {
		return err
	}
	if d.message.OrderingKey == "" {
		return nil
	}
	_, err := b.db.stmt(tx, busRelease).ExecContext(ctx, b.db.now().UnixNano(), d.subscription.Name, d.message.OrderingKey)
	return err
}

// bury moves the message to the dead-letter topic.
func (b *Bus) bury(ctx context.Context, d delivery) error {
	dead := bus.Message{
		Data: d.message.Data, OrderingKey: d.message.OrderingKey, Published: b.db.now(),
		Attributes: map[string]string{
			bus.AttrDeadLetterSubscription: d.subscription.Name,
			bus.AttrDeadLetterAttempts:     strconv.Itoa(d.message.Attempt),
		},
	}
	for name, value := range d.message.Attributes {
		if _, taken := dead.Attributes[name]; !taken {
			dead.Attributes[name] = value
		}
	}
	return b.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := b.publish(ctx, tx, d.subscription.DeadLetter, dead); err != nil {
			return fmt.Errorf("publish to %s: %w", d.subscription.DeadLetter, err)
		}
		return b.remove(ctx, tx, d)
	})
}
