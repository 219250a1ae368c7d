package slackinteract

import (
	"context"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/event"
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
		return d.answer(ctx, e, no)
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
