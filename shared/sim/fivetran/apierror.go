package fivetran

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// The classes of errors that the methods of a [Server] return for what people try to do.
var (
	ErrNotFound = errors.New("not found")
	// ErrExpired says that a connect card is older than a day.
	ErrExpired = errors.New("the connect card has expired")
	ErrInvalid = errors.New("refused as invalid")
)

// apiError is an answer that refuses
// (https://fivetran.com/docs/rest-api/getting-started/api-response-codes).
type apiError struct {
	status  int
	code    string
	message string
	wait    time.Duration // of Retry-After, for 429
	quota   bool          // a limit was reached
}

// Error implements error.
func (e *apiError) Error() string { return e.message }

func invalid(format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: "InvalidInput", message: fmt.Sprintf(format, args...)}
}

func notFound(what, name, id string) *apiError {
	return &apiError{status: http.StatusNotFound, code: "NotFound_" + what, message: fmt.Sprintf("%s with id '%s' doesn't exist", name, id)}
}

func connectionNotFound(id string) *apiError { return notFound("Connection", "Connection", id) }

func unauthorized(message string) *apiError {
	return &apiError{status: http.StatusUnauthorized, code: "AuthFailed", message: message}
}

func conflict(message string) *apiError {
	return &apiError{status: http.StatusConflict, code: "Conflict", message: message}
}

func tooMany(message string, wait time.Duration) *apiError {
	return &apiError{status: http.StatusTooManyRequests, code: "TooManyRequests", message: message, wait: wait}
}

func internalError() *apiError {
	return &apiError{status: http.StatusInternalServerError, code: "InternalError", message: "Something went wrong. Please contact support."}
}
