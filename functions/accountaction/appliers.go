package accountaction

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/retry"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file says, for each kind of change, how to look at an account and how to act on it.

// errUnconfigured says that a change is about a system that this function was not given.
var errUnconfigured = errors.New("the system is not configured")

// system returns the system that a change is about, and the account in it as the change names it:
// by its id, or by the address of who is to have it.
func (h *handler) system(c change.Change) (system, string, error) {
	name, id := account.Split(c.Target.ID)
	s, ok := h.systems[name]
	if !ok {
		return nil, "", fmt.Errorf("%s: %w", name, errUnconfigured)
	}
	return s, id, nil
}

// existing returns the system that a change is about, and the id of an account that is there. The
// boolean is false where it is not. What takes a request back is about the account that the request
// gave, whoever has the address by now.
func (h *handler) existing(ctx context.Context, c change.Change) (system, string, bool, error) {
	s, id, err := h.system(c)
	if err != nil || !strings.Contains(id, "@") {
		return s, id, err == nil, err
	}
	made, err := h.madeBy(ctx, c.UndoOf)
	if err != nil || made.Account != "" {
		return s, made.Account, err == nil, err
	}
	found, err := s.Find(ctx, id)
	if isGone(err) {
		return s, "", false, nil
	}
	return s, found.ID, err == nil, err
}

// madeBy returns what a request has come to; of one that is not known, nothing.
func (h *handler) madeBy(ctx context.Context, request string) (idle.Made, error) {
	if request == "" {
		return idle.Made{}, nil
	}
	c, err := h.ledger.Get(ctx, request)
	if errors.Is(err, ledger.ErrNotFound) {
		return idle.Made{}, nil
	}
	if err != nil {
		return idle.Made{}, err
	}
	return idle.DecodeMade(c.Result)
}

// gone is why nothing is left to be done.
const gone = "the account is gone"

// stopping stops accounts and ends their sessions.
type stopping struct{ *handler }

// Look implements [ledger.Applier]. A stop that a rule proposed is judged anew: who signed in
// since, or is spared by now, keeps the account. One that takes a request back is made unless the
// account is never to be stopped.
func (a stopping) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	s, id, there, err := a.existing(ctx, c)
	if err != nil {
		return ledger.Sight{}, err
	}
	if !there {
		return ledger.Sight{Obsolete: gone}, nil
	}
	found, err := s.Account(ctx, id)
	if err != nil {
		if isGone(err) {
			return ledger.Sight{Obsolete: gone}, nil
		}
		return ledger.Sight{}, err
	}
	resets, err := a.resets(ctx, c, found)
	if err != nil {
		return ledger.Sight{}, err
	}
	sight := ledger.Sight{InEffect: found.Disabled && !signedIn(found) && (found.PartOfRoles || !resets)}
	if !found.Disabled || c.Attempts <= 1 { // else an earlier attempt may have disabled it
		sight.Before = map[string]string{"enabled": fmt.Sprint(!found.Disabled)}
	}
	switch {
	case sight.InEffect:
	case found.Disabled && signedIn(found):
		return a.halfDone(ctx, c, sight)
	case found.Disabled:
	case c.Requester.Kind == change.ByRule:
		sight.Obsolete, err = a.spared(ctx, c, found)
	case c.UndoOf != "":
		sight.Obsolete, err = a.never(ctx, c, found)
	}
	return sight, err
}

// halfDone says how a stop stands whose account is disabled while somebody is signed in: there are sessions to
// end, unless that is not tried any more. It counts as done then, so that people are told and can take it
// back: nobody could give back an account whose stop was denied or has failed.
func (a stopping) halfDone(ctx context.Context, c change.Change, sight ledger.Sight) (ledger.Sight, error) {
	c, err := a.ledger.Get(ctx, c.ID) // somebody may just have denied it
	if err != nil {
		return ledger.Sight{}, err
	}
	if sight.InEffect = c.Stopped() || !c.Authorized() || c.Attempts >= ledger.MaxAttempts; sight.InEffect {
		sight.Result, err = json.Marshal(idle.Stopped{SignedIn: true})
	}
	return sight, err
}

