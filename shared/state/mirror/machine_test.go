package mirror_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// entry is what the model knows of one group.
type entry struct {
	group.Snapshot
	gone      bool
	rewritten time.Time // what is stored has a word from then on
	untold    []group.Part
}

// machine does the same to a mirror and to a model that is as simple as can be: a map.
type machine struct {
	*world
	model map[string]entry // by id
	tick  int              // no two readings began at the same time
}

var (
	groupIDs  = []string{"g1", "g2", "g3", "g4"}
	emails    = []string{"a@example.com", "B@example.com", "c@example.com", "d@example.com"}
	memberIDs = []string{"m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "g1", "g2"}
)

// TestMirrorIsLikeAMap draws what happens to groups, and after every step something that the
// mirror can be asked: the answer is the same as in the model.
func TestMirrorIsLikeAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{world: newWorld(t), model: map[string]entry{}}
		m.Mirror = mirror.NewSmall(m.store, 3)                                          // so that a few members are several chunks
		if err := m.PutCensus(t.Context(), mirror.Census{Memberships: 1}); err != nil { // it was filled: who joins is looked up
			t.Fatal(err)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"replace": m.replaceOne,
			"remove":  m.removeOne,
			"wait":    func(t *rapid.T) { m.wait(time.Duration(rapid.IntRange(1, 40).Draw(t, "days")) * 24 * time.Hour) },
			"":        m.check,
		})
	})
}

// wait lets time pass; the mirror forgets what is gone for long.
func (m *machine) wait(d time.Duration) {
	m.now = m.now.Add(d)
	maps.DeleteFunc(m.model, func(_ string, e entry) bool { return e.gone && !m.now.Before(e.Read.Add(mirror.GoneFor)) })
}

// reading draws when a reading began: mostly now, sometimes before others that are stored.
func (m *machine) reading(t *rapid.T) time.Time {
	m.tick++
	at := m.now.Add(time.Duration(m.tick) * time.Second)
	if rapid.IntRange(0, 3).Draw(t, "late") == 0 {
		at = at.Add(-time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute).Add(time.Duration(m.tick) * time.Millisecond)
	}
	return at
}

func (m *machine) replaceOne(t *rapid.T) {
	s := group.Snapshot{Read: m.reading(t)}
	s.Group.ID = rapid.SampledFrom(groupIDs).Draw(t, "id")
	s.Group.Email = rapid.SampledFrom(emails).Draw(t, "email")
	s.Group.Aliases = rapid.SliceOfNDistinct(rapid.SampledFrom(emails), 0, 2, rapid.ID[string]).Draw(t, "aliases")
	for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom(memberIDs), rapid.ID[string]).Draw(t, "members") {
		s.Members = append(s.Members, group.Member{
			ID: id, Email: id + "@example.com", Type: rapid.SampledFrom([]group.Type{group.User, group.Nested, group.External}).Draw(t, "type"),
			Role:   rapid.SampledFrom([]group.Role{group.Plain, group.Plain, group.Owner}).Draw(t, "role"),
			Status: rapid.SampledFrom([]string{"ACTIVE", ""}).Draw(t, "status"),
		})
	}
	got, err := m.Replace(t.Context(), s)
	if err := errors.Join(err, m.Overtake(t.Context(), s.Read)); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	have, ok := m.model[s.Group.ID]
	if ok && have.Read.After(s.Read) {
		if len(got) > 0 {
			t.Fatalf("an older reading is to be told: %q", got)
		}
		return
	}
	var old *group.Snapshot
	stored := entry{} // a group that is new, or back, has no members
	if ok && !have.gone {
		old, stored = &have.Snapshot, have
	}
	since := m.correct(stored, &s)
	want := have.untold
	for _, p := range group.Compare(old, &s).Parts {
		if !slices.Contains(want, p) {
			want = append(slices.Clone(want), p)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("Replace: to be told %q, want %q", got, want)
	}
	m.model[s.Group.ID] = entry{Snapshot: s, untold: want, rewritten: since}
	m.tell(t, s.Group.ID, s.Read)
}

// correct gives those who join a group by a listing what is known of them since it began. It returns from when on
// what is known is part of the group.
func (m *machine) correct(have entry, s *group.Snapshot) time.Time {
	since := time.Time{}
	if have.rewritten.After(s.Read) {
		since = have.rewritten
	}
	var members []group.Member
	for _, one := range s.Members {
		i := slices.IndexFunc(have.Members, func(stored group.Member) bool { return stored.ID == one.ID })
		asks := i < 0 || have.rewritten.After(s.Read) && (have.Members[i].Email != one.Email || have.Members[i].Status != one.Status)
		e, known := m.model[one.ID]
		if !known {
			e, known = m.absence(one.ID, one.Email)
		}
		if !asks || one.Type != group.Nested || !known || !e.Read.After(s.Read) {
			members = append(members, one)
			continue
		}
		if e.Read.After(since) {
			since = e.Read
		}
		if !e.gone || i >= 0 {
			if !strings.HasPrefix(e.Group.ID, "gone~") { // of which only the name is known
				one.Email = e.Group.Email
			}
			members = append(members, one)
		}
	}
	s.Members = members
	return since
}

// absence returns the latest answer that there is no group of one of these names.
func (m *machine) absence(names ...string) (latest entry, found bool) {
	for _, name := range names {
		if e, ok := m.model["gone~"+group.Address(name)]; ok && e.Read.After(latest.Read) {
			latest, found = e, true
		}
	}
	return latest, found
}

