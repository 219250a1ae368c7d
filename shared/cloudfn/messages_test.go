package cloudfn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// handled is a function that takes ticks and whatever is left over.
func handled(routes ...cloudfn.Route) cloudfn.Function {
	return cloudfn.Function{Name: "Handled", Build: func(_ context.Context, env *cloudfn.Env) (http.Handler, error) {
		return cloudfn.Messages("handled", env, routes...), nil
	}}
}

func TestOneMessageInAllItsForms(t *testing.T) {
	data := []byte(`{"job":"sweep"}`)
	push, err := bus.EncodePush("projects/p/subscriptions/s", bus.Message{
		ID: "17", Data: data, Attributes: map[string]string{event.AttrType: "tick/1", "kind": "k"}, Attempt: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	envelope := []byte(`{"type":"tick/1","data":{"job":"sweep"}}`)
	for _, test := range []struct {
		name    string
		body    []byte
		headers map[string]string
		want    cloudfn.Received
	}{
		{"a push", push, nil, cloudfn.Received{
			ID: "17", Type: "tick/1", Data: data, Attributes: map[string]string{event.AttrType: "tick/1", "kind": "k"}, Attempt: 3, Source: "projects/p/subscriptions/s",
		}},
		{"a task", envelope, map[string]string{queue.HeaderQueue: "q", queue.HeaderTask: "n", queue.HeaderAttempts: "4"}, cloudfn.Received{
			ID: "n", Type: "tick/1", Data: data, Attempt: 5, Source: "q",
		}},
		{"a call of the scheduler", envelope, nil, cloudfn.Received{Type: "tick/1", Data: data, Source: "scheduler"}},
		{"a task whose count is none", envelope, map[string]string{queue.HeaderQueue: "q", queue.HeaderAttempts: "x"}, cloudfn.Received{Type: "tick/1", Data: data, Source: "q"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := cloudfntest.New(t)
			var got []cloudfn.Received
			h := r.Build(handled(cloudfn.Else(func(_ context.Context, m cloudfn.Received) error { got = append(got, m); return nil })))
			q := r.Post(test.body)
			for name, value := range test.headers {
				q.Header.Set(name, value)
			}
			if status := r.Do(h, q); status != http.StatusOK {
				t.Errorf("status %d, want 200", status)
			}
			if diff := cmp.Diff([]cloudfn.Received{test.want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var job string
			h = r.Build(handled(cloudfn.On(func(_ context.Context, p event.Tick) error { job = p.Job; return nil })))
			if status := r.Do(h, r.Post(test.body)); status != http.StatusOK || job != "sweep" {
				t.Errorf("typed: status %d, job %q", status, job)
			}
		})
	}
}

func TestWhatAnErrorLeadsTo(t *testing.T) {
	for _, test := range []struct {
		name        string
		err         error
		status      int
		quarantined int
	}{
		{"none", nil, 200, 0},
		{"a permanent one", cloudfn.Permanent(errors.New("no such thing")), 200, 1},
		{"a permanent one in others", fmt.Errorf("outer: %w", cloudfn.Permanent(errors.New("no such thing"))), 200, 1},
		{"a vendor's permanent one", vendor{true}, 200, 1},
		{"a vendor's passing one", vendor{false}, 503, 0},
		{"any other", errors.New("no luck"), 503, 0},
		{"the deadline", context.DeadlineExceeded, 503, 0},
		{"contention", store.ErrContention, 503, 0},
		{"no such queue", queue.ErrNoQueue, 503, 0},
		{"a record that no store holds", fmt.Errorf("store it: %w", store.ErrInvalid), 200, 1},
		{"a task that no queue holds", fmt.Errorf("queue it: %w", queue.ErrInvalid), 200, 1},
		{"a message that no bus carries", fmt.Errorf("publish it: %w", bus.ErrInvalid), 200, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := cloudfntest.New(t)
			h := r.Build(handled(cloudfn.On(func(ctx context.Context, _ event.RefreshPerson) error {
				if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > cloudfn.Deadline {
					t.Error("the work has no deadline")
				}
				return test.err
			})))
			for range 3 {
				if status := r.Do(h, r.Envelope(event.RefreshPerson{Person: cloudfntest.Canary})); status != test.status {
					t.Errorf("status %d, want %d", status, test.status)
				}
			}
			got := r.Quarantined()
			if len(got) != test.quarantined {
				t.Fatalf("in quarantine: %+v, want %d", got, test.quarantined)
			}
			if len(got) == 1 && (got[0].Reason != test.err.Error() || got[0].Type != "person.refresh/1" || got[0].Function != "handled") {
				t.Errorf("in quarantine: %+v", got[0])
			}
		})
	}
	if cloudfn.Permanent(nil) != nil {
		t.Error("no error has become one")
	}
}

type vendor struct{ permanent bool }

func (vendor) Error() string     { return "the vendor says no" }
func (v vendor) Permanent() bool { return v.permanent }

func TestBodiesAtTheLimit(t *testing.T) {
	r := cloudfntest.New(t)
	h := r.Build(handled(cloudfn.On(func(context.Context, event.Tick) error { return nil })))
	body := []byte(`{"type":"tick/1","data":{}}`)
	exact := append(body, bytes.Repeat([]byte(" "), cloudfn.MaxBody-len(body))...)
	if status := r.Do(h, r.Post(exact)); status != http.StatusOK {
		t.Errorf("%d bytes: status %d, want 200", len(exact), status)
	}
	q := r.Post(nil)
	q.Body, q.ContentLength = io.NopCloser(bytes.NewReader(append(exact, ' '))), -1
	if status := r.Do(h, q); status != http.StatusRequestEntityTooLarge {
		t.Errorf("one more: status %d, want 413", status)
	}
	q = r.Post(nil)
	q.Body = io.NopCloser(iotest{})
	if status := r.Do(h, q); status != http.StatusBadRequest {
		t.Errorf("a connection that breaks: status %d, want 400", status)
	}
	if got := r.Quarantined(); len(got) != 0 {
		t.Errorf("in quarantine: %+v", got)
	}
}

type iotest struct{}

func (iotest) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestQuarantineKeepsTheSameMessageOnce(t *testing.T) {
	r := cloudfntest.New(t)
	ctx := context.Background()
	q := cloudfn.Quarantined{Function: "f", Source: "s", Message: "m", Type: "t", Reason: "why", At: r.Clock.Now(), Body: "b"}
	for range 3 {
		if err := cloudfn.Quarantine(ctx, r.Store, q); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.Quarantined(); len(got) != 1 || got[0].ID == "" || cmp.Diff(q, got[0], cmpopts.IgnoreFields(q, "ID")) != "" {
		t.Errorf("in quarantine: %+v, want %+v", got, q)
	}
	long := strings.Repeat("x", 96<<10)
	for _, spoil := range []func(*cloudfn.Quarantined){
		func(q *cloudfn.Quarantined) { q.Function = "f2" }, func(q *cloudfn.Quarantined) { q.Source = "s2" },
		func(q *cloudfn.Quarantined) { q.Message = "m2" }, func(q *cloudfn.Quarantined) { q.Body = "b2" },
		func(q *cloudfn.Quarantined) { q.Body = strings.Repeat("語", 100_000) }, func(q *cloudfn.Quarantined) { q.Body = long },
		func(q *cloudfn.Quarantined) { q.Body = "no text\xff" }, func(q *cloudfn.Quarantined) { q.Message = strings.Repeat("<", 1<<20) },
	} {
		other := q
		spoil(&other)
		if err := cloudfn.Quarantine(ctx, r.Store, other); err != nil {
			t.Fatal(err)
		}
	}
	got := r.Quarantined()
	if len(got) != 9 {
		t.Errorf("%d in quarantine, want 9 that differ", len(got))
	}
	for _, q := range got {
		if len(q.Body) > queue.MaxBody || len(q.Message) > 1<<10 || strings.Contains(q.Body, "\ufffd") {
			t.Errorf("%d bytes of body, %d of message, or half a character", len(q.Body), len(q.Message))
		}
		if whole := len(q.Body) == 1 || len(q.Body) == 2 || q.Body == long; q.Partial == whole {
			t.Errorf("of a body %d bytes are kept, and it is said to be partial: %t", len(q.Body), q.Partial)
		}
	}
	r.Clock.Advance(cloudfn.QuarantineFor + time.Second)
	if got := r.Quarantined(); len(got) != 0 {
		t.Errorf("%d in quarantine a month later", len(got))
	}
}

func TestLogLines(t *testing.T) {
	var out bytes.Buffer
	log := cloudfn.NewLog(&out)
	q := httptest.NewRequest(http.MethodPost, "/", nil)
	q.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	ctx := cloudfn.WithLog(cloudfn.WithTrace(q), slog.String("function", "f"))
	inner := cloudfn.WithLog(ctx, slog.String("event_id", "17"))
	log.InfoContext(ctx, "info")
	log.WarnContext(inner, "warn", "n", 1)
	log.With("extra", "x").ErrorContext(inner, "error")
	log.WithGroup("g").InfoContext(inner, "grouped", "level", "kept")
	var got []map[string]any
	for line := range strings.Lines(out.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if _, err := time.Parse(time.RFC3339Nano, fmt.Sprint(fields["time"])); err != nil {
			t.Errorf("time: %v", err)
		}
		delete(fields, "time")
		got = append(got, fields)
	}
	const trace = "logging.googleapis.com/trace"
	id := "4bf92f3577b34da6a3ce929d0e0e4736"
	want := []map[string]any{
		{"severity": "INFO", "message": "info", "function": "f", trace: id},
		{"severity": "WARNING", "message": "warn", "function": "f", trace: id, "event_id": "17", "n": 1.0},
		{"severity": "ERROR", "message": "error", "function": "f", trace: id, "event_id": "17", "extra": "x"},
		{"severity": "INFO", "message": "grouped", "g": map[string]any{"level": "kept", "function": "f", trace: id, "event_id": "17"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTracesThatAreNone(t *testing.T) {
	for _, header := range []string{"", "00", "00-xyz-1-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-1-01", "00-" + cloudfntest.Canary + "-1-01"} {
		var out bytes.Buffer
		q := httptest.NewRequest(http.MethodPost, "/", nil)
		q.Header.Set("Traceparent", header)
		cloudfn.NewLog(&out).InfoContext(cloudfn.WithTrace(q), "line")
		if strings.Contains(out.String(), "trace") || strings.Contains(out.String(), cloudfntest.Canary) {
			t.Errorf("%q is logged as a trace: %s", header, out.String())
		}
	}
}

// A line holds nothing that a sender may make as long as it likes.
func TestLogLinesAreShort(t *testing.T) {
	r := cloudfntest.New(t)
	h := r.Build(handled(cloudfn.On(func(context.Context, event.Tick) error { return errors.New(strings.Repeat("x", 1<<20)) })))
	for _, body := range []string{`{"type":"` + strings.Repeat("x", 200<<10) + `"}`, `{"type":"tick/1","data":{}}`} {
		r.Do(h, r.Post([]byte(body)))
	}
	for line := range strings.Lines(r.Log.String()) {
		if len(line) > 4<<10 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

// Cloud Logging links a line to a trace by the project's name.
func TestTracesAreThoseOfTheProject(t *testing.T) {
	var out bytes.Buffer
	q := httptest.NewRequest(http.MethodPost, "/", nil)
	q.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	cloudfn.NewProjectLog(&out, "p-1").InfoContext(cloudfn.WithTrace(q), "line")
	const want = `"logging.googleapis.com/trace":"projects/p-1/traces/4bf92f3577b34da6a3ce929d0e0e4736"`
	if !strings.Contains(out.String(), want) {
		t.Errorf("line %s, want %s in it", out.String(), want)
	}
}

// The alert on missed jobs counts these lines: one for a job that ended well, none otherwise.
func TestAJobThatIsDoneIsLogged(t *testing.T) {
	r := cloudfntest.New(t)
	var fails error
	h := r.Build(handled(cloudfn.On(func(context.Context, event.Tick) error { return fails })))
	body, err := event.Seal(event.Tick{Job: "poll"})
	if err != nil {
		t.Fatal(err)
	}
	done := func() int { return strings.Count(r.Log.String(), `"message":"job done","job":"poll"`) }
	if r.Do(h, r.Post(body)); done() != 1 {
		t.Errorf("logged %d times, want 1: %s", done(), r.Log)
	}
	for _, fails = range []error{errors.New("later"), cloudfn.Permanent(errors.New("never"))} {
		if r.Do(h, r.Post(body)); done() != 1 {
			t.Errorf("a job that ended with %q is logged as done", fails)
		}
	}
}

// What is promised to those who send is a number, not a name.
func TestTheLimitOfABody(t *testing.T) {
	if cloudfn.MaxBody != 262_144 {
		t.Errorf("bodies may have %d bytes, want 256 KiB", cloudfn.MaxBody)
	}
}
