package connection_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/connection"
)

func TestMeanings(t *testing.T) {
	task := []connection.Note{{Code: "reconnect", Message: "Reconnect"}}
	for name, tt := range map[string]struct {
		status connection.Status
		want   []connection.Meaning
	}{
		"just created": {
			connection.Status{Setup: "incomplete", Sync: "paused", Update: "on_schedule", Paused: true},
			[]connection.Meaning{connection.MeansIncomplete, connection.MeansPaused, connection.MeansNeverSynced},
		},
		"in order": {
			connection.Status{Setup: "connected", Sync: "scheduled", Update: "on_schedule", Succeeded: noon},
			[]connection.Meaning{connection.MeansConnected, connection.MeansScheduled},
		},
		"syncing for the first time": {
			connection.Status{Setup: "connected", Sync: "syncing", Update: "on_schedule"},
			[]connection.Meaning{connection.MeansConnected, connection.MeansSyncing, connection.MeansNeverSynced},
		},
		"broken, with a task": {
			connection.Status{Setup: "broken", Sync: "scheduled", Update: "delayed", Succeeded: noon, Failed: noon.Add(time.Hour), Tasks: task},
			[]connection.Meaning{connection.MeansBroken, connection.MeansAttention, connection.MeansScheduled, connection.MeansSyncFailed, connection.MeansDelayed},
		},
		"put off by the source": {
			connection.Status{Setup: "connected", Sync: "rescheduled", Update: "on_schedule", Succeeded: noon, Failed: noon.Add(-time.Hour)},
			[]connection.Meaning{connection.MeansConnected, connection.MeansRescheduled},
		},
		"new words": {
			connection.Status{Setup: "levitating", Sync: "dreaming", Update: "maybe", Succeeded: noon},
			[]connection.Meaning{connection.MeansUnknownWords},
		},
		"paused while it was to sync": {
			connection.Status{Setup: "connected", Sync: "scheduled", Paused: true, Succeeded: noon},
			[]connection.Meaning{connection.MeansConnected, connection.MeansPaused},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.status.Meanings()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func tests(statuses ...string) []connection.Test {
	var out []connection.Test
	for _, s := range statuses {
		out = append(out, connection.Test{Title: "Check " + s, Status: s})
	}
	return out
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		tests []connection.Test
		want  connection.Outcome
	}{
		{nil, connection.OutcomePassed},
		{tests("PASSED", "SKIPPED", "WARNING"), connection.OutcomePassed},
		{tests("PASSED", "FAILED", "PASSED"), connection.OutcomeFailed},
		{tests("PASSED", "JOB_FAILED"), connection.OutcomeAgain},
		{tests("JOB_FAILED", "FAILED"), connection.OutcomeFailed},
		{tests("PASSED", "passed"), connection.OutcomeAgain},
		{tests(""), connection.OutcomeAgain},
	} {
		if got := connection.Judge(tt.tests); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.tests, got, tt.want)
		}
	}
}

func TestRanked(t *testing.T) {
	given := tests("PASSED", "WARNING", "NEW", "SKIPPED", "JOB_FAILED", "FAILED")
	before := slices.Clone(given)
	want := tests("FAILED", "JOB_FAILED", "NEW", "WARNING", "SKIPPED", "PASSED")
	if diff := cmp.Diff(want, connection.Ranked(given)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, given); diff != "" {
		t.Errorf("what was given changed (-want +got):\n%s", diff)
	}
}
