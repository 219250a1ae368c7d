package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// What the tests of this package have in common: a ledger on the embedded store, a bus that
// remembers and fails when it is told to, a vendor with one setting, and a clock.

var t0 = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

const (
	owners   change.Selector = "owners"
	security change.Selector = "group:security@example.com"
)

func person(id string, also ...string) change.Actor {
	return change.Actor{Kind: change.ByPerson, ID: id, Name: id + "@example.com", Also: also}
}

var (
	rin   = person("rin", "rin-admin")
	aiko  = person("aiko")
	botan = person("botan")

	checker = change.Actor{Kind: change.ByRule, ID: "settings-rules"}
	robot   = change.Actor{Kind: change.ByFunction, ID: "groupsettings"}
	sweeper = change.Actor{Kind: change.ByFunction, ID: "changesweep"}
)

var (
	auto   = change.Requirement{Mode: change.Auto}
	report = change.Requirement{Mode: change.Report}
	ask    = change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: owners}}, Within: 24 * time.Hour}
)

func wanted(r change.Requirement, by change.Actor) change.Proposal {
	return change.Proposal{
		Kind: change.GroupSettings, Target: change.Target{ID: "g1", Name: "data@example.com"},
		Diff:   []change.Delta{{Field: "whoCanJoin", Before: "ANYONE_CAN_JOIN", After: "INVITED_CAN_JOIN"}},
		Reason: "outsiders could join", Requester: by, Requirement: r, Policy: "p1",
	}
}

func approve(by change.Actor) change.Action {
	return change.Approve{By: by, Revision: 1, Counts: []change.Selector{owners}}
}

func deny(by change.Actor) change.Action {
	return change.Deny{By: by, Revision: 1, Counts: []change.Selector{owners}}
}

// clock is a time that only the test moves. It is safe for concurrent use.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// listener is a bus of which the messages are remembered.
type listener struct {
	mu       sync.Mutex
	messages []bus.Message
	heard    []event.ChangeMoved
	// fail decides about each message before it is accepted; nil accepts all.
	fail func(event.ChangeMoved) error
}

func (b *listener) Publish(_ context.Context, topic string, m bus.Message) (string, error) {
	var e event.ChangeMoved
	if err := json.Unmarshal(m.Data, &e); err != nil || topic != event.TopicChangeEvents {
		return "", errors.New("not a notice")
	}
	if b.fail != nil {
		if err := b.fail(e); err != nil {
			return "", err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages, b.heard = append(b.messages, m), append(b.heard, e)
	return "", nil
}

// seqs lists the numbers of the notices of a change that were heard, as often as they were.
func (b *listener) seqs(id string) []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []int
	for _, e := range b.heard {
		if e.Change == id {
			out = append(out, e.Seq)
		}
	}
	return out
}

// world is a ledger and what is around it.
type world struct {
	t      testing.TB
	clock  *clock
	store  store.Store
	bus    *listener
	ledger *ledger.Ledger
}

// eachWorld runs a test on a plain and on a rehearsed store, which runs every transaction twice.
func eachWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, of := range map[string]func(*embedded.DB) store.Store{
		"plain":     func(db *embedded.DB) store.Store { return db.Store() },
		"rehearsed": func(db *embedded.DB) store.Store { return db.Store().Rehearsed() },
	} {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t, of)) })
	}
}

func newWorld(t testing.TB, of func(*embedded.DB) store.Store) *world {
	t.Helper()
	c := &clock{now: t0}
	db, err := embedded.Open("", c.Now)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	w := &world{t: t, clock: c, store: of(db), bus: &listener{}}
	w.ledger = ledger.New(w.store, w.bus, c.Now)
	return w
}

func (w *world) propose(p change.Proposal) change.Change {
	w.t.Helper()
	c, _, err := w.ledger.Propose(w.t.Context(), p)
	if err != nil {
		w.t.Fatalf("Propose: %v", err)
	}
	return c
}

func (w *world) apply(id string, a change.Action) change.Change {
	w.t.Helper()
	c, err := w.ledger.Apply(w.t.Context(), id, a)
	if err != nil {
		w.t.Fatalf("%s: %v", a.Verb(), err)
	}
	return c
}

// refused does an action that must be refused, and returns why.
func (w *world) refused(id string, a change.Action) change.RefusalCode {
	w.t.Helper()
	_, err := w.ledger.Apply(w.t.Context(), id, a)
	r, ok := change.Refused(err)
	if !ok {
		w.t.Fatalf("%s: got error %v, want a refusal", a.Verb(), err)
	}
	return r.Code
}

func (w *world) get(id string) change.Change {
	w.t.Helper()
	c, err := w.ledger.Get(w.t.Context(), id)
	if err != nil {
		w.t.Fatalf("Get: %v", err)
	}
	return c
}

// entries returns the audit entries of a change: those of its transitions, and those of
// refusals.
func (w *world) entries(id string) (accepted, refused []audit.Entry) {
	w.t.Helper()
	all, err := trail.Of(w.t.Context(), w.store, id)
	if err != nil {
		w.t.Fatalf("read the trail: %v", err)
	}
	for _, e := range all {
		if e.Outcome == audit.Accepted {
			accepted = append(accepted, e)
		} else {
			refused = append(refused, e)
		}
	}
	return accepted, refused
}

// checkTrail checks that every transition of a change left one entry.
func (w *world) checkTrail(id string) {
	w.t.Helper()
	c := w.get(id)
	accepted, _ := w.entries(id)
	if len(accepted) != c.Seq {
		w.t.Errorf("change %s: %d entries for %d transitions", id, len(accepted), c.Seq)
	}
	for i, e := range accepted {
		if i > 0 && e.From != accepted[i-1].To {
			w.t.Errorf("change %s: entry %s begins at %q, but the one before ended at %q", id, e.ID, e.From, accepted[i-1].To)
		}
	}
}
