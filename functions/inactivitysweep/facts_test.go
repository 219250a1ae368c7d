package inactivitysweep_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/inactivitysweep"
)

// aCrowd has accounts of every kind, of each another number, so that no two facts of a summary look alike.
func aCrowd() string {
	var b strings.Builder
	b.WriteString("looker:\n  self: sekisho@example.com\n  roles: [Admin, Developer, User]\n  users:\n")
	add := func(count int, name, rest string) {
		for i := range count {
			fmt.Fprintf(&b, "    - {email: %s%d@example.com, %s}\n", name, i, rest)
		}
	}
	const longAgo = "created: 2024-01-10T00:00:00Z, "
	b.WriteString("    - {email: sekisho@example.com, roles: [Admin], " + longAgo + "credentials: {email: 2026-11-20T00:00:00Z}}\n")
	b.WriteString("    - {email: away@example.com, roles: [User], " + longAgo + "credentials: {google: 2026-05-01T00:00:00Z}}\n")
	add(4, "out", "roles: [User], "+longAgo+"credentials: {google: 2026-04-01T00:00:00Z}")
	add(20, "working", "roles: [User], "+longAgo+"credentials: {google: 2026-11-20T00:00:00Z}")
	add(10, "soon", "roles: [Developer], "+longAgo+"credentials: {google: 2026-06-10T00:00:00Z}")
	add(3, "new", "roles: [User], created: 2026-11-10T00:00:00Z, credentials: {email: null}")
	add(7, "gone", "roles: [User], disabled: true, "+longAgo+"credentials: {google: 2026-01-01T00:00:00Z}")
	add(2, "staff", "roles: [User], staff: true, "+longAgo+"credentials: {google: 2026-11-20T00:00:00Z}")
	add(8, "key", "roles: [Developer], api3: true, "+longAgo+"credentials: {}")
	add(1, "robot", "roles: [Developer], api3: true, created: 2026-06-10T00:00:00Z, credentials: {}")
	return b.String()
}

// list is how a fact names accounts.
func list(count int, name, date string) string {
	var all []string
	for i := range count {
		all = append(all, fmt.Sprintf("%s%d@example.com (%s)", name, i, date))
	}
	return strings.Join(all, ", ")
}

// facts are those of the one summary that was told.
func (n *nights) facts() (map[string]string, []map[string]string) {
	n.TB.Helper()
	all := n.told("account-summary")
	if len(all) != 1 {
		n.TB.Fatalf("%d summaries", len(all))
	}
	for _, told := range all {
		return told.Facts, told.Rows
	}
	return nil, nil
}

func TestTheChannelHearsTheNightInNumbers(t *testing.T) {
	n := newNights(t, aCrowd(), `{after: 180d, warn: [14d], mode: ask, channel: "#looker-admins", grace: 30d, seats: 300}`)
	n.pass()
	got, rows := n.facts()
	want := map[string]string{
		"system": "Looker", "days": "180", "total": "57", "active": "33", "idle": "5", "never": "12", "disabled": "7", "staff": "2", "spared": "6", "unknown": "9",
		"used": "48", "seats": "300", "warned": "1", "ended": "0", "asked": "0", "stopped": "0", "held": "0", "reported": "0", "postponed": "0",
		"falling": "10", "next": list(10, "soon", "2026-12-07"), "doubtful": "8", "doubts": list(8, "key", "never"),
		"untold": "4", "unreached": list(4, "out", "2026-04-01"), "stopping": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	chart := []map[string]string{
		{"role": "User", "total": "30", "active": "22"},
		{"role": "Developer", "total": "19", "active": "10"},
		{"role": "Admin", "total": "1", "active": "1"},
		{"from": "2026-11-22", "to": "2026-11-28", "count": "0"},
		{"from": "2026-11-29", "to": "2026-12-05", "count": "0"},
		{"from": "2026-12-06", "to": "2026-12-12", "count": "10"},
		{"from": "2026-12-13", "to": "2026-12-19", "count": "0"},
		{"from": "2026-12-20", "to": "2026-12-21", "count": "0"},
	}
	if diff := cmp.Diff(chart, rows); diff != "" {
		t.Errorf("chart (-want +got):\n%s", diff)
	}
}

// What a run did is told by what the rule lets it do: ask, stop, wait for people, or only say so.
func TestTheChannelHearsWhatTheRunDid(t *testing.T) {
	for rule, want := range map[string]string{
		"mode: ask":                   "asked 5, stopped 0, held 0, reported 0",
		"mode: auto":                  "asked 0, stopped 5, held 0, reported 0",
		"mode: report":                "asked 0, stopped 0, held 0, reported 5",
		"mode: auto, brake: {max: 4}": "asked 0, stopped 0, held 5, reported 0",
	} {
		n := newNights(t, aCrowd(), `{after: 180d, `+rule+`, channel: "#looker-admins"}`)
		n.pass()
		facts, _ := n.facts()
		if got := fmt.Sprintf("asked %s, stopped %s, held %s, reported %s", facts["asked"], facts["stopped"], facts["held"], facts["reported"]); got != want {
			t.Errorf("%s: got %s, want %s", rule, got, want)
		}
		if facts["seats"] != "" {
			t.Errorf("%s: %s seats, of which nobody said anything", rule, facts["seats"])
		}
	}
}

// The button of a warning opens the place where people sign in, which may be another than the API's.
func TestAWarningLeadsToWherePeopleSignIn(t *testing.T) {
	for _, address := range []string{"", "https://looker.example.com"} {
		n := newNights(t, aCompany, asking)
		n.Variables["LOOKER_ADDRESS"] = address
		n.handler = n.Build(inactivitysweep.Function)
		n.pass()
		want := address
		if want == "" {
			want = "http://looker.test"
		}
		told := n.told("account-warning-looker:")
		if len(told) != 1 {
			t.Fatalf("%d warnings", len(told))
		}
		for _, w := range told {
			if w.Facts["url"] != want {
				t.Errorf("the button opens %q, want %q", w.Facts["url"], want)
			}
		}
	}
}
