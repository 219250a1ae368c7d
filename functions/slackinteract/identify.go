package slackinteract

import (
	"context"
	"errors"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// identify returns the person behind a Slack account: exactly one full member of our own
// workspace, with exactly one active account in the directory. Everybody else is a stranger.
func (d *decider) identify(ctx context.Context, p event.Pressed) (change.Actor, error) {
	stranger := func(text string) (change.Actor, error) {
		return change.Actor{}, &refused{change.RefusedStranger, text}
	}
	if p.Team != d.team {
		return stranger("the press came from another workspace")
	}
	u, err := d.slack.UserByID(ctx, p.User)
	switch {
	case slack.IsUnknown(err):
		return stranger("no such Slack account")
	case err != nil:
		return change.Actor{}, err
	case u.Outside || u.Email == "" || (u.Team != "" && u.Team != d.team):
		return stranger("the Slack account is no full member of the workspace")
	}
	person, err := d.mirror.PersonAt(ctx, u.Email)
	switch {
	case errors.Is(err, mirror.ErrUnknown):
		return stranger("the Slack account belongs to nobody in the directory")
	case err != nil:
		return change.Actor{}, err
	case person.Suspended:
		return stranger("the account in the directory is suspended")
	}
	return change.Actor{Kind: change.ByPerson, ID: person.ID, Name: person.Email}, nil
}
