// Package handover keeps the connections that are on their way from a request to data, and what
// was read from the vendor last: its destinations and the settings of its services. One function
// calls the vendor and writes here; the desks, which ask people, read.
//
// No address of a connect card is ever here. What is kept of a visit is a [connection.Ticket],
// from which nothing can be opened.
package handover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// ErrUnknown says that there is no such hand-over.
var ErrUnknown = errors.New("no such hand-over")

// record is a hand-over as it is stored.
type record struct {
	Handover connection.Handover `json:"handover"`
	// Seq counts what has happened to it; it numbers the audit entries.
	Seq int `json:"seq"`
	// Notices are the ids of those by which its owner is asked now.
	Notices []string `json:"notices,omitempty"`
	// Look is when somebody has to look at it; zero where nobody need.
	Look time.Time `json:"look,omitzero"`
}

var handovers = store.Collection[record]{
	Name: "handovers",
	Fields: func(r record) map[string]any {
		h := r.Handover
		fields := map[string]any{"connection": h.Connection, "name": h.Name, "ended": h.State == connection.Ended}
		if !r.Look.IsZero() {
			fields["look"] = r.Look
		}
		return fields
	},
}

// Shelf keeps hand-overs. It is safe for concurrent use.
type Shelf struct {
	store  store.Store
	policy connection.Policy
	now    func() time.Time
}

// New returns a shelf. The times of the policy decide when a hand-over has to be looked at.
func New(s store.Store, p connection.Policy, now func() time.Time) *Shelf {
	return &Shelf{store: s, policy: p, now: now}
}

// look returns when somebody has to look at a hand-over; zero where nobody need. While the vendor
// may have news that somebody waits for, that is at every round; a link that has aged out is left
// until its owner is to be reminded. What works, or has ended, is found by the nightly round.
func (s *Shelf) look(h connection.Handover) time.Time {
	switch h.State {
	case connection.Requested, connection.Done, connection.Broken, connection.Ended:
		return time.Time{}
	case connection.Aged:
		at, _ := h.Due(s.policy)
		return at
	case connection.Connected:
		return cmp.Or(h.Rerun, h.Since) // while the setup tests run, or rest
	}
	return h.Since
}

func (s *Shelf) put(tx store.Tx, r record) error {
	r.Look = s.look(r.Handover)
	return handovers.Put(tx, r.Handover.ID, r)
}

// Begin keeps a new hand-over. Where there is one with its id already, that stays as it is.
func (s *Shelf) Begin(ctx context.Context, h connection.Handover) error {
	err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := handovers.Get(ctx, tx, h.ID)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return s.put(tx, record{Handover: h})
	})
	if err != nil {
		return fmt.Errorf("begin the hand-over of %s: %w", h.Name, err)
	}
	return nil
}

// Get returns a hand-over, or [ErrUnknown].
func (s *Shelf) Get(ctx context.Context, id string) (connection.Handover, error) {
	r, err := get(ctx, s.store, id)
	return r.Handover, err
}

func get(ctx context.Context, from store.Reader, id string) (record, error) {
	r, err := handovers.Get(ctx, from, id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return record{}, fmt.Errorf("hand-over %.100q: %w", id, ErrUnknown)
	}
	if err != nil {
		return record{}, fmt.Errorf("read hand-over %s: %w", id, err)
	}
	return r, nil
}

// Apply lets an event happen to a hand-over and writes an audit entry in the same transaction. It
// returns the hand-over before and after. Where the event is refused the error is
// [connection.ErrRefused] and nothing is written; where there is no such hand-over it is
// [ErrUnknown].
func (s *Shelf) Apply(ctx context.Context, id string, e connection.Event, by change.Actor) (before, after connection.Handover, err error) {
	return s.Decide(ctx, id, by, func(connection.Handover) (connection.Event, error) { return e, nil })
}

// Decide is [Shelf.Apply] for an event that depends on how the hand-over stands in the
// transaction. The function may be called more than once; an error of it is returned as it is.
func (s *Shelf) Decide(ctx context.Context, id string, by change.Actor, decide func(connection.Handover) (connection.Event, error)) (before, after connection.Handover, err error) {
	err = s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		before, after, err = s.decide(ctx, tx, id, "", by, decide)
		return err
	})
	return before, after, err
}

