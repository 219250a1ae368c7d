// Package workspace calls three APIs of Google Workspace: the Admin SDK Directory API, the
// Groups Settings API and the Admin SDK Reports API.
//
// What all three clients promise:
//
//   - One method is one request. Nothing is tried again here: queues try again, at the vendor's
//     rate.
//   - Every request has a deadline.
//   - An answer is whole or an error. A page without its successor's token, a listing that goes
//     round in circles, an answer that cannot be decoded: all of them are [ErrIncomplete].
//   - Every error of a request is an [Error], which says whether trying again can help and when.
//     Its text holds no addresses of people and no request.
//
// Credentials are not this package's business: they are in the transport of the [http.Client]
// that the caller hands over, with the scopes that the method names.
package workspace

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/api/googleapi"
)

// Options say how a client reaches Google.
type Options struct {
	// Client sends the requests. Its transport adds the credentials. Required.
	Client *http.Client
	// BaseURL is the scheme, the host and possibly a prefix of the path, in the place of
	// Google's. Empty means Google.
	BaseURL string
	// Customer is the id of the Workspace account; empty means "my_customer", the account of
	// whoever calls. Only the Directory needs it.
	Customer string
	// Timeout is how long one request may take, 20 s if it is zero.
	Timeout time.Duration
	// Now is the clock by which a daily quota's end is told. Required.
	Now func() time.Time
}

// defaultTimeout is well below the limit of the functions that call, so that a request which
// hangs is reported and not cut off.
const defaultTimeout = 20 * time.Second

// maxAnswer is the size of the largest answer that is decoded here. A page of a thousand
// activities has a few megabytes.
const maxAnswer = 64 << 20

// client is what the three clients have in common.
type client struct {
	api     string
	http    *http.Client
	base    string // without a slash at the end
	timeout time.Duration
	now     func() time.Time
}

func (o Options) client(api, google string) (client, error) {
	if o.Client == nil {
		return client{}, fmt.Errorf("open %s API: no HTTP client", api)
	}
	if o.Now == nil {
		return client{}, fmt.Errorf("open %s API: no clock", api)
	}
	base := cmp.Or(o.BaseURL, google)
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" {
		return client{}, fmt.Errorf("open %s API: %q is not the address of a server", api, base)
	}
	return client{
		api: api, http: o.Client, base: strings.TrimSuffix(base, "/"),
		timeout: cmp.Or(o.Timeout, defaultTimeout), now: o.Now,
	}, nil
}

// call makes one request under the deadline. What it returns is nil or an [Error].
func (c client) call(ctx context.Context, op string, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := request(ctx); err != nil {
		return c.classify(op, err)
	}
	return nil
}

// send makes a request that the generated clients cannot: they drop the fields that they do
// not know, and reject a whole page for one value of an unexpected type.
func (c client) send(ctx context.Context, method, address string, body []byte) ([]byte, error) {
	answer, _, err := c.exchange(ctx, method, address, body)
	return answer, err
}

// exchange is send, with the headers of the answer.
func (c client) exchange(ctx context.Context, method, address string, body []byte) ([]byte, http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if err := googleapi.CheckResponse(resp); err != nil {
		return nil, nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, nil, err
	}
	if len(answer) > maxAnswer {
		return nil, nil, errors.New("the answer is too long")
	}
	return answer, resp.Header, nil
}

// incomplete is the error for an answer that cannot be taken as whole.
func (c client) incomplete(op, message string) *Error {
	return &Error{API: c.api, Op: op, Code: http.StatusOK, Message: message, Kind: ErrIncomplete}
}

// invalid is the error for a request that is not sent, because Google could not mean anything
// by it.
func (c client) invalid(op, message string) *Error {
	return &Error{API: c.api, Op: op, Message: message, Kind: ErrInvalid, Final: true}
}
