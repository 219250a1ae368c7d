package connectcard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// This file says what people are told. It follows from how a hand-over stands, and nothing else:
// whoever died between a step and its telling is made up for at the next look.

// tell posts what is to be told of a hand-over and was not, and withdraws what is over.
func (h *handler) tell(ctx context.Context, before connection.Handover) error {
	o, err := h.shelf.Get(ctx, before.ID)
	if err != nil {
		return err
	}
	if err := h.ask(ctx, o); err != nil {
		return err
	}
	for _, n := range h.results(o) {
		if err := h.once(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// once posts a notice unless it was posted before.
func (h *handler) once(ctx context.Context, n notice.Notice) error {
	_, err := notice.Get(ctx, h.store, n.ID)
	if errors.Is(err, notice.ErrUnknown) {
		return notice.Post(ctx, h.store, h.queue, n)
	}
	return err
}

// asking reports whether the owner is to do something.
func asking(o connection.Handover) bool {
	return slices.Contains([]connection.State{connection.Handed, connection.Opened, connection.Submitted, connection.Aged}, o.State)
}

// turn begins the names of all notices by which the owner is asked this time: each time is a
// message of its own, and so is each reminder, because an old message that changes is seen by
// nobody.
func turn(o connection.Handover) string { return fmt.Sprintf("handover-%s-%d-", o.ID, o.Asked.Unix()) }

// ask asks the owner for the credentials, where they are waited for, and takes back what was
// asked before.
func (h *handler) ask(ctx context.Context, o connection.Handover) error {
	kept, err := h.shelf.Notices(ctx, o.ID)
	if err != nil {
		return err
	}
	var now []string
	for _, id := range kept {
		if asking(o) && strings.HasPrefix(id, turn(o)) {
			now = append(now, id)
			continue
		}
		if err := notice.Withdraw(ctx, h.store, h.queue, id, h.now()); err != nil {
			return err
		}
	}
	want := turn(o) + fmt.Sprint(o.Reminders)
	if asking(o) && !slices.Contains(now, want) {
		now = append(now, want)
	}
	if !slices.Equal(kept, now) {
		if err := h.shelf.PutNotices(ctx, o.ID, now); err != nil {
			return err
		}
	}
	if !asking(o) {
		return nil
	}
	n, err := h.question(ctx, o, want)
	if err != nil {
		return err
	}
	shown, err := notice.Get(ctx, h.store, want)
	if err == nil && maps.Equal(shown.Facts, n.Facts) && shown.Until.Equal(n.Until) && shown.Person == n.Person {
		return nil
	}
	if err != nil && !errors.Is(err, notice.ErrUnknown) {
		return err
	}
	return notice.Post(ctx, h.store, h.queue, n)
}

// question is what the owner is asked. The address in it is our own: the vendor's is fetched when
// somebody comes who may have it.
func (h *handler) question(ctx context.Context, o connection.Handover, id string) (notice.Notice, error) {
	address, err := handoverAddress(h.policy.Connections.Redirect, o.ID)
	if err != nil {
		return notice.Notice{}, err
	}
	requester, _, err := h.person(ctx, o.Requester)
	if err != nil {
		return notice.Notice{}, err
	}
	n := notice.Notice{
		ID: id, Kind: notice.ConnectionHandover, Person: o.Owner, Change: o.ID, At: h.now(), Alert: true, Until: o.Linked.Add(connection.CardLife),
		Facts: map[string]string{"connection": o.Name, "service": o.Service, "requester": requester.Email, "url": address, "why": ""},
	}
	switch {
	case o.State == connection.Aged:
		n.Facts["why"], n.Facts["url"], n.Until = "expired", "", time.Time{}
	case connection.Judge(o.Tests) == connection.OutcomeFailed, !o.Proven.IsZero() && !o.Again:
		n.Facts["why"] = "broken"
	case o.Reminders > 0:
		n.Facts["why"] = "reminder"
	}
	return n, nil
}

// The states of a result, which the words of [notice.ConnectionResult] know.
const (
	resultRunning  = "running"  // the setup tests passed, and the first sync is awaited
	resultDone     = "done"     // data has arrived
	resultFailed   = "failed"   // the setup tests did not pass
	resultUnclear  = "unclear"  // the setup tests come to no result
	resultStumbled = "stumbled" // the first sync ended badly
	resultSlow     = "slow"     // no data has arrived for a day
	resultPaused   = "paused"   // and will not, because somebody has paused it
	resultBroken   = "broken"   // it broke before any data has arrived
	resultFailing  = "failing"  // it broke after data had arrived
	resultWaiting  = "waiting"  // the owner does nothing
	resultEnded    = "ended"    // given up, or gone at the vendor
	resultOrphan   = "orphan"   // its owner has left, and nobody follows
	resultLocked   = "locked"   // the vendor does not take our key
)

// result says to one reader how a connection stands. Without a person the channel reads it. Since
// tells one time that it stands so from another.
func (h *handler) result(o connection.Handover, state string, since time.Time, person string) notice.Notice {
	return notice.Notice{
		ID: fmt.Sprintf("connection-%s-%s-%d-%s", o.ID, state, since.Unix(), person), Kind: notice.ConnectionResult,
		Person: person, Change: o.ID, At: h.now(), Alert: true,
		Facts: map[string]string{"connection": o.Name, "service": o.Service, "state": state},
	}
}

// results are what people hear of how it went.
func (h *handler) results(o connection.Handover) []notice.Notice {
	var out []notice.Notice
	tell := func(state string, since time.Time, rows []map[string]string, people ...string) {
		for _, p := range slices.Compact(slices.Sorted(slices.Values(people))) {
			n := h.result(o, state, since, p)
			n.Rows = rows
			out = append(out, n)
		}
	}
	switch o.State {
	case connection.Connected:
		if o.Unclear() {
			tell(resultUnclear, o.Since, testRows(o.Tests), o.Owner, o.Requester)
		}
	case connection.Running:
		tell(resultRunning, o.Since, testRows(o.Tests), o.Owner, o.Requester)
		if !o.Stumbled.IsZero() {
			tell(resultStumbled, o.Stumbled, noteRows(o.Notes), o.Owner, o.Requester)
		}
		switch {
		case o.Lingered.IsZero():
		case o.Paused:
			tell(resultPaused, o.Lingered, nil, o.Owner, o.Requester)
		default:
			tell(resultSlow, o.Lingered, nil, o.Owner, o.Requester)
		}
	case connection.Done:
		tell(resultDone, o.Since, nil, o.Owner, o.Requester)
	case connection.Broken:
		if o.Worked.IsZero() {
			tell(resultBroken, o.Since, nil, o.Owner, o.Requester)
		} else if o.Requester != o.Owner { // who is asked whether to enter new ones
			tell(resultFailing, o.Since, nil, o.Requester)
		}
	case connection.Ended:
		tell(resultEnded, o.Since, nil, o.Owner, o.Requester)
	}
	if asking(o) && connection.Judge(o.Tests) == connection.OutcomeFailed {
		tell(resultFailed, o.Asked, testRows(o.Tests), o.Owner)
	}
	if asking(o) && o.Escalated {
		tell(resultWaiting, o.Asked, nil, o.Requester)
	}
	return out
}

// testRows are the setup tests as a notice has them, the worst first.
func testRows(tests []connection.Test) []map[string]string {
	var out []map[string]string
	for _, t := range connection.Ranked(tests) {
		out = append(out, map[string]string{"test": t.Title, "status": t.Status, "detail": t.Message})
	}
	return out
}

// noteRows are what the vendor wants people to know, as a notice has it.
func noteRows(notes []connection.Note) []map[string]string {
	var out []map[string]string
	for _, n := range notes {
		out = append(out, map[string]string{"detail": cmp.Or(n.Message, n.Code)})
	}
	return out
}
