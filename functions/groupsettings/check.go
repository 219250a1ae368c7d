package groupsettings

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Quiet is how long a group is left alone with a correction that people denied, or did not
// decide, before they are asked again. Once the settings were as the rules want them, what breaks
// the rules next is a new question.
const Quiet = 30 * 24 * time.Hour

// check reads a group's settings, holds them against the rules and proposes what follows.
func (h *handler) check(ctx context.Context, e event.CheckSettings) error {
	header, err := h.mirror.Find(ctx, e.Group)
	if errors.Is(err, mirror.ErrUnknown) {
		return nil // its reading will bring it here when there is one
	}
	if err != nil {
		return err
	}
	if header.Whole {
		// Google may not have it, and its address may be another group's by now: it is checked when it is back.
		if err := h.missed(ctx, header.Group.ID); err != nil {
			return err
		}
		// It may have come back before it was to be seen that a check is missing.
		if header, err = h.mirror.Header(ctx, header.Group.ID); err != nil || header.Whole || header.Gone {
			return err
		}
	}
	if err := h.spendOnCheck(ctx, e); err != nil {
		return err
	}
	g := header.Group
	read := h.now()
	values, err := h.settings.Get(ctx, g.Email)
	if errors.Is(err, workspace.ErrNotFound) {
		return nil // renamed or gone; the mirror learns of it by itself
	}
	if err != nil {
		return fmt.Errorf("read the settings of %s: %w", g.Email, err)
	}
	known, err := h.mirror.Settings(ctx, g.ID)
	if err != nil {
		return err
	}
	if known.Read.After(read) {
		values, read = known.Values, known.Read // somebody asked after us and stored before us
	}
	secure, err := h.secure(ctx, g.ID)
	if err != nil {
		return err
	}
	answer := values
	values = settingsrule.Completed(answer, known.Values)
	evaluate := func(values map[string]string) settingsrule.Finding {
		return h.rules.Evaluate(settingsrule.Subject{
			Group: g.Email, Aliases: g.Aliases, Settings: values, Secure: secure, Waived: known.Exceptions(g.Email, values, secure),
		}, read)
	}
	finding := evaluate(values)
	if len(values) > len(answer) {
		finding.Unknown = evaluate(answer).Unknown // what was known before is held against the rules, and people hear of it
	}
	wanted, err := h.proposals(ctx, g, finding, e.Actor)
	if err != nil {
		return err
	}
	var open []mirror.Called
	var heldFields []string
	for i, p := range wanted {
		open = append(open, mirror.Called{Slot: p.Slot(), Fields: fieldsOf(p.Diff)})
		wanted[i].Since = known.Without(p.Slot())
		if p.Requirement.Mode == change.Auto {
			heldFields = fieldsOf(p.Diff)
		}
	}
	held, err := h.propose(ctx, g, values, wanted, known.Held)
	if err != nil {
		return err
	}
	// Nobody can tell whether what was wanted of an unknown field is mended: what people said of it, and the brake,
	// still hold.
	unknown := fieldsOf(finding.Unknown)
	for _, c := range known.Open {
		if shares(c.Fields, unknown) && !slices.ContainsFunc(open, func(o mirror.Called) bool { return o.Slot == c.Slot }) {
			open = append(open, c)
		}
	}
	if !held && known.Held && shares(known.HeldFields, unknown) {
		held, heldFields = true, known.HeldFields
	}
	if held || known.Held {
		if err := h.queuePlan(ctx); err != nil {
			return err
		}
	}
	return h.mirror.UpdateSettings(ctx, g.ID, func(s *mirror.Settings) {
		if s.Judged.After(read) {
			return
		}
		if !s.Read.After(read) {
			s.Values, s.Read, s.Findings = values, read, inWords(finding)
		}
		// What people let through in between stays let through.
		s.Held = held && (s.Held || !known.Held)
		s.Judged, s.Secure, s.Open, s.HeldFields = read, secure, open, nil
		if s.Held {
			s.HeldFields = heldFields
		}
		if !s.Missed.After(read) {
			s.Missed = time.Time{}
		}
		s.Waivers = slices.DeleteFunc(s.Waivers, func(w mirror.Waiver) bool { return !read.Before(w.Until) })
	})
}

func fieldsOf(diff []change.Delta) (out []string) {
	for _, d := range diff {
		out = append(out, d.Field)
	}
	return out
}

// shares reports whether something is in both.
func shares(some, others []string) bool {
	return slices.ContainsFunc(some, func(s string) bool { return slices.Contains(others, s) })
}

// missed keeps that the settings of a group could not be looked at, so that they are once it is back.
func (h *handler) missed(ctx context.Context, id string) error {
	return h.mirror.UpdateSettings(ctx, id, func(s *mirror.Settings) { s.Missed = h.now() })
}

