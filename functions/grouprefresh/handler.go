package grouprefresh

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/budget"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// directory is what this function calls of the Directory API. Each method is one request.
type directory interface {
	Group(ctx context.Context, idOrEmail string) (group.Group, error)
	Members(ctx context.Context, groupID, pageToken string) (workspace.MemberPage, error)
	Member(ctx context.Context, groupID, member string) (group.Member, error)
	Groups(ctx context.Context, pageToken string) (workspace.GroupPage, error)
	GroupsOf(ctx context.Context, member, pageToken string) (workspace.GroupPage, error)
	People(ctx context.Context, pageToken string) (workspace.PersonPage, error)
	Person(ctx context.Context, idOrEmail string) (group.Person, error)
}

type handler struct {
	store     store.Store
	bus       bus.Publisher
	queue     queue.Queue
	mirror    *mirror.Mirror
	ledger    *ledger.Ledger
	carrier   *ledger.Carrier
	policy    *policyfile.Policy
	directory directory
	budget    *budget.Budget
	brake     brake.Brake
	anchor    string
	now       func() time.Time
	log       *slog.Logger
}

// Jobs of the scheduler.
const (
	JobWalk   = "walk"
	JobSecure = "secure"
	JobHeld   = "held"
)

func (h *handler) tick(ctx context.Context, t event.Tick) error {
	switch t.Job {
	case JobWalk:
		run := h.now().UTC().Format("20060102")
		return h.ensure(ctx, event.Walk{Run: run, Verify: true}, walkTask(run, 0), time.Time{})
	case JobSecure:
		if h.anchor == "" {
			return nil
		}
		run := h.now().UTC().Format("20060102T1504")
		return h.ensure(ctx, event.CompareSecure{Run: run}, secureTask(run, 0), time.Time{})
	case JobHeld:
		return h.planRemovals(ctx)
	}
	return cloudfn.Permanent(fmt.Errorf("no job %q", t.Job))
}

// within keeps a task within the calls of the day.
func within[P event.Payload](h *handler, do func(context.Context, P) error) func(context.Context, P) error {
	return budget.Within(h.budget, h.queue, event.QueueDirectory, do)
}

// ensure queues one task, once for each name.
func (h *handler) ensure(ctx context.Context, p event.Payload, name string, at time.Time) error {
	return queue.Order(ctx, h.queue, queue.Task{Queue: event.QueueDirectory, Name: name, NotBefore: at}, p)
}

// tell publishes what changed, then records that it was told. A crash in between tells it
// twice.
func (h *handler) tell(ctx context.Context, id string, read time.Time, parts []group.Part) error {
	if len(parts) == 0 {
		return nil
	}
	p := event.GroupChanged{ID: id}
	for _, part := range parts {
		p.Parts = append(p.Parts, string(part))
	}
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode the change of group %s: %w", id, err)
	}
	_, err = h.bus.Publish(ctx, event.TopicGroupChanged, bus.Message{
		Data: data, Attributes: map[string]string{event.AttrType: p.Type()}, OrderingKey: id,
	})
	if err != nil {
		return fmt.Errorf("publish the change of group %s: %w", id, err)
	}
	return h.mirror.Told(ctx, id, read, parts)
}
