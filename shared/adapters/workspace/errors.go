package workspace

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/api/googleapi"

	"github.com/sekisho/sekisho/shared/domain/quota"
	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// What a request can come to. An [Error] is one of these, or none if nothing is known but that
// it may succeed another time.
var (
	// ErrNotFound says that the group or the person does not exist, or not any more.
	ErrNotFound = vendor.ErrNotFound
	// ErrQuota says that too many requests were made; another one may be made later.
	ErrQuota = vendor.ErrQuota
	// ErrDailyQuota says that the day's requests are used up. It is an [ErrQuota] too.
	ErrDailyQuota = vendor.ErrDailyQuota
	// ErrForbidden says that the credentials do not allow the request.
	ErrForbidden = vendor.ErrForbidden
	// ErrIncomplete says that an answer came, but cannot be taken as whole.
	ErrIncomplete = vendor.ErrIncomplete
	// ErrConflict says that the request contradicts what Google holds.
	ErrConflict = vendor.ErrConflict
	// ErrInvalid says that Google refuses the request as it stands, for example a combination
	// of settings.
	ErrInvalid = vendor.ErrInvalid
)

// Error is what became of a request that did not succeed. Its text is fit for a log.
type Error = vendor.Error

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
	if _, sent := errors.AsType[*url.Error](err); sent || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return vendor.Unanswered(c.api, op, err)
	}
	// The answer began well. What a decoder says of the rest may quote it.
	return c.incomplete(op, "the answer cannot be read to its end")
}

// refused classifies an answer with an error status.
func (c client) refused(op string, answer *googleapi.Error) *Error {
	reasons, daily := reasons(answer)
	e := &Error{
		API: c.api, Op: op, Code: answer.Code, Message: vendor.Message(answer.Code, answer.Message),
		Wait: vendor.RetryAfter(answer.Header, c.now()),
	}
	if len(reasons) > 0 {
		e.Reason = vendor.Reason(reasons[0])
	}
	is := func(wanted ...string) bool {
		return slices.ContainsFunc(reasons, func(r string) bool { return slices.Contains(wanted, r) })
	}
	limited := answer.Code == http.StatusForbidden || answer.Code == http.StatusTooManyRequests ||
		answer.Code == http.StatusServiceUnavailable
	switch code := answer.Code; {
	case limited && (daily || is("dailyLimitExceeded")):
		now := c.now()
		e.Kind, e.Wait = ErrDailyQuota, quota.Refused(now).Sub(now)
	case limited && is(rateReasons...), code == http.StatusTooManyRequests:
		e.Kind = ErrQuota
	case code == http.StatusUnauthorized:
		e.Kind, e.Final = ErrForbidden, true
	case code == http.StatusForbidden:
		// Without a reason it may be a quota: the Groups Settings API can answer in XML.
		e.Kind, e.Final = ErrForbidden, len(reasons) > 0
	case code == http.StatusNotFound && strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html"):
		// A page for people: the server does not know the method, so it says nothing about
		// the group. A wrong BaseURL must not look like a company without groups.
	case code == http.StatusNotFound,
		code == http.StatusPreconditionFailed && reads(op) && is("conditionNotMet"):
		// Reading a deleted account is answered with 412.
		e.Kind, e.Final = ErrNotFound, true
	case code == http.StatusConflict, code == http.StatusPreconditionFailed, is("channelIdNotUnique"):
		e.Kind, e.Final = ErrConflict, is("duplicate", "alreadyExists", "ALREADY_EXISTS", "channelIdNotUnique")
	case code == http.StatusRequestTimeout, code < 400, code >= 500:
	default:
		e.Kind, e.Final = ErrInvalid, true
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
