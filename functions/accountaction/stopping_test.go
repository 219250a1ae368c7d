package accountaction_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/accountaction"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// noSessions is a transport on which sessions get no answer, or this one.
type noSessions struct {
	http.RoundTripper
	status int
	then   func() // called before
}

func (n noSessions) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/sessions") {
		return n.RoundTripper.RoundTrip(r)
	}
	if n.then != nil {
		n.then()
	}
	if n.status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{
		StatusCode: n.status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"message":"not so","documentation_url":"https://cloud.google.com/looker"}`)),
	}, nil
}

// An account is disabled, and whoever is signed in to it cannot be signed out. However that ends, the stop is
// done then, people read that somebody may be signed in, and it can be taken back.
func TestAStopWithoutTheEndOfItsSessionsCanBeTakenBack(t *testing.T) {
	root := change.Actor{Kind: change.ByPerson, ID: "9", Name: "root@example.com"}
	deny := func(t *testing.T, d *desks, c change.Change) {
		t.Helper()
		if _, err := d.ledger.Apply(t.Context(), c.ID, change.Deny{By: root, Revision: c.Revision, Counts: []change.Selector{"user:root@example.com"}}); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		status   int
		during   bool // denied while it is carried out
		then     func(t *testing.T, d *desks, c change.Change)
		attempts int
	}{
		"denied after the first attempt":     {then: deny, attempts: 2},
		"denied during the first attempt":    {during: true, attempts: 1},
		"never answered":                     {attempts: ledger.MaxAttempts},
		"answered with what counts as final": {status: http.StatusUnprocessableEntity, attempts: ledger.MaxAttempts},
		"answered as forbidden":              {status: http.StatusForbidden, attempts: ledger.MaxAttempts},
		"who approved it may not any more": {attempts: 2, then: func(t *testing.T, d *desks, _ change.Change) {
			left := group.Person{ID: "9", Email: "root@example.com", Name: "Rui Costa", Suspended: true}
			if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{left}, d.Clock.Now()); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			if err := d.looker.Login("away@example.com", "google"); err != nil {
				t.Fatal(err)
			}
			d.people()
			away, _ := d.looker.User("away@example.com")
			c := d.decided(change.Proposal{
				Kind: change.AccountDisable, Target: change.Target{ID: account.Name("looker", away.ID), Name: away.Email},
				Diff:      []change.Delta{{Field: "enabled", Before: "true", After: "false"}},
				Requester: change.Actor{Kind: change.ByPerson, ID: "1", Name: "new@example.com"}, Requirement: change.Requirement{Mode: change.Ask},
			})
			wall := noSessions{RoundTripper: d.Outbound, status: test.status}
			if test.during {
				denied := false
				wall.then = func() {
					if !denied {
						denied = true
						deny(t, d, c)
					}
				}
			}
			d.Outbound = wall
			d.handler = d.Build(accountaction.Function)
			if c = d.carryOut(c); c.State != change.Approved && !test.during {
				t.Fatalf("it is %s, %s", c.State, c.Problem)
			}
			if test.then != nil {
				test.then(t, d, c)
			}
			d.Clock.Advance(time.Hour)
			c = d.until(c)
			if c.State != change.Applied || c.Attempts != test.attempts {
				t.Errorf("it is %s, %s, after %d attempts", c.State, c.Problem, c.Attempts)
			}
			if result, err := idle.DecodeStopped(c.Result); err != nil || !result.SignedIn {
				t.Errorf("its result is %s, %v", c.Result, err)
			}
			if !strings.Contains(d.Log.String(), "its sessions could not be ended") {
				t.Error("nothing of it is in the log")
			}
			if away, _ = d.looker.User(away.Email); !away.Disabled || !c.Reversible(d.Clock.Now()) {
				t.Errorf("the account is disabled: %t, which can be taken back: %t", away.Disabled, c.Reversible(d.Clock.Now()))
			}
		})
	}
}

// What could not be disabled has failed, or was denied: nothing is to be taken back.
func TestAStopThatDisabledNothing(t *testing.T) {
	for end, status := range map[change.State]int{change.Failed: http.StatusUnprocessableEntity, change.Approved: http.StatusServiceUnavailable} {
		d := newDesks(t)
		d.Outbound = refusing{d.Outbound, status}
		d.handler = d.Build(accountaction.Function)
		away, _ := d.looker.User("away@example.com")
		if c := d.carry(change.AccountDisable, away.ID, ""); c.State != end {
			t.Errorf("%d: it is %s, %s; want %s", status, c.State, c.Problem, end)
		}
	}
}

// refusing is a transport that answers every change of a user so.
type refusing struct {
	http.RoundTripper
	status int
}

func (f refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPatch {
		return f.RoundTripper.RoundTrip(r)
	}
	return &http.Response{StatusCode: f.status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Body: io.NopCloser(strings.NewReader(`{"message":"not so"}`))}, nil
}
