package slackinteract

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// identify returns the person behind a Slack account: exactly one full member of our own
// workspace, with exactly one active account in the directory. Everybody else is a stranger.
func (d *decider) identify(ctx context.Context, team, user string) (desk.Asker, error) {
	stranger := func(text string) (desk.Asker, error) {
		return desk.Asker{}, &refused{change.RefusedStranger, text}
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
	person, err := d.mirror.PersonAt(ctx, u.Email)
	switch {
	case errors.Is(err, mirror.ErrUnknown):
		return stranger("the Slack account belongs to nobody in the directory")
	case err != nil:
		return desk.Asker{}, err
	case person.Suspended:
		return stranger("the account in the directory is suspended")
	}
	a := desk.Asker{Person: person, Language: "en"}
	if a.Also, err = d.otherAccounts(ctx, person); err != nil {
		return desk.Asker{}, err
	}
	if strings.HasPrefix(strings.ToLower(cmp.Or(person.Language, u.Locale)), "ja") {
		a.Language = "ja"
	}
	return a, nil
}

// otherAccounts returns the ids of a person's further accounts, as policy names them, suspended or
// not.
func (d *decider) otherAccounts(ctx context.Context, p group.Person) ([]string, error) {
	var out []string
	for _, address := range d.policy.Accounts(p.Email) {
		other, err := d.mirror.PersonAt(ctx, address)
		if errors.Is(err, mirror.ErrUnknown) || err == nil && other.ID == p.ID {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, other.ID)
	}
	return out, nil
}
