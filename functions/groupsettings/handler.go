package groupsettings

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/budget"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/notice"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// settings is what this function calls of the Groups Settings API.
type settings interface {
	Get(ctx context.Context, email string) (map[string]string, error)
	Patch(ctx context.Context, email string, values map[string]string) error
}

type handler struct {
	store    store.Store
	queue    queue.Queue
	budget   *budget.Budget
	mirror   *mirror.Mirror
	ledger   *ledger.Ledger
	carrier  *ledger.Carrier
	standing *standing.Resolver
	settings settings
	policy   *policyfile.Policy
	rules    settingsrule.Rules
	now      func() time.Time
	log      *slog.Logger
}

// robot is the actor of everything that this function does by itself.
var robot = change.Actor{Kind: change.ByFunction, ID: "groupsettings"}

// rule is the requester of corrections.
var rule = change.Actor{Kind: change.ByRule, ID: "settings-rules"}

// groupChanged queues a check where what changed may change what the rules say, and has those
// asked who may decide only now.
func (h *handler) groupChanged(ctx context.Context, e event.GroupChanged) error {
	header, err := h.mirror.Find(ctx, e.ID)
	if errors.Is(err, mirror.ErrUnknown) {
		return h.groupGone(ctx, e.ID)
	}
	if err != nil {
		return err
	}
	if slices.Contains(e.Parts, string(group.Members)) || slices.Contains(e.Parts, string(group.Roles)) {
		if err := h.askWhoIsNew(ctx, header); err != nil {
			return err
		}
	}
	known, err := h.mirror.Settings(ctx, e.ID)
	if err != nil {
		return err
	}
	secure, err := h.secure(ctx, e.ID)
	if err != nil {
		return err
	}
	renamed := slices.Contains(e.Parts, string(group.Renamed)) // exceptions name addresses
	// What happened to its settings while it was gone, or only held, nobody has looked at.
	back := slices.Contains(e.Parts, string(group.Created)) || !known.Missed.IsZero()
	if known.Read.IsZero() || known.Secure != secure || renamed || back {
		return h.queueCheck(ctx, e.ID, "changed-"+fmt.Sprint(header.Read.UnixMilli()))
	}
	return nil
}

// askWhoIsNew has the messages of what waits for the owners of a group brought up to date: there
// may be another owner, who would otherwise hear of it with the next reminder, or never.
func (h *handler) askWhoIsNew(ctx context.Context, of mirror.Header) error {
	live, err := h.ledger.Live(ctx, change.GroupSettings, of.Group.ID)
	if err != nil {
		return err
	}
	for _, c := range live {
		if c.State != change.Proposed {
			continue
		}
		name := fmt.Sprintf("%s-members-%d", c.ID, of.Read.UnixMilli())
		err := notice.Tell(ctx, h.queue, event.Notify{Subject: c.ID, Seq: c.Seq}, name, time.Time{})
		if err != nil {
			return fmt.Errorf("queue the messages of change %s: %w", c.ID, err)
		}
	}
	return nil
}

// groupGone withdraws what was still to be done to a group that is no more.
func (h *handler) groupGone(ctx context.Context, id string) error {
	live, err := h.ledger.Live(ctx, change.GroupSettings, id)
	if err != nil {
		return err
	}
	return h.ledger.WithdrawOthers(ctx, rule, "the group is gone", live)
}

func (h *handler) queueCheck(ctx context.Context, id, cause string) error {
	return h.enqueue(ctx, event.CheckSettings{Group: id, Noticed: h.now()}, checkTask(id, cause), time.Time{})
}

func checkTask(id, cause string) string { return "check-" + id + "-" + cause }

func (h *handler) enqueue(ctx context.Context, p event.Payload, name string, at time.Time) error {
	return queue.Order(ctx, h.queue, queue.Task{Queue: event.QueueSettings, Name: name, NotBefore: at}, p)
}
