package workspace_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/sim"
)

// toMidnight is the time from [noon] to midnight in California.
const toMidnight = 20 * time.Hour

func TestErrorsAreClassified(t *testing.T) {
	item := func(reason, message string) string {
		return `{"error":{"message":"` + message + `","errors":[{"domain":"usageLimits","reason":"` + reason + `","message":"` + message + `"}]}}`
	}
	detail := func(reason, metadata string) string {
		return `{"error":{"message":"No.","status":"S","details":[
			{"@type":"type.googleapis.com/google.rpc.Help"},"odd",
			{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"` + reason + `","domain":"googleapis.com","metadata":` + metadata + `}]}}`
	}
	const xml = `<?xml version="1.0"?><errors xmlns="http://schemas.google.com/g/2005"><error><code>x</code></error></errors>`
	for _, test := range []struct {
		name      string
		status    int
		body      string
		header    http.Header
		kind      error
		permanent bool
		wait      time.Duration
	}{
		{"requests of one user", 403, item("userRateLimitExceeded", "User Rate Limit Exceeded"), nil, workspace.ErrQuota, false, 0},
		{"requests", 403, item("rateLimitExceeded", "Rate Limit Exceeded"), nil, workspace.ErrQuota, false, 0},
		{"concurrent requests", 403, item("quotaExceeded", "Request rate higher than configured."), nil, workspace.ErrQuota, false, 0},
		{"requests, in the details", 403, detail("RATE_LIMIT_EXCEEDED", `{"quota_limit":"QueriesPerMinutePerUser"}`), nil, workspace.ErrQuota, false, 0},
		{"requests of the account", 429, item("rateLimitExceeded", "Quota exceeded"), nil, workspace.ErrQuota, false, 0},
		{"too many requests in XML", 429, xml, nil, workspace.ErrQuota, false, 0},
		{"too many requests, with a time", 429, "", http.Header{"Retry-After": {"17"}}, workspace.ErrQuota, false, 17 * time.Second},
		{"too many requests, with a date", 429, "", http.Header{"Retry-After": {"Sun, 22 Nov 2026 12:01:00 GMT"}}, workspace.ErrQuota, false, time.Minute},
		{"with a date that is past", 429, "", http.Header{"Retry-After": {"Sun, 22 Nov 2026 11:00:00 GMT"}}, workspace.ErrQuota, false, 0},
		{"with a time of a year", 429, "", http.Header{"Retry-After": {"31536000"}}, workspace.ErrQuota, false, 24 * time.Hour},
		{"with a time that is none", 429, "", http.Header{"Retry-After": {"soon"}}, workspace.ErrQuota, false, 0},
		{"the Reports API over its quota", 503, item("quotaExceeded", "Quota exceeded."), nil, workspace.ErrQuota, false, 0},

		{"the day's requests", 403, item("dailyLimitExceeded", "Daily Limit Exceeded"), nil, workspace.ErrDailyQuota, false, toMidnight},
		{"the day's requests, by the sentence", 429, item("rateLimitExceeded", "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of service"), nil, workspace.ErrDailyQuota, false, toMidnight},
		{"the day's requests, by the limit", 403, detail("RATE_LIMIT_EXCEEDED", `{"quota_limit":"DefaultQueriesPerDayPerProject"}`), nil, workspace.ErrDailyQuota, false, toMidnight},
		{"the day's requests, by the unit", 429, detail("RATE_LIMIT_EXCEEDED", `{"quota_limit":"x","quota_unit":"1/d/{project}"}`), nil, workspace.ErrDailyQuota, false, toMidnight},
		{"the day's requests, with a shorter wait", 403, item("dailyLimitExceeded", "Daily Limit Exceeded"), http.Header{"Retry-After": {"5"}}, workspace.ErrDailyQuota, false, toMidnight},

		{"not allowed", 403, item("forbidden", "Not Authorized to access this resource/api"), nil, workspace.ErrForbidden, true, 0},
		{"not allowed, in the details", 403, detail("ACCESS_TOKEN_SCOPE_INSUFFICIENT", `{}`), nil, workspace.ErrForbidden, true, 0},
		{"the API is off", 403, item("accessNotConfigured", "Access Not Configured."), nil, workspace.ErrForbidden, true, 0},
		{"no reason", 403, xml, nil, workspace.ErrForbidden, false, 0},
		{"no credentials", 401, item("authError", "Invalid Credentials"), nil, workspace.ErrForbidden, true, 0},

		{"no such group", 404, item("notFound", "Resource Not Found: groupKey"), nil, workspace.ErrNotFound, true, 0},
		{"no such group, in XML", 404, xml, http.Header{"Content-Type": {"application/atom+xml"}}, workspace.ErrNotFound, true, 0},
		{"no such page", 404, "<html>", http.Header{"Content-Type": {"text/html; charset=UTF-8"}}, nil, false, 0},
		{"a deleted person", 412, item("conditionNotMet", "Precondition Failed"), nil, workspace.ErrNotFound, true, 0},
		{"another condition", 412, item("x", "Precondition Failed"), nil, workspace.ErrConflict, false, 0},

		{"a refused input", 400, item("invalid", "Invalid Input: memberKey"), nil, workspace.ErrInvalid, true, 0},
		{"an unknown status of the request", 418, "", nil, workspace.ErrInvalid, true, 0},
		{"there already", 409, item("duplicate", "Entity already exists."), nil, workspace.ErrConflict, true, 0},
		{"at the same time", 409, item("conflict", "The request conflicts."), nil, workspace.ErrConflict, false, 0},
		{"a channel's id used twice", 400, item("channelIdNotUnique", "Channel id not unique"), nil, workspace.ErrConflict, true, 0},

		{"too slow", 408, "", nil, nil, false, 0},
		{"an error inside", 500, item("backendError", "Internal error encountered."), nil, nil, false, 0},
		{"a gateway", 502, "<html>", nil, nil, false, 0},
		{"unavailable", 503, xml, http.Header{"Retry-After": {"5"}}, nil, false, 5 * time.Second},
		{"a gateway that waited", 504, "", nil, nil, false, 0},
		{"not modified", 304, "", nil, nil, false, 0},
		{"an error that is no object", 500, `{"error":"backend"}`, nil, nil, false, 0},
		{"an error with a list in it", 500, `{"error":{"errors":[{"reason":7}],"details":{}}}`, nil, nil, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				for name, values := range test.header {
					w.Header()[name] = values
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			})
			// Both ways of asking classify alike.
			_, err := newDirectory(t, o).Group(t.Context(), "data@example.com")
			checkAll(t, err, "directory", "groups.get", test.status, test.kind, test.permanent, test.wait)
			_, err = newSettings(t, o).Get(t.Context(), "data@example.com")
			checkAll(t, err, "settings", "groups.get", test.status, test.kind, test.permanent, test.wait)
		})
	}

	t.Run("a condition of a change", func(t *testing.T) {
		o := serve(t, func(w http.ResponseWriter, r *http.Request) { refuse(w, 412, "conditionNotMet", "Precondition Failed") })
		err := newSettings(t, o).Patch(t.Context(), "data@example.com", map[string]string{"name": "Data"})
		checkAll(t, err, "settings", "groups.patch", 412, workspace.ErrConflict, false, 0)
	})
}

