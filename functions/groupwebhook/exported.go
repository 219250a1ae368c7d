package groupwebhook

import (
	"context"
	"fmt"
	"net/http"

	"github.com/sekisho/sekisho/shared/adapters/workspace/activity"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/state/readings"
)

// intakes tells the two ways apart by which Google's audit log comes: pushed on a channel, or
// exported by Cloud Logging through the bus.
type intakes struct {
	pushed, exported http.Handler
}

// ServeHTTP passes a request to the intake that knows its sender. The bus signs in; a channel
// cannot.
func (i intakes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Goog-Channel-ID") == "" && cloudfn.Presents(r) {
		i.exported.ServeHTTP(w, r)
		return
	}
	i.pushed.ServeHTTP(w, r)
}

// exported plans the readings that an entry of the log asks for. What is no entry is kept for a
// person to look at.
func (h *handler) exported(ctx context.Context, m cloudfn.Received) error {
	a, err := activity.ParseLogEntry(m.Data)
	if err != nil {
		return cloudfn.Permanent(fmt.Errorf("read an exported entry: %w", err))
	}
	for _, s := range a.Signals() {
		if err := readings.Plan(ctx, h.queue, s, h.robot, h.now()); err != nil {
			return fmt.Errorf("queue the reading of %s: %w", s.Group, err)
		}
	}
	return nil
}
