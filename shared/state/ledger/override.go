package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// This file lets through, all at once, what a brake held: one change stands for the whole plan and
// waits for at least two people. Its id follows from everything in it, so that a press can only be
// about the plan that was shown; one thing more makes another plan.

const (
	// OverrideFor is how long an approved plan may be carried out.
	OverrideFor = time.Hour
	// MaxPlan bounds how many changes one plan lets through. What is left over is in the next.
	MaxPlan = 500
	// MaxPlanSize bounds how many bytes that takes up in the plan, as JSON. What people decide about
	// it and what happens to it are stored with it.
	MaxPlanSize = store.MaxData * 2 / 3
)

// PlanOf returns the proposal that lets others through, past the brake that held them, and how many
// of them it lets through: the first, no more than [MaxPlan], nor than fit into [MaxPlanSize]. Base
// says all about it but what it lets through and how many people it needs, which the plan's kind may
// raise.
func PlanOf(base change.Proposal, held []change.Proposal) (plan change.Proposal, through int, err error) {
	base.Diff = nil
	var detail []json.RawMessage
	size := 0
	for _, p := range held[:min(len(held), MaxPlan)] {
		var diff []change.Delta
		for _, d := range p.Diff {
			diff = append(diff, change.Delta{Field: p.Target.Name + " " + d.Field, Before: d.Before, After: d.After})
		}
		one, err := json.Marshal(p)
		if err != nil {
			return change.Proposal{}, 0, fmt.Errorf("encode %s of %s for a plan: %w", p.Kind, p.Target.Name, err)
		}
		shown, err := json.Marshal(diff)
		if err != nil {
			return change.Proposal{}, 0, fmt.Errorf("encode the differences of %s for a plan: %w", p.Target.Name, err)
		}
		if size += len(one) + len(shown); size > MaxPlanSize && len(detail) > 0 {
			break
		}
		base.Diff, detail = append(base.Diff, diff...), append(detail, one)
	}
	trait, _ := change.TraitOf(base.Kind)
	base.Requirement = base.Requirement.AtLeast(trait.People)
	if base.Detail, err = json.Marshal(detail); err != nil {
		return change.Proposal{}, 0, fmt.Errorf("encode a plan of %d changes: %w", len(detail), err)
	}
	return base, len(detail), nil
}

// Override carries out plans that [PlanOf] made: it proposes what they let through as changes that
// happen by themselves. Each of those is looked at again by its own applier.
type Override struct{ Ledger *Ledger }

// Look implements [Applier].
func (o Override) Look(ctx context.Context, c change.Change) (Sight, error) {
	waiting, err := o.waiting(ctx, c)
	if err != nil {
		return Sight{}, err
	}
	return SightOfPlan(c, len(waiting) == 0, o.Ledger.now()), nil
}

// SightOfPlan returns what is to be seen of an approved plan: nothing more is to do where all of
// it is in effect, or where [OverrideFor] has passed since it was approved.
func SightOfPlan(c change.Change, inEffect bool, now time.Time) Sight {
	sight := Sight{InEffect: inEffect}
	if approved := c.Decisions[len(c.Decisions)-1].At; now.Sub(approved) > OverrideFor {
		sight.Obsolete = "the approval is older than an hour"
	}
	return sight
}

// Act implements [Applier].
func (o Override) Act(ctx context.Context, c change.Change, _ Sight) error {
	waiting, err := o.waiting(ctx, c)
	if err != nil {
		return err
	}
	for _, p := range waiting {
		p.Requirement, p.Plan = change.Requirement{Mode: change.Auto}, c.ID
		if _, _, err := o.Ledger.Propose(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// stillLet is an applier of a change that people let through by a plan. It is not wanted any more once the plan is older
// than [OverrideFor], or those who approved it may not approve it any more. What is in effect already stays.
type stillLet struct {
	Applier
	ledger    *Ledger
	authority Authority
}

// Look implements [Applier].
func (a stillLet) Look(ctx context.Context, c change.Change) (Sight, error) {
	seen, err := a.Applier.Look(ctx, c)
	if err != nil || seen.InEffect || seen.Obsolete != "" {
		return seen, err
	}
	plan, err := a.ledger.Get(ctx, c.Plan)
	if err != nil {
		return Sight{}, fmt.Errorf("read the plan that let %s through: %w", c.ID, err)
	}
	if plan.Requirement.Mode != change.Ask || len(plan.Decisions) == 0 {
		return seen, nil
	}
	if seen.Obsolete = SightOfPlan(plan, false, a.ledger.now()).Obsolete; seen.Obsolete != "" {
		return seen, nil
	}
	standing, err := a.authority(ctx, plan, plan.ApprovedBy())
	if err != nil {
		return Sight{}, fmt.Errorf("look up who may approve plan %s: %w", plan.ID, err)
	}
	if !plan.StillAuthorized(standing) {
		seen.Obsolete = "those who let it through may not do so any more"
	}
	return seen, nil
}

// Let reports whether a change is one that people let through, by approving a plan of this kind and
// target.
func (o Override) Let(ctx context.Context, plan change.Kind, target string, c change.Change) (bool, error) {
	plans, err := o.Ledger.Of(ctx, plan, target)
	if err != nil {
		return false, fmt.Errorf("look for the plan that let %s through: %w", c.ID, err)
	}
	slot, _, _ := change.SlotOf(c.ID)
	for _, p := range plans {
		if p.State != change.Applied && p.State != change.Applying && p.State != change.Approved || c.Proposed.Before(p.Proposed) {
			continue
		}
		held, err := heldBy(p)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(held, func(h change.Proposal) bool { return h.Slot() == slot }) {
			return true, nil
		}
	}
	return false, nil
}

// heldBy returns what a plan lets through.
func heldBy(plan change.Change) ([]change.Proposal, error) {
	var held []change.Proposal
	if err := json.Unmarshal(plan.Detail, &held); err != nil {
		return nil, fmt.Errorf("decode plan %s: %w", plan.ID, err)
	}
	return held, nil
}

// waiting returns what a plan lets through and nobody has proposed since it was.
func (o Override) waiting(ctx context.Context, c change.Change) ([]change.Proposal, error) {
	held, err := heldBy(c)
	if err != nil {
		return nil, err
	}
	var out []change.Proposal
	for _, p := range held {
		newest, ok, err := o.Ledger.Newest(ctx, p)
		if err != nil {
			return nil, err
		}
		if !ok || newest.Proposed.Before(c.Proposed) {
			out = append(out, p)
		}
	}
	return out, nil
}
