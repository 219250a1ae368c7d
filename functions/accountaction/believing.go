package accountaction

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// believing lets a listing stand for the last one that was believed, because people say that it
// is right. Calls nobody.
type believing struct{ *handler }

// Look implements [ledger.Applier].
func (b believing) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	agreed, err := listingOf(c)
	if err != nil {
		return ledger.Sight{}, err
	}
	system, _ := account.Split(c.Target.ID)
	believed, err := account.Census(ctx, b.store, system)
	if err != nil {
		return ledger.Sight{}, err
	}
	sight := ledger.Sight{InEffect: believed != nil && believed.Equal(agreed)}
	if believed != nil && believed.At.After(agreed.At) {
		sight.Obsolete = "a later listing was believed by itself"
	}
	return sight, nil
}

// Act implements [ledger.Applier].
func (b believing) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	agreed, err := listingOf(c)
	if err != nil {
		return err
	}
	system, _ := account.Split(c.Target.ID)
	return account.Believe(ctx, b.store, system, agreed)
}

func listingOf(c change.Change) (idle.Census, error) {
	var out idle.Census
	if err := json.Unmarshal(c.Detail, &out); err != nil {
		return idle.Census{}, fmt.Errorf("decode the listing that %s is about: %w", c.ID, err)
	}
	return out, nil
}
