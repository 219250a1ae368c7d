package slacknotify

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// This file remembers which channels names stand for. A message whose posting is unknown is looked for by
// the channel's id; to find that by its name takes all channels of a workspace, page by page, at a rate
// that a few messages at once use up.

// room is a channel that goes by name, as a message that was posted there told.
type room struct {
	ID   string    `json:"id"`
	Read time.Time `json:"read"`
}

// roomFor is how long a channel's id is remembered: nobody gives a channel's name to another every day.
const roomFor = 24 * time.Hour

var rooms = store.Collection[room]{Name: "slack-channels", Expires: func(r room) time.Time { return r.Read.Add(roomFor) }}

// roomID returns the id of a channel where it is remembered, and otherwise what it is called.
func (h *handler) roomID(ctx context.Context, channel string) (string, error) {
	r, err := rooms.Get(ctx, h.store, channel)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return channel, nil
	}
	return r.ID, err
}

// find looks for a message whose posting is unknown. A channel of which only the name is known is looked for
// under the id that is remembered, as long as that one is called so.
func (h *handler) find(ctx context.Context, l letter, name string) (channel, ts string, err error) {
	at := l.Channel
	if l.Person == "" {
		if at, err = h.roomID(ctx, l.Channel); err != nil {
			return "", "", err
		}
	}
	channel, ts, err = h.slack.Find(ctx, at, name, l.Since)
	if at == l.Channel || ts != "" || err != nil && !slack.IsUnknown(err) {
		return channel, ts, err
	}
	if called, err := h.slack.ChannelName(ctx, at); err == nil && called == strings.TrimPrefix(l.Channel, "#") || err != nil && !slack.IsUnknown(err) {
		return "", "", err
	}
	return h.slack.Find(ctx, l.Channel, name, l.Since)
}

// remember notes the id of the channel to which a message went that was to go to one by its name. What goes
// wrong is told and does no harm: it is looked up once more then.
func (h *handler) remember(ctx context.Context, l letter, id string) {
	if l.Person != "" || l.Channel == id {
		return
	}
	if known, err := h.roomID(ctx, l.Channel); err == nil && known == id {
		return
	}
	err := h.store.Update(ctx, func(_ context.Context, tx store.Tx) error { return rooms.Put(tx, l.Channel, room{id, h.now()}) })
	if err != nil && !errors.Is(err, store.ErrInvalid) {
		h.log.WarnContext(ctx, "a channel's id is not remembered", "channel", l.Channel, "error", err.Error())
	}
}
