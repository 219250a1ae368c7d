package grouprefresh_test

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// gets counts the groups that were asked for by themselves since the last call.
func (t *tenant) gets() int {
	n := 0
	for _, c := range t.Calls.Made() {
		if path.Base(path.Dir(c.Path)) == "groups" {
			n++
		}
	}
	return n
}

// A group is made, and put into another one before anybody has told of it: who is in the outer one is
// not known until the inner one was read, and that follows by itself.
func TestANestedGroupThatNobodyToldOfIsRead(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	const outer, inner = "analysts@example.com", "new@example.com"
	if err := r.workspace.CreateGroup(inner, "aiko@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := r.workspace.AddMember(outer, inner, "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	r.refresh(outer)
	everybody, err := r.mirror.Roster(t.Context(), outer)
	if err != nil {
		t.Fatalf("Roster: %v\n%s", err, r.Log)
	}
	found := false
	for _, m := range everybody {
		found = found || m.Email == "aiko@example.com"
	}
	if !found {
		t.Errorf("in %s: %v, want aiko@example.com too", outer, everybody)
	}
}

// Another company's group is asked for once in a while, however often the group is read that it is in:
// whether Google says that there is none, or that it is none of our business, or no key of a group. Where
// it does not say why, it is asked for an hour before that is concluded; where Google refuses everything,
// nothing is.
func TestAnotherCompanysGroupIsNobody(t *testing.T) {
	for _, test := range []struct {
		name, body string
		status     int
		asked      int // before anything is concluded
		refuses    bool
	}{
		{"not found", `{"error": {"code": 404, "message": "Resource Not Found: groupKey", "errors": [{"reason": "notFound"}]}}`, http.StatusNotFound, 1, false},
		{"forbidden", `{"error": {"code": 403, "message": "Not Authorized to access this resource/api", "errors": [{"reason": "forbidden"}]}}`, http.StatusForbidden, 1, false},
		{"no key", `{"error": {"code": 400, "message": "Invalid Input: groupKey", "errors": [{"reason": "invalid"}]}}`, http.StatusBadRequest, 1, false},
		{"no reason", `{"error": {"code": 403, "message": "Not Authorized to access this resource/api"}}`, http.StatusForbidden, 13, false},
		{"no rights", `{"error": {"code": 403, "message": "Request had insufficient authentication scopes.", "errors": [{"reason": "insufficientPermissions"}]}}`, http.StatusForbidden, 0, true},
		{"nobody to ask as", `{"error": {"code": 400, "message": "Precondition check failed.", "errors": [{"reason": "failedPrecondition"}]}}`, http.StatusBadRequest, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := open(t, cloudfntest.New(t))
			const outer, inner = "analysts@example.com", "theirs@example.com"
			if err := r.workspace.CreateGroup(inner, "aiko@example.com"); err != nil {
				t.Fatal(err)
			}
			if err := r.workspace.AddMember(outer, inner, "MEMBER", ""); err != nil {
				t.Fatal(err)
			}
			asked := 0
			r.through(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				var theirs string
				if s, err := r.mirror.Snapshot(q.Context(), outer); err == nil {
					for _, m := range s.Members {
						if m.Type == group.Nested {
							theirs = m.ID
						}
					}
				}
				if theirs == "" || !strings.HasSuffix(q.URL.Path, "/groups/"+theirs) {
					r.workspace.ServeHTTP(w, q)
					return
				}
				asked++
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			r.refresh(outer)
			if _, err := r.mirror.Roster(t.Context(), outer); errors.Is(err, mirror.ErrUnread) != test.refuses {
				t.Errorf("Roster: %v", err)
			}
			if test.refuses {
				return
			}
			for _, times := range []int{1, 1, 2, 2} {
				r.refresh(outer)
				if want := times * test.asked; asked != want {
					t.Errorf("asked %d times, want %d", asked, want)
				}
				r.Clock.Advance(8 * 24 * time.Hour)
				if _, err := r.mirror.Roster(t.Context(), outer); err != nil {
					t.Errorf("Roster: %v; want it forgotten at no time", err)
				}
			}
		})
	}
}

// While the mirror is filled, nested groups are met before the list comes to them: not one is asked for
// by itself.
func TestFillingAsksForNoNestedGroup(t *testing.T) {
	c := large(t, 3)
	last := c.Groups[len(c.Groups)-1].Email
	c.Groups[0].Members = append(c.Groups[0].Members, last)
	c.Groups = append(c.Groups, org.Group{Email: "a@example.com", Members: []string{last}})
	r := openCompany(t, c)
	r.tick(t, grouprefresh.JobWalk)
	r.Calls.Made()
	met := false
	var pages []queue.Task // of the lists: each comes when nothing else is left to be done now
	for range 1000 {
		tasks := r.Queue.Take(event.QueueDirectory)
		if len(tasks) == 0 && len(pages) == 0 {
			break
		}
		if due := func(x queue.Task) bool { return !x.NotBefore.After(r.Clock.Now()) }; len(pages) > 0 && !slices.ContainsFunc(tasks, due) {
			tasks, pages = append(pages, tasks...), nil
		}
		for _, task := range tasks {
			if strings.HasSuffix(task.Name, "-page-2") && !met {
				pages = append(pages, task)
				continue
			}
			met = met || strings.HasPrefix(task.Name, "unknown-")
			r.Clock.Advance(max(time.Millisecond, task.NotBefore.Sub(r.Clock.Now())))
			if status := r.Do(r.handler, r.Task(task)); status != http.StatusOK {
				t.Fatalf("task %s: status %d\n%s", task.Name, status, r.Log)
			}
		}
	}
	if n := r.gets(); n != 0 || !met {
		t.Errorf("%d groups were asked for by themselves, want none; an unknown one was met: %t", n, met)
	}
	if _, err := r.mirror.Roster(t.Context(), "all@example.com"); err != nil {
		t.Errorf("Roster: %v", err)
	}
}
