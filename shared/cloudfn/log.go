package cloudfn

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

type logKey struct{}

// WithLog returns a context whose log lines carry these attributes besides those that they
// carry already.
func WithLog(ctx context.Context, attrs ...slog.Attr) context.Context {
	before, _ := ctx.Value(logKey{}).([]slog.Attr)
	return context.WithValue(ctx, logKey{}, append(slices.Clone(before), attrs...))
}

// traceKey is the attribute by which Cloud Logging finds a line's trace.
const traceKey = "logging.googleapis.com/trace"

// NewLog returns a logger that writes one JSON object a line, in the form that Cloud Logging
// reads (https://cloud.google.com/logging/docs/structured-logging).
func NewLog(w io.Writer) *slog.Logger { return NewProjectLog(w, "") }

// NewProjectLog is as [NewLog]; its lines name their traces as those of a Google Cloud project,
// by which Cloud Logging links them.
func NewProjectLog(w io.Writer, project string) *slog.Logger {
	return slog.New(contextHandler{slog.NewJSONHandler(w, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) > 0 {
				return a
			}
			switch a.Key {
			case traceKey:
				if project != "" {
					return slog.String(traceKey, "projects/"+project+"/traces/"+a.Value.String())
				}
			case slog.LevelKey:
				severity := a.Value.String()
				if severity == slog.LevelWarn.String() {
					severity = "WARNING"
				}
				return slog.String("severity", severity)
			case slog.MessageKey:
				a.Key = "message"
			}
			return a
		},
	})})
}

// contextHandler adds what rides in the context to every line.
type contextHandler struct{ slog.Handler }

// Handle implements [slog.Handler].
func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	if attrs, ok := ctx.Value(logKey{}).([]slog.Attr); ok {
		r.AddAttrs(attrs...)
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name)}
}

var traceID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// WithTrace returns a request's context whose log lines carry the request's trace, from the
// header traceparent (https://www.w3.org/TR/trace-context/).
func WithTrace(r *http.Request) context.Context {
	parts := strings.Split(r.Header.Get("traceparent"), "-")
	if len(parts) < 2 || !traceID.MatchString(parts[1]) {
		return r.Context()
	}
	return WithLog(r.Context(), slog.String(traceKey, parts[1]))
}
