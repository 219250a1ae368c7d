package cloudfn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// MaxBody is the largest request that any function reads, in bytes. The functions framework
// itself sets no limit.
const MaxBody = 256 << 10

// Deadline is how long one message may be worked on. It is below the time limits of the
// functions and the acknowledgement deadlines of their subscriptions.
const Deadline = 50 * time.Second

// Route is what a function does with one type of payload.
type Route struct {
	typ      string
	handle   func(ctx context.Context, m Received) error
	deadline time.Duration
}

// Within gives a route longer than [Deadline], for calls of the scheduler, which waits up to half
// an hour (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs).
func Within(d time.Duration, r Route) Route {
	r.deadline = d
	return r
}

// Received is one message, whatever way it came.
type Received struct {
	ID string
	// Type is the payload's type, Data the payload.
	Type string
	Data []byte
	// Attributes are those of a message of the bus.
	Attributes map[string]string
	// Attempt counts from 1; zero where the sender does not say.
	Attempt int
	// Source is the subscription or queue, or "scheduler".
	Source string
}

// On routes payloads of type P to handle.
func On[P event.Payload](handle func(ctx context.Context, p P) error) Route {
	var zero P
	return Route{typ: zero.Type(), handle: func(ctx context.Context, m Received) error {
		var p P
		if err := json.Unmarshal(m.Data, &p); err != nil {
			return Permanent(fmt.Errorf("decode %s: %w", zero.Type(), undecodable(err)))
		}
		return handle(ctx, p)
	}}
}

// Else routes whatever no other route takes, undecoded: for the consumer of dead letters.
func Else(handle func(ctx context.Context, m Received) error) Route {
	return Route{handle: handle}
}

// Messages returns the handler of what Google's services send to a function: pushes of the
// bus, tasks of a queue and calls of the scheduler. All three carry a typed payload.
//
// Another method than POST gets 405, a caller that is not one of ours 401, a body that is too large
// 413, and each leaves an audit entry. A payload that nobody can read, or whose handler returns a permanent error, is
// put into quarantine and acknowledged with 200. Every other error is answered with 503, so
// that the sender tries again.
func Messages(name string, env *Env, routes ...Route) http.Handler {
	m := &messages{name: name, env: env, routes: map[string]Route{}}
	for _, r := range routes {
		m.routes[r.typ] = r
	}
	return m
}

type messages struct {
	name   string
	env    *Env
	routes map[string]Route
}

func (m *messages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	outer := WithLog(WithTrace(r), slog.String("function", m.name))
	ctx, cancel := context.WithTimeout(outer, Deadline)
	defer cancel()
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		m.turnAway(ctx, w, http.StatusMethodNotAllowed, "not a POST", nil)
		return
	}
	if err := m.env.Callers.Verify(ctx, r); err != nil {
		m.turnAway(ctx, w, http.StatusUnauthorized, "the caller is not one of ours", err)
		return
	}
	body, err := ReadBody(w, r)
	if no, refused := errors.AsType[*Refusal](err); refused {
		m.turnAway(ctx, w, no.Status, no.Reason, err)
		return
	}
	msg, err := receive(r, body)
	if err != nil {
		m.quarantine(ctx, w, msg, body, err)
		return
	}
	ctx = WithLog(ctx, slog.String("event_id", cut(msg.ID, maxLogged)), slog.String("type", cut(msg.Type, maxLogged)))
	route, ok := m.routes[msg.Type]
	if !ok {
		route, ok = m.routes[""]
	}
	if !ok {
		m.quarantine(ctx, w, msg, body, fmt.Errorf("%s takes no %q", m.name, cut(msg.Type, maxLogged)))
		return
	}
	if route.deadline > 0 {
		// The request's own end still ends it; only our bound is another one.
		longer, cancel := context.WithTimeout(outer, route.deadline)
		defer cancel()
		ctx = WithLog(longer, slog.String("event_id", cut(msg.ID, maxLogged)), slog.String("type", cut(msg.Type, maxLogged)))
	}
	err = route.handle(ctx, msg)
	switch {
	case err == nil:
		m.logJob(ctx, msg)
		w.WriteHeader(http.StatusOK)
	case IsPermanent(err):
		m.quarantine(ctx, w, msg, body, err)
	default:
		m.env.Log.WarnContext(ctx, "to be tried again", "error", cut(err.Error(), maxReason), "attempt", msg.Attempt)
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}

// logJob logs that a job of the scheduler is done. An alert waits for every job's line: a job
// that is not called, or never ends well, is missed by it.
func (m *messages) logJob(ctx context.Context, msg Received) {
	var t event.Tick
	if msg.Type == t.Type() && json.Unmarshal(msg.Data, &t) == nil {
		m.env.Log.InfoContext(ctx, "job done", "job", cut(t.Job, maxLogged))
	}
}

// receive reads a push, or the envelope of a task or of a scheduler's call.
func receive(r *http.Request, body []byte) (Received, error) {
	if m, subscription, err := bus.DecodePush(body); err == nil {
		return Received{ID: m.ID, Type: m.Attributes[event.AttrType], Data: m.Data, Attributes: m.Attributes, Attempt: m.Attempt, Source: subscription}, nil
	}
	msg := Received{ID: r.Header.Get(queue.HeaderTask), Source: r.Header.Get(queue.HeaderQueue)}
	if msg.Source == "" {
		msg.Source = "scheduler"
	}
	if tries, err := strconv.Atoi(r.Header.Get(queue.HeaderAttempts)); err == nil {
		msg.Attempt = tries + 1
	}
	var e event.Envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return msg, fmt.Errorf("neither a push nor an envelope: %w", undecodable(err))
	}
	msg.Type, msg.Data = e.Type, e.Data
	return msg, nil
}

func (m *messages) turnAway(ctx context.Context, w http.ResponseWriter, status int, text string, cause error) {
	t := trail.Turned{Function: m.name, Verb: "message", Text: text}
	attributes := []any{"status", status}
	if cause != nil {
		attributes = append(attributes, "error", cause.Error())
	}
	TurnAway(ctx, m.env.Log, m.env.Store, m.env.Now(), t, attributes...)
	http.Error(w, http.StatusText(status), status)
}

func (m *messages) quarantine(ctx context.Context, w http.ResponseWriter, msg Received, body []byte, cause error) {
	m.env.Log.ErrorContext(ctx, "put into quarantine", "error", cut(cause.Error(), maxReason), "attempt", msg.Attempt)
	if err := Quarantine(ctx, m.env.Store, Quarantined{
		Function: m.name, Source: msg.Source, Message: msg.ID, Type: msg.Type, Reason: cause.Error(), At: m.env.Now(), Body: string(body),
	}); err != nil {
		// Not acknowledged: it must not vanish.
		m.env.Log.ErrorContext(ctx, "quarantine", "error", err.Error())
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}
