package slacknotify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// This file shows several changes in one message: what one nightly run asks, a row and buttons
// for each, and one button for all. It is asked once: a reminder is a short message of its own,
// which says how many still wait and where.

// gatherFor is how long news of a batch is gathered before its messages are brought up to date.
const gatherFor = 5 * time.Second

// queueBatch queues the messages of a batch, once for all that moves at about the same time.
func (h *handler) queueBatch(ctx context.Context, batch string) error {
	subject := event.SubjectBatch + batch
	at := h.now().Truncate(gatherFor).Add(gatherFor)
	name := fmt.Sprintf("batch-%s-%d", fingerprint(slack.Message{Heading: subject}), at.Unix())
	return notice.Tell(ctx, h.queue, event.Notify{Subject: subject}, name, at)
}

// together returns the changes of a batch as one topic. Where they are more than a message has
// room for, it has several messages.
func (h *handler) together(ctx context.Context, batch string) (topic, error) {
	all, err := h.ledger.Batch(ctx, batch)
	if err != nil || len(all) == 0 {
		return topic{}, err
	}
	// The order in which they were proposed may differ within an instant; names do not.
	slices.SortStableFunc(all, func(a, b change.Change) int { return strings.Compare(a.Target.Name, b.Target.Name) })
	pages := map[string][]change.Change{}
	t := topic{id: event.SubjectBatch + batch}
	for i, page := range slices.Collect(slices.Chunk(all, slack.MaxRows)) {
		key := fmt.Sprintf("page%d", i)
		pages[key] = page
		t.wants = append(t.wants, want{key: key, room: all[0].Channel, part: decides})
	}
	last := t.wants[len(t.wants)-1].key
	reminders, err := h.reminders(ctx, all)
	if err != nil {
		return topic{}, err
	}
	t.wants = append(t.wants, reminders...)
	t.write = func(l letter, _ turn, in language) slack.Message {
		if strings.HasPrefix(l.Key, reminder) {
			return in.writeReminder(all, l.Person != "")
		}
		return in.writeTogether(all, pages[l.Key], l.Key == last, h.now())
	}
	return t, nil
}

// reminder begins the keys of reminders.
const reminder = "remind"

// reminders returns the latest reminder of what still waits in a batch: to the channel, and to
// those whom it was escalated to.
func (h *handler) reminders(ctx context.Context, all []change.Change) ([]want, error) {
	times, deciders := 0, []string(nil)
	for _, c := range all {
		if c.State != change.Proposed {
			continue
		}
		times = max(times, c.Asked)
		if c.Escalated && deciders == nil {
			var err error
			if deciders, err = h.escalatedTo(ctx, c); err != nil {
				return nil, err
			}
		}
	}
	var out []want
	if times > 1 {
		out = append(out, want{key: fmt.Sprintf("%s%d", reminder, times), room: all[0].Channel, part: reminded})
	}
	for _, p := range deciders {
		out = append(out, want{key: fmt.Sprintf("%s%d-%s", reminder, times, p), person: p, part: reminded})
	}
	return out, nil
}

// writeReminder writes how many changes of a batch still wait. To a person it says where.
func (l language) writeReminder(all []change.Change, elsewhere bool) slack.Message {
	waiting := countWaiting(all)
	if waiting == 0 {
		return slack.Message{Heading: l.allDecided}
	}
	m := slack.Message{Heading: fmt.Sprintf(l.stillWaiting, waiting, len(all)), Lines: []string{fmt.Sprintf(l.until, l.time(all[0].Deadline()))}}
	if elsewhere {
		m.Lines = append(m.Lines, fmt.Sprintf(l.askedIn, all[0].Channel))
	}
	return m
}

func countWaiting(all []change.Change) int {
	n := 0
	for _, c := range all {
		if c.State == change.Proposed {
			n++
		}
	}
	return n
}

// writeTogether writes the message of one page of a batch. The button for all is on the last.
func (l language) writeTogether(all, page []change.Change, last bool, now time.Time) slack.Message {
	waiting, revisions := countWaiting(all), 0
	for _, c := range all {
		revisions += c.Revision
	}
	words := l.words(all[0].Kind)
	m := slack.Message{Heading: fmt.Sprintf(cmp.Or(words.together, "%d"), len(all))}
	if waiting > 0 {
		m.Heading += l.decideEach
		m.Lines = append(m.Lines, fmt.Sprintf(l.until, l.time(all[0].Deadline())))
	} else {
		m.Lines = append(m.Lines, l.allDecided)
	}
	for _, c := range page {
		m.Rows = append(m.Rows, slack.Row{Text: l.row(c), Buttons: l.buttonsFor(c, decides, now)})
	}
	if last && waiting > 0 && len(all) > 1 {
		m.Buttons = []slack.Button{{
			Label: fmt.Sprintf(cmp.Or(words.approveAll, l.buttons[event.ButtonApproveAll]), waiting), Action: event.ButtonApproveAll, Style: "danger",
			// The sum of the revisions says which batch was shown: one that has grown since, or in
			// which something was revised, is another.
			Value: fmt.Sprintf("%s %d", all[0].Batch, revisions),
		}}
	}
	return m
}

// row writes one change of several on one line.
func (l language) row(c change.Change) string {
	parts := []string{l.target(c)}
	for _, d := range c.Diff {
		if line := l.delta(c, d); line != "" {
			parts = append(parts, line)
		}
	}
	if c.Reason != "" {
		parts = append(parts, l.reasonOf(c))
	}
	if c.State != change.Proposed {
		parts = append(parts, l.stateOf(c))
	}
	return strings.Join(parts, " · ")
}
