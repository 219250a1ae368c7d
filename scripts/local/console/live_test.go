package console

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
)

// began is some real time. What counts are the differences.
var began = time.Unix(1_700_000_000, 0)

func TestRealTimePasses(t *testing.T) {
	w, _ := startWorld(t, small(t))
	live := NewLive(w)
	start := w.Clock.Now()
	ticks := run(t, live)
	// A tick is taken when the one before is done with, so the last one only waits.
	for _, passed := range []time.Duration{0, 3 * time.Second, 3 * time.Second} {
		ticks <- began.Add(passed)
	}
	if got, want := w.Clock.Now().Sub(start), 3*time.Second; got != want {
		t.Errorf("the world is %v on, want %v", got, want)
	}
}

func TestRealTimeDoesNotGoBack(t *testing.T) {
	w, _ := startWorld(t, small(t))
	live := NewLive(w)
	start := w.Clock.Now()
	ticks := run(t, live)
	for _, passed := range []time.Duration{time.Hour, time.Minute, time.Minute} {
		ticks <- began.Add(passed)
	}
	if got := w.Clock.Now().Sub(start); got != 0 {
		t.Errorf("the world is %v on, want that it stands still", got)
	}
}

// arrive ticks until the clock runs no more.
func arrive(live *Live, ticks chan<- time.Time) {
	for !live.Running().To.IsZero() {
		ticks <- began
	}
}

func TestJumpGivesOthersTheirTurn(t *testing.T) {
	w, _ := startWorld(t, small(t))
	live := NewLive(w)
	start := w.Clock.Now()
	news, end := live.Listen()
	defer end()
	ticks := run(t, live)
	live.JumpTo(func(from time.Time) time.Time { return from.Add(12 * slice) })
	var between time.Time
	for between.Sub(start) < slice {
		ticks <- began
		err := live.Look(t.Context(), func(w *world.World) error {
			between = w.Clock.Now()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if between.Sub(start) >= 12*slice {
		t.Error("the jump was over before anybody else had a turn")
	}
	arrive(live, ticks)
	if got, want := w.Clock.Now().Sub(start), 12*slice; got != want {
		t.Errorf("the world is %v on, want %v", got, want)
	}
	select {
	case <-news:
	default:
		t.Error("nobody was told")
	}
}

func TestJumpsAddUp(t *testing.T) {
	w, _ := startWorld(t, small(t))
	live := NewLive(w)
	start := w.Clock.Now()
	for range 2 {
		live.JumpTo(steps["5m"])
	}
	ticks := run(t, live)
	arrive(live, ticks)
	ticks <- began // the jump is done with
	if got, want := w.Clock.Now().Sub(start), 10*time.Minute; got != want {
		t.Errorf("the world is %v on, want %v", got, want)
	}
}

func TestStopEndsAJump(t *testing.T) {
	w, _ := startWorld(t, small(t))
	live := NewLive(w)
	start := w.Clock.Now()
	ticks := run(t, live)
	live.JumpTo(steps["180d"])
	ticks <- began
	live.Stop()
	ticks <- began
	ticks <- began
	if run := live.Running(); !run.To.IsZero() {
		t.Errorf("the clock still runs to %v", run.To)
	}
	if got := w.Clock.Now().Sub(start); got > 24*time.Hour {
		t.Errorf("the world is %v on after the stop", got)
	}
}

func TestWhatHasBegunIsDone(t *testing.T) {
	w, _ := startWorld(t, small(t))
	live := NewLive(w)
	ctx, cancel := context.WithCancel(t.Context())
	err := live.Do(ctx, func(ctx context.Context, _ *world.World) error {
		cancel()
		return ctx.Err()
	})
	if err != nil {
		t.Errorf("the deed saw %v, want nothing of who went away", err)
	}
	if err := live.Look(ctx, func(*world.World) error { return nil }); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Look returned %v", err)
	}
}

func TestTurnIsNotWaitedForInVain(t *testing.T) {
	w, _ := startWorld(t, small(t))
	live := NewLive(w)
	err := live.Look(t.Context(), func(*world.World) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := live.Look(ctx, func(*world.World) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a second turn at once: %v, want context.Canceled", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSteps(t *testing.T) {
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.DateTime, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	tests := []struct{ name, step, from, want string }{
		{"five minutes", "5m", "2026-11-22 23:58:00", "2026-11-23 00:03:00"},
		{"a night from midnight", "night", "2026-11-22 00:00:00", "2026-11-22 03:30:00"},
		{"a night from the evening", "night", "2026-11-22 20:00:00", "2026-11-23 03:30:00"},
		{"a night from the end of one", "night", "2026-11-22 03:30:00", "2026-11-23 03:30:00"},
		{"half a year", "180d", "2026-11-22 00:00:00", "2027-05-21 00:00:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := steps[tt.step](at(tt.from)), at(tt.want); !got.Equal(want) {
				t.Errorf("from %s to %v, want %v", tt.from, got, want)
			}
		})
	}
}
