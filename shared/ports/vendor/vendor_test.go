package vendor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/ports/vendor"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestErrorsSayWhatWasAttempted(t *testing.T) {
	for want, e := range map[string]*vendor.Error{
		"looker user": {API: "looker", Op: "user"},
		"directory groups.get: not found: 404 notFound: No such group.": {
			API: "directory", Op: "groups.get", Code: 404, Reason: "notFound", Message: "No such group.", Kind: vendor.ErrNotFound,
		},
		"slack users.info: users_not_found": {API: "slack", Op: "users.info", Reason: "users_not_found"},
		"looker user: 500":                  {API: "looker", Op: "user", Code: 500},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestErrorsAnswerForThemselves(t *testing.T) {
	cause := errors.New("cause")
	var err error = fmt.Errorf("read: %w", &vendor.Error{Kind: vendor.ErrNotFound, Cause: cause, Final: true, Doubtful: true, Wait: time.Minute})
	e, ok := errors.AsType[*vendor.Error](err)
	if !ok || !e.Permanent() || !e.Unknown() || !e.NotFound() || e.RetryAfter() != time.Minute || !errors.Is(err, cause) {
		t.Errorf("%+v", e)
	}
	e = &vendor.Error{}
	if e.Permanent() || e.Unknown() || e.NotFound() || e.RetryAfter() != 0 || len(e.Unwrap()) != 0 {
		t.Errorf("%+v", e)
	}
}

// However an error is printed, logged or encoded: what a library says stays inside.
func TestCausesAreNotPrinted(t *testing.T) {
	const canary = "canary"
	e := vendor.Unanswered("api", "op", &url.Error{Op: "Get", URL: "https://example.com/" + canary, Err: context.Canceled})
	e.Cause = fmt.Errorf("of %s: %w", canary, e.Cause)
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
		slog.New(h).Info("seen", "error", e, "value", []any{e})
	}
	encoded, err := json.Marshal(map[string]any{"error": e})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{log.String(), string(encoded)}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		texts = append(texts, fmt.Sprintf(format, e))
	}
	for _, text := range texts {
		if strings.Contains(text, canary) || !strings.Contains(text, "api op: no answer: canceled") {
			t.Errorf("got %s", text)
		}
	}
}

// slow is a network whose time is over.
type slow struct{}

func (slow) Error() string   { return "i/o timeout to 10.1.2.3" }
func (slow) Timeout() bool   { return true }
func (slow) Temporary() bool { return true }

func TestRequestsWithoutAnAnswer(t *testing.T) {
	refused := errors.New("dial https://10.1.2.3/x: nobody@example.com refuses")
	for name, test := range map[string]struct {
		err  error
		is   error
		want string
	}{
		"canceled":             {context.Canceled, context.Canceled, "no answer: canceled"},
		"a deadline":           {fmt.Errorf("get: %w", context.DeadlineExceeded), context.DeadlineExceeded, "no answer before the deadline"},
		"a slow network":       {slow{}, slow{}, "no answer before the deadline"},
		"a refusal":            {refused, refused, "no answer: dial (address) (address) refuses"},
		"a refusal on the way": {&url.Error{Op: "Get", URL: "https://example.com/secret", Err: refused}, refused, "no answer: dial (address) (address) refuses"},
	} {
		e := vendor.Unanswered("api", "op", test.err)
		if e.Message != test.want || !errors.Is(e, test.is) || e.Permanent() || e.Unknown() || e.Code != 0 {
			t.Errorf("%s: got %q, %+v", name, e.Message, e)
		}
	}
}

func TestWaits(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "17": 17 * time.Second, "-5": 0, "31536000": 24 * time.Hour, "99999999999": 0, "soon": 0,
		"Sun, 22 Nov 2026 12:01:00 GMT": time.Minute,
		"Sun, 22 Nov 2026 11:00:00 GMT": 0,
		"Mon, 22 Nov 2027 12:00:00 GMT": 24 * time.Hour,
	} {
		if got := vendor.RetryAfter(http.Header{"Retry-After": {text}}, noon); got != want {
			t.Errorf("RetryAfter(%q) = %s, want %s", text, got, want)
		}
	}
}
