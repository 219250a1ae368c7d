package fivetran_test

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

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/sim"
)

func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		status             int
		header, body       string
		want               error
		permanent, unknown bool
		wait               time.Duration
		reason             string
	}{
		"too many":                {429, "30", `{"code": "TooManyRequests", "message": "later"}`, fivetran.ErrQuota, false, false, 30 * time.Second, "TooManyRequests"},
		"too many, with a date":   {429, "Sun, 22 Nov 2026 12:01:00 GMT", ``, fivetran.ErrQuota, false, false, time.Minute, ""},
		"too many, for a year":    {429, "31536000", ``, fivetran.ErrQuota, false, false, 24 * time.Hour, ""},
		"too many, in the past":   {429, "-5", ``, fivetran.ErrQuota, false, false, 0, ""},
		"no key":                  {401, "", `{"code": "AuthFailed"}`, fivetran.ErrForbidden, true, false, 0, "AuthFailed"},
		"not allowed":             {403, "", `{"code": "Forbidden"}`, fivetran.ErrForbidden, true, false, 0, "Forbidden"},
		"a proxy's refusal":       {403, "", `<html>`, fivetran.ErrForbidden, false, false, 0, ""},
		"not there":               {404, "", `{"code": "NotFound_Connection"}`, fivetran.ErrNotFound, true, false, 0, "NotFound_Connection"},
		"no such path":            {404, "", `{"code": "NotFound", "message": "HTTP 404 Not Found"}`, nil, false, false, 0, "NotFound"},
		"a page for people":       {404, "", `<html>not found</html>`, nil, false, false, 0, ""},
		"conflict":                {409, "", `{"code": "Conflict"}`, fivetran.ErrConflict, false, false, 0, "Conflict"},
		"invalid":                 {400, "", `{"code": "InvalidInput", "message": "bad"}`, fivetran.ErrInvalid, true, false, 0, "InvalidInput"},
		"the wrong type":          {415, "", ``, fivetran.ErrInvalid, true, false, 0, ""},
		"an internal error":       {500, "", `{"code": "InternalError"}`, nil, false, true, 0, "InternalError"},
		"unavailable":             {503, "10", ``, nil, false, true, 10 * time.Second, ""},
		"a timeout of theirs":     {408, "", ``, nil, false, true, 0, ""},
		"a redirect":              {302, "", ``, nil, false, false, 0, ""},
		"success without reading": {200, "", `<html>`, fivetran.ErrIncomplete, false, true, 0, ""},
		"success that is none":    {200, "", `{"code": "Failure", "data": {}}`, fivetran.ErrIncomplete, false, true, 0, ""},
		"success without data":    {200, "", `{"code": "Success"}`, fivetran.ErrIncomplete, false, true, 0, ""},
		"success with null":       {200, "", `{"code": "Success", "data": null}`, fivetran.ErrIncomplete, false, true, 0, ""},
		"data of another kind":    {200, "", `{"code": "Success", "data": [1]}`, fivetran.ErrIncomplete, false, true, 0, ""},
		"half a connection":       {200, "", `{"code": "Success", "data": {"id": "a"}}`, fivetran.ErrIncomplete, false, true, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.Header().Set("Location", "https://evil.example/")
				say(tt.status, tt.body)(w, r)
			})
			_, err := c.Unpause(t.Context(), "a")
			var e *fivetran.Error
			if !errors.As(err, &e) || tt.want != nil && !errors.Is(err, tt.want) || tt.want == nil && len(e.Unwrap()) > 0 {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if e.Permanent() != tt.permanent || e.Unknown() != tt.unknown || e.RetryAfter() != tt.wait || e.Reason != tt.reason || e.Op != "modify_connection" {
				t.Errorf("%v: permanent %t, unknown %t, wait %s, reason %q", e, e.Permanent(), e.Unknown(), e.RetryAfter(), e.Reason)
			}
			if e.NotFound() != errors.Is(err, fivetran.ErrNotFound) || e.Error() == "" {
				t.Errorf("%v", e)
			}
			_, err = c.Get(t.Context(), "a")
			if errors.As(err, &e); e.Unknown() {
				t.Error("reading changes something")
			}
		})
	}
}

func TestListingsAreWholeOrErrors(t *testing.T) {
	item := func(id string) string { return fmt.Sprintf(`{"id": %q, "name": "n"}`, id) }
	page := func(cursor string, items ...string) string {
		return fmt.Sprintf(`{"code": "Success", "data": {"items": [%s], "next_cursor": %q}}`, strings.Join(items, ","), cursor)
	}
	for name, pages := range map[string]map[string]string{
		"no items":            {"": `{"code": "Success", "data": {}}`},
		"items that are null": {"": `{"code": "Success", "data": {"items": null}}`},
		"an item without id":  {"": page("", `{"name": "n"}`)},
		"twice on a page":     {"": page("", item("a"), item("a"))},
		"twice on two pages":  {"": page("2", item("a")), "2": page("", item("a"))},
		"round in circles":    {"": page("2", item("a")), "2": page("3", item("b")), "3": page("2", item("c"))},
		"an empty page more":  {"": page("2", item("a")), "2": page("3")},
		"a page that is lost": {"": page("2", item("a"))},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, ok := pages[r.URL.Query().Get("cursor")]
				if !ok {
					say(500, "")(w, r)
					return
				}
				say(200, body)(w, r)
			})
			if got, err := c.Groups(t.Context()); err == nil || got != nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	c := serve(t, say(200, page("", `{"id": "c", "group_id": "other", "service": "s", "schema": "x", "created_at": "2026-11-22T00:00:00Z", "status": {"setup_state": "connected", "sync_state": "paused"}}`)))
	_, err := c.Connections(t.Context(), "mine")
	is(t, err, fivetran.ErrIncomplete)
	two := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") == "" {
			say(200, page("x", item("b"), item("a")))(w, r)
			return
		}
		say(200, page("", item("c")))(w, r)
	})
	groups, err := two.Groups(t.Context())
	if err != nil || len(groups) != 3 || groups[0].ID != "a" {
		t.Errorf("got %v, %v", groups, err)
	}
}

