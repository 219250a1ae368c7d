package bench

import (
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
)

const policy = `
settings:
  mode: auto
  rules:
    general:
      - {field: whoCanViewGroup, needles: [ANYONE_CAN_VIEW, ALL_IN_DOMAIN_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW}
`

// BenchmarkEventToPatch is the way from a setting that somebody opens to the patch that closes
// it again: the notification, the task, the reading, the rules, the change, its notice, its
// claim, the patch and the reading back, through every function, the embedded bus and queues
// and the simulated vendor. The clock is a world's own, so that the delays by which Google
// settles and readings are coalesced take no time.
func BenchmarkEventToPatch(b *testing.B) {
	w, err := world.New(world.Options{Policy: fstest.MapFS{"policy.yaml": {Data: []byte(policy)}}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			b.Error(err)
		}
	}()
	if err := w.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	const group, field, open, closed = "product@example.com", "whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW"
	settle := func() {
		b.Helper()
		if err := w.Advance(b.Context(), w.Clock.Now().Add(20*time.Minute)); err != nil {
			b.Fatal(err)
		}
	}
	settle()
	b.ReportAllocs()
	took := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		settle() // what the time before left behind, messages in Slack among it
		b.StartTimer()
		began := time.Now()
		if err := w.Workspace.SetSetting(group, field, open, ""); err != nil {
			b.Fatal(err)
		}
		until := w.Clock.Now().Add(15 * time.Minute)
		for {
			if err := w.Advance(b.Context(), w.Clock.Now().Add(time.Second)); err != nil {
				b.Fatal(err)
			}
			if got, _ := w.Workspace.Setting(group, field); got == closed {
				break
			}
			if w.Clock.Now().After(until) {
				b.Fatal("nobody closed it again")
			}
		}
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100])/float64(time.Millisecond), "p99-ms")
}
