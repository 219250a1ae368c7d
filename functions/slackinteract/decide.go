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
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/notice"
	"github.com/sekisho/sekisho/shared/state/press"
	"github.com/sekisho/sekisho/shared/state/standing"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// accounts is what this function calls of Slack.
type accounts interface {
	UserByID(ctx context.Context, id string) (slack.User, error)
	OpenModal(ctx context.Context, trigger string, m slack.Modal) (string, error)
	UpdateModal(ctx context.Context, id, hash string, m slack.Modal) error
}

// presser answers a button that only some kind of change has. The name is that of the press.
type presser interface {
	Press(ctx context.Context, name string, a desk.Asker, c change.Change) error
}

// undoer says how the taking back of a change is decided, where its kind has rules for that. The
// error is a [desk.Refused] where the person may not ask for it.
type undoer interface {
	Undoing(ctx context.Context, a desk.Asker, c change.Change) (change.Requirement, error)
}

// decider decides what was pressed.
type decider struct {
	store    store.Store
	queue    queue.Queue
	mirror   *mirror.Mirror
	ledger   *ledger.Ledger
	standing *standing.Resolver
	policy   *policyfile.Policy
	shelf    *handover.Shelf
	slack    accounts
	// desks take requests, by slash command; pressers answer further buttons, by action;
	// undoers say how an undo is decided, by the kind of what is taken back.
	desks    map[string]desk.Desk
	pressers map[string]presser
	undoers  map[change.Kind]undoer
	team     string
	now      func() time.Time
	log      *slog.Logger
}

// refused is a press that does not count.
type refused struct {
	code change.RefusalCode
	text string
	of   change.Change // what was to be taken back, if anything was
}

func (r *refused) Error() string { return r.text }

// decide finds out who pressed and does what the button says, if that person may.
func (d *decider) decide(ctx context.Context, p event.Pressed) error {
	decided, err := press.Decided(ctx, d.store, p.Press)
	if err != nil || decided {
		return err
	}
	asker, err := d.identify(ctx, p.Team, p.User)
	if err == nil {
		err = d.act(ctx, p, asker)
	}
	who := asker.Actor()
	var elsewhere *desk.Refused
	var no *refused
	if errors.As(err, &elsewhere) {
		no = &refused{code: change.RefusedStranger, text: elsewhere.Text}
	} else if r, ok := change.Refused(err); ok {
		no = &refused{code: r.Code, text: r.Text}
	} else if !errors.As(err, &no) && err != nil {
		return err
	}
	counted := no == nil
	if !counted {
		var unknown error
		if counted, unknown = d.counted(ctx, p); unknown != nil {
			return unknown
		}
	}
	if counted {
		return press.Record(ctx, d.store, press.Press{ID: p.Press, User: p.User, Channel: p.Channel, At: p.At, Outcome: press.Accepted})
	}
	if _, inLedger := change.Refused(err); !inLedger {
		// The ledger writes its own refusals down.
		t := trail.Turned{
			Function: "slackinteract", Verb: p.Action, Actor: p.Team + "/" + p.User, ActorName: who.Name, Text: no.text,
			Change: no.of.ID, Kind: string(no.of.Kind), Target: no.of.Target.Name,
		}
		if err := trail.TurnAway(ctx, d.store, d.now(), desk.Turned(t, err)); err != nil {
			return err
		}
	}
	outcome := press.Press{ID: p.Press, User: p.User, Channel: p.Channel, At: p.At, Outcome: string(no.code)}
	if elsewhere != nil {
		outcome.Text = elsewhere.Text
	}
	if err := press.Record(ctx, d.store, outcome); err != nil {
		return err
	}
	return d.tell(ctx, p.Press)
}

// counted reports whether a press that is refused now counted when it came before: what it did then
// may be why it is refused now, where its end was not recorded, or it came twice at once.
func (d *decider) counted(ctx context.Context, p event.Pressed) (bool, error) {
	if p.Action != event.ButtonApproveAll {
		_, counted, err := d.ledger.Asked(ctx, p.Press)
		return counted, err
	}
	batch, _, _ := strings.Cut(p.Value, " ")
	all, err := d.ledger.Batch(ctx, batch)
	if err != nil {
		return false, err
	}
	for _, c := range all {
		if _, counted, err := d.ledger.Asked(ctx, oneOf(p, c)); err != nil || counted {
			return counted, err
		}
	}
	return false, nil
}

// oneOf names what a press on a whole batch does to one change of it.
func oneOf(p event.Pressed, c change.Change) string { return p.Press + "-" + c.ID }

