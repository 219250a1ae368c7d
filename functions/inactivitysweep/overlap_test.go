package inactivitysweep_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/inactivitysweep"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Two attempts at once, of which the second looks in another hour: the warning stands, and names the day that is
// remembered.
func TestTwoAttemptsAcrossTheHour(t *testing.T) {
	n := newNights(t, aCompany, `{after: 180d, warn: [14d, 7d, 1d], mode: ask, channel: "#looker-admins"}`)
	away, _ := n.looker.User("away@example.com")
	inner := n.Store.Store
	other := n.Build(inactivitysweep.Function)
	n.Store.Store = &warning{Store: inner, warned: func() bool { return len(n.told("account-warning")) > 0 }, do: func() {
		n.Clock.Advance(time.Hour)
		if status := n.Do(other, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep})); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}}
	n.handler = n.Build(inactivitysweep.Function)
	n.pass()
	m, err := account.Get(context.Background(), n.Store, "looker", away.ID)
	if len(m.Told) != 1 || err != nil {
		t.Fatalf("remembered: %+v, %v", m, err)
	}
	for id, w := range n.told("account-warning") {
		if w.Over || !w.Until.Equal(m.Stop) {
			t.Errorf("%s: over %t, it names %s; remembered is %s", id, w.Over, w.Until, m.Stop)
		}
	}
}

const threeAway = `
looker:
  self: sekisho@example.com
  roles: [Admin, User]
  users:
    - {email: sekisho@example.com, roles: [Admin], created: 2024-01-10T00:00:00Z, credentials: {email: 2026-11-20T00:00:00Z}}
    - {email: away@example.com, roles: [User], created: 2024-01-10T00:00:00Z, credentials: {google: 2026-05-01T00:00:00Z}}
    - {email: b@example.com, roles: [User], created: 2024-01-10T00:00:00Z, credentials: {google: 2026-05-01T00:00:00Z}}
    - {email: c@example.com, roles: [User], created: 2024-01-10T00:00:00Z, credentials: {google: 2026-05-01T00:00:00Z}}
`

// Two attempts at once count each warning once, and the summary has all of them.
func TestTwoAttemptsCountOnce(t *testing.T) {
	n := newNights(t, threeAway, `{after: 180d, warn: [14d, 7d, 1d], mode: ask, channel: "#looker-admins"}`)
	if err := mirror.New(n.Store).PutPeople(t.Context(), []group.Person{{ID: "21", Email: "b@example.com"}, {ID: "22", Email: "c@example.com"}}, n.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	inner := n.Store.Store
	other := n.Build(inactivitysweep.Function)
	n.Store.Store = &warning{Store: inner, warned: func() bool { return len(n.told("account-warning")) > 0 }, do: func() {
		if status := n.Do(other, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep})); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}}
	n.handler = n.Build(inactivitysweep.Function)
	n.pass()
	if s := n.summary(); sumOf(s.Warned) != len(n.told("account-warning")) {
		t.Errorf("told %d, summary %v", len(n.told("account-warning")), s.Warned)
	}
}

func sumOf(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}
