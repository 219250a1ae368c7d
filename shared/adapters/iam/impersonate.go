package iam

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/api/iamcredentials/v1"
	"google.golang.org/api/option"
)

// ImpersonationOptions say as whom a client acts.
type ImpersonationOptions struct {
	// Client sends the requests for tokens. Its transport adds the caller's own credentials,
	// which need the scope cloud-platform and the role of a token creator on the account.
	// Required.
	Client *http.Client
	// Base carries the requests that the account's token is put on. Required.
	Base http.RoundTripper
	// Account is the address of the service account. Required.
	Account string
	// Delegates are the addresses of accounts in between, each of which may have tokens of the
	// next one.
	Delegates []string
	// Scopes limit the tokens. Required.
	Scopes []string
	// Lifetime is how long a token lives, 15 minutes if it is zero and an hour at most. A short
	// one does less harm where it leaks.
	Lifetime time.Duration
	// Timeout is how long a request for a token may take, 10 s if it is zero.
	Timeout time.Duration
	// BaseURL is in the place of Google's address. Empty means Google.
	BaseURL string
	// Now is the clock. Required.
	Now func() time.Time
}

// defaultLifetime of a token.
const defaultLifetime = 15 * time.Minute

// renewBefore is how long before its end a token is not used any more, so that none ends under
// way.
const renewBefore = 2 * time.Minute

// Impersonate returns an HTTP client whose requests carry a token of a service account that has
// no keys. Tokens are asked for as they are needed, one at a time, and kept until shortly before
// their end. What goes wrong on the way to a token is an [Error] of the API "iamcredentials".
func Impersonate(ctx context.Context, o ImpersonationOptions) (*http.Client, error) {
	var missing string
	switch {
	case o.Client == nil:
		missing = "HTTP client"
	case o.Base == nil:
		missing = "transport"
	case !strings.Contains(o.Account, "@"):
		missing = "account"
	case len(o.Scopes) == 0:
		missing = "scope"
	case o.Now == nil:
		missing = "clock"
	}
	if missing != "" {
		return nil, fmt.Errorf("impersonate: no %s", missing)
	}
	if err := checkBase(o.BaseURL); err != nil {
		return nil, fmt.Errorf("impersonate: %w", err)
	}
	service, err := iamcredentials.NewService(ctx, option.WithHTTPClient(o.Client))
	if err != nil {
		return nil, fmt.Errorf("impersonate: %w", err)
	}
	if o.BaseURL != "" {
		service.BasePath = strings.TrimSuffix(o.BaseURL, "/") + "/"
	}
	return &http.Client{Transport: &impersonation{o: o, service: service}}, nil
}

// impersonation is the transport.
type impersonation struct {
	o       ImpersonationOptions
	service *iamcredentials.Service

	mu    sync.Mutex
	token string
	ends  time.Time
}

// RoundTrip implements [http.RoundTripper].
func (i *impersonation) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := i.get(r.Context())
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // a round tripper must, on errors too
		}
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := i.o.Base.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		i.forget(token)
	}
	return resp, err
}

// get returns a token that lives for a while yet.
func (i *impersonation) get(ctx context.Context) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.token != "" && i.o.Now().Before(i.ends.Add(-renewBefore)) {
		return i.token, nil
	}
	const api, op = "iamcredentials", "serviceAccounts.generateAccessToken"
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(i.o.Timeout, defaultTokenTimeout))
	defer cancel()
	in := &iamcredentials.GenerateAccessTokenRequest{
		Scope: i.o.Scopes, Lifetime: fmt.Sprintf("%ds", int(cmp.Or(i.o.Lifetime, defaultLifetime).Seconds())),
	}
	for _, d := range i.o.Delegates {
		in.Delegates = append(in.Delegates, account(d))
	}
	answer, err := i.service.Projects.ServiceAccounts.GenerateAccessToken(account(i.o.Account), in).Context(ctx).Do()
	if err != nil {
		return "", classify(api, op, err, i.o.Now())
	}
	ends, err := time.Parse(time.RFC3339, answer.ExpireTime)
	if err != nil || answer.AccessToken == "" {
		return "", incomplete(api, op, "the answer holds no token, or one that does not end")
	}
	i.token, i.ends = answer.AccessToken, ends
	return i.token, nil
}

// forget drops a token that was refused.
func (i *impersonation) forget(token string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.token == token {
		i.token = ""
	}
}

// account is the name of a service account in whatever project it is.
func account(email string) string { return "projects/-/serviceAccounts/" + email }
