package bench_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/scripts/local/bench"
)

// A small company shows what a large one does: the exact rate, nothing refused, nobody removed
// wrongly, the mirror equal to the truth in the end.
func TestASmallCompany(t *testing.T) {
	for _, test := range []struct {
		name         string
		faults, lost float64
		fresh        float64 // seconds
	}{{"on a good day", 0, 0, 300}, {"on a bad day", 0.05, 0.10, 900}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, err := bench.Run(t.Context(), bench.Options{
				Groups: 150, Memberships: 1200, People: 100, Changes: 60, Days: 1, Rate: 10, FaultRate: test.faults, Lost: test.lost, Seed: 1,
			})
			if err != nil {
				t.Fatal(err)
			}
			if !r.MirrorEqualTruth || r.Day.WrongRemovals != 0 || r.Bootstrap.Refused+r.Day.Refused != 0 {
				t.Errorf("equal %t (%s), %d wrong removals, %d and %d refused", r.MirrorEqualTruth, r.Difference, r.Day.WrongRemovals, r.Bootstrap.Refused, r.Day.Refused)
			}
			if r.Bootstrap.Calls < 152 || test.faults == 0 && r.Bootstrap.LimitUtilisation < 0.97 {
				t.Errorf("bootstrap %+v", r.Bootstrap)
			}
			if r.Day.FreshnessP99S <= 0 || r.Day.FreshnessP99S > test.fresh || r.Day.NeverArrived != 0 {
				t.Errorf("freshness p99 %v s, want at most %v; %d never arrived", r.Day.FreshnessP99S, test.fresh, r.Day.NeverArrived)
			}
			if r.Day.FreshnessP50S <= 0 || r.Day.FreshnessP50S >= r.Day.FreshnessP99S {
				t.Errorf("freshness p50 %v s, p99 %v s", r.Day.FreshnessP50S, r.Day.FreshnessP99S)
			}
			path := filepath.Join(t.TempDir(), "report.json")
			if err := r.WriteFile(path); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var form map[string]any
			if err := json.Unmarshal(data, &form); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"bootstrap", "day", "peak_rss_mib", "wall_s", "mirror_equals_truth"} {
				if _, ok := form[name]; !ok {
					t.Errorf("the report lacks %s", name)
				}
			}
		})
	}
}

func TestWhatCannotBeMeasured(t *testing.T) {
	for name, o := range map[string]bench.Options{
		"no rate":                   {Groups: 1, Memberships: 1, People: 1, Days: 1},
		"no day":                    {Groups: 1, Memberships: 1, People: 1, Rate: 1},
		"no people":                 {Groups: 1, Memberships: 1, Days: 1, Rate: 1},
		"everything fails":          {Groups: 1, Memberships: 1, People: 1, Days: 1, Rate: 1, FaultRate: 1},
		"more lost than there is":   {Groups: 1, Memberships: 1, People: 1, Days: 1, Rate: 1, Lost: 2},
		"a backend of another kind": {Groups: 1, Memberships: 1, People: 1, Days: 1, Rate: 1, Backend: "paper"},
	} {
		if _, err := bench.Run(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRates(t *testing.T) {
	for text, want := range map[string]float64{"40/s": 40, "2400/m": 40, "86400/d": 1} {
		if got, err := bench.Rate(text); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "40", "40/", "/s", "-1/s", "0/s", "NaN/s", "Inf/s", "4/w", "forty/s"} {
		if got, err := bench.Rate(text); err == nil || !strings.Contains(err.Error(), "no rate") {
			t.Errorf("%q: %v, %v; want an error", text, got, err)
		}
	}
}
