package inactivitysweep

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

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

// quiet is how long nobody is asked again about a listing that people have denied or left undecided:
// nothing is done in the system until it is settled.
const quiet = 24 * time.Hour

// doubt refuses the night, and asks people where they can know better: not where nobody is
// listed at all, or not even we are.
func (n *night) doubt(ctx context.Context, before *idle.Census, doubts []idle.Doubt) error {
	var all []string
	var rows []map[string]string
	for _, d := range doubts {
		all, rows = append(all, string(d)), append(rows, map[string]string{"why": string(d)})
	}
	why := strings.Join(all, "; ")
	if err := n.refuse(ctx, "the listing is not believed: "+why, rows...); err != nil {
		return err
	}
	if before == nil || slices.Contains(doubts, idle.Nobody) || slices.Contains(doubts, idle.WithoutSelf) {
		return n.question(ctx)
	}
	now := n.run.Census()
	detail, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("encode the listing of %s: %w", n.name, err)
	}
	p := change.Proposal{
		Kind: change.AccountListing, Target: n.listingTarget(), Requester: rule, Channel: n.rule.Channel,
		Owners:      idle.Owners(n.name, ""),
		Diff:        inNumbers(*before, now),
		Reason:      why,
		Requirement: n.policy.Asks(change.AccountListing, ""), Policy: n.policy.Hash, Detail: detail, Quiet: quiet,
	}
	return n.question(ctx, p)
}

// question asks people about the listing of the system, in place of what they were asked before;
// about nothing, where there is no question.
func (n *night) question(ctx context.Context, p ...change.Proposal) error {
	live, err := n.ledger.Live(ctx, change.AccountListing, n.listingTarget().ID)
	if err != nil {
		return err
	}
	return n.ledger.Replace(ctx, rule, "the listing is another one", live, p...)
}

// inNumbers is a listing as people are asked about it, beside the last one that was believed.
func inNumbers(before, now idle.Census) []change.Delta {
	return []change.Delta{
		{Field: "accounts", Before: strconv.Itoa(before.Total), After: strconv.Itoa(now.Total)},
		{Field: "used", Before: strconv.Itoa(before.Used), After: strconv.Itoa(now.Used)},
		{Field: "active", Before: strconv.Itoa(before.Active), After: strconv.Itoa(now.Active)},
	}
}
