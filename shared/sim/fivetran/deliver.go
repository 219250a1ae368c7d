package fivetran

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
)

// event is the body of a webhook, with its fields in the order in which Fivetran sends them.
type event struct {
	Event   string            `json:"event"`
	Created string            `json:"created"`
	Type    string            `json:"connector_type"`
	ID      string            `json:"connector_id"`
	Name    string            `json:"connector_name"`
	SyncID  string            `json:"sync_id,omitempty"`
	Group   string            `json:"destination_group_id"`
	Data    map[string]string `json:"data,omitempty"`
}

// giveUp is how long a webhook is tried before it is disabled, retryStep by how much the waits
// between the tries grow (https://fivetran.com/docs/rest-api/getting-started/webhooks).
const (
	giveUp    = 24 * time.Hour
	retryStep = 5 * time.Minute
	lateBy    = 2 * time.Hour // under the fault late
)

// Sign returns Fivetran's signature of the body of a webhook: HMAC-SHA256 in capital hexadecimal
// digits, without anything before them.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return fmt.Sprintf("%X", mac.Sum(nil))
}

// tell has every webhook that asked for it hear of an event of a connection. The caller holds
// the lock.
func (s *Server) tell(c *connection, now time.Time, name, syncID string, data map[string]string) {
	body := encodeEvent(event{
		Event: name, Created: eventStamp(now), Type: c.service.id, ID: c.id, Name: c.schema, SyncID: syncID, Group: c.group, Data: data,
	})
	for _, w := range s.webhooks {
		if !w.active || !slices.Contains(w.events, name) || w.group != "" && w.group != c.group {
			continue
		}
		at := now
		times := 1
		switch s.opt.Faults.Draw(now, API, sim.FaultLost, sim.FaultDuplicate, sim.FaultLate) {
		case sim.FaultLost:
			continue
		case sim.FaultLate:
			at = now.Add(lateBy)
		case sim.FaultDuplicate:
			times = 2
		}
		for range times {
			s.agenda.At(at, func(ctx context.Context) { s.deliver(ctx, w.id, body, at, 0) })
		}
	}
}

// deliver posts to a webhook, and tries again where that does not succeed.
func (s *Server) deliver(ctx context.Context, id string, body []byte, first time.Time, tries int) {
	s.mu.Lock()
	var w webhook
	for _, k := range s.webhooks {
		if k.id == id {
			w = *k
		}
	}
	s.mu.Unlock()
	if !w.active {
		return
	}
	if status := s.post(ctx, &w, body); status >= 200 && status < 300 {
		return
	}
	now := s.opt.Now()
	next := now.Add(time.Duration(tries+1) * retryStep)
	if next.Sub(first) <= giveUp {
		s.agenda.At(next, func(ctx context.Context) { s.deliver(ctx, id, body, first, tries+1) })
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.webhooks {
		if k.id == id {
			k.active = false
		}
	}
}

// post sends one request and returns the status of the answer, 0 where none came. The caller
// does not hold the lock.
func (s *Server) post(ctx context.Context, w *webhook, body []byte) int {
	if s.opt.Push == nil {
		return 0
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", "application/json")
	if w.secret != "" {
		r.Header.Set("X-Fivetran-Signature-256", Sign(w.secret, body))
	}
	resp, err := s.opt.Push.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection can be used again
	return resp.StatusCode
}

// dummy is the event of a test, about a connection that does not exist.
func (s *Server) dummy(w *webhook, now time.Time, name string) []byte {
	group := w.group
	if group == "" {
		group = "_group_1"
	}
	return encodeEvent(event{Event: name, Created: eventStamp(now), Type: "connector_type", ID: "_connection_1", Name: "connection_name", Group: group})
}

func eventStamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func encodeEvent(e event) []byte {
	body, _ := json.Marshal(e) // text alone: nothing in it can fail
	return body
}
