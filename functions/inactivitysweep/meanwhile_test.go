package inactivitysweep_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/functions/inactivitysweep"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/state/account"
)

// listing is a transport on which something happens once, while accounts are listed.
type listing struct {
	http.RoundTripper
	do   func()
	done bool
}

func (l *listing) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if !l.done && strings.HasSuffix(r.URL.Path, "/users") {
		l.done = true
		l.do()
	}
	return resp, err
}

// warning is a store on which something happens once, after a person was warned.
type warning struct {
	store.Store
	warned func() bool
	do     func()
	done   bool
}

func (w *warning) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if !w.done && w.warned() {
		w.done = true
		w.do()
	}
	return w.Store.Update(ctx, decide)
}

// Somebody is given a role, or kept, while the night lists, or in the moment in which it warns them: what they are
// told is taken back, or they are not told.
func TestWhatPeopleDecideDuringTheNight(t *testing.T) {
	for name, change := range map[string]func(idle.Memory, *nights) idle.Memory{
		"given a role": func(m idle.Memory, n *nights) idle.Memory { return m.Revive(n.Clock.Now()) },
		"kept":         func(m idle.Memory, n *nights) idle.Memory { return m.Keep(n.Clock.Now().Add(idle.KeepFor)) },
	} {
		for _, warned := range []bool{false, true} {
			n := newNights(t, aCompany, `{after: 210d, warn: [14d, 7d, 1d], mode: ask, channel: "#looker-admins"}`)
			away, _ := n.looker.User("away@example.com")
			inner := n.Store.Store
			do := func() {
				err := account.Update(context.Background(), inner, "looker", away.ID, n.Clock.Now(), func(m idle.Memory) idle.Memory { return change(m, n) })
				if err != nil {
					t.Error(err)
				}
			}
			if warned {
				n.Store.Store = &warning{Store: inner, do: do, warned: func() bool { return len(n.told("account-warning")) > 0 }}
			} else {
				n.Outbound = &listing{RoundTripper: sim.Transport{"looker.test": n.looker}, do: do}
			}
			n.handler = n.Build(inactivitysweep.Function)
			n.pass()
			told := n.told("account-warning")
			if len(told) > 0 != warned {
				t.Errorf("%s: told %v", name, told)
			}
			for _, w := range told {
				if !w.Over || w.Facts["moved"] == "" {
					t.Errorf("%s: it is still said that it is stopped on %s", name, w.Until)
				}
			}
			if s := n.summary(); len(s.Warned) > 0 {
				t.Errorf("%s: the summary counts %v", name, s.Warned)
			}
		}
	}
}

// Two deliveries of the tick at once: what the other one has remembered is nobody's decision.
func TestTwoNightsAtOnce(t *testing.T) {
	n := newNights(t, aCompany, `{after: 210d, warn: [14d, 7d, 1d], mode: ask, channel: "#looker-admins"}`)
	away, _ := n.looker.User("away@example.com")
	inner := n.Store.Store
	other := n.Build(inactivitysweep.Function)
	n.Store.Store = &warning{Store: inner, warned: func() bool { return len(n.told("account-warning")) > 0 }, do: func() {
		if status := n.Do(other, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep})); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}}
	n.handler = n.Build(inactivitysweep.Function)
	n.pass()
	m, err := account.Get(context.Background(), n.Store, "looker", away.ID)
	for id, w := range n.told("account-warning") {
		if w.Over && len(m.Told) > 0 {
			t.Errorf("%s is over (%v), though remembered is %v, stop %s, %v", id, w.Facts, m.Told, m.Stop, err)
		}
	}
}

// twice runs the closure of a transaction once more after it was committed, as where that was answered so late that it
// counts as aborted.
type twice struct {
	store.Store
	on func() bool
}

func (w twice) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if w.on() {
		if err := w.Store.Update(ctx, decide); err != nil {
			return err
		}
	}
	return w.Store.Update(ctx, decide)
}

func TestAWarningIsRememberedThoughTheTransactionRunsAgain(t *testing.T) {
	n := newNights(t, aCompany, `{after: 210d, warn: [14d, 7d, 1d], mode: ask, channel: "#looker-admins"}`)
	away, _ := n.looker.User("away@example.com")
	inner := n.Store.Store
	n.Store.Store = twice{inner, func() bool { return len(n.told("account-warning")) > 0 }}
	n.handler = n.Build(inactivitysweep.Function)
	n.pass()
	m, err := account.Get(context.Background(), n.Store, "looker", away.ID)
	for id, w := range n.told("account-warning") {
		if w.Over && len(m.Told) > 0 {
			t.Errorf("%s is over (%v), though remembered is %v, stop %s, %v", id, w.Facts, m.Told, m.Stop, err)
		}
	}
}

// A night ends for good in the moment in which it has warned somebody. The next one warns them anew, of another day, and
// takes back what nobody remembers.
func TestAWarningThatIsNotRememberedIsTakenBack(t *testing.T) {
	for name, rule := range map[string]string{"due long ago": asking, "due in some days": `{after: 210d, warn: [14d, 7d, 1d], mode: ask, channel: "#looker-admins"}`} {
		t.Run(name, func(t *testing.T) {
			n := newNights(t, aCompany, rule)
			inner := n.Store.Store
			for range 60 { // until the first warning
				dead := false
				n.Store.Store = ending{inner, func() bool {
					dead = dead || len(n.told("account-warning")) > 0
					return dead
				}}
				n.handler = n.Build(inactivitysweep.Function)
				n.Do(n.handler, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep}))
				n.Clock.Advance(day)
				if dead {
					break
				}
			}
			n.Store.Store = inner
			n.handler = n.Build(inactivitysweep.Function)
			n.pass()
			told, over := n.told("account-warning"), 0
			for _, w := range told {
				if w.Over {
					over++
				}
			}
			if len(told) != 2 || over != 1 {
				t.Errorf("%d warnings, of which %d are taken back", len(told), over)
			}
		})
	}
}

// ending is a store that takes nothing any more.
type ending struct {
	store.Store
	over func() bool
}

func (e ending) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if e.over() {
		return errors.New("the process is gone")
	}
	return e.Store.Update(ctx, decide)
}
