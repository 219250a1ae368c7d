package openmetadata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// What a request can come to. An [Error] is one of these, or none if nothing is known but that
// it may succeed another time.
var (
	// ErrNotFound says that something does not exist, or not any more.
	ErrNotFound = errors.New("not found")
	// ErrQuota says that too many requests were made; another one may be made later.
	ErrQuota = errors.New("rate limit reached")
	// ErrForbidden says that the token is not taken, or does not allow the request.
	ErrForbidden = errors.New("forbidden")
	// ErrIncomplete says that an answer came, but cannot be taken as whole.
	ErrIncomplete = errors.New("incomplete answer")
	// ErrConflict says that the catalogue holds something else than was thought: somebody was
	// faster, or it is somebody else's. Only the latter is permanent.
	ErrConflict = errors.New("conflict")
	// ErrInvalid says that the catalogue refuses the request as it stands.
	ErrInvalid = errors.New("invalid request")
)

// Error is what became of a request that did not succeed. Its text is fit for a log.
type Error struct {
	// Op is the operation as OpenMetadata's own description calls it: "patchTeam".
	Op string
	// Code is the HTTP status; 0 where no answer came.
	Code int
	// Message is the catalogue's sentence, or ours where it gives none. Addresses and what looks
	// like a token are left out, and it is shortened.
	Message string

	kind      error
	cause     error
	permanent bool
	unknown   bool
	wait      time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	parts := []string{"openmetadata " + e.Op}
	if e.kind != nil {
		parts = append(parts, e.kind.Error())
	}
	if e.Code != 0 {
		parts = append(parts, strconv.Itoa(e.Code))
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

// Unknown reports whether the request may have been carried out all the same.
func (e *Error) Unknown() bool { return e.unknown }

// RetryAfter returns how long the catalogue asks to wait before the next request. Zero means that it
// does not say.
func (e *Error) RetryAfter() time.Duration { return e.wait }

// NotFound reports whether the error is [ErrNotFound].
func (e *Error) NotFound() bool { return errors.Is(e, ErrNotFound) }

// unanswered is the error of a request to which no whole answer came.
func (c *Client) unanswered(r request, err error) *Error {
	e := &Error{Op: r.op, Message: "no answer", unknown: r.changes()}
	// The text of an url.Error holds the address of the request, and what is below it may hold
	// the address of a server.
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	switch timeout, ok := errors.AsType[net.Error](err); {
	case errors.Is(err, context.Canceled):
		e.cause, e.Message = context.Canceled, "no answer: canceled"
	case errors.Is(err, context.DeadlineExceeded), ok && timeout.Timeout():
		e.cause, e.Message = context.DeadlineExceeded, "no answer before the deadline"
	default:
		e.Message = clean("no answer: " + err.Error())
	}
	return e
}

// refused classifies an answer with an error status.
func (c *Client) refused(r request, resp *http.Response, body []byte) *Error {
	var answer struct {
		Message string `json:"message"`
	}
	readable := json.Unmarshal(body, &answer) == nil && answer.Message != ""
	// A server may repeat what it was sent.
	e := &Error{Op: r.op, Code: resp.StatusCode, Message: clean(strings.ReplaceAll(answer.Message, c.token.Reveal(), "(hidden)"))}
	if e.Message == "" {
		e.Message = http.StatusText(resp.StatusCode)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		e.kind, e.wait = ErrQuota, retryAfter(resp.Header, c.now())
	case code == http.StatusUnauthorized:
		e.kind, e.permanent = ErrForbidden, true
		e.Message = "the token is not taken: it may have been replaced, or have ended"
	case code == http.StatusForbidden:
		e.kind, e.permanent = ErrForbidden, readable
	case code == http.StatusNotFound && readable && !strings.HasPrefix(answer.Message, "HTTP 404"):
		e.kind, e.permanent = ErrNotFound, true
	case code == http.StatusNotFound:
		// The server does not know the path, so it says nothing about what was asked for. A wrong
		// base URL must not look like an empty catalogue.
	case code == http.StatusConflict, code == http.StatusPreconditionFailed:
		e.kind = ErrConflict
	case code == http.StatusRequestTimeout, code >= 500:
		e.wait = retryAfter(resp.Header, c.now())
		e.unknown = r.changes()
	case code < 400: // a redirect, which no API answers with
	default:
		e.kind, e.permanent = ErrInvalid, true
	}
	return e
}

// incomplete is the error for an answer that cannot be taken as whole.
func (c *Client) incomplete(r request, message string) *Error {
	return &Error{Op: r.op, Code: http.StatusOK, Message: message, kind: ErrIncomplete, unknown: r.changes()}
}

// invalid is the error for a request that is not sent.
func (c *Client) invalid(op, message string) *Error {
	return &Error{Op: op, Message: message, kind: ErrInvalid, permanent: true}
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
	links     = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*(:|%3a)(//|%2f%2f)[^\s"'<>]*`)
	addresses = regexp.MustCompile(`[^\s"'<>()\[\],;:=/]+(@|%40)[^\s"'<>()\[\],;:=/]+`)
	tokens    = regexp.MustCompile(`[A-Za-z0-9_.+/=-]{32,}`)
)

// maxMessage is the length in characters to which the catalogue's messages are cut.
const maxMessage = 300

// clean makes a message fit for a log: one line, short, without addresses and what may be a
// token.
func clean(message string) string {
	message = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(message, ""))
	message = strings.Join(strings.Fields(message), " ")
	message = links.ReplaceAllString(message, "(address)")
	message = addresses.ReplaceAllString(message, "(address)")
	message = tokens.ReplaceAllString(message, "(hidden)")
	if runes := []rune(message); len(runes) > maxMessage {
		message = string(runes[:maxMessage]) + "…"
	}
	return message
}

// strangers is the error for something that is not ours.
func (c *Client) strangers(op, kind, name string) *Error {
	return &Error{Op: op, Message: fmt.Sprintf("the %s %s is somebody else's", kind, name), kind: ErrConflict, permanent: true}
}
