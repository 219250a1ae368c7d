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
		"a share of few is the least":   {brake: brake.Brake{Percent: 2, Max: 2000, Least: 50}, of: 100, want: 50, bound: true},
		"the least of nothing":          {brake: brake.Brake{Percent: 2, Max: 2000, Least: 50}, bound: true, want: 50},
		"the share is over the least":   {brake: brake.Brake{Percent: 2, Max: 2000, Least: 50}, of: 10_000, want: 200, bound: true},
		"the number is over the least":  {brake: brake.Brake{Percent: 2, Max: 2000, Least: 50}, of: 373_211, want: 2000, bound: true},
		"the least is over the number":  {brake: brake.Brake{Percent: 2, Max: 20, Least: 50}, of: 10_000, want: 50, bound: true},
		"the least alone does not bind": {brake: brake.Brake{Least: 50}, of: 1000},
		"the policy's own example":      {brake: brake.Brake{Percent: 2, Max: 50}, of: 44_512, want: 50, bound: true},
		"less than one of a hundred":    {brake: brake.Brake{Percent: 0.57}, of: 10_000, want: 57, bound: true},
		"a part of one does not pass":   {brake: brake.Brake{Percent: 2}, of: 99, want: 1, bound: true},
		"one always passes":             {brake: brake.Brake{Percent: 0.5}, of: 10, want: 1, bound: true},
		"a hundred percent is all":      {brake: brake.Brake{Percent: 100}, of: 7, want: 7, bound: true},
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

func TestWhatVanishesIsHeld(t *testing.T) {
	b := brake.Brake{Percent: 2, Max: 2000, Least: 50}
	for _, test := range []struct {
		removed, lately, total int
		held                   bool
	}{
		{0, 5000, 100, false}, // nothing is lost
		{50, 0, 100, false},
		{51, 0, 100, true},
		{1, 50, 0, true},
		{200, 0, 10_000, false},
		{201, 0, 10_000, true},
		{1000, 1000, 373_211, false},
		{1000, 1001, 373_211, true},
	} {
		if got := b.Check(test.total, test.lately, test.removed).Held; got != test.held {
			t.Errorf("%d after %d of %d: held %t", test.removed, test.lately, test.total, got)
		}
	}
}

// However a day is cut into runs, no more passes than its limit.
func TestNoDayPassesItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := brake.Brake{Percent: rapid.Float64Range(0, 100).Draw(t, "percent"), Max: rapid.IntRange(0, 60).Draw(t, "max"), Least: rapid.IntRange(0, 20).Draw(t, "least")}
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
