package connection_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/connection"
)

// Setup tests without a result are run again, more and more rarely, and never two runs at once.
func TestSetupTestsWithoutAResult(t *testing.T) {
	h, now := apply(t, begun(t), create, hand, do(connection.VerbConnect))
	if !h.MayTest(now) || h.Unclear() {
		t.Error("they are not run at once")
	}
	var rests []string
	var unclear []bool
	for range 8 {
		next, err := h.Apply(do(connection.VerbTest), now)
		if err != nil {
			t.Fatal(err)
		}
		h = next
		if _, err := h.Apply(do(connection.VerbTest), h.Rerun.Add(-1)); !errors.Is(err, connection.ErrRefused) {
			t.Errorf("a second run beside the first one: %v", err)
		}
		if !h.MayTest(h.Rerun) || h.MayTest(h.Rerun.Add(-1)) {
			t.Error("they may be run at another time than is said")
		}
		rests, unclear = append(rests, h.Rerun.Sub(now).String()), append(unclear, h.Unclear())
		now = h.Rerun
	}
	if diff := cmp.Diff([]string{"10m0s", "20m0s", "40m0s", "1h20m0s", "2h40m0s", "4h0m0s", "4h0m0s", "4h0m0s"}, rests); diff != "" {
		t.Errorf("the rests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]bool{false, false, true, true, true, true, true, true}, unclear); diff != "" {
		t.Errorf("people hear (-want +got):\n%s", diff)
	}
}

// What the vendor shows counts after a run that nobody waited for to its end, and only then.
func TestResultsThatComeLater(t *testing.T) {
	h, now := apply(t, begun(t), create, hand, do(connection.VerbConnect))
	if h.PassedSince(tests("PASSED"), now) {
		t.Error("results from before any run count")
	}
	h, _ = apply(t, h, do(connection.VerbTest))
	if h.PassedSince(tests("PASSED"), h.Rerun.Add(-1)) || !h.PassedSince(tests("PASSED"), h.Rerun) {
		t.Error("they count at another time than after the rest")
	}
	for name, shown := range map[string][]connection.Test{"nothing": nil, "a failure": tests("FAILED"), "tests that were not run": tests("PASSED", "JOB_FAILED")} {
		if h.PassedSince(shown, h.Rerun) {
			t.Errorf("%s counts", name)
		}
	}
	deferred, _ := apply(t, h, do(connection.VerbDefer))
	if deferred.PassedSince(tests("PASSED"), deferred.Rerun) {
		t.Error("results count although the vendor said that the run came to nothing")
	}
	passed, _ := apply(t, h, pass)
	if passed.Awaited {
		t.Error("a result is still awaited")
	}
}

func TestTestsThatAreDeferred(t *testing.T) {
	h, now := apply(t, begun(t), create, hand, do(connection.VerbConnect), do(connection.VerbTest))
	usual := h.Rerun
	ran, err := h.Apply(connection.Event{Verb: connection.VerbDefer, Tests: tests("PASSED", "JOB_FAILED")}, now)
	if err != nil || !ran.Rerun.Equal(usual) || len(ran.Tests) != 2 {
		t.Errorf("tests that could not be run: %+v, %v", ran, err)
	}
	soon := now.Add(5 * time.Minute)
	again, err := ran.Apply(connection.Event{Verb: connection.VerbDefer, Rerun: soon}, now)
	if err != nil || !again.Rerun.Equal(soon) || len(again.Tests) != 2 {
		t.Errorf("a vendor that says at once that it cannot: %+v, %v", again, err)
	}
	// The next time is a new beginning.
	over, _ := apply(t, again, do(connection.VerbBreak))
	if over.Runs != 0 || !over.Rerun.IsZero() {
		t.Errorf("after it broke: %+v", over)
	}
}

func TestAFirstSyncThatEndsBadly(t *testing.T) {
	h, _ := apply(t, begun(t), create, do(connection.VerbConnect), pass, do(connection.VerbUnpause))
	said := []connection.Note{{Code: "sync_failure", Message: "the warehouse is full"}}
	h, now := apply(t, h, connection.Event{Verb: connection.VerbStumble, Notes: said})
	if h.State != connection.Running || !h.Stumbled.Equal(now) || !cmp.Equal(h.Notes, said) {
		t.Errorf("got %+v", h)
	}
	// One bad sync is told; those that follow are not.
	again := connection.Status{Setup: "connected", Failed: now.Add(time.Hour)}
	if v, ok := h.Seen(again); ok {
		t.Errorf("the next one says %s", v)
	}
	again.Succeeded = now.Add(2 * time.Hour)
	if v, _ := h.Seen(again); v != connection.VerbSync {
		t.Errorf("a good one says %q", v)
	}
	broken, _ := apply(t, h, do(connection.VerbLinger), do(connection.VerbBreak))
	if !broken.Worked.IsZero() || !broken.Stumbled.IsZero() || !broken.Lingered.IsZero() {
		t.Errorf("broken before any data: %+v", broken)
	}
	done, first := apply(t, h, do(connection.VerbSync))
	done, _ = apply(t, done, do(connection.VerbBreak), hand, do(connection.VerbConnect), pass, do(connection.VerbUnpause), do(connection.VerbSync))
	if !done.Worked.Equal(first) {
		t.Errorf("data arrived first at %s, want %s", done.Worked, first)
	}
}

// A first sync that goes on for a day is told once; what else happens meanwhile does not put it off.
func TestAFirstSyncThatLingers(t *testing.T) {
	h, since := apply(t, begun(t), create, do(connection.VerbConnect), pass, do(connection.VerbUnpause))
	late := since.Add(24 * time.Hour)
	stumbled, err := h.Apply(connection.Event{Verb: connection.VerbStumble}, since.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]connection.Handover{"quiet": h, "stumbled": stumbled} {
		if v, due := h.Passed(connection.Policy{}, late.Add(-1)); due {
			t.Errorf("%s: %s is due before a day is over", name, v)
		}
		if v, due := h.Passed(connection.Policy{}, late); !due || v != connection.VerbLinger {
			t.Errorf("%s: after a day %q is due", name, v)
		}
		told, err := h.Apply(connection.Event{Verb: connection.VerbLinger, Paused: true}, late)
		if err != nil || !told.Lingered.Equal(late) || !told.Paused || told.State != connection.Running {
			t.Errorf("%s: %+v, %v", name, told, err)
		}
		if v, due := told.Passed(connection.Policy{}, late.Add(240*time.Hour)); due {
			t.Errorf("%s: %s is due again", name, v)
		}
	}
}
