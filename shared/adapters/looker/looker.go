// Package looker reads and changes the accounts of a Looker instance through its API 4.0.
//
// What its [Client] promises:
//
//   - Every request has a deadline of its own.
//   - A listing is whole or an error, and comes one account at a time.
//   - What could not be read of an account is said in the account; it never looks like nothing.
//   - Every error of a request is an [Error], which says whether trying again can help and when.
//     Its text holds no addresses, no token and no body.
//   - One-time addresses, by which a password is set, are never asked for.
//   - Requests are few, because a licence counts them by the month (1,000 on the Standard
//     edition): a listing of 5,000 users takes about 15.
//
// Nothing is tried again here but for one thing: a request that was refused because the token
// had ended is sent once more with a new one.
package looker

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

	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// Options say how a client reaches an instance.
type Options struct {
	// Client sends the requests. Required.
	Client *http.Client
	// BaseURL is the address of the instance's API without /api:
	// https://company.cloud.looker.com. Required.
	BaseURL string
	// ClientID and ClientSecret are the API key of an account that is an administrator. Both
	// are required, and neither is shown when the options are printed.
	ClientID, ClientSecret string
	// Timeout is how long one request may take, 30 s if it is zero.
	Timeout time.Duration
	// PageSize is how many users are asked for at once, 501 if it is zero, and at least 20. Each page
	// but the first has one of them once more.
	PageSize int
	// Now is the clock by which a token's end is told. Required.
	Now func() time.Time
}

// String implements [fmt.Stringer], without the key.
func (o Options) String() string { return "options of Looker at " + o.BaseURL }

// GoString implements [fmt.GoStringer], without the key.
func (o Options) GoString() string { return o.String() }

const (
	defaultTimeout  = 30 * time.Second
	defaultPageSize = 501
	// maxAnswer is the size of the largest answer that is decoded here. A page of 500 users has
	// a few megabytes.
	maxAnswer = 64 << 20
)

// Client is a client of one instance. It is safe for concurrent use.
type Client struct {
	http     *http.Client
	base     string // with /api/4.0, without a slash at the end
	key      url.Values
	timeout  time.Duration
	pageSize int
	now      func() time.Time

	mu    sync.Mutex
	token string
	ends  time.Time // when the token is not used any more
	self  string    // the id of the account with the key; empty until it is known
	roles map[string]string
	read  time.Time // when the roles were read
}

// New returns a client. It makes no request.
func New(o Options) (*Client, error) {
	switch {
	case o.Client == nil:
		return nil, errors.New("open Looker: no HTTP client")
	case o.Now == nil:
		return nil, errors.New("open Looker: no clock")
	case o.ClientID == "" || o.ClientSecret == "":
		return nil, errors.New("open Looker: no API key")
	case o.PageSize != 0 && o.PageSize < shortest:
		return nil, fmt.Errorf("open Looker: pages of %d users are too short: write %d or more", o.PageSize, shortest)
	}
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		// It is not shown: somebody may have written a password into it.
		return nil, errors.New("open Looker: the address of the instance is none: write https://company.cloud.looker.com")
	}
	return &Client{
		http: o.Client, base: strings.TrimSuffix(o.BaseURL, "/") + "/api/4.0",
		key:     url.Values{"client_id": {o.ClientID}, "client_secret": {o.ClientSecret}},
		timeout: cmp.Or(o.Timeout, defaultTimeout), pageSize: cmp.Or(o.PageSize, defaultPageSize), now: o.Now,
	}, nil
}

// String implements [fmt.Stringer], without the key and the token.
func (c *Client) String() string { return "Looker at " + c.base }

// GoString implements [fmt.GoStringer], without the key and the token.
func (c *Client) GoString() string { return c.String() }

// request is one request to the API.
type request struct {
	op     string // as Looker calls it
	method string
	path   string // after /api/4.0
	query  url.Values
	body   any // sent as JSON; nil sends none
}

// answer is what came back of one that succeeded.
type answer struct {
	body []byte
	// ours is when it came, theirs what its Date header says; zero without one.
	ours, theirs time.Time
}

// do sends a request with a token. A token that ended before its time is replaced once; the
// request was not carried out then.
func (c *Client) do(ctx context.Context, r request) (answer, error) {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return answer{}, invalid(r.op, "what is to be sent cannot be encoded")
		}
	}
	for again := false; ; again = true {
		token, err := c.authorize(ctx)
		if err != nil {
			return answer{}, err
		}
		address := c.base + r.path
		if len(r.query) > 0 {
			address += "?" + r.query.Encode()
		}
		got, err := c.send(ctx, r.op, r.method, address, "application/json", body, "Bearer "+token)
		var refused *Error
		if again || !errors.As(err, &refused) || refused.Code != http.StatusUnauthorized {
			return got, err
		}
		c.forget(token)
	}
}

// into sends a request and decodes its answer.
func (c *Client) into(ctx context.Context, r request, v any) (answer, error) {
	got, err := c.do(ctx, r)
	if err != nil {
		return answer{}, err
	}
	if err := json.Unmarshal(got.body, v); err != nil {
		// What a decoder says may quote the answer.
		return answer{}, incomplete(r.op, "the answer cannot be read")
	}
	return got, nil
}

// early is how long before its end a token is not used any more.
const early = time.Minute

// authorize returns a token, a new one if need be. One at a time asks for it.
func (c *Client) authorize(ctx context.Context) (string, error) {
	const op = "login"
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && c.now().Before(c.ends) {
		return c.token, nil
	}
	asked := c.now()
	got, err := c.send(ctx, op, http.MethodPost, c.base+"/login", "application/x-www-form-urlencoded", []byte(c.key.Encode()), "")
	if err != nil {
		return "", err
	}
	var token struct {
		Token string `json:"access_token"`
		Life  int64  `json:"expires_in"` // seconds
	}
	if json.Unmarshal(got.body, &token) != nil || token.Token == "" {
		return "", incomplete(op, "the answer holds no token")
	}
	c.token = token.Token
	c.ends = asked.Add(time.Duration(min(max(token.Life, 0), 24*60*60))*time.Second - early)
	return c.token, nil
}

// forget drops a token, unless it was replaced already.
func (c *Client) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token {
		c.token = ""
	}
}

// send makes one request under the deadline. What it returns is an answer or an [Error].
func (c *Client) send(ctx context.Context, op, method, address, kind string, body []byte, authorization string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return answer{}, invalid(op, "no request can be made of it")
	}
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	resp, err := c.http.Do(r)
	ours := c.now()
	if err != nil {
		return answer{}, vendor.Unanswered(api, op, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return answer{}, vendor.Unanswered(api, op, err)
	case resp.StatusCode/100 != 2:
		return answer{}, refused(op, resp, text, ours)
	case err != nil:
		return answer{}, incomplete(op, "the answer cannot be read to its end")
	case len(text) > maxAnswer:
		return answer{}, incomplete(op, "the answer is too long")
	}
	theirs, _ := http.ParseTime(resp.Header.Get("Date")) // without one it is zero, which agrees with no clock
	return answer{text, ours, theirs}, nil
}
