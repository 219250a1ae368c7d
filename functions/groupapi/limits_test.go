package groupapi_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupapi"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/cursor"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// chain puts groups into one another, each with the one after it, and lena into the last.
func (d *desk) chain(tb testing.TB, length int) {
	tb.Helper()
	for i := range length {
		member := nested(fmt.Sprint("c", i+1), fmt.Sprintf("chain%d@example.com", i+1))
		if i == length-1 {
			member = user("lena")
		}
		d.put(tb, fmt.Sprint("c", i), fmt.Sprintf("chain%d@example.com", i), member)
	}
}

// What somebody nests to do harm costs one refusal, not the memory of the function.
func TestNestingThatGoesTooFar(t *testing.T) {
	for name, test := range map[string]struct {
		build  func(tb testing.TB, d *desk)
		top    string
		status int
	}{
		"forty in one another":    {func(tb testing.TB, d *desk) { d.chain(tb, 40) }, "c0", http.StatusOK},
		"sixty in one another":    {func(tb testing.TB, d *desk) { d.chain(tb, 60) }, "c0", http.StatusUnprocessableEntity},
		"more beside one another": {func(tb testing.TB, d *desk) { d.fan(tb, 2100) }, "top", http.StatusUnprocessableEntity},
		"as many as may be":       {func(tb testing.TB, d *desk) { d.fan(tb, 1900) }, "top", http.StatusOK},
		"a group that contains itself": {func(tb testing.TB, d *desk) {
			d.put(tb, "self", "self@example.com", user("lena"), nested("self", "self@example.com"))
		}, "self", http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			d.company(t)
			test.build(t, d)
			d.Clock.Advance(time.Minute)
			for _, path := range []string{"/v1/groups/" + test.top + "/members?effective=true", "/v1/groups/" + test.top + "/why/lena"} {
				w := d.ask(all, path)
				if w.Code != test.status || test.status != http.StatusOK && !strings.Contains(w.Body.String(), "/v1/problems/too-large") {
					t.Errorf("%s: status %d, want %d: %.200s", path, w.Code, test.status, w.Body)
				}
			}
		})
	}
}

// fan puts so many groups into one, and lena into the first.
func (d *desk) fan(tb testing.TB, width int) {
	tb.Helper()
	var inner []group.Member
	for i := range width {
		id, email := fmt.Sprint("f", i), fmt.Sprintf("fan%d@example.com", i)
		if i == 0 {
			d.put(tb, id, email, user("lena"))
		} else {
			d.put(tb, id, email)
		}
		inner = append(inner, nested(id, email))
	}
	d.put(tb, "top", "top@example.com", inner...)
}

func TestThePersonAtTheBottom(t *testing.T) {
	for length, want := range map[int]int{40: http.StatusOK, 60: http.StatusUnprocessableEntity} {
		d := open(t)
		d.company(t)
		d.chain(t, length)
		if w := d.ask(all, "/v1/people/lena/groups?effective=true"); w.Code != want {
			t.Errorf("%d groups in one another: status %d, want %d", length, w.Code, want)
		}
		if w := d.ask(all, "/v1/people/lena/groups"); w.Code != http.StatusOK {
			t.Errorf("%d groups in one another: status %d for the direct ones", length, w.Code)
		}
	}
}

// Somebody may be a direct member of as many groups as there are.
func TestSomebodyInVeryManyGroups(t *testing.T) {
	d := open(t)
	d.company(t)
	const many = 2_050
	for i := range many {
		d.put(t, fmt.Sprint("m", i), fmt.Sprintf("many%d@example.com", i), user("noor"))
	}
	d.Clock.Advance(time.Minute)
	for _, query := range []string{"?", "?effective=true&"} {
		seen, next := 0, ""
		for range 10 {
			var list []groupapi.Membership
			answer := d.answer(t, all, "/v1/people/noor/groups"+query+"limit=1000&cursor="+next, &list)
			seen += len(list)
			if next = answer.Next; next == "" {
				break
			}
		}
		if seen != many {
			t.Errorf("%s: %d groups, want %d", query, seen, many)
		}
	}
}

