package scenario

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// Whoever holds the address of a connect card can enter credentials in somebody's name. The
// simulated Fivetran makes real ones, so each scenario watches for them wherever a function says
// something: in its log, in what it sends to every other vendor, and in the audit. One that is found
// there fails the scenario, whatever else holds.

// cardMarks are parts of the address of every card, plain and encoded, and of its token.
var cardMarks = []string{"connect-card/setup?", "connect-card%2Fsetup", "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"}

// cardVendor begins the names of the hosts that may know addresses of cards.
const cardVendor = "fivetran"

// watch remembers where an address of a card was seen. It is safe for concurrent use.
type watch struct {
	mu    sync.Mutex
	found []string
}

// read looks at what was said somewhere.
func (w *watch) read(where, said string) {
	if !slices.ContainsFunc(cardMarks, func(mark string) bool { return strings.Contains(said, mark) }) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.found, where) {
		w.found = append(w.found, where)
	}
}

// leaks returns the places where an address of a card was seen.
func (w *watch) leaks() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(slices.Values(w.found))
}

// tap reads what is sent to a host, before another tap, which may be nil, or the host does.
func (w *watch) tap(other func(string, http.Handler) http.Handler) func(string, http.Handler) http.Handler {
	return func(host string, next http.Handler) http.Handler {
		if other != nil {
			next = other(host, next)
		}
		if strings.Contains(host, cardVendor) {
			return next
		}
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			w.read("a request to "+host, r.URL.String()+" "+string(body))
			if err == nil {
				r.Body = io.NopCloser(bytes.NewReader(body))
			}
			next.ServeHTTP(rw, r)
		})
	}
}

// readAudit reads the latest audit entries of a world that is about to close.
func (s *stage) readAudit(ctx context.Context) {
	// A store that cannot be read any more has failed the scenario already.
	_ = trail.Latest(ctx, s.world.Store(), func(e audit.Entry) error {
		s.watch.read("the audit", e.String())
		return nil
	})
}

// log returns a log that is read on its way to another one, which may be nil.
func (w *watch) log(other *slog.Logger) *slog.Logger {
	next := slog.Handler(slog.DiscardHandler)
	if other != nil {
		next = other.Handler()
	}
	return slog.New(watched{w, next})
}

// watched is a [slog.Handler] that has a watch read everything.
type watched struct {
	watch *watch
	next  slog.Handler
}

// Enabled implements [slog.Handler]. Every level is read.
func (watched) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements [slog.Handler].
func (h watched) Handle(ctx context.Context, r slog.Record) error {
	h.watch.read("a log", r.Message)
	r.Attrs(func(a slog.Attr) bool {
		h.watch.read("a log", a.Value.Resolve().String())
		return true
	})
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h watched) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.watch.read("a log", a.Value.Resolve().String())
	}
	return watched{h.watch, h.next.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h watched) WithGroup(name string) slog.Handler {
	return watched{h.watch, h.next.WithGroup(name)}
}
