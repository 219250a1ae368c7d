package cloudfn

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// This file is what all doors to the outside have in common: how much is read of what somebody
// sends, and what is written down when it is turned away.

// Refusal is a request that is turned away: the status for its sender, and the reason for the log
// and the audit, which holds nothing of what was sent.
type Refusal struct {
	Status int
	Reason string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Reason }

// ReadBody reads the body of a request, [MaxBody] at most. The error is a [Refusal].
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &Refusal{http.StatusRequestEntityTooLarge, "the body is too large"}
	}
	if err != nil {
		return nil, &Refusal{http.StatusBadRequest, "the body is not readable"}
	}
	return body, nil
}

// TurnAway logs that a request was turned away, and writes it into the audit log, where the same
// again and again is one entry a minute. That it could not be written there is logged too, and
// changes nothing for the sender. The attributes are further ones for the log.
func TurnAway(ctx context.Context, log *slog.Logger, s store.Store, now time.Time, t trail.Turned, attributes ...any) {
	log.WarnContext(ctx, "turned away", append([]any{"verb", t.Verb, "reason", t.Text}, attributes...)...)
	if err := trail.TurnAway(ctx, s, now, t); err != nil {
		log.ErrorContext(ctx, "audit", "error", err.Error())
	}
}
