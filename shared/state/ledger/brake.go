package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// ProposeWithin proposes as [Ledger.Propose], unless as many other targets as the limit have had
// a change of the kind that happened by itself within [brake.Over]. Then nothing is proposed, and
// the boolean held is true. What was withdrawn does not count; a target counts once. It counts and
// proposes in one transaction, so that two at once do not both take the last place.
func (l *Ledger) ProposeWithin(ctx context.Context, p change.Proposal, limit int) (held bool, err error) {
	var touched []string
	err = l.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		touched, held = nil, false
		targets, err := braked(ctx, tx, p.Kind, l.now())
		if err != nil {
			return err
		}
		if held = !targets[p.Target.ID] && len(targets) >= limit; held {
			return nil
		}
		_, _, touched, err = l.propose(ctx, tx, p)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("propose %s of %s: %w", p.Kind, p.Target.Name, err)
	}
	for _, id := range touched {
		l.publish(ctx, id)
	}
	return held, nil
}

// Braked returns the targets that count for the brake on a kind of change now.
func (l *Ledger) Braked(ctx context.Context, kind change.Kind) (map[string]bool, error) {
	return braked(ctx, l.store, kind, l.now())
}

func braked(ctx context.Context, r store.Reader, kind change.Kind, now time.Time) (map[string]bool, error) {
	targets := map[string]bool{}
	err := changes.Each(ctx, r, store.Query{Where: []store.Cond{
		{Field: "kind", Op: store.Equal, Value: string(kind)},
		{Field: "proposed", Op: store.AtLeast, Value: now.Add(-brake.Over)},
	}, OrderBy: "proposed"}, func(c change.Change) error {
		if c.Requirement.Mode == change.Auto && c.State != change.Withdrawn {
			targets[c.Target.ID] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count changes of kind %s: %w", kind, err)
	}
	return targets, nil
}
