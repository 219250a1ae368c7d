package mirror_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

// How many groups there are says the last census, then the walk that fills the mirror, then the mirror.
func TestCount(t *testing.T) {
	w := newWorld(t)
	count := func(want int) {
		t.Helper()
		if n, err := w.Count(t.Context()); n != want || err != nil {
			t.Errorf("Count: %d, %v; want %d", n, err, want)
		}
	}
	w.replace(t, read("G1", "eng@example.com", 0))
	count(1)
	first := mirror.Walk{Run: "first", Phase: mirror.WalkGroups, Page: 1, Began: start, Counted: mirror.Census{Groups: 200}}
	anew := mirror.Walk{Run: "first", Phase: mirror.WalkPeople, Page: 2, Began: start, Restarts: 1, Reached: 200}
	done := anew
	done.Page, done.Phase, done.Counted.Groups = 3, mirror.WalkDone, 250
	next := mirror.Walk{Run: "next", Phase: mirror.WalkGroups, Page: 1, Began: start.AddDate(0, 0, 1), Counted: mirror.Census{Groups: 40}}
	for _, step := range []struct {
		from, to mirror.Walk
		want     int
	}{{mirror.Walk{}, first, 200}, {first, anew, 200}, {anew, done, 250}, {done, next, 250}} {
		if err := w.PutStep(t.Context(), step.from, step.to, mirror.Step{Began: start}); err != nil {
			t.Fatal(err)
		}
		count(step.want)
	}
}
