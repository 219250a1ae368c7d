package slackinteract

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/press"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// This file is how somebody asks for something: a slash command opens a modal while its trigger
// lives, the modal is filled with the desk's form, and what is sent is checked while it is open
// and proposed afterwards.

// open opens the modal of a command at once, before anything is known of who asks, and queues
// its filling.
func (d *decider) open(ctx context.Context, request string, in slack.Interaction) error {
	e := event.Asked{
		Request: request, User: in.User, Team: in.Team, Channel: in.Channel, Command: in.Command, Text: in.Text, At: d.now(),
	}
	var err error
	if e.View, err = d.slack.OpenModal(ctx, in.Trigger, loading(in.Command)); err != nil {
		return err
	}
	return d.enqueue(ctx, e, "asked-"+request)
}

// asked fills the modal of a command with the form of its desk, or says why there is none.
func (d *decider) asked(ctx context.Context, e event.Asked) error {
	if e.Command == commandWhy {
		return d.why(ctx, e)
	}
	if from, ok := d.lister(e.Command, e.Text); ok {
		return d.list(ctx, e, from)
	}
	dk, ok := d.desks[e.Command]
	if !ok {
		return cloudfn.Permanent(fmt.Errorf("no desk takes %.50s", e.Command))
	}
	m, err := d.form(ctx, dk, e)
	if err != nil {
		return err
	}
	err = d.slack.UpdateModal(ctx, e.View, "", m)
	if slack.IsClosed(err) {
		return nil
	}
	return err
}

func (d *decider) form(ctx context.Context, dk desk.Desk, e event.Asked) (slack.Modal, error) {
	a, err := d.identify(ctx, e.Team, e.User)
	if err == nil {
		v := desk.Values{}
		if word := strings.TrimSpace(e.Text); word != "" && dk.Word() != "" {
			v[dk.Word()] = []string{word}
		}
		var f desk.Form
		if f, err = dk.Form(ctx, a, v); err == nil {
			return modal(e.Command, dk.Word(), f, a), nil
		}
	}
	no, ok := asRefusal(err)
	if !ok {
		return slack.Modal{}, err
	}
	t := trail.Turned{Function: "slackinteract", Verb: strings.TrimPrefix(e.Command, "/"), Actor: e.Team + "/" + e.User, ActorName: a.Person.Email, Text: reason(err)}
	if err := trail.TurnAway(ctx, d.store, d.now(), desk.Turned(t, err)); err != nil {
		return slack.Modal{}, err
	}
	return refusal(e.Command, no, a), nil
}

// asRefusal returns why somebody may not ask, in words for them.
func asRefusal(err error) (string, bool) {
	var stranger *refused
	var no *desk.Refused
	switch {
	case errors.As(err, &no):
		return no.Text, true
	case errors.As(err, &stranger):
		return stranger.text, true
	}
	return "", false
}

// reason returns why somebody was turned away, for the trail: in fixed words, because what is for the
// person may repeat what was typed, a secret by mistake among it.
func reason(err error) string {
	var stranger *refused
	var wrong *desk.Invalid
	switch {
	case errors.As(err, &stranger):
		return stranger.text
	case errors.As(err, &wrong):
		return "it is not filled in rightly"
	}
	return "it is not offered to this person now"
}

// refresh makes the form of an open modal anew, because a field on which it depends was filled
// in.
func (d *decider) refresh(ctx context.Context, in slack.Interaction) error {
	dk, ok := d.desks[in.Callback]
	if !ok {
		return nil
	}
	a, err := d.identify(ctx, in.Team, in.User)
	var m slack.Modal
	if err == nil {
		var v desk.Values
		if v, err = d.values(ctx, dk, a, in.Entered); err == nil {
			var f desk.Form
			f, err = dk.Form(ctx, a, v)
			m = modal(in.Callback, dk.Word(), f, a)
		}
	}
	if no, ok := asRefusal(err); ok {
		t := trail.Turned{Function: "slackinteract", Verb: strings.TrimPrefix(in.Callback, "/"), Actor: in.Team + "/" + in.User, ActorName: a.Person.Email, Text: reason(err)}
		if err := trail.TurnAway(ctx, d.store, d.now(), desk.Turned(t, err)); err != nil {
			return err
		}
		m, err = refusal(in.Callback, no, a), nil
	}
	if err != nil {
		return err
	}
	err = d.slack.UpdateModal(ctx, in.View, in.Hash, m)
	if slack.IsClosed(err) {
		return nil
	}
	return err
}

