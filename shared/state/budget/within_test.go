package budget_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/quota"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/budget"
)

// names is a queue that makes tasks with the same name one.
type names map[string]queue.Task

func (n names) Enqueue(_ context.Context, t queue.Task) error {
	if _, ok := n[t.Name]; ok {
		return queue.ErrExists
	}
	n[t.Name] = t
	return nil
}

// waits returns what waits for the next day after these payloads found the day spent.
func waits[P event.Payload](t *testing.T, list ...P) names {
	t.Helper()
	now := func() time.Time { return noon }
	b := budget.New(open(t, now), "directory", 1, now)
	spend(t, b, budget.Revoke, 5)
	waiting := names{}
	do := budget.Within(b, waiting, event.QueueDirectory, func(ctx context.Context, _ P) error { return b.Spend(ctx, budget.Sweep) })
	for _, p := range list {
		if err := do(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	return waiting
}

// Ten people notice that one group changed on a day that is spent: it is looked at once on the
// next day, for the one who noticed it first.
func TestTheSameWorkWaitsOnce(t *testing.T) {
	var readings []event.RefreshGroup
	var checks []event.CheckSettings
	for i := range 10 {
		at := noon.Add(time.Duration(i) * time.Minute)
		readings = append(readings, event.RefreshGroup{Group: "g1", Noticed: at})
		checks = append(checks, event.CheckSettings{Group: "g1", Actor: string(rune('a'+i)) + "@example.com", Noticed: at})
	}
	for name, waiting := range map[string]names{"readings": waits(t, readings...), "checks": waits(t, checks...)} {
		if len(waiting) != 1 {
			t.Errorf("%d %s wait, want 1", len(waiting), name)
		}
		for _, task := range waiting {
			var e struct {
				Data struct{ Noticed time.Time }
			}
			if err := json.Unmarshal(task.Body, &e); err != nil || !e.Data.Noticed.Equal(noon) {
				t.Errorf("%s: noticed at %s, %v; want the first, %s", name, e.Data.Noticed, err, noon)
			}
		}
	}
}

func TestOtherWorkWaitsBesides(t *testing.T) {
	if got := waits(t, event.RefreshGroup{Group: "g1"}, event.RefreshGroup{Group: "g2"}, event.RefreshGroup{Group: "g1", Try: 1}); len(got) != 3 {
		t.Errorf("%d readings wait, want 3: two groups, and one that was not believed", len(got))
	}
	if got := waits(t, event.CheckSettings{Group: "g1"}, event.CheckSettings{Group: "g1", Sweep: true}); len(got) != 2 {
		t.Errorf("%d checks wait, want 2: one can wait longer", len(got))
	}
	if got := waits(t, event.RefreshPerson{Person: "1"}, event.RefreshPerson{Person: "2"}); len(got) != 2 {
		t.Errorf("%d people wait, want 2", len(got))
	}
}

// What waited for a new day does not all come at its first moment: it is spread over twenty minutes.
func TestWhatWaitedComesOneAfterTheOther(t *testing.T) {
	var readings []event.RefreshGroup
	for i := range 400 {
		readings = append(readings, event.RefreshGroup{Group: fmt.Sprint("g", i)})
	}
	_, midnight := quota.Day(noon)
	minutes := map[int]int{}
	for _, task := range waits(t, readings...) {
		after := task.NotBefore.Sub(midnight)
		if after < 0 || after >= 20*time.Minute {
			t.Errorf("a task comes %s after midnight", after)
		}
		minutes[int(after/time.Minute)]++
	}
	for minute, n := range minutes {
		if n > 400/20*3 {
			t.Errorf("%d of 400 tasks come in minute %d", n, minute)
		}
	}
}
