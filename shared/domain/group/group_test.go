package group_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/group"
)

func member(id string, role group.Role) group.Member {
	return group.Member{ID: id, Email: id + "@example.com", Role: role, Type: group.User, Status: "ACTIVE"}
}

func snapshot(edit func(*group.Snapshot)) *group.Snapshot {
	s := &group.Snapshot{
		Group: group.Group{
			ID: "g1", Email: "data@example.com", Name: "Data", Description: "All about data", Aliases: []string{"a@example.com", "b@example.com"}, Count: 2,
		},
		Members: []group.Member{member("ken", group.Owner), member("aiko", group.Plain)},
	}
	if edit != nil {
		edit(s)
	}
	return s
}

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		name string
		old  *group.Snapshot
		new  *group.Snapshot
		want group.Difference
	}{
		{"nothing and nothing", nil, nil, group.Difference{}},
		{"the same", snapshot(nil), snapshot(func(s *group.Snapshot) { slices.Reverse(s.Members); s.Read = time.Unix(1, 0) }), group.Difference{}},
		{"another count alone", snapshot(nil), snapshot(func(s *group.Snapshot) { s.Group.Count = 7 }), group.Difference{}},
		{"aliases in another order", snapshot(nil), snapshot(func(s *group.Snapshot) { slices.Reverse(s.Group.Aliases) }), group.Difference{}},
		{"an address in another case", snapshot(nil), snapshot(func(s *group.Snapshot) { s.Group.Email = "Data@Example.com" }), group.Difference{}},
		{
			"new", nil, snapshot(nil),
			group.Difference{Parts: []group.Part{group.Created}, Added: []group.Member{member("aiko", group.Plain), member("ken", group.Owner)}},
		},
		{
			"gone", snapshot(nil), nil,
			group.Difference{Parts: []group.Part{group.Deleted}, Removed: []group.Member{member("aiko", group.Plain), member("ken", group.Owner)}},
		},
		{
			"renamed", snapshot(nil), snapshot(func(s *group.Snapshot) { s.Group.Email = "etl@example.com" }),
			group.Difference{Parts: []group.Part{group.Renamed}},
		},
		{
			"described anew", snapshot(nil), snapshot(func(s *group.Snapshot) { s.Group.Description = "" }),
			group.Difference{Parts: []group.Part{group.Details}},
		},
		{
			"called otherwise", snapshot(nil), snapshot(func(s *group.Snapshot) { s.Group.Name = "Date" }),
			group.Difference{Parts: []group.Part{group.Details}},
		},
		{
			"another alias", snapshot(nil), snapshot(func(s *group.Snapshot) { s.Group.Aliases[1] = "c@example.com" }),
			group.Difference{Parts: []group.Part{group.Details}},
		},
		{
			"a member's account stopped", snapshot(nil), snapshot(func(s *group.Snapshot) { s.Members[0].Status, s.Members[1].Status = "SUSPENDED", "SUSPENDED" }),
			group.Difference{Parts: []group.Part{group.Details}},
		},
		{
			"one came, one left, one became an owner", snapshot(func(s *group.Snapshot) { s.Members = append(s.Members, member("emi", group.Plain)) }),
			snapshot(func(s *group.Snapshot) {
				s.Members = []group.Member{member("zoe", group.Plain), member("aiko", group.Owner), member("ken", group.Owner)}
			}),
			group.Difference{
				Parts: []group.Part{group.Members, group.Roles}, Added: []group.Member{member("zoe", group.Plain)},
				Removed: []group.Member{member("emi", group.Plain)}, Moved: []group.Member{member("aiko", group.Owner)},
			},
		},
		{
			"another person under the same address", snapshot(nil), snapshot(func(s *group.Snapshot) { s.Members[1].ID = "aiko-2" }),
			group.Difference{
				Parts: []group.Part{group.Members}, Removed: []group.Member{member("aiko", group.Plain)},
				Added: []group.Member{{ID: "aiko-2", Email: "aiko@example.com", Role: group.Plain, Type: group.User, Status: "ACTIVE"}},
			},
		},
	} {
		got := group.Compare(test.old, test.new)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if got.Empty() != (len(test.want.Parts) == 0) {
			t.Errorf("%s: Empty is %t", test.name, got.Empty())
		}
		for _, p := range []group.Part{group.Created, group.Deleted, group.Renamed, group.Details, group.Members, group.Roles} {
			if got.Has(p) != slices.Contains(test.want.Parts, p) {
				t.Errorf("%s: Has(%s) is %t", test.name, p, got.Has(p))
			}
		}
	}
}

