package world

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	neturl "net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/secret"
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
	got, err := w.visit(ctx, person, link)
	if err != nil {
		return err
	}
	if got.location.Empty() {
		return errNoCard
	}
	return errors.Join(do(got.location.Reveal()), w.Quiet(ctx))
}

// cardLink returns the newest link to the address of the policy that a person sees.
func (w *World) cardLink(person string) (string, error) {
	page, err := w.page()
	if err != nil {
		return "", err
	}
	for _, m := range slices.Backward(w.Slack.Visible(person)) {
		for _, b := range m.Buttons {
			if leadsTo(page, b.URL) {
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

// leadsTo reports whether an address is one of the policy's page.
func leadsTo(page, address string) bool { return page != "" && strings.HasPrefix(address, page+"?") }

// Page is what somebody reads on the policy's page, in their own language.
type Page struct {
	Status      int // of HTTP
	Title, Text string
}

// answer is what a browser gets for an address: somewhere else to go, or a page to show.
type answer struct {
	location secret.Text // who has the address of a card can use it
	page     Page
}

// reloads is how often people load a page that is out of order before they give up.
const reloads = 5

// visit has a person's browser open an address of the policy's page. A page that says no is a
// [Refused], and is returned too; one that is out of order is loaded again, as people do.
func (w *World) visit(ctx context.Context, person, address string) (answer, error) {
	for tries := 1; ; tries++ {
		got, outOfOrder, err := w.load(ctx, person, address)
		if err == nil || !outOfOrder || tries == reloads {
			return got, err
		}
	}
}

// load has a browser load an address once. OutOfOrder says that it may be another time.
func (w *World) load(ctx context.Context, person, address string) (got answer, outOfOrder bool, err error) {
	page, err := w.page()
	if err != nil {
		return answer{}, false, err
	}
	to, err := neturl.Parse(address)
	if err != nil || !leadsTo(page, address) {
		return answer{}, false, errors.New("the address is not the policy's page")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url("ConnectCard")+"?"+to.RawQuery, nil)
	if err != nil {
		return answer{}, false, errors.New("the address cannot be asked for") // the cause would quote it
	}
	if person != "" {
		assertion, err := w.proxy.Assertion(person)
		if err != nil {
			return answer{}, false, err
		}
		r.Header.Set(simiap.Header, assertion)
		r.Header.Set("Accept-Language", w.locale(person))
	}
	resp, err := w.client.Transport.RoundTrip(r) // a client would follow, or quote the address in an error
	if err != nil {
		return answer{}, true, errors.New("the page did not answer")
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return answer{location: secret.New(resp.Header.Get("Location"))}, false, nil
	}
	if got.page, err = readPage(resp); err != nil {
		return answer{}, true, err
	}
	if resp.StatusCode >= 400 {
		return got, resp.StatusCode >= 500, &Refused{Text: fmt.Sprintf("the page answers %d: %s", resp.StatusCode, got.page.Title)}
	}
	return got, false, nil
}

// locale is the language in which a person's browser asks for pages.
func (w *World) locale(person string) string {
	for _, p := range w.Company.People {
		if p.Email == person {
			return p.Locale
		}
	}
	return ""
}

// words are the title and the text on a page of ours.
var words = regexp.MustCompile(`(?s)<h1>(.*?)</h1>\s*<p>(.*?)</p>`)

// maxPage bounds how much of a page is read, in bytes.
const maxPage = 1 << 20

// readPage reads the words of a page.
func readPage(resp *http.Response) (Page, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return Page{}, errors.New("the page ended in the middle")
	}
	out := Page{Status: resp.StatusCode}
	if m := words.FindSubmatch(body); m != nil {
		out.Title, out.Text = html.UnescapeString(string(m[1])), html.UnescapeString(string(m[2]))
	}
	return out, nil
}
