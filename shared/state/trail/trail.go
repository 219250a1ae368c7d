// Package trail keeps the audit entries.
package trail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Entries is the collection of audit entries. They are written once and never changed.
var Entries = store.Collection[audit.Entry]{
	Name: "audit",
	Fields: func(e audit.Entry) map[string]any {
		return map[string]any{"at": e.At, "change": e.Change, "outcome": string(e.Outcome), "target": e.Target}
	},
}

// Turned is a request that was turned away before it came to any change.
type Turned struct {
	// Function is the function that turned it away, Verb what the request wanted there.
	Function, Verb string
	// Actor is who sent it, where that is known.
	Actor, ActorName string
	// Text says why. It holds no part of the request.
	Text string
	// Change, Kind and Target are set where the policy did not let the sender ask for a change of that
	// kind, or have that change taken back. The target is a name that the policy or the directory has.
	Change, Kind, Target string
}

// turned begins the ids of entries of requests that were turned away.
const turned = "turned."

// TurnAway records a request that was turned away. However many of the same sort arrive in
// one minute, they leave one entry, so that a flood of forged requests does not become a flood
// of writes.
func TurnAway(ctx context.Context, s store.Store, now time.Time, t Turned) error {
	minute := now.UTC().Truncate(time.Minute)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q %q", t.Function, t.Verb, t.Actor, t.Text, t.Change, t.Kind, t.Target))
	id := fmt.Sprintf(turned+"%s.%s", minute.Format("20060102T1504"), hex.EncodeToString(sum[:8]))
	if _, err := Entries.Get(ctx, s, id); err == nil {
		return nil
	}
	actor, name := t.Actor, t.ActorName
	if actor == "" {
		actor = "unknown"
	}
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error {
		return Entries.Create(tx, id, audit.Entry{
			ID: id, At: now, Actor: actor, ActorName: name, Verb: t.Function + "." + t.Verb, Outcome: audit.Refused, Text: t.Text,
			Change: t.Change, Kind: t.Kind, Target: t.Target,
		})
	})
	if err != nil && !errors.Is(err, store.ErrExists) {
		return fmt.Errorf("record that a request to %s was turned away: %w", t.Function, err)
	}
	return nil
}

// IsTurned reports whether an entry is of a request that was turned away before it came to any change.
func IsTurned(e audit.Entry) bool { return strings.HasPrefix(e.ID, turned) }

// Latest visits audit entries from the newest to the oldest until visit returns an error.
func Latest(ctx context.Context, r store.Reader, visit func(audit.Entry) error) error {
	return Entries.Each(ctx, r, store.Query{OrderBy: "at", Desc: true}, visit)
}

// Of returns the entries of one change, oldest first.
func Of(ctx context.Context, r store.Reader, change string) ([]audit.Entry, error) {
	var out []audit.Entry
	err := Entries.Each(ctx, r, store.Query{Where: []store.Cond{{Field: "change", Op: store.Equal, Value: change}}, OrderBy: "at"},
		func(e audit.Entry) error {
			out = append(out, e)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read the trail of change %s: %w", change, err)
	}
	return out, nil
}
