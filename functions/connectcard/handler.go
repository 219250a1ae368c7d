package connectcard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

type handler struct {
	store   store.Store
	queue   queue.Queue
	mirror  *mirror.Mirror
	ledger  *ledger.Ledger
	shelf   *handover.Shelf
	carrier *ledger.Carrier
	policy  *policyfile.Policy
	vendor  *fivetran.Client
	now     func() time.Time
	log     *slog.Logger

	webhookURL    string
	webhookSecret secret.Text
}

// robot is the actor of everything that this function does by itself.
var robot = change.Actor{Kind: change.ByFunction, ID: "connectcard"}

// The scheduler's jobs.
const (
	JobWatch = "watch" // look at the hand-overs that somebody waits for
	JobList  = "list"  // read what the vendor offers
	JobCheck = "check" // find connections that broke, or whose owner has left
)

func (h *handler) tick(ctx context.Context, t event.Tick) error {
	switch t.Job {
	case JobWatch:
		return h.watch(ctx)
	case JobList:
		return h.list(ctx)
	case JobCheck:
		return h.check(ctx)
	}
	return cloudfn.Permanent(fmt.Errorf("no job %q", t.Job))
}

// apply carries out one change, or queues it for later. A connection that was made, or is to be
// set up again, goes to its owner at once.
func (h *handler) apply(ctx context.Context, e event.ApplyChange) error {
	c, err := h.carrier.Apply(ctx, e)
	if err != nil || c.State != change.Applied {
		return err
	}
	id := c.ID
	switch c.Kind {
	case change.ConnectionCreate:
		if err := h.begin(ctx, c); err != nil {
			return err
		}
	case change.ConnectionRenew:
		r, err := renewalOf(c)
		if err != nil {
			return err
		}
		id = r.Handover
	}
	return h.follow(ctx, event.FollowHandover{Handover: id})
}

// made is what a change keeps of the connection that it made.
type made struct {
	Connection string `json:"connection"`
	Schema     string `json:"schema"`
}

// begin keeps the hand-over of a connection that was made, unless that is done already.
func (h *handler) begin(ctx context.Context, c change.Change) error {
	var r connection.Request
	var m made
	if err := errors.Join(json.Unmarshal(c.Detail, &r), json.Unmarshal(c.Result, &m)); err != nil {
		return fmt.Errorf("decode what change %s made: %w", c.ID, err)
	}
	if err := h.shelf.Begin(ctx, connection.Begin(c.ID, r, connection.Plan{Schema: m.Schema}, c.Requester.ID, h.now())); err != nil {
		return err
	}
	_, _, err := h.shelf.Apply(ctx, c.ID, connection.Event{Verb: connection.VerbCreate, Connection: m.Connection}, robot)
	if errors.Is(err, connection.ErrRefused) {
		return nil // an earlier attempt came as far
	}
	return err
}
