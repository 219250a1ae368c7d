package slackinteract

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// receiver takes what Slack sends, queues it and acknowledges. It decides nothing: Slack
// waits three seconds for an answer and does not send a press again.
type receiver struct {
	store    store.Store
	queue    queue.Queue
	now      func() time.Time
	log      *slog.Logger
	verifier slack.Verifier
	decider  *decider
	// messages handles the tasks that the receiver queues.
	messages http.Handler
}

// ServeHTTP answers Slack, and passes the tasks of our own queue on.
func (h *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get(queue.HeaderQueue) != "" {
		h.messages.ServeHTTP(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(cloudfn.WithTrace(r), 2500*time.Millisecond)
	defer cancel()
	ctx = cloudfn.WithLog(ctx, slog.String("function", "slackinteract"))
	if r.Method != http.MethodPost {
		h.turnAway(ctx, w, http.StatusMethodNotAllowed, "not a POST")
		return
	}
	body, err := cloudfn.ReadBody(w, r)
	if no, refused := errors.AsType[*cloudfn.Refusal](err); refused {
		h.turnAway(ctx, w, no.Status, no.Reason)
		return
	}
	if err := h.verifier.Verify(r.Header, body); err != nil {
		h.turnAway(ctx, w, http.StatusUnauthorized, err.Error())
		return
	}
	in, err := slack.ParseInteraction(body)
	if err != nil {
		h.turnAway(ctx, w, http.StatusBadRequest, "not an interaction")
		return
	}
	answer, err := h.take(ctx, slack.RequestID(r.Header), in)
	if err != nil {
		h.log.ErrorContext(ctx, "interaction", "type", in.Type, "error", err.Error())
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	if answer != nil {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(http.StatusOK)
	if _, err := w.Write(answer); err != nil {
		h.log.WarnContext(ctx, "answer", "error", err.Error())
	}
}

// take does what an interaction needs at once, and queues the rest. It returns the answer's body,
// where there is one.
func (h *receiver) take(ctx context.Context, id string, in slack.Interaction) ([]byte, error) {
	switch {
	case in.Type == "command" && h.decider.isQuestion(in):
		return nil, h.decider.ask(ctx, id, in)
	case in.Type == "command":
		if _, ok := h.decider.desks[in.Command]; !ok {
			return nil, nil
		}
		if err := h.decider.open(ctx, id, in); err != nil {
			return nil, err
		}
	case in.Type == "view_submission":
		wrong, err := h.decider.send(ctx, id, in)
		if err != nil || len(wrong) == 0 {
			return nil, err
		}
		return slack.Complaints(wrong)
	case in.Type == "block_actions" && in.View != "":
		return nil, h.decider.refresh(ctx, in)
	case in.Type == "block_actions" && in.Action != "" && !in.Link():
		return nil, h.keep(ctx, id, in)
	}
	return nil, nil // nothing of ours to decide
}

// keep puts a press into the queue that decides it. The same request again finds its task
// there, or done, and has no effect.
func (h *receiver) keep(ctx context.Context, id string, in slack.Interaction) error {
	return queue.Order(ctx, h.queue, queue.Task{Queue: event.QueuePresses, Name: "press-" + id}, event.Pressed{
		Press: id, User: in.User, Team: in.Team, Channel: in.Channel, Action: in.Action, Value: in.Value, At: h.now(),
	})
}

func (h *receiver) turnAway(ctx context.Context, w http.ResponseWriter, status int, reason string) {
	cloudfn.TurnAway(ctx, h.log, h.store, h.now(), trail.Turned{Function: "slackinteract", Verb: "press", Text: reason})
	http.Error(w, http.StatusText(status), status)
}
