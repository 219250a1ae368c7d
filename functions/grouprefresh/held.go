package grouprefresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file asks people about what the brake holds: members whom Google lists no more, too many
// at once to be believed. A second reading has to say the same before anybody is asked. All that
// is held then is one plan for two people, whose id follows from everything in it; once they
// agree, the next reading of each of its groups may take away exactly what the plan showed.

// robot is the actor of everything that this function does by itself.
var robot = change.Actor{Kind: change.ByFunction, ID: "grouprefresh"}

// brakeRule is the requester of plans.
var brakeRule = change.Actor{Kind: change.ByRule, ID: "removals-brake"}

// removals stands for all memberships that are held.
var removals = change.Target{ID: "held-removals", Name: "held removals"}

const (
	// agreed is how many readings must say the same before people are asked.
	agreed = 2
	// releasedFor is how long an agreement waits for the reading that makes use of it.
	releasedFor = 24 * time.Hour
	// itself follows the address of a group that is gone itself, and not only members of it.
	itself = " itself"
	// shown is how many addresses of a group a plan shows; the others are a number.
	shown = 5
)

// removal is one group of a plan, as its Detail has it.
type removal struct {
	Group string `json:"group"`
	Sum   string `json:"sum"`
}

// planRemovals has every group read again that is held after one reading only, or that people have
// agreed about without a reading since, and proposes what to do about all others, in place of an
// earlier plan.
func (h *handler) planRemovals(ctx context.Context) error {
	held, err := h.mirror.HeldRemovals(ctx)
	if err != nil {
		return err
	}
	var sure []mirror.Held
	for _, one := range held {
		var err error
		switch {
		case h.now().Before(one.Released):
			// A reading would have made use of it. The one that was queued, if it was, came to nothing.
			window := h.now().Truncate(time.Hour).Unix()
			err = h.readHeld(ctx, one.Group, fmt.Sprintf("released-%s-%d", one.Group, window))
		case one.Agreed >= agreed:
			sure = append(sure, one)
		default: // once for each reading
			err = h.readHeld(ctx, one.Group, fmt.Sprintf("held-%s-%d", one.Group, one.Last.UnixNano()))
		}
		if err != nil {
			return err
		}
	}
	p, err := removalPlan(sure[:min(len(sure), ledger.MaxPlan)])
	if err != nil {
		return err
	}
	p.Policy, p.Requirement = h.policy.Hash, h.policy.Asks(change.GroupMembersPlan, "")
	live, err := h.ledger.Live(ctx, change.GroupMembersPlan, removals.ID)
	if err != nil {
		return err
	}
	// What people have agreed to waits for the readings that make use of it.
	waiting := slices.DeleteFunc(live, func(c change.Change) bool { return c.State != change.Proposed })
	var wanted []change.Proposal
	if len(p.Diff) > 0 {
		wanted = append(wanted, p)
	}
	return h.ledger.Replace(ctx, brakeRule, "what is held has changed", waiting, wanted...)
}

// readHeld queues another reading of a group of which members are held, once for each name.
func (h *handler) readHeld(ctx context.Context, group, name string) error {
	return h.ensure(ctx, event.RefreshGroup{Group: group, Noticed: h.now()}, name, time.Time{})
}

// removalsQuiet is how long a no, or a silence, keeps the same removals from being proposed again.
const removalsQuiet = 24 * time.Hour

// removalPlan returns the proposal for what is held; without differences where nothing is. Each
// difference leads to the sum of the members lost: other members make another plan.
func removalPlan(held []mirror.Held) (change.Proposal, error) {
	p := change.Proposal{Kind: change.GroupMembersPlan, Target: removals, Requester: brakeRule, Quiet: removalsQuiet}
	if len(held) == 0 {
		return p, nil
	}
	var detail []removal
	for _, one := range held {
		detail = append(detail, removal{one.Group, one.Sum})
		what := one.Email
		if one.Whole {
			what += itself
		}
		p.Diff = append(p.Diff, change.Delta{Field: what, Before: members(one), After: one.Sum})
	}
	var err error
	if p.Detail, err = json.Marshal(detail); err != nil {
		return change.Proposal{}, fmt.Errorf("encode a plan of %d groups: %w", len(detail), err)
	}
	return p, nil
}

// members says whom a group would lose: the first few by name.
func members(one mirror.Held) string {
	first := slices.Clone(one.Some[:min(len(one.Some), shown)])
	if more := one.Count - len(first); more > 0 {
		first = append(first, fmt.Sprintf("+%d", more))
	}
	return strings.Join(first, ", ")
}

// release carries out a plan: it lets the readings through that it names.
type release struct{ *handler }

// Look implements [ledger.Applier]. A plan is in effect when nothing of it is held any more that
// has not been released.
func (r release) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	waiting, err := r.waiting(ctx, c)
	if err != nil {
		return ledger.Sight{}, err
	}
	return ledger.SightOfPlan(c, len(waiting) == 0, r.now()), nil
}

// Act implements [ledger.Applier]. Where the process ends between a release and the queueing of its
// reading, the job that looks at what is held queues it.
func (r release) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	waiting, err := r.waiting(ctx, c)
	if err != nil {
		return err
	}
	for _, one := range waiting {
		err := r.mirror.Release(ctx, one.Group, one.Sum, r.now().Add(releasedFor))
		if errors.Is(err, mirror.ErrOtherRemovals) || errors.Is(err, mirror.ErrUnknown) {
			continue // read anew meanwhile: it is in the next plan, or found again
		}
		if err != nil {
			return err
		}
		if err := r.readHeld(ctx, one.Group, fmt.Sprintf("released-%s-%s", one.Group, c.ID)); err != nil {
			return err
		}
	}
	return nil
}

// waiting returns what a plan names and is still held as it was shown.
func (r release) waiting(ctx context.Context, c change.Change) ([]removal, error) {
	var named []removal
	if err := json.Unmarshal(c.Detail, &named); err != nil {
		return nil, fmt.Errorf("decode plan %s: %w", c.ID, err)
	}
	held, err := r.mirror.HeldRemovals(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(named, func(n removal) bool {
		return !slices.ContainsFunc(held, func(one mirror.Held) bool {
			return one.Group == n.Group && one.Sum == n.Sum && !r.now().Before(one.Released)
		})
	}), nil
}

// apply carries out one plan.
func (h *handler) apply(ctx context.Context, e event.ApplyChange) error {
	_, err := h.carrier.Apply(ctx, e)
	return err
}
