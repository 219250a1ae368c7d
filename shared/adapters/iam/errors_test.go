package iam_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/domain/grant"
)

func TestErrorsAreClassified(t *testing.T) {
	item := func(reason, message string) string {
		return `{"error":{"message":"` + message + `","errors":[{"domain":"global","reason":"` + reason + `","message":"` + message + `"}]}}`
	}
	detail := func(reason string) string {
		return `{"error":{"message":"No.","status":"S","details":[
			{"@type":"type.googleapis.com/google.rpc.Help"},"odd",
			{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"` + reason + `","domain":"googleapis.com"}]}}`
	}
	for _, test := range []struct {
		name      string
		status    int
		body      string
		header    http.Header
		kind      error
		permanent bool
		wait      time.Duration
	}{
		{"a lost race", 409, item("aborted", "There were concurrent policy changes."), nil, iam.ErrConflict, false, 0},
		{"a lost race of Storage", 412, item("conditionNotMet", "Precondition Failed"), nil, iam.ErrConflict, false, 0},
		{"there already", 409, item("alreadyExists", "Error(4003): Cannot create membership"), nil, iam.ErrConflict, true, 0},
		{"finer access lists", 412, item("conditionNotMet", "Set uniform bucket-level access first."), nil, iam.ErrInvalid, true, 0},
		{"too many requests", 429, item("rateLimitExceeded", "Quota exceeded"), nil, iam.ErrQuota, false, 0},
		{"too many requests, with a time", 429, "", http.Header{"Retry-After": {"17"}}, iam.ErrQuota, false, 17 * time.Second},
		{"with a date", 429, "", http.Header{"Retry-After": {"Sun, 22 Nov 2026 12:01:00 GMT"}}, iam.ErrQuota, false, time.Minute},
		{"with a time of a year", 429, "", http.Header{"Retry-After": {"31536000"}}, iam.ErrQuota, false, 24 * time.Hour},
		{"too many, by 403", 403, item("rateLimitExceeded", "Rate Limit Exceeded"), nil, iam.ErrQuota, false, 0},
		{"too many, by the details", 403, detail("RATE_LIMIT_EXCEEDED"), nil, iam.ErrQuota, false, 0},
		{"too many, by 503", 503, item("quotaExceeded", "Quota exceeded"), nil, iam.ErrQuota, false, 0},
		{"not allowed", 403, item("forbidden", "The caller does not have permission"), nil, iam.ErrForbidden, true, 0},
		{"not allowed, in the details", 403, detail("IAM_PERMISSION_DENIED"), nil, iam.ErrForbidden, true, 0},
		{"no credentials", 401, item("authError", "Invalid Credentials"), nil, iam.ErrForbidden, true, 0},
		{"no such bucket", 404, item("notFound", "The specified bucket does not exist."), nil, iam.ErrNotFound, true, 0},
		{"no such page", 404, "<html>", http.Header{"Content-Type": {"text/html; charset=UTF-8"}}, nil, false, 0},
		{"refused", 400, item("badRequest", "The number of members in the policy (1,501) is larger"), nil, iam.ErrInvalid, true, 0},
		{"an unknown status of the request", 418, "", nil, iam.ErrInvalid, true, 0},
		{"too slow", 408, "", nil, nil, false, 0},
		{"an error inside", 500, item("backendError", "Internal error encountered."), nil, nil, false, 0},
		{"unavailable", 503, "", http.Header{"Retry-After": {"5"}}, nil, false, 5 * time.Second},
		{"not modified", 304, "", nil, nil, false, 0},
		{"an error that is no object", 500, `{"error":"backend"}`, nil, nil, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			server(t, w, func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", "application/json")
				for name, values := range test.header {
					rw.Header()[name] = values
				}
				rw.WriteHeader(test.status)
				_, _ = rw.Write([]byte(test.body))
			})
			_, err := w.policies.Read(t.Context(), prj)
			checkError(t, err, "cloudresourcemanager", "projects.getIamPolicy", test.status, test.kind, test.permanent, test.wait)
		})
	}
}

func checkError(t *testing.T, err error, api, op string, code int, kind error, permanent bool, wait time.Duration) {
	t.Helper()
	e, ok := errors.AsType[*iam.Error](err)
	if !ok || e.API != api || e.Op != op || e.Code != code || e.Permanent() != permanent || e.RetryAfter() != wait || e.Message == "" {
		t.Fatalf("got %#v, want %s %s with %d, permanent %t, wait %s", err, api, op, code, permanent, wait)
	}
	for _, k := range []error{iam.ErrConflict, iam.ErrQuota, iam.ErrForbidden, iam.ErrNotFound, iam.ErrInvalid, iam.ErrIncomplete} {
		if errors.Is(err, k) != (k == kind) {
			t.Errorf("%v: is it %v: %t", err, k, errors.Is(err, k))
		}
	}
}

func TestMessagesAreCleaned(t *testing.T) {
	w := newWorld(t)
	server(t, w, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(400)
		_, _ = rw.Write([]byte(`{"error":{"message":"User aiko@example.com (123456789012345678901)\ndoes not exist. ` + strings.Repeat("x ", 250) + `"}}`))
	})
	_, err := w.policies.Read(t.Context(), prj)
	e := refused(t, err, iam.ErrInvalid, true)
	if !strings.HasPrefix(e.Message, "User (address) ((number)) does not exist. x x x") || len([]rune(e.Message)) != 301 {
		t.Errorf("%q", e.Message)
	}
}

func TestDeadlines(t *testing.T) {
	w := newWorld(t)
	hang := hanging{}
	o := w.options(&http.Client{Transport: hang})
	o.Timeout = time.Millisecond
	p, err := iam.NewPolicies(o)
	check(t, err)
	_, err = p.Read(t.Context(), prj)
	if e, ok := errors.AsType[*iam.Error](err); !ok || e.Permanent() || e.Code != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a policy: %v", err)
	}
	m, err := iam.NewMemberships(t.Context(), o)
	check(t, err)
	_, _, err = m.Has(t.Context(), grant.Grant{Scope: admins, Member: aiko})
	if e, ok := errors.AsType[*iam.Error](err); !ok || e.Permanent() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a membership: %v", err)
	}
}

// hanging never answers.
type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}
