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
	token, err := bearer(r)
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
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := o.Validate(ctx, token, audience)
	if err != nil {
		return "", fmt.Errorf("validate token: %w", err)
	}
	if p.Issuer != "https://accounts.google.com" && p.Issuer != "accounts.google.com" {
		return "", fmt.Errorf("issuer %q is not Google", p.Issuer)
	}
	email, _ := p.Claims["email"].(string)
	if verified, _ := p.Claims["email_verified"].(bool); !verified || email == "" {
		return "", fmt.Errorf("account %q is not verified", email)
	}
	return email, nil
}

// Shared accepts requests that carry one secret: as bearer token, or as query parameter
// "token" for senders that cannot set a header. It serves the all-in-one program, where the
// bus and the queues are its own.
type Shared string

// Verify implements [Callers].
func (s Shared) Verify(_ context.Context, r *http.Request) error {
	got := r.URL.Query().Get("token")
	if token, err := bearer(r); err == nil {
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

func bearer(r *http.Request) (string, error) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errors.New("no bearer token")
	}
	return token, nil
}
