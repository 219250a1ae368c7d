package requestapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

func (h *handler) offers(ctx context.Context, q *question) (any, error) {
	out := Offers{Offers: []Offer{}}
	for _, word := range slices.Sorted(maps.Keys(h.desks)) {
		all, err := h.desks[word].Offers(ctx, q.asker)
		if err != nil {
			return nil, fmt.Errorf("offers of %s: %w", word, err)
		}
		for _, o := range all {
			out.Offers = append(out.Offers, toOffer(word, o))
		}
	}
	return out, nil
}

func toOffer(word string, o desk.Offer) Offer {
	out := Offer{
		Desk: word, Name: o.Name, Title: o.Form.Title, Terms: o.Form.Lines, Roles: o.Roles, MaxSeconds: int(o.Most / time.Second),
		Approval: string(o.Approval), ReasonPattern: o.Reason, Fields: []Field{},
	}
	if o.Place != (grant.Scope{}) {
		out.Place = &Place{Kind: string(o.Place.Kind), Name: o.Place.Name}
	}
	for _, f := range o.Form.Fields {
		field := Field{Name: f.Name, Label: f.Label, Hint: f.Hint, Kind: string(f.Kind), Required: !f.Optional, Value: f.Value}
		for _, option := range f.Options {
			field.Options = append(field.Options, Option(option))
		}
		out.Fields = append(out.Fields, field)
	}
	return out
}

// own returns the change of a path where the person asked for it. What others asked for is not there.
func (h *handler) own(ctx context.Context, q *question) (change.Change, error) {
	c, err := h.ledger.Get(ctx, q.PathValue("request"))
	absent := errors.Is(err, ledger.ErrNotFound) || err == nil && !q.asker.Actor().Same(c.Requester)
	if absent {
		return change.Change{}, q.refuse(http.StatusNotFound, sortNotFound, "")
	}
	return c, err
}

func (h *handler) read(ctx context.Context, q *question) (any, error) {
	c, err := h.own(ctx, q)
	if err != nil {
		return nil, err
	}
	return h.toRequest(q, c), nil
}

func (h *handler) list(ctx context.Context, q *question) (any, error) {
	now := h.now()
	var all []change.Change
	for _, id := range append([]string{q.asker.Person.ID}, q.asker.Also...) {
		open, err := h.ledger.OpenOf(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("what %s asked for: %w", id, err)
		}
		all = append(all, open...)
		for _, kind := range slices.Sorted(maps.Keys(h.keepers)) {
			held, err := h.ledger.Held(ctx, kind, id, now)
			if err != nil {
				return nil, fmt.Errorf("what %s holds: %w", id, err)
			}
			all = append(all, held...)
		}
	}
	slices.SortStableFunc(all, func(a, b change.Change) int { return b.Proposed.Compare(a.Proposed) })
	out := Requests{Requests: []Request{}}
	for _, c := range all {
		out.Requests = append(out.Requests, h.toRequest(q, c))
	}
	return out, nil
}

func (h *handler) toRequest(q *question, c change.Change) Request {
	now := h.now()
	out := Request{
		ID: c.ID, Kind: string(c.Kind), Name: c.Target.Name, State: string(c.State), Reason: c.Reason, Proposed: c.Proposed.UTC(), Updated: c.Updated.UTC(),
		Facts: []Fact{}, Until: c.Until.UTC(), Problem: c.Problem,
	}
	for _, d := range c.Diff {
		out.Facts = append(out.Facts, Fact{Field: d.Field, Value: d.After})
	}
	if c.State == change.Proposed {
		out.Asked, out.Deadline = asked(q.asker, c), c.Deadline().UTC()
	}
	for _, d := range c.Decisions {
		if d.Void == "" {
			out.Decisions = append(out.Decisions, Decision{By: d.By.Name, Verdict: string(d.Verdict), At: d.At.UTC()})
		}
	}
	if h.keepers[c.Kind] != nil && c.Reversible(now) {
		out.Can = []string{"give-back", "extend"}
	}
	return out
}
