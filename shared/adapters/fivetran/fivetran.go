// Package fivetran calls Fivetran's REST API, as far as data sources are handed over with it:
// groups, services, connections, connect cards, setup tests and webhooks.
//
// What it promises:
//
//   - One method is one request, except where a method says otherwise. Nothing is tried again
//     here: queues try again, at the vendor's rate.
//   - Every request has a deadline, and none follows a redirect.
//   - A listing is whole or an error.
//   - Every error of a request is an [Error], which says whether trying again can help, when, and
//     whether the request may have been carried out. Its text holds no address and no token.
//   - The address of a connect card is a [secret.Text] from the moment it is decoded.
//
// The client is this package's own, because Fivetran's Go module cannot be had from the module
// proxy and lacks what is needed here (docs/decisions/0010-fivetran-client.md).
package fivetran

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/sekisho/sekisho/shared/domain/secret"
)

// Options say how a client reaches Fivetran.
type Options struct {
	// Client sends the requests. Required. Its CheckRedirect is not used.
	Client *http.Client
	// BaseURL is the scheme, the host and possibly a prefix of the path, in the place of
	// Fivetran's. Empty means https://api.fivetran.com.
	BaseURL string
	// Key and Secret are an API key (https://fivetran.com/docs/rest-api/getting-started).
	// Required.
	Key    string
	Secret secret.Text
	// Timeout is how long one request may take, 60 s if it is zero: Fivetran itself ends a request
	// after that time. Setup tests may take five times as long.
	Timeout time.Duration
	// Now is the clock by which a Retry-After that is a date is read. Required.
	Now func() time.Time
}

const (
	fivetran       = "https://api.fivetran.com"
	defaultTimeout = 60 * time.Second
	// testsTimeout is by how much longer setup tests may take: they talk to the source.
	testsTimeout = 5
	// maxAnswer is the size of the largest answer that is read. A page of a thousand connections
	// has a few megabytes.
	maxAnswer = 32 << 20
)

// Client is a client of one Fivetran account. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	base    string // without a slash at the end
	key     string
	secret  secret.Text
	timeout time.Duration
	now     func() time.Time

	mu   sync.Mutex
	user string // to whom the API key belongs, once it is known
}

// New returns a client. It makes no request.
func New(o Options) (*Client, error) {
	switch {
	case o.Client == nil:
		return nil, errors.New("open Fivetran: no HTTP client")
	case o.Now == nil:
		return nil, errors.New("open Fivetran: no clock")
	case o.Key == "" || o.Secret.Empty():
		return nil, errors.New("open Fivetran: no API key")
	}
	base := cmp.Or(o.BaseURL, fivetran)
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" {
		return nil, fmt.Errorf("open Fivetran: %q is not the address of a server", base)
	}
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		http: &client, base: strings.TrimSuffix(base, "/"), key: o.Key, secret: o.Secret,
		timeout: cmp.Or(o.Timeout, defaultTimeout), now: o.Now,
	}, nil
}

// request is one request to the API.
type request struct {
	// op is the operation as Fivetran's OpenAPI document calls it.
	op     string
	method string
	// path is below the API's version, its parts escaped.
	path  string
	query url.Values
	body  any // sent as JSON; nil sends nothing
	slow  bool
}

// call makes a request under the deadline and decodes the data of the answer into data, unless
// that is nil. What it returns is nil or an [Error].
func (c *Client) call(ctx context.Context, r request, data any) error {
	timeout := c.timeout
	if r.slow {
		timeout *= testsTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var payload io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return c.invalid(r.op, "the request cannot be encoded")
		}
		payload = bytes.NewReader(text)
	}
	address := c.base + "/v1/" + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	out, err := http.NewRequestWithContext(ctx, r.method, address, payload)
	if err != nil {
		return c.invalid(r.op, "the request has no address")
	}
	out.SetBasicAuth(c.key, c.secret.Reveal())
	// The version decides what a connection looks like (https://fivetran.com/docs/rest-api/getting-started/versioning).
	out.Header.Set("Accept", "application/json;version=2")
	if r.body != nil {
		out.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(out)
	if err != nil {
		return c.unanswered(r, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return c.unanswered(r, err)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return c.refused(r, resp, answer)
	case len(answer) > maxAnswer:
		return c.incomplete(r, "the answer is too long")
	}
	var envelope struct {
		Code string          `json:"code"`
		Data json.RawMessage `json:"data"`
	}
	// What a decoder says of an answer may quote it, so it is not passed on.
	if err := json.Unmarshal(answer, &envelope); err != nil || envelope.Code != "Success" {
		return c.incomplete(r, "the answer cannot be read")
	}
	if data == nil {
		return nil
	}
	if len(envelope.Data) == 0 || bytes.Equal(envelope.Data, []byte("null")) || json.Unmarshal(envelope.Data, data) != nil {
		return c.incomplete(r, "the data of the answer cannot be read")
	}
	return nil
}

// list reads all pages of a listing, each with a request of its own. A page that is missing, or
// that came before, makes the whole listing an error.
func list[T any](ctx context.Context, c *Client, op, path string, query url.Values, id func(T) string) ([]T, error) {
	var out []T
	seen, cursors := map[string]bool{}, map[string]bool{}
	q := url.Values{"limit": {"1000"}}
	for name, values := range query {
		q[name] = values
	}
	for {
		var page struct {
			Items      *[]T   `json:"items"`
			NextCursor string `json:"next_cursor"`
		}
		r := request{op: op, method: http.MethodGet, path: path, query: q}
		if err := c.call(ctx, r, &page); err != nil {
			return nil, err
		}
		if page.Items == nil {
			return nil, c.incomplete(r, "a page has no items")
		}
		for _, item := range *page.Items {
			if id(item) == "" || seen[id(item)] {
				return nil, c.incomplete(r, "an item has no id, or is listed twice")
			}
			seen[id(item)] = true
		}
		out = append(out, *page.Items...)
		if page.NextCursor == "" {
			return out, nil
		}
		if cursors[page.NextCursor] || len(*page.Items) == 0 {
			return nil, c.incomplete(r, "the pages go round in circles")
		}
		cursors[page.NextCursor] = true
		q.Set("cursor", page.NextCursor)
	}
}
