package groupwebhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace/activity"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/channel"
	"github.com/sekisho/sekisho/shared/state/readings"
	"github.com/sekisho/sekisho/shared/state/trail"
)

type handler struct {
	store store.Store
	queue queue.Queue
	now   func() time.Time
	log   *slog.Logger
	robot string
	// customer is the id of the Workspace account, or my_customer.
	customer string
}

// ServeHTTP answers 200 when the notification is queued, 503 when it should be sent again.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(cloudfn.WithTrace(r), 10*time.Second)
	defer cancel()
	ctx = cloudfn.WithLog(ctx, slog.String("function", "groupwebhook"))
	err := h.receive(ctx, w, r)
	no, turned := errors.AsType[*cloudfn.Refusal](err)
	switch {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case turned:
		cloudfn.TurnAway(ctx, h.log, h.store, h.now(), trail.Turned{Function: "groupwebhook", Verb: "notify", Text: no.Reason})
		http.Error(w, no.Reason, no.Status)
	default:
		h.log.ErrorContext(ctx, "notification", "error", err.Error())
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}

func (h *handler) receive(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return &cloudfn.Refusal{Status: http.StatusMethodNotAllowed, Reason: "not a POST"}
	}
	ch, err := h.channel(ctx, r)
	if err != nil {
		return err
	}
	if r.Header.Get("X-Goog-Resource-State") == "sync" {
		return nil
	}
	body, err := cloudfn.ReadBody(w, r)
	if err != nil {
		return err
	}
	a, err := activity.Parse(body)
	if err != nil {
		return &cloudfn.Refusal{Status: http.StatusBadRequest, Reason: "the body is no activity"}
	}
	if a.Application != ch.Application {
		return &cloudfn.Refusal{Status: http.StatusBadRequest, Reason: "the activity is of another application than the channel"}
	}
	if a.Customer != "" && a.Customer != h.customer && h.customer != "my_customer" {
		return &cloudfn.Refusal{Status: http.StatusBadRequest, Reason: "the activity is of another Workspace account"}
	}
	for _, s := range a.Signals() {
		if err := readings.Plan(ctx, h.queue, s, h.robot, h.now()); err != nil {
			return fmt.Errorf("queue the reading of %s: %w", s.Group, err)
		}
	}
	return nil
}

// channel returns the channel through which a request came, if it is one of ours, open, and
// the token is right. Whoever knows less than that learns nothing about which of it was wrong.
func (h *handler) channel(ctx context.Context, r *http.Request) (channel.Channel, error) {
	stranger := &cloudfn.Refusal{Status: http.StatusUnauthorized, Reason: "no such channel and token"}
	c, err := channel.Get(ctx, h.store, r.Header.Get("X-Goog-Channel-ID"))
	if errors.Is(err, channel.ErrUnknown) {
		return channel.Channel{}, stranger
	}
	if err != nil {
		return channel.Channel{}, err
	}
	resource := r.Header.Get("X-Goog-Resource-ID")
	switch {
	case !c.Knows(r.Header.Get("X-Goog-Channel-Token")),
		!h.now().Before(c.Expires),
		c.Resource != "" && resource != c.Resource:
		return channel.Channel{}, stranger
	}
	return c, nil
}
