package iam

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/googleapi"
)

// What a request can come to. An [Error] is one of these, or none if nothing is known but that
// it may succeed another time.
var (
	// ErrNotFound says that the place, the group or the account does not exist.
	ErrNotFound = errors.New("not found")
	// ErrQuota says that too many requests were made; another one may be made later.
	ErrQuota = errors.New("quota exceeded")
	// ErrForbidden says that the credentials do not allow the request. Where Google does not want
	// to say that something does not exist, it says this too.
	ErrForbidden = errors.New("forbidden")
	// ErrIncomplete says that an answer came, but cannot be taken as whole.
	ErrIncomplete = errors.New("incomplete answer")
	// ErrConflict says that somebody else wrote in between, every time that it was tried.
	ErrConflict = errors.New("conflict")
	// ErrInvalid says that Google refuses the request as it stands: a limit is reached, a role
	// or an account does not exist.
	ErrInvalid = errors.New("invalid request")
	// ErrUnseen says that Google took what was written, and did not show it afterwards.
	ErrUnseen = errors.New("acknowledged, but not seen")
)

// Error is what became of a request that did not succeed. Its text is fit for a log: addresses
// and the numbers of accounts in Google's message are left out.
type Error struct {
	// API is "cloudresourcemanager", "storage", "bigquery", "cloudidentity" or "iamcredentials".
	API string
	// Op is the method as Google calls it, for example "projects.setIamPolicy".
	Op string
	// Code is the HTTP status; 0 where no answer came.
	Code int
	// Reason is Google's word for it, for example "aborted"; empty where the answer has none.
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

// RetryAfter returns how long Google asks to wait before the next request of the same kind. Zero
// means that it does not say.
func (e *Error) RetryAfter() time.Duration { return e.wait }

// rateReasons mean too many requests, in the errors or in the details of an answer. A status of
// 403 has other meanings too.
var rateReasons = []string{"userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"}

// existsReasons mean that what is to be made is there already.
var existsReasons = []string{"alreadyExists", "duplicate", "ALREADY_EXISTS"}

// uniform is in what Storage says, with the status of a lost race, of a condition on a bucket
// whose objects have access lists of their own.
// https://cloud.google.com/storage/docs/uniform-bucket-level-access
const uniform = "uniform bucket-level access"

// classify turns what a request returned into an [Error].
func classify(api, op string, err error, now time.Time) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e // of the token that the request was to carry
	}
	if answer, ok := errors.AsType[*googleapi.Error](err); ok {
		return refused(api, op, answer, now)
	}
	e := &Error{API: api, Op: op, cause: err}
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
	return incomplete(api, op, "the answer cannot be read to its end")
}

// refused classifies an answer with an error status.
func refused(api, op string, answer *googleapi.Error, now time.Time) *Error {
	reasons := reasons(answer)
	e := &Error{API: api, Op: op, Code: answer.Code, Message: clean(answer.Message), wait: retryAfter(answer.Header, now)}
	if len(reasons) > 0 {
		e.Reason = clean(reasons[0])
	}
	if e.Message == "" {
		e.Message = http.StatusText(answer.Code)
	}
	is := func(wanted []string) bool {
		return slices.ContainsFunc(reasons, func(r string) bool { return slices.Contains(wanted, r) })
	}
	switch code := answer.Code; {
	case code == http.StatusTooManyRequests,
		(code == http.StatusForbidden || code == http.StatusServiceUnavailable) && is(rateReasons):
		e.kind = ErrQuota
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.kind, e.permanent = ErrForbidden, true
	case code == http.StatusNotFound && strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html"):
		// A page for people: the server does not know the method, so it says nothing about what
		// was asked for. A wrong BaseURL must not look like a cloud without projects.
	case code == http.StatusNotFound:
		e.kind, e.permanent = ErrNotFound, true
	case code == http.StatusPreconditionFailed && strings.Contains(answer.Message, uniform):
		e.kind, e.permanent = ErrInvalid, true
	case code == http.StatusConflict, code == http.StatusPreconditionFailed:
		// The Resource Manager says 409 of another etag, Storage and BigQuery say 412.
		e.kind, e.permanent = ErrConflict, is(existsReasons)
	case code == http.StatusRequestTimeout, code < 400, code >= 500:
	default:
		e.kind, e.permanent = ErrInvalid, true
	}
	return e
}

// reasons lists the reasons of an answer, in its old form (errors) and its new one (details).
func reasons(answer *googleapi.Error) []string {
	var all []string
	for _, item := range answer.Errors {
		if item.Reason != "" {
			all = append(all, item.Reason)
		}
	}
	for _, detail := range answer.Details {
		fields, _ := detail.(map[string]any)
		if reason, _ := fields["reason"].(string); reason != "" {
			all = append(all, reason)
		}
	}
	return all
}

// incomplete is the error for an answer that cannot be taken as whole.
func incomplete(api, op, message string) *Error {
	return &Error{API: api, Op: op, Code: http.StatusOK, Message: message, kind: ErrIncomplete}
}

// invalid is the error for a request that is not sent, because Google could not mean anything
// by it.
func invalid(api, op, message string) *Error {
	return &Error{API: api, Op: op, Message: message, kind: ErrInvalid, permanent: true}
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
