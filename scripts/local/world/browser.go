package world

import (
	"context"
	"errors"
	neturl "net/url"

	"github.com/sekisho/sekisho/shared/domain/secret"
	simfivetran "github.com/sekisho/sekisho/shared/sim/fivetran"
)

// This file is the browser in which a person stays on a page, where [World.SubmitCard] and its
// neighbours do all at once.

var (
	// ErrElsewhere is the error of a link that leads out of the world.
	ErrElsewhere = errors.New("nothing of this world is at the address to which the link leads")
	// ErrNoWindow is the error of doing something on a page that the browser does not show, or not
	// any more.
	ErrNoWindow = errors.New("the browser does not show that page any more")
)

// Window is what a person's browser shows: the policy's page, or a connect card at Fivetran. The
// card's address is not to be had from it.
type Window struct {
	// Load tells a page from all others: the same one has another number when it is loaded again.
	Load int
	// Host is at whose address the browser is.
	Host string
	// Card is the connect card; nil where Page is shown.
	Card *simfivetran.Card
	Page Page

	link string      // what was pressed in Slack
	card secret.Text // the address of the card
}

// Window returns what a person's browser shows; false where it is closed.
func (w *World) Window(person string) (Window, bool) {
	shown, ok := w.windows[person]
	return shown, ok
}

// CloseWindow closes a person's browser. What was entered there and not sent is gone.
func (w *World) CloseWindow(person string) { delete(w.windows, person) }

// OpenLink has a person's browser open a link of a message, and waits for what follows. What the
// policy's page says is shown, a refusal too. The error is [ErrElsewhere] for any other address.
func (w *World) OpenLink(ctx context.Context, person, link string) error {
	page, err := w.page()
	if err != nil {
		return err
	}
	if !leadsTo(page, link) {
		return ErrElsewhere
	}
	return errors.Join(w.browse(ctx, person, link, link), w.Quiet(ctx))
}

// PassLink lets another person open the link that somebody's browser has open, as if it had been
// passed on. The error is [ErrNoWindow] where it has none.
func (w *World) PassLink(ctx context.Context, from, to string) error {
	shown, ok := w.windows[from]
	if !ok {
		return ErrNoWindow
	}
	return w.OpenLink(ctx, to, shown.link)
}

// EnterCard sends what a person entered on the connect card that their browser shows, and waits for
// what follows. The values go to Fivetran, and nowhere else. Where they work the browser comes back to
// the policy's page; else it shows the card again, with the tests that failed. The error is
// [ErrNoWindow] where that load of a card is not shown.
func (w *World) EnterCard(ctx context.Context, person string, load int, values map[string]string) error {
	shown, ok := w.windows[person]
	if !ok || shown.Card == nil || shown.Load != load {
		return ErrNoWindow
	}
	if values == nil {
		values = map[string]string{} // nothing is nothing: the simulator enters something for nil
	}
	sent, err := w.Fivetran.SubmitCard(shown.card.Reveal(), values)
	if err == nil && sent.Redirect != "" {
		return errors.Join(w.browse(ctx, person, shown.link, sent.Redirect), w.Quiet(ctx))
	}
	// A card that was refused as a whole says itself why.
	return errors.Join(w.showCard(person, shown.link, shown.card, sent.Tests), w.Quiet(ctx))
}

// browse has a person's browser load an address of the policy's page, and go where it is sent.
func (w *World) browse(ctx context.Context, person, link, address string) error {
	got, err := w.visit(ctx, person, address)
	var refused *Refused
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	if !got.location.Empty() {
		return w.showCard(person, link, got.location, nil)
	}
	to, err := neturl.Parse(link)
	if err != nil {
		return ErrElsewhere
	}
	w.show(person, Window{Host: to.Host, Page: got.page, link: link})
	return nil
}

func (w *World) showCard(person, link string, address secret.Text, tests []simfivetran.TestResult) error {
	card, err := w.Fivetran.OpenCard(address.Reveal())
	if err != nil {
		return err
	}
	card.Tests = tests
	at, err := neturl.Parse(address.Reveal())
	if err != nil {
		return errNoCard // the cause would quote the address
	}
	w.show(person, Window{Host: at.Host, Card: &card, link: link, card: address})
	return nil
}

func (w *World) show(person string, next Window) {
	w.loads++
	next.Load = w.loads
	w.windows[person] = next
}