func anySnapshot() *rapid.Generator[*group.Snapshot] {
	return rapid.Custom(func(t *rapid.T) *group.Snapshot {
		if rapid.IntRange(0, 9).Draw(t, "none") == 0 {
			return nil
		}
		s := &group.Snapshot{Group: group.Group{
			ID: "g1", Email: rapid.SampledFrom([]string{"a@x", "b@x"}).Draw(t, "address"), Name: rapid.SampledFrom([]string{"", "n"}).Draw(t, "name"),
			Aliases: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"c@x", "d@x"}), 0, 2, rapid.ID).Draw(t, "aliases"),
		}}
		for _, id := range rapid.SliceOfDistinct(rapid.StringMatching("[a-f]"), rapid.ID).Draw(t, "members") {
			m := member(id, rapid.SampledFrom([]group.Role{group.Owner, group.Manager, group.Plain}).Draw(t, "role"))
			m.Status = rapid.SampledFrom([]string{"ACTIVE", "SUSPENDED"}).Draw(t, "status")
			s.Members = append(s.Members, m)
		}
		return s
	})
}

// roles returns who has which role.
func roles(s *group.Snapshot) map[string]group.Role {
	out := map[string]group.Role{}
	if s != nil {
		for _, m := range s.Members {
			out[m.ID] = m.Role
		}
	}
	return out
}

// TestADifferenceLeadsFromTheOldReadingToTheNew: done to the old members, it gives the new ones,
// and it says nothing that is not so.
func TestADifferenceLeadsFromTheOldReadingToTheNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, now := anySnapshot().Draw(t, "old"), anySnapshot().Draw(t, "new")
		d := group.Compare(old, now)
		have := roles(old)
		for _, m := range d.Removed {
			if have[m.ID] != m.Role {
				t.Fatalf("%s was removed, but was no %s", m.ID, m.Role)
			}
			delete(have, m.ID)
		}
		for _, m := range d.Added {
			if _, there := have[m.ID]; there {
				t.Fatalf("%s was added, but is there", m.ID)
			}
			have[m.ID] = m.Role
		}
		for _, m := range d.Moved {
			if role, there := have[m.ID]; !there || role == m.Role {
				t.Fatalf("%s moved to %s from %q", m.ID, m.Role, role)
			}
			have[m.ID] = m.Role
		}
		if diff := cmp.Diff(roles(now), have); diff != "" {
			t.Fatalf("members after the difference (-want +got):\n%s", diff)
		}
		for _, list := range [][]group.Member{d.Added, d.Removed, d.Moved} {
			if !slices.IsSortedFunc(list, func(a, b group.Member) int { return strings.Compare(a.Email, b.Email) }) {
				t.Fatalf("not in order: %+v", list)
			}
		}
		if !slices.Equal(d.Parts, slices.Compact(slices.Clone(d.Parts))) {
			t.Fatalf("a part is listed twice: %q", d.Parts)
		}
		back := group.Compare(now, old)
		if diff := cmp.Diff(d.Added, back.Removed); diff != "" || len(d.Moved) != len(back.Moved) || d.Empty() != back.Empty() {
			t.Fatalf("the way back is another one: %+v and %+v", d, back)
		}
		if !group.Compare(now, now).Empty() {
			t.Fatal("a reading differs from itself")
		}
	})
}