// never says why an account is not to be stopped whoever asks for it: it is ours, or that of who
// administers the system, the vendor's or a program's, or the rule of the system names who has it. That it is new, or that people
// once kept it, does not keep people from taking back what they gave.
func (a stopping) never(ctx context.Context, c change.Change, found idle.Account) (string, error) {
	switch {
	case found.Self:
		return string(idle.IsSelf), nil
	case found.Super:
		return string(idle.IsSuper), nil
	case found.Staff:
		return string(idle.IsStaff), nil
	case found.Service:
		return string(idle.IsService), nil
	}
	name, _ := account.Split(c.Target.ID)
	rule, ok := a.policy.Inactivity.Systems[name]
	if !ok {
		return "", nil
	}
	judge, err := a.judge(ctx, rule, found)
	if err != nil {
		return "", err
	}
	made, err := a.madeBy(ctx, c.UndoOf)
	if err != nil {
		return "", err
	}
	if made.Account == found.ID && made.Given != (idle.Role{}) { // the role that it gave spares nobody from its being taken back
		all, err := a.systems[name].Roles(ctx)
		if err != nil {
			return "", err
		}
		given, _ := idle.RolesThere(all, []idle.Role{made.Given})
		found.Roles = slices.DeleteFunc(slices.Clone(found.Roles), func(role string) bool { return slices.Contains(idle.Names(given), role) })
	}
	switch d := judge.Decide(&found, idle.Memory{}); d.Why {
	case idle.SparedEmail, idle.SparedRole, idle.SparedGroup:
		return string(d.Why), nil
	}
	return "", nil
}

// signedIn reports whether somebody is signed in to an account as its own person.
func signedIn(a idle.Account) bool {
	return slices.ContainsFunc(a.Sessions, func(s idle.Session) bool { return !s.Sudo })
}

// spared says why an account is not to be stopped any more.
func (a stopping) spared(ctx context.Context, c change.Change, found idle.Account) (string, error) {
	name, _ := account.Split(c.Target.ID)
	rule, ok := a.policy.Inactivity.Systems[name]
	if !ok {
		return "policy does not look after the system any more", nil
	}
	if why, err := a.unwanted(ctx, c, rule); why != "" || err != nil {
		return why, err
	}
	judge, err := a.judge(ctx, rule, found)
	if err != nil {
		return "", err
	}
	memory, err := account.Get(ctx, a.store, name, found.ID)
	if err != nil {
		return "", err
	}
	switch d := judge.Decide(&found, memory); {
	case d.Verdict == idle.Idle && d.Action == idle.Stop:
		return "", nil
	case d.Verdict == idle.Active && d.Last.At.After(c.Proposed):
		return "it is in use again", nil
	case d.Verdict == idle.Idle, d.Verdict == idle.Active: // its person is to be warned first, or anew
		return "it is not due to be stopped any more", nil
	default:
		return string(d.Why), nil
	}
}

// unwanted says why a stop does not follow from the mode that the rule has by now.
func (a stopping) unwanted(ctx context.Context, c change.Change, rule idle.Rule) (string, error) {
	switch {
	case rule.Mode != change.Auto && rule.Mode != change.Ask:
		return "the policy only wants it known by now", nil
	case rule.Mode == change.Auto || c.Requirement.Mode != change.Auto || c.Policy == a.policy.Hash:
		return "", nil
	}
	// Nobody was asked about this one, unless it was about a plan that it is part of.
	name, _ := account.Split(c.Target.ID)
	agreed, err := ledger.Override{Ledger: a.ledger}.Let(ctx, change.AccountDisablePlan, account.Name(name, account.Held), c)
	if err != nil || agreed {
		return "", err
	}
	return idle.WhyAsked, nil
}

// judge returns a judge who knows what a rule says of one account.
func (a stopping) judge(ctx context.Context, rule idle.Rule, found idle.Account) (*idle.Judge, error) {
	groups, err := account.Spared(ctx, a.mirror, rule.Spare.Groups)
	if err != nil {
		return nil, err
	}
	d := idle.Directory{Groups: groups, Aliases: map[string]string{}}
	person, err := a.mirror.PersonAt(ctx, found.Email)
	if err != nil && !errors.Is(err, mirror.ErrUnknown) {
		return nil, fmt.Errorf("look up %s: %w", found.Email, err)
	}
	for _, alias := range person.Aliases {
		d.Aliases[alias] = person.Email
	}
	return idle.NewJudge(rule, d, a.now())
}

// Act implements [ledger.Applier]. What an account had before an earlier stop, and did not get back, has ended
// with its being in use: it is given back as it is stopped now. Where anything is known of its roles, somebody else may
// just have stopped it or given it back, and it is read once more.
func (a stopping) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	s, id, _, err := a.existing(ctx, c)
	if err != nil {
		return err
	}
	unfinished, release, err := a.hold(ctx, c, id)
	if err != nil {
		return err
	}
	defer release()
	if unfinished.Request != "" || unfinished.Gave != "" {
		found, err := s.Account(ctx, id)
		if err != nil {
			return err
		}
		if !found.Disabled {
			name, _ := account.Split(c.Target.ID)
			if err := account.StopBegins(ctx, a.store, name, id, c.ID, a.now()); err != nil {
				return err
			}
		}
		if err := a.reset(ctx, s, c, found); err != nil {
			return err
		}
	}
	err = s.Disable(ctx, id)
	if retry.IsPermanent(err) {
		if found, unread := s.Account(ctx, id); unread == nil && found.Disabled {
			return mayPass{err} // or the stop would fail, and nobody could take it back
		}
	}
	return err
}

