package openmetadata

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// What a request can come to. An [Error] is one of these, or none if nothing is known but that
// it may succeed another time.
var (
	// ErrNotFound says that something does not exist, or not any more.
	ErrNotFound = vendor.ErrNotFound
	// ErrQuota says that too many requests were made; another one may be made later.
	ErrQuota = vendor.ErrQuota
	// ErrForbidden says that the token is not taken, or does not allow the request.
	ErrForbidden = vendor.ErrForbidden
	// ErrIncomplete says that an answer came, but cannot be taken as whole.
	ErrIncomplete = vendor.ErrIncomplete
	// ErrConflict says that the catalogue holds something else than was thought: somebody was
	// faster, or it is somebody else's. Only the latter is permanent.
	ErrConflict = vendor.ErrConflict
	// ErrInvalid says that the catalogue refuses the request as it stands.
	ErrInvalid = vendor.ErrInvalid
)

// Error is what became of a request that did not succeed. Its text is fit for a log.
type Error = vendor.Error

// api is the catalogue in an [Error].
const api = "openmetadata"

// unanswered is the error of a request to which no whole answer came.
func (c *Client) unanswered(r request, err error) *Error {
	e := vendor.Unanswered(api, r.op, err)
	e.Doubtful = r.changes()
	return e
}

// refused classifies an answer with an error status.
func (c *Client) refused(r request, resp *http.Response, body []byte) *Error {
	var answer struct {
		Message string `json:"message"`
	}
	readable := json.Unmarshal(body, &answer) == nil && answer.Message != ""
	// A server may repeat what it was sent.
	e := &Error{API: api, Op: r.op, Code: resp.StatusCode, Message: vendor.Message(resp.StatusCode, strings.ReplaceAll(answer.Message, c.token.Reveal(), "(hidden)"))}
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		e.Kind, e.Wait = ErrQuota, vendor.RetryAfter(resp.Header, c.now())
	case code == http.StatusUnauthorized:
		e.Kind, e.Final = ErrForbidden, true
		e.Message = "the token is not taken: it may have been replaced, or have ended"
	case code == http.StatusForbidden:
		e.Kind, e.Final = ErrForbidden, readable
	case code == http.StatusNotFound && readable && !strings.HasPrefix(answer.Message, "HTTP 404"):
		e.Kind, e.Final = ErrNotFound, true
	case code == http.StatusNotFound:
		// The server does not know the path, so it says nothing about what was asked for. A wrong
		// base URL must not look like an empty catalogue.
	case code == http.StatusConflict, code == http.StatusPreconditionFailed:
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

// strangers is the error for something that is not ours.
func (c *Client) strangers(op, kind, name string) *Error {
	return &Error{API: api, Op: op, Message: fmt.Sprintf("the %s %s is somebody else's", kind, name), Kind: ErrConflict, Final: true}
}
