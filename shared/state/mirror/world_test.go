package mirror_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// world is a mirror in a store that rehearses every transaction and counts what is done to it.
type world struct {
	*mirror.Mirror
	store *counted
	now   time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{now: start}
	db, err := embedded.Open("", func() time.Time { return w.now })
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	w.store = &counted{Store: db.Store().Rehearsed()}
	w.Mirror = mirror.New(w.store)
	return w
}

// counted is a store that counts the documents read one by one and the documents written. Of a
// transaction that runs more than once it counts the last run.
type counted struct {
	store.Store
	reads, writes int
	bytes         int // of the data and the index of what was written
	// got, if not nil, is called after each read outside of a transaction.
	got func(store.Key)
	// updating, if not nil, is called before each transaction.
	updating func()
}

// reset forgets what was counted.
func (c *counted) reset() { c.reads, c.writes, c.bytes = 0, 0, 0 }

func (c *counted) Get(ctx context.Context, key store.Key) (store.Record, error) {
	c.reads++
	r, err := c.Store.Get(ctx, key)
	if c.got != nil {
		c.got(key)
	}
	return r, err
}

func (c *counted) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if c.updating != nil {
		c.updating()
	}
	var last *countedTx
	err := c.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		last = &countedTx{Tx: tx}
		return decide(ctx, last)
	})
	if last != nil {
		c.reads, c.writes, c.bytes = c.reads+last.reads, c.writes+last.writes, c.bytes+last.bytes
	}
	return err
}

type countedTx struct {
	store.Tx
	reads, writes, bytes int
}

func (c *countedTx) Get(ctx context.Context, key store.Key) (store.Record, error) {
	c.reads++
	return c.Tx.Get(ctx, key)
}

func (c *countedTx) Put(r store.Record) error {
	c.writes++
	c.bytes += len(r.Data)
	for _, v := range r.Fields {
		if list, ok := v.([]string); ok {
			for _, s := range list {
				c.bytes += len(s) + 4 // with its tags and lengths
			}
		}
	}
	return c.Tx.Put(r)
}

func (c *countedTx) Delete(key store.Key) error {
	c.writes++
	return c.Tx.Delete(key)
}

// cost fails unless doing something takes so many reads and writes.
func (w *world) cost(t testing.TB, name string, reads, writes int, do func()) {
	t.Helper()
	w.store.reset()
	do()
	if w.store.reads != reads || w.store.writes != writes {
		t.Errorf("%s: %d documents read, %d written; want %d and %d", name, w.store.reads, w.store.writes, reads, writes)
	}
}

// replace stores a reading and returns what is to be told.
func (w *world) replace(t testing.TB, s group.Snapshot) []group.Part {
	t.Helper()
	parts, err := w.Replace(t.Context(), s)
	if err != nil {
		t.Fatalf("Replace %s: %v", s.Group.ID, err)
	}
	return parts
}

// read returns a reading of a group after so many minutes.
func read(id, email string, minute int, members ...group.Member) group.Snapshot {
	return group.Snapshot{Group: group.Group{ID: id, Email: email}, Members: members, Read: start.Add(time.Duration(minute) * time.Minute)}
}

func user(id string) group.Member {
	return group.Member{ID: id, Email: id + "@example.com", Role: group.Plain, Type: group.User, Status: "ACTIVE"}
}

func nested(id string) group.Member {
	return group.Member{ID: id, Email: id + "@example.com", Role: group.Plain, Type: group.Nested, Status: "ACTIVE"}
}

func owner(m group.Member) group.Member {
	m.Role = group.Owner
	return m
}

// crowd returns n members, from one number on.
func crowd(from, n int) []group.Member {
	out := make([]group.Member, n)
	for i := range out {
		id := fmt.Sprintf("1%020d", (from+i)*7919)
		out[i] = group.Member{
			ID: id, Email: fmt.Sprintf("given-name.family-name.%06d@subsidiary.example.com", from+i),
			Role: group.Plain, Type: group.User, Status: "ACTIVE",
		}
	}
	return out
}

// wantSnapshot fails unless the mirror holds a reading, whatever the order of its members.
func (w *world) wantSnapshot(t testing.TB, want group.Snapshot) {
	t.Helper()
	got, err := w.Snapshot(t.Context(), want.Group.ID)
	if err != nil {
		t.Fatalf("Snapshot %s: %v", want.Group.ID, err)
	}
	want = sorted(want)
	if !slices.Equal(got.Members, want.Members) { // a diff of very many members takes seconds
		t.Errorf("Snapshot %s holds %d members, want %d, or others", want.Group.ID, len(got.Members), len(want.Members))
	}
	if diff := cmp.Diff(want.Group, got.Group); diff != "" || !got.Read.Equal(want.Read) {
		t.Errorf("Snapshot %s read at %v, want %v (-want +got):\n%s", want.Group.ID, got.Read, want.Read, diff)
	}
}

// sorted returns a reading with its members as the mirror gives them.
func sorted(s group.Snapshot) group.Snapshot {
	s.Members = slices.Clone(s.Members)
	slices.SortFunc(s.Members, func(a, b group.Member) int {
		if a.Email != b.Email {
			return strings.Compare(a.Email, b.Email)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return s
}

// equalEmpty takes a missing list for an empty one.
var equalEmpty = cmpopts.EquateEmpty()

func wantParts(t testing.TB, got []group.Part, want ...group.Part) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("to be told: %q, want %q", got, want)
	}
}
