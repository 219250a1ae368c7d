package ledger

import (
	"context"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// WithdrawOthers withdraws, for a rule that does not want them any longer, those of its changes that
// none of its proposals stands for now. What is being carried out is left alone: its applier finds
// out by itself. So is what came to its end in between.
func (l *Ledger) WithdrawOthers(ctx context.Context, by change.Actor, reason string, live []change.Change, wanted ...change.Proposal) error {
	slots := map[string]bool{}
	for _, p := range wanted {
		slots[p.Slot()] = true
	}
	for _, c := range live {
		if slot, _, _ := change.SlotOf(c.ID); slots[slot] || c.State == change.Applying {
			continue
		}
		_, err := l.Apply(ctx, c.ID, change.Withdraw{By: by, Reason: reason})
		if _, refused := change.Refused(err); err != nil && !refused {
			return err
		}
	}
	return nil
}

// Replace withdraws as [Ledger.WithdrawOthers], and proposes what is wanted in place of it.
func (l *Ledger) Replace(ctx context.Context, by change.Actor, reason string, live []change.Change, wanted ...change.Proposal) error {
	if err := l.WithdrawOthers(ctx, by, reason, live, wanted...); err != nil {
		return err
	}
	for _, p := range wanted {
		if _, _, err := l.Propose(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
