package sim_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/sim"
)

func TestNoFaultsShowByThemselves(t *testing.T) {
	if got := sim.NewFaults(1).Draw(start, "slack", sim.Fault500, sim.FaultDown); got != "" {
		t.Errorf("Draw: %q", got)
	}
}

func TestAFaultShowsWhereItWasAskedFor(t *testing.T) {
	f := sim.NewFaults(1)
	f.Add(sim.Fault{API: "slack", Kind: sim.Fault500, Rate: 1, Left: -1})
	for _, test := range []struct {
		api   string
		kinds []sim.FaultKind
		want  sim.FaultKind
	}{
		{"slack", []sim.FaultKind{sim.Fault500}, sim.Fault500},
		{"slack", []sim.FaultKind{sim.FaultDown, sim.Fault500}, sim.Fault500},
		{"slack", []sim.FaultKind{sim.FaultDown}, ""},
		{"slack", nil, ""},
		{"directory", []sim.FaultKind{sim.Fault500}, ""},
	} {
		for range 3 { // it is never used up
			if got := f.Draw(start, test.api, test.kinds...); got != test.want {
				t.Errorf("Draw %s %v: %q, want %q", test.api, test.kinds, got, test.want)
			}
		}
	}
}

func TestAFaultIsUsedUp(t *testing.T) {
	f := sim.NewFaults(1)
	f.Add(sim.Fault{API: "slack", Kind: sim.Fault500, Rate: 1, Left: 2})
	f.Add(sim.Fault{API: "slack", Kind: sim.FaultDown, Rate: 1, Left: 1})
	f.Add(sim.Fault{API: "slack", Kind: sim.FaultDown, Rate: 1}) // none left from the beginning
	var got []sim.FaultKind
	f.Draw(start, "slack", sim.FaultLost) // an occasion for another fault uses nothing up
	for range 5 {
		got = append(got, f.Draw(start, "slack", sim.FaultDown, sim.Fault500))
	}
	// In the order of the script, one at a time.
	if want := []sim.FaultKind{sim.Fault500, sim.Fault500, sim.FaultDown, "", ""}; !slices.Equal(got, want) {
		t.Errorf("drew %q, want %q", got, want)
	}
}

func TestAFaultEnds(t *testing.T) {
	f := sim.NewFaults(1)
	f.Add(sim.Fault{API: "slack", Kind: sim.FaultDown, Rate: 1, Left: -1, Until: start.Add(time.Minute)})
	for after, want := range map[time.Duration]sim.FaultKind{
		0: sim.FaultDown, time.Minute - 1: sim.FaultDown, time.Minute: "", time.Hour: "",
	} {
		if got := f.Draw(start.Add(after), "slack", sim.FaultDown); got != want {
			t.Errorf("Draw after %s: %q, want %q", after, got, want)
		}
	}
}

// The same seed and the same occasions give the same faults; a rate is roughly kept, and what
// is counted down shows exactly that often.
func TestDrawsFollowFromTheSeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		left := rapid.IntRange(1, 50).Draw(t, "left")
		rate := rapid.Float64Range(0.2, 0.8).Draw(t, "rate")
		draw := func() (drawn []sim.FaultKind) {
			f := sim.NewFaults(seed)
			f.Add(sim.Fault{API: "slack", Kind: sim.FaultLost, Rate: rate, Left: left})
			f.Add(sim.Fault{API: "slack", Kind: sim.FaultLate, Rate: rate, Left: -1})
			for range 1000 {
				drawn = append(drawn, f.Draw(start, "slack", sim.FaultLost, sim.FaultLate))
			}
			return drawn
		}
		first := draw()
		if !slices.Equal(first, draw()) {
			t.Fatal("the same seed gives other faults")
		}
		n := map[sim.FaultKind]int{}
		for _, kind := range first {
			n[kind]++
		}
		if n[sim.FaultLost] != left {
			t.Fatalf("lost %d times, want %d", n[sim.FaultLost], left)
		}
		if share := float64(n[sim.FaultLate]) / float64(1000-left); share < rate-0.12 || share > rate+0.12 {
			t.Fatalf("late in %.2f of the rest, want about %.2f", share, rate)
		}
	})
}
