package connectcard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file brings a hand-over forward. What may happen, and what is to be done in which state, is
// decided in the domain; here it is done, one step after the other, as far as it goes now.

// followTime is how long one call of follow may take. Setup tests talk to the source, and are
// waited for as long as the vendor's client waits, five minutes, with some time left to say what
// became of them.
const followTime = 330 * time.Second

// mostSteps bounds the steps of one call. The longest way, from a link to data, has six.
const mostSteps = 12

// follow brings a hand-over as far as it goes, and has people told. It may be called at any time,
// by two at once too: what another has done meanwhile is refused by the table of transitions.
func (h *handler) follow(ctx context.Context, e event.FollowHandover) error {
	w := walk{handler: h}
	for range mostSteps {
		o, err := h.shelf.Get(ctx, e.Handover)
		if errors.Is(err, handover.ErrUnknown) {
			return cloudfn.Permanent(err)
		}
		if err != nil {
			return err
		}
		moved, err := w.step(ctx, o)
		if errors.Is(err, connection.ErrRefused) {
			continue // another was faster
		}
		if errors.Is(err, fivetran.ErrForbidden) {
			// Nothing here mends that, and the next round finds out whether people have.
			h.log.ErrorContext(ctx, "no way in to Fivetran", "change_id", o.ID, "error", err.Error())
			return errors.Join(h.tell(ctx, o), h.once(ctx, h.result(o, resultLocked, h.now().Truncate(24*time.Hour), "")))
		}
		if err != nil {
			// People hear of what has happened although the next step did not succeed.
			return errors.Join(err, h.tell(ctx, o))
		}
		if !moved {
			return h.tell(ctx, o)
		}
	}
	return fmt.Errorf("hand-over %s does not come to rest in %d steps", e.Handover, mostSteps)
}

// walk is one call of follow. It reads the vendor once, and again only after it has changed
// something there.
type walk struct {
	*handler
	status *connection.Status
	// tests are the latest results of setup tests, of whatever run.
	tests []connection.Test
}

// step does the next thing for a hand-over. It reports false when nothing is to be done now.
func (w *walk) step(ctx context.Context, o connection.Handover) (bool, error) {
	if o.State == connection.Ended || o.State == connection.Requested {
		return false, nil
	}
	if moved, err := w.read(ctx, o); err != nil || moved {
		return moved, err
	}
	why, err := w.whyRenew(ctx, o)
	if err != nil {
		return false, err
	}
	if why != "" {
		return false, w.proposeRenewal(ctx, o, why)
	}
	switch o.State.Work() {
	case connection.WorkHand:
		return w.happen(ctx, o, connection.Event{Verb: connection.VerbHand})
	case connection.WorkTest:
		return w.test(ctx, o)
	case connection.WorkUnpause:
		after, err := w.vendor.Unpause(ctx, o.Connection)
		if err != nil {
			return false, err
		}
		w.status = &after.Status
		return w.seen(ctx, o)
	}
	if verb, due := o.Passed(w.policy.Connections, w.now()); due {
		return w.happen(ctx, o, connection.Event{Verb: verb, Paused: w.status != nil && w.status.Paused})
	}
	return false, nil
}

// happen lets an event happen to a hand-over.
func (w *walk) happen(ctx context.Context, o connection.Handover, e connection.Event) (bool, error) {
	_, _, err := w.shelf.Apply(ctx, o.ID, e, robot)
	return err == nil, err
}

// read asks the vendor how the connection is, once, and lets happen what follows from it.
func (w *walk) read(ctx context.Context, o connection.Handover) (bool, error) {
	if w.status == nil {
		found, err := w.vendor.Get(ctx, o.Connection)
		if gone(err) {
			return w.happen(ctx, o, connection.Event{Verb: connection.VerbEnd})
		}
		if err != nil {
			return false, err
		}
		w.status, w.tests = &found.Status, found.Tests
	}
	return w.seen(ctx, o)
}

// seen lets happen what follows from the latest reading.
func (w *walk) seen(ctx context.Context, o connection.Handover) (bool, error) {
	verb, news := o.Seen(*w.status)
	if !news {
		return false, nil
	}
	e := connection.Event{Verb: verb}
	if verb == connection.VerbStumble {
		e.Notes = slices.Concat(w.status.Tasks, w.status.Warnings)
	}
	return w.happen(ctx, o, e)
}

