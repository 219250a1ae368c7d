package cloudfn

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/api/idtoken"
)

// Callers tells Google's own callers — the bus, the queues, the scheduler — from strangers.
type Callers interface {
	// Verify returns an error unless the request comes from one of them.
	Verify(ctx context.Context, r *http.Request) error
}

// OIDC accepts requests that carry a token which Google signed for one of our service
// accounts (https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions). Cloud Run
// checks the same before; this holds where a deployment is made public by mistake.
type OIDC struct {
	// Audience is the function's own address, as the senders are configured with it.
	Audience string
	// Accounts are the addresses of the service accounts that may call.
	Accounts []string
	// Validate checks a token's signature, expiry and audience: [idtoken.Validate].
	Validate func(ctx context.Context, token, audience string) (*idtoken.Payload, error)
}

// Verify implements [Callers].
func (o OIDC) Verify(ctx context.Context, r *http.Request) error {
	token, err := Bearer(r)
	if err != nil {
		return err
	}
	if o.Audience == "" || len(o.Accounts) == 0 {
		return errors.New("no audience or no accounts are configured")
	}
	account, err := o.account(ctx, token, o.Audience)
	if err != nil {
		return err
	}
	if !slices.Contains(o.Accounts, account) {
		return fmt.Errorf("account %q may not call", account)
	}
	return nil
}

// patience is how long the check of one token may take: Google's keys are fetched over the
// network from time to time.
const patience = 5 * time.Second

// Identify returns the account for which Google signed a token for an audience, whoever it is.
func (o OIDC) Identify(ctx context.Context, token, audience string) (string, error) {
	if audience == "" {
		return "", errors.New("no audience is configured")
	}
	return o.account(ctx, token, audience)
}

func (o OIDC) account(ctx context.Context, token, audience string) (string, error) {
	p, err := o.payload(ctx, token, audience)
	if err != nil {
		return "", err
	}
	email, verified := address(p)
	if !verified {
		return "", fmt.Errorf("account %q is not verified", email)
	}
	return email, nil
}

// payload returns what a token says that Google signed for an audience.
func (o OIDC) payload(ctx context.Context, token, audience string) (*idtoken.Payload, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := o.Validate(ctx, token, audience)
	if err != nil {
		return nil, fmt.Errorf("validate token: %w", err)
	}
	if p.Issuer != "https://accounts.google.com" && p.Issuer != "accounts.google.com" {
		return nil, fmt.Errorf("issuer %q is not Google", p.Issuer)
	}
	return p, nil
}

// address returns the address that a token names, and whether Google has verified it.
func address(p *idtoken.Payload) (email string, verified bool) {
	email, _ = p.Claims["email"].(string)
	verified, _ = p.Claims["email_verified"].(bool)
	return email, verified && email != ""
}

// ErrNoPerson says that a token is good, and that no person of a company is signed in by it.
var ErrNoPerson = errors.New("the token is not that of a person of a company")

// Person returns the address of the person who is signed in by a token that Google signed for one
// of some audiences. The error is [ErrNoPerson], with the address if that is verified, where the
// token is that of a service account, where the address is not verified, or where no company manages
// the account: somebody may have a private account under an address that is the company's by now,
// for which Google does not vouch
// (https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload, hd).
func (o OIDC) Person(ctx context.Context, token string, audiences []string) (string, error) {
	claimed, err := idtoken.ParsePayload(token)
	if err != nil {
		return "", errors.New("it is no token") // the cause may quote it
	}
	if claimed.Audience == "" || !slices.Contains(audiences, claimed.Audience) {
		return "", errors.New("the token is for another audience")
	}
	p, err := o.payload(ctx, token, claimed.Audience)
	if err != nil {
		return "", err
	}
	email, verified := address(p)
	company, _ := p.Claims["hd"].(string)
	if !verified {
		return "", ErrNoPerson
	}
	if company == "" || strings.HasSuffix(strings.ToLower(email), ".gserviceaccount.com") {
		return email, ErrNoPerson
	}
	return email, nil
}

// Shared accepts requests that carry one secret: as bearer token, or as query parameter
// "token" for senders that cannot set a header. It serves scripts/local, where the
// bus and the queues are its own.
type Shared string

// Verify implements [Callers].
func (s Shared) Verify(_ context.Context, r *http.Request) error {
	got := r.URL.Query().Get("token")
	if token, err := Bearer(r); err == nil {
		got = token
	}
	if s == "" || subtle.ConstantTimeCompare([]byte(got), []byte(s)) != 1 {
		return errors.New("no valid token")
	}
	return nil
}

// Presents reports whether a request has anything by which [Callers] could know its sender. It
// says nothing of whether they do.
func Presents(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || r.URL.Query().Has("token")
}

// Bearer returns the token in the Authorization header. A token whose signature Cloud Run has
// removed is none where the request has X-Serverless-Authorization too: then Cloud Run has looked at
// that one, and somebody else wrote this
// (https://cloud.google.com/run/docs/authenticating/service-to-service).
func Bearer(r *http.Request) (string, error) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errors.New("no bearer token")
	}
	if strings.HasSuffix(token, "."+signatureRemoved) && r.Header.Get("X-Serverless-Authorization") != "" {
		return "", errors.New("a token without a signature beside another one")
	}
	return token, nil
}
