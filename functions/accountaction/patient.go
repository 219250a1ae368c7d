package accountaction

import (
	"context"
	"errors"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/vendor"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// patient tries again what the vendor forbids. An adapter calls that final, and one call is; but a key
// that was replaced a minute ago, or a right that is mended the same day, must not end everything
// that people were waiting for. With the growing waits of [ledger.MaxAttempts] a change fails after
// some hours.
type patient struct{ ledger.Applier }

// Look implements [ledger.Applier].
func (p patient) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	sight, err := p.Applier.Look(ctx, c)
	return sight, passing(err)
}

// Act implements [ledger.Applier].
func (p patient) Act(ctx context.Context, c change.Change, seen ledger.Sight) error {
	return passing(p.Applier.Act(ctx, c, seen))
}

// passing marks an error of what is forbidden as one that may pass.
func passing(err error) error {
	if errors.Is(err, vendor.ErrForbidden) {
		return mayPass{err}
	}
	return err
}

// mayPass is an error that is tried again, whatever its adapter says.
type mayPass struct{ error }

func (e mayPass) Unwrap() error   { return e.error }
func (e mayPass) Permanent() bool { return false }
