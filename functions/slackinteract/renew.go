package slackinteract

import (
	"context"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// robot is the actor of what this function does by itself.
var robot = change.Actor{Kind: change.ByFunction, ID: "slackinteract"}

// renew revises a change that waits for people where policy has come to need more of them, or
// others, since they were asked: no press on what was shown before counts then. It reports whether it
// did.
func (d *decider) renew(ctx context.Context, c change.Change) (bool, error) {
	asks, stricter := d.policy.AsksNow(c)
	if !stricter {
		return false, nil
	}
	_, err := d.ledger.Apply(ctx, c.ID, change.Revise{
		By: robot, Diff: c.Diff, Reason: c.Reason, Requirement: asks, Policy: d.policy.Hash,
	})
	if _, refused := change.Refused(err); refused {
		return false, nil // it has moved on meanwhile, as the press will find out
	}
	return err == nil, err
}
