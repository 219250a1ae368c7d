package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/idle"
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
	// Made is what becomes of the latest of them.
	Made idle.Made `json:"made,omitzero"`
	// Invited is when the person of a new account was sent the mail by which a password is set.
	Invited time.Time `json:"invited,omitzero"`
	Updated time.Time `json:"updated"`
}

var requests = store.Collection[request]{
	Name:    "withheld",
	Expires: func(r request) time.Time { return r.Updated.Add(begunFor) },
}

// Made returns what a request under way makes of an account. Its lists are sorted.
func Made(ctx context.Context, r store.Reader, request, account string) (idle.Made, error) {
	q, err := getRequest(ctx, r, request)
	if q.Made.Account != account {
		return idle.Made{Account: account}, err
	}
	return q.Made, err
}

// invitedFor is how long an invitation is taken to be good: people answer it on the same day, and what is in the mail
// ends by itself.
const invitedFor = 24 * time.Hour

// Invited reports whether a request under way has had its person invited lately.
func Invited(ctx context.Context, r store.Reader, request string, now time.Time) (bool, error) {
	q, err := getRequest(ctx, r, request)
	return now.Before(q.Invited.Add(invitedFor)), err
}

// Invite remembers that a request has had its person invited: however often it is tried that day, one mail is enough.
func Invite(ctx context.Context, s store.Store, request string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		q, err := getRequest(ctx, tx, request)
		if err != nil {
			return err
		}
		q.Invited, q.Updated = now, now
		return requests.Put(tx, request, q)
	})
	if err != nil {
		return fmt.Errorf("remember that request %s has invited its person: %w", request, err)
	}
	return nil
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
func (q request) begin(account string, r Setting, now time.Time) request {
	q.Accounts = append(slices.Clone(q.Accounts), account)
	slices.Sort(q.Accounts)
	q.Accounts = slices.Compact(q.Accounts)
	q.Made = idle.Made{Account: account, Withheld: idle.RolesWithout(r.Had, r.Set), Lost: slices.Sorted(slices.Values(r.Lost))}
	slices.SortFunc(q.Made.Withheld, func(a, b idle.Role) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	if given := idle.RolesWithout(r.Set, r.Had); len(given) > 0 {
		q.Made.Given = given[0]
	}
	q.Updated = now
	return q
}

// finish takes an account from those of a request.
func (q request) finish(account string) request {
	q.Accounts = slices.DeleteFunc(slices.Clone(q.Accounts), func(id string) bool { return id == account })
	return q
}
