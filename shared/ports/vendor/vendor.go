// Package vendor is what the adapters of all vendors have in common: the error that a request
// can come to, and what makes a vendor's words fit for a log.
//
// An adapter decides what an answer means: it knows its vendor's statuses and reasons. It says
// so with an [Error], whose text is the same everywhere, so that no adapter can print what
// another one hides.
package vendor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a request can come to. An [Error] is one of these, or none if nothing is known but that
// it may succeed another time. What exactly a vendor means by it says its adapter.
var (
	// ErrNotFound says that what was asked for does not exist, or not any more.
	ErrNotFound = errors.New("not found")
	// ErrQuota says that too many requests were made; another one may be made later.
	ErrQuota = errors.New("quota exceeded")
	// ErrDailyQuota says that the day's requests are used up. It is an [ErrQuota] too.
	ErrDailyQuota = fmt.Errorf("daily %w", ErrQuota)
	// ErrForbidden says that the credentials are not taken, or do not allow the request.
	ErrForbidden = errors.New("forbidden")
	// ErrIncomplete says that an answer came, but cannot be taken as whole.
	ErrIncomplete = errors.New("incomplete answer")
	// ErrConflict says that the request contradicts what the vendor holds.
	ErrConflict = errors.New("conflict")
	// ErrInvalid says that the vendor refuses the request as it stands.
	ErrInvalid = errors.New("invalid request")
)

// Error is what became of a request that did not succeed. However it is printed, logged or
// encoded, its text is the one of [Error.Error].
type Error struct {
	// API is the vendor, or the one of its APIs: "looker", "directory".
	API string
	// Op is the method as the vendor calls it, for example "groups.list".
	Op string
	// Code is the HTTP status; 0 where no answer came.
	Code int
	// Reason is the vendor's word for it, for example "quotaExceeded", as [Reason] leaves it;
	// empty where the answer has none.
	Reason string
	// Message is the vendor's sentence as [Clean] leaves it, or ours.
	Message string

	// Kind is one of the errors above, or an adapter's own; nil where nothing is known.
	Kind error
	// Cause is what a library said; nil where an answer says all. Its text may hold anything and
	// is not printed.
	Cause error
	// Final says that the same request can never succeed.
	Final bool
	// Doubtful says that the request may have been carried out all the same.
	Doubtful bool
	// Wait is how long to wait before the next request; zero where the vendor does not say.
	Wait time.Duration
}

// Error implements error. The text is fit for a log.
func (e *Error) Error() string {
	parts := []string{e.API + " " + e.Op}
	if e.Kind != nil {
		parts = append(parts, e.Kind.Error())
	}
	if status := strings.TrimSpace(strings.TrimPrefix(strconv.Itoa(e.Code), "0") + " " + e.Reason); status != "" {
		parts = append(parts, status)
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	return strings.Join(parts, ": ")
}

// GoString implements [fmt.GoStringer], for %#v.
func (e *Error) GoString() string { return strconv.Quote(e.Error()) }

// MarshalText implements [encoding.TextMarshaler], for JSON.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Unwrap returns the kind and the cause, where there are.
func (e *Error) Unwrap() []error {
	return slices.DeleteFunc([]error{e.Kind, e.Cause}, func(err error) bool { return err == nil })
}

// Permanent reports whether the same request can never succeed.
func (e *Error) Permanent() bool { return e.Final }

// Unknown reports whether the request may have been carried out all the same.
func (e *Error) Unknown() bool { return e.Doubtful }

// RetryAfter returns how long to wait before the next request of the same kind. Zero means that
// the vendor does not say.
func (e *Error) RetryAfter() time.Duration { return e.Wait }

// NotFound reports whether the error is [ErrNotFound].
func (e *Error) NotFound() bool { return errors.Is(e, ErrNotFound) }

// Unanswered is the error of a request to which no whole answer came.
func Unanswered(api, op string, err error) *Error {
	// The text of an url.Error holds the address of the request, and what is below it may hold
	// the address of a server.
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	e := &Error{API: api, Op: op, Cause: err}
	switch timeout, ok := errors.AsType[net.Error](err); {
	case errors.Is(err, context.Canceled):
		e.Message = "no answer: canceled"
	case errors.Is(err, context.DeadlineExceeded), ok && timeout.Timeout():
		e.Message = "no answer before the deadline"
	default:
		e.Message = Clean("no answer: " + err.Error())
	}
	return e
}

// RetryAfter reads the header of RFC 9110, section 10.2.3: seconds, or a date. A server that
// asks for more than a day is not believed. Zero means that it asks for nothing.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), 24*time.Hour)
}
