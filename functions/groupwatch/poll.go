package groupwatch

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/cursor"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/readings"
)

const (
	// settled is how old an event must be before the poll looks at it. A younger one has most
	// likely been notified, and its reading is planned; the next poll sees it again.
	settled = 3 * time.Minute
	// mostPages is how many pages one poll reads of a log. After a long outage the next poll
	// goes on at the page where this one stopped.
	mostPages = 20
	// still is how long a watermark may stand still though the log was read to its end: groupapi tells
	// by it how old its answers are. A write for every poll in which nothing happened would be many.
	still = 10 * time.Minute
	// mostKnown bounds what is remembered of the overlap. Beyond it an event is looked at
	// again, which costs a read of the store and nothing else.
	mostKnown = 10_000
)

// poll reads the audit log of each application from its watermark on, and plans a reading for
// every event after which the group was not read. The overlap reaches back for events that
// Google wrote late.
func (h *handler) poll(ctx context.Context) error {
	var problems []error
	for _, application := range h.applications {
		if err := h.pollOne(ctx, application); err != nil {
			problems = append(problems, fmt.Errorf("poll %s: %w", application, err))
		}
	}
	return errors.Join(problems...)
}

// pollOne reads one log. Its cursor holds the watermark, the page at which a long reading is to
// go on, and which events of the overlap were followed by a reading already: by their activity
// and their place in it, so that each is looked at once however often it is listed.
func (h *handler) pollOne(ctx context.Context, application string) error {
	now := h.now()
	job := "poll-" + application
	c, err := cursor.Get(ctx, h.store, job)
	if err != nil {
		return err
	}
	first := c.At.IsZero()
	if first {
		c.At = now
	}
	if c.Token == "" {
		c.Began, c.Undone = now, time.Time{}
	}
	c.Known = maps.Clone(c.Known)
	if c.Known == nil {
		c.Known = map[string]int64{}
	}
	l := &look{handler: h, now: now, read: map[string]time.Time{}, unread: map[string]group.Signal{}, known: c.Known, undone: c.Undone}
	began := c.Token
	err = h.readLog(ctx, application, &c, l)
	// Also of what was read before an error: the next poll may begin behind it.
	if failed := l.order(ctx); failed != nil {
		return errors.Join(err, failed) // the next poll begins where this one did
	}
	c.Undone = l.undone
	if err != nil && c.Token == began {
		return err // no page was read, and the next poll begins where this one did
	}
	late := !l.undone.IsZero() && l.undone.Before(c.At)
	if err == nil && !first && !late && l.idle() && now.Sub(c.At) < still {
		return nil
	}
	if err == nil && c.Token == "" {
		c.At = followed(c, h.overlap)
	}
	since := c.At.Add(-h.overlap)
	maps.DeleteFunc(c.Known, func(_ string, at int64) bool { return at < since.Unix() })
	if len(c.Known) > mostKnown {
		c.Known = nil
	}
	return errors.Join(err, cursor.Set(ctx, h.store, job, c))
}

// followed returns up to when each event of a run was followed by a reading: not later than what
// was too young to be looked at, and not later than the first of which a reading is only planned, which
// may be earlier than it was before, where Google wrote its entry late. It is not waited for longer than
// the overlap: one group that cannot be read would have more of the log read with every poll.
func followed(c cursor.Cursor, overlap time.Duration) time.Time {
	at := c.Began.Add(-settled)
	if !c.Undone.IsZero() && c.Undone.Before(at) {
		at = c.Undone
	}
	if longest := c.Began.Add(-overlap); at.Before(longest) {
		return longest
	}
	return at
}

// readLog reads pages until the end or until it was enough for one poll. The cursor's token is
// then that of the next page, and empty at the end.
func (h *handler) readLog(ctx context.Context, application string, c *cursor.Cursor, l *look) error {
	since := c.At.Add(-h.overlap)
	seen := map[string]bool{}
	for range mostPages {
		page, err := h.reports.List(ctx, application, since, c.Token)
		if errors.Is(err, workspace.ErrInvalid) && c.Token != "" {
			// A token lives for a day at most. From the watermark, then.
			c.Token = ""
			return fmt.Errorf("a page's token is not good any more: %v", err)
		}
		if err != nil {
			return err
		}
		for _, a := range page.Activities {
			for _, s := range a.Signals() {
				if err := l.at(ctx, s); err != nil {
					return err
				}
			}
		}
		if err := l.atUnreadable(ctx, application, page.Unreadable); err != nil {
			return err
		}
		if page.Next == "" {
			c.Token = ""
			return nil
		}
		if seen[page.Next] {
			c.Token = ""
			return errors.New("the pages go round in a circle")
		}
		seen[page.Next] = true
		c.Token = page.Next
		l.paged = true
	}
	return nil
}

