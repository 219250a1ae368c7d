package slacknotify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/notice"
	"github.com/sekisho/sekisho/shared/state/press"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// poster is what this function calls of Slack.
type poster interface {
	UserByID(ctx context.Context, id string) (slack.User, error)
	UserByEmail(ctx context.Context, email string) (slack.User, error)
	DirectChannel(ctx context.Context, user string) (string, error)
	Post(ctx context.Context, channel, key string, m slack.Message) (channelID, ts string, err error)
	Update(ctx context.Context, channel, ts string, m slack.Message) error
	Whisper(ctx context.Context, channel, user string, m slack.Message) error
	Find(ctx context.Context, channel, key string, since time.Time) (channelID, ts string, err error)
	ChannelName(ctx context.Context, id string) (string, error)
}

type handler struct {
	store    store.Store
	queue    queue.Queue
	mirror   *mirror.Mirror
	ledger   *ledger.Ledger
	standing *standing.Resolver
	slack    poster
	channel  string
	rooms    language // of channels, with their time zone
	now      func() time.Time
	log      *slog.Logger
}

// changeMoved queues the messages of a change to be brought up to date. Slack's limits are
// kept by the queue.
func (h *handler) changeMoved(ctx context.Context, e event.ChangeMoved) error {
	return notice.Tell(ctx, h.queue, event.Notify{Subject: e.Change, Seq: e.Seq}, fmt.Sprintf("%s-%d", e.Change, e.Seq), time.Time{})
}

// notify brings the messages of one subject up to date.
func (h *handler) notify(ctx context.Context, e event.Notify) error {
	kind, id, _ := strings.Cut(e.Subject, ":")
	switch kind + ":" {
	case event.SubjectPress:
		return h.whisper(ctx, id)
	case event.SubjectNotice:
		_, err := notice.Get(ctx, h.store, id)
		if errors.Is(err, notice.ErrUnknown) {
			return cloudfn.Permanent(err)
		}
		if err != nil {
			return err
		}
		return h.reconcile(ctx, e.Subject, func(ctx context.Context) (topic, error) { return h.told(ctx, id) })
	case event.SubjectBatch:
		return h.reconcile(ctx, e.Subject, func(ctx context.Context) (topic, error) { return h.together(ctx, id) })
	}
	c, err := h.ledger.Get(ctx, e.Subject)
	if errors.Is(err, ledger.ErrNotFound) {
		return cloudfn.Permanent(err)
	}
	if err != nil {
		return err
	}
	if c.Batch != "" {
		if err := h.queueBatch(ctx, c.Batch); err != nil {
			return err
		}
	}
	return h.reconcile(ctx, c.ID, func(ctx context.Context) (topic, error) { return h.about(ctx, c.ID) })
}

// whisper answers a person for nobody else to see: why a press did not count, or what /why asked.
func (h *handler) whisper(ctx context.Context, id string) error {
	p, err := press.Get(ctx, h.store, id)
	if errors.Is(err, press.ErrUnknown) {
		return cloudfn.Permanent(err)
	}
	if err != nil || p.Outcome == press.Accepted {
		return err
	}
	lang := english
	switch u, err := h.slack.UserByID(ctx, p.User); {
	case err == nil:
		lang = languageOf(u.Locale)
	case !slack.IsUnknown(err):
		return err
	}
	text, ok := lang.refusals[p.Outcome]
	if !ok {
		text = lang.refusals[string(change.RefusedInvalid)]
	}
	channel := p.Channel
	if channel == "" { // it happened in a modal
		channel, err = h.slack.DirectChannel(ctx, p.User)
	}
	if err == nil {
		heading, rest, _ := strings.Cut(cmp.Or(p.Text, text), "\n")
		err = h.slack.Whisper(ctx, channel, p.User, slack.Message{Heading: heading, Lines: strings.Split(rest, "\n")})
	}
	if slack.IsUnknown(err) {
		return nil // nobody is there to hear it
	}
	return err
}
