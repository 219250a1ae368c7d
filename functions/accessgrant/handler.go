package accessgrant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/notice"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// backend is one way of giving access for a time.
type backend interface {
	// Give sees to it that the access is there until the end of the grant.
	Give(ctx context.Context, g grant.Grant) (until time.Time, err error)
	// Take sees to it that what the grant gave is gone.
	Take(ctx context.Context, g grant.Grant) error
	// Has reports whether what the grant gave is there, and until when.
	Has(ctx context.Context, g grant.Grant) (until time.Time, ok bool, err error)
}

// policies is what the nightly round and explanations call besides.
type policies interface {
	backend
	// Read reads the policy of a place.
	Read(ctx context.Context, at grant.Scope) (iam.Handle, error)
	// Edit changes what stands at a place, on a fresh reading as often as others write in
	// between, and returns what was read back.
	Edit(ctx context.Context, at grant.Scope, e grant.Edit) (grant.Policy, error)
}

type handler struct {
	store    store.Store
	queue    queue.Queue
	mirror   *mirror.Mirror
	ledger   *ledger.Ledger
	standing *standing.Resolver
	carrier  *ledger.Carrier
	policy   *policyfile.Policy
	// policies gives access by bindings, memberships by groups.
	policies    policies
	memberships backend
	channel     string
	now         func() time.Time
	log         *slog.Logger
}

// robot is the actor of everything that this function does by itself.
var robot = change.Actor{Kind: change.ByFunction, ID: "accessgrant"}

// The scheduler's jobs.
const (
	JobEnding = "ending"
	JobPlaces = "places"
	JobClean  = "clean"
)

func (h *handler) tick(ctx context.Context, t event.Tick) error {
	switch t.Job {
	case JobEnding:
		return h.ending(ctx)
	case JobPlaces:
		return h.places(ctx)
	case JobClean:
		return h.clean(ctx)
	}
	return cloudfn.Permanent(fmt.Errorf("no job %q", t.Job))
}

// moved has an approved change carried out. What gives access waits its turn in the queue; what
// takes it away goes first and is done now, past everything that waits there. Only what cannot be
// done now is queued.
func (h *handler) moved(ctx context.Context, e event.ChangeMoved) error {
	if e.Kind == string(change.AccessRevoke) && e.State == string(change.Approved) {
		return h.apply(ctx, event.ApplyChange{Change: e.Change})
	}
	return h.carrier.Moved(ctx, e)
}

// apply carries out one change, or queues it for later, and does what follows from it.
func (h *handler) apply(ctx context.Context, e event.ApplyChange) error {
	c, err := h.carrier.Apply(ctx, e)
	if err != nil || c.State != change.Applied {
		return err
	}
	switch c.Kind {
	case change.AccessGrant:
		// Who lost the right while it was given is found here: what told of that has come and gone.
		return errors.Join(h.review(ctx, c), h.recheckOne(ctx, c), h.extended(ctx, c))
	case change.AccessRevoke:
		return h.returned(ctx, c)
	}
	return nil
}

// at returns the way in which access is given at a place.
func (h *handler) at(s grant.Scope) backend {
	if s.Kind == grant.Group {
		return h.memberships
	}
	return h.policies
}

// entitlement returns an entitlement of the policy in force; the boolean is false where it has
// none of that name.
func (h *handler) entitlement(name string) (grant.Entitlement, bool) {
	for _, e := range h.policy.Access {
		if e.Name == name {
			return e, true
		}
	}
	return grant.Entitlement{}, false
}

// held returns the access that one person has, by its end.
func (h *handler) held(ctx context.Context, person string) ([]grant.Grant, error) {
	changes, err := h.ledger.Held(ctx, change.AccessGrant, person, h.now())
	if err != nil {
		return nil, err
	}
	return desk.GrantsOf(changes)
}

// reviewExpires is how long a review waits for somebody who looks. Until then it is asked for every
// [grant.ReviewWithin].
const reviewExpires = 90 * 24 * time.Hour

// review asks people to look at access that was taken by breaking glass. Everybody in the channel
// hears of it now, and again every day until somebody has looked.
func (h *handler) review(ctx context.Context, c change.Change) error {
	g, err := desk.GrantOf(c)
	if err != nil {
		return err
	}
	e, ok := h.entitlement(g.Entitlement)
	if !ok || e.Approval != grant.BreakGlass {
		return nil
	}
	r := h.policy.Asks(change.AccessReview, e.Name)
	r.Within, r.Remind, r.Steady, r.Escalate = reviewExpires, grant.ReviewWithin, true, nil
	_, _, err = h.ledger.Propose(ctx, change.Proposal{
		Kind: change.AccessReview, Target: change.Target{ID: c.ID, Name: e.Name}, Diff: c.Diff, Reason: c.Reason,
		// Whoever took the access cannot be the one who finds it in order.
		Requester: c.Requester, Owners: c.Owners, Channel: h.channel, Requirement: r, Policy: h.policy.Hash,
	})
	return err
}

// returned marks as taken back the other changes whose access went with the one that was given
// back: what it had been extended by, or what it extended.
func (h *handler) returned(ctx context.Context, c change.Change) error {
	original, err := h.ledger.Get(ctx, c.UndoOf)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	changes, err := h.ledger.Held(ctx, change.AccessGrant, original.Requester.ID, h.now())
	if err != nil {
		return err
	}
	for _, other := range changes {
		if other.Target.ID != original.Target.ID {
			continue
		}
		_, err := h.ledger.Apply(ctx, other.ID, change.Undo{By: robot, Change: c.ID})
		if _, refused := change.Refused(err); err != nil && !refused {
			return err
		}
		if err := notice.Withdraw(ctx, h.store, h.queue, endingID(other), h.now()); err != nil {
			return err
		}
	}
	return notice.Withdraw(ctx, h.store, h.queue, endingID(original), h.now())
}