var topics = []group.Topic{group.AboutMembers, group.AboutSettings, group.AboutGroup, group.AboutWhole, group.AboutEverything}

// TestSignalsOfOneBurstShareOneReading that comes neither too early nor much too late.
func TestSignalsOfOneBurstShareOneReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topic := rapid.SampledFrom(topics).Draw(t, "topic")
		settle := topic.Settle()
		noticed := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "second"), rapid.Int64Range(0, 1e9-1).Draw(t, "nanosecond"))
		name, at := group.Window(topic, "Data@example.com", noticed)
		if wait := at.Sub(noticed); wait <= settle/2 || wait > settle*3/2 {
			t.Fatalf("noticed at %s, read %s later; want more than %s and at most %s", noticed, wait, settle/2, settle*3/2)
		}
		later := noticed.Add(time.Duration(rapid.Int64Range(0, int64(2*settle)).Draw(t, "later")))
		again, atAgain := group.Window(topic, " data@EXAMPLE.com", later)
		if same := at.Equal(atAgain); same != (name == again) || atAgain.Before(at) {
			t.Fatalf("%s at %s and %s at %s", name, at, again, atAgain)
		}
		// Whatever is noticed until half the time before the reading shares it.
		if until := at.Add(-settle / 2); later.Before(until) != (name == again) {
			t.Fatalf("noticed at %s and %s: read at %s as %s, and at %s as %s", noticed, later, at, name, atAgain, again)
		}
		if atAgain.Location() != time.UTC {
			t.Fatalf("read at %s, which is not in UTC", atAgain)
		}
	})
}

func TestReadingsOfDifferentThingsHaveDifferentNames(t *testing.T) {
	noticed := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	names := map[string]string{}
	for _, topic := range topics {
		for i := range 100 {
			address := fmt.Sprintf("g%d@example.com", i)
			name, _ := group.Window(topic, address, noticed)
			what := fmt.Sprintf("%s of %s", topic, address)
			if before, taken := names[name]; taken {
				t.Errorf("%s and %s share the name %s", before, what, name)
			}
			names[name] = what
			if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || len(name) > 100 {
				t.Errorf("%q cannot be the name of a task", name)
			}
		}
	}
}

func TestSettleIsLongEnough(t *testing.T) {
	for _, topic := range append(topics, "unknown") {
		if got := topic.Settle(); got < 30*time.Second || got > 5*time.Minute {
			t.Errorf("%s settles in %s", topic, got)
		}
	}
	if group.AboutGroup.Settle() < 45*time.Second {
		t.Error("members of a new group cannot be read so soon")
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"Aiko.Sato@Example.COM": "aiko.sato@example.com", " a@x\t\n": "a@x", "": "",
		"lin\u212A@example.com": "lin\u212A@example.com", // a Kelvin sign is no k
		"İ@example.com":         "İ@example.com",
		"関所@Example.com":        "関所@example.com",
	} {
		if got := group.Address(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// FuzzAddress: what is compared is stable, and differs from what was given in nothing but
// surrounding space and the case of A to Z.
func FuzzAddress(f *testing.F) {
	f.Add(" Aiko@Example.com ")
	f.Add("lin\u212A@x")
	f.Add("\xff\u00a0A\u3000")
	f.Fuzz(func(t *testing.T, in string) {
		got := group.Address(in)
		if again := group.Address(got); again != got {
			t.Errorf("%q becomes %q, then %q", in, got, again)
		}
		trimmed := strings.TrimSpace(in)
		if len(got) != len(trimmed) {
			t.Fatalf("%q becomes %q", in, got)
		}
		for i := range len(got) {
			if a, b := trimmed[i], got[i]; a != b && (a < 'A' || a > 'Z' || b != a+'a'-'A') {
				t.Fatalf("%q becomes %q: byte %d differs", in, got, i)
			}
		}
	})
}