// Press is [Shelf.Decide] for what a person did under a name of its own, such as the press of a
// button. Under the same name again nothing happens: what it did stands.
func (s *Shelf) Press(ctx context.Context, name, id string, by change.Actor, decide func(connection.Handover) (connection.Event, error)) error {
	return s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		entry := fmt.Sprintf("%s.handover.%s", id, name)
		_, err := trail.Entries.Get(ctx, tx, entry)
		if errors.Is(err, store.ErrNotFound) {
			_, _, err = s.decide(ctx, tx, id, entry, by, decide)
		}
		return err
	})
}

// decide lets happen what a decision in the transaction says. The audit entry has the id given, or
// where that is empty a number.
func (s *Shelf) decide(ctx context.Context, tx store.Tx, id, entryID string, by change.Actor, decide func(connection.Handover) (connection.Event, error)) (before, after connection.Handover, err error) {
	r, err := get(ctx, tx, id)
	if err != nil {
		return before, after, err
	}
	before = r.Handover
	e, err := decide(before)
	if err != nil {
		return before, after, err
	}
	now := s.now()
	if after, err = before.Apply(e, now); err != nil {
		return before, after, err
	}
	r.Handover = after
	r.Seq++
	if err := s.put(tx, r); err != nil {
		return before, after, err
	}
	entry := audit.Entry{
		ID: cmp.Or(entryID, fmt.Sprintf("%s.handover.%04d", id, r.Seq)), At: now, Actor: by.ID, ActorName: by.Name,
		Verb: "connection." + string(e.Verb), Change: id, Kind: string(change.ConnectionCreate), Target: after.Name,
		From: string(before.State), To: string(after.State), Outcome: audit.Accepted,
	}
	return before, after, trail.Entries.Put(tx, entry.ID, entry)
}

// Notices returns the ids of the notices by which the owner of a hand-over is asked.
func (s *Shelf) Notices(ctx context.Context, id string) ([]string, error) {
	r, err := get(ctx, s.store, id)
	return r.Notices, err
}

// PutNotices keeps the ids of the notices by which the owner of a hand-over is asked. They are
// kept before a notice is posted, so that each that was posted is found again.
func (s *Shelf) PutNotices(ctx context.Context, id string, notices []string) error {
	err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		r, err := get(ctx, tx, id)
		if err != nil {
			return err
		}
		r.Notices = notices
		return s.put(tx, r)
	})
	if err != nil {
		return fmt.Errorf("keep what the owner was told: %w", err)
	}
	return nil
}

// Due returns the ids of the hand-overs that have to be looked at by now, sorted by how long they
// have waited.
func (s *Shelf) Due(ctx context.Context) ([]string, error) {
	return s.ids(ctx, store.Query{Where: []store.Cond{{Field: "look", Op: store.AtMost, Value: s.now()}}, OrderBy: "look"})
}

// Next returns when [Shelf.Due] has something next. The boolean is false when there is nothing to
// be looked at.
func (s *Shelf) Next(ctx context.Context) (time.Time, bool, error) {
	first, _, err := handovers.Query(ctx, s.store, store.Query{OrderBy: "look", Limit: 1})
	if err != nil || len(first) == 0 {
		return time.Time{}, false, err
	}
	return first[0].Look, true, nil
}

// Open returns all hand-overs that have not ended, sorted by id.
func (s *Shelf) Open(ctx context.Context) ([]connection.Handover, error) {
	return s.where(ctx, store.Query{Where: []store.Cond{{Field: "ended", Op: store.Equal, Value: false}}})
}

// Of returns the hand-overs of one of the vendor's connections that have not ended.
func (s *Shelf) Of(ctx context.Context, connection string) ([]connection.Handover, error) {
	return s.where(ctx, store.Query{Where: []store.Cond{
		{Field: "connection", Op: store.Equal, Value: connection}, {Field: "ended", Op: store.Equal, Value: false},
	}})
}

// Named returns the hand-overs of connections of that name that have not ended.
func (s *Shelf) Named(ctx context.Context, name string) ([]connection.Handover, error) {
	return s.where(ctx, store.Query{Where: []store.Cond{
		{Field: "name", Op: store.Equal, Value: name}, {Field: "ended", Op: store.Equal, Value: false},
	}})
}

func (s *Shelf) where(ctx context.Context, q store.Query) ([]connection.Handover, error) {
	var out []connection.Handover
	err := handovers.Each(ctx, s.store, q, func(r record) error {
		out = append(out, r.Handover)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read hand-overs: %w", err)
	}
	return out, nil
}

func (s *Shelf) ids(ctx context.Context, q store.Query) ([]string, error) {
	all, err := s.where(ctx, q)
	var out []string
	for _, h := range all {
		out = append(out, h.ID)
	}
	return out, err
}
