package looker

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// What a request can come to. An [Error] is one of these, or none if nothing is known but that
// it may succeed another time.
var (
	// ErrNotFound says that the account does not exist. Looker also says so of what the API key
	// may not see.
	ErrNotFound = vendor.ErrNotFound
	// ErrQuota says that too many requests were made, in a short time or in this month.
	ErrQuota = vendor.ErrQuota
	// ErrForbidden says that the API key is wrong, or that its account is no administrator.
	ErrForbidden = vendor.ErrForbidden
	// ErrIncomplete says that an answer came, but cannot be taken as whole.
	ErrIncomplete = vendor.ErrIncomplete
	// ErrConflict says that the request contradicts what Looker holds.
	ErrConflict = vendor.ErrConflict
	// ErrInvalid says that Looker refuses the request as it stands.
	ErrInvalid = vendor.ErrInvalid
)

// Error is what became of a request that did not succeed. Its text is fit for a log.
type Error = vendor.Error

// api is Looker in an [Error].
const api = "looker"

// incomplete is the error for an answer that cannot be taken as whole.
func incomplete(op, message string) *Error {
	return &Error{API: api, Op: op, Code: http.StatusOK, Message: message, Kind: ErrIncomplete}
}

// invalid is the error for a request that is not sent, because Looker could not mean anything
// by it.
func invalid(op, message string) *Error {
	return &Error{API: api, Op: op, Message: message, Kind: ErrInvalid, Final: true}
}

// refused classifies an answer with an error status.
// https://docs.cloud.google.com/looker/docs/api-troubleshooting
func refused(op string, resp *http.Response, text []byte, now time.Time) *Error {
	e := &Error{API: api, Op: op, Code: resp.StatusCode, Message: vendor.Message(resp.StatusCode, ""), Wait: vendor.RetryAfter(resp.Header, now)}
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
		e.Message = vendor.Message(resp.StatusCode, strings.Join(parts, "; "))
	}
	page := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html")
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		e.Kind = ErrQuota
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.Kind, e.Final = ErrForbidden, true
	case code == http.StatusNotFound && page:
		// A page for people comes from what stands before the API. It says nothing about an
		// account.
	case code == http.StatusNotFound && ours(op):
		e.Kind, e.Final = ErrForbidden, true
	case code == http.StatusNotFound:
		e.Kind, e.Final = ErrNotFound, true
	case code == http.StatusConflict, taken:
		e.Kind = ErrConflict
	case code == http.StatusRequestTimeout, code < 400, code >= 500:
	default:
		e.Kind, e.Final = ErrInvalid, true
	}
	return e
}

// ours reports whether an operation is about no account but the one with the API key. Not found
// means there that the key is wrong or may not do it.
func ours(op string) bool {
	return slices.Contains([]string{"login", "me", "all_users", "search_users", "all_roles", "create_user"}, op)
}
