package grouprefresh_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// anchored is a company of 301 groups, which the anchor is in all of: two pages.
func anchored(t *testing.T) *tenant {
	t.Helper()
	r := openCompany(t, large(t, 10))
	r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("settings: {anchor: root@example.com}\n")}}
	r.handler = r.Build(grouprefresh.Function)
	return r
}

// compared does the tasks of one comparison, without what follows, and returns how many calls it made
// and the readings that it asks for.
func (t *tenant) compared(tb testing.TB) (calls int, readings []string) {
	tb.Helper()
	t.Clock.Advance(15 * time.Minute)
	t.Calls.Made()
	t.tick(tb, grouprefresh.JobSecure)
	for range 10 {
		tasks := t.Queue.Take(event.QueueDirectory)
		if len(tasks) == 0 {
			break
		}
		for _, task := range tasks {
			if !strings.Contains(task.Name, "-page-") {
				readings = append(readings, task.Name)
				continue
			}
			if status := t.Do(t.handler, t.Task(task)); status != http.StatusOK {
				tb.Fatalf("%s: status %d\n%s", task.Name, status, t.Log)
			}
			calls += len(t.Calls.Made())
		}
	}
	return calls, readings
}

// The list of the anchor's groups goes on over pages, and what differs on the last of them is found.
func TestTheSecureSetIsComparedToItsEnd(t *testing.T) {
	r := anchored(t)
	r.tick(t, grouprefresh.JobWalk)
	r.walkAll(t)
	if calls, readings := r.compared(t); calls != 2 || len(readings) != 0 {
		t.Errorf("where nothing differs: %d calls and readings %v, want 2 and none", calls, readings)
	}
	const last = "g299@example.com"
	if err := r.workspace.RemoveMember(last, "root@example.com", ""); err != nil {
		t.Fatal(err)
	}
	calls, readings := r.compared(t)
	if want := r.workspace.GroupID(last); calls != 2 || len(readings) != 1 || !strings.HasSuffix(readings[0], want) {
		t.Errorf("%d calls and readings %v, want 2 and that of %s", calls, readings, want)
	}
}

// A mirror that lacks the whole secure set has a part of it read with each comparison, and says so.
func TestAComparisonReadsNoMoreThanItsShare(t *testing.T) {
	r := anchored(t)
	const share = 200
	if calls, readings := r.compared(t); calls != 2 || len(readings) != share {
		t.Errorf("%d calls and %d readings, want 2 and %d", calls, len(readings), share)
	}
	if line := fmt.Sprintf(`"differing":301,"read":%d`, share); !strings.Contains(r.Log.String(), line) {
		t.Errorf("the log lacks %s\n%s", line, r.Log)
	}
}
