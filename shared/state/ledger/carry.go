package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Sight is what an applier finds when it looks at the world.
type Sight struct {
	// InEffect says that the world is as the change wants it.
	InEffect bool
	// Obsolete says why the change is not wanted any more; empty when it is.
	Obsolete string
	// Before are the values found, by field, so that an undo leads back to them. Begun says that they are known to
	// be from before an earlier attempt, which nobody may have seen the end of: else what is found in effect says
	// nothing about what was there before.
	Before map[string]string
	Begun  bool
	// Result is kept with the change once it is in effect, and Until as its end; nil and the
	// zero time keep what it has.
	Result json.RawMessage
	Until  time.Time
}

// Applier carries out the changes of one kind.
type Applier interface {
	// Look reads the world and compares it with what the change wants. It changes nothing.
	Look(ctx context.Context, c change.Change) (Sight, error)
	// Act calls the vendor to make it so, knowing what Look has just seen. It may be called
	// again for the same change after a crash or an unknown result, but never before Look has
	// found that it is not in effect.
	Act(ctx context.Context, c change.Change, seen Sight) error
}

// Authority looks up which of a change's selectors hold now for those who approved it. Who is
// not in the answer has no authority any more.
type Authority func(ctx context.Context, c change.Change, people []string) (change.Standing, error)

// Later is returned by [Ledger.Carry] when the change is to be carried out again at a time.
type Later struct {
	At    time.Time
	Cause error
}

// Error implements error.
func (l *Later) Error() string {
	return fmt.Sprintf("again at %s: %v", l.At.UTC().Format(time.RFC3339), l.Cause)
}

// Unwrap returns the cause.
func (l *Later) Unwrap() error { return l.Cause }

var (
	errUnseen = errors.New("acknowledged, but not seen when read back")
	errLost   = errors.New("the claim was lost before anything was done")
)

// Carry takes one change from approved to its end: claim, look, make sure that it is still to
// be done, act, look again, record. It may be called any number of times, at once and after a
// crash. The effect is repeated only where the vendor was asked and did not show it.
//
// The applier's context ends with the claim, so that no call outlives it. Only a process that
// sleeps just between the last check of that and the vendor can still act beside the one that
// followed it: no fence of ours reaches there. An applier must therefore call what bears
// repeating, or carry the vendor's own precondition along.
//
// It returns nil when nothing is left to be done here, whatever became of the change, and a
// [Later] when it has to be called again.
func (l *Ledger) Carry(ctx context.Context, id string, by change.Actor, authority Authority, applier Applier) error {
	c, err := l.Get(ctx, id)
	if err != nil {
		return err
	}
	if c.State != change.Approved && c.State != change.Applying {
		return nil
	}
	claim := change.ClaimIt{By: by, For: ClaimFor}
	if c.Requirement.Mode == change.Ask {
		if claim.Standing, err = authority(ctx, c, c.ApprovedBy()); err != nil {
			return fmt.Errorf("look up who may approve change %s: %w", id, err)
		}
	}
	c, err = l.Apply(ctx, id, claim)
	if r, ok := change.Refused(err); ok {
		switch r.Code {
		case change.RefusedBusy:
			return &Later{At: free(c), Cause: err}
		case change.RefusedState:
			return nil // it has come to its end meanwhile
		}
	}
	if err != nil || c.State != change.Applying {
		return err
	}
	return l.settle(ctx, c, by, applier)
}

// settle brings a change that we hold the claim of to a result.
func (l *Ledger) settle(ctx context.Context, c change.Change, by change.Actor, applier Applier) error {
	fence := c.Claim.Fence
	during, cancel := context.WithTimeout(ctx, c.Claim.Until.Sub(l.now()))
	defer cancel()
	first, err := applier.Look(during, c)
	if err != nil {
		return l.retry(ctx, c, change.Release{By: by, Blind: true}, fmt.Errorf("look at %s: %w", c.Target.Name, err))
	}
	if first.InEffect {
		done := change.Complete{By: by, Fence: fence, Result: first.Result, Until: first.Until}
		if first.Begun {
			done.Before = first.Before
		}
		return l.end(ctx, c.ID, done)
	}
	// Looking took its time: what was decided meanwhile counts, and our claim may be over.
	if c, err = l.Get(ctx, c.ID); err != nil {
		return err
	}
	now := l.now()
	switch {
	case c.State != change.Applying || c.Claim.Fence != fence || !now.Before(c.Claim.Until):
		return &Later{At: now, Cause: errLost}
	case c.Stopped():
		return l.end(ctx, c.ID, change.Release{By: by, Fence: fence, Absent: true, Problem: cmp.Or(first.Obsolete, "denied before it was done")})
	case first.Obsolete != "":
		return l.end(ctx, c.ID, change.Withdraw{By: by, Fence: fence, Reason: first.Obsolete})
	case !c.Authorized():
		return l.end(ctx, c.ID, change.Release{By: by, Fence: fence, Absent: true, Problem: "approved by people who may not approve it any more"})
	case c.Attempts > MaxAttempts:
		return l.end(ctx, c.ID, change.Fail{By: by, Fence: fence, Problem: fmt.Sprintf("none of %d attempts came to an end", MaxAttempts)})
	}
	acted := applier.Act(during, c, first)
	// Whatever the answer was, what counts is what is there now.
	second, err := applier.Look(during, c)
	switch {
	case err == nil && second.InEffect:
		return l.end(ctx, c.ID, change.Complete{By: by, Fence: fence, Before: first.Before, Result: second.Result, Until: second.Until})
	case acted != nil:
		return l.retry(ctx, c, change.Release{By: by}, fmt.Errorf("change %s: %w", c.Target.Name, acted))
	case err != nil:
		return l.retry(ctx, c, change.Release{By: by}, fmt.Errorf("read back %s: %w", c.Target.Name, err))
	default:
		return l.retry(ctx, c, change.Release{By: by, Unseen: true}, fmt.Errorf("change %s: %w", c.Target.Name, errUnseen))
	}
}

// end records a result. A refusal means that another has taken over, and is none of ours.
func (l *Ledger) end(ctx context.Context, id string, a change.Action) error {
	_, err := l.Apply(ctx, id, a)
	if _, ok := change.Refused(err); ok {
		return nil
	}
	return err
}

// free returns when somebody else's claim, or the wait before the next attempt, is over.
func free(c change.Change) time.Time {
	if c.Claim != nil && c.Claim.Until.After(c.RetryAt) {
		return c.Claim.Until
	}
	return c.RetryAt
}
