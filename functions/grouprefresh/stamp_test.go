package grouprefresh_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// late is Google with every answer a minute on its way.
type late struct {
	next  http.RoundTripper
	clock *cloudfntest.Clock
}

func (l late) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	l.clock.Advance(time.Minute)
	return resp, err
}

// slow lets every answer take a minute from now on.
func (t *tenant) slow() {
	t.Outbound = late{t.Outbound, t.Clock}
	t.handler = t.Build(grouprefresh.Function)
}

// A reading is stamped with the moment at which Google was asked: what happens while an answer is on its
// way may not be in it, and is not to pass for read.
func TestAReadingIsAsOldAsItsQuestion(t *testing.T) {
	r := openCompany(t, large(t, 700))
	r.slow()
	// asked lets one task be done, and returns when it asked.
	asked := func(status int) time.Time {
		t.Helper()
		if status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		return r.Clock.Now().Add(-time.Minute)
	}
	header := func() mirror.Header {
		t.Helper()
		h, err := r.mirror.Find(t.Context(), "all@example.com")
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	at := asked(r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: "all@example.com"})))
	if got := header().Listed; !got.Equal(at) {
		t.Errorf("one group: listed at %s, want %s", got, at)
	}
	var first time.Time
	for range 4 { // pages
		tasks := r.Queue.Take(event.QueueDirectory)
		if len(tasks) != 1 {
			t.Fatalf("tasks %v, want one page", tasks)
		}
		at := asked(r.Do(r.handler, r.Task(tasks[0])))
		if first.IsZero() {
			first = at
		}
	}
	if got := header().Read; !got.Equal(first) {
		t.Errorf("members: read at %s, want %s, when the first page was asked for", got, first)
	}
}

// The same holds for a page of a list.
func TestAListIsAsOldAsItsQuestion(t *testing.T) {
	r := openCompany(t, large(t, 50))
	r.slow()
	r.tick(t, grouprefresh.JobWalk)
	for _, list := range []string{"people", "groups"} {
		tasks := r.Queue.Take(event.QueueDirectory)
		at := r.Clock.Now()
		if status := r.Do(r.handler, r.Task(tasks[0])); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		var got time.Time
		if list == "people" {
			root, err := r.mirror.PersonAt(t.Context(), "root@example.com")
			if err != nil {
				t.Fatal(err)
			}
			got = root.Read
		} else {
			h, err := r.mirror.Find(t.Context(), "all@example.com")
			if err != nil {
				t.Fatal(err)
			}
			got = h.Listed
		}
		if !got.Equal(at) {
			t.Errorf("%s: listed at %s, want %s", list, got, at)
		}
	}
}
