package groupsettings_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// A change was made, its answer was lost, and the brake holds the group for longer than all attempts. Nobody
// has looked: it does not end as one that was withdrawn, which would say that it did not happen.
func TestWhatMayBeInEffectIsNotWithdrawnUnseen(t *testing.T) {
	const address = "open@example.com"
	for name, made := range map[string]func(*tenant) change.Change{
		"a correction": func(r *tenant) change.Change { r.check(address); return r.only(t, address) },
		"an undo":      func(r *tenant) change.Change { return r.undone(t) },
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, cloudfntest.New(t), viewRule)
			c := made(r)
			google := &silent{RoundTripper: r.Outbound}
			r.Outbound = google
			r.handler = r.Build(groupsettings.Function)
			if status := r.Do(r.handler, r.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, r.Log)
			}
			google.over = true
			r.holds(t, address)
			r.Clock.Advance(time.Minute)
			if c = r.carry(t, c); c.State != change.Failed {
				t.Errorf("it is %s (%s), want it failed", c.State, c.Problem)
			}
		})
	}
}
