package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Asking reports whether the person who asked for a change may still ask for it. Undone is the change
// that it takes back; nil where it takes nothing back.
type Asking func(ctx context.Context, c change.Change, undone *change.Change) (bool, error)

// stillAsked is an applier of a change that is not wanted any more once who asked for it may not ask
// for it: between a request and its effect a role may be gone, and a deny may have come. What is in
// effect already stays.
type stillAsked struct {
	Applier
	ledger *Ledger
	may    Asking
}

// Look implements [Applier].
func (a stillAsked) Look(ctx context.Context, c change.Change) (Sight, error) {
	seen, err := a.Applier.Look(ctx, c)
	if err != nil || seen.InEffect || seen.Obsolete != "" || c.Requester.Kind != change.ByPerson {
		return seen, err
	}
	var undone *change.Change
	if c.UndoOf != "" {
		of, err := a.ledger.Get(ctx, c.UndoOf)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Sight{}, err
		}
		undone = &of
	}
	may, err := a.may(ctx, c, undone)
	if err != nil {
		return Sight{}, fmt.Errorf("look up whether %s may still ask for change %s: %w", c.Requester.Name, c.ID, err)
	}
	if !may {
		seen.Obsolete = "the policy does not let who asked for it ask for it any more"
	}
	return seen, nil
}
