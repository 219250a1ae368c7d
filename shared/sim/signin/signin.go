// Package signin imitates Google where people sign in to some tool with their company account: the
// tool gets an ID token of theirs
// (https://developers.google.com/identity/openid-connect/openid-connect). A service account gets one
// in the same form.
//
// Tokens are real: signed with RS256 by a key that [Issuer.Keys] publishes as Google does. The issuer
// lives on a clock of its own, and so [Issuer.Validate] checks what Google's library would check by
// the machine's.
package signin

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/api/idtoken"
)

// keyID names the issuer's key.
const keyID = "key-of-this-issuer"

// Life is how long a token is valid.
const Life = time.Hour

// Issuer signs people in. It is safe for concurrent use.
type Issuer struct{ now func() time.Time }

// New returns an issuer.
func New(now func() time.Time) *Issuer { return &Issuer{now: now} }

// Claims are what a token says. Domain is the company's; Google leaves it out for an account that no
// company manages.
type Claims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	Domain   string `json:"hd,omitempty"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// Claims returns what the issuer says of an account that is signed in now to the tool that has this
// audience.
func (i *Issuer) Claims(email, audience string) Claims {
	now := i.now()
	sum := sha256.Sum256([]byte(email))
	c := Claims{
		Issuer: "https://accounts.google.com", Audience: audience, Subject: new(big.Int).SetBytes(sum[:8]).String(),
		Email: email, Verified: true, Issued: now.Unix(), Expires: now.Add(Life).Unix(),
	}
	if _, domain, _ := strings.Cut(email, "@"); !strings.HasSuffix(domain, ".gserviceaccount.com") {
		c.Domain = domain
	}
	return c
}

// Token returns the token of an account that is signed in now.
func (i *Issuer) Token(email, audience string) (string, error) {
	return i.Sign(i.Claims(email, audience))
}

// Sign signs any claims, wrong ones too.
func (i *Issuer) Sign(c Claims) (string, error) {
	k, err := key()
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	text := encode([]byte(`{"alg":"RS256","typ":"JWT","kid":"`+keyID+`"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return text + "." + encode(signature), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Validate checks the signature, the audience and the expiry of a token, as [idtoken.Validate] does,
// on the issuer's clock. Without an audience any will do.
func (i *Issuer) Validate(_ context.Context, token, audience string) (*idtoken.Payload, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("no token")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, errors.New("no signature")
	}
	k, err := key()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&k.PublicKey, crypto.SHA256, sum[:], signature) != nil {
		return nil, errors.New("the signature is wrong")
	}
	out, err := idtoken.ParsePayload(token)
	switch {
	case err != nil:
		return nil, err
	case audience != "" && out.Audience != audience:
		return nil, errors.New("another audience")
	case i.now().Unix() > out.Expires:
		return nil, errors.New("expired")
	}
	return out, nil
}

// Keys serves the issuer's public key as Google does at https://www.googleapis.com/oauth2/v3/certs.
func (i *Issuer) Keys(w http.ResponseWriter, _ *http.Request) {
	k, err := key()
	if err != nil {
		http.Error(w, "no key", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// The client may be gone; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{
		"alg": "RS256", "kid": keyID, "kty": "RSA", "use": "sig", "n": encode(k.N.Bytes()), "e": encode(big.NewInt(int64(k.E)).Bytes()),
	}}})
}

// key is the key of every issuer of this process. It is always the same one, so that nothing is left
// to chance, and is made when it is needed first, which takes a moment.
var key = sync.OnceValues(func() (*rsa.PrivateKey, error) {
	source := rand.NewChaCha8(sha256.Sum256([]byte("sign-in")))
	k := &rsa.PrivateKey{PublicKey: rsa.PublicKey{E: 65537}, Primes: []*big.Int{prime(source), prime(source)}}
	k.N = new(big.Int).Mul(k.Primes[0], k.Primes[1])
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(k.Primes[0], one), new(big.Int).Sub(k.Primes[1], one))
	k.D = new(big.Int).ModInverse(big.NewInt(int64(k.E)), phi)
	if k.D == nil {
		return nil, errors.New("no key of these primes")
	}
	k.Precompute()
	return k, k.Validate()
})

// prime returns a prime of 1024 bits.
func prime(source *rand.ChaCha8) *big.Int {
	bytes := make([]byte, 128)
	_, _ = source.Read(bytes) // never fails
	bytes[0] |= 0xc0          // two of them make a number of 2048 bits
	bytes[127] |= 1
	p := new(big.Int).SetBytes(bytes)
	for !p.ProbablyPrime(20) {
		p.Add(p, big.NewInt(2))
	}
	return p
}