// tell tells, unless the process ends before.
func (m *machine) tell(t *rapid.T, id string, read time.Time) {
	if rapid.Bool().Draw(t, "crash") {
		return
	}
	e := m.model[id]
	if err := m.Told(t.Context(), id, read, e.untold); err != nil {
		t.Fatalf("Told: %v", err)
	}
	later := e.rewritten.After(read) // something may have been carried into it since
	e.untold = slices.DeleteFunc(slices.Clone(e.untold), func(p group.Part) bool { return p != group.Details || !later })
	m.model[id] = e
}

func (m *machine) removeOne(t *rapid.T) {
	name := rapid.SampledFrom(slices.Concat(groupIDs, emails)).Draw(t, "name")
	at := m.reading(t)
	got, tell, err := m.Remove(t.Context(), name, at)
	if err := errors.Join(err, m.Overtake(t.Context(), at)); err != nil {
		t.Fatalf("Remove: %v", err)
	}
	id, ok := m.find(name)
	e := m.model[id]
	switch {
	case !ok:
		if tell {
			t.Fatalf("removing %s, which nobody knows, is to be told", name)
		}
		absent := "gone~" + group.Address(name)
		if m.model[absent].Read.After(at) {
			return // a later answer stays
		}
		m.model[absent] = entry{Snapshot: group.Snapshot{Group: group.Group{ID: absent, Email: group.Address(name)}, Read: at}, gone: true}
		m.wait(0) // an old enough look is forgotten at once
		return
	case e.Read.After(at):
		if tell {
			t.Fatalf("removing %s, older than its reading, is to be told", name)
		}
		return
	case !e.gone:
		e.untold = []group.Part{group.Deleted}
	}
	e.gone, e.Read, e.Members = true, at, nil
	m.model[id] = e
	if tell != (len(e.untold) > 0) || got.ID != id {
		t.Fatalf("Remove %s: %s, to be told %t; want %s, %t", name, got.ID, tell, id, len(e.untold) > 0)
	}
	m.wait(0)
	if tell {
		m.tell(t, id, at)
	}
}

// find returns the id of the group that a name means.
func (m *machine) find(name string) (string, bool) {
	if _, ok := m.model[name]; ok {
		return name, true
	}
	best, found := "", false
	for _, id := range slices.Sorted(maps.Keys(m.model)) {
		e := m.model[id]
		has := func(a string) bool { return group.Address(a) == group.Address(name) }
		if !has(e.Group.Email) && !slices.ContainsFunc(e.Group.Aliases, has) {
			continue
		}
		b := m.model[best]
		if !found || b.gone && !e.gone || b.gone == e.gone && e.Read.After(b.Read) {
			best, found = id, true
		}
	}
	return best, found
}

func (m *machine) check(t *rapid.T) {
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Concat(groupIDs, emails)), 2, 2, rapid.ID[string]).Draw(t, "names") {
		id, ok := m.find(name)
		e := m.model[id]
		fresh, err := m.Freshness(t.Context(), name)
		if err != nil || !fresh.Equal(e.Read) {
			t.Fatalf("Freshness %s: %v, %v; want %v", name, fresh, err, e.Read)
		}
		got, err := m.Snapshot(t.Context(), name)
		if !ok || e.gone {
			if !errors.Is(err, mirror.ErrUnknown) {
				t.Fatalf("Snapshot %s: %v; want ErrUnknown", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("Snapshot %s: %v", name, err)
		}
		if diff := cmp.Diff(sorted(e.Snapshot), got, equalEmpty); diff != "" {
			t.Fatalf("Snapshot %s (-want +got):\n%s", name, diff)
		}
	}
	var live []string
	for id, e := range m.model {
		if !e.gone {
			live = append(live, id)
		}
	}
	slices.SortFunc(live, func(a, b string) int {
		x, y := m.model[a].Group, m.model[b].Group
		if x, y := group.Address(x.Email), group.Address(y.Email); x != y {
			return strings.Compare(x, y)
		}
		return strings.Compare(a, b)
	})
	m.checkLists(t, live)
}

func (m *machine) checkLists(t *rapid.T, live []string) {
	after := rapid.SampledFrom(append([]string{""}, emails...)).Draw(t, "after")
	upTo := rapid.SampledFrom(append([]string{""}, emails...)).Draw(t, "up to")
	var want []string
	for _, id := range live {
		email := group.Address(m.model[id].Group.Email)
		if email > group.Address(after) && (upTo == "" || email <= group.Address(upTo)) {
			want = append(want, id)
		}
	}
	between, err := m.Between(t.Context(), after, upTo)
	var got []string
	for _, h := range between {
		got = append(got, h.Group.ID)
	}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("Between %q and %q: %q, %v; want %q", after, upTo, got, err, want)
	}
	if n, err := m.Count(t.Context()); n != len(live) || err != nil {
		t.Fatalf("Count: %d, %v; want %d", n, err, len(live))
	}
	member := rapid.SampledFrom(memberIDs).Draw(t, "member")
	want = nil
	for _, id := range live {
		if slices.ContainsFunc(m.model[id].Members, func(x group.Member) bool { return x.ID == member }) {
			want = append(want, id)
		}
	}
	slices.Sort(want)
	got, err = m.GroupsOf(t.Context(), member)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("GroupsOf %s: %q, %v; want %q", member, got, err, want)
	}
}
