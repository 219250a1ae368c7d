package looker

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a request can come to. An [Error] is one of these, or none if nothing is known but that
// it may succeed another time.
var (
	// ErrNotFound says that the account does not exist. Looker also says so of what the API key
	// may not see.
	ErrNotFound = errors.New("not found")
	// ErrQuota says that too many requests were made, in a short time or in this month.
	ErrQuota = errors.New("quota exceeded")
	// ErrForbidden says that the API key is wrong, or that its account is no administrator.
	ErrForbidden = errors.New("forbidden")
	// ErrIncomplete says that an answer came, but cannot be taken as whole.
	ErrIncomplete = errors.New("incomplete answer")
	// ErrConflict says that the request contradicts what Looker holds.
	ErrConflict = errors.New("conflict")
	// ErrInvalid says that Looker refuses the request as it stands.
	ErrInvalid = errors.New("invalid request")
)

// Error is what became of a request that did not succeed. Its text is fit for a log: addresses
// in Looker's message are left out.
type Error struct {
	// Op is the operation as Looker calls it, for example "all_users".
	Op string
	// Code is the HTTP status; 0 where no answer came.
	Code int
	// Message is Looker's sentence, or ours where Looker gives none. Shortened.
	Message string

	kind      error
	cause     error
	permanent bool
	wait      time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	parts := []string{"looker " + e.Op}
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

// RetryAfter returns how long to wait before the next request. Zero means that Looker does not
// say.
func (e *Error) RetryAfter() time.Duration { return e.wait }

// NotFound reports whether the error is [ErrNotFound].
func (e *Error) NotFound() bool { return errors.Is(e, ErrNotFound) }

// incomplete is the error for an answer that cannot be taken as whole.
func incomplete(op, message string) *Error {
	return &Error{Op: op, Code: http.StatusOK, Message: message, kind: ErrIncomplete}
}

// invalid is the error for a request that is not sent, because Looker could not mean anything
// by it.
func invalid(op, message string) *Error {
	return &Error{Op: op, Message: message, kind: ErrInvalid, permanent: true}
}

// unanswered is the error for a request without an answer. Whether it was carried out is not
// known.
func unanswered(op string, err error) *Error {
	e := &Error{Op: op, cause: err}
	// The text of an url.Error holds the address of the request.
	if u, ok := errors.AsType[*url.Error](err); ok {
		e.cause = u.Err
	}
	e.Message = "no answer: " + clean(e.cause.Error())
	if errors.Is(err, context.DeadlineExceeded) {
		e.Message = "no answer before the deadline"
	}
	return e
}

// refused classifies an answer with an error status.
// https://docs.cloud.google.com/looker/docs/api-troubleshooting
func refused(op string, resp *http.Response, text []byte, now time.Time) *Error {
	e := &Error{Op: op, Code: resp.StatusCode, wait: retryAfter(resp.Header, now)}
	var body struct {
		Message string `json:"message"`
		Errors  []struct {
			Field   string `json:"field"`
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	taken := false
	if json.Unmarshal(text, &body) == nil {
		parts := []string{body.Message}
		for _, one := range body.Errors {
			parts = append(parts, strings.TrimSpace(one.Field+" "+one.Code+" "+one.Message))
			taken = taken || one.Code == "already_exists"
		}
		e.Message = clean(strings.Join(parts, "; "))
	}
	if e.Message == "" {
		e.Message = http.StatusText(resp.StatusCode)
	}
	page := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html")
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		e.kind = ErrQuota
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.kind, e.permanent = ErrForbidden, true
	case code == http.StatusNotFound && page:
		// A page for people comes from what stands before the API. It says nothing about an
		// account.
	case code == http.StatusNotFound && ours(op):
		e.kind, e.permanent = ErrForbidden, true
	case code == http.StatusNotFound:
		e.kind, e.permanent = ErrNotFound, true
	case code == http.StatusConflict, taken:
		e.kind = ErrConflict
	case code == http.StatusRequestTimeout, code < 400, code >= 500:
	default:
		e.kind, e.permanent = ErrInvalid, true
	}
	return e
}

// ours reports whether an operation is about no account but the one with the API key. Not found
// means there that the key is wrong or may not do it.
func ours(op string) bool {
	return slices.Contains([]string{"login", "me", "all_users", "search_users", "all_roles", "create_user"}, op)
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
	secrets   = regexp.MustCompile(`[A-Za-z0-9_-]{20,}`)
)

// maxMessage is the length in characters to which Looker's messages are cut.
const maxMessage = 300

// clean makes a message fit for a log: one line, short, without addresses of people and without
// anything that might be a token.
func clean(message string) string {
	message = strings.Join(strings.Fields(strings.ToValidUTF8(message, "")), " ")
	message = addresses.ReplaceAllString(message, "(address)")
	message = secrets.ReplaceAllString(message, "(secret)")
	if runes := []rune(message); len(runes) > maxMessage {
		message = string(runes[:maxMessage]) + "…"
	}
	return message
}
