// Package openmetadata reads and changes who may do what in an OpenMetadata catalogue: teams,
// users, roles and policies.
//
// What it promises:
//
//   - [Client.Read] returns the whole catalogue or an error. [Client.Apply] carries out one step of
//     a plan; done again it changes nothing more.
//   - People are added to a team by appending to it, and removed one by one. Only to a team that has
//     nobody they are added as its list, under a test that this is still so. The request that
//     replaces all users of a team is not made.
//   - What is changed is what was read: a patch tests the version and the time that it was made for,
//     and is [ErrConflict] if somebody was faster.
//   - What carries no mark of ours is not changed, but for what is attached to the organization.
//     Deletions are soft. What was deleted and is wanted again is restored, without the people it
//     had. What else was deleted and attached to it comes back with it; the next plan detaches it.
//   - Nothing is tried again here. Every request has a deadline, and none follows a redirect.
//   - Every error of a request is an [Error], which says whether trying again can help, when, and
//     whether the request may have been carried out. Its text holds no address and no token.
//
// Sources: https://docs.open-metadata.org/latest/api-reference, the JSON schemas in
// https://github.com/open-metadata/OpenMetadataStandards, and the server's source in
// https://github.com/open-metadata/OpenMetadata. OpenMetadata's Go module cannot be had
// from the module proxy.
package openmetadata

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
	"time"

	"github.com/sekisho/sekisho/shared/domain/secret"
)

// Options say how a client reaches a catalogue.
type Options struct {
	// Client sends the requests. Required. Its CheckRedirect is not used.
	Client *http.Client
	// BaseURL is the address of the server, with what stands before /v1 in its paths:
	// https://catalog.example.com/api. Required.
	BaseURL string
	// Token is that of a bot. Required.
	Token secret.Text
	// Timeout is how long one request may take, 30 s if it is zero.
	Timeout time.Duration
	// Page is how many things are asked for at a time, 500 if it is zero.
	Page int
	// Now is the clock by which a Retry-After that is a date is read. Required.
	Now func() time.Time
}

const (
	defaultTimeout = 30 * time.Second
	defaultPage    = 500
	// maxAnswer is the size of the largest answer that is read. A page of teams with all their
	// users can have some megabytes.
	maxAnswer = 64 << 20
)

// Client is a client of one catalogue. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	base    string // without a slash at the end
	token   secret.Text
	timeout time.Duration
	page    int
	now     func() time.Time
}

// New returns a client. It makes no request.
func New(o Options) (*Client, error) {
	switch {
	case o.Client == nil:
		return nil, errors.New("open OpenMetadata: no HTTP client")
	case o.Now == nil:
		return nil, errors.New("open OpenMetadata: no clock")
	case o.Token.Empty():
		return nil, errors.New("open OpenMetadata: no token")
	case o.Page < 0:
		return nil, errors.New("open OpenMetadata: a page of less than nothing")
	}
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" {
		return nil, fmt.Errorf("open OpenMetadata: %q is not the address of a server", o.BaseURL)
	}
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		http: &client, base: strings.TrimSuffix(o.BaseURL, "/"), token: o.Token,
		timeout: cmp.Or(o.Timeout, defaultTimeout), page: cmp.Or(o.Page, defaultPage), now: o.Now,
	}, nil
}

// request is one request to the API.
type request struct {
	// op is the operation as OpenMetadata's own description calls it.
	op     string
	method string
	// path is below the API's version, its parts escaped.
	path  string
	query url.Values
	body  any // sent as JSON; nil sends nothing
}

// changes reports whether a request may change something.
func (r request) changes() bool { return r.method != http.MethodGet }

// call makes a request under the deadline and decodes the answer into one, unless that is nil.
// What it returns is nil or an [Error].
func (c *Client) call(ctx context.Context, r request, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
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
	out.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	out.Header.Set("Accept", "application/json")
	switch {
	case r.body != nil && r.method == http.MethodPatch:
		out.Header.Set("Content-Type", "application/json-patch+json")
	case r.body != nil:
		out.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(out)
	if err != nil {
		return c.unanswered(r, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return c.unanswered(r, err)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return c.refused(r, resp, text)
	case len(text) > maxAnswer:
		return c.incomplete(r, "the answer is too long")
	}
	// What a decoder says of an answer may quote it, so it is not passed on.
	if answer != nil && json.Unmarshal(text, answer) != nil {
		return c.incomplete(r, "the answer cannot be read")
	}
	return nil
}
