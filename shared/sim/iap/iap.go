// Package iap imitates Google's Identity-Aware Proxy: it stands in front of a page, knows who is
// signed in, and tells the page so in a signed header
// (https://cloud.google.com/iap/docs/signed-headers-howto).
//
// Assertions are real: tokens signed with ES256 by a key of the proxy's own, which [Proxy.Keys]
// publishes as Google does. The proxy lives on a clock of its own, and so [Proxy.Validate] checks
// what Google's library would check by the machine's.
package iap

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"time"

	"google.golang.org/api/idtoken"
)

// Header is where the page reads who is signed in.
const Header = "X-Goog-Iap-Jwt-Assertion"

// keyID names the proxy's key.
const keyID = "key-of-this-proxy"

// Life is how long an assertion is valid.
const Life = 10 * time.Minute

// Proxy signs people in to one page. It is safe for concurrent use.
type Proxy struct {
	audience string
	now      func() time.Time
	key      *ecdsa.PrivateKey
}

// New returns the proxy in front of the page that has this audience. The seed makes its key.
func New(audience string, now func() time.Time, seed uint64) (*Proxy, error) {
	// The key is made of the seed, not drawn: the same world has the same key.
	sum := sha256.Sum256(append([]byte("identity-aware proxy"), byte(seed), byte(seed>>8), byte(seed>>16), byte(seed>>24)))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:])
	if err != nil {
		return nil, err
	}
	return &Proxy{audience: audience, now: now, key: key}, nil
}

// Claims are what an assertion says.
type Claims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// Claims returns what the proxy says of a person who is signed in now.
func (p *Proxy) Claims(email string) Claims {
	now := p.now()
	return Claims{
		Issuer: "https://cloud.google.com/iap", Audience: p.audience, Subject: "accounts.google.com:" + email, Email: email,
		Issued: now.Unix(), Expires: now.Add(Life).Unix(),
	}
}

// Assertion returns the header's value for a person who is signed in now.
func (p *Proxy) Assertion(email string) (string, error) { return p.Sign(p.Claims(email)) }

// Sign signs any claims, wrong ones too.
func (p *Proxy) Sign(c Claims) (string, error) {
	claims, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	text := encode([]byte(`{"alg":"ES256","typ":"JWT","kid":"`+keyID+`"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	der, err := p.key.Sign(nil, sum[:], crypto.SHA256) // without randomness: the same claims have the same signature
	if err != nil {
		return "", err
	}
	var point struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &point); err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	point.R.FillBytes(signature[:32])
	point.S.FillBytes(signature[32:])
	return text + "." + encode(signature), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Validate checks the signature, the audience and the expiry of an assertion, as
// [idtoken.Validate] does, on the proxy's clock.
func (p *Proxy) Validate(_ context.Context, token, audience string) (*idtoken.Payload, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("no token")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return nil, errors.New("no signature")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(&p.key.PublicKey, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return nil, errors.New("the signature is wrong")
	}
	out, err := idtoken.ParsePayload(token)
	switch {
	case err != nil:
		return nil, err
	case out.Audience != audience:
		return nil, errors.New("another audience")
	case p.now().Unix() > out.Expires:
		return nil, errors.New("expired")
	}
	return out, nil
}

// Keys serves the proxy's public key as Google does at
// https://www.gstatic.com/iap/verify/public_key-jwk.
func (p *Proxy) Keys(w http.ResponseWriter, _ *http.Request) {
	point, err := p.key.PublicKey.Bytes()
	if err != nil {
		http.Error(w, "no key", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// The client may be gone; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{
		"alg": "ES256", "crv": "P-256", "kid": keyID, "kty": "EC", "use": "sig", "x": encode(point[1:33]), "y": encode(point[33:]),
	}}})
}
