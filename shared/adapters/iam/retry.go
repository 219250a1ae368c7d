package iam

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// This file tries again what another editor, or the vendor, kept from being done.

// How often an edit is written and how long it waits between: up to 0.1 s, 0.2 s, … 5 s, of which
// a random share is waited. With somebody else writing every second, twelve attempts fail less
// than once in a thousand times; then the queue tries again.
const (
	writes    = 12
	firstWait = 100 * time.Millisecond
	mostWait  = 5 * time.Second
)

// outcome is what an attempt came to.
type outcome int

const (
	// done means that a reading showed that nothing is left to do.
	done outcome = iota
	// wrote means that the vendor acknowledged a write, which is to be seen yet.
	wrote
	// left means that there is something to do and that the attempt was not to write.
	left
)

// persist tries until an attempt is done: it looks, writes if something is left to do, and looks
// again. So a lost race, a write of which no answer came, and a reading that is behind are all
// the same to it. The last attempt only looks.
func (c client) persist(ctx context.Context, what string, try func(mayWrite bool) (outcome, error)) error {
	acknowledged := false
	var last error
	for attempt := 0; ; attempt++ {
		o, err := try(attempt < writes)
		switch {
		case err != nil && !again(err):
			return err
		case err != nil:
			last = err
		case o == done:
			return nil
		case o == wrote:
			acknowledged = true
			continue // it is looked at at once: as a rule it shows
		}
		if attempt >= writes {
			if acknowledged || last == nil {
				return fmt.Errorf("%s: %w", what, &Error{API: "iam", Op: "edit", Message: "no reading shows what was written", Kind: ErrUnseen, Cause: last})
			}
			return last
		}
		if err := c.pause(ctx, attempt); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// pause waits after an attempt, counted from zero.
func (c client) pause(ctx context.Context, attempt int) error {
	most := min(firstWait<<min(attempt, 16), mostWait)
	return c.sleep(ctx, time.Duration(c.random()*float64(most)))
}

// again reports whether an attempt that ended so may be made once more here: a lost race, or
// anything of which nobody knows whether it was done.
func again(err error) bool {
	if errors.Is(err, ErrConflict) {
		return true
	}
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Permanent() && !errors.Is(err, ErrQuota)
}
