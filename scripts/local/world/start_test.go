package world

import (
	"context"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// In a very large company something is due every few minutes for days, such as the first look at all
// settings. The mirror is filled long before that ends, and the start is none that failed.
func TestAStartOfAVeryLargeCompany(t *testing.T) {
	company, err := org.Parse("company.yaml", []byte(`
domain: example.com
people: [{email: aiko@example.com, name: Aiko}]
groups: [{email: data@example.com, name: Data, members: [aiko@example.com]}]
`))
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(Options{Company: company, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, began := context.Background(), w.Clock.Now()
	for at := began; at.Before(began.Add(2 * maxStart)); at = at.Add(5 * time.Minute) {
		body, err := event.Seal(event.CheckSettings{Group: "none", Noticed: at})
		if err != nil {
			t.Fatal(err)
		}
		task := queue.Task{Queue: event.QueueSettings, Name: "check-" + at.Format("20060102-150405"), NotBefore: at, Body: body}
		if err := w.backend.Queue().Enqueue(ctx, task); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if took := w.Clock.Now().Sub(began); took > 2*maxStart {
		t.Errorf("it took %s on the clock", took)
	}
	if _, err := mirror.New(w.Store()).Snapshot(ctx, "data@example.com"); err != nil {
		t.Error(err)
	}
}
