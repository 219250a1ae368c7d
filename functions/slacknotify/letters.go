package slacknotify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// letter is one message as it was posted.
type letter struct {
	Key string `json:"key"`
	// Person is the reader's id; without one, Room is the channel's name, and without that it is
	// the channel for alerts.
	Person string `json:"person,omitempty"`
	Room   string `json:"room,omitempty"`
	Part   part   `json:"part"`
	// Channel and TS name it in Slack. Without TS, posting began at Since and its end is
	// unknown.
	Channel string    `json:"channel,omitempty"`
	TS      string    `json:"ts,omitempty"`
	Since   time.Time `json:"since"`
	// Shown is the hash of what it shows.
	Shown string `json:"shown,omitempty"`
	// Dead says that it can neither be posted nor changed any more, and why.
	Dead string `json:"dead,omitempty"`
}

// letters are all messages of one topic. Whoever brings them up to date holds the lease.
type letters struct {
	Letters []letter  `json:"letters"`
	Leased  time.Time `json:"leased,omitzero"`
	Updated time.Time `json:"updated"`
}

// leaseFor is longer than a task may take.
const leaseFor = time.Minute

// keptFor is how long messages are remembered after they last changed.
const keptFor = 400 * 24 * time.Hour

var posted = store.Collection[letters]{
	Name:    "messages",
	Expires: func(l letters) time.Time { return l.Updated.Add(keptFor) },
}

var errBusy = errors.New("the messages are being brought up to date by another")

// topic is what messages are about, as it stands now: a change, several changes that are shown
// together, or a notice.
type topic struct {
	// id names it, among all topics.
	id    string
	wants []want
	// inPlace adds to messages that the channel gets in place of people what goes with them; nil
	// adds nothing.
	inPlace func([]want) []want
	// unreached does what is to be done where the person who is to hear cannot be reached, and the
	// channel is not told in their place; nil does nothing.
	unreached func(context.Context) error
	// write writes one of its messages.
	write func(l letter, t turn, in language) slack.Message
}

// reconcile posts what is missing among the messages of a topic and updates what shows something
// else than it should.
func (h *handler) reconcile(ctx context.Context, id string, read func(context.Context) (topic, error)) (err error) {
	box, err := h.lease(ctx, id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.save(ctx, id, &box, time.Time{})) }()
	// Read under the lease, so that nobody shows an older state after a newer one.
	t, err := read(ctx)
	if err != nil {
		return err
	}
	box.add(t.wants)
	var problems []error
	failed := map[string]bool{}
	for range 2 { // once a newer message is there, the ones before it say so
		for i := 0; i < len(box.Letters); i++ { // one that cannot be posted may add others
			key := box.Letters[i].Key
			if failed[key] {
				continue
			}
			if err := h.bring(ctx, t, &box, i); err != nil {
				failed[key] = true
				problems = append(problems, err)
			}
		}
	}
	return errors.Join(problems...)
}

// add adds the messages that are not there yet.
func (box *letters) add(wants []want) {
	for _, w := range wants {
		if !covered(box.Letters, w) {
			box.Letters = append(box.Letters, letter{Key: w.key, Person: w.person, Room: w.room, Part: w.part})
		}
	}
}

// covered reports whether a message is there already. Who hears of the end and was asked
// before finds it in the message that asked.
func covered(have []letter, w want) bool {
	return slices.ContainsFunc(have, func(l letter) bool {
		return l.Key == w.key || (w.part == hears && l.Part == decides && l.Person == w.person && l.Dead == "")
	})
}

// bring posts or updates one message.
func (h *handler) bring(ctx context.Context, t topic, box *letters, i int) error {
	l := &box.Letters[i]
	if l.Dead != "" {
		return nil
	}
	reader, err := h.reader(ctx, l.Person, l.Room)
	if err != nil {
		if slack.IsUnknown(err) || errors.Is(err, mirror.ErrUnknown) {
			l.Dead = "cannot be reached in Slack"
			return h.elsewhere(ctx, t, box, i)
		}
		return err
	}
	m := t.write(*l, l.turn(box.Letters), reader.language)
	if l.Shown == fingerprint(m) {
		return nil
	}
	if l.TS == "" {
		return h.post(ctx, t, box, i, reader.channel, m)
	}
	return h.update(ctx, t.id, l, m)
}

// update has a message that is there show something else.
func (h *handler) update(ctx context.Context, topic string, l *letter, m slack.Message) error {
	switch err := h.slack.Update(ctx, l.Channel, l.TS, m); {
	case slack.IsUnknown(err):
		l.Dead = "cannot be changed any more"
		return nil
	case cloudfn.IsPermanent(err):
		// Slack refuses this one for good; the others must not suffer for it.
		h.log.ErrorContext(ctx, "message refused", "topic", topic, "error", err.Error())
		l.Dead = err.Error()
		return nil
	case err != nil:
		return err
	}
	l.Shown = fingerprint(m)
	return nil
}

