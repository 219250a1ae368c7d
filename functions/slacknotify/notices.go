package slacknotify

import (
	"context"
	"strings"

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
		write: func(_ letter, _ turn, in language) slack.Message {
			words, ok := in.notices[n.Kind]
			if !ok {
				return slack.Message{Heading: string(n.Kind)}
			}
			return words(n, in)
		},
	}, nil
}
