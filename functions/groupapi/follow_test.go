package groupapi

import (
	"context"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// interrupting is a store in which something happens after the first look for somebody's groups.
type interrupting struct {
	store.Store
	happens func()
}

func (s *interrupting) Query(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := s.Store.Query(ctx, q)
	if do := s.happens; do != nil && q.Collection == "members" {
		s.happens = nil
		do()
	}
	return page, err
}

// follower is a memory over a mirror that changes beside it.
type follower struct {
	t     *testing.T
	now   time.Time
	store *interrupting
	h     *handler
}

func follow(t *testing.T) *follower {
	t.Helper()
	f := &follower{t: t, now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	db, err := embedded.Open("", f.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	f.store = &interrupting{Store: db.Store()}
	f.h = &handler{mirror: mirror.New(f.store), store: f.store, now: f.clock, people: newMemory()}
	f.put("g1", f.now)
	f.now = f.now.Add(time.Minute)
	return f
}

func (f *follower) clock() time.Time { return f.now }

// put stores a group with aiko in a transaction that noted a time.
func (f *follower) put(id string, noted time.Time) {
	f.t.Helper()
	fed := mirror.New(f.store.Store).Fed(brake.Brake{Percent: 2, Max: 2000, Least: 50}, func() time.Time { return noted })
	s := group.Snapshot{
		Group:   group.Group{ID: id, Email: id + "@example.com"},
		Members: []group.Member{{ID: "aiko", Email: "aiko@example.com", Role: group.Plain, Type: group.User}}, Read: noted,
	}
	if _, err := fed.Replace(f.t.Context(), s); err != nil {
		f.t.Fatal(err)
	}
}

// groups asks in how many groups somebody is.
func (f *follower) groups(person string) int {
	f.t.Helper()
	k, err := f.h.people.groupsOf(f.t.Context(), f.h, somebody{id: person}, false)
	if err != nil {
		f.t.Fatal(err)
	}
	return len(k.groups)
}

// A difference is in the feed later than the time that it notes. Who has looked in between finds it.
func TestADifferenceThatComesLateIsFollowed(t *testing.T) {
	f := follow(t)
	if got := f.groups("aiko"); got != 1 {
		t.Fatalf("%d groups, want 1", got)
	}
	noted := f.now.Add(time.Second)
	f.now = f.now.Add(5 * time.Second)
	f.groups("aiko") // has looked
	f.now = f.now.Add(2 * time.Second)
	f.put("g2", noted)
	f.now = f.now.Add(2 * time.Second)
	if got := f.groups("aiko"); got != 2 {
		t.Errorf("%d groups, want 2", got)
	}
}

// Somebody's groups are looked up, and change before they can be remembered; somebody else asks meanwhile
// and reads of the change. What was looked up is not remembered: nothing would ever have it forgotten.
func TestWhatChangedWhileItWasLookedUpIsNotRemembered(t *testing.T) {
	f := follow(t)
	f.store.happens = func() {
		f.now = f.now.Add(time.Second)
		f.put("g2", f.now)
		f.now = f.now.Add(2 * mirror.FeedLag)
		f.groups("ken")
	}
	f.groups("aiko")
	f.now = f.now.Add(time.Minute)
	if got := f.groups("aiko"); got != 2 {
		t.Errorf("%d groups, want 2", got)
	}
}
