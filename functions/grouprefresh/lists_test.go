package grouprefresh_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

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
