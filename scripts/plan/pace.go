package main

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

// pace bounds how many requests a second are made, on a clock that is given. It is safe for
// concurrent use.
type pace struct {
	limiter *rate.Limiter
	now     func() time.Time
	sleep   func(ctx context.Context, d time.Duration) error
}

// newPace returns a pace of so many requests a second, without bursts.
func newPace(perSecond float64, now func() time.Time, sleep func(context.Context, time.Duration) error) *pace {
	return &pace{rate.NewLimiter(rate.Limit(perSecond), 1), now, sleep}
}

// wait returns when the next request may be made.
func (p *pace) wait(ctx context.Context) error {
	now := p.now()
	if d := p.limiter.ReserveN(now, 1).DelayFrom(now); d > 0 {
		return p.sleep(ctx, d)
	}
	return ctx.Err()
}

// paced makes requests at a pace.
type paced struct {
	pace *pace
	next http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (p paced) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := p.pace.wait(r.Context()); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return p.next.RoundTrip(r)
}
