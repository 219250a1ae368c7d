package groupsettings

import (
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
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// apply carries out one change, or queues it for later.
func (h *handler) apply(ctx context.Context, e event.ApplyChange) error {
	c, err := h.ledger.Get(ctx, e.Change)
	if err == nil {
		err = h.spendOnChange(ctx, c)
	}
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	if c, err = h.carrier.Apply(ctx, e); err != nil {
		return err
	}
	if c.Plan != "" && c.State == change.Withdrawn {
		return h.holdAgain(ctx, c)
	}
	return h.unwaive(ctx, c)
}

// holdAgain has the brake hold a group as before, of which a correction was let through and then not made: what let it
// through may not have held any more. The check says whether there is still something to hold.
func (h *handler) holdAgain(ctx context.Context, c change.Change) error {
	err := h.mirror.UpdateSettings(ctx, c.Target.ID, func(s *mirror.Settings) { s.Held = true })
	if err != nil {
		return err
	}
	return h.queueCheck(ctx, c.Target.ID, "held-again-"+c.ID)
}

// applier makes a group's settings as a change wants them.
type applier struct{ *handler }

// Look implements [ledger.Applier].
func (a applier) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	header, err := a.mirror.Find(ctx, c.Target.ID)
	if errors.Is(err, mirror.ErrUnknown) {
		return ledger.Sight{Obsolete: "the group is gone"}, nil
	}
	if err != nil {
		return ledger.Sight{}, err
	}
	if header.Whole { // its address may be another's by now
		return a.whileHeld(ctx, c)
	}
	g, read := header.Group, a.now()
	values, err := a.settings.Get(ctx, g.Email)
	if errors.Is(err, workspace.ErrNotFound) {
		return ledger.Sight{Obsolete: "the group is gone"}, nil
	}
	if err != nil {
		return ledger.Sight{}, err
	}
	if lacks := lacking(c, values); lacks != "" {
		return ledger.Sight{}, fmt.Errorf("the answer about %s has no %s", g.Email, lacks) // which says nothing about it
	}
	known, err := a.mirror.Settings(ctx, g.ID)
	if err != nil {
		return ledger.Sight{}, err
	}
	values = settingsrule.Completed(values, known.Values)
	sight := ledger.Sight{InEffect: true, Before: map[string]string{}}
	for _, d := range c.Diff {
		sight.Before[d.Field] = values[d.Field]
		if values[d.Field] != d.After {
			sight.InEffect = false
		}
	}
	if err := a.remember(ctx, g, values, read); err != nil {
		return ledger.Sight{}, err
	}
	if c.UndoOf != "" && sight.InEffect {
		// Open already is not enough: the rules would close it again.
		sight.InEffect, err = a.waived(ctx, c)
		return sight, err
	}
	if sight.InEffect {
		return sight, nil
	}
	if c.UndoOf != "" {
		sight.Obsolete = undoObsolete(c, values)
		return sight, nil
	}
	sight.Obsolete, err = a.ruleObsolete(ctx, c, g, values)
	return sight, err
}

// whileHeld says what becomes of a change while nobody can look at its group. Whatever it is, the settings
// are checked when the group is back: only then is it seen what an earlier attempt came to.
func (a applier) whileHeld(ctx context.Context, c change.Change) (ledger.Sight, error) {
	if err := a.missed(ctx, c.Target.ID); err != nil {
		return ledger.Sight{}, err
	}
	// It may have come back before it was to be seen that a check is missing.
	switch now, err := a.mirror.Header(ctx, c.Target.ID); {
	case err != nil:
		return ledger.Sight{}, err
	case !now.Whole:
		return a.Look(ctx, c)
	}
	if c.Attempts >= ledger.MaxAttempts && !c.Claim.Tried {
		// It has not failed: where the group comes back after all, it can be asked for again at once. Where an earlier
		// attempt may have come to something, people have to look.
		return ledger.Sight{Obsolete: onlyHeld{}.Error()}, nil
	}
	return ledger.Sight{}, onlyHeld{}
}

// onlyHeld says that Google had no group when it was asked, which may have been a mistake: the brake holds
// it until people have looked. All attempts together last longer than it is from one walk, which would find
// the group again, to the next; fewer are left where some failed for another reason before.
type onlyHeld struct{}

// Error implements error.
func (onlyHeld) Error() string { return "Google had no such group when it was asked last" }

// RetryAfter says how long the next attempt waits.
func (onlyHeld) RetryAfter() time.Duration { return 3 * time.Hour }

// lacking returns a field of a change that every group has and an answer does not; empty where there is none.
func lacking(c change.Change, values map[string]string) string {
	for _, d := range c.Diff {
		if values[d.Field] == "" && settingsrule.Always(d.Field) {
			return d.Field
		}
	}
	return ""
}