// send checks what was entered in a modal, and queues the request where nothing is wrong with
// it. It returns what is wrong, by field.
func (d *decider) send(ctx context.Context, request string, in slack.Interaction) (map[string]string, error) {
	dk, ok := d.desks[in.Callback]
	if !ok {
		return nil, nil
	}
	a, err := d.identify(ctx, in.Team, in.User)
	var v desk.Values
	if err == nil {
		v, err = d.values(ctx, dk, a, in.Entered)
	}
	if err == nil {
		err = dk.Check(ctx, a, v)
	}
	if wrong, ok := complaintsOf(err, in.Entered); ok {
		t := trail.Turned{
			Function: "slackinteract", Verb: strings.TrimPrefix(in.Callback, "/"), Actor: in.Team + "/" + in.User, ActorName: a.Person.Email, Text: reason(err),
		}
		return wrong, trail.TurnAway(ctx, d.store, d.now(), desk.Turned(t, err))
	}
	if err != nil {
		return nil, err
	}
	return nil, d.enqueue(ctx, event.Submitted{
		Request: request, User: in.User, Team: in.Team, Command: in.Callback, Values: v, At: d.now(),
	}, "submitted-"+request)
}

// complaintsOf returns what to show beside which field. What concerns no field of its own, such
// as a lost right to ask, stands beside one that is there.
func complaintsOf(err error, in slack.Entered) (map[string]string, bool) {
	var wrong *desk.Invalid
	if errors.As(err, &wrong) {
		return wrong.Fields, true
	}
	if no, ok := asRefusal(err); ok {
		for _, field := range []string{"reason", "entitlement", "system", "service"} {
			if _, there := in[field]; there {
				return map[string]string{field: no}, true
			}
		}
		return map[string]string{"reason": no}, true
	}
	return nil, false
}

// submitted proposes what was asked for. What is refused now was right a moment ago: the person
// is told, unless it was proposed when it came before.
func (d *decider) submitted(ctx context.Context, e event.Submitted) error {
	dk, ok := d.desks[e.Command]
	if !ok {
		return cloudfn.Permanent(fmt.Errorf("no desk takes %.50s", e.Command))
	}
	a, err := d.identify(ctx, e.Team, e.User)
	if err == nil {
		err = dk.Submit(ctx, e.Request, a, e.Values)
	}
	no, ok := asRefusal(err)
	if wrong, invalid := errors.AsType[*desk.Invalid](err); invalid {
		no, ok = wrong.Text(), true
	}
	if !ok {
		return err
	}
	// A task may come more than once: what it did the first time may be why it is refused now.
	if _, taken, err := d.ledger.Asked(ctx, e.Request); err != nil || taken {
		return err
	}
	t := trail.Turned{
		Function: "slackinteract", Verb: strings.TrimPrefix(e.Command, "/"), Actor: e.Team + "/" + e.User, ActorName: a.Person.Email, Text: reason(err),
	}
	if err := trail.TurnAway(ctx, d.store, d.now(), desk.Turned(t, err)); err != nil {
		return err
	}
	if err := press.Record(ctx, d.store, press.Press{ID: e.Request, User: e.User, At: e.At, Outcome: string(change.RefusedInvalid), Text: no}); err != nil {
		return err
	}
	return d.tell(ctx, e.Request)
}

// values turns what stands in a modal into what a desk takes: people by their address.
func (d *decider) values(ctx context.Context, dk desk.Desk, a desk.Asker, in slack.Entered) (desk.Values, error) {
	v := desk.Values{}
	for field, entered := range in {
		v[field] = entered
	}
	f, err := dk.Form(ctx, a, v)
	if err != nil {
		return nil, err
	}
	for _, field := range f.Fields {
		if field.Kind != desk.People || v.One(field.Name) == "" {
			continue
		}
		u, err := d.slack.UserByID(ctx, v.One(field.Name))
		switch {
		case slack.IsUnknown(err), err == nil && u.Email == "":
			v[field.Name] = []string{"?"} // somebody without an address; the desk finds nobody there
		case err != nil:
			return nil, err
		default:
			v[field.Name] = []string{u.Email}
		}
	}
	return v, nil
}

func (d *decider) enqueue(ctx context.Context, p event.Payload, name string) error {
	return queue.Order(ctx, d.queue, queue.Task{Queue: event.QueuePresses, Name: name}, p)
}
