package grouprefresh_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// A page in the middle is delivered twice, the second time after its successor was read and somebody was added who
// comes before it: nobody who was there all the time is lost.
func TestAPageThatComesTwice(t *testing.T) {
	c := large(t, 700)
	r := openCompany(t, c)
	var all []string
	for i := range 700 {
		all = append(all, fmt.Sprintf("u%05d@example.com", i*10))
	}
	r.through(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !strings.HasPrefix(q.URL.Path, "/admin/directory/v1/groups/") {
			r.workspace.ServeHTTP(w, q)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if !strings.HasSuffix(q.URL.Path, "/members") {
			_ = json.NewEncoder(w).Encode(map[string]any{"id": "gall", "email": "all@example.com", "directMembersCount": fmt.Sprint(len(all))})
			return
		}
		var ms []map[string]any
		page := map[string]any{}
		for _, a := range all {
			if a <= q.URL.Query().Get("pageToken") { // the token is the last one listed
				continue
			}
			if len(ms) == 200 {
				page["nextPageToken"] = ms[199]["email"]
				break
			}
			ms = append(ms, map[string]any{"id": "id" + a[:6], "email": a, "type": "USER", "role": "MEMBER", "status": "ACTIVE"})
		}
		page["members"] = ms
		_ = json.NewEncoder(w).Encode(page)
	}))
	r.refresh("all@example.com")
	if got := r.members(t, "all@example.com"); len(got) != 700 {
		t.Fatalf("%d", len(got))
	}
	r.Clock.Advance(2 * time.Hour)
	r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: "all@example.com", Noticed: r.Clock.Now()}))
	next := func() queue.Task {
		t.Helper()
		r.Clock.Advance(time.Second)
		ts := r.Queue.Take(event.QueueDirectory)
		if len(ts) != 1 {
			t.Fatalf("tasks %v", ts)
		}
		if s := r.Do(r.handler, r.Task(ts[0])); s != 200 {
			t.Fatalf("status %d %s", s, r.Log)
		}
		return ts[0]
	}
	next()           // page 0
	second := next() // page 1
	next()           // page 2, from the token of page 1
	all = append(all, "u02005@example.com")
	copy(all[202:], all[201:700])
	all[201] = "u02005@example.com"
	r.Clock.Advance(time.Second)
	left := r.Queue.Take(event.QueueDirectory) // the last page
	r.Calls.Made()
	r.Do(r.handler, r.Task(second)) // delivered once more
	if made := r.Calls.Made(); len(made) > 0 {
		t.Errorf("the page is there, and is read once more: %v", made)
	}
	for _, task := range left {
		r.Do(r.handler, r.Task(task))
	}
	got := r.members(t, "all@example.com")
	have := map[string]bool{}
	for _, m := range got {
		have[m] = true
	}
	for _, a := range all {
		if !have[a] && a != "u02005@example.com" { // whom the notification of their joining brings
			t.Errorf("%s is a member all the time and the mirror lost them (%d members, Google has %d)", a, len(got), len(all))
		}
	}
}

// A group of another company that is listed without an id is asked for by its address, and the group that has it is
// stored.
func TestANestedGroupWithoutAnID(t *testing.T) {
	for _, email := range []string{"team@other.com", "a/b@other.com"} {
		r := openCompany(t, large(t, 5))
		r.refresh("all@example.com")
		id := r.workspace.GroupID("all@example.com")
		r.through(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if !strings.HasSuffix(q.URL.Path, "/members") {
				r.workspace.ServeHTTP(w, q)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"members":[{"email":%q,"type":"GROUP","role":"MEMBER"},{"id":"1","email":"a@example.com","type":"USER","role":"MEMBER"},{"id":"2","type":"USER"},{"id":"3","type":"USER"},{"id":"4","type":"USER"},{"id":"5","type":"USER"}]}`, email)
		}))
		r.Clock.Advance(time.Hour)
		status := r.Do(r.handler, r.Envelope(event.ReadMembers{Group: id, Since: r.Clock.Now()}))
		if got := r.members(t, "all@example.com"); status != http.StatusOK || !slices.Contains(got, email) || strings.Contains(r.Log.String(), "quarantine") {
			t.Errorf("%s: status %d, members %v, log %s", email, status, got, r.Log)
		}
	}
}

// A nested group that is new here was perhaps renamed since the group that has it was read.
func TestANewGroupIsCarriedIntoOthers(t *testing.T) {
	r := openCompany(t, large(t, 5))
	r.refresh("all@example.com")
	outer, inner := r.workspace.GroupID("g000@example.com"), r.workspace.GroupID("g001@example.com")
	m := r.mirror
	if err := m.PutDetails(t.Context(), []group.Group{{ID: outer, Email: "g000@example.com"}}, r.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.PutMembers(t.Context(), outer, []group.Member{{ID: inner, Email: "former@example.com", Type: group.Nested, Role: group.Plain}}, r.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := m.PutCensus(t.Context(), mirror.Census{Groups: 301, Memberships: 1000}); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(time.Minute)
	r.refresh("g001@example.com")
	if got := r.members(t, "g000@example.com"); !slices.Equal(got, []string{"g001@example.com"}) {
		t.Errorf("the outer group has %v", got)
	}
}

// Very many who join at once are not all looked up: the group is read once more at once, and complete then.
func TestAGroupThatVeryManyJoinIsReadOnceMore(t *testing.T) {
	for _, joining := range []int{150, 250} {
		c := large(t, 5)
		for i := range joining {
			c.People = append(c.People, org.Person{Email: fmt.Sprintf("joins%04d@example.com", i)})
		}
		r := openCompany(t, c)
		r.tick(t, grouprefresh.JobWalk)
		r.work(t)
		for i := range joining {
			if err := r.workspace.AddMember("all@example.com", fmt.Sprintf("joins%04d@example.com", i), "MEMBER", ""); err != nil {
				t.Fatal(err)
			}
		}
		r.Clock.Advance(time.Hour)
		id := r.workspace.GroupID("all@example.com")
		if status := r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: id, Noticed: r.Clock.Now()})); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		r.work(t)
		h, err := r.mirror.Find(t.Context(), id)
		if err != nil || !h.Complete() || h.Members != 5+joining {
			t.Errorf("%d join: complete %t with %d members, %v", joining, h.Complete(), h.Members, err)
		}
	}
}
