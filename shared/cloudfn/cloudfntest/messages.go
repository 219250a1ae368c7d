package cloudfntest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
)

// RefuseBadMessages holds a function that takes messages against all that may arrive there
// instead of one. Healthy returns a message that the function can work on; rig returns a rig
// with all that it needs, types are the payloads that the function takes.
func RefuseBadMessages(t *testing.T, f cloudfn.Function, rig func(testing.TB) *Rig, healthy func(*Rig) event.Payload, types ...event.Payload) {
	t.Helper()
	strangers := []struct {
		name  string
		spoil func(*http.Request)
	}{
		{"without a token", func(r *http.Request) { r.Header.Del("Authorization") }},
		{"with a wrong token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer wrong-"+Canary) }},
		{"with another scheme", func(r *http.Request) { r.Header.Set("Authorization", "Basic "+CallerToken) }},
		{"with an empty token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }},
		{"as the scheduler's header alone", func(r *http.Request) {
			r.Header.Del("Authorization")
			r.Header.Set("X-CloudScheduler", "true")
			r.Header.Set("X-Appengine-Cron", "true")
		}},
	}
	t.Run("strangers", func(t *testing.T) {
		t.Parallel()
		r := rig(t)
		h := r.Build(f)
		quiet := r.Mark()
		for _, s := range strangers {
			q := r.Envelope(healthy(r))
			s.spoil(q)
			if status := r.Do(h, q); status != http.StatusUnauthorized {
				t.Errorf("%s: status %d, want 401", s.name, status)
			}
		}
		quiet.OnlyAudit(t, 1) // of one sort in one minute
	})
	t.Run("another method", func(t *testing.T) {
		t.Parallel()
		r := rig(t)
		h := r.Build(f)
		quiet := r.Mark()
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			q := r.Envelope(healthy(r))
			q.Method = method
			if status := r.Do(h, q); status != http.StatusMethodNotAllowed {
				t.Errorf("%s: status %d, want 405", method, status)
			}
		}
		quiet.OnlyAudit(t, 1) // of one sort in one minute
	})
	t.Run("a body that is too large", func(t *testing.T) {
		t.Parallel()
		r := rig(t)
		h := r.Build(f)
		quiet := r.Mark()
		body := []byte(`{"type":"` + strings.Repeat("x", cloudfn.MaxBody) + `"}`)
		if status := r.Do(h, r.Post(body)); status != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d, want 413", status)
		}
		quiet.OnlyAudit(t, 1)
	})
	t.Run("poison", func(t *testing.T) {
		t.Parallel()
		r := rig(t)
		h := r.Build(f)
		bodies := poison(t, types)
		for i, name := range slices.Sorted(maps.Keys(bodies)) {
			quiet := r.Mark()
			for range 2 { // delivered at least once
				if status := r.Do(h, r.Post(bodies[name])); status != http.StatusOK {
					t.Fatalf("%s: status %d, want 200: it would come back for ever\n%s", name, status, r.Log)
				}
			}
			got := r.Quarantined()
			if len(got) != i+1 {
				t.Fatalf("%s: %d in quarantine, want each once: %d", name, len(got), i+1)
			}
			if q := got[i]; q.Reason == "" || q.Function == "" || q.Body == "" || !q.At.Equal(r.Clock.Now()) {
				t.Errorf("%s: in quarantine: %+v", name, q)
			}
			quiet.Nothing(t, "quarantine/")
			r.Clock.Advance(time.Second)
		}
		// It does not stand in the way of others.
		if status := r.Do(h, r.Envelope(healthy(r))); status != http.StatusOK {
			t.Errorf("a healthy message after it: status %d\n%s", status, r.Log)
		}
		if got := len(r.Quarantined()); got != len(bodies) {
			t.Errorf("%d in quarantine after a healthy message, want %d", got, len(bodies))
		}
	})
	t.Run("empty payloads", func(t *testing.T) {
		t.Parallel()
		r := rig(t)
		h := r.Build(f)
		for _, p := range types {
			body := fmt.Appendf(nil, `{"type":%q,"data":{}}`, p.Type())
			if status := r.Do(h, r.Post(body)); status != http.StatusOK {
				t.Errorf("%s: status %d, want 200: it would come back for ever\n%s", p.Type(), status, r.Log)
			}
			// What follows from nothing comes to an end at once.
			for _, task := range r.Queue.Tasks() {
				r.Queue.Take(task.Queue)
				if status := r.Do(h, r.Task(task)); status != http.StatusOK {
					t.Errorf("%s: task %s that it queued: status %d, want 200", p.Type(), task.Name, status)
				}
			}
			for _, task := range r.Queue.Tasks() {
				t.Errorf("%s: task %s follows from nothing, and goes on", p.Type(), task.Name)
			}
		}
	})
	t.Run("the quarantine is full", func(t *testing.T) {
		t.Parallel()
		r := rig(t)
		h := r.Build(f)
		r.Store.Break(1)
		if status := r.Do(h, r.Post([]byte("{"))); status != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503: what cannot be kept must not be acknowledged", status)
		}
		if status := r.Do(h, r.Post([]byte("{"))); status != http.StatusOK || len(r.Quarantined()) != 1 {
			t.Errorf("status %d, %d in quarantine, want 200 and 1", status, len(r.Quarantined()))
		}
	})
}

