package cloudfn

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"google.golang.org/api/idtoken"
)

// Visitors tells who is signed in to a page.
type Visitors interface {
	// Verify returns the address of the person who is signed in, or an error where nobody is.
	Verify(ctx context.Context, r *http.Request) (email string, err error)
}

// HeaderAssertion is the header in which Google's Identity-Aware Proxy says who is signed in. The
// headers beside it that are not signed are never read.
const HeaderAssertion = "X-Goog-Iap-Jwt-Assertion"

// IAP believes Google's Identity-Aware Proxy in front of a page, by the signed header that it adds
// (https://cloud.google.com/iap/docs/signed-headers-howto). Where the proxy is switched off by
// mistake, or somebody finds a way around it, nobody is signed in.
type IAP struct {
	// Audience is the backend that the proxy stands in front of, such as
	// /projects/NUMBER/global/backendServices/ID. Without it nobody is signed in.
	Audience string
	// Validate checks a token's signature, expiry and audience: [idtoken.Validate].
	Validate func(ctx context.Context, token, audience string) (*idtoken.Payload, error)
	// Now is the clock by which a token may be too old or too new.
	Now func() time.Time
}

const (
	iapIssuer = "https://cloud.google.com/iap"
	// iapSkew is by how much the proxy's clock and ours may differ, iapLife how long a token
	// lives, both by the page that is named at [IAP].
	iapSkew = 30 * time.Second
	iapLife = 10 * time.Minute
	// es256Signature is the length of the one kind of signature that the proxy makes.
	es256Signature = 64
)

// Verify implements [Visitors].
func (i IAP) Verify(ctx context.Context, r *http.Request) (string, error) {
	tokens := r.Header.Values(HeaderAssertion)
	if i.Audience == "" || len(tokens) != 1 {
		return "", errors.New("no audience is configured, or there is not one assertion")
	}
	if err := checkES256(tokens[0]); err != nil {
		return "", err
	}
	p, err := i.Validate(ctx, tokens[0], i.Audience)
	if err != nil {
		return "", errors.New("the assertion is not valid") // the cause may quote the token
	}
	// idtoken looks neither at the issuer nor at the time of issue: a token that Google signed for
	// somebody's service account, with an audience of their choice, would pass.
	now, issued, expires := i.Now(), time.Unix(p.IssuedAt, 0), time.Unix(p.Expires, 0)
	switch {
	case p.Issuer != iapIssuer || p.Audience != i.Audience:
		return "", errors.New("the assertion is another one's, or for another one")
	case issued.After(now.Add(iapSkew)), !expires.After(now.Add(-iapSkew)), expires.Sub(issued) > iapLife+2*iapSkew:
		return "", errors.New("the assertion is not of this time")
	}
	email, _ := p.Claims["email"].(string)
	if email == "" || strings.Contains(email, ":") {
		// An identity from outside of Google has its provider before a colon.
		return "", errors.New("the assertion names nobody in Google")
	}
	return email, nil
}

// checkES256 looks at the form of a token before anything else does: idtoken takes other
// algorithms too, and cuts a signature in two without looking at its length.
func checkES256(token string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("the assertion is no token")
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || json.Unmarshal(text, &header) != nil || header.Algorithm != "ES256" {
		return errors.New("the assertion is not signed as the proxy signs")
	}
	if signature, err := base64.RawURLEncoding.DecodeString(parts[2]); err != nil || len(signature) != es256Signature {
		return fmt.Errorf("the signature of the assertion does not have %d bytes", es256Signature)
	}
	return nil
}
