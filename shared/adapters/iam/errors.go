package iam

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"google.golang.org/api/googleapi"

	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// What a request can come to. An [Error] is one of these, or none if nothing is known but that
// it may succeed another time.
var (
	// ErrNotFound says that the place, the group or the account does not exist.
	ErrNotFound = vendor.ErrNotFound
	// ErrQuota says that too many requests were made; another one may be made later.
	ErrQuota = vendor.ErrQuota
	// ErrForbidden says that the credentials do not allow the request. Where Google does not want
	// to say that something does not exist, it says this too.
	ErrForbidden = vendor.ErrForbidden
	// ErrIncomplete says that an answer came, but cannot be taken as whole.
	ErrIncomplete = vendor.ErrIncomplete
	// ErrConflict says that somebody else wrote in between, every time that it was tried.
	ErrConflict = vendor.ErrConflict
	// ErrInvalid says that Google refuses the request as it stands: a limit is reached, a role
	// or an account does not exist.
	ErrInvalid = vendor.ErrInvalid
	// ErrUnseen says that Google took what was written, and did not show it afterwards.
	ErrUnseen = errors.New("acknowledged, but not seen")
)

// Error is what became of a request that did not succeed. Its text is fit for a log.
type Error = vendor.Error

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
	if _, sent := errors.AsType[*url.Error](err); sent || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return vendor.Unanswered(api, op, err)
	}
	// The answer began well. What a decoder says of the rest may quote it.
	return incomplete(api, op, "the answer cannot be read to its end")
}

// refused classifies an answer with an error status.
func refused(api, op string, answer *googleapi.Error, now time.Time) *Error {
	reasons := reasons(answer)
	e := &Error{API: api, Op: op, Code: answer.Code, Message: vendor.Message(answer.Code, answer.Message), Wait: vendor.RetryAfter(answer.Header, now)}
	if len(reasons) > 0 {
		e.Reason = vendor.Reason(reasons[0])
	}
	is := func(wanted []string) bool {
		return slices.ContainsFunc(reasons, func(r string) bool { return slices.Contains(wanted, r) })
	}
	switch code := answer.Code; {
	case code == http.StatusTooManyRequests,
		(code == http.StatusForbidden || code == http.StatusServiceUnavailable) && is(rateReasons):
		e.Kind = ErrQuota
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.Kind, e.Final = ErrForbidden, true
	case code == http.StatusNotFound && strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html"):
		// A page for people: the server does not know the method, so it says nothing about what
		// was asked for. A wrong BaseURL must not look like a cloud without projects.
	case code == http.StatusNotFound:
		e.Kind, e.Final = ErrNotFound, true
	case code == http.StatusPreconditionFailed && strings.Contains(answer.Message, uniform):
		e.Kind, e.Final = ErrInvalid, true
	case code == http.StatusConflict, code == http.StatusPreconditionFailed:
		// The Resource Manager says 409 of another etag, Storage and BigQuery say 412.
		e.Kind, e.Final = ErrConflict, is(existsReasons)
	case code == http.StatusRequestTimeout, code < 400, code >= 500:
	default:
		e.Kind, e.Final = ErrInvalid, true
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
	return &Error{API: api, Op: op, Code: http.StatusOK, Message: message, Kind: ErrIncomplete}
}

// invalid is the error for a request that is not sent, because Google could not mean anything
// by it.
func invalid(api, op, message string) *Error {
	return &Error{API: api, Op: op, Message: message, Kind: ErrInvalid, Final: true}
}
