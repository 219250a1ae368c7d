package connection_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/connection"
)

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
