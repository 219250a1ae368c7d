package slackinteract

import (
	"cmp"
	"context"
	"errors"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// identify returns the person behind a Slack account: exactly one full member of our own
// workspace, with exactly one active account in the directory. Everybody else is a stranger.
func (d *decider) identify(ctx context.Context, team, user string) (desk.Asker, error) {
	stranger := func(text string) (desk.Asker, error) {
		return desk.Asker{}, &refused{code: change.RefusedStranger, text: text}
	}
	if team != d.team {
		return stranger("it came from another workspace")
	}
	u, err := d.slack.UserByID(ctx, user)
	switch {
	case slack.IsUnknown(err):
		return stranger("no such Slack account")
	case err != nil:
		return desk.Asker{}, err
	case u.Outside || u.Email == "" || (u.Team != "" && u.Team != d.team):
		return stranger("the Slack account is no full member of the workspace")
	}
	a, err := desk.Directory{Mirror: d.mirror, Accounts: d.policy.Accounts}.Asker(ctx, u.Email)
	switch {
	case errors.Is(err, desk.ErrNobody):
		return stranger("the Slack account belongs to nobody in the directory")
	case errors.Is(err, desk.ErrSuspended):
		return stranger("the account in the directory is suspended")
	case err != nil:
		return desk.Asker{}, err
	}
	a.Language = cmp.Or(a.Language, desk.LanguageOf(u.Locale), "en")
	a.Zone = u.Zone
	return a, nil
}
