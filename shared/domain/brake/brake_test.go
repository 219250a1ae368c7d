package brake_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/brake"
)

func TestTheSmallerBoundCounts(t *testing.T) {
	tests := map[string]struct {
		brake brake.Brake
		of    int
		want  int
		bound bool
	}{
		"no brake":                      {of: 1000},
		"a share":                       {brake: brake.Brake{Percent: 2}, of: 1000, want: 20, bound: true},
		"a number":                      {brake: brake.Brake{Max: 50}, of: 10, want: 50, bound: true},
		"the share is smaller":          {brake: brake.Brake{Percent: 2, Max: 50}, of: 1000, want: 20, bound: true},
		"the number is smaller":         {brake: brake.Brake{Percent: 10, Max: 50}, of: 1000, want: 50, bound: true},
		"a share of few is one":         {brake: brake.Brake{Percent: 2}, of: 3, want: 1, bound: true},
		"a share of nothing is one":     {brake: brake.Brake{Percent: 2}, of: 0, want: 1, bound: true},
		"a share that floats":           {brake: brake.Brake{Percent: 29}, of: 100, want: 29, bound: true},
		"a share is rounded down":       {brake: brake.Brake{Percent: 10}, of: 19, want: 1, bound: true},
		"more things than numbers have": {brake: brake.Brake{Percent: 100}, of: 1 << 40, want: 1 << 40, bound: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, bound := test.brake.Limit(test.of); got != test.want || bound != test.bound {
				t.Errorf("got %d, %t, want %d, %t", got, bound, test.want, test.bound)
			}
		})
	}
}

func TestARunOverTheBrakeIsHeldWhole(t *testing.T) {
	b := brake.Brake{Percent: 10, Max: 5}
	tests := map[string]struct {
		recent, wanted int
		want           brake.Verdict
	}{
		"nothing wanted":                 {0, 0, brake.Verdict{Bound: true, Limit: 5, Room: 5}},
		"up to the limit":                {0, 5, brake.Verdict{Bound: true, Limit: 5, Room: 5}},
		"one more":                       {0, 6, brake.Verdict{Held: true, Bound: true, Limit: 5, Room: 5}},
		"the day counts":                 {3, 2, brake.Verdict{Bound: true, Limit: 5, Room: 2}},
		"over it with the day":           {3, 3, brake.Verdict{Held: true, Bound: true, Limit: 5, Room: 2}},
		"the day is used up":             {5, 1, brake.Verdict{Held: true, Bound: true, Limit: 5}},
		"more in the day than the limit": {9, 1, brake.Verdict{Held: true, Bound: true, Limit: 5}},
		"nothing wanted on such a day":   {9, 0, brake.Verdict{Bound: true, Limit: 5}},
		"a count below nothing":          {-9, 6, brake.Verdict{Held: true, Bound: true, Limit: 5, Room: 5}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := b.Check(100, test.recent, test.wanted); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
	if got := (brake.Brake{}).Check(100, 1_000, 1_000); got != (brake.Verdict{}) {
		t.Errorf("without a brake: got %+v", got)
	}
}

// However a day is cut into runs, no more passes than its limit.
func TestNoDayPassesItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := brake.Brake{Percent: rapid.Float64Range(0, 100).Draw(t, "percent"), Max: rapid.IntRange(0, 60).Draw(t, "max")}
		of := rapid.IntRange(0, 500).Draw(t, "of")
		limit, bound := b.Limit(of)
		passed := 0
		for _, wanted := range rapid.SliceOf(rapid.IntRange(0, 30)).Draw(t, "runs") {
			if !b.Check(of, passed, wanted).Held {
				passed += wanted
			}
		}
		if bound && passed > limit {
			t.Fatalf("%d passed, the limit is %d", passed, limit)
		}
		if bound && limit < 1 {
			t.Fatalf("the limit is %d", limit)
		}
	})
}
