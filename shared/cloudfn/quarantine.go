package cloudfn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// QuarantineFor is how long a message stays in quarantine for a person to look at.
const QuarantineFor = 30 * 24 * time.Hour

// Quarantined is a message that no function can do anything with.
type Quarantined struct {
	// ID names the entry. [Quarantine] makes it.
	ID       string    `json:"id"`
	Function string    `json:"function"`
	Source   string    `json:"source"`
	Message  string    `json:"message"`
	Type     string    `json:"type"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
	// Body is the request's body, as the function gets it when it is delivered again. It is kept in
	// the store only, never logged.
	Body string `json:"body"`
	// Partial says that Body is not the whole body: that was longer than a task can carry, or no
	// text.
	Partial bool `json:"partial,omitempty"`
	// Redelivered is when it was given to the function again, zero if it was not. It is zero anew
	// when the message comes back.
	Redelivered time.Time `json:"redelivered,omitzero"`
}

// Quarantines is the collection of messages in quarantine.
var Quarantines = store.Collection[Quarantined]{
	Name:    "quarantine",
	Fields:  func(q Quarantined) map[string]any { return map[string]any{"at": q.At, "function": q.Function} },
	Expires: func(q Quarantined) time.Time { return q.At.Add(QuarantineFor) },
}

// Lengths in bytes to which texts are cut that a sender chose.
const (
	maxBody   = 96 << 10 // a task can carry it, see [queue.MaxBody]
	maxReason = 1 << 10
	maxLogged = 100
)

// cut shortens a text, and leaves a character whole.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// Quarantine keeps a message for a person to look at. The same message is kept once. Whatever
// the message says of itself is cut to a size that a store holds: one that cannot even be put
// into quarantine would come back for ever.
func Quarantine(ctx context.Context, s store.Store, q Quarantined) error {
	whole := q.Body
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", q.Function, q.Source, q.Message, q.Body))
	q.Source, q.Message, q.Type = cut(q.Source, maxReason), cut(q.Message, maxReason), cut(q.Type, maxReason)
	q.Reason, q.Body = cut(q.Reason, maxReason), strings.ToValidUTF8(cut(q.Body, maxBody), "")
	q.ID, q.Partial, q.Redelivered = hex.EncodeToString(sum[:12]), q.Body != whole, time.Time{}
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error {
		return Quarantines.Put(tx, q.ID, q)
	})
	if err != nil {
		return fmt.Errorf("keep a message of %s in quarantine: %w", q.Source, err)
	}
	return nil
}