func checkAll(t *testing.T, err error, api, op string, code int, kind error, permanent bool, wait time.Duration) {
	t.Helper()
	e := check(t, err, kind)
	if e.API != api || e.Op != op || e.Code != code {
		t.Errorf("error of %s %s with status %d, want %s %s with %d", e.API, e.Op, e.Code, api, op, code)
	}
	if e.Permanent() != permanent {
		t.Errorf("%v: permanent %t, want %t", e, e.Permanent(), permanent)
	}
	if e.RetryAfter() != wait {
		t.Errorf("%v: wait %s, want %s", e, e.RetryAfter(), wait)
	}
	if e.NotFound() != (kind == workspace.ErrNotFound) {
		t.Errorf("%v: not found %t", e, e.NotFound())
	}
}

func TestTheDayEndsAtMidnightInCalifornia(t *testing.T) {
	for _, test := range []struct {
		name, now string
		want      time.Duration
	}{
		{"in winter", "2026-01-15T09:00:00Z", 23 * time.Hour},
		{"a second before, in winter", "2026-01-15T07:59:59Z", time.Second},
		{"in summer", "2026-07-15T08:00:00Z", 23 * time.Hour},
		{"a second before, in summer", "2026-07-15T06:59:59Z", time.Second},
		{"the day of 23 hours, from its second hour", "2026-03-08T09:00:00Z", 22 * time.Hour},
		{"the day of 23 hours, after the change", "2026-03-08T10:00:00Z", 21 * time.Hour},
		{"the day of 25 hours, from its second hour", "2026-11-01T08:00:00Z", 24 * time.Hour},
		{"the day of 25 hours, in the second of two equal hours", "2026-11-01T09:30:00Z", 22*time.Hour + 30*time.Minute},
		{"the end of a year, from Tokyo", "2027-01-01T10:00:00+09:00", 7 * time.Hour},
		{"a second after, when it may be said of the day before", "2026-01-15T08:00:01Z", 10*time.Minute - time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := serve(t, func(w http.ResponseWriter, r *http.Request) {
				refuse(w, 403, "dailyLimitExceeded", "Daily Limit Exceeded")
			})
			o.Now = func() time.Time { return moment(t, test.now) }
			_, err := newSettings(t, o).Get(t.Context(), "data@example.com")
			if got := check(t, err, workspace.ErrDailyQuota).RetryAfter(); got != test.want {
				t.Errorf("wait %s, want %s", got, test.want)
			}
		})
	}
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestErrorsAreFitForALog(t *testing.T) {
	for _, test := range []struct{ name, message, want string }{
		{
			"an address", "Member aiko.sato@example.com, <ken+x@example.org>: no",
			"directory groups.get: invalid request: 400 invalid: Member (address), <(address)>: no",
		},
		{
			"an address in a path", "GET /groups/data%40example.com/members: no",
			"directory groups.get: invalid request: 400 invalid: GET /groups/(address)/members: no",
		},
		{
			"an account's number", "User 117000000000000000002 of project 123456789012",
			"directory groups.get: invalid request: 400 invalid: User (number) of project 123456789012",
		},
		{
			"line breaks", "one\n\ttwo\r\nthree\u2028four",
			"directory groups.get: invalid request: 400 invalid: one two three four",
		},
		{
			"a long story", strings.Repeat("é", 400),
			"directory groups.get: invalid request: 400 invalid: " + strings.Repeat("é", 300) + "…",
		},
		{
			"nothing", "",
			"directory groups.get: invalid request: 400 invalid: Bad Request",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := serve(t, func(w http.ResponseWriter, r *http.Request) { refuse(w, 400, "invalid", test.message) })
			_, err := newDirectory(t, o).Group(t.Context(), "data@example.com")
			if got := check(t, err, workspace.ErrInvalid).Error(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestNoAnswerIsTransient(t *testing.T) {
	hang := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	drop := func(http.ResponseWriter, *http.Request) { sim.Drop() }
	for _, test := range []struct {
		name  string
		serve http.HandlerFunc
		ctx   func(context.Context) context.Context
		cause error
	}{
		{"a deadline", hang, nil, context.DeadlineExceeded},
		{"a headline and then a deadline", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			_, _ = w.Write([]byte(`{"email":`))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, nil, context.DeadlineExceeded},
		{"the caller gives up", hang, func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx
		}, context.Canceled},
		{"a dropped connection", drop, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := serve(t, test.serve)
			o.Timeout = 50 * time.Millisecond
			ctx := t.Context()
			if test.ctx != nil {
				ctx = test.ctx(ctx)
			}
			for _, do := range []func() error{
				func() error { _, err := newDirectory(t, o).Group(ctx, "data@example.com"); return err },
				func() error { _, err := newSettings(t, o).Get(ctx, "data@example.com"); return err },
				func() error { _, err := newReports(t, o).List(ctx, "admin", noon, ""); return err },
			} {
				err := do()
				e := check(t, err, nil)
				if e.Permanent() || e.Code != 0 {
					t.Errorf("%v: permanent %t, status %d", e, e.Permanent(), e.Code)
				}
				if test.cause != nil && !errors.Is(err, test.cause) {
					t.Errorf("%v is not %v", err, test.cause)
				}
				if strings.Contains(err.Error(), "example.com") || strings.Contains(err.Error(), "http") {
					t.Errorf("the error holds the request: %v", err)
				}
			}
		})
	}

	t.Run("in process", func(t *testing.T) {
		client := &http.Client{Transport: sim.Transport{"google.test": http.HandlerFunc(drop)}}
		o := workspace.Options{Client: client, BaseURL: "https://google.test", Now: func() time.Time { return noon }}
		_, err := newDirectory(t, o).Group(t.Context(), "data@example.com")
		if check(t, err, nil); !errors.Is(err, sim.ErrDropped) {
			t.Errorf("%v is not %v", err, sim.ErrDropped)
		}
	})
}

func TestAnAnswerThatBreaksOffIsIncomplete(t *testing.T) {
	o := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"email":"data@example.com","items":[`))
	})
	_, err := newDirectory(t, o).Group(t.Context(), "data@example.com")
	check(t, err, workspace.ErrIncomplete)
	_, err = newSettings(t, o).Get(t.Context(), "data@example.com")
	check(t, err, workspace.ErrIncomplete)
	_, err = newReports(t, o).List(t.Context(), "admin", noon, "")
	check(t, err, workspace.ErrIncomplete)
}

func TestSuppliedErrorBodiesAreClassified(t *testing.T) {
	folder := os.Getenv("SEKISHO_DATA")
	if folder == "" {
		t.Skip("SEKISHO_DATA does not name a folder with error bodies to read")
	}
	text, err := os.ReadFile(filepath.Join(folder, "notifications", "errors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var supplied map[string]struct {
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body"`
	}
	if err := json.Unmarshal(text, &supplied); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]error{
		"directory_403_quotaExceeded":         workspace.ErrQuota,
		"directory_403_userRateLimitExceeded": workspace.ErrQuota,
		"directory_403_dailyLimitExceeded":    workspace.ErrDailyQuota,
		"directory_429_rateLimitExceeded":     workspace.ErrQuota,
		"directory_400_memberKey":             workspace.ErrInvalid,
		"directory_409_duplicate":             workspace.ErrConflict,
		"directory_404_memberKey":             workspace.ErrNotFound,
	}
	for name, answer := range supplied {
		t.Run(name, func(t *testing.T) {
			kind, ok := kinds[name]
			if !ok {
				t.Fatal("this body has no expected class")
			}
			o := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, answer.Status, string(answer.Body)) })
			_, err := newDirectory(t, o).Group(t.Context(), "data@example.com")
			check(t, err, kind)
		})
	}
}
