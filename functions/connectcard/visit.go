package connectcard

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// This file is what owners of data see in their browsers. There is one address, the policy's
// redirect. With a hand-over's id it leads on to the connect card; with the token of a visit
// besides, it is where the card sends the browser back to.
//
// Nothing is used up by looking: whoever is not signed in, such as a program that looks at links
// in messages, changes nothing, and the owner may come as often as they like. A card is asked for
// when its owner is about to be sent to it, and is nowhere but in the header of that one answer.

// handoverAddress is the address that the owner of a hand-over is given. Nobody else can do
// anything with it.
func handoverAddress(redirect, id string) (string, error) {
	u, err := url.Parse(redirect)
	if err != nil || u.Host == "" {
		return "", errors.New("make the owner's link: the policy's redirect is not an address")
	}
	q := u.Query()
	q.Set(connection.ParameterHandover, id)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// visits takes the owners' browsers.
type visits struct {
	*handler
	visitors cloudfn.Visitors
	targets  connection.Targets
}

// visitTime is how long a visit may take: somebody waits before the screen.
const visitTime = 25 * time.Second

// turned is a visit that leads nowhere: what its person is shown, and what the audit says.
type turned struct {
	page  page
	audit string
}

// Error implements error.
func (t *turned) Error() string { return t.audit }

// ServeHTTP implements [http.Handler].
func (v *visits) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(cloudfn.WithTrace(r), visitTime)
	defer cancel()
	ctx = cloudfn.WithLog(ctx, slog.String("function", "connectcard"))
	query := r.URL.Query()
	verb := "open"
	if query.Has(connection.ParameterState) {
		verb = "return"
	}
	visitor, err := v.visitor(ctx, r)
	if err == nil {
		id := query.Get(connection.ParameterHandover)
		if verb == "return" {
			err = v.comeBack(ctx, w, r, visitor, id, secret.New(query.Get(connection.ParameterState)))
		} else {
			err = v.open(ctx, w, visitor, id)
		}
	}
	if err == nil {
		return
	}
	var t *turned
	if !errors.As(err, &t) {
		v.log.ErrorContext(ctx, "visit", "verb", verb, "error", err.Error())
		show(w, r, pageTrouble)
		return
	}
	cloudfn.TurnAway(ctx, v.log, v.store, v.now(), trail.Turned{
		Function: "connectcard", Verb: verb, Actor: visitor.ID, ActorName: visitor.Email, Text: t.audit,
	})
	show(w, r, t.page)
}

// visitor returns who is signed in.
func (v *visits) visitor(ctx context.Context, r *http.Request) (group.Person, error) {
	if r.Method != http.MethodGet {
		return group.Person{}, &turned{pageMethod, "not a GET"}
	}
	email, err := v.visitors.Verify(ctx, r)
	if err != nil {
		return group.Person{}, &turned{pageSignIn, "nobody is signed in: " + err.Error()}
	}
	p, err := v.mirror.PersonAt(ctx, email)
	switch {
	case errors.Is(err, mirror.ErrUnknown):
		return group.Person{}, &turned{pageStranger, "who is signed in is not in the directory"}
	case err == nil && p.Suspended:
		return p, &turned{pageStranger, "who is signed in is suspended"}
	}
	return p, err
}

// owned returns the hand-over with an id to its owner, and to nobody else.
func (v *visits) owned(ctx context.Context, visitor group.Person, id string) (connection.Handover, error) {
	o, err := v.shelf.Get(ctx, id)
	if errors.Is(err, handover.ErrUnknown) {
		return o, &turned{pageStranger, "there is no such hand-over"}
	}
	if err != nil {
		return o, err
	}
	return o, mine(o, visitor)
}

func mine(o connection.Handover, visitor group.Person) error {
	if o.Owner != visitor.ID {
		return &turned{pageStranger, "the hand-over of " + o.Name + " is for somebody else"}
	}
	return nil
}

// openable says whether the link of a hand-over is good now.
func (v *visits) openable(o connection.Handover) error {
	_, allowed := connection.Next(o.State, connection.VerbOpen)
	switch {
	case allowed && v.now().Before(o.Linked.Add(connection.CardLife)):
		return nil
	case allowed, o.State == connection.Aged:
		return &turned{pageExpired, "the link to " + o.Name + " is too old"}
	}
	return &turned{pageNothing, "nothing is to be done for " + o.Name + ": it is " + string(o.State)}
}

// open sends the owner on to the connect card.
func (v *visits) open(ctx context.Context, w http.ResponseWriter, visitor group.Person, id string) error {
	o, err := v.owned(ctx, visitor, id)
	if err != nil {
		return err
	}
	if err := v.openable(o); err != nil {
		return err
	}
	token, ticket, err := connection.NewTicket(rand.Reader, visitor.ID, o.ID, v.now())
	if err != nil {
		return err
	}
	back, err := connection.ReturnAddress(v.policy.Connections.Redirect, o.ID, token)
	if err != nil {
		return err
	}
	card, err := v.vendor.Card(ctx, o.Connection, back)
	if gone(err) {
		return &turned{pageNothing, "Fivetran does not have " + o.Name + " any more"}
	}
	if err != nil {
		return err
	}
	if card, err = v.targets.Card(card); err != nil {
		return fmt.Errorf("the address that Fivetran gave for %s: %w", o.Name, err)
	}
	_, _, err = v.shelf.Decide(ctx, o.ID, actor(visitor), func(o connection.Handover) (connection.Event, error) {
		return connection.Event{Verb: connection.VerbOpen, Ticket: ticket}, errors.Join(mine(o, visitor), v.openable(o))
	})
	if err != nil {
		return err
	}
	guard(w.Header())
	// Not http.Redirect: it would write the address into the answer's body too.
	w.Header().Set("Location", card.Reveal())
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// comeBack takes the owner's browser back from the connect card. That it came is a hint to look,
// and no proof of anything.
func (v *visits) comeBack(ctx context.Context, w http.ResponseWriter, r *http.Request, visitor group.Person, id string, token secret.Text) error {
	o, err := v.owned(ctx, visitor, id)
	if err != nil {
		return err
	}
	switch o.State {
	case connection.Connected, connection.Tested, connection.Running, connection.Done:
		show(w, r, pageThanks) // the vendor was faster than the browser
		return nil
	}
	_, _, err = v.shelf.Decide(ctx, o.ID, actor(visitor), func(o connection.Handover) (connection.Event, error) {
		if err := mine(o, visitor); err != nil {
			return connection.Event{}, err
		}
		used, err := o.Ticket.Redeem(token, visitor.ID, o.ID, v.now())
		if err != nil {
			return connection.Event{}, &turned{pageReplay, "the return of " + o.Name + ": " + err.Error()}
		}
		return connection.Event{Verb: connection.VerbReturn, Ticket: used}, nil
	})
	if errors.Is(err, connection.ErrRefused) {
		return &turned{pageNothing, "the return of " + o.Name + ": it is " + string(o.State)}
	}
	if err != nil {
		return err
	}
	if err := handover.Follow(ctx, v.queue, o.ID, fmt.Sprintf("%s-return-%d", o.ID, v.now().UnixMilli())); err != nil {
		v.log.WarnContext(ctx, "it is looked at by the next round", "error", err.Error())
	}
	show(w, r, pageThanks)
	return nil
}

func actor(p group.Person) change.Actor {
	return change.Actor{Kind: change.ByPerson, ID: p.ID, Name: p.Email}
}