// look is one poll's view of a log.
type look struct {
	*handler
	now    time.Time
	read   map[string]time.Time    // when what a signal is about was read last
	unread map[string]group.Signal // the last signal about something that was lost: its reading serves all before
	known  map[string]int64        // of the cursor
	added  int
	paged  bool
	undone time.Time // the first event of the run that was followed by no reading yet
}

// idle reports whether nothing was learned that is worth a write.
func (l *look) idle() bool { return l.added == 0 && !l.paged }

// at notes that a reading is to be ordered, unless what the signal is about was read after it.
func (l *look) at(ctx context.Context, s group.Signal) error {
	if l.now.Sub(s.At) < settled || s.Topic == group.AboutSettings && readings.Own(s, l.robot) {
		return nil
	}
	name := short(s.Key)
	if _, done := l.known[name]; done {
		return nil
	}
	about := string(s.Topic) + " " + s.Group + " " + s.Person
	read, ok := l.read[about]
	if !ok {
		var err error
		if read, err = l.lastRead(ctx, s); err != nil {
			return err
		}
		l.read[about] = read
	}
	if read.After(s.At.Add(s.Topic.Settle() / 2)) {
		// A walk, which may have come by itself, reads no settings.
		if err := readings.AllSettings(ctx, l.queue, s, l.robot, l.now); err != nil {
			return err
		}
		l.known[name] = s.At.Unix()
		l.added++
		return nil
	}
	if l.undone.IsZero() || s.At.Before(l.undone) {
		l.undone = s.At
	}
	if _, planned := group.Window(s.Topic, "", s.At); l.now.Before(planned) {
		return nil // the reading of the notification is still to come
	}
	last, ok := l.unread[about]
	if ok && !s.At.After(last.At) {
		s, last = last, s
	}
	if ok {
		s.Settings, s.Actor = settingsOf(s, last, l.robot)
	}
	l.unread[about] = s
	return nil
}

// settingsOf returns whether two signals about the same are about its settings together, and by whom.
// Settings are read again unless nobody but our own robot did what the signals say of them. Only one
// about everything says so apart ([group.Signal]); another may be about settings whatever it says.
func settingsOf(last, before group.Signal, robot string) (settings bool, actor string) {
	anothers := func(s group.Signal) bool { return s.Settings && !readings.Own(s, robot) }
	switch {
	case anothers(last):
		return true, last.Actor
	case anothers(before):
		return true, before.Actor
	case readings.Own(last, robot):
		return false, before.Actor
	}
	return false, last.Actor
}

// order orders one reading of everything of which signals were lost, in whichever order Google lists
// these: it does not say in which. They become known when the reading was made.
func (l *look) order(ctx context.Context) error {
	for _, about := range slices.Sorted(maps.Keys(l.unread)) {
		if err := readings.Repair(ctx, l.queue, l.unread[about], l.robot, l.now); err != nil {
			return err
		}
	}
	return nil
}

// atUnreadable has everything compared for entries that nobody can read: what they were about
// is unknown. Each is good for one comparison.
func (l *look) atUnreadable(ctx context.Context, application string, entries []string) error {
	fresh := 0
	for _, entry := range entries {
		name := "unreadable " + entry
		if _, done := l.known[name]; !done {
			l.known[name] = l.now.Unix()
			l.added++
			fresh++
		}
	}
	if fresh == 0 {
		return nil
	}
	l.log.ErrorContext(ctx, "unreadable activities", "application", application, "count", fresh)
	return readings.Plan(ctx, l.queue, group.Signal{Topic: group.AboutEverything, Settings: true, At: l.now}, l.robot, l.now)
}

// short returns a name of a signal that is short and almost certainly its own.
func short(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// lastRead returns when what a signal is about was read last.
func (l *look) lastRead(ctx context.Context, s group.Signal) (time.Time, error) {
	switch s.Topic {
	case group.AboutPerson:
		return l.mirror.PersonRead(ctx, s.Person)
	case group.AboutEverything:
		// However it ended: what a walk did not believe, the next night looks at.
		w, err := l.mirror.Walk(ctx)
		return w.Began, err
	case group.AboutSettings:
		header, err := l.mirror.Find(ctx, s.Group)
		if errors.Is(err, mirror.ErrUnknown) {
			return l.mirror.Freshness(ctx, s.Group)
		}
		if err != nil {
			return time.Time{}, err
		}
		known, err := l.mirror.Settings(ctx, header.Group.ID)
		return known.Judged, err
	case group.AboutGroup, group.AboutWhole:
		// A reading of the members alone has not seen what else there is of the group.
		header, err := l.mirror.Find(ctx, s.Group)
		if errors.Is(err, mirror.ErrUnknown) || err == nil && (header.Whole || header.Gone) {
			return l.mirror.Freshness(ctx, s.Group)
		}
		if header.Read.Before(header.Listed) {
			return header.Read, err
		}
		return header.Listed, err
	default:
		return l.mirror.Freshness(ctx, s.Group)
	}
}
