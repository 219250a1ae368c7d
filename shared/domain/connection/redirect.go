package connection

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/secret"
)

// This file decides where a browser may be sent. Browsers read addresses in ways of their own:
// they drop tabs and line ends, take a backslash for a slash, and map letters of other scripts.
// So an address is not taken apart and judged by its parts. It must begin, byte for byte, with
// an origin from a list and the slash that ends it; what follows cannot change the origin any
// more.

// CardOrigin is where Fivetran's connect cards are
// (https://fivetran.com/docs/rest-api/api-reference/connections/connect-card).
const CardOrigin = "https://fivetran.com"

// cardFolder is the part of that site that connect cards are in.
const cardFolder = "/connect-card/"

// Targets are the places to which a browser may be sent. Its zero value is none.
type Targets struct {
	own   string
	cards []string
}

// ErrTarget says that an address is not one to which a browser may be sent. The address is not
// in the text: it may be a secret.
var ErrTarget = errors.New("a browser may not be sent there")

// NewTargets returns the targets of a system whose own pages are at the origin own, such as
// https://console.example.com, and whose connect cards are at one of the origins cards, or at
// [CardOrigin] if there are none. Plain HTTP is taken for loopback addresses only.
func NewTargets(own string, cards ...string) (Targets, error) {
	if len(cards) == 0 {
		cards = []string{CardOrigin}
	}
	for _, origin := range append([]string{own}, cards...) {
		if err := checkOrigin(origin); err != nil {
			return Targets{}, err
		}
	}
	return Targets{own: own, cards: cards}, nil
}

func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	switch {
	case err != nil, u.Host == "", origin != u.Scheme+"://"+u.Host, origin != strings.ToLower(origin), !plain(origin):
		return fmt.Errorf("%q is not an origin: write one such as https://console.example.com", origin)
	case u.Scheme == "http" && loopback(u.Hostname()), u.Scheme == "https":
		return nil
	}
	return fmt.Errorf("%q is not safe to send a browser to: write https://", origin)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Own checks a whole address on our own pages and returns it. The error is [ErrTarget].
func (t Targets) Own(address string) (string, error) {
	if t.own == "" || !begins(address, t.own) {
		return "", ErrTarget
	}
	return address, nil
}

// Card checks the address of a connect card: the vendor's page, and coming back to us. The
// error is [ErrTarget].
func (t Targets) Card(card secret.Text) (secret.Text, error) {
	address := card.Reveal()
	for _, origin := range t.cards {
		rest, ok := strings.CutPrefix(address, origin)
		if !ok || !begins(address, origin) || !strings.HasPrefix(rest, cardFolder) {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Fragment != "" || u.RawPath != "" || strings.Contains(u.Path, "..") || strings.Contains(u.EscapedPath(), "%") {
			return secret.Text{}, ErrTarget // a way out of the folder
		}
		query, err := url.ParseQuery(u.RawQuery)
		if err != nil {
			return secret.Text{}, ErrTarget
		}
		for _, back := range query["redirect_uri"] {
			if _, err := t.Own(back); err != nil {
				return secret.Text{}, ErrTarget
			}
		}
		return card, nil
	}
	return secret.Text{}, ErrTarget
}

// maxAddress is more than any address here needs, and what common servers take in a header.
const maxAddress = 8000

// begins reports whether an address is that of a page at the origin, for every reader.
func begins(address, origin string) bool {
	return len(address) <= maxAddress && plain(address) && strings.HasPrefix(address, origin+"/")
}

// plain reports whether a text has only characters that stand for themselves in an address.
// Anything else has to be percent-encoded there (RFC 3986, section 2), and is read differently
// by different programs if it is not.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("\\\"<>^`{|}", r)
	})
}