// act does what a button says. The button's value names a change and the revision that was
// shown, or a batch and the sum of the revisions in it, and nothing else.
func (d *decider) act(ctx context.Context, p event.Pressed, asker desk.Asker) error {
	id, shown, _ := strings.Cut(p.Value, " ")
	revision, err := strconv.Atoi(shown)
	if err != nil {
		return &refused{code: change.RefusedInvalid, text: "the button names no change"}
	}
	who := asker.Actor()
	if p.Action == event.ButtonApproveAll {
		return d.approveAll(ctx, p, id, revision, who)
	}
	c, err := d.ledger.Get(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return &refused{code: change.RefusedInvalid, text: "the button names no change"}
	}
	if err != nil {
		return err
	}
	switch p.Action {
	case event.ButtonApprove, event.ButtonDeny, event.ButtonRetry:
		return d.vote(ctx, p, c, revision, who)
	case event.ButtonUndo:
		return d.undo(ctx, p, c, asker)
	}
	presser, ok := d.pressers[p.Action]
	if !ok {
		return &refused{code: change.RefusedInvalid, text: "the button does nothing that is known here"}
	}
	return presser.Press(ctx, p.Press, asker, c)
}

// vote records what somebody decided about the revision that was shown.
func (d *decider) vote(ctx context.Context, p event.Pressed, c change.Change, revision int, who change.Actor) error {
	if _, err := d.renew(ctx, c); err != nil {
		return err
	}
	counts, err := d.standing.Holds(ctx, c, who.ID)
	if err != nil {
		return err
	}
	action := map[string]change.Action{
		event.ButtonApprove: change.Approve{By: who, Revision: revision, Counts: counts},
		event.ButtonDeny:    change.Deny{By: who, Revision: revision, Counts: counts},
		event.ButtonRetry:   change.Retry{By: who, Revision: revision, Counts: counts},
	}[p.Action]
	_, err = d.ledger.Press(ctx, p.Press, c.ID, action)
	return err
}

// approveAll approves all changes of a batch that still wait, if the batch is the one that was
// shown. What the person may not approve stays; it is refused where that is everything.
func (d *decider) approveAll(ctx context.Context, p event.Pressed, batch string, shown int, who change.Actor) error {
	all, err := d.ledger.Batch(ctx, batch)
	if err != nil {
		return err
	}
	revisions := 0
	for _, c := range all {
		renewed, err := d.renew(ctx, c)
		if err != nil {
			return err
		}
		if renewed {
			revisions++
		}
		revisions += c.Revision
	}
	if len(all) == 0 || revisions != shown {
		return &refused{code: change.RefusedStale, text: "the message showed other changes"}
	}
	var first error
	approved := 0
	for _, c := range all {
		if c.State != change.Proposed {
			continue
		}
		holds, err := d.standing.Holds(ctx, c, who.ID)
		if err != nil {
			return err
		}
		_, err = d.ledger.Press(ctx, oneOf(p, c), c.ID, change.Approve{By: who, Revision: c.Revision, Counts: holds})
		if _, no := change.Refused(err); err != nil && !no {
			return err
		}
		switch {
		case err == nil:
			approved++
		case first == nil:
			first = err
		}
	}
	if approved > 0 {
		return nil
	}
	if first == nil {
		return &refused{code: change.RefusedState, text: "all of them are decided already"}
	}
	return first
}

// undo asks for a change to be taken back: a change of its own, which others decide.
func (d *decider) undo(ctx context.Context, pressed event.Pressed, c change.Change, asker desk.Asker) error {
	who := asker.Actor()
	concerned := slices.Contains(c.Concerned, who.ID) || who.Same(c.Requester)
	verdict, err := d.standing.MayUndo(ctx, c, who.ID, concerned)
	trait, _ := change.TraitOf(c.Kind)
	switch {
	case err != nil:
		return err
	case concerned && trait.UndoMode == change.Auto:
		// Giving back what one was given is nobody else's business.
	case verdict.Decision.Reason == policy.Denied:
		no := &desk.Refused{Text: asker.Says("The policy does not let you have this taken back.", "ポリシーにより、元に戻すことを依頼できません。")}
		return &desk.Barred{Refused: no, Kind: c.Kind, About: c.Target.Name, Change: c.ID}
	case !verdict.May:
		return &refused{code: change.RefusedStranger, text: who.Name + " has nothing to do with it", of: c}
	}
	p, ok := c.Reverse(who, "", d.now())
	if !ok {
		return &refused{code: change.RefusedState, text: "there is nothing to take back: it is " + string(c.State)}
	}
	if p.Requirement, err = d.undoing(ctx, asker, c, p); err != nil {
		return err
	}
	p.Policy = d.policy.Hash
	_, err = d.ledger.ProposeOnce(ctx, pressed.Press, p)
	return err
}

// undoing returns how the taking back of a change is decided: what only takes away again what
// somebody was given waits for nobody.
func (d *decider) undoing(ctx context.Context, a desk.Asker, c change.Change, p change.Proposal) (change.Requirement, error) {
	if u, ok := d.undoers[c.Kind]; ok {
		return u.Undoing(ctx, a, c)
	}
	if trait, _ := change.TraitOf(c.Kind); trait.UndoMode == change.Auto {
		return change.Requirement{Mode: change.Auto}, nil
	}
	return d.policy.Asks(p.Kind, ""), nil
}

// tell has the person told, in Slack and for nobody else to see, why a press did not count.
func (d *decider) tell(ctx context.Context, id string) error {
	return notice.Tell(ctx, d.queue, event.Notify{Subject: event.SubjectPress + id}, "press-"+id, time.Time{})
}
