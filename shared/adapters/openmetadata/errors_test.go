package openmetadata_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/sim"
)

// create asks for an account, which is one request that changes something.
func create(ctx context.Context, c *openmetadata.Client) error {
	return c.Apply(ctx, catalog.Step{Verb: catalog.Create, Kind: catalog.KindUser, Name: "a@example.com"}, catalog.Present{})
}

func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		status             int
		header, body       string
		want               error
		permanent, unknown bool
		wait               time.Duration
		message            string
	}{
		"too many":              {429, "30", `{"code": 429, "message": "later"}`, openmetadata.ErrQuota, false, false, 30 * time.Second, "later"},
		"too many, with a date": {429, "Sun, 22 Nov 2026 12:01:00 GMT", ``, openmetadata.ErrQuota, false, false, time.Minute, "Too Many Requests"},
		"too many, for a year":  {429, "31536000", ``, openmetadata.ErrQuota, false, false, 24 * time.Hour, "Too Many Requests"},
		"too many, in the past": {429, "-5", ``, openmetadata.ErrQuota, false, false, 0, "Too Many Requests"},
		"the token is old":      {401, "", `{"code": 401, "message": "Expired token!"}`, openmetadata.ErrForbidden, true, false, 0, "the token is not taken: it may have been replaced, or have ended"},
		"not allowed":           {403, "", `{"code": 403, "message": "no"}`, openmetadata.ErrForbidden, true, false, 0, "no"},
		"a proxy's refusal":     {403, "", `<html>`, openmetadata.ErrForbidden, false, false, 0, "Forbidden"},
		"not there":             {404, "", `{"code": 404, "message": "user instance for a not found"}`, openmetadata.ErrNotFound, true, false, 0, "user instance for a not found"},
		"no such path":          {404, "", `{"code": 404, "message": "HTTP 404 Not Found"}`, nil, false, false, 0, "HTTP 404 Not Found"},
		"a page for people":     {404, "", `<html>not found</html>`, nil, false, false, 0, "Not Found"},
		"not any more":          {412, "", `{"message": "stale"}`, openmetadata.ErrConflict, false, false, 0, "stale"},
		"invalid":               {400, "", `{"code": 400, "message": "bad"}`, openmetadata.ErrInvalid, true, false, 0, "bad"},
		"the wrong type":        {415, "", ``, openmetadata.ErrInvalid, true, false, 0, "Unsupported Media Type"},
		"an internal error":     {500, "", `{"code": 500, "message": "exception"}`, nil, false, true, 0, "exception"},
		"unavailable":           {503, "10", ``, nil, false, true, 10 * time.Second, "Service Unavailable"},
		"a timeout of theirs":   {408, "", ``, nil, false, true, 0, "Request Timeout"},
		"a redirect":            {302, "", ``, nil, false, false, 0, "Found"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.Header().Set("Location", "https://evil.example/")
				say(tt.status, tt.body)(w, r)
			})
			err := create(t.Context(), c)
			var e *openmetadata.Error
			if !errors.As(err, &e) || tt.want != nil && !errors.Is(err, tt.want) || tt.want == nil && len(e.Unwrap()) > 0 {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if tt.status != 412 && (e.Permanent() != tt.permanent || e.Unknown() != tt.unknown || e.RetryAfter() != tt.wait || e.Message != tt.message || e.Op != "createUser") {
				t.Errorf("%v: permanent %t, unknown %t, wait %s", e, e.Permanent(), e.Unknown(), e.RetryAfter())
			}
			if e.NotFound() != errors.Is(err, openmetadata.ErrNotFound) || !strings.HasPrefix(e.Error(), "openmetadata ") || e.Code != tt.status {
				t.Errorf("%v", e)
			}
			if want := 1; tt.status != 412 && asked != want {
				t.Errorf("%d requests", asked)
			}
			_, err = c.Read(t.Context())
			if errors.As(err, &e); e.Unknown() {
				t.Error("reading changes something")
			}
		})
	}
}

func TestDeadlines(t *testing.T) {
	hang := make(chan struct{})
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}, func(o *openmetadata.Options) { o.Timeout = 20 * time.Millisecond })
	defer close(hang)
	if e := is(t, create(t.Context(), c), context.DeadlineExceeded); !e.Unknown() || e.Permanent() || e.Code != 0 {
		t.Errorf("%+v", e)
	}
	_, err := c.Read(t.Context())
	if e := is(t, err, context.DeadlineExceeded); e.Unknown() {
		t.Errorf("%+v", e)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	is(t, create(ctx, c), context.Canceled)
}

