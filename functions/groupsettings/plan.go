package groupsettings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file is the brake. A correction past it is not made and not asked for one by one: the
// group is held, and all groups that are held are one plan, which waits for two people. The
// plan's id follows from everything in it, so that a press can only be about the plan that was
// shown; another group more makes another plan.

// planTarget stands for all groups that are held.
var planTarget = change.Target{ID: "held-groups", Name: "held groups"}

// brake returns how many groups may be corrected without people, of all that there are. The
// boolean is false where policy sets no brake. What a plan let through counts too.
func (h *handler) brake(ctx context.Context) (limit int, bound bool, err error) {
	if h.rules.Brake == (brake.Brake{}) {
		return 0, false, nil
	}
	groups, err := h.mirror.Count(ctx)
	if err != nil {
		return 0, false, err
	}
	limit, bound = h.rules.Brake.Limit(groups)
	return limit, bound, nil
}

// untilHeld is how long whoever queues a plan may take to mark its group as held.
const untilHeld = 20 * time.Second

// queuePlan queues the making of a plan, at the next minute: more groups may be held by then.
func (h *handler) queuePlan(ctx context.Context) error {
	at := h.now().Add(untilHeld).Truncate(time.Minute).Add(time.Minute)
	return h.enqueue(ctx, event.PlanCorrections{}, fmt.Sprintf("plan-%d", at.Unix()), at)
}

// plan proposes what to do about all groups that are held, in place of an earlier plan.
func (h *handler) plan(ctx context.Context, _ event.PlanCorrections) error {
	live, err := h.ledger.Live(ctx, change.GroupSettingsPlan, planTarget.ID)
	if err != nil {
		return err
	}
	// What people have agreed to is carried out, and its groups are in no other plan meanwhile.
	agreed := map[string]bool{}
	live = slices.DeleteFunc(live, func(c change.Change) bool {
		if c.State != change.Approved && c.State != change.Applying {
			return false
		}
		groups, wrong := groupsOf(c)
		err = errors.Join(err, wrong)
		for _, id := range groups {
			agreed[id] = true
		}
		return true
	})
	if err != nil {
		return cloudfn.Permanent(err)
	}
	p, err := h.planned(ctx, agreed)
	if err != nil {
		return err
	}
	var wanted []change.Proposal
	if len(p.Diff) > 0 {
		wanted = append(wanted, p)
	}
	return h.ledger.Replace(ctx, rule, "the groups that are held have changed", live, wanted...)
}

// groupsOf returns the ids of the groups that a plan is about.
func groupsOf(c change.Change) (groups []string, err error) {
	if err := json.Unmarshal(c.Detail, &groups); err != nil {
		return nil, fmt.Errorf("decode plan %s: %w", c.ID, err)
	}
	return groups, nil
}

// planQuiet is how long a no, or a silence, keeps the same plan from being proposed again.
const planQuiet = 24 * time.Hour

// planned returns the proposal for all groups that are held and that no other plan is about; without
// differences where none is. Its owners are those of the groups: where policy names nobody else, two of them decide. It asks no
// API: the values read last are good enough to show, and are read again before anything is done.
func (h *handler) planned(ctx context.Context, agreed map[string]bool) (change.Proposal, error) {
	p := change.Proposal{
		Kind: change.GroupSettingsPlan, Target: planTarget, Requester: rule, Quiet: planQuiet, Policy: h.policy.Hash,
		Requirement: h.policy.Asks(change.GroupSettingsPlan, ""),
	}
	held, err := h.mirror.HeldSettings(ctx, ledger.MaxPlan)
	if err != nil {
		return p, err
	}
	var groups []string
	size := 0
	for _, s := range held {
		correction, g, err := h.correction(ctx, s)
		if err != nil {
			return p, err
		}
		if len(correction) == 0 || agreed[g.ID] {
			continue
		}
		var diff []change.Delta
		for _, d := range correction {
			diff = append(diff, change.Delta{Field: g.Email + " " + d.Field, Before: d.Before, After: d.After})
		}
		shown, err := json.Marshal(diff)
		if err != nil {
			return p, fmt.Errorf("encode the corrections of %s for a plan: %w", g.Email, err)
		}
		if size += len(shown); size > ledger.MaxPlanSize && len(groups) > 0 {
			break // the others are in the next plan
		}
		groups, p.Diff = append(groups, g.ID), append(p.Diff, diff...)
		p.Owners = append(p.Owners, change.Selector("owners:"+g.ID))
	}
	p.Reason = fmt.Sprintf("groups that the brake holds: %d", len(groups))
	p.Detail, err = json.Marshal(groups)
	return p, err
}

// correction returns what would be corrected at once in a group, by the values read last.
func (h *handler) correction(ctx context.Context, s mirror.Settings) ([]change.Delta, group.Group, error) {
	header, err := h.mirror.Find(ctx, s.Group)
	if errors.Is(err, mirror.ErrUnknown) {
		return nil, group.Group{}, nil
	}
	if err != nil {
		return nil, group.Group{}, err
	}
	f := h.rules.Evaluate(settingsrule.Subject{
		Group: header.Group.Email, Aliases: header.Group.Aliases, Settings: s.Values, Secure: s.Secure, Waived: s.Exceptions(header.Group.Email, s.Values, s.Secure),
	}, h.now())
	for _, c := range f.Corrections {
		if c.Mode == change.Auto {
			return deltas(c), header.Group, nil
		}
	}
	return nil, header.Group, nil
}

// override carries out a plan: it lets the corrections through that it names.
type override struct{ *handler }

// Look implements [ledger.Applier]. A plan is in effect when none of its groups is held any
// more for what the plan names.
func (o override) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	waiting, err := o.waiting(ctx, c)
	if err != nil {
		return ledger.Sight{}, err
	}
	return ledger.SightOfPlan(c, len(waiting) == 0, o.now()), nil
}

// Act implements [ledger.Applier].
func (o override) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	waiting, err := o.waiting(ctx, c)
	if err != nil {
		return err
	}
	for _, p := range waiting {
		if _, _, err := o.ledger.Propose(ctx, p); err != nil {
			return err
		}
		err := o.mirror.UpdateSettings(ctx, p.Target.ID, func(s *mirror.Settings) { s.Held = false })
		if err != nil {
			return err
		}
	}
	return nil
}

// waiting returns the corrections of a plan that are still held, as they were planned. A group
// whose settings have changed since is in the next plan.
func (o override) waiting(ctx context.Context, c change.Change) ([]change.Proposal, error) {
	groups, err := groupsOf(c)
	if err != nil {
		return nil, err
	}
	planned := map[change.Delta]bool{}
	for _, d := range c.Diff {
		planned[d] = true
	}
	var out []change.Proposal
	for _, id := range groups {
		s, err := o.mirror.Settings(ctx, id)
		if err != nil {
			return nil, err
		}
		correction, g, err := o.correction(ctx, s)
		if err != nil {
			return nil, err
		}
		same := len(correction) > 0 && !slices.ContainsFunc(correction, func(d change.Delta) bool {
			return !planned[change.Delta{Field: g.Email + " " + d.Field, Before: d.Before, After: d.After}]
		})
		if !s.Held || !same {
			continue
		}
		p, err := o.proposal(ctx, g, "")
		if err != nil {
			return nil, err
		}
		p.Diff, p.Requirement, p.Plan = correction, change.Requirement{Mode: change.Auto}, c.ID
		out = append(out, p)
	}
	return out, nil
}
