package grouprefresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// directory is what this function calls of the Directory API.
type directory interface {
	Snapshot(ctx context.Context, idOrEmail string, now time.Time) (group.Snapshot, error)
	Groups(ctx context.Context, pageToken string) (workspace.GroupPage, error)
	People(ctx context.Context, pageToken string) (workspace.PersonPage, error)
	Person(ctx context.Context, idOrEmail string) (group.Person, error)
}

type handler struct {
	store     store.Store
	bus       bus.Publisher
	queue     queue.Queue
	mirror    *mirror.Mirror
	directory directory
	now       func() time.Time
}

// refresh reads one group and tells what has changed.
func (h *handler) refresh(ctx context.Context, e event.RefreshGroup) error {
	began := h.now()
	s, err := h.directory.Snapshot(ctx, e.Group, began)
	if errors.Is(err, workspace.ErrNotFound) {
		gone, was, err := h.mirror.Remove(ctx, e.Group, began)
		if err != nil || !was {
			return err
		}
		return h.tell(ctx, gone.ID, began, []group.Part{group.Deleted})
	}
	if err != nil {
		return fmt.Errorf("read group %s: %w", e.Group, err)
	}
	parts, err := h.mirror.Replace(ctx, s)
	if err != nil || len(parts) == 0 {
		return err
	}
	return h.tell(ctx, s.Group.ID, s.Read, parts)
}

// refreshPerson reads one account. Somebody whose account is stopped or gone decides nothing
// any more from then on.
func (h *handler) refreshPerson(ctx context.Context, e event.RefreshPerson) error {
	began := h.now()
	p, err := h.directory.Person(ctx, e.Person)
	if errors.Is(err, workspace.ErrNotFound) {
		return h.mirror.RemovePerson(ctx, e.Person, began)
	}
	if err != nil {
		return fmt.Errorf("read the account of %s: %w", e.Person, err)
	}
	return h.mirror.PutPeople(ctx, []group.Person{p}, began)
}

// tell publishes what changed, then records that it was told. A crash in between tells it
// twice.
func (h *handler) tell(ctx context.Context, id string, read time.Time, parts []group.Part) error {
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
	return h.mirror.Told(ctx, id, read)
}