// failing is a network that does not work.
type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("dial https://10.1.2.3/x: nobody@example.com refuses")
}

func TestTextsAreFitForALog(t *testing.T) {
	w := newWorld(t)
	c := w.open(func(o *openmetadata.Options) { o.Client = &http.Client{Transport: failing{}} })
	if got, want := fmt.Sprint(create(t.Context(), c)), "openmetadata createUser: no answer: dial (address) (address) refuses"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for message, want := range map[string]string{
		"see https://catalog.example.com/x now": "see (address) now",
		"user aiko@example.com":                 "user (address)",
		"key " + strings.Repeat("k", 40):        "key (hidden)",
		"two\nlines \u0007 here":                "two lines here",
		strings.Repeat("long ", 100):            strings.Repeat("long ", 60) + "…",
	} {
		body, _ := json.Marshal(map[string]any{"code": 400, "message": message})
		if got := is(t, create(t.Context(), serve(t, say(400, string(body)))), openmetadata.ErrInvalid).Message; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAnswersThatAreCutShort(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"id"`))
	})
	var e *openmetadata.Error
	if err := create(t.Context(), c); !errors.As(err, &e) || !e.Unknown() || e.Permanent() {
		t.Errorf("got %v", err)
	}
}

// Whatever goes wrong: nothing that is printed, logged or encoded has the token or somebody's
// address in an error.
func TestNothingGetsOut(t *testing.T) {
	everything := func(c *openmetadata.Client) (out []any) {
		ctx := context.Background()
		_, err := c.Read(ctx)
		_, accountErr := c.Account(ctx, aiko)
		out = append(out, c, err, accountErr)
		d := wanted()
		for _, s := range []catalog.Step{
			{Verb: catalog.Create, Kind: catalog.KindUser, Name: yui},
			{Verb: catalog.Add, Kind: catalog.KindMember, Name: "etl", Person: aiko},
			{Verb: catalog.Remove, Kind: catalog.KindMember, Name: "etl", Person: taro},
			{Verb: catalog.Add, Kind: catalog.KindHolder, Name: "steward.1", Person: aiko},
			{Verb: catalog.Create, Kind: catalog.KindPolicy, Name: "new", Policy: &d.Policies[2]},
			{Verb: catalog.Update, Kind: catalog.KindTeam, Name: "etl", Team: &d.Teams[0]},
			{Verb: catalog.Delete, Kind: catalog.KindRole, Name: "steward.1"},
		} {
			out = append(out, c.Apply(ctx, s, catalog.Present{}))
		}
		return out
	}
	var seen []any
	for _, kind := range []sim.FaultKind{"", sim.FaultDown, sim.Fault429, sim.Fault500, sim.FaultTimeout, sim.FaultAppliedBut500, sim.FaultConflict, sim.FaultPartial, sim.FaultEmpty} {
		w := newWorld(t)
		w.carry(wanted())
		if kind != "" {
			w.fault(kind, -1)
		}
		seen = append(seen, everything(w.client)...)
		stolen := w.open(func(o *openmetadata.Options) { o.Token = secret.New(token + "x") })
		seen = append(seen, everything(stolen)...)
	}
	// A server that sends back all that it was sent.
	for _, status := range []int{200, 201, 302, 400, 401, 403, 404, 409, 412, 422, 429, 500, 503} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			var sent strings.Builder
			_ = r.Write(&sent)
			text, _ := json.Marshal(map[string]any{"code": status, "message": sent.String() + " " + aiko, "id": sent.String()})
			say(status, string(text))(w, r)
		})
		seen = append(seen, everything(c)...)
	}
	for _, value := range seen {
		var texts []string
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			texts = append(texts, fmt.Sprintf(format, value))
		}
		text, _ := json.Marshal(value)
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("seen", "value", value)
		slog.New(slog.NewTextHandler(&log, nil)).Info("seen", "value", value)
		for _, text := range append(texts, string(text), log.String()) {
			if strings.Contains(text, token) || strings.Contains(text, "@example.com") {
				t.Fatalf("a %T shows what it must not", value)
			}
		}
	}
	if len(seen) < 200 {
		t.Errorf("only %d values", len(seen))
	}
}
