package workspace_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	admin "google.golang.org/api/admin/directory/v1"
	reports "google.golang.org/api/admin/reports/v1"
	"google.golang.org/api/groupssettings/v1"
	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/shared/sim"
)

func TestFaultsOfCalls(t *testing.T) {
	for kind, want := range map[sim.FaultKind]struct {
		code    int
		reason  string
		applied bool
	}{
		sim.Fault429:           {429, "rateLimitExceeded", false},
		sim.Fault403Quota:      {403, "quotaExceeded", false},
		sim.Fault500:           {500, "backendError", false},
		sim.FaultDown:          {503, "backendError", false},
		sim.FaultConflict:      {409, "conflict", false},
		sim.FaultAppliedBut500: {500, "backendError", true},
	} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			w.faults.Add(sim.Fault{API: "settings", Kind: kind, Rate: 1, Left: 1})
			must[*admin.Group](t)(w.directory.Groups.Get("data@example.com").Do()) // another API is not affected
			patch := w.settings.Groups.Patch("data@example.com", &groupssettings.Groups{WhoCanJoin: "INVITED_CAN_JOIN"})
			_, err := patch.Do()
			if got := refused(t, err, want.code); got != want.reason {
				t.Errorf("got the reason %s, want %s", got, want.reason)
			}
			if applied := w.setting("data@example.com", "whoCanJoin") == "INVITED_CAN_JOIN"; applied != want.applied {
				t.Errorf("applied: got %v, want %v", applied, want.applied)
			}
			must[*groupssettings.Groups](t)(patch.Do())
			calls, spent := w.calls.Count("settings", "groups.patch")
			if calls != 2 || spent != 0 {
				t.Errorf("got %d calls, %d refused for quota; want 2 and 0: a fault spends no quota", calls, spent)
			}
		})
	}
}

func TestConflictIsForWritesAndShortListingsAreForListings(t *testing.T) {
	w := newWorld(t)
	for _, kind := range []sim.FaultKind{sim.FaultConflict, sim.FaultPartial, sim.FaultEmpty, sim.FaultAppliedBut500} {
		w.faults.Add(sim.Fault{API: "directory", Kind: kind, Rate: 1, Left: 1})
	}
	must[*admin.Group](t)(w.directory.Groups.Get("data@example.com").Do())
}

func TestListingsThatLookComplete(t *testing.T) {
	for kind, want := range map[sim.FaultKind]int{sim.FaultPartial: 5, sim.FaultEmpty: 0} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			three(w)
			for _, api := range []string{"directory", "reports"} {
				w.faults.Add(sim.Fault{API: api, Kind: kind, Rate: 1, Left: 1})
			}
			page := must[*admin.Groups](t)(w.directory.Groups.List().Customer("my_customer").MaxResults(10).Do())
			if len(page.Groups) != want || page.NextPageToken != "" {
				t.Errorf("got %d groups and the token %q, want %d and none", len(page.Groups), page.NextPageToken, want)
			}
			log := must[*reports.Activities](t)(w.reports.Activities.List("all", "admin").Do())
			if len(log.Items) != want/4 || log.NextPageToken != "" {
				t.Errorf("got %d activities, want %d", len(log.Items), want/4)
			}
		})
	}
}

func TestATimeoutDoesNothing(t *testing.T) {
	w := newWorld(t)
	w.faults.Add(sim.Fault{API: "settings", Kind: sim.FaultTimeout, Rate: 1, Left: 1})
	_, err := w.settings.Groups.Patch("data@example.com", &groupssettings.Groups{WhoCanJoin: "INVITED_CAN_JOIN"}).Do()
	var netErr net.Error
	if !errors.As(err, &netErr) || !netErr.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
	if got := w.setting("data@example.com", "whoCanJoin"); got != "CAN_REQUEST_TO_JOIN" {
		t.Errorf("got %s", got)
	}
	if tally := w.calls.Tallies()[0]; tally.ByStatus[0] != 1 {
		t.Errorf("got %+v, want one call without an answer", tally)
	}
}

func TestQuotas(t *testing.T) {
	for name, test := range map[string]struct {
		api    string
		per    time.Duration
		call   func(*world) error
		code   int
		reason string
	}{
		"directory": {"directory", time.Minute, func(w *world) error {
			_, err := w.directory.Groups.Get("data@example.com").Do()
			return err
		}, 403, "userRateLimitExceeded"},
		"settings in a day": {"settings", 24 * time.Hour, func(w *world) error {
			_, err := w.settings.Groups.Get("data@example.com").Do()
			return err
		}, 403, "dailyLimitExceeded"},
		"settings in a second": {"settings", time.Second, func(w *world) error {
			_, err := w.settings.Groups.Get("data@example.com").Do()
			return err
		}, 403, "userRateLimitExceeded"},
		"reports": {"reports", time.Minute, func(w *world) error {
			_, err := w.reports.Activities.List("all", "admin").Do()
			return err
		}, 503, "quotaExceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.google.Quota(test.api).Set(2, test.per)
			check(t, test.call(w))
			check(t, test.call(w))
			if got := refused(t, test.call(w), test.code); got != test.reason {
				t.Errorf("got the reason %s, want %s", got, test.reason)
			}
			w.advance(test.per)
			check(t, test.call(w))
			if calls, spent := w.calls.Count(test.api, ""); calls != 4 || spent != 1 {
				t.Errorf("got %d calls, %d refused; want 4 and 1", calls, spent)
			}
		})
	}
}

func TestQuotasStartAtGooglesOwn(t *testing.T) {
	w := newWorld(t)
	for api, want := range map[string]int{"directory": 2_400, "reports": 2_400, "settings": 100_000} {
		if n, _ := w.google.Quota(api).Limit(); n != want {
			t.Errorf("%s: got %d, want %d", api, n, want)
		}
	}
	if w.google.Quota("looker") != nil {
		t.Error("a quota for an API that is not here")
	}
}

// The same server answers over a socket.
func TestOverASocket(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.google)
	defer server.Close()
	client := &http.Client{Transport: bearer{token, http.DefaultTransport}}
	ctx := context.Background()
	settings := must[*groupssettings.Service](t)(groupssettings.NewService(ctx, option.WithHTTPClient(client), option.WithEndpoint(server.URL+"/groups/v1/groups/")))
	must[*groupssettings.Groups](t)(settings.Groups.Get("data@example.com").Do())
	w.faults.Add(sim.Fault{API: "settings", Kind: sim.FaultTimeout, Rate: 1, Left: 1})
	if _, err := settings.Groups.Patch("data@example.com", &groupssettings.Groups{}).Do(); err == nil {
		t.Error("a dropped connection is an answer")
	}
	directory := must[*admin.Service](t)(admin.NewService(ctx, option.WithHTTPClient(client), option.WithEndpoint(server.URL)))
	must[*admin.Groups](t)(directory.Groups.List().Customer("my_customer").Do())
}