// propose makes changes of what follows from the rules, and withdraws earlier ones that no longer
// do. It reports whether the brake holds a correction back, which is left to the plan. A group
// that is held stays so, until people let it go or there is nothing to correct any more: a brake
// that loosened by itself the next day would only be slow. A correction that is under way has been
// let go.
func (h *handler) propose(ctx context.Context, g group.Group, values map[string]string, wanted []change.Proposal, heldBefore bool) (held bool, err error) {
	live, err := h.ledger.Live(ctx, change.GroupSettings, g.ID)
	if err != nil {
		return false, err
	}
	modes, underWay, unknown := map[string]change.Mode{}, map[string]bool{}, map[string]bool{}
	for _, p := range wanted {
		modes[p.Slot()] = p.Requirement.Mode
		unknown[p.Diff[0].Field] = unknown[p.Diff[0].Field] || p.Diff[0].After == unknownValue
	}
	var mended, released, otherwise []change.Change
	for _, c := range live {
		slot, _, _ := change.SlotOf(c.ID)
		mode, ok := modes[slot]
		switch {
		case c.UndoOf != "" || c.Requester.Kind != change.ByRule:
		case !ok && slices.ContainsFunc(c.Diff, func(d change.Delta) bool { return unknown[d.Field] }):
			// Nobody can tell whether it is mended.
		case !ok && slices.ContainsFunc(c.Diff, func(d change.Delta) bool { return values[d.Field] != d.After }):
			released = append(released, c) // another value, an exception, an anchor that left: what it asks for is not there
		case !ok:
			mended = append(mended, c)
		case c.State != change.Proposed && !stillWanted(c, mode):
			otherwise = append(otherwise, c)
		case c.Requirement.Mode == change.Auto:
			underWay[slot] = true
		}
	}
	err = errors.Join(
		h.ledger.WithdrawOthers(ctx, rule, "the settings are as the rules want them", mended),
		h.ledger.WithdrawOthers(ctx, rule, "the rules do not ask for this any more", released),
		h.ledger.WithdrawOthers(ctx, rule, "policy asks for something else now", otherwise))
	if err != nil {
		return false, err
	}
	var limit int
	var bound bool
	if slices.ContainsFunc(wanted, func(p change.Proposal) bool { return p.Requirement.Mode == change.Auto }) {
		if limit, bound, err = h.brake(ctx); err != nil {
			return false, err
		}
	}
	for _, p := range wanted {
		switch {
		case p.Requirement.Mode != change.Auto || !bound && !heldBefore:
			_, _, err = h.ledger.Propose(ctx, p)
		case heldBefore:
			held = !underWay[p.Slot()]
		default:
			held, err = h.ledger.ProposeWithin(ctx, p, limit)
		}
		if err != nil {
			return false, err
		}
	}
	return held, nil
}

// proposals returns what follows from a finding.
func (h *handler) proposals(ctx context.Context, g group.Group, f settingsrule.Finding, actor string) ([]change.Proposal, error) {
	base, err := h.proposal(ctx, g, actor)
	if err != nil {
		return nil, err
	}
	var out []change.Proposal
	for _, c := range f.Corrections {
		p := base
		p.Diff, p.Requirement = deltas(c), change.Requirement{Mode: c.Mode}
		if c.Mode == change.Ask {
			p.Requirement = h.policy.Asks(change.GroupSettings, "")
		}
		out = append(out, p)
	}
	for _, u := range f.Unknown {
		p := base
		p.Diff = []change.Delta{{Field: u.Field, Before: u.Before, After: unknownValue}}
		p.Reason = fmt.Sprintf("%s has a value that is not known here: %s. It is not taken for compliant; a person has to look.", u.Field, cmp.Or(u.Before, "none"))
		p.Requirement, p.Alert = change.Requirement{Mode: change.Report}, true
		out = append(out, p)
	}
	for i, text := range f.Unresolved {
		p := base
		p.Diff = []change.Delta{{Field: fmt.Sprintf("conflict %d", i+1), After: text}}
		p.Reason = "The rules want what the API cannot do: " + text
		p.Requirement, p.Alert = change.Requirement{Mode: change.Report}, true
		out = append(out, p)
	}
	return out, nil
}

// proposal returns what all proposals about a group have in common.
func (h *handler) proposal(ctx context.Context, g group.Group, actor string) (change.Proposal, error) {
	concerned, err := h.concerned(ctx, g, actor)
	return change.Proposal{
		Kind: change.GroupSettings, Target: change.Target{ID: g.ID, Name: g.Email}, Requester: rule,
		Concerned: concerned, Quiet: Quiet, Policy: h.policy.Hash,
	}, err
}

// deltas marks the differences that only follow from others.
func deltas(c settingsrule.Correction) []change.Delta {
	out := slices.Clone(c.Diff)
	for i, d := range out {
		out[i].Follows = slices.Contains(c.Follows, d.Field)
	}
	return out
}

// unknownValue stands where a value would have to stand that nobody knows.
const unknownValue = "?"

// concerned lists who hears of what is done to a group: its owners, and whoever is said to
// have changed it.
func (h *handler) concerned(ctx context.Context, g group.Group, actor string) ([]string, error) {
	owners, _, err := h.standing.People(ctx, change.Change{Target: change.Target{ID: g.ID}}, change.Owners)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range owners {
		out = append(out, p.ID)
	}
	if actor == "" {
		return out, nil
	}
	p, err := h.mirror.PersonAt(ctx, actor)
	if errors.Is(err, mirror.ErrUnknown) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	if !slices.Contains(out, p.ID) {
		out = append(out, p.ID)
	}
	return out, nil
}

func inWords(f settingsrule.Finding) []string {
	var out []string
	for _, c := range f.Corrections {
		for _, d := range c.Diff {
			out = append(out, fmt.Sprintf("%s: %s → %s (%s)", d.Field, d.Before, d.After, c.Mode))
		}
	}
	for _, u := range f.Unknown {
		out = append(out, fmt.Sprintf("%s: unknown value %s", u.Field, u.Before))
	}
	return append(out, f.Unresolved...)
}
