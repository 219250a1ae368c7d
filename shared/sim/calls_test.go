package sim_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim"
)

func TestCalls(t *testing.T) {
	var c sim.Calls
	if got := c.Tallies(); len(got) != 0 {
		t.Errorf("Tallies at first: %+v", got)
	}
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	for _, call := range []sim.Call{
		{API: "slack", Method: "chat.postMessage", Status: 200, At: at(0)},
		{API: "slack", Method: "chat.postMessage", Status: 429, Quota: true, At: at(1)},
		{API: "slack", Method: "chat.postMessage", Status: 0, At: at(2)},
		{API: "slack", Method: "chat.update", Status: 200, At: at(3)},
		{API: "directory", Method: "groups.list", Status: 403, Quota: true, At: at(4)},
		{API: "directory", Method: "chat.update", Status: 404, At: at(5)},
	} {
		c.Add(call)
	}
	want := []sim.Tally{
		{API: "directory", Method: "chat.update", Calls: 1, ByStatus: map[int]int{404: 1}, First: at(5), Last: at(5)},
		{API: "directory", Method: "groups.list", Calls: 1, Refused: 1, ByStatus: map[int]int{403: 1}, First: at(4), Last: at(4)},
		{API: "slack", Method: "chat.postMessage", Calls: 3, Refused: 1, ByStatus: map[int]int{0: 1, 200: 1, 429: 1}, First: at(0), Last: at(2)},
		{API: "slack", Method: "chat.update", Calls: 1, ByStatus: map[int]int{200: 1}, First: at(3), Last: at(3)},
	}
	got := c.Tallies()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Tallies (-want +got):\n%s", diff)
	}
	got[0].ByStatus[404] = 99 // a copy
	if diff := cmp.Diff(want, c.Tallies()); diff != "" {
		t.Errorf("Tallies after a copy was changed (-want +got):\n%s", diff)
	}
	for _, test := range []struct {
		api, method    string
		calls, refused int
	}{
		{"slack", "", 4, 1},
		{"slack", "chat.postMessage", 3, 1},
		{"slack", "chat.update", 1, 0},
		{"directory", "chat.update", 1, 0},
		{"slack", "chat", 3 + 1, 1},
		{"slack", "postMessage", 3, 1},
		{"slack", "POSTMESSAGE", 3, 1},
		{"slack", "Message", 0, 0},
		{"slack", "post", 0, 0},
		{"directory", "list", 1, 1},
		{"slack", "groups.list", 0, 0},
		{"", "", 0, 0},
	} {
		if calls, refused := c.Count(test.api, test.method); calls != test.calls || refused != test.refused {
			t.Errorf("Count(%q, %q) = %d, %d; want %d, %d", test.api, test.method, calls, refused, test.calls, test.refused)
		}
	}
	c.Reset()
	if got := c.Tallies(); len(got) != 0 {
		t.Errorf("Tallies after Reset: %+v", got)
	}
}

func TestCallsAreCountedByManyAtOnce(t *testing.T) {
	var c sim.Calls
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				c.Add(sim.Call{API: "slack", Method: "m", Status: 200, At: start})
				c.Tallies()
			}
		})
	}
	wg.Wait()
	if calls, _ := c.Count("slack", "m"); calls != 800 {
		t.Errorf("%d calls, want 800", calls)
	}
}
