// Package notice keeps what people are told besides how changes stand: that an account is going
// to be stopped, that access is about to end, that credentials are waited for, what a nightly run
// did.
//
// A notice is data without words. Whoever finds out posts it here; the function that speaks to
// people words it in the reader's language and shows it. Posting a notice under the same id again
// brings what was shown up to date.
package notice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Kind says what a notice is about, which decides how it is worded.
type Kind string

// Notice is one thing to be told to one reader. It holds no secret: it is stored, and shown in
// Slack.
type Notice struct {
	// ID names it; the same id again replaces it.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Person is the reader's id in the directory, or empty where Channel is the reader. Both
	// empty means the channel for alerts.
	Person  string `json:"person,omitempty"`
	Channel string `json:"channel,omitempty"`
	// Change is the change that it is about, where it is about one.
	Change string `json:"change,omitempty"`
	// Facts are what the words need, by name; Rows are further lines, each with facts.
	Facts map[string]string   `json:"facts,omitempty"`
	Rows  []map[string]string `json:"rows,omitempty"`
	// Until is a time that the notice speaks of.
	Until time.Time `json:"until,omitzero"`
	// Alert has the channel for alerts told where the person cannot be reached.
	Alert bool `json:"alert,omitempty"`
	// Over says that the notice asks for nothing any more: its buttons go.
	Over bool      `json:"over,omitempty"`
	At   time.Time `json:"at"`
}

// KeptFor is how long a notice is kept after it was last posted.
const KeptFor = 400 * 24 * time.Hour

var notices = store.Collection[Notice]{
	Name:    "notices",
	Fields:  func(n Notice) map[string]any { return map[string]any{"change": n.Change, "at": n.At} },
	Expires: func(n Notice) time.Time { return n.At.Add(KeptFor) },
}

// ErrUnknown says that there is no such notice.
var ErrUnknown = errors.New("no such notice")

// Post stores a notice and has it shown. A notice that says what is stored already is shown once
// more only where it has not been shown.
func Post(ctx context.Context, s store.Store, q queue.Queue, n Notice) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return notices.Put(tx, n.ID, n) })
	if err != nil {
		return fmt.Errorf("store notice %s: %w", n.ID, err)
	}
	return show(ctx, q, n)
}

// show has a notice shown.
func show(ctx context.Context, q queue.Queue, n Notice) error {
	content, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode notice %s: %w", n.ID, err)
	}
	// What is said, and when: the same once more is one task, and what differs is another one even
	// at the same moment.
	sum := sha256.Sum256(content)
	name := "notice-" + hex.EncodeToString(sum[:16])
	return queue.Order(ctx, q, queue.Task{Queue: event.QueueSlack, Name: name}, event.Notify{Subject: event.SubjectNotice + n.ID})
}

// mostRows bounds what [Gather] puts into one notice.
const mostRows = 50

// Gather adds a row to a notice and has it shown. Where the notice is there already it says what it
// said, and the row besides, unless it has that. Beyond some rows they are counted only, in the fact
// more. It may be called by many at once.
func Gather(ctx context.Context, s store.Store, q queue.Queue, n Notice, row map[string]string) error {
	whole := n
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		whole = n
		before, err := notices.Get(ctx, tx, n.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			whole = before
		}
		switch {
		case slices.ContainsFunc(whole.Rows, func(r map[string]string) bool { return maps.Equal(r, row) }):
		case len(whole.Rows) < mostRows:
			whole.Rows = append(slices.Clone(whole.Rows), row)
		default:
			more, _ := strconv.Atoi(whole.Facts["more"]) // zero where there were none
			whole.Facts = maps.Clone(whole.Facts)
			whole.Facts["more"] = strconv.Itoa(more + 1)
		}
		return notices.Put(tx, n.ID, whole)
	})
	if err != nil {
		return fmt.Errorf("add to notice %s: %w", n.ID, err)
	}
	return show(ctx, q, whole)
}

// Tell has the messages about a subject brought up to date, not before a time; the zero time
// means now. The name is that of the cause: the same cause again orders nothing new.
func Tell(ctx context.Context, q queue.Queue, about event.Notify, name string, at time.Time) error {
	return queue.Order(ctx, q, queue.Task{Queue: event.QueueSlack, Name: "notify-" + name, NotBefore: at}, about)
}

// Get returns a notice, or [ErrUnknown].
func Get(ctx context.Context, r store.Reader, id string) (Notice, error) {
	n, err := notices.Get(ctx, r, id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return Notice{}, fmt.Errorf("notice %.100s: %w", id, ErrUnknown)
	}
	if err != nil {
		return Notice{}, fmt.Errorf("read notice %s: %w", id, err)
	}
	return n, nil
}

// Withdraw has the buttons of a notice taken away, where it was posted and is not over.
func Withdraw(ctx context.Context, s store.Store, q queue.Queue, id string, now time.Time) error {
	return End(ctx, s, q, id, now, nil)
}

// End withdraws a notice as [Withdraw] does, with facts that say how it ended.
func End(ctx context.Context, s store.Store, q queue.Queue, id string, now time.Time, facts map[string]string) error {
	n, err := Get(ctx, s, id)
	if errors.Is(err, ErrUnknown) || err == nil && n.Over {
		return nil
	}
	if err != nil {
		return err
	}
	n.Over, n.At, n.Facts = true, now, maps.Clone(n.Facts)
	if n.Facts == nil {
		n.Facts = map[string]string{}
	}
	maps.Copy(n.Facts, facts)
	return Post(ctx, s, q, n)
}
