package workspace

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Google's day is Pacific Time, wherever the function runs

	"google.golang.org/api/googleapi"
)

// What a request can come to. An [Error] is one of these, or none if nothing is known but that
// it may succeed another time.
var (
	// ErrNotFound says that the group or the person does not exist, or not any more.
	ErrNotFound = errors.New("not found")
	// ErrQuota says that too many requests were made; another one may be made later.
	ErrQuota = errors.New("quota exceeded")
	// ErrDailyQuota says that the day's requests are used up. It is an [ErrQuota] too.
	ErrDailyQuota = fmt.Errorf("daily %w", ErrQuota)
	// ErrForbidden says that the credentials do not allow the request.
	ErrForbidden = errors.New("forbidden")
	// ErrIncomplete says that an answer came, but cannot be taken as whole.
	ErrIncomplete = errors.New("incomplete answer")
	// ErrConflict says that the request contradicts what Google holds.
	ErrConflict = errors.New("conflict")
	// ErrInvalid says that Google refuses the request as it stands, for example a combination
	// of settings.
	ErrInvalid = errors.New("invalid request")
)

// Error is what became of a request that did not succeed. Its text is fit for a log: addresses
// and the numbers of accounts in Google's message are left out.
type Error struct {
	// API is "directory", "settings" or "reports".
	API string
	// Op is the method as Google calls it, for example "groups.list".
	Op string
	// Code is the HTTP status; 0 where no answer came.
	Code int
	// Reason is Google's word for it, for example "quotaExceeded"; empty where the answer has
	// none.
	Reason string
	// Message is Google's sentence, or ours where Google gives none. Shortened.
	Message string

	kind      error
	cause     error
	permanent bool
	wait      time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	parts := []string{e.API + " " + e.Op}
	if e.kind != nil {
		parts = append(parts, e.kind.Error())
	}
	if status := strings.TrimSpace(strings.TrimPrefix(strconv.Itoa(e.Code), "0") + " " + e.Reason); status != "" {
		parts = append(parts, status)
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the sentinel of this package and the cause, where there are.
func (e *Error) Unwrap() []error {
	return slices.DeleteFunc([]error{e.kind, e.cause}, func(err error) bool { return err == nil })
}

// Permanent reports whether the same request can never succeed.
func (e *Error) Permanent() bool { return e.permanent }

// RetryAfter returns how long to wait before the next request of the same kind: what Google
// asks for, or the time to the end of the quota's day. Zero means that Google does not say.
func (e *Error) RetryAfter() time.Duration { return e.wait }

// NotFound reports whether the error is [ErrNotFound].
func (e *Error) NotFound() bool { return errors.Is(e, ErrNotFound) }

// rateReasons mean too many requests, in the errors or in the details of an answer. A status
// of 403 has other meanings too
// (https://developers.google.com/workspace/admin/directory/v1/limits).
var rateReasons = []string{"userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"}

// classify turns what a request returned into an [Error].
func (c client) classify(op string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if answer, ok := errors.AsType[*googleapi.Error](err); ok {
		return c.refused(op, answer)
	}
	e := &Error{API: c.api, Op: op, cause: err}
	if u, ok := errors.AsType[*url.Error](err); ok {
		// The text of an url.Error holds the address of the request.
		e.cause, e.Message = u.Err, clean("no answer: "+u.Err.Error())
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		e.Message = "no answer: " + err.Error()
		return e
	}
	// The answer began well. What a decoder says of the rest may quote it.
	return c.incomplete(op, "the answer cannot be read to its end")
}

// refused classifies an answer with an error status.
func (c client) refused(op string, answer *googleapi.Error) *Error {
	reasons, daily := reasons(answer)
	e := &Error{
		API: c.api, Op: op, Code: answer.Code, Message: clean(answer.Message),
		wait: retryAfter(answer.Header, c.now()),
	}
	if len(reasons) > 0 {
		e.Reason = clean(reasons[0])
	}
	if e.Message == "" {
		e.Message = http.StatusText(answer.Code)
	}
	is := func(wanted ...string) bool {
		return slices.ContainsFunc(reasons, func(r string) bool { return slices.Contains(wanted, r) })
	}
	limited := answer.Code == http.StatusForbidden || answer.Code == http.StatusTooManyRequests ||
		answer.Code == http.StatusServiceUnavailable
	switch code := answer.Code; {
	case limited && (daily || is("dailyLimitExceeded")):
		e.kind, e.wait = ErrDailyQuota, untilMidnight(c.now())
	case limited && is(rateReasons...), code == http.StatusTooManyRequests:
		e.kind = ErrQuota
	case code == http.StatusUnauthorized:
		e.kind, e.permanent = ErrForbidden, true
	case code == http.StatusForbidden:
		// Without a reason it may be a quota: the Groups Settings API can answer in XML.
		e.kind, e.permanent = ErrForbidden, len(reasons) > 0
	case code == http.StatusNotFound && strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html"):
		// A page for people: the server does not know the method, so it says nothing about
		// the group. A wrong BaseURL must not look like a company without groups.
	case code == http.StatusNotFound,
		code == http.StatusPreconditionFailed && reads(op) && is("conditionNotMet"):
		// Reading a deleted account is answered with 412.
		e.kind, e.permanent = ErrNotFound, true
	case code == http.StatusConflict, code == http.StatusPreconditionFailed, is("channelIdNotUnique"):
		e.kind, e.permanent = ErrConflict, is("duplicate", "alreadyExists", "ALREADY_EXISTS", "channelIdNotUnique")
	case code == http.StatusRequestTimeout, code < 400, code >= 500:
	default:
		e.kind, e.permanent = ErrInvalid, true
	}
	return e
}

// reads reports whether a method changes nothing.
func reads(op string) bool { return strings.HasSuffix(op, ".get") || strings.HasSuffix(op, ".list") }

// reasons lists the reasons of an answer, in its old form (errors) and its new one (details),
// and reports whether it speaks of a quota of the day.
func reasons(answer *googleapi.Error) (all []string, daily bool) {
	for _, item := range answer.Errors {
		if item.Reason != "" {
			all = append(all, item.Reason)
		}
	}
	daily = strings.Contains(strings.ToLower(answer.Message), "per day")
	for _, detail := range answer.Details {
		fields, _ := detail.(map[string]any)
		if reason, _ := fields["reason"].(string); reason != "" {
			all = append(all, reason)
		}
		metadata, _ := fields["metadata"].(map[string]any)
		limit, _ := metadata["quota_limit"].(string)
		unit, _ := metadata["quota_unit"].(string)
		daily = daily || strings.Contains(limit, "PerDay") || strings.HasPrefix(unit, "1/d")
	}
	return all, daily
}

// retryAfter reads the header of RFC 9110, section 10.2.3: seconds, or a date. A server that
// asks for more than a day is not believed.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), 24*time.Hour)
}

// pacific is the time zone of Google's daily quotas
// (https://cloud.google.com/docs/quotas/overview).
var pacific = func() *time.Location {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		// The zone is linked in, so this is a defect of the build. Eight hours behind UTC is
		// right in winter and an hour too late in summer.
		return time.FixedZone("PST", -8*60*60)
	}
	return zone
}()

// untilMidnight is the time to the next midnight in [pacific], from now. A day there has 23,
// 24 or 25 hours.
func untilMidnight(now time.Time) time.Duration {
	y, m, d := now.In(pacific).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, pacific).Sub(now)
}

var (
	addresses = regexp.MustCompile(`[^\s"'<>()\[\],;:=/]+(@|%40)[^\s"'<>()\[\],;:=/]+`)
	accounts  = regexp.MustCompile(`\d{15,}`)
)

// maxMessage is the length in characters to which Google's messages are cut.
const maxMessage = 300

// clean makes a message fit for a log: one line, short, without addresses and account numbers.
func clean(message string) string {
	message = strings.Join(strings.Fields(strings.ToValidUTF8(message, "")), " ")
	message = addresses.ReplaceAllString(message, "(address)")
	message = accounts.ReplaceAllString(message, "(number)")
	if runes := []rune(message); len(runes) > maxMessage {
		message = string(runes[:maxMessage]) + "…"
	}
	return message
}
