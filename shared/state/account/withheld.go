package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// begunFor is how long it is known what a request has begun and not finished: longer than anybody tries
// again one that failed.
const begunFor = 90 * 24 * time.Hour

// request is what a request for stopped accounts has begun, and has not come to its end with.
type request struct {
	// Accounts are the ids of the accounts whose roles it has begun to set: one, unless the address that
	// it is about has passed to another account in between.
	Accounts []string `json:"accounts"`
	// Withheld are the roles that the latest of them, Of, had and that do not come back with it.
	Of       string    `json:"of,omitempty"`
	Withheld []string  `json:"withheld,omitempty"`
	Updated  time.Time `json:"updated"`
}

var requests = store.Collection[request]{
	Name:    "withheld",
	Expires: func(r request) time.Time { return r.Updated.Add(begunFor) },
}

// Withheld returns the roles that a request under way does not give back with an account, sorted.
func Withheld(ctx context.Context, r store.Reader, request, account string) ([]string, error) {
	q, err := getRequest(ctx, r, request)
	if q.Of != account {
		return nil, err
	}
	return q.Withheld, err
}

// Begun returns the ids of the accounts whose roles a request has begun to set and of which nobody has seen
// to it since: see [Begin] and [Finish].
func Begun(ctx context.Context, r store.Reader, request string) ([]string, error) {
	q, err := getRequest(ctx, r, request)
	return q.Accounts, err
}

// getRequest returns the zero value where nothing is written down.
func getRequest(ctx context.Context, r store.Reader, id string) (request, error) {
	q, err := requests.Get(ctx, r, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return request{}, fmt.Errorf("read what request %s has begun: %w", id, err)
	}
	return q, nil
}

// begin adds an account to those of a request.
func (q request) begin(account string, withheld []string, now time.Time) request {
	q.Accounts = append(slices.Clone(q.Accounts), account)
	slices.Sort(q.Accounts)
	q.Accounts = slices.Compact(q.Accounts)
	q.Of, q.Withheld = account, slices.Clone(withheld)
	slices.Sort(q.Withheld)
	q.Updated = now
	return q
}

// finish takes an account from those of a request.
func (q request) finish(account string) request {
	q.Accounts = slices.DeleteFunc(slices.Clone(q.Accounts), func(id string) bool { return id == account })
	return q
}