// test runs the setup tests, unless they are under way or rest. That they begin is kept first, so
// that nobody begins them once more while the vendor takes its time, or this function dies. Where
// they come to no result they are run again later; an answer of the vendor that says so at once
// lets that be at the next round. Where they took longer than anybody waits, and the vendor shows
// afterwards that they passed, that is their result.
func (w *walk) test(ctx context.Context, o connection.Handover) (bool, error) {
	if !o.MayTest(w.now()) {
		return false, nil
	}
	if o.PassedSince(w.tests, w.now()) {
		return w.happen(ctx, o, connection.Event{Verb: connection.VerbPass, Tests: w.tests})
	}
	if _, err := w.happen(ctx, o, connection.Event{Verb: connection.VerbTest}); err != nil {
		return false, err
	}
	p := w.policy.Connections
	after, err := w.vendor.Test(ctx, o.Connection, p.TrustCertificates, p.TrustFingerprints)
	if e, ok := errors.AsType[*fivetran.Error](err); ok && e.Code != 0 {
		at := w.now().Add(max(round, e.RetryAfter()))
		_, deferErr := w.happen(ctx, o, connection.Event{Verb: connection.VerbDefer, Rerun: at})
		return false, errors.Join(err, deferErr)
	}
	if err != nil {
		return false, err
	}
	w.status, w.tests = &after.Status, after.Tests
	switch connection.Judge(w.tests) {
	case connection.OutcomePassed:
		return w.happen(ctx, o, connection.Event{Verb: connection.VerbPass, Tests: w.tests})
	case connection.OutcomeFailed:
		return w.happen(ctx, o, connection.Event{Verb: connection.VerbFail, Tests: w.tests})
	}
	_, err = w.happen(ctx, o, connection.Event{Verb: connection.VerbDefer, Tests: w.tests})
	return false, err
}

// whyRenew says why a connection has to be set up again by a decision of people; empty where it
// need not.
func (h *handler) whyRenew(ctx context.Context, o connection.Handover) (string, error) {
	_, here, err := h.person(ctx, o.Owner)
	switch {
	case err != nil:
		return "", err
	case !here:
		return connection.WhyOwnerGone, nil
	case o.State == connection.Broken:
		return connection.WhyBroken, nil
	}
	return "", nil
}

// renewalQuiet is how long a no, or a silence, keeps the same from being proposed again.
const renewalQuiet = 7 * 24 * time.Hour

// proposeRenewal asks the owner whether to set a connection up again: who owns it, or where that
// person has left, who follows.
func (h *handler) proposeRenewal(ctx context.Context, o connection.Handover, why string) error {
	before, _, err := h.person(ctx, o.Owner)
	if err != nil {
		return err
	}
	owner, email, err := h.successor(ctx, o)
	if err != nil {
		return err
	}
	if owner == "" {
		return h.once(ctx, h.result(o, resultOrphan, o.Since, ""))
	}
	detail, err := json.Marshal(renewal{Handover: o.ID, Owner: owner})
	if err != nil {
		return fmt.Errorf("encode the renewal of %s: %w", o.Name, err)
	}
	p := change.Proposal{
		Kind: change.ConnectionRenew, Target: change.Target{ID: o.ID, Name: o.Name}, Detail: detail, Reason: why,
		Diff:      []change.Delta{{Field: "owner", Before: cmp.Or(before.Email, o.Owner), After: email}},
		Requester: robot, Requirement: h.policy.Asks(change.ConnectionRenew, ""), Quiet: renewalQuiet, Policy: h.policy.Hash,
		Owners: []change.Selector{change.Selector("user:" + email)},
	}
	_, _, err = h.ledger.Propose(ctx, p)
	return err
}

// successor returns who is to own a connection from now on: its owner, or who leads the owner, or
// who asked for it; empty where all of them are gone.
func (h *handler) successor(ctx context.Context, o connection.Handover) (id, email string, err error) {
	owner, here, err := h.person(ctx, o.Owner)
	if err != nil || here {
		return owner.ID, owner.Email, err
	}
	if owner.Manager != "" {
		lead, err := h.mirror.PersonAt(ctx, owner.Manager)
		if err == nil && !lead.Suspended {
			return lead.ID, lead.Email, nil
		}
		if err != nil && !errors.Is(err, mirror.ErrUnknown) {
			return "", "", err
		}
	}
	requester, here, err := h.person(ctx, o.Requester)
	if err != nil || !here {
		return "", "", err
	}
	return requester.ID, requester.Email, nil
}
