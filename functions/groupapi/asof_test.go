package groupapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupapi"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/cursor"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// end returns the last line of an export.
func (d *desk) end(tb testing.TB) groupapi.End {
	tb.Helper()
	w := d.ask(all, "/v1/export")
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	var last groupapi.Exported
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || w.Code != http.StatusOK || last.End == nil {
		tb.Fatalf("an export with status %d ends with %s: %v", w.Code, lines[len(lines)-1], err)
	}
	return *last.End
}

// An answer is as of when Google was asked for the oldest part of it: about any group, when all of them
// were listed; about one, when its members were read.
func TestAnswersAreAsOfTheirOldestPart(t *testing.T) {
	d := open(t)
	d.company(t)
	d.Clock.Advance(time.Hour)
	listed := d.Clock.Now()
	if err := d.mirror.PutCensus(t.Context(), mirror.Census{Groups: 4, Memberships: 9, People: 5, At: listed}); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Hour)
	followed := d.Clock.Now()
	for _, application := range []string{"admin", "groups_enterprise"} {
		if err := cursor.Set(t.Context(), d.Store, "poll-"+application, cursor.Cursor{At: followed}); err != nil {
			t.Fatal(err)
		}
	}
	d.put(t, "g1", "data@example.com", user("aiko"))
	read := d.Clock.Now()
	d.Clock.Advance(time.Hour)
	d.giveSettings(t, "g1")
	told := d.Clock.Now()
	d.Clock.Advance(time.Hour)
	for path, want := range map[string]time.Time{
		"/v1/groups": listed, "/v1/people/aiko/groups": listed, "/v1/groups/g1": read, "/v1/groups/g1/members": read,
		"/v1/groups/g1/members?effective=true": read, "/v1/groups/g1/why/aiko": listed, "/v1/groups/g1/settings": told,
		"/v1/changes": d.Clock.Now().Add(-time.Minute),
	} {
		var data any
		answer := d.answer(t, all, path, &data)
		if !answer.AsOf.Equal(want) || !answer.WatchedUntil.Equal(followed) || !answer.Complete {
			t.Errorf("%s: as of %s, watched until %s, complete %t; want %s, %s, true", path, answer.AsOf, answer.WatchedUntil, answer.Complete, want, followed)
		}
	}
	if end := d.end(t); !end.AsOf.Equal(listed) || !end.WatchedUntil.Equal(followed) || !end.Complete {
		t.Errorf("the export ends with %+v; want as of %s, watched until %s, complete", end, listed, followed)
	}
}

// What is known not to be whole is called so on every path that shows it.
func TestWhatIsNotWholeIsNotCalledSo(t *testing.T) {
	const one, members, effective, outer = "/v1/groups/g2", "/v1/groups/g2/members", "/v1/groups/g2/members?effective=true", "/v1/groups/g1/members?effective=true"
	for name, test := range map[string]struct {
		happens func(t *testing.T, d *desk)
		partial []string // the paths of which the answer is not complete
		export  bool
	}{
		"a group that changed and was not read": {func(t *testing.T, d *desk) {
			if err := d.mirror.SetDue(t.Context(), "g2", d.Clock.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
		}, []string{one, members, effective, outer}, false},
		"a nested group that nobody knows": {func(t *testing.T, d *desk) {
			d.put(t, "g2", "inner@example.com", user("lena"), nested("g9", "elsewhere@partner.example"))
		}, []string{effective, outer}, true},
		"nothing": {func(*testing.T, *desk) {}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			d.company(t)
			test.happens(t, d)
			d.Clock.Advance(2 * time.Second)
			want := map[string]bool{one: true, members: true, effective: true, outer: true}
			for _, path := range test.partial {
				want[path] = false
			}
			for path, whole := range want {
				var data any
				if got := d.answer(t, all, path, &data).Complete; got != whole {
					t.Errorf("%s is complete: %t, want %t", path, got, whole)
				}
			}
			if got := d.end(t).Complete; got != test.export {
				t.Errorf("the export is complete: %t, want %t", got, test.export)
			}
		})
	}
}

// A page of changes has no more than was asked for.
func TestAPageOfChangesIsNoLongerThanAskedFor(t *testing.T) {
	d := open(t)
	d.company(t)
	d.Clock.Advance(time.Minute)
	var list []groupapi.Change
	for _, limit := range []string{"1", "3"} {
		answer := d.answer(t, all, "/v1/changes?since=2026-11-22T00:00:00Z&limit="+limit, &list)
		if want := int(limit[0] - '0'); len(list) != want || answer.Complete {
			t.Errorf("limit=%s: %d changes, complete %t; want %d and false", limit, len(list), answer.Complete, want)
		}
	}
}

// A transaction notes the time before it commits, and an earlier one may commit later: what is younger
// than that may take is not told yet, and so nobody's cursor gets past what is still to come.
func TestAChangeThatCommitsLateIsTold(t *testing.T) {
	d := open(t)
	d.company(t)
	d.Clock.Advance(time.Minute)
	var list []groupapi.Change
	next := d.answer(t, all, "/v1/changes", &list).Next
	d.Clock.Advance(time.Minute)
	begins := d.Clock.Now() // of a slow transaction
	d.Clock.Advance(time.Second)
	d.put(t, "g4", "board@example.com", user("aiko"))
	d.Clock.Advance(50 * time.Second)
	next = d.answer(t, all, "/v1/changes?cursor="+next, &list).Next
	if len(list) != 0 {
		t.Errorf("told at once: %+v", list)
	}
	slow := d.mirror.Fed(brake.Brake{Percent: 2, Max: 2000, Least: 50}, func() time.Time { return begins })
	s := group.Snapshot{Group: group.Group{ID: "g3", Email: "deep@example.com"}, Members: []group.Member{user("mia")}, Read: d.Clock.Now()}
	if _, err := slow.Replace(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Minute)
	d.answer(t, all, "/v1/changes?cursor="+next, &list)
	if len(list) != 2 || list[0].Group != "g3" || list[1].Group != "g4" {
		t.Errorf("told %+v, want both", list)
	}
}
