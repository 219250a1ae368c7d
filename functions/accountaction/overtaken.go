package accountaction

import (
	"context"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
)

// overtaken marks the stops of an account as taken back by what gave it back since, or found it given back, so that
// no message offers a way back to an account that is in use.
func (h *handler) overtaken(ctx context.Context, c change.Change) error {
	if c.State != change.Applied {
		return nil
	}
	name, target := account.Split(c.Target.ID)
	switch c.Kind {
	case change.AccountEnable:
	case change.AccountCreate:
		made, err := idle.DecodeMade(c.Result)
		if err != nil || made.Account == "" {
			return err
		}
		target = made.Account
	default:
		return nil
	}
	stops, err := h.ledger.Of(ctx, change.AccountDisable, account.Name(name, target))
	if err != nil {
		return err
	}
	for _, stop := range stops {
		if stop.State != change.Applied || stop.Updated.After(c.Updated) {
			continue
		}
		_, err := h.ledger.Apply(ctx, stop.ID, change.Undo{By: c.Requester, Change: c.ID})
		if _, refused := change.Refused(err); err != nil && !refused {
			return err
		}
	}
	return nil
}
