package groupsettings

import (
	"context"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/budget"
)

// This file keeps the function within what Google grants for a day: this API is the scarce one,
// and one reading of a large company's groups takes almost half of it. What opens a group again
// that people need comes before corrections, these before readings of what has changed, and these
// before the nightly look at everything.

// callsOfAChange is how many calls it takes to carry a change out: look, patch, look again. All
// are taken before the first, so that no change stands half done until midnight.
const callsOfAChange = 3

// within keeps a task within the calls of the day.
func within[P event.Payload](h *handler, do func(context.Context, P) error) func(context.Context, P) error {
	return budget.Within(h.budget, h.queue, event.QueueSettings, do)
}

// spendOnCheck takes the one call of a check.
func (h *handler) spendOnCheck(ctx context.Context, e event.CheckSettings) error {
	if e.Sweep {
		return h.budget.Spend(ctx, budget.Sweep)
	}
	return h.budget.Spend(ctx, budget.Refresh)
}

// spendOnChange takes the calls of a change that is still to be carried out.
func (h *handler) spendOnChange(ctx context.Context, c change.Change) error {
	switch {
	case c.Kind != change.GroupSettings, c.State != change.Approved && c.State != change.Applying:
		return nil // it calls nobody
	case c.UndoOf != "":
		return h.budget.Reserve(ctx, budget.Grant, callsOfAChange)
	}
	return h.budget.Reserve(ctx, budget.Remediate, callsOfAChange)
}

// heeded closes the day's budget for everybody when Google says that the day is spent.
type heeded struct {
	settings
	budget *budget.Budget
}

// Get implements [settings].
func (s heeded) Get(ctx context.Context, email string) (map[string]string, error) {
	values, err := s.settings.Get(ctx, email)
	return values, s.budget.Heed(ctx, err)
}

// Patch implements [settings].
func (s heeded) Patch(ctx context.Context, email string, values map[string]string) error {
	return s.budget.Heed(ctx, s.settings.Patch(ctx, email, values))
}