// The largest page that may be asked for is given on every path that has pages, and what is left
// is on the next one.
func TestTheLargestPage(t *testing.T) {
	d := open(t)
	const most, total = 1000, 1003
	var crowd []group.Member
	for i := range total {
		crowd = append(crowd, user(fmt.Sprint("u", i)))
		d.put(t, fmt.Sprint("m", i), fmt.Sprintf("many%d@example.com", i), user("noor"))
	}
	if err := d.mirror.PutPeople(t.Context(), []group.Person{{ID: "noor", Email: "noor@example.com"}}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	since := d.Clock.Now().Add(-24 * time.Hour).Format(time.RFC3339)
	d.Clock.Advance(time.Minute)
	for _, path := range []string{"/v1/groups?", "/v1/changes?since=" + since + "&", "/v1/people/noor/groups?", "/v1/people/noor/groups?effective=true&"} {
		d.twoPages(t, path, most, total)
	}
	d.put(t, "crowd", "crowd@example.com", crowd...)
	for _, path := range []string{"/v1/groups/crowd/members?", "/v1/groups/crowd/members?effective=true&"} {
		d.twoPages(t, path, most, total)
	}
}

// twoPages asks for as many things as it may on a path with so many in all, and for the rest.
func (d *desk) twoPages(t *testing.T, path string, most, total int) {
	t.Helper()
	var list []any
	answer := d.answer(t, all, fmt.Sprint(path, "limit=", most), &list)
	if len(list) != most || answer.Next == "" {
		t.Errorf("%s: %d on the first page, next %q; want %d and a cursor", path, len(list), answer.Next, most)
	}
	if d.answer(t, all, fmt.Sprint(path, "limit=", most, "&cursor=", answer.Next), &list); len(list) != total-most {
		t.Errorf("%s: %d on the second page, want %d", path, len(list), total-most)
	}
}

// The shortest reasons come first, and all of them come, page by page.
func TestTheShortestReasons(t *testing.T) {
	d := open(t)
	d.company(t)
	members := []group.Member{user("noor")}
	for i := range 30 {
		id, email := fmt.Sprintf("a%02d", i), fmt.Sprintf("inner%02d@example.com", i)
		d.put(t, id, email, user("noor"))
		members = append(members, nested(id, email))
	}
	d.put(t, "z", "outer@example.com", members...)
	var got []string
	for path, pages := "/v1/groups/z/why/noor?limit=10", 0; path != "" && pages < 10; pages++ {
		var paths []groupapi.Path
		answer := d.answer(t, all, path, &paths)
		if len(paths) > 10 || !answer.Complete {
			t.Errorf("page %d: %d reasons, complete %t", pages, len(paths), answer.Complete)
		}
		for _, p := range paths {
			got = append(got, strings.Join(p.Groups, " "))
		}
		if path = ""; answer.Next != "" {
			path = "/v1/groups/z/why/noor?limit=10&cursor=" + answer.Next
		}
	}
	want := []string{"outer@example.com"}
	for i := range 30 {
		want = append(want, fmt.Sprintf("inner%02d@example.com outer@example.com", i))
	}
	if !slices.Equal(got, want) {
		t.Errorf("reasons %q, want %q", got, want)
	}
	if w := d.ask(all, "/v1/groups/z/why/noor?cursor=none"); w.Code != http.StatusBadRequest {
		t.Errorf("a cursor that is none: status %d", w.Code)
	}
}

// An answer is complete only where no group is left whose members are not known: anybody may be in
// it; and where the brake keeps nobody in a group of the answer.
func TestAnswersThatMayLackAGroupSaySo(t *testing.T) {
	ctx := context.Background()
	d := open(t)
	d.company(t)
	expect := func(when string, want map[string]bool) {
		t.Helper()
		d.Clock.Advance(2 * time.Second)
		for path, complete := range want {
			var data any
			if got := d.answer(t, all, path, &data).Complete; got != complete {
				t.Errorf("%s: %s is complete: %t, want %t", when, path, got, complete)
			}
		}
	}
	const groups, aiko, ken, whyInner, whyBoard = "/v1/groups", "/v1/people/aiko/groups", "/v1/people/ken/groups", "/v1/groups/g2/why/mia", "/v1/groups/g4/why/ken"
	expect("at rest", map[string]bool{groups: true, aiko: true, ken: true, whyInner: true, whyBoard: true})
	if err := d.mirror.PutDetails(ctx, []group.Group{{ID: "g5", Email: "fresh@example.com"}}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	expect("a group that was not read yet", map[string]bool{groups: false, aiko: false, ken: false, whyInner: true, whyBoard: true})
	if _, err := d.mirror.PutMembers(ctx, "g5", []group.Member{user("lena")}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	expect("when it was read", map[string]bool{groups: true, aiko: true, ken: true, whyInner: true, whyBoard: true})
	if err := d.mirror.SetDue(ctx, "g1", d.Clock.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	expect("a group that changed and could not be read", map[string]bool{groups: false, aiko: false, ken: false, whyInner: false, whyBoard: true})
	d.put(t, "g1", "data@example.com", user("ken"), user("aiko"), nested("g2", "inner@example.com"))

	// The brake keeps those whom a reading lacks.
	var crowd []group.Member
	for i := range 60 {
		crowd = append(crowd, user(fmt.Sprint("p", i)))
	}
	d.put(t, "g4", "board@example.com", append(crowd, user("ken"))...)
	if err := d.mirror.PutCensus(ctx, mirror.Census{Groups: 5, Memberships: 70, People: 5, At: d.Clock.Now()}); err != nil {
		t.Fatal(err)
	}
	expect("before the brake holds anybody", map[string]bool{aiko: true, ken: true, whyBoard: true})
	d.put(t, "g4", "board@example.com", user("ken"))
	expect("while the brake holds some", map[string]bool{groups: false, aiko: true, ken: false, whyBoard: false})
}

// What is older than the client accepts is not answered, on any path; what can be read again is.
func TestNothingOlderThanWanted(t *testing.T) {
	for path, queue := range map[string]string{
		"/v1/groups": "", "/v1/people/ken/groups": "", "/v1/export": "", "/v1/groups/g1/why/ken": event.QueueDirectory,
		"/v1/groups/g1": event.QueueDirectory, "/v1/groups/g1/members": event.QueueDirectory, "/v1/groups/g1/settings": event.QueueSettings,
	} {
		d := open(t)
		d.company(t)
		ctx := context.Background()
		if err := d.mirror.UpdateSettings(ctx, "g1", func(s *mirror.Settings) { s.Read = d.Clock.Now() }); err != nil {
			t.Fatal(err)
		}
		d.Clock.Advance(time.Hour)
		if w := d.ask(all, path+"?max_age=7200"); w.Code != http.StatusOK {
			t.Errorf("%s: status %d of what is young enough", path, w.Code)
		}
		for range 3 {
			w := d.ask(all, path+"?max_age=60")
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "/v1/problems/stale") {
				t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
			}
		}
		tasks := d.Queue.Tasks()
		if len(tasks) > 1 || queue == "" && len(tasks) > 0 || queue != "" && (len(tasks) == 0 || tasks[0].Queue != queue) {
			t.Errorf("%s: tasks %v, want one of %q", path, tasks, queue)
		}
	}
}

// Settings are as old as they are, however lately the members were read.
func TestSettingsHaveAnAgeOfTheirOwn(t *testing.T) {
	d := open(t)
	d.company(t)
	if err := d.mirror.UpdateSettings(context.Background(), "g1", func(s *mirror.Settings) { s.Read = d.Clock.Now() }); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Hour)
	d.put(t, "g1", "data@example.com", user("ken"), user("aiko"), nested("g2", "inner@example.com"))
	if w := d.ask(all, "/v1/groups/g1/settings?max_age=60"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// Many differences of one instant are told once each, however small the pages are.
func TestManyChangesAtOnce(t *testing.T) {
	d := open(t)
	d.company(t)
	d.Clock.Advance(time.Minute)
	var list []groupapi.Change
	cursor := d.answer(t, all, "/v1/changes", &list).Next
	d.Clock.Advance(time.Minute)
	var renamed []group.Group
	for _, id := range []string{"g1", "g2", "g3", "g4"} {
		renamed = append(renamed, group.Group{ID: id, Email: "new." + id + "@example.com"})
	}
	if err := d.mirror.PutDetails(context.Background(), renamed, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Minute)
	for _, limit := range []int{1, 2, 3, 4, 100} {
		var got []string
		complete := false
		for at, pages := cursor, 0; pages < 10 && !complete; pages++ {
			answer := d.answer(t, all, fmt.Sprintf("/v1/changes?limit=%d&cursor=%s", limit, at), &list)
			for _, c := range list {
				got = append(got, c.Group)
			}
			at, complete = answer.Next, answer.Complete
		}
		if !slices.Equal(got, []string{"g1", "g2", "g3", "g4"}) || !complete {
			t.Errorf("by %d: %v, complete %t", limit, got, complete)
		}
	}
}

func TestAMirrorThatWasNeverListedIsNotComplete(t *testing.T) {
	d := open(t)
	d.put(t, "g1", "data@example.com", user("ken"))
	if err := d.mirror.PutPeople(context.Background(), []group.Person{{ID: "ken", Email: "ken@example.com"}}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/groups", "/v1/people/ken/groups", "/v1/groups/g1/why/ken"} {
		var data any
		if d.answer(t, all, path, &data).Complete {
			t.Errorf("%s is complete", path)
		}
	}
}

// An answer says up to when all logs were followed: as far as the one that is furthest behind.
func TestAnswersSayHowFarTheLogsWereFollowed(t *testing.T) {
	d := open(t)
	d.company(t)
	ctx := context.Background()
	near, far := d.Clock.Now(), d.Clock.Now().Add(-time.Hour)
	for _, order := range [][2]time.Time{{near, far}, {far, near}} {
		for i, application := range []string{"admin", "groups_enterprise"} {
			if err := cursor.Set(ctx, d.Store, "poll-"+application, cursor.Cursor{At: order[i]}); err != nil {
				t.Fatal(err)
			}
		}
		d.Clock.Advance(2 * time.Second)
		for _, path := range []string{"/v1/groups", "/v1/groups/g1", "/v1/groups/g1/members", "/v1/people/ken/groups", "/v1/groups/g1/why/ken", "/v1/changes"} {
			var data any
			if got := d.answer(t, all, path, &data).WatchedUntil; !got.Equal(far) {
				t.Errorf("%s was watched until %s, want %s", path, got, far)
			}
		}
	}
}

// An answer about any group is as young as the logs were followed: nobody lists everything anew for
// one question.
func TestWhatIsWatchedIsYoung(t *testing.T) {
	for _, path := range []string{"/v1/groups", "/v1/people/ken/groups", "/v1/export", "/v1/groups/g4/why/ken"} {
		d := open(t)
		d.company(t)
		d.Clock.Advance(2 * time.Hour)
		d.put(t, "g4", "board@example.com", user("ken"))
		if w := d.ask(all, path+"?max_age=600"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "60" {
			t.Errorf("%s: status %d, again after %q, before the logs were read", path, w.Code, w.Header().Get("Retry-After"))
		}
		for _, application := range []string{"admin", "groups", "groups_enterprise"} {
			if err := cursor.Set(t.Context(), d.Store, "poll-"+application, cursor.Cursor{At: d.Clock.Now().Add(-5 * time.Minute)}); err != nil {
				t.Fatal(err)
			}
		}
		d.Clock.Advance(2 * time.Second) // what it remembers is a second old at most
		if w := d.ask(all, path+"?max_age=600"); w.Code != http.StatusOK {
			t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
		}
		if w := d.ask(all, path+"?max_age=60"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d of what is five minutes old", path, w.Code)
		}
	}
}

// Groups in the group are a part of the answer: it is as old as the oldest of them, and what is too
// old is read.
func TestNestedGroupsHaveAnAgeToo(t *testing.T) {
	for path, young := range map[string]string{
		"/v1/groups/g1/members?effective=true": "&max_age=60", "/v1/groups/g1/why/mia": "?max_age=60",
	} {
		d := open(t)
		d.company(t)
		before := d.Clock.Now()
		d.Clock.Advance(24 * time.Hour)
		d.put(t, "g1", "data@example.com", user("aiko"), nested("g2", "inner@example.com"))
		if err := d.mirror.PutCensus(t.Context(), mirror.Census{Groups: 4, Memberships: 8, People: 5, At: d.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		var data any
		if a := d.answer(t, all, path, &data); a.AsOf.After(before) {
			t.Errorf("%s is as of %s, want no later than %s", path, a.AsOf, before)
		}
		if w := d.ask(all, path+young); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
		}
		if tasks := d.Queue.Take(event.QueueDirectory); len(tasks) != 2 {
			t.Errorf("%s: %d readings were planned, want those of the two groups in it", path, len(tasks))
		}
	}
}

// Who asks again and again never loses the place, however long nothing changes.
func TestAQuietMonthForgetsNothing(t *testing.T) {
	d := open(t)
	d.company(t)
	d.Clock.Advance(time.Minute)
	var data []groupapi.Change
	next := d.answer(t, all, "/v1/changes", &data).Next
	for range 8 {
		d.Clock.Advance(5 * 24 * time.Hour)
		next = d.answer(t, all, "/v1/changes?cursor="+next, &data).Next
	}
	d.put(t, "g4", "board@example.com", user("aiko"))
	d.Clock.Advance(time.Minute)
	for i, want := range []int{1, 0} {
		next = d.answer(t, all, "/v1/changes?cursor="+next, &data).Next
		if len(data) != want {
			t.Errorf("asked for the %d. time after the change: %v", i+1, data)
		}
	}
}

// A difference whose transaction took a while to commit appears after others have asked: whoever follows
// the feed hears of it, and once only.
func TestADifferenceThatAppearsLateIsHeardOf(t *testing.T) {
	for _, late := range []time.Duration{0, 12 * time.Second, time.Minute, 30 * time.Minute} {
		for _, quiet := range []time.Duration{time.Minute, 3 * time.Hour} { // before it
			d := open(t)
			d.company(t)
			d.Clock.Advance(time.Minute)
			var data []groupapi.Change
			next := d.answer(t, all, "/v1/changes", &data).Next
			d.Clock.Advance(quiet)
			next = d.answer(t, all, "/v1/changes?cursor="+next, &data).Next
			d.Clock.Advance(time.Minute + late) // of which nobody has heard yet
			next = d.answer(t, all, "/v1/changes?cursor="+next, &data).Next
			d.Clock.Advance(-late)
			d.put(t, "g4", "board@example.com", user("aiko"))
			d.Clock.Advance(late + time.Minute)
			for i, want := range []int{1, 0, 0} {
				next = d.answer(t, all, "/v1/changes?cursor="+next, &data).Next
				if len(data) != want {
					t.Errorf("%s after its time and %s of quiet, asked for the %d. time: %v", late, quiet, i+1, data)
				}
				d.Clock.Advance(40 * time.Minute)
			}
		}
	}
}

// An answer that is remembered is forgotten for a difference that appears late too.
func TestTheMemoryHearsOfADifferenceThatAppearsLate(t *testing.T) {
	for _, late := range []time.Duration{0, 12 * time.Second, time.Minute} {
		d := open(t)
		d.company(t)
		in := func() []groupapi.Membership {
			var data []groupapi.Membership
			d.answer(t, all, "/v1/people/aiko/groups", &data)
			return data
		}
		before := len(in())
		d.Clock.Advance(late + time.Second)
		in()
		d.Clock.Advance(-late)
		d.put(t, "g4", "board@example.com", user("ken"), user("aiko"))
		d.Clock.Advance(late + time.Minute)
		if got := in(); len(got) != before+1 {
			t.Errorf("%s after its time: %d groups, want %d", late, len(got), before+1)
		}
	}
}

// A client that sees some groups only hears that one of them is not one of these any more, and not what
// it is called by now.
func TestAClientHearsThatAGroupLeftItsSight(t *testing.T) {
	d := open(t)
	d.company(t)
	d.Clock.Advance(time.Minute)
	var data []groupapi.Change
	next := d.answer(t, narrow, "/v1/changes", &data).Next
	d.put(t, "g1", "secret@example.com", user("aiko"), user("ken"))
	d.Clock.Advance(time.Minute)
	next = d.answer(t, narrow, "/v1/changes?cursor="+next, &data).Next
	if len(data) != 1 || data[0].Email != "data@example.com" || !slices.Equal(data[0].Parts, []group.Part{group.Deleted}) || len(data[0].Added)+len(data[0].Removed) > 0 {
		t.Errorf("the client hears %+v", data)
	}
	d.put(t, "g1", "data@example.com", user("aiko"), user("ken"))
	d.Clock.Advance(time.Minute)
	d.answer(t, narrow, "/v1/changes?cursor="+next, &data)
	if len(data) != 1 || data[0].Email != "data@example.com" || !slices.Contains(data[0].Parts, group.Renamed) {
		t.Errorf("when it is back the client hears %+v", data)
	}
}