// poison returns bodies with which nothing can be done.
func poison(t *testing.T, types []event.Payload) map[string][]byte {
	t.Helper()
	push := func(typ string, data []byte) []byte {
		body, err := bus.EncodePush("some-subscription", bus.Message{ID: "17", Data: data, Attributes: map[string]string{event.AttrType: typ}})
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	out := map[string][]byte{
		"not JSON":                   []byte(Canary),
		"half an object":             []byte(`{"type":"` + Canary),
		"a list":                     []byte(`["` + Canary + `"]`),
		"a number":                   []byte(`99999999999999999999`),
		"a type that is no text":     []byte(`{"type":99999999999999999999,"data":{"x":"` + Canary + `"}}`),
		"an unknown type":            []byte(`{"type":"unheard.of/1","data":{"x":"` + Canary + `"}}`),
		"a newer version":            []byte(`{"type":"tick/2","data":{"x":"` + Canary + `"}}`),
		"an endless type":            []byte(`{"type":"` + strings.Repeat("<", 200<<10) + `","data":{}}`),
		"a push of an unknown type":  push("unheard.of/1", []byte(`{"x":"`+Canary+`"}`)),
		"a push without data":        push(types[0].Type(), nil),
		"a push that is not base64":  []byte(`{"message":{"data":"***` + Canary + `","messageId":"17"},"subscription":"s"}`),
		"a message without a type":   []byte(`{"data":{"x":"` + Canary + `"}}`),
		"an object without anything": []byte(`{}`),
		"deep nesting":               []byte(`{"type":"tick/1","data":` + strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000) + `}`),
	}
	for _, p := range types {
		fields := map[string]json.RawMessage{}
		known, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(known, &fields); err != nil {
			t.Fatal(err)
		}
		for name := range fields {
			fields[name] = json.RawMessage(`{"` + Canary + `":99999999999999999999}`)
		}
		wrong, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		out[p.Type()+" with fields of other types"] = fmt.Appendf(nil, `{"type":%q,"data":%s}`, p.Type(), wrong)
		out[p.Type()+" that is a text"] = fmt.Appendf(nil, `{"type":%q,"data":%q}`, p.Type(), Canary)
		out[p.Type()+" pushed as no JSON"] = push(p.Type(), []byte(Canary))
		for _, timed := range []string{"noticed", "at"} {
			if _, ok := fields[timed]; ok {
				out[p.Type()+" with a time in words"] = fmt.Appendf(nil, `{"type":%q,"data":{%q:%q}}`, p.Type(), timed, Canary)
			}
		}
	}
	return out
}

// Mark is the state of a rig at one moment, to be compared with what it is later.
type Mark struct {
	rig            *Rig
	tasks, audited int
}

// Mark remembers the present.
func (r *Rig) Mark() *Mark {
	r.TB.Helper()
	r.Store.Written()
	r.Bus.Published()
	r.Calls.Made()
	return &Mark{rig: r, tasks: len(r.Queue.Tasks()), audited: len(r.Audit())}
}

// Tasks returns how many tasks there were.
func (m *Mark) Tasks() int { return m.tasks }

// Audited returns how many audit entries there were.
func (m *Mark) Audited() int { return m.audited }

// Nothing fails the test if since the mark a task was queued, a message published, a vendor
// called, or a record written whose key begins with none of these prefixes.
func (m *Mark) Nothing(t testing.TB, but ...string) {
	t.Helper()
	r := m.rig
	if got := len(r.Queue.Tasks()) - m.tasks; got != 0 {
		t.Errorf("%d tasks were queued, want none", got)
	}
	if got := r.Bus.Published(); len(got) != 0 {
		t.Errorf("messages were published: %v", got)
	}
	if got := r.Calls.Made(); len(got) != 0 {
		t.Errorf("vendors were called: %v", got)
	}
	for _, key := range r.Store.Written() {
		expected := false
		for _, prefix := range but {
			expected = expected || strings.HasPrefix(key, prefix)
		}
		if !expected {
			t.Errorf("%s was written", key)
		}
	}
}

// OnlyAudit fails the test unless exactly n audit entries were written since the mark, and
// nothing else happened.
func (m *Mark) OnlyAudit(t testing.TB, n int) {
	t.Helper()
	if got := m.rig.Audit(); len(got)-m.audited != n {
		t.Errorf("%d audit entries, want %d more than %d: %q", len(got), n, m.audited, got)
	}
	m.Nothing(t, "audit/")
}