// post posts a message once: it is written down before, so that after a crash it is looked
// for before it is posted again.
func (h *handler) post(ctx context.Context, t topic, box *letters, i int, channel string, m slack.Message) error {
	l := &box.Letters[i]
	name := t.id + " " + l.Key
	var err error
	before := l.Since
	if !before.IsZero() {
		var found string
		found, l.TS, err = h.find(ctx, *l, name)
		switch {
		case slack.IsForbidden(err) && l.Person == "":
			// A second message is better than none.
			h.log.ErrorContext(ctx, "messages cannot be looked for: the app lacks a scope", "topic", t.id, "error", err.Error())
		case err != nil && !slack.IsUnknown(err) && !cloudfn.IsPermanent(err):
			return err
		}
		if l.TS != "" {
			h.remember(ctx, *l, found)
			l.Channel = found
			return h.update(ctx, t.id, l, m)
		}
	}
	l.Channel, l.Since = channel, h.now()
	if err := h.save(ctx, t.id, box, h.now().Add(leaseFor)); err != nil {
		return err
	}
	l.Channel, l.TS, err = h.slack.Post(ctx, channel, name, m)
	if slack.IsRefused(err) {
		l.Since = before // this attempt posted nothing that were to be looked for
	}
	switch {
	case err != nil && l.Person == "":
		// The channel is the last resort: it is tried until somebody mends it.
		l.Channel = channel
		return fmt.Errorf("post to the channel: %w", transient{err})
	case slack.IsUnknown(err), cloudfn.IsPermanent(err):
		h.log.WarnContext(ctx, "message not posted", "topic", t.id, "error", err.Error())
		l.Channel, l.Dead = channel, err.Error()
		return h.elsewhere(ctx, t, box, i)
	case err != nil:
		l.Channel = channel
		return err
	}
	l.Shown = fingerprint(m)
	if err := h.save(ctx, t.id, box, h.now().Add(leaseFor)); err != nil {
		return err
	}
	h.remember(ctx, letter{Person: l.Person, Channel: channel}, l.Channel)
	return nil
}

// elsewhere adds messages to the channel in place of one that who decides, or has to hear, could not be
// sent, where nobody else could be either.
func (h *handler) elsewhere(ctx context.Context, t topic, box *letters, i int) error {
	dead := box.Letters[i]
	switch {
	case dead.Person == "":
		return nil
	case dead.Part == hears && t.unreached != nil:
		if err := t.unreached(ctx); err != nil {
			box.Letters[i].Dead = "" // so that it is tried again
			return err
		}
		return nil
	case dead.Part != decides && dead.Part != alerted:
		return nil
	}
	round, _, _ := strings.Cut(dead.Key, "-")
	for _, l := range box.Letters {
		if strings.HasPrefix(l.Key, round+"-") && l.Dead == "" {
			return nil // somebody else was asked, or will be
		}
	}
	all := []want{{key: round + "-channel", part: dead.Part}}
	if t.inPlace != nil {
		all = t.inPlace(all)
	}
	box.add(all)
	return nil
}

// turn is a message's place among those that ask the same person for the same decision.
type turn int

const (
	only    turn = iota // nothing else asks
	latest              // others asked before: a reminder
	earlier             // another, which is there, asks anew
)

func (l letter) turn(all []letter) turn {
	if l.Part != decides {
		return only
	}
	same := func(x letter) bool {
		return x.Part == decides && x.Person == l.Person && x.Room == l.Room && x.Dead == "" && x.Key != l.Key
	}
	at := slices.IndexFunc(all, func(x letter) bool { return x.Key == l.Key })
	switch {
	case slices.ContainsFunc(all[at+1:], func(x letter) bool { return x.TS != "" && same(x) }):
		return earlier
	case slices.ContainsFunc(all[:at], same):
		return latest
	}
	return only
}

func (h *handler) lease(ctx context.Context, id string) (letters, error) {
	var box letters
	err := h.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		var err error
		box, err = posted.Get(ctx, tx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if h.now().Before(box.Leased) {
			return errBusy
		}
		box.Leased, box.Updated = h.now().Add(leaseFor), h.now()
		return posted.Put(tx, id, box)
	})
	if err != nil {
		return letters{}, fmt.Errorf("messages of %s: %w", id, err)
	}
	return box, nil
}

// save stores the messages and the lease; the zero time gives it back.
func (h *handler) save(ctx context.Context, id string, box *letters, leased time.Time) error {
	box.Leased, box.Updated = leased, h.now()
	// What was done in Slack must be written down even where the time for it is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := h.store.Update(ctx, func(_ context.Context, tx store.Tx) error { return posted.Put(tx, id, *box) })
	if err != nil {
		return fmt.Errorf("store the messages of %s: %w", id, err)
	}
	return nil
}

// transient is an error after which trying again helps, whatever its cause says.
type transient struct{ error }

// Permanent tells the caller to try again.
func (transient) Permanent() bool { return false }

// Unwrap returns the cause.
func (t transient) Unwrap() error { return t.error }

func fingerprint(m slack.Message) string {
	data, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
