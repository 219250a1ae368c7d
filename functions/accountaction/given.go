package accountaction

import (
	"context"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
)

// given remembers what follows where a change gave an account, or found it given back: it counts as used since then,
// also where the answer of the attempt that gave it was lost, and its stops are over.
func (h *handler) given(ctx context.Context, c change.Change) error {
	if c.State != change.Applied && (c.State != change.Withdrawn || c.Problem != idle.WhyGivenBack) {
		return nil
	}
	name, id, there, err := inUse(c)
	if err != nil || !there {
		return err
	}
	if err := h.revive(ctx, name, id, c.Updated); err != nil {
		return err
	}
	return h.overtaken(ctx, c, name, id)
}

// inUse returns the account that a change gave or gave back, if it is of these kinds: its system and its id there.
func inUse(c change.Change) (system, id string, there bool, err error) {
	system, id = account.Split(c.Target.ID)
	switch c.Kind {
	case change.AccountEnable:
		return system, id, true, nil
	case change.AccountCreate:
		made, err := idle.DecodeMade(c.Result)
		return system, made.Account, err == nil && made.Account != "", err
	default:
		return "", "", false, nil
	}
}

// revive remembers that an account was given back at a moment.
func (h *handler) revive(ctx context.Context, system, id string, at time.Time) error {
	return account.Update(ctx, h.store, system, id, h.now(), func(m idle.Memory) idle.Memory { return m.Revive(at) })
}

// overtaken marks the stops of an account as taken back by what gave it back since, or found it given back, so that
// no message offers a way back to an account that is in use.
func (h *handler) overtaken(ctx context.Context, c change.Change, system, id string) error {
	stops, err := h.ledger.Of(ctx, change.AccountDisable, account.Name(system, id))
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
