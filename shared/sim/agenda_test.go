package sim_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/sim"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func TestAgendaIsEmptyAtFirst(t *testing.T) {
	var a sim.Agenda
	if at, ok := a.Next(); ok {
		t.Errorf("Next: %v", at)
	}
	if a.RunNext(t.Context(), start) {
		t.Error("RunNext ran something")
	}
}

// Everything runs when it is due, the earlier first, and what is due at the same instant in the
// order in which it was added; in whatever time zone that instant was given.
func TestAgendaRunsInOrder(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*60*60)
	rapid.Check(t, func(t *rapid.T) {
		type item struct{ minute, n int }
		var a sim.Agenda
		var want, got []item
		for n, minute := range rapid.SliceOf(rapid.IntRange(0, 9)).Draw(t, "minutes") {
			x := item{minute, n}
			want = append(want, x)
			at := start.Add(time.Duration(minute) * time.Minute)
			if n%2 == 1 {
				at = at.In(tokyo)
			}
			a.At(at, func(context.Context) { got = append(got, x) })
		}
		slices.SortStableFunc(want, func(a, b item) int { return a.minute - b.minute })
		for minute := range 10 {
			now := start.Add(time.Duration(minute) * time.Minute)
			for a.RunNext(t.Context(), now) {
			}
			if at, ok := a.Next(); ok && !at.After(now) {
				t.Fatalf("at %v something of %v is left", now, at)
			}
			if i := slices.IndexFunc(got, func(x item) bool { return x.minute > minute }); i >= 0 {
				t.Fatalf("ran something of minute %d in minute %d", got[i].minute, minute)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("ran %v, want %v", got, want)
		}
	})
}

func TestWhatRunsMayAddToTheAgenda(t *testing.T) {
	var a sim.Agenda
	var got []string
	add := func(name string, after time.Duration, do func(context.Context)) {
		a.At(start.Add(after), func(ctx context.Context) {
			got = append(got, name)
			if do != nil {
				do(ctx)
			}
		})
	}
	add("first", 0, func(context.Context) {
		add("at once", 0, nil)
		add("earlier than now", -time.Hour, nil)
		add("later", time.Minute, nil)
		a.RunNext(context.Background(), start.Add(-time.Minute)) // within: runs what is overdue
	})
	add("second", 0, nil)
	for a.RunNext(t.Context(), start) {
	}
	if want := []string{"first", "earlier than now", "second", "at once"}; !slices.Equal(got, want) {
		t.Errorf("ran %q, want %q", got, want)
	}
	if at, ok := a.Next(); !ok || !at.Equal(start.Add(time.Minute)) {
		t.Errorf("Next: %v, %t", at, ok)
	}
}

func TestAgendaHandsOnItsContext(t *testing.T) {
	type key struct{}
	var a sim.Agenda
	a.At(start, func(ctx context.Context) {
		if ctx.Value(key{}) != "here" {
			t.Error("another context")
		}
	})
	if !a.RunNext(context.WithValue(t.Context(), key{}, "here"), start) {
		t.Error("nothing ran")
	}
}

func TestAgendaIsSafeForManyAtOnce(t *testing.T) {
	var a sim.Agenda
	ran := make(chan struct{}, 100)
	done := make(chan struct{})
	for range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range 25 {
				a.At(start.Add(time.Duration(i)*time.Second), func(context.Context) { ran <- struct{}{} })
				a.Next()
				a.RunNext(context.Background(), start.Add(time.Hour))
			}
		}()
	}
	for range 4 {
		<-done
	}
	for a.RunNext(t.Context(), start.Add(time.Hour)) {
	}
	if len(ran) != 100 {
		t.Errorf("%d ran, want 100", len(ran))
	}
}
