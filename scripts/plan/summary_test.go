package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
)

// The demo company lives for a night; what the night found and did is printed.
func TestTheLatestRunIsPrinted(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"summary", "-demo", "-format", "json"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Systems map[string]map[string]json.RawMessage `json:"systems"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	looker := got.Systems["looker"]
	for _, field := range []string{
		"total", "enabled", "active", "idle", "never_signed_in", "staff", "service_accounts", "roles", "seats", "forecast", "warned", "stops", "ended",
	} {
		if len(looker[field]) == 0 {
			t.Errorf("the run tells no %s: %s", field, out.String())
		}
	}
	if string(looker["total"]) != "12" || !strings.Contains(string(looker["warned"]), `"336h0m0s"`) || !strings.Contains(string(looker["seats"]), `"contract": 15`) {
		t.Errorf("total %s, warned %s, seats %s", looker["total"], looker["warned"], looker["seats"])
	}
	out.Reset()
	if err := run(t.Context(), []string{"summary", "-demo"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "12 accounts: ") || !strings.Contains(text, "of 15 in the contract") || !strings.Contains(text, "Developer") {
		t.Errorf("as a table:\n%s", text)
	}
}

func TestTheLatestRunInAFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "store")
	db, err := embedded.Open(name, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := latestRuns(t.Context(), db.Store()); !errors.Is(err, account.ErrNoRun) {
		t.Errorf("before any run: got %v", err)
	}
	want := idle.Summary{
		Total: 70, Enabled: 61, Active: 40, Idle: 11, NeverSignedIn: 12, Disabled: 9, Staff: 4, Seats: idle.Seats{Used: 55, Contract: 80}, Forecast: idle.Forecast{Total: 13},
		Warned: map[string]int{"336h0m0s": 14, "24h0m0s": 1}, Ended: 5, Stops: 6, Held: 3, Reports: 8, Postponed: 2, Roles: []idle.RoleCount{{Name: "Viewer", Enabled: 33, Active: 22}},
		Stopping: []idle.Entry{{Email: "a@example.com"}},
		Untold:   []idle.Entry{{Email: "x@partner.example"}},
	}
	_, err = account.Summarize(t.Context(), db.Store(), "workspace", want, want.At)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"summary", "-store", name}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"Accounts of workspace", "70 accounts: 61 enabled, 40 active, 11 idle, 12 never signed in, 9 disabled, 4 of the vendor's staff.",
		"Seats: 55 of 80 in the contract. 13 accounts would fall idle within 30 days.",
		"This run: 15 warned, 5 back after a warning, 6 to be stopped, 3 held by the brake, 8 reported, 2 left to later nights.",
		"Stop: a@example.com.", "Nobody could be warned: x@partner.example.",
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is not in\n%s", part, out.String())
		}
	}
	if !regexp.MustCompile(`Viewer\s+33\s+22\b`).MatchString(out.String()) {
		t.Errorf("the role is not in\n%s", out.String())
	}
}

func TestARunThatIsNowhere(t *testing.T) {
	if err := run(t.Context(), []string{"summary"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "which store?") {
		t.Errorf("got %v", err)
	}
	if err := run(t.Context(), []string{"summary", "-doctor"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "one at a time") {
		t.Errorf("got %v", err)
	}
}
