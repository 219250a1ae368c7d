package slackinteract

import (
	"context"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// wordList behind a command asks for what there is, in place of a form.
const wordList = "list"

// mostLines is how many lines an answer has: together they stay under what Slack takes in a message.
const mostLines = 40

// lister returns the desk that a command asks for what there is.
func (d *decider) lister(command, text string) (desk.Lister, bool) {
	if strings.TrimSpace(text) != wordList {
		return nil, false
	}
	l, ok := d.desks[command].(desk.Lister)
	return l, ok
}

// isQuestion reports whether a command is answered in place.
func (d *decider) isQuestion(in slack.Interaction) bool {
	_, ok := d.lister(in.Command, in.Text)
	return ok || in.Command == commandWhy
}

// list answers what there is.
func (d *decider) list(ctx context.Context, e event.Asked, from desk.Lister) error {
	a, err := d.identify(ctx, e.Team, e.User)
	var lines []string
	if err == nil {
		lines, err = from.List(ctx, a)
	}
	if no, ok := asRefusal(err); ok {
		return d.unanswered(ctx, e, a, err, no)
	}
	if err != nil {
		return err
	}
	if more := len(lines) - mostLines; more > 0 {
		lines = append(lines[:mostLines], fmt.Sprintf(a.Says("and %d more", "ほか %d 件"), more))
	}
	if len(lines) == 0 {
		lines = []string{a.Says("There is nothing yet.", "まだ何もありません。")}
	}
	return d.answer(ctx, e, strings.Join(lines, "\n"))
}

// unanswered tells who asked for what there is, or why, that they may not know it, and records that they asked. It is
// no request for a change, which are the ones that are held against another policy ([desk.Turned]).
func (d *decider) unanswered(ctx context.Context, e event.Asked, a desk.Asker, why error, text string) error {
	t := trail.Turned{Function: "slackinteract", Verb: strings.TrimPrefix(e.Command, "/"), Actor: e.Team + "/" + e.User, ActorName: a.Person.Email, Text: reason(why)}
	if err := trail.TurnAway(ctx, d.store, d.now(), t); err != nil {
		return err
	}
	return d.answer(ctx, e, text)
}
