package slackinteract

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/press"
	"github.com/sekisho/sekisho/shared/state/standing"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// accounts is what this function calls of Slack.
type accounts interface {
	UserByID(ctx context.Context, id string) (slack.User, error)
}

// decider decides what was pressed.
type decider struct {
	store    store.Store
	queue    queue.Queue
	mirror   *mirror.Mirror
	ledger   *ledger.Ledger
	standing *standing.Resolver
	policy   *policyfile.Policy
	slack    accounts
	team     string
	now      func() time.Time
	log      *slog.Logger
}

// refused is a press that does not count.
type refused struct {
	code change.RefusalCode
	text string
}

func (r *refused) Error() string { return r.text }

// decide finds out who pressed and does what the button says, if that person may.
func (d *decider) decide(ctx context.Context, p event.Pressed) error {
	decided, err := press.Decided(ctx, d.store, p.Press)
	if err != nil || decided {
		return err
	}
	who, err := d.identify(ctx, p)
	if err == nil {
		err = d.act(ctx, p, who)
	}
	var no *refused
	if r, ok := change.Refused(err); ok {
		no = &refused{r.Code, r.Text}
	} else if !errors.As(err, &no) {
		if err != nil {
			return err
		}
		return d.record(ctx, p, press.Accepted)
	}
	if _, inLedger := change.Refused(err); !inLedger {
		// The ledger writes its own refusals down.
		t := trail.Turned{Function: "slackinteract", Verb: p.Action, Actor: p.Team + "/" + p.User, ActorName: who.Name, Text: no.text}
		if err := trail.TurnAway(ctx, d.store, d.now(), t); err != nil {
			return err
		}
	}
	if err := d.record(ctx, p, string(no.code)); err != nil {
		return err
	}
	return d.tell(ctx, p.Press)
}

func (d *decider) record(ctx context.Context, p event.Pressed, outcome string) error {
	return press.Record(ctx, d.store, press.Press{ID: p.Press, User: p.User, Channel: p.Channel, At: p.At, Outcome: outcome})
}

// The actions of buttons.
const (
	actionApprove = "approve"
	actionDeny    = "deny"
	actionUndo    = "undo"
	actionRetry   = "retry"
)

// act does what a button says. The button's value names a change and the revision that was
// shown, nothing else.
func (d *decider) act(ctx context.Context, p event.Pressed, who change.Actor) error {
	id, shown, _ := strings.Cut(p.Value, " ")
	revision, err := strconv.Atoi(shown)
	if err != nil {
		return &refused{change.RefusedInvalid, "the button names no change"}
	}
	c, err := d.ledger.Get(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return &refused{change.RefusedInvalid, "the button names no change"}
	}
	if err != nil {
		return err
	}
	holds, err := d.standing.Holds(ctx, c, who.ID)
	if err != nil {
		return err
	}
	switch p.Action {
	case actionApprove:
		_, err = d.ledger.Press(ctx, p.Press, id, change.Approve{By: who, Revision: revision, Counts: holds})
	case actionDeny:
		_, err = d.ledger.Press(ctx, p.Press, id, change.Deny{By: who, Revision: revision, Counts: holds})
	case actionRetry:
		_, err = d.ledger.Press(ctx, p.Press, id, change.Retry{By: who, Revision: revision, Counts: holds})
	case actionUndo:
		err = d.undo(ctx, c, who, holds)
	default:
		err = &refused{change.RefusedInvalid, "the button does nothing that is known here"}
	}
	return err
}

// undo asks for a change to be taken back: a change of its own, which others decide.
func (d *decider) undo(ctx context.Context, c change.Change, who change.Actor, holds []change.Selector) error {
	if len(holds) == 0 && !slices.Contains(c.Concerned, who.ID) && !who.Same(c.Requester) {
		return &refused{change.RefusedStranger, who.Name + " has nothing to do with it"}
	}
	p, ok := c.Reverse(who, "", d.now())
	if !ok {
		return &refused{change.RefusedState, "there is nothing to take back: it is " + string(c.State)}
	}
	p.Requirement = d.undoing(c, p)
	p.Policy = d.policy.Hash
	_, _, err := d.ledger.Propose(ctx, p)
	return err
}

// undoing returns how the taking back of a change is decided: what only takes away again what
// somebody was given waits for nobody.
func (d *decider) undoing(c change.Change, p change.Proposal) change.Requirement {
	if trait, _ := change.TraitOf(c.Kind); trait.UndoMode == change.Auto {
		return change.Requirement{Mode: change.Auto}
	}
	return d.policy.Asks(p.Kind, "")
}

// tell has the person told, in Slack and for nobody else to see, why a press did not count.
func (d *decider) tell(ctx context.Context, id string) error {
	body, err := event.Seal(event.Notify{Subject: event.SubjectPress + id})
	if err != nil {
		return err
	}
	err = d.queue.Enqueue(ctx, queue.Task{Queue: event.QueueSlack, Name: "notify-press-" + id, Body: body})
	if errors.Is(err, queue.ErrExists) {
		return nil
	}
	return err
}