// resets reports whether an account is still to be given the roles again that it had before a request which is taken
// back: that request was the last to give it back, nothing else has stopped it since, and it is not yet written down
// which roles these are.
func (a stopping) resets(ctx context.Context, c change.Change, found idle.Account) (bool, error) {
	made, err := a.madeBy(ctx, c.UndoOf)
	if err != nil || !made.Unlike() {
		return false, err
	}
	name, _ := account.Split(c.Target.ID)
	unfinished, err := account.GetUnfinished(ctx, a.store, name, found.ID)
	gave := unfinished.Gave == c.UndoOf || unfinished.Request == c.UndoOf
	stopped := found.Disabled && unfinished.Stop != "" && unfinished.Stop != c.ID
	return gave && !stopped && unfinished.Request != c.ID, err
}

// reset writes down which roles an account is to have again that is stopped because a request for it is taken
// back: those that it had before the request. It gets them when it is stopped: see settle.
func (a stopping) reset(ctx context.Context, s system, c change.Change, is idle.Account) error {
	if resets, err := a.resets(ctx, c, is); err != nil || !resets {
		return err
	}
	made, err := a.madeBy(ctx, c.UndoOf)
	if err != nil {
		return err
	}
	name, _ := account.Split(c.Target.ID)
	unfinished, err := account.GetUnfinished(ctx, a.store, name, is.ID)
	if err != nil {
		return err
	}
	found, err := look(ctx, s, is.ID)
	if err != nil {
		return err
	}
	if found.PartOfRoles {
		return nil // to stop it comes first
	}
	now, lost := unfinished.Before(found.has, found.all)
	had, unknown := made.HadBefore(now, found.all)
	if lost = append(lost, unknown...); len(lost) > 0 {
		a.log.ErrorContext(ctx, "a stopped account has lost roles that do not exist any more", "change_id", c.ID, "account", is.ID, "roles", lost)
	}
	return a.begin(ctx, c, is.ID, account.Setting{Had: had, Found: found.has, Set: found.has, Stops: true})
}

// reviving gives accounts back.
type reviving struct{ *handler }

// Look implements [ledger.Applier]. What somebody else has given back is not what people were shown: a request
// may have given it back without roles that are on the message of the stop.
func (a reviving) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	s, id, there, err := a.existing(ctx, c)
	if err != nil {
		return ledger.Sight{}, err
	}
	if !there {
		return ledger.Sight{Obsolete: gone}, nil
	}
	found, err := s.Account(ctx, id)
	if err != nil {
		if isGone(err) {
			return ledger.Sight{Obsolete: gone}, nil
		}
		return ledger.Sight{}, err
	}
	sight := ledger.Sight{Before: map[string]string{"enabled": fmt.Sprint(!found.Disabled)}}
	if found.Disabled {
		sight.Obsolete, err = a.unwanted(ctx, c)
		return sight, err
	}
	name, _ := account.Split(c.Target.ID)
	unfinished, err := account.GetUnfinished(ctx, a.store, name, id)
	if err != nil {
		return ledger.Sight{}, err
	}
	if sight.InEffect = unfinished.Request == c.ID || unfinished.Gave == c.ID; !sight.InEffect {
		sight.Obsolete = idle.WhyGivenBack
		return sight, nil
	}
	_, sight.Result, err = a.result(ctx, c, found)
	return sight, err
}

// unwanted says why an account that was to be given back at once, because policy names a group that its
// person was in, is not any more. What people decided about stands.
func (a reviving) unwanted(ctx context.Context, c change.Change) (string, error) {
	if c.Requester.Kind != change.ByPerson || c.Requirement.Mode != change.Auto {
		return "", nil
	}
	rule, holds, err := a.asking(ctx, c)
	if err != nil || rule.ModeFor(holds) == change.Auto {
		return "", err
	}
	return idle.WhyAsked, nil
}

// Act implements [ledger.Applier]. Where a request has begun to set other roles, the account first has those
// again that it had: they are what people were shown.
func (a reviving) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	s, id, _, err := a.existing(ctx, c)
	if err != nil {
		return err
	}
	unfinished, release, err := a.hold(ctx, c, id)
	if err != nil {
		return err
	}
	defer release()
	found, err := look(ctx, s, id)
	switch {
	case err != nil:
		return err
	case !found.Disabled:
		return nil // somebody has just given it back
	case found.PartOfRoles && unfinished.Unsettled():
		return errPartOfRoles
	}
	had, lost := unfinished.Before(found.has, found.all)
	if err := a.begin(ctx, c, id, account.Setting{Had: had, Found: found.has, Set: had, Lost: lost}); err != nil {
		return err
	}
	if err := found.setRoles(ctx, s, had); err != nil {
		return err
	}
	return a.enable(ctx, s, c, id)
}
