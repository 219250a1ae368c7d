package connectcard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file says, for each kind of change, how to look and how to act.

// creating makes connections.
type creating struct{ *handler }

// Look implements [ledger.Applier]. A connection whose making ended with a lost answer is found by
// its schema, so that there is never a second one. One whose schema this change has not claimed is
// another's.
func (a creating) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	r, plan, obsolete, err := a.plan(ctx, c)
	if err == nil && obsolete != "" && c.Claim.Tried {
		// Without a plan nobody knows under which schema to look.
		return ledger.Sight{}, cloudfn.Permanent(errors.New(connection.WhyPerhapsMade + obsolete))
	}
	if err != nil || obsolete != "" {
		return ledger.Sight{Obsolete: obsolete}, err
	}
	found, there, err := a.vendor.Find(ctx, plan, c.Proposed)
	if err != nil {
		return ledger.Sight{}, err
	}
	if !there {
		obsolete, err := a.unwanted(ctx, r)
		return ledger.Sight{Obsolete: obsolete}, err
	}
	switch holder, err := a.shelf.Claimed(ctx, plan); {
	case err != nil:
		return ledger.Sight{}, err
	case holder == handover.Claim{}:
		return ledger.Sight{}, cloudfn.Permanent(errors.New(connection.WhyThere))
	case holder.Change != c.ID:
		return ledger.Sight{}, cloudfn.Permanent(errors.New(connection.WhyTaken + holder.Name))
	}
	result, err := json.Marshal(made{Connection: found.ID, Schema: found.Schema})
	if err != nil {
		return ledger.Sight{}, fmt.Errorf("encode what change %s made: %w", c.ID, err)
	}
	return ledger.Sight{InEffect: true, Result: result}, nil
}

// Act implements [ledger.Applier].
func (a creating) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	r, plan, obsolete, err := a.plan(ctx, c)
	if err != nil {
		return err
	}
	if obsolete != "" {
		return cloudfn.Permanent(errors.New(obsolete))
	}
	if err := a.claim(ctx, plan, handover.Claim{Change: c.ID, Name: r.Name}); err != nil {
		return err
	}
	_, err = a.vendor.Create(ctx, plan, c.Proposed)
	return err
}

// claim takes the schema of a plan before the vendor is asked: of two requests for one schema that
// are carried out at the same moment, the vendor would answer both with the same connection. Whoever
// has the schema keeps it, unless that came to nothing.
func (a creating) claim(ctx context.Context, p connection.Plan, mine handover.Claim) error {
	holder, err := a.shelf.Claim(ctx, p, handover.Claim{}, mine)
	if err != nil || holder == mine {
		return err
	}
	over, err := a.over(ctx, holder)
	if err != nil {
		return err
	}
	if over {
		if holder, err = a.shelf.Claim(ctx, p, holder, mine); err != nil {
			return err
		}
	}
	if holder != mine {
		return cloudfn.Permanent(errors.New(connection.WhyTaken + holder.Name))
	}
	return nil
}

// over reports whether who has a schema has no use for it any more: a change that came to nothing,
// or a connection that has ended.
func (a creating) over(ctx context.Context, holder handover.Claim) (bool, error) {
	o, err := a.shelf.Get(ctx, holder.Change)
	if err == nil {
		return o.State == connection.Ended, nil
	}
	if !errors.Is(err, handover.ErrUnknown) {
		return false, err
	}
	c, err := a.ledger.Get(ctx, holder.Change)
	return err == nil && (c.State == change.Failed || c.State.Final() && c.State != change.Applied), err
}

// plan reads what a change asks for and holds it against the policy as it is now. Obsolete says
// why it is not to be made any more.
func (a creating) plan(ctx context.Context, c change.Change) (r connection.Request, p connection.Plan, obsolete string, err error) {
	if err := json.Unmarshal(c.Detail, &r); err != nil {
		return r, p, "", cloudfn.Permanent(fmt.Errorf("decode request %s: %w", c.ID, err))
	}
	fields, err := a.fields(ctx, r.Service)
	if err != nil {
		return r, p, "", err
	}
	p, problems := a.policy.Connections.Plan(r, fields)
	if len(problems) > 0 {
		return r, p, problems[0].Error(), nil
	}
	return r, p, "", nil
}

// unwanted says why a connection is not to be made any more although the policy lets it.
func (a creating) unwanted(ctx context.Context, r connection.Request) (string, error) {
	_, here, err := a.person(ctx, r.Owner)
	if err == nil && !here {
		return connection.WhyOwnerGone, nil
	}
	return "", err
}

// fields returns the settings of a service, as they were read last, or else from the vendor.
func (h *handler) fields(ctx context.Context, service string) ([]connection.Field, error) {
	s, read, err := h.shelf.Service(ctx, service)
	if err != nil || read && s.Known {
		return s.Fields, err
	}
	return h.readService(ctx, service)
}

// person returns a person by id. The boolean is false for who is not in the directory, or
// suspended.
func (h *handler) person(ctx context.Context, id string) (group.Person, bool, error) {
	p, err := h.mirror.Person(ctx, id)
	if errors.Is(err, mirror.ErrUnknown) {
		return group.Person{ID: id}, false, nil
	}
	return p, err == nil && !p.Suspended, err
}

// renewing hands a connection to its owner once more, or to another one.
type renewing struct{ *handler }

// renewal is what a change of kind [change.ConnectionRenew] keeps of its purpose.
type renewal struct {
	Handover string `json:"handover"`
	// Owner is who is to enter the credentials.
	Owner string `json:"owner"`
}

func renewalOf(c change.Change) (renewal, error) {
	var r renewal
	if err := json.Unmarshal(c.Detail, &r); err != nil {
		return renewal{}, cloudfn.Permanent(fmt.Errorf("decode change %s: %w", c.ID, err))
	}
	return r, nil
}

// Look implements [ledger.Applier]. It is done once the owner was asked, or has been there, since
// it was proposed.
func (a renewing) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	r, err := renewalOf(c)
	if err != nil {
		return ledger.Sight{}, err
	}
	o, err := a.shelf.Get(ctx, r.Handover)
	if errors.Is(err, handover.ErrUnknown) {
		return ledger.Sight{Obsolete: connection.WhyUnknown}, nil
	}
	if err != nil {
		return ledger.Sight{}, err
	}
	asked := !o.Asked.IsZero() && !o.Asked.Before(c.Proposed)
	if o.Owner == r.Owner && (asked || o.Proven.After(c.Proposed)) {
		return ledger.Sight{InEffect: true}, nil
	}
	why, err := a.whyRenew(ctx, o)
	if err == nil && why == "" {
		return ledger.Sight{Obsolete: connection.WhyWorks}, nil
	}
	return ledger.Sight{}, err
}

// Act implements [ledger.Applier].
func (a renewing) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	r, err := renewalOf(c)
	if err != nil {
		return err
	}
	o, err := a.shelf.Get(ctx, r.Handover)
	if err != nil {
		return err
	}
	if o.Owner != r.Owner {
		if _, _, err := a.shelf.Apply(ctx, o.ID, connection.Event{Verb: connection.VerbReassign, Owner: r.Owner}, robot); err != nil {
			return err
		}
	}
	_, _, err = a.shelf.Apply(ctx, o.ID, connection.Event{Verb: connection.VerbHand}, robot)
	return err
}

// gone reports whether an error says that the vendor does not have the connection.
func gone(err error) bool { return errors.Is(err, fivetran.ErrNotFound) }
