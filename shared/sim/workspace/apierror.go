package workspace

import (
	"encoding/json"
	"errors"
	"net/http"
)

// The classes of errors that the methods of a [Server] return for what people try to do.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("exists already")
	ErrInvalid  = errors.New("refused as invalid")
)

// apiError is an error as Google's APIs put it into an answer.
// https://developers.google.com/workspace/admin/directory/v1/guides/troubleshoot-error-codes
type apiError struct {
	code     int
	message  string
	domain   string // global or usageLimits
	reason   string
	status   string // the gRPC name of the code, as newer front ends add it
	location string // the parameter or header at fault, or empty
	detail   *errorInfo
	quota    bool // a quota was spent
}

// errorInfo is google.rpc.ErrorInfo, the machine-readable detail of newer answers.
type errorInfo struct {
	Type     string            `json:"@type"`
	Reason   string            `json:"reason"`
	Domain   string            `json:"domain"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

func newErrorInfo(reason string, metadata map[string]string) *errorInfo {
	return &errorInfo{"type.googleapis.com/google.rpc.ErrorInfo", reason, "googleapis.com", metadata}
}

// Error implements error.
func (e *apiError) Error() string { return e.message }

// Is makes the error one of this package's classes.
func (e *apiError) Is(target error) bool {
	switch e.code {
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusConflict:
		return target == ErrExists
	case http.StatusBadRequest:
		return target == ErrInvalid
	}
	return false
}

// MarshalJSON writes the body of the answer.
func (e *apiError) MarshalJSON() ([]byte, error) {
	type item struct {
		Message      string `json:"message"`
		Domain       string `json:"domain"`
		Reason       string `json:"reason"`
		Location     string `json:"location,omitempty"`
		LocationType string `json:"locationType,omitempty"`
	}
	var body struct {
		Error struct {
			Code    int          `json:"code"`
			Message string       `json:"message"`
			Errors  []item       `json:"errors"`
			Status  string       `json:"status,omitempty"`
			Details []*errorInfo `json:"details,omitempty"`
		} `json:"error"`
	}
	one := item{Message: e.message, Domain: e.domain, Reason: e.reason, Location: e.location}
	if e.location != "" {
		one.LocationType = "parameter"
		if e.location == "Authorization" {
			one.LocationType = "header"
		}
	}
	body.Error.Code, body.Error.Message, body.Error.Status = e.code, e.message, e.status
	body.Error.Errors = []item{one}
	if e.detail != nil {
		body.Error.Details = []*errorInfo{e.detail}
	}
	return json.Marshal(body)
}

func invalid(message string) *apiError {
	return &apiError{code: http.StatusBadRequest, message: message, domain: "global", reason: "invalid"}
}

func invalidParameter(name, message string) *apiError {
	e := invalid(message)
	e.location = name
	return e
}

func notFound(key string) *apiError {
	return &apiError{code: http.StatusNotFound, message: "Resource Not Found: " + key, domain: "global", reason: "notFound"}
}

func duplicate(message string) *apiError {
	return &apiError{code: http.StatusConflict, message: message, domain: "global", reason: "duplicate"}
}

func loginRequired() *apiError {
	return &apiError{
		code: http.StatusUnauthorized, message: "Login Required.", domain: "global", reason: "required",
		status: "UNAUTHENTICATED", location: "Authorization", detail: newErrorInfo("CREDENTIALS_MISSING", nil),
	}
}

func invalidCredentials() *apiError {
	return &apiError{
		code: http.StatusUnauthorized, message: "Invalid Credentials", domain: "global", reason: "authError",
		status: "UNAUTHENTICATED", location: "Authorization", detail: newErrorInfo("ACCESS_TOKEN_INVALID", nil),
	}
}

func missingScope(service, method string) *apiError {
	return &apiError{
		code: http.StatusForbidden, message: "Request had insufficient authentication scopes.", domain: "global",
		reason: "insufficientPermissions", status: "PERMISSION_DENIED",
		detail: newErrorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT", map[string]string{"service": service, "method": method}),
	}
}

func backendError(code int, message, status string) *apiError {
	return &apiError{code: code, message: message, domain: "global", reason: "backendError", status: status}
}

// tooManyRequests is the refusal that newer front ends send for any spent rate.
func tooManyRequests(service string) *apiError {
	return &apiError{
		code: http.StatusTooManyRequests, domain: "usageLimits", reason: "rateLimitExceeded", status: "RESOURCE_EXHAUSTED",
		message: "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service '" + service + "'.",
		detail:  newErrorInfo("RATE_LIMIT_EXCEEDED", map[string]string{"service": service}),
	}
}

func forbiddenByQuota(message, reason string) *apiError {
	return &apiError{code: http.StatusForbidden, message: message, domain: "usageLimits", reason: reason}
}
