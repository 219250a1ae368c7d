package fivetran

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// What a request can come to. An [Error] is one of these, or none if nothing is known but that
// it may succeed another time.
var (
	// ErrNotFound says that the connection, the group or the service does not exist, or not any
	// more.
	ErrNotFound = vendor.ErrNotFound
	// ErrQuota says that too many requests were made; another one may be made later.
	ErrQuota = vendor.ErrQuota
	// ErrForbidden says that the API key is not taken, or does not allow the request.
	ErrForbidden = vendor.ErrForbidden
	// ErrIncomplete says that an answer came, but cannot be taken as whole.
	ErrIncomplete = vendor.ErrIncomplete
	// ErrConflict says that the request contradicts what Fivetran holds.
	ErrConflict = vendor.ErrConflict
	// ErrInvalid says that Fivetran refuses the request as it stands.
	ErrInvalid = vendor.ErrInvalid
)

// Error is what became of a request that did not succeed. Its text is fit for a log.
type Error = vendor.Error

// api is Fivetran in an [Error].
const api = "fivetran"

// changes reports whether a request may change something.
func (r request) changes() bool { return r.method != http.MethodGet }

// unanswered is the error of a request to which no whole answer came.
func (c *Client) unanswered(r request, err error) *Error {
	e := vendor.Unanswered(api, r.op, err)
	e.Doubtful = r.changes()
	return e
}

// refused classifies an answer with an error status
// (https://fivetran.com/docs/rest-api/getting-started/api-response-codes).
func (c *Client) refused(r request, resp *http.Response, body []byte) *Error {
	var answer struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	readable := json.Unmarshal(body, &answer) == nil
	e := &Error{API: api, Op: r.op, Code: resp.StatusCode, Reason: vendor.Reason(answer.Code), Message: vendor.Message(resp.StatusCode, answer.Message)}
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		e.Kind, e.Wait = ErrQuota, vendor.RetryAfter(resp.Header, c.now())
	case code == http.StatusUnauthorized:
		e.Kind, e.Final = ErrForbidden, true
		e.Message = "the API key is not taken: it may have been replaced"
	case code == http.StatusForbidden:
		e.Kind, e.Final = ErrForbidden, readable
	case code == http.StatusNotFound && strings.HasPrefix(answer.Code, "NotFound_"):
		e.Kind, e.Final = ErrNotFound, true
	case code == http.StatusNotFound:
		// The server does not know the path, so it says nothing about the connection. A wrong
		// base URL must not look like an account without connections.
	case code == http.StatusConflict:
		e.Kind = ErrConflict
	case code == http.StatusRequestTimeout, code >= 500:
		e.Wait = vendor.RetryAfter(resp.Header, c.now())
		e.Doubtful = r.changes()
	case code < 400: // a redirect, which no API answers with
	default:
		e.Kind, e.Final = ErrInvalid, true
	}
	return e
}

// incomplete is the error for an answer that cannot be taken as whole.
func (c *Client) incomplete(r request, message string) *Error {
	return &Error{API: api, Op: r.op, Code: http.StatusOK, Message: message, Kind: ErrIncomplete, Doubtful: r.changes()}
}

// invalid is the error for a request that is not sent.
func (c *Client) invalid(op, message string) *Error {
	return &Error{API: api, Op: op, Message: message, Kind: ErrInvalid, Final: true}
}

// conflict is the error for a connection that is there and is not the one that was asked for.
func (c *Client) conflict(op, message string) *Error {
	return &Error{API: api, Op: op, Message: message, Kind: ErrConflict, Final: true}
}
