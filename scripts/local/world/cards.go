package world

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	neturl "net/url"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	simiap "github.com/sekisho/sekisho/shared/sim/iap"
)

// This file is what people do with links in their browsers, signed in with their company account.

var (
	errNoLink = errors.New("no message that the person sees has a link to a connect card")
	errNoCard = errors.New("the link leads to no connect card")
)

// SubmitCard lets a person open the newest link to a connect card that they see, enter credentials
// there, and come back. The error is a [Refused] when the system does not let them through.
func (w *World) SubmitCard(ctx context.Context, person string) error {
	return w.card(ctx, person, person, func(card string) error {
		sent, err := w.Fivetran.SubmitCard(card, nil)
		if err != nil {
			return err
		}
		if sent.Redirect == "" {
			return &Refused{Text: fmt.Sprintf("Fivetran does not take the credentials: %v", sent.Tests)}
		}
		_, err = w.visit(ctx, person, sent.Redirect)
		return err
	})
}

// AbandonCard lets a person open the newest link to a connect card that they see, look at the card,
// and go away.
func (w *World) AbandonCard(ctx context.Context, person string) error {
	return w.card(ctx, person, person, w.Fivetran.AbandonCard)
}

// BorrowCard lets a person open the newest link to a connect card that somebody else sees, as if it
// had been passed on. The error is a [Refused] when the system does not let them through. Without a
// person nobody is signed in, as when a program looks at the links of messages.
func (w *World) BorrowCard(ctx context.Context, person, from string) error {
	return w.card(ctx, person, from, w.Fivetran.AbandonCard)
}

// card opens the newest link that one person sees as another one, and does something with the
// connect card behind it.
func (w *World) card(ctx context.Context, person, reader string, do func(card string) error) error {
	link, err := w.cardLink(reader)
	if err != nil {
		return err
	}
	card, err := w.visit(ctx, person, link)
	if err != nil {
		return err
	}
	if card == "" {
		return errNoCard
	}
	return errors.Join(do(card), w.Quiet(ctx))
}

// cardLink returns the newest link to the address of the policy that a person sees.
func (w *World) cardLink(person string) (string, error) {
	page, err := w.page()
	if err != nil {
		return "", err
	}
	for _, m := range slices.Backward(w.Slack.Visible(person)) {
		for _, b := range m.Buttons {
			if b.URL != "" && strings.HasPrefix(b.URL, page+"?") {
				return b.URL, nil
			}
		}
	}
	return "", errNoLink
}

// page is the address of the policy at which owners of data come in.
func (w *World) page() (string, error) {
	policy, err := policyfile.Load(w.policy)
	if err != nil {
		return "", err
	}
	page, _, _ := strings.Cut(policy.Connections.Redirect, "?")
	return page, nil
}

// reloads is how often people load a page that is out of order before they give up.
const reloads = 5

// visit has a person's browser open an address of the policy's page. It returns where the browser
// is sent, if it is. A page that says no is a [Refused]; one that is out of order is loaded again,
// as people do.
func (w *World) visit(ctx context.Context, person, address string) (string, error) {
	for tries := 1; ; tries++ {
		to, outOfOrder, err := w.load(ctx, person, address)
		if err == nil || !outOfOrder || tries == reloads {
			return to, err
		}
	}
}

// load has a browser load an address once. OutOfOrder says that it may be another time.
func (w *World) load(ctx context.Context, person, address string) (location string, outOfOrder bool, err error) {
	page, err := w.page()
	if err != nil {
		return "", false, err
	}
	to, err := neturl.Parse(address)
	if err != nil || page == "" || !strings.HasPrefix(address, page+"?") {
		return "", false, errors.New("the address is not the policy's page")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url("ConnectCard")+"?"+to.RawQuery, nil)
	if err != nil {
		return "", false, err
	}
	if person != "" {
		assertion, err := w.proxy.Assertion(person)
		if err != nil {
			return "", false, err
		}
		r.Header.Set(simiap.Header, assertion)
	}
	resp, err := w.client.Transport.RoundTrip(r) // a client would follow, or quote the address in an error
	if err != nil {
		return "", true, errors.New("the page did not answer")
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode >= 400:
		return "", resp.StatusCode >= 500, &Refused{Text: fmt.Sprintf("the page answers %d", resp.StatusCode)}
	case resp.StatusCode >= 300:
		return resp.Header.Get("Location"), false, nil
	}
	return "", false, nil
}
