package groupwebhook_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
)

// A notification about a group of which no reading is planned: it becomes a task.
func BenchmarkNotification(b *testing.B) {
	cloudfntest.OnStores(b, func(b *testing.B, r *cloudfntest.Rig) {
		h := open(b, r, "admin")
		template := string(fixture(b, "admin_member"))
		cloudfntest.Loop(b, func(i int) *http.Request {
			return h.notify([]byte(strings.Replace(template, "data@example.com", fmt.Sprintf("g%d@example.com", i), 1)))
		}, func(q *http.Request) {
			if status := h.Do(h.handler, q); status != http.StatusOK {
				b.Fatalf("status %d, want 200", status)
			}
		})
	})
}

// One of a storm: the reading is planned already.
func BenchmarkNotificationAgain(b *testing.B) {
	cloudfntest.OnStores(b, func(b *testing.B, r *cloudfntest.Rig) {
		h := open(b, r, "admin")
		body := fixture(b, "admin_member")
		cloudfntest.Loop(b, func(int) *http.Request { return h.notify(body) }, func(q *http.Request) {
			if status := h.Do(h.handler, q); status != http.StatusOK {
				b.Fatalf("status %d, want 200", status)
			}
		})
	})
}

// One of a flood of forgeries: the audit has its entry for this minute.
func BenchmarkForgery(b *testing.B) {
	cloudfntest.OnStores(b, func(b *testing.B, r *cloudfntest.Rig) {
		h := open(b, r, "admin")
		body := fixture(b, "admin_member")
		cloudfntest.Loop(b, func(i int) *http.Request {
			q := h.notify(body)
			q.Header.Set("X-Goog-Channel-Token", fmt.Sprintf("forged-%d", i))
			return q
		}, func(q *http.Request) {
			if status := h.Do(h.handler, q); status != http.StatusUnauthorized {
				b.Fatalf("status %d, want 401", status)
			}
		})
	})
}
