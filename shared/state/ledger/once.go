package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// RememberedFor is how long a press or a request is remembered by its name. Slack's signatures pass
// for five minutes, but the task that carries a press to its decision can be tried again for as
// long as Cloud Tasks keeps it, which is 31 days (https://cloud.google.com/tasks/docs/quotas).
const RememberedFor = 32 * 24 * time.Hour

// answer is what became of a press or a request that has a name, so that the same one, however often
// it arrives, counts once.
type answer struct {
	Change  string             `json:"change"`
	Refusal change.RefusalCode `json:"refusal,omitempty"`
	Verb    change.Verb        `json:"verb,omitempty"`
	Text    string             `json:"text,omitempty"`
	At      time.Time          `json:"at"`
}

var answers = store.Collection[answer]{
	Name:    "answered",
	Expires: func(a answer) time.Time { return a.At.Add(RememberedFor) },
}

// ProposeOnce proposes what a person asked for under a name of its own: a request that Slack or a
// queue brought. The same request again returns the change that it made, or that stood for it
// then, even where that has come to its end since.
func (l *Ledger) ProposeOnce(ctx context.Context, name string, p change.Proposal) (change.Change, error) {
	var stands change.Change
	var touched []string
	err := l.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		touched = nil
		before, err := answers.Get(ctx, tx, name)
		switch {
		case err == nil && before.Refusal == "":
			stands, err = get(ctx, tx, before.Change)
			return err
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		}
		if stands, _, touched, err = l.propose(ctx, tx, p); err != nil {
			return err
		}
		return answers.Put(tx, name, answer{Change: stands.ID, At: l.now()})
	})
	if err != nil {
		return change.Change{}, fmt.Errorf("propose %s of %s: %w", p.Kind, p.Target.Name, err)
	}
	for _, id := range touched {
		l.publish(ctx, id)
	}
	return stands, nil
}

// Asked returns the change that [Ledger.ProposeOnce] made, or found, for the request of a name; the
// boolean is false where it has taken no such request, or long ago: see [RememberedFor].
func (l *Ledger) Asked(ctx context.Context, name string) (change.Change, bool, error) {
	before, err := answers.Get(ctx, l.store, name)
	if errors.Is(err, store.ErrNotFound) || err == nil && before.Refusal != "" {
		return change.Change{}, false, nil
	}
	if err != nil {
		return change.Change{}, false, fmt.Errorf("look up what was asked for before: %w", err)
	}
	c, err := l.Get(ctx, before.Change)
	return c, err == nil, err
}

// Press moves a change by a person's action that arrived under a name of its own. The name is
// remembered in the transaction that decides: arriving again it changes nothing and returns
// what it returned before.
func (l *Ledger) Press(ctx context.Context, name, id string, a change.Action) (change.Change, error) {
	var before *answer
	var c change.Change
	var refused error
	err := l.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		before, refused = nil, nil
		now := l.now()
		p, err := answers.Get(ctx, tx, name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		known := err == nil
		if c, err = get(ctx, tx, id); err != nil {
			return err
		}
		turnDown := func(r *change.Refusal) error {
			refused = r
			e := refusal(c, a.Actor(), r, now)
			e.ID = fmt.Sprintf("%s.refused.%s", c.ID, name)
			switch _, err := trail.Entries.Get(ctx, tx, e.ID); {
			case err == nil:
				return nil // it has been turned down before
			case !errors.Is(err, store.ErrNotFound):
				return err
			}
			return trail.Entries.Create(tx, e.ID, e)
		}
		switch {
		case known && p.Change == id:
			before = &p
			return nil
		case known:
			return turnDown(&change.Refusal{Code: change.RefusedInvalid, From: c.State, Verb: a.Verb(), Text: "the press was for another change"})
		}
		next, entry, err := c.Apply(a, now)
		if r, ok := change.Refused(err); ok {
			if err := turnDown(r); err != nil {
				return err
			}
			return answers.Create(tx, name, answer{Change: id, Refusal: r.Code, Verb: r.Verb, Text: r.Text, At: now})
		}
		if err != nil {
			return err
		}
		c = next
		if err := answers.Create(tx, name, answer{Change: id, At: now}); err != nil {
			return err
		}
		return write(tx, next, entry)
	})
	switch {
	case err != nil:
		return change.Change{}, err
	case before != nil && before.Refusal != "":
		return c, &change.Refusal{Code: before.Refusal, From: c.State, Verb: before.Verb, Text: before.Text}
	case refused != nil:
		return c, refused
	}
	l.publish(ctx, id)
	return c, nil
}
