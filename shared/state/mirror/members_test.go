package mirror_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func TestGroupsOfEverySize(t *testing.T) {
	for _, test := range []struct{ members, chunks int }{
		{0, 1}, {1, 1}, {1500, 1}, {1501, 2}, {3000, 2}, {60_000, 40},
	} {
		t.Run(fmt.Sprint(test.members), func(t *testing.T) {
			w := newFlatWorld(t)
			s := group.Snapshot{Group: group.Group{ID: "g1", Email: "all@example.com"}, Members: crowd(0, test.members), Read: start}
			w.cost(t, "the first reading", 3, 1+test.chunks, func() { w.replace(t, s) })
			// Firestore takes 10 MiB in one transaction.
			if limit := 10 << 20; w.store.bytes > limit*3/4 {
				t.Errorf("the transaction writes %d bytes, too close to %d", w.store.bytes, limit)
			}
			w.wantSnapshot(t, s)

			s.Read = s.Read.Add(time.Minute)
			w.cost(t, "a reading that finds nothing new", 1, 1, func() { wantParts(t, w.replace(t, s), group.Created) })
			h, err := w.Find(t.Context(), "g1")
			if err != nil || !h.Read.Equal(s.Read) || h.Members != test.members {
				t.Errorf("Find: %d members read at %v, %v; want %d at %v", h.Members, h.Read, err, test.members, s.Read)
			}

			s.Read = s.Read.Add(time.Minute)
			s.Members = append(slices.Clone(s.Members), user("one-more"))
			if test.members%mirror.PerChunk == 0 && test.members > 0 {
				return // one more needs another chunk: see below
			}
			w.cost(t, "one member more, who is looked up, also as nobody", 5, 2, func() { w.replace(t, s) })
			w.wantSnapshot(t, s)
		})
	}
}

// The first reading of a group looks nobody up, unless something that is newer was read by itself since; later ones look
// up who joins. Whom the mirror does not know is asked for as nobody, by the id and by the address.
func TestWhomTheFirstReadingOfAGroupLooksUp(t *testing.T) {
	for name, test := range map[string]struct {
		prepare  func(w *world) error
		members  int
		lookedUp int
		again    bool
	}{
		"while it is filled":       {func(*world) error { return nil }, 100, 0, false},
		"something older was read": {func(w *world) error { return w.Overtake(t.Context(), minute(1).Add(-11*time.Second)) }, 100, 0, false},
		"something newer was read": {func(w *world) error { return w.Overtake(t.Context(), minute(2)) }, 100, 100, false},
		"something newer was read, first": {func(w *world) error {
			return errors.Join(w.Overtake(t.Context(), minute(2)), w.Overtake(t.Context(), minute(0)))
		}, 100, 100, false},
		"something newer was read of many": {func(w *world) error { return w.Overtake(t.Context(), minute(2)) }, 201, 0, true},
		"after it was filled":              {func(w *world) error { return w.PutCensus(t.Context(), mirror.Census{Memberships: 9}) }, 200, 0, false},
		"something newer was read after it was filled": {func(w *world) error {
			return errors.Join(w.PutCensus(t.Context(), mirror.Census{Memberships: 9}), w.Overtake(t.Context(), minute(2)))
		}, 200, 200, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFlatWorld(t)
			w.details(t, start, group.Group{ID: "g1", Email: "all@example.com"})
			if err := test.prepare(w); err != nil {
				t.Fatal(err)
			}
			put := func(n, at int) (stored mirror.Put) {
				t.Helper()
				stored, err := w.PutMembers(t.Context(), "g1", crowd(0, n), minute(at))
				if err != nil {
					t.Fatal(err)
				}
				return stored
			}
			w.cost(t, "the first reading", 3+3*test.lookedUp, 2, func() {
				if stored := put(test.members, 1); stored.Again != test.again {
					t.Errorf("again %t, want %t", stored.Again, test.again)
				}
			})
			w.cost(t, "ten more by a later one", 32, 2, func() { put(test.members+10, 3) })
		})
	}
}

func TestOnlyTouchedChunksAreWritten(t *testing.T) {
	w := newWorld(t)
	w.Mirror = mirror.NewSmall(w.store, 10)
	s := read("g1", "all@example.com", 0, crowd(0, 140)...)
	w.replace(t, s)
	step := func(name string, reads, writes int, change func()) {
		t.Helper()
		s.Members, s.Read = slices.Clone(s.Members), s.Read.Add(time.Minute)
		change()
		w.cost(t, name, reads, writes, func() { w.replace(t, s) })
		w.wantSnapshot(t, s)
	}
	step("one role", 2, 2, func() { s.Members[77].Role = group.Owner })
	step("the name only", 1, 1, func() { s.Group.Name = "Everybody" })
	step("a rename", 1, 1, func() { s.Group.Email = "everybody@example.com" })
	step("growing to one chunk more", 1+14+1+2, 1+15, func() { s.Members = crowd(0, 141) })
	step("shrinking again: the chunks stay", 2, 2, func() { s.Members = s.Members[:140] })
	step("shrinking to less than half", 1+15, 1+3+12, func() { s.Members = s.Members[:30] })
	step("to nobody", 1+3, 1+1+2, func() { s.Members = nil })
	step("to nobody again", 1, 1, func() {})
}

