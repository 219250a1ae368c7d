package main

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Whoever waits sees how far it is: the settings of five groups at one in three seconds.
func TestProgressIsShown(t *testing.T) {
	d := company(t)
	var log bytes.Buffer
	policy := loaded(t, "testdata/policy")
	tenant, err := openTenant(t.Context(), &d.platform, policy, "", 1./3, &log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tenant.plan(t.Context(), policy, nil); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"groups: 5",
		"settings of groups [####................] 1 of 5 (20 %)",
		"settings of groups [########............] 2 of 5 (40 %)",
		"settings of groups [############........] 3 of 5 (60 %)",
		"settings of groups [################....] 4 of 5 (80 %)",
		"settings of groups [####################] 5 of 5 (100 %)",
	}
	got := strings.Split(log.String(), "\n")
	// The end of a reading is said in any case: here for a second time.
	if diff := cmp.Diff(append(want, want[len(want)-1], "accounts of looker: 6"), got[:8]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if last := got[len(got)-2]; last != "access policies [####################] 1 of 1 (100 %)" {
		t.Errorf("at the end it says %q", last)
	}
}

// What an earlier run has read counts.
func TestProgressGoesOnWhereItWas(t *testing.T) {
	d := company(t)
	state := filepath.Join(t.TempDir(), "state.json")
	policy := loaded(t, "testdata/policy")
	first := opened(t, d, state)
	if err := first.listGroups(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, g := range first.memory.Groups[:2] {
		first.memory.Settings[g.ID] = map[string]string{}
	}
	if err := first.save(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	second, err := openTenant(t.Context(), &d.platform, policy, state, 1./3, &log)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.readSettings(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(log.String(), "\n")
	if !strings.HasPrefix(lines[0], "going on with what was read since 2026-11-22 ") || lines[1] != "settings of groups [################....] 4 of 5 (80 %)" {
		t.Errorf("it says\n%s", log.String())
	}
}

// On a terminal one line is written over and over, and the next thing begins a new one.
func TestProgressOnATerminal(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	p := &progress{out: &out, now: func() time.Time { return now }, live: true}
	p.begin("people", 0, 0)
	p.add(1)
	now = now.Add(showEveryLive)
	p.add(499)
	p.end()
	p.begin("groups", 0, 3)
	p.end()
	if want := "\rpeople: 500\x1b[K\rpeople: 500\x1b[K\n\rgroups [....................] 0 of 3 (0 %)\x1b[K\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	if terminal(&out) || terminal(io.Discard) {
		t.Error("a buffer is taken for a terminal")
	}
}
