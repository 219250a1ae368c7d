package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// The simulated world around the ledger: the bus, the vendor, the sweep, and who may what.

// Publish implements [bus.Publisher]. An error does not say that the message was not sent.
func (s *sim) Publish(_ context.Context, _ string, m bus.Message) (string, error) {
	var e event.ChangeMoved
	if err := json.Unmarshal(m.Data, &e); err != nil {
		return "", err
	}
	s.pause("publish")
	if s.chance(3) {
		return "", errDown
	}
	s.check.published(e)
	// Appliers listen for approved changes. Some notices go astray for good.
	if e.State == string(change.Approved) && !s.chance(5) {
		for range 1 + s.random.IntN(2) {
			s.queue(&chore{name: "carry", notBefore: s.now, mayBeLost: true, do: func(ctx context.Context) (time.Time, error) { return s.carry(ctx, e.Change) }})
		}
	}
	s.pause("published")
	if s.chance(3) {
		return "", errDown
	}
	return "", nil
}

func (s *sim) carry(ctx context.Context, id string) (time.Time, error) {
	err := s.ledger.Carry(ctx, id, robot, s.authority, s)
	var later *ledger.Later
	if errors.As(err, &later) {
		return later.At, nil
	}
	return time.Time{}, err
}

// authority implements [ledger.Authority].
func (s *sim) authority(_ context.Context, c change.Change, people []string) (change.Standing, error) {
	s.pause("look up who may approve")
	out := change.Standing{}
	for _, id := range people {
		out[id] = s.holds(c, id)
	}
	s.current.standing = out
	return out, nil
}

// holds returns those of a change's selectors that hold for an account now.
func (s *sim) holds(c change.Change, account string) []change.Selector {
	var out []change.Selector
	asked := asks(c)
	if len(asked) == 0 {
		asked = []change.Selector{owners}
	}
	asked = append(asked, managers) // a caller may look up more than it has to
	for _, have := range s.sits[account] {
		for _, want := range asked {
			if have == want {
				out = append(out, have)
			}
		}
	}
	return out
}

// Look implements [ledger.Applier]: sometimes it fails, and shortly after an effect it may show
// what was there before.
func (s *sim) Look(_ context.Context, c change.Change) (ledger.Sight, error) {
	s.pause("look")
	g := s.group[c.Target.ID]
	if s.chance(5) {
		return ledger.Sight{}, answer{text: "503 on reading", permanent: s.chance(10)}
	}
	shown := g.value
	if s.now.Before(g.settled) && s.chance(60) {
		s.count["stale reading"]++
		shown = g.was
	}
	d := c.Diff[0]
	sight := ledger.Sight{InEffect: shown == d.After, Before: map[string]string{d.Field: shown}}
	s.check.looked(c, sight.InEffect)
	s.say("sees %s", shown)
	if !sight.InEffect && s.chance(2) {
		sight.Obsolete = "nobody wants it any more"
	}
	s.pause("looked")
	return sight, nil
}

// Act implements [ledger.Applier]. A call for which the claim's time is over does not reach the
// vendor: its context has ended.
func (s *sim) Act(_ context.Context, c change.Change, seen ledger.Sight) error {
	s.check.calls(c)
	s.pause("act")
	if !s.now.Before(c.Claim.Until) {
		return context.DeadlineExceeded
	}
	if s.chance(8) {
		return answer{text: "503", permanent: s.chance(15)}
	}
	s.check.effect(c)
	g := s.group[c.Target.ID]
	g.was, g.value, g.settled = g.value, c.Diff[0].After, s.now.Add(3*time.Minute)
	s.say("EFFECT of %s: %s", c.ID, g.value)
	s.pause("acted")
	if s.chance(10) {
		s.say("dies before anything is recorded")
		panic(death{})
	}
	if s.chance(10) {
		s.count["acknowledged but failed"]++
		return answer{text: "500", permanent: s.chance(10)}
	}
	return nil
}

// sweep does what the function changesweep does.
func (s *sim) sweep(ctx context.Context) {
	_ = s.ledger.Due(ctx, s.now, func(c change.Change) error {
		if len(c.Outbox) > 0 {
			if err := s.ledger.Publish(ctx, c.ID); err != nil {
				return nil // the next sweep tries again
			}
		}
		if a := c.Passed(s.now, sweeper); a != nil {
			s.say("%s %s", a.Verb(), c.ID)
			_, _ = s.ledger.Apply(ctx, c.ID, a)
		}
		return nil
	})
}
