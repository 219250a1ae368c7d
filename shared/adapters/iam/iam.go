// Package iam gives and takes access in Google Cloud: by bindings in the IAM policies of
// projects, folders, organisations, Cloud Storage buckets and BigQuery data sets ([Policies]),
// and by memberships of Google Groups that end ([Memberships]). Both have the shape of a
// [Backend]. [Impersonate] makes the client of the one service account that may do either,
// without any key.
//
// What the clients promise:
//
//   - A policy is read with its etag and in version 3, and written with both, or not at all. A
//     [Handle] is the only way from one to the other, and only reading makes one.
//   - Entries of others go back byte for byte as they came.
//   - A lost race is run again on a fresh reading, after a random wait. So is a write of which
//     nobody knows what came. Nothing that is permanent is tried again, nor is a quota that is
//     spent: queues wait for that.
//   - What was written is done when a reading that was made afterwards shows it.
//   - Every request has a deadline, and every attempt at an edit a bound.
//   - Every error of a request is an [Error], which says whether trying again can help and when.
//     Its text holds no addresses of people and no request.
//
// Policies are sent and read as text here rather than through the generated clients, which drop
// every field that they do not know; the generated clients do the rest.
package iam

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

	"github.com/sekisho/sekisho/shared/domain/grant"
)

// Backend is one way of giving access for a time. It is safe for concurrent use.
type Backend interface {
	// Give sees to it that the access is there until the end of the grant, and returns when it
	// really ends: earlier where an earlier attempt of the same grant gave it, later where a
	// membership lasts longer already. It may be called again for the same grant.
	Give(ctx context.Context, g grant.Grant) (until time.Time, err error)
	// Take sees to it that what the grant gave is gone. It may be called again.
	Take(ctx context.Context, g grant.Grant) error
	// Has reports whether what the grant gave is there, and until when.
	Has(ctx context.Context, g grant.Grant) (until time.Time, ok bool, err error)
}

// Options say how a client reaches Google.
type Options struct {
	// Client sends the requests. Its transport adds the credentials. Required.
	Client *http.Client
	// BaseURL is the scheme, the host and possibly a prefix of the path, in the place of each of
	// Google's. Empty means Google.
	BaseURL string
	// Timeout is how long one request may take, 20 s if it is zero.
	Timeout time.Duration
	// Now is the clock. Required.
	Now func() time.Time
	// Sleep waits, or returns the error of a context that ends before. Required.
	Sleep func(ctx context.Context, d time.Duration) error
	// Random returns a number from 0 up to 1, each as likely as any other: the share of a wait
	// that is waited. Required.
	Random func() float64
}

// Timeouts well below the limit of the functions that call, so that a request which hangs is
// reported and not cut off.
const (
	defaultTimeout      = 20 * time.Second
	defaultTokenTimeout = 10 * time.Second
)

// maxAnswer is the size of the largest answer that is read. A policy has 64 KB, a data set's
// access list may have more.
const maxAnswer = 8 << 20

// client is what the clients have in common.
type client struct {
	http    *http.Client
	base    string // without a slash at the end; empty for Google
	timeout time.Duration
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	random  func() float64
}

func (o Options) client(what string) (client, error) {
	var missing string
	switch {
	case o.Client == nil:
		missing = "HTTP client"
	case o.Now == nil:
		missing = "clock"
	case o.Sleep == nil:
		missing = "way to wait"
	case o.Random == nil:
		missing = "source of random numbers"
	}
	if missing != "" {
		return client{}, fmt.Errorf("open %s: no %s", what, missing)
	}
	if err := checkBase(o.BaseURL); err != nil {
		return client{}, fmt.Errorf("open %s: %w", what, err)
	}
	return client{
		http: o.Client, base: strings.TrimSuffix(o.BaseURL, "/"), timeout: cmp.Or(o.Timeout, defaultTimeout),
		now: o.Now, sleep: o.Sleep, random: o.Random,
	}, nil
}

func checkBase(base string) error {
	if base == "" {
		return nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" {
		return fmt.Errorf("%q is not the address of a server", base)
	}
	return nil
}

// at is the address of a service of Google's: its own, or the one that stands for all.
func (c client) at(service string) string {
	return cmp.Or(c.base, "https://"+service+".googleapis.com")
}

// call makes one request under the deadline. What it returns is nil or an [Error].
func (c client) call(ctx context.Context, api, op string, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := request(ctx); err != nil {
		return classify(api, op, err, c.now())
	}
	return nil
}

// request is one request that is sent as text.
type request struct {
	api, op string
	method  string
	address string
	match   string // the etag for the header If-Match, or none
	body    []byte
}

// send makes a request and returns the whole answer.
func (c client) send(ctx context.Context, q request) (answer []byte, err error) {
	err = c.call(ctx, q.api, q.op, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, q.method, q.address, bytes.NewReader(q.body))
		if err != nil {
			return err
		}
		r.Header.Set("Accept", "application/json")
		if q.body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		if q.match != "" {
			r.Header.Set("If-Match", q.match)
		}
		resp, err := c.http.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if err := googleapi.CheckResponse(resp); err != nil {
			return err
		}
		if answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1)); err != nil {
			return err
		}
		if len(answer) > maxAnswer {
			return errors.New("the answer is too long")
		}
		return nil
	})
	return answer, err
}
