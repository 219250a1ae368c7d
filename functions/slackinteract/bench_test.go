package slackinteract_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

// What Slack waits for: the signature is checked, the press is queued.
func BenchmarkPress(b *testing.B) {
	cloudfntest.OnStores(b, func(b *testing.B, r *cloudfntest.Rig) {
		o := openOffice(b, r)
		payload := o.payload("ken@example.com", "approve", "abcdefgh-1 1", nil)
		cloudfntest.Loop(b, func(int) *http.Request {
			o.Clock.Advance(time.Second) // another signature
			return o.signed(b, payload)
		}, func(q *http.Request) {
			if status := o.Do(o.handler, q); status != http.StatusOK {
				b.Fatalf("status %d, want 200", status)
			}
		})
	})
}

// What follows: who is it, may they, and the approval, with its notice on the bus.
func BenchmarkDecision(b *testing.B) {
	cloudfntest.OnStores(b, func(b *testing.B, r *cloudfntest.Rig) {
		o := openOffice(b, r)
		cloudfntest.Loop(b, func(int) queue.Task {
			o.Clock.Advance(time.Second)
			c := o.ask(b, 1, rule)
			if status := o.Do(o.handler, o.signed(b, o.payload("ken@example.com", "approve", c.ID+" 1", nil))); status != http.StatusOK {
				b.Fatalf("press: status %d, want 200", status)
			}
			return o.Queue.Take(event.QueuePresses)[0]
		}, func(t queue.Task) {
			if status := o.Do(o.handler, o.Task(t)); status != http.StatusOK {
				b.Fatalf("status %d, want 200", status)
			}
		})
		if got := o.Audit(); len(got) == 0 {
			b.Fatal("nothing was decided")
		}
	})
}
