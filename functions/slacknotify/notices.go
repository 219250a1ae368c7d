package slacknotify

import (
	"context"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// filled puts facts into words in which they stand in braces, by their names.
func filled(words string, facts map[string]string) string {
	var pairs []string
	for name, value := range facts {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(words)
}

// unreached has those hear of a warning who can do something about it, where the person whom it is
// for cannot be told: one message a day for all of them.
func (h *handler) unreached(ctx context.Context, n notice.Notice) error {
	if n.Kind != notice.AccountWarning || n.Over {
		return nil
	}
	day := h.now().UTC().Format("20060102")
	return notice.Gather(ctx, h.store, h.queue, notice.Notice{
		ID: "account-untold-" + n.Facts["system"] + "-" + day, Kind: notice.AccountUntold, Channel: n.Facts["channel"], At: h.now(),
		Facts: map[string]string{"system": n.Facts["system"], "more": ""},
	}, map[string]string{"account": n.Facts["account"], "until": n.Until.UTC().Format(time.RFC3339)})
}

// told returns a notice as a topic with one message.
func (h *handler) told(ctx context.Context, id string) (topic, error) {
	n, err := notice.Get(ctx, h.store, id)
	if err != nil {
		return topic{}, err
	}
	w := want{key: "notice", person: n.Person, room: n.Channel, part: hears}
	if n.Alert {
		w.part = alerted
	}
	return topic{
		id: event.SubjectNotice + id, wants: []want{w},
		unreached: func(ctx context.Context) error { return h.unreached(ctx, n) },
		write: func(_ letter, _ turn, in language) slack.Message {
			words, ok := in.notices[n.Kind]
			if !ok {
				return slack.Message{Heading: string(n.Kind)}
			}
			return words(n, in)
		},
	}, nil
}
