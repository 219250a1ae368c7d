package changesweep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

type handler struct {
	store  store.Store
	ledger *ledger.Ledger
	now    func() time.Time
	log    *slog.Logger
}

// JobSweep is the scheduler's job.
const JobSweep = "sweep"

var clock = change.Actor{Kind: change.ByFunction, ID: "changesweep"}

// tick looks at every change of which the time has come. One that goes wrong does not hold
// the others up.
func (h *handler) tick(ctx context.Context, t event.Tick) error {
	if t.Job != JobSweep {
		return cloudfn.Permanent(fmt.Errorf("no job %q", t.Job))
	}
	now := h.now()
	var problems []error
	err := h.ledger.Due(ctx, now, func(c change.Change) error {
		if err := h.sweep(ctx, c, now); err != nil {
			problems = append(problems, fmt.Errorf("change %s: %w", c.ID, err))
		}
		return ctx.Err()
	})
	return errors.Join(append(problems, err)...)
}

func (h *handler) sweep(ctx context.Context, c change.Change, now time.Time) error {
	if len(c.Outbox) > 0 {
		if err := h.ledger.Publish(ctx, c.ID); err != nil {
			return err
		}
	}
	a := c.Passed(now, clock)
	if a == nil {
		return nil
	}
	_, err := h.ledger.Apply(ctx, c.ID, a)
	if _, refused := change.Refused(err); refused {
		return nil // somebody was faster
	}
	return err
}

// deadLetter keeps what the bus could not deliver where a person sees it, in the form in which its
// function gets it when that person has it delivered again.
func (h *handler) deadLetter(ctx context.Context, m cloudfn.Received) error {
	from := m.Attributes[bus.AttrDeadLetterSubscription]
	if from == "" {
		return cloudfn.Permanent(errors.New("neither a tick nor a dead letter"))
	}
	h.log.ErrorContext(ctx, "dead letter", "subscription", from)
	again := bus.Message{ID: m.ID, Data: m.Data, Attributes: map[string]string{}}
	for name, value := range m.Attributes {
		if !strings.HasPrefix(name, bus.AttrDeadLetterPrefix) {
			again.Attributes[name] = value
		}
	}
	body, err := bus.EncodePush(from, again)
	if err != nil {
		return err
	}
	return cloudfn.Quarantine(ctx, h.store, cloudfn.Quarantined{
		Function: subscriber(from), Source: from, Message: m.ID, Type: m.Type,
		Reason: fmt.Sprintf("not delivered after %s attempts", m.Attributes[bus.AttrDeadLetterAttempts]),
		At:     h.now(), Body: string(body),
	})
}

// subscriber is the function of a subscription, with whose name the subscription's begins.
func subscriber(subscription string) string {
	function, _, _ := strings.Cut(subscription, "-")
	return function
}
