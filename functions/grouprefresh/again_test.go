package grouprefresh_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// dying is a store whose process ends once after a transaction that made something true.
type dying struct {
	store.Store
	when func() bool
	dead bool
}

func (d *dying) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	err := d.Store.Update(ctx, decide)
	if err == nil && !d.dead && d.when() {
		d.dead = true
		return errors.New("the process is gone")
	}
	return err
}

// A new group of many pages is stored, and the process ends before the reading that settles it is ordered. The task comes again.
func TestTheProcessEndsBeforeTheReadingOfManyIsOrderedAgain(t *testing.T) {
	for _, others := range []int{150, 450} {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			r := openCompany(t, large(t, 5))
			r.tick(t, grouprefresh.JobWalk)
			r.work(t)
			r.Clock.Advance(time.Hour)
			at := "fresh@example.com"
			if err := r.workspace.CreateGroup(at, ""); err != nil {
				t.Fatal(err)
			}
			for i := range others {
				if err := r.workspace.AddMember(at, fmt.Sprintf("v%05d@partner.example", i), "MEMBER", ""); err != nil {
					t.Fatal(err)
				}
			}
			inner := r.Store.Store
			m := mirror.New(inner)
			r.Store.Store = &dying{Store: inner, when: func() bool {
				h, err := m.Find(context.Background(), at)
				return err == nil && !h.Read.IsZero()
			}}
			r.handler = r.Build(grouprefresh.Function)
			r.Clock.Advance(time.Second)
			r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: at, Noticed: r.Clock.Now()}))
			for range 100 {
				tasks := r.Queue.Take(event.QueueDirectory)
				if len(tasks) == 0 {
					break
				}
				for _, task := range tasks {
					r.Clock.Advance(max(time.Millisecond, task.NotBefore.Sub(r.Clock.Now())))
					status := r.Do(r.handler, r.Task(task))
					if status != http.StatusOK {
						r.Do(r.handler, r.Task(task))
					}
				}
			}
			h, err := m.Find(t.Context(), at)
			if err != nil || !h.Complete() {
				t.Errorf("after all tasks: complete %t members %d due %v read %v, %v", h.Complete(), h.Members, h.Due, h.Read, err)
			}
		})
	}
}