func TestDeadlines(t *testing.T) {
	hang := make(chan struct{})
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}, func(o *fivetran.Options) { o.Timeout = 20 * time.Millisecond })
	defer close(hang)
	_, err := c.Unpause(t.Context(), "a")
	if e := is(t, err, context.DeadlineExceeded); !e.Unknown() || e.Permanent() || e.Code != 0 {
		t.Errorf("%+v", e)
	}
	_, err = c.Test(t.Context(), "a", false, false)
	is(t, err, context.DeadlineExceeded)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Get(ctx, "a")
	if e := is(t, err, context.Canceled); e.Unknown() {
		t.Errorf("%+v", e)
	}
}

// failing is a network that does not work.
type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("dial https://10.1.2.3/x: nobody@example.com refuses")
}

func TestTextsAreFitForALog(t *testing.T) {
	c := newWorld(t).open(failing{})
	_, err := c.Get(t.Context(), "a")
	if got, want := fmt.Sprint(err), "fivetran connection_details: no answer: dial (address) (address) refuses"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for message, want := range map[string]string{
		"see https://fivetran.com/docs for more": "see (address) for more",
		"see HTTPS%3A%2F%2Ffivetran.com":         "see (address)",
		"redirect_uri=http://a/b?state=c is bad": "redirect_uri=(address) is bad",
		"user aiko@example.com":                  "user (address)",
		"key " + strings.Repeat("k", 40):         "key (hidden)",
		"two\nlines \u0007 here":                 "two lines here",
		strings.Repeat("long ", 100):             strings.Repeat("long ", 60) + "…",
	} {
		body, _ := json.Marshal(map[string]string{"code": "InvalidInput", "message": message})
		_, err := serve(t, say(400, string(body))).Get(t.Context(), "a")
		if got := is(t, err, fivetran.ErrInvalid).Message; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAnswersThatAreCutShort(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"code": "Success"`))
	})
	_, err := c.Unpause(t.Context(), "a")
	var e *fivetran.Error
	if !errors.As(err, &e) || !e.Unknown() || e.Permanent() {
		t.Errorf("got %v", err)
	}
}

// Whatever goes wrong at whatever method: nothing that is printed, logged or encoded has the
// address of a card, the token of the way back, or the API key in it.
func TestNothingGetsOut(t *testing.T) {
	back := secret.New(own + "/connected?handover=h1&state=state-canary")
	secrets := []string{cardMark, "connect-card/setup?", "state-canary", "hunter2", apiKey}
	everything := func(c *fivetran.Client, id string) (out []any) {
		ctx := context.Background()
		note := func(values ...any) { out = append(out, values...) }
		groups, err := c.Groups(ctx)
		note(groups, err)
		fields, err := c.Fields(ctx, "sql_server_rds")
		note(fields, err)
		made, err := c.Create(ctx, plan(), noon)
		note(made, err)
		all, err := c.Connections(ctx, "")
		note(all, err)
		one, err := c.Get(ctx, id)
		note(one, err)
		card, err := c.Card(ctx, id, back)
		note(card, err, struct{ uri secret.Text }{card})
		tested, err := c.Test(ctx, id, true, true)
		note(tested, err)
		unpaused, err := c.Unpause(ctx, id)
		note(unpaused, err)
		hook, err := c.Subscribe(ctx, "https://hook.example.com/", secret.New("state-canary"))
		note(hook, err, c)
		return out
	}
	var seen []any
	for _, kind := range []sim.FaultKind{"", sim.FaultDown, sim.Fault429, sim.Fault500, sim.FaultTimeout, sim.FaultAppliedBut500, sim.FaultConflict, sim.FaultPartial, sim.FaultEmpty} {
		w := newWorld(t)
		made, err := w.client.Create(t.Context(), plan(), noon)
		check(t, err)
		card, err := w.client.Card(t.Context(), made.ID, back)
		check(t, err)
		_, err = w.vendor.SubmitCard(card.Reveal(), map[string]string{"password": "hunter2"})
		check(t, err)
		if kind != "" {
			w.fault(kind, -1)
		}
		seen = append(seen, everything(w.client, made.ID)...)
	}
	// A server that sends back all that it was sent.
	for _, status := range []int{200, 201, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			var sent strings.Builder
			_ = r.Write(&sent)
			text, _ := json.Marshal(map[string]any{"code": sent.String(), "message": sent.String() + cardMark + " https://fivetran.com/connect-card/setup?auth=" + cardMark, "data": sent.String()})
			say(status, string(text))(w, r)
		})
		seen = append(seen, everything(c, "a")...)
	}
	for _, value := range seen {
		hides(t, secrets, value)
		text, _ := json.Marshal(value)
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("seen", "value", value)
		slog.New(slog.NewTextHandler(&log, nil)).Info("seen", "value", value)
		hides(t, secrets, string(text), log.String())
	}
	if len(seen) < 300 {
		t.Errorf("only %d values", len(seen))
	}
}
