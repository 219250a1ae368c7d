package connectcard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// webhooks takes what Fivetran posts. An event is a hint to look at a connection; what it says
// about it is not even read.
type webhooks struct {
	*handler
	secrets []secret.Text
}

// ServeHTTP implements [http.Handler]. It answers 200 when somebody will look, and 503 when
// Fivetran should post once more.
func (h *webhooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(cloudfn.WithTrace(r), 10*time.Second)
	defer cancel()
	ctx = cloudfn.WithLog(ctx, slog.String("function", "connectcard"))
	if r.Method != http.MethodPost {
		h.turnAway(ctx, w, http.StatusMethodNotAllowed, "not a POST")
		return
	}
	body, err := cloudfn.ReadBody(w, r)
	if no, refused := errors.AsType[*cloudfn.Refusal](err); refused {
		h.turnAway(ctx, w, no.Status, no.Reason)
		return
	}
	if err := fivetran.Verify(body, r.Header.Get(fivetran.SignatureHeader), h.secrets...); err != nil {
		h.turnAway(ctx, w, http.StatusUnauthorized, "the signature is wrong")
		return
	}
	e, err := fivetran.ParseEvent(body)
	if err != nil {
		h.turnAway(ctx, w, http.StatusBadRequest, "not an event of a connection")
		return
	}
	if err := h.take(ctx, e, body); err != nil {
		h.log.ErrorContext(ctx, "webhook", "error", err.Error())
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// take has the hand-overs of the connection looked at, where there are any. The same event again
// has the same name.
func (h *webhooks) take(ctx context.Context, e fivetran.Event, body []byte) error {
	sum := sha256.Sum256(body)
	all, err := h.shelf.Of(ctx, e.Connection)
	if err != nil {
		return err
	}
	for _, o := range all {
		if err := handover.Follow(ctx, h.queue, o.ID, o.ID+"-event-"+hex.EncodeToString(sum[:10])); err != nil {
			return err
		}
	}
	return nil
}

func (h *webhooks) turnAway(ctx context.Context, w http.ResponseWriter, status int, reason string) {
	cloudfn.TurnAway(ctx, h.log, h.store, h.now(), trail.Turned{Function: "connectcard", Verb: "webhook", Text: reason})
	http.Error(w, http.StatusText(status), status)
}
