package main

import (
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/local/bench"
)

// Without arguments the bench measures what its page shows, and each argument has its place.
func TestWhatTheBenchMeasures(t *testing.T) {
	usual := bench.Options{
		Groups: 44_512, Memberships: 373_211, People: 5_000, Changes: 2_000, Days: 1, Rate: 40, Backend: "embedded", Seed: 1,
	}
	other := bench.Options{
		Groups: 1, Memberships: 2, People: 3, Changes: 4, Days: 5, Rate: 6, FaultRate: 0.05, Lost: 0.1, Backend: "gcp", Seed: 7,
	}
	for _, test := range []struct {
		name     string
		args     []string
		want     bench.Options
		reportTo string
	}{
		{"nothing", nil, usual, ""},
		{"everything", []string{
			"-groups", "1", "-memberships", "2", "-people", "3", "-changes", "4", "-days", "5", "-rate", "360/m",
			"-fault-rate", "0.05", "-lost", "0.10", "-backend", "gcp", "-seed", "7", "-report", "out.json",
		}, other, "out.json"},
	} {
		got, reportTo, err := benchOptions(test.args, io.Discard)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil || reportTo != test.reportTo {
			t.Errorf("%s: report to %q, %v (-want +got):\n%s", test.name, reportTo, err, diff)
		}
	}
	for _, args := range [][]string{{"40"}, {"-rate", "fast"}} {
		if _, _, err := benchOptions(args, io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
