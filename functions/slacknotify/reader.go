package slacknotify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/zone"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// reader is where and in which language somebody reads; the language has the reader's time zone.
type reader struct {
	channel  string
	language language
}

// address is where a person is in Slack, as looked up last.
type address struct {
	User    string    `json:"user"`
	Channel string    `json:"channel"`
	Locale  string    `json:"locale"`
	Zone    string    `json:"zone,omitempty"`
	Read    time.Time `json:"read"`
}

var slackAccounts = store.Collection[address]{
	Name:    "slack-accounts",
	Expires: func(a address) time.Time { return a.Read.Add(24 * time.Hour) },
}

// reader looks up where to reach a person by id; without an id it is the channel of that name,
// and without both the channel for alerts. What it finds it remembers for a day.
func (h *handler) reader(ctx context.Context, id, room string) (reader, error) {
	if id == "" {
		return reader{channel: cmp.Or(room, h.channel), language: h.rooms}, nil
	}
	a, err := slackAccounts.Get(ctx, h.store, id)
	if errors.Is(err, store.ErrNotFound) {
		a, err = h.lookUp(ctx, id)
	}
	if err != nil {
		return reader{}, err
	}
	return reader{channel: a.Channel, language: languageOf(a.Locale).at(zone.Of(a.Zone))}, nil
}

func (h *handler) lookUp(ctx context.Context, id string) (address, error) {
	p, err := h.mirror.Person(ctx, id)
	if err != nil {
		return address{}, err
	}
	u, err := h.findUser(ctx, p)
	if err != nil {
		return address{}, err
	}
	channel, err := h.slack.DirectChannel(ctx, u.ID)
	if err != nil {
		return address{}, err
	}
	locale := p.Language
	if locale == "" {
		// Slack tells the locale with users.info only.
		if u, err = h.slack.UserByID(ctx, u.ID); err != nil {
			return address{}, err
		}
		locale = u.Locale
	}
	a := address{User: u.ID, Channel: channel, Locale: locale, Zone: u.Zone, Read: h.now()}
	err = h.store.Update(ctx, func(_ context.Context, tx store.Tx) error { return slackAccounts.Put(tx, id, a) })
	if err != nil {
		return address{}, fmt.Errorf("store the Slack account of %s: %w", p.Email, err)
	}
	return a, nil
}

// findUser tries all addresses of a person.
func (h *handler) findUser(ctx context.Context, p group.Person) (slack.User, error) {
	var err error
	for _, address := range append([]string{p.Email}, p.Aliases...) {
		var u slack.User
		if u, err = h.slack.UserByEmail(ctx, address); err == nil || !slack.IsUnknown(err) {
			return u, err
		}
	}
	return slack.User{}, err
}