func TestTheLongestAddressesFit(t *testing.T) {
	for _, test := range []struct {
		name  string
		local string
		ids   bool
	}{
		{"254 bytes and an id", "%0190d", true},
		{"160 bytes in place of an id", "%096d", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newFlatWorld(t)
			s := group.Snapshot{Group: group.Group{ID: "g1", Email: "all@example.com"}, Members: crowd(0, 3000), Read: start}
			for i := range s.Members {
				m := &s.Members[i]
				m.Email = fmt.Sprintf(test.local, i) + "@" + strings.Repeat("d", 55) + ".example"
				m.Role, m.Type, m.Status = group.Manager, group.External, "UNKNOWN"
				if !test.ids {
					m.ID = m.Email
				}
			}
			w.replace(t, s)
			w.wantSnapshot(t, s)
		})
	}
}

func TestSnapshotIsOfOneReading(t *testing.T) {
	w := newWorld(t)
	small := mirror.NewSmall(w.store, 10)
	readings := make([]group.Snapshot, 0, 2)
	for i, n := range []int{35, 12} {
		readings = append(readings, group.Snapshot{
			Group: group.Group{ID: "g1", Email: "all@example.com"}, Members: crowd(i*1000, n), Read: start.Add(time.Duration(i) * time.Minute),
		})
	}
	if _, err := small.Replace(t.Context(), readings[0]); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	for _, moment := range []string{"groups/g1", "members/g1.0", "members/g1.2"} {
		t.Run("stored anew after "+moment, func(t *testing.T) {
			next := readings[1]
			h, err := small.Find(t.Context(), "g1")
			if err != nil {
				t.Fatalf("Find: %v", err)
			}
			if h.Members == len(next.Members) {
				next = readings[0]
			}
			next.Read = h.Read.Add(time.Minute)
			w.store.got = func(key store.Key) {
				if key.String() != moment {
					return
				}
				w.store.got = nil
				if _, err := small.Replace(t.Context(), next); err != nil {
					t.Errorf("Replace: %v", err)
				}
			}
			got, err := small.Snapshot(t.Context(), "g1")
			if err != nil {
				t.Fatalf("Snapshot: %v", err)
			}
			if moment == "members/g1.2" && w.store.got != nil {
				w.store.got = nil // two chunks only
				return
			}
			if diff := cmp.Diff(sorted(next), got); diff != "" {
				t.Errorf("Snapshot (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSnapshotOfAGroupThatNeverRestsIsAnError(t *testing.T) {
	w := newWorld(t)
	s := read("g1", "all@example.com", 0, user("ada"))
	w.replace(t, s)
	n := 0
	w.store.got = func(key store.Key) {
		if key.Collection == "groups" {
			n++
			s.Read, s.Members = s.Read.Add(time.Minute), crowd(n, 1)
			if _, err := w.Replace(t.Context(), s); err != nil {
				t.Errorf("Replace: %v", err)
			}
		}
	}
	if _, err := w.Snapshot(t.Context(), "g1"); err == nil || errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("Snapshot: %v; want an error that is not ErrUnknown", err)
	}
	if n < 2 || n > 10 {
		t.Errorf("read %d times", n)
	}
}

func TestGroupsOf(t *testing.T) {
	w := newWorld(t)
	w.replace(t, read("g2", "b@example.com", 0, user("ada"), user("bo")))
	w.replace(t, read("g1", "a@example.com", 0, user("ada"), nested("g2")))
	w.replace(t, read("g3.x", "c@example.com", 0, user("ada")))
	w.replace(t, read("g3", "d@example.com", 0, group.Member{ID: "C0", Type: group.Customer}))
	for member, want := range map[string][]string{
		"ada": {"g1", "g2", "g3.x"}, "bo": {"g2"}, "g2": {"g1"}, "nobody": nil, "": nil,
	} {
		got, err := w.GroupsOf(t.Context(), member)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("GroupsOf(%q) = %q, %v; want %q", member, got, err, want)
		}
	}
	w.replace(t, read("g1", "a@example.com", 1, nested("g2")))
	if _, _, err := w.Remove(t.Context(), "g3.x", start.Add(time.Minute)); err != nil {
		t.Fatalf("Remove: %v", err)
	}
	if got, err := w.GroupsOf(t.Context(), "ada"); err != nil || !slices.Equal(got, []string{"g2"}) {
		t.Errorf("GroupsOf after ada left: %q, %v; want g2", got, err)
	}
}

func TestGroupsOfSomebodyInVeryMany(t *testing.T) {
	w := newWorld(t)
	const n = store.MaxPage + 1
	var want []string
	var writes []store.Write
	for i := range n {
		id := fmt.Sprintf("g%04d", i)
		want = append(want, id)
		writes = append(writes, store.Write{Put: &store.Record{
			Key: store.Key{Collection: "members", ID: id + ".0"}, Data: []byte("{}"), Fields: map[string]any{"ids": []string{"ada"}},
		}})
	}
	if err := w.store.Bulk(t.Context(), writes); err != nil {
		t.Fatalf("Bulk: %v", err)
	}
	if got, err := w.GroupsOf(t.Context(), "ada"); err != nil || !slices.Equal(got, want) {
		t.Errorf("GroupsOf returned %d groups, %v; want %d", len(got), err, n)
	}
}

func TestWithin(t *testing.T) {
	w := newWorld(t)
	member := func(id string, kind group.Type) group.Member {
		return group.Member{ID: id, Email: id + "@example.com", Role: group.Plain, Type: kind}
	}
	w.replace(t, read("top", "top@example.com", 0, nested("left"), nested("right"), user("ada")))
	w.replace(t, read("left", "left@example.com", 0, nested("bottom"), user("bo")))
	w.replace(t, read("right", "right@example.com", 0, nested("bottom"), user("bo")))
	w.replace(t, read("bottom", "bottom@example.com", 0, user("cy"), nested("top")))
	w.replace(t, read("self", "self@example.com", 0, nested("self"), user("dee")))
	w.replace(t, read("by-address", "by-address@example.com", 0,
		group.Member{ID: "self@example.com", Email: "self@example.com", Type: group.Nested}, nested("self")))
	w.replace(t, read("mixed", "mixed@example.com", 0, member("C0", group.Customer), member("eve", group.External),
		nested("elsewhere"), owner(user("flo"))))
	w.replace(t, read("nobody", "nobody@example.com", 0))
	w.replace(t, read("gone", "gone@example.com", 0, user("ada")))
	if _, _, err := w.Remove(t.Context(), "gone", start.Add(time.Minute)); err != nil {
		t.Fatalf("Remove: %v", err)
	}
	for _, test := range []struct {
		name, group string
		want        []string
	}{
		{"a diamond with a circle", "top", []string{"ada", "bo", "cy"}},
		{"from within the circle", "bottom", []string{"ada", "bo", "cy"}},
		{"by address", "Left@Example.com", []string{"ada", "bo", "cy"}},
		{"a group in itself", "self", []string{"dee"}},
		{"one group by id and by address", "by-address", []string{"dee"}},
		{"everybody, an outsider, a foreign group", "mixed", []string{"eve", "flo"}},
		{"nobody", "nobody", nil},
		{"a group that is gone", "gone", nil},
		{"no such group", "no-such", nil},
		{"no name", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := w.Within(t.Context(), test.group)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("Within(%q) = %q, %v; want %q", test.group, got, err, test.want)
			}
		})
	}
}

// TestRoster says so where it is not known who is in a group, instead of naming fewer.
func TestRoster(t *testing.T) {
	w := newWorld(t)
	w.replace(t, read("top", "top@example.com", 0, nested("within"), nested("elsewhere"), user("ada")))
	w.replace(t, read("within", "within@example.com", 0, user("bo"), user("ada")))
	w.replace(t, read("nobody", "nobody@example.com", 0))
	w.replace(t, read("above", "above@example.com", 0, nested("listed"), user("ada")))
	w.replace(t, read("gone", "gone@example.com", 0, user("ada")))
	if _, _, err := w.Remove(t.Context(), "gone", start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := w.PutDetails(t.Context(), []group.Group{{ID: "listed", Email: "listed@example.com"}}, start); err != nil {
		t.Fatal(err)
	}
	w.replace(t, read("around", "around@example.com", 0, nested("new"), user("ada")))
	unnamed := nested("unnamed")
	unnamed.Email = ""
	w.replace(t, read("by-id", "by-id@example.com", 0, unnamed, user("ada")))
	if _, _, err := w.Remove(t.Context(), "elsewhere", start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		group string
		want  []string
		err   error
	}{
		{"top@example.com", []string{"ada", "bo"}, nil},
		{"nobody", nil, nil},
		{"gone", nil, mirror.ErrUnknown},
		{"no-such", nil, mirror.ErrUnknown},
		{"listed", nil, mirror.ErrUnread},
		{"above", nil, mirror.ErrUnread},
		{"around", nil, mirror.ErrUnread}, // nobody has asked yet whose the one within is
		{"by-id", nil, mirror.ErrUnread},  // nor whose the one is that Google lists without an address
	} {
		var got []string
		everybody, err := w.Roster(t.Context(), test.group)
		for _, m := range everybody {
			got = append(got, m.ID)
		}
		if !errors.Is(err, test.err) || !slices.Equal(got, test.want) {
			t.Errorf("Roster(%q) = %q, %v; want %q, %v", test.group, got, err, test.want, test.err)
		}
	}
}
