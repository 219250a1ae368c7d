package inactivitysweep

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
)

// This file is about a listing that is not believed. Nothing is done by it, tonight and every
// night in which it is like that, until it looks as before again or two people say that it is
// right: so many accounts were really deleted.

// listingTarget is what the question is about, whether the listing of a system is right.
func (n *night) listingTarget() change.Target {
	return change.Target{ID: account.Name(n.name, "listing"), Name: n.name}
}

// doubt refuses the night, and asks people where they can know better: not where nobody is
// listed at all, or not even we are.
func (n *night) doubt(ctx context.Context, before *idle.Census, doubts []idle.Doubt) error {
	if err := n.refuse(ctx, "the listing is not believed: "+words(doubts)); err != nil {
		return err
	}
	if before == nil || slices.Contains(doubts, idle.Nobody) || slices.Contains(doubts, idle.WithoutSelf) {
		return n.withdrawQuestions(ctx, "")
	}
	now := n.run.Census()
	detail, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("encode the listing of %s: %w", n.name, err)
	}
	p := change.Proposal{
		Kind: change.AccountListing, Target: n.listingTarget(), Requester: rule, Channel: n.rule.Channel,
		Owners:      desk.AccountOwners(n.name, ""),
		Diff:        []change.Delta{{Field: "listing", Before: inNumbers(*before), After: inNumbers(now)}},
		Reason:      words(doubts),
		Requirement: n.policy.Asks(change.AccountListing, "").AtLeast(2), Policy: n.policy.Hash, Detail: detail,
	}
	if err := n.withdrawQuestions(ctx, p.Slot()); err != nil {
		return err
	}
	_, _, err = n.ledger.Propose(ctx, p)
	return err
}

// withdrawQuestions withdraws what is asked about listings of the system, but for one slot.
func (n *night) withdrawQuestions(ctx context.Context, but string) error {
	live, err := n.ledger.Live(ctx, change.AccountListing, n.listingTarget().ID)
	if err != nil {
		return err
	}
	for _, c := range live {
		if slot, _, _ := change.SlotOf(c.ID); slot == but || c.State == change.Applying {
			continue
		}
		_, err := n.ledger.Apply(ctx, c.ID, change.Withdraw{By: rule, Reason: "the listing is another one"})
		if _, refused := change.Refused(err); err != nil && !refused {
			return err
		}
	}
	return nil
}

// inNumbers is a listing as people are asked about it.
func inNumbers(c idle.Census) string {
	return fmt.Sprintf("%d accounts, %d ever used, %d active", c.Total, c.Used, c.Active)
}
