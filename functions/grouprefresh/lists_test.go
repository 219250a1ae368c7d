package grouprefresh_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// refusing answers like Google to a page that it will not give, whatever the token.
type refusing struct{ next http.RoundTripper }

func (d refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/groups") || r.URL.Query().Get("pageToken") == "" {
		return d.next.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"error":{"code":400,"message":"Invalid Input","errors":[{"reason":"invalid"}]}}`)),
	}, nil
}

// A page of groups that is refused for good ends the walk, and nobody is missed for that.
func TestAWalkThatCannotGoOnEnds(t *testing.T) {
	r := openCompany(t, large(t, 50))
	r.tick(t, grouprefresh.JobWalk)
	r.walkAll(t)
	before, err := r.mirror.Census(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.Outbound = refusing{r.Outbound}
	r.handler = r.Build(grouprefresh.Function)
	r.Clock.Advance(24 * time.Hour)
	r.lists()
	r.Do(r.handler, r.Envelope(event.Walk{Run: "refused"}))
	r.walkAll(t)
	w, err := r.mirror.Walk(t.Context())
	if err != nil || w.Phase != mirror.WalkDone || !w.Short || len(w.Missing) != 0 {
		t.Errorf("walk %+v, %v; want one that ended early", w, err)
	}
	if pages, _ := r.lists(); pages != 9 {
		t.Errorf("%d pages were asked for, want 9: people and two pages of groups, three times", pages)
	}
	after, err := r.mirror.Census(t.Context())
	before.Short = true
	if err != nil || after != before {
		t.Errorf("census %+v, %v; want that of the walk before, %+v", after, err, before)
	}
	if !strings.Contains(r.Log.String(), "a walk cannot go on") {
		t.Error("nothing is logged")
	}
}

// The walk that fills the mirror begins its lists anew, ends early, and is followed by another one. The
// groups that were listed count all the time: a percentage is taken of them.
func TestGroupsCountWhileTheFirstWalkBeginsAnew(t *testing.T) {
	r := openCompany(t, large(t, 50))
	r.Outbound = refusing{r.Outbound}
	r.handler = r.Build(grouprefresh.Function)
	for night, pages := range []int{9, 1} {
		r.tick(t, grouprefresh.JobWalk)
		for page := range pages {
			for _, task := range r.Queue.Take(event.QueueDirectory) {
				if !strings.Contains(task.Name, "-page-") {
					continue
				}
				if status := r.Do(r.handler, r.Task(task)); status != http.StatusOK {
					t.Fatalf("task %s: status %d\n%s", task.Name, status, r.Log)
				}
			}
			listed := 0
			if err := r.mirror.Groups(t.Context(), func(mirror.Header) error { listed++; return nil }); err != nil {
				t.Fatal(err)
			}
			if n, err := r.mirror.Count(t.Context()); n != listed || err != nil || night+page > 0 && n < 200 {
				t.Errorf("night %d, page %d: %d groups are counted, %v; the mirror has %d", night, page, n, err, listed)
			}
		}
		if w, err := r.mirror.Walk(t.Context()); err != nil || w.Short != (night == 0) {
			t.Errorf("night %d: walk %+v, %v; want the first to end early and the second to be under way", night, w, err)
		}
		r.Clock.Advance(24 * time.Hour)
	}
}

// A list that lies by leaving out: an empty page with a successor, an end that comes early, an
// empty list, a circle. None removes a group or a person, and none is paid for with a call for each.
func TestListsThatLie(t *testing.T) {
	for _, list := range []string{"groups", "users"} {
		t.Run(list, func(t *testing.T) { listsThatLie(t, "/admin/directory/v1/"+list) })
	}
}

func listsThatLie(t *testing.T, list string) {
	for _, test := range []struct {
		name string
		lie  func(page map[string]any, token string) map[string]any
	}{
		{"an end that comes early", func(page map[string]any, token string) map[string]any {
			delete(page, "nextPageToken")
			return page
		}},
		{"nothing at all", func(map[string]any, string) map[string]any { return map[string]any{} }},
		{"an empty page with a successor", func(page map[string]any, token string) map[string]any {
			if token == "" {
				return map[string]any{"nextPageToken": "second"}
			}
			return page
		}},
		{"the first page again and again", func(page map[string]any, token string) map[string]any {
			page["nextPageToken"] = token + "x"
			return page
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := openCompany(t, large(t, 10))
			r.tick(t, grouprefresh.JobWalk)
			r.work(t)
			before, err := r.mirror.Census(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			r.through(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				if q.URL.Path != list {
					r.workspace.ServeHTTP(w, q)
					return
				}
				token := q.URL.Query().Get("pageToken")
				plain := q.Clone(q.Context())
				values := plain.URL.Query()
				values.Del("pageToken")
				plain.URL.RawQuery = values.Encode()
				honest := &answered{header: http.Header{}, status: http.StatusOK}
				r.workspace.ServeHTTP(honest, plain)
				var page map[string]any
				if err := json.Unmarshal(honest.body.Bytes(), &page); err != nil {
					t.Error(err)
				}
				w.Header().Set("Content-Type", "application/json")
				if err := json.NewEncoder(w).Encode(test.lie(page, token)); err != nil {
					t.Error(err)
				}
			}))
			r.Clock.Advance(24 * time.Hour)
			r.tick(t, grouprefresh.JobWalk)
			r.Calls.Made()
			gets := 0
			for range 50 {
				tasks := r.Queue.Take(event.QueueDirectory)
				for _, task := range tasks {
					r.Do(r.handler, r.Task(task))
				}
			}
			for _, c := range r.Calls.Made() {
				if strings.HasPrefix(c.Path, "/admin/directory/v1/groups/") && !strings.HasSuffix(c.Path, "/members") {
					gets++
				}
			}
			if gets > 110 {
				t.Errorf("%d groups were asked for one by one", gets)
			}
			n := 0
			if err := r.mirror.Groups(context.Background(), func(mirror.Header) error { n++; return nil }); err != nil {
				t.Fatal(err)
			}
			if n != 301 {
				t.Errorf("%d groups in the mirror, want 301", n)
			}
			active := 0
			if err := r.mirror.People(context.Background(), func(p group.Person) error {
				if !p.Suspended {
					active++
				}
				return nil
			}); err != nil || active != before.People {
				t.Errorf("%d people in the mirror, %v; want %d", active, err, before.People)
			}
			// Nobody takes such a list for a count of the company.
			if c, err := r.mirror.Census(context.Background()); err != nil || c.Groups != 301 || c.People != before.People {
				t.Errorf("census %+v, %v", c, err)
			}
		})
	}
}

// Several readings of one group find at about the same time that they cannot be believed: one follows
// them, which is later than all of them, and so on.
func TestReadingsInDoubtAreFollowedByOne(t *testing.T) {
	r := openCompany(t, large(t, 50))
	r.tick(t, grouprefresh.JobWalk)
	r.walkAll(t)
	h, err := r.mirror.Find(t.Context(), "all@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, tries := range []int{0, 5, 11} {
		r.Clock.Advance(time.Hour - r.Clock.Now().Sub(r.Clock.Now().Truncate(10*time.Minute)))
		for range 10 {
			r.Clock.Advance(time.Millisecond)
			lost := event.ReadMembers{Group: h.Group.ID, Since: r.Clock.Now(), Began: r.Clock.Now(), Page: 1, Try: tries}
			if status := r.Do(r.handler, r.Envelope(lost)); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, r.Log)
			}
		}
		tasks := r.Queue.Take(event.QueueDirectory)
		if len(tasks) != 1 || !tasks[0].NotBefore.After(r.Clock.Now()) {
			t.Errorf("after %d tries ten readings are followed by %+v, want one that is later than all of them", tries, tasks)
		}
	}
}
