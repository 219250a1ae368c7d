// Package budget keeps the calls that a vendor grants for a day, over all instances of all
// functions, and gives them out by urgency.
//
// Google counts by the day of the Pacific coast
// (https://cloud.google.com/docs/quotas/overview). A budget closes at nine tenths of the
// vendor's limit: what is left is for people, and for other programs of the same project. Long
// before that it closes for work that can wait, so that access can still be taken away on the
// evening of a day that went wrong.
//
// An instance takes a lease of some calls in one transaction and spends it by itself: one
// document that every call wrote would be written more often than Firestore allows
// (https://firebase.google.com/docs/firestore/best-practices). What an instance has not spent
// when it ends is lost to that day, so the budget errs towards fewer calls, never more.
package budget

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sekisho/sekisho/shared/domain/quota"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// Closed is the error of a budget that is spent for a priority.
type Closed struct {
	API      string
	Priority Priority
	// Until is when to ask again: the end of the vendor's day, or earlier on a day that has just begun.
	Until time.Time
	// Cause is the vendor's own refusal, where that closed the day.
	Cause error
}

// Unwrap returns the vendor's refusal.
func (c *Closed) Unwrap() error { return c.Cause }

// Error implements error.
func (c *Closed) Error() string {
	return fmt.Sprintf("the calls of the day to %s are spent until %s", c.API, c.Until.UTC().Format(time.RFC3339))
}

// Budget is the budget of one API. It is safe for concurrent use.
type Budget struct {
	store store.Store
	api   string
	limit int // calls a day; 0 is without limit
	now   func() time.Time

	mu    sync.Mutex
	day   string
	left  int // of the lease
	spent int // of the whole budget, as the last lease saw it
	// refused is until when the vendor has refused everything; looked is when another instance was last
	// looked for that was told so.
	refused, looked time.Time
	// closed says which priorities found the day spent: nobody gives back what was leased.
	closed [len(shares)]bool
}

// New returns the budget of an API of which a vendor grants so many calls a day; zero means
// that it grants any number.
func New(s store.Store, api string, perDay int, now func() time.Time) *Budget {
	return &Budget{store: s, api: api, limit: perDay, now: now}
}

// day is what was leased on one day.
type day struct {
	Leased int `json:"leased"`
	// Refused is until when the vendor itself refuses: somebody else spent the rest.
	Refused time.Time `json:"refused,omitzero"`
	Ends    time.Time `json:"ends"`
}

var days = store.Collection[day]{
	Name:    "budgets",
	Expires: func(d day) time.Time { return d.Ends.Add(48 * time.Hour) },
}

// Spend takes one call out of the budget, or returns a [*Closed].
func (b *Budget) Spend(ctx context.Context, p Priority) error { return b.Reserve(ctx, p, 1) }

// Reserve takes so many calls at once out of the budget, at most 500, or returns a [*Closed] and
// takes none: for work that must not stand still half done until the next day.
func (b *Budget) Reserve(ctx context.Context, p Priority, calls int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	name, ends := quota.Day(now)
	if err := b.look(ctx, name, now); err != nil {
		return err
	}
	if now.Before(b.refused) {
		return &Closed{API: b.api, Priority: p, Until: b.refused}
	}
	if b.limit <= 0 {
		return nil
	}
	b.turn(name)
	if b.closed[p] {
		return &Closed{API: b.api, Priority: p, Until: ends}
	}
	// What is still in the lease may be too much for a priority that others have outrun.
	if outrun := b.spent-b.left+calls > b.ceiling(p); outrun || b.left < calls {
		if err := b.lease(ctx, p, calls, ends); err != nil {
			// Several calls may not fit where one does, and a refusal may end before the day.
			closed, ok := errors.AsType[*Closed](err)
			b.closed[p] = ok && calls == 1 && closed.Until.Equal(ends)
			return err
		}
	}
	b.left -= calls
	return nil
}

// turn begins a day, unless it has begun. The lock is held.
func (b *Budget) turn(name string) {
	if b.day != name {
		b.day, b.left, b.spent, b.closed = name, 0, 0, [len(shares)]bool{}
	}
}

// lookEvery is how long an instance may go on after another one has closed the day.
const lookEvery = time.Minute

// look finds out, now and then, whether another instance has closed the day. One without a limit never
// leases, and one with a lease does not for long.
func (b *Budget) look(ctx context.Context, name string, now time.Time) error {
	if now.Before(b.refused) || now.Sub(b.looked) < lookEvery {
		return nil
	}
	d, err := days.Get(ctx, b.store, b.id(name))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("look whether the day of %s is closed: %w", b.api, err)
	}
	b.looked, b.refused = now, d.Refused
	return nil
}

// Close ends the day's budget: the vendor says that nothing is left. This instance makes no call any
// more, others make none within a minute. It returns until when, which in the first hour of a day is some
// minutes away ([quota.Refused]).
func (b *Budget) Close(ctx context.Context) (time.Time, error) {
	now := b.now()
	name, ends := quota.Day(now)
	until := quota.Refused(now)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(name)
	b.refused = until
	return until, b.update(ctx, ends, func(d *day) error {
		if until.After(d.Refused) {
			d.Refused = until
		}
		return nil
	})
}

// Heed closes the day where an error of the vendor's says that it is over, and returns a
// [*Closed] in its place. It returns any other error as it is.
func (b *Budget) Heed(ctx context.Context, err error) error {
	if _, known := errors.AsType[*Closed](err); known || !errors.Is(err, vendor.ErrDailyQuota) {
		return err
	}
	until, failed := b.Close(ctx)
	if failed != nil {
		return errors.Join(err, failed)
	}
	return &Closed{API: b.api, Until: until, Cause: err}
}

// ceiling is how many calls of a day may have been leased when a priority still gets one.
func (b *Budget) ceiling(p Priority) int { return b.limit * shares[p] / 100 }

// lease takes more calls for this instance, until it has what is wanted.
func (b *Budget) lease(ctx context.Context, p Priority, calls int, ends time.Time) error {
	if b.left >= calls {
		return &Closed{API: b.api, Priority: p, Until: ends}
	}
	now := b.now()
	var leased, all int
	err := b.update(ctx, ends, func(d *day) error {
		missing, room := calls-b.left, b.ceiling(p)-d.Leased
		if now.Before(d.Refused) {
			return &Closed{API: b.api, Priority: p, Until: d.Refused}
		}
		if room < missing {
			return &Closed{API: b.api, Priority: p, Until: ends}
		}
		// A hundredth of the day: a hundred transactions, and little that an instance can lose.
		leased = min(max(missing, b.limit/100), mostLeased, room)
		d.Leased += leased
		all = d.Leased
		return nil
	})
	if err != nil {
		return err
	}
	b.left, b.spent = b.left+leased, all
	return nil
}

// mostLeased is how many calls one lease has at most.
const mostLeased = 500

func (b *Budget) id(day string) string { return b.api + "." + day }

func (b *Budget) update(ctx context.Context, ends time.Time, change func(*day) error) error {
	id := b.id(b.day)
	err := b.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		d, err := days.Get(ctx, tx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		d.Ends = ends
		if err := change(&d); err != nil {
			return err
		}
		return days.Put(tx, id, d)
	})
	if err != nil {
		var closed *Closed
		if errors.As(err, &closed) {
			return closed
		}
		return fmt.Errorf("lease calls to %s: %w", b.api, err)
	}
	return nil
}
