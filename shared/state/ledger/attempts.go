package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/retry"
)

// This file decides how often an effect is tried, when the next attempt is, and that one does not converge.

// Limits of carrying a change out.
const (
	// ClaimFor is how long an applier may take before another may look after the change.
	ClaimFor = 2 * time.Minute
	// MaxAttempts is how often an effect is tried, with growing waits, before a person has to
	// look. An attempt that ended with the applier's own death counts too.
	MaxAttempts = 12
	// MaxUnseen is how often an effect may be acknowledged by the vendor and yet not be seen
	// when read back. More than that means that it does not converge.
	MaxUnseen = 5
)

// retry gives the claim back as a release says, and when to try again, or fails the change for good.
func (l *Ledger) retry(ctx context.Context, c change.Change, r change.Release, cause error) error {
	diverges := r.Unseen && c.Unseen+1 >= MaxUnseen
	if retry.IsPermanent(cause) || diverges || c.Attempts >= MaxAttempts {
		problem := cause.Error()
		if diverges {
			problem = fmt.Sprintf("does not converge: %d times %s", MaxUnseen, problem)
		}
		return l.end(ctx, c.ID, change.Fail{By: r.By, Fence: c.Claim.Fence, Problem: problem, Blind: r.Blind})
	}
	r.Fence, r.Problem, r.RetryAt = c.Claim.Fence, cause.Error(), l.now().Add(wait(c.Attempts, cause))
	if err := l.end(ctx, c.ID, r); err != nil {
		return err
	}
	return &Later{At: r.RetryAt, Cause: cause}
}

// wait is how long to wait after the n-th attempt: what the vendor asked for, else doubling
// from ten seconds to an hour.
func wait(attempt int, cause error) time.Duration {
	var asked interface{ RetryAfter() time.Duration }
	if errors.As(cause, &asked) && asked.RetryAfter() > 0 {
		return asked.RetryAfter()
	}
	return min(10*time.Second<<min(attempt-1, 9), time.Hour)
}