// undoObsolete says why there is nothing left to take back: somebody has changed it since.
func undoObsolete(c change.Change, values map[string]string) string {
	for _, d := range c.Diff {
		if v := values[d.Field]; v != d.Before && v != d.After {
			return fmt.Sprintf("%s is %s by now", d.Field, v)
		}
	}
	return ""
}

// ruleObsolete says why the rules do not ask for a correction any more.
func (a applier) ruleObsolete(ctx context.Context, c change.Change, g group.Group, values map[string]string) (string, error) {
	known, err := a.mirror.Settings(ctx, c.Target.ID)
	if err != nil {
		return "", err
	}
	secure, err := a.secure(ctx, c.Target.ID)
	if err != nil {
		return "", err
	}
	finding := a.rules.Evaluate(settingsrule.Subject{
		Group: g.Email, Aliases: g.Aliases, Settings: values, Secure: secure, Waived: known.Exceptions(g.Email, values, secure),
	}, a.now())
	asked := map[string]string{}
	for _, correction := range finding.Corrections {
		if !stillWanted(c, correction.Mode) {
			continue
		}
		for _, d := range correction.Diff {
			asked[d.Field] = d.After
		}
	}
	for _, d := range c.Diff {
		if slices.ContainsFunc(finding.Unknown, func(u change.Delta) bool { return u.Field == d.Field }) {
			return "", fmt.Errorf("%s of %s has a value that is not known here: %s", d.Field, g.Email, values[d.Field])
		}
		if values[d.Field] != d.After && asked[d.Field] != d.After {
			return fmt.Sprintf("the rules do not ask for %s %s any more", d.Field, d.After), nil
		}
	}
	return "", nil
}

// stillWanted reports whether a change may be carried out where its correction is wanted in a mode by
// now: what happens by itself only where it still may, what people approved unless it is only to be
// made known.
func stillWanted(c change.Change, by change.Mode) bool {
	return by == change.Auto || by == change.Ask && c.Requirement.Mode == change.Ask
}

// Act implements [ledger.Applier]: one patch with all fields. An undo first keeps the rules
// off the fields that it gives back, or they would be corrected again at once.
func (a applier) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	header, err := a.mirror.Find(ctx, c.Target.ID)
	if err != nil {
		return err
	}
	if c.UndoOf != "" {
		if err := a.waive(ctx, c); err != nil {
			return err
		}
	}
	patch := map[string]string{}
	for _, d := range c.Diff {
		patch[d.Field] = d.After
	}
	return a.settings.Patch(ctx, header.Group.Email, patch)
}

// waived reports whether the rules are kept off everything that an undo gives back.
func (a applier) waived(ctx context.Context, c change.Change) (bool, error) {
	s, err := a.mirror.Settings(ctx, c.Target.ID)
	if err != nil {
		return false, err
	}
	for _, d := range c.Diff {
		holds := func(w mirror.Waiver) bool { return w.Change == c.ID && w.Field == d.Field }
		if !slices.ContainsFunc(s.Waivers, holds) {
			return false, nil
		}
	}
	return true, nil
}

// unwaive lets the rules apply again where an undo did not come about.
func (h *handler) unwaive(ctx context.Context, c change.Change) error {
	switch c.State {
	case change.Approved, change.Applying, change.Applied:
		return nil
	}
	if c.UndoOf == "" {
		return nil
	}
	return h.mirror.UpdateSettings(ctx, c.Target.ID, func(s *mirror.Settings) {
		s.Waivers = slices.DeleteFunc(s.Waivers, func(w mirror.Waiver) bool { return w.Change == c.ID })
	})
}

func (a applier) waive(ctx context.Context, c change.Change) error {
	return a.mirror.UpdateSettings(ctx, c.Target.ID, func(s *mirror.Settings) {
		s.Waivers = slices.DeleteFunc(s.Waivers, func(w mirror.Waiver) bool { return w.Change == c.ID })
		for _, d := range c.Diff {
			s.Waivers = append(s.Waivers, mirror.Waiver{Field: d.Field, Value: d.After, Until: c.Until, Secure: s.Secure, Change: c.ID})
		}
	})
}

// remember keeps what was read at a time, and what the rules say of it, so that the mirror shows it; not
// where the mirror shows what was read later.
func (a applier) remember(ctx context.Context, g group.Group, values map[string]string, read time.Time) error {
	return a.mirror.UpdateSettings(ctx, g.ID, func(s *mirror.Settings) {
		if s.Read.After(read) {
			return
		}
		s.Values, s.Read = values, read
		s.Findings = inWords(a.rules.Evaluate(settingsrule.Subject{
			Group: g.Email, Settings: values, Secure: s.Secure, Waived: s.Exceptions(g.Email, values, s.Secure),
		}, read))
	})
}
