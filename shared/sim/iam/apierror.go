package iam

import (
	"encoding/json"
	"errors"
	"net/http"
)

// The classes of errors that the methods of a [Server] return for what people try to do.
var (
	ErrNotFound = errors.New("not found")
	ErrInvalid  = errors.New("refused as invalid")
)

// apiError is an error as Google's APIs put it into an answer.
// https://cloud.google.com/apis/design/errors
type apiError struct {
	code    int
	message string
	status  string // the name of google.rpc.Code, where the API is one that has it
	reason  string // the word of the older form
	details []any
	quota   bool // a quota was spent
}

// Error implements error.
func (e *apiError) Error() string { return e.message }

// Is makes the error one of this package's classes.
func (e *apiError) Is(target error) bool {
	switch e.code {
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusBadRequest, http.StatusPreconditionFailed:
		return target == ErrInvalid
	}
	return false
}

// MarshalJSON writes the body of the answer.
func (e *apiError) MarshalJSON() ([]byte, error) {
	type item struct {
		Message string `json:"message"`
		Domain  string `json:"domain"`
		Reason  string `json:"reason"`
	}
	var body struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			Errors  []item `json:"errors"`
			Status  string `json:"status,omitempty"`
			Details []any  `json:"details,omitempty"`
		} `json:"error"`
	}
	domain := "global"
	if e.quota {
		domain = "usageLimits"
	}
	body.Error.Code, body.Error.Message, body.Error.Status = e.code, e.message, e.status
	body.Error.Errors = []item{{Message: e.message, Domain: domain, Reason: e.reason}}
	body.Error.Details = e.details
	return json.Marshal(body)
}

// errorInfo is google.rpc.ErrorInfo, the machine-readable detail.
type errorInfo struct {
	Type     string            `json:"@type"`
	Reason   string            `json:"reason"`
	Domain   string            `json:"domain"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

func newErrorInfo(reason, domain string, metadata map[string]string) errorInfo {
	return errorInfo{"type.googleapis.com/google.rpc.ErrorInfo", reason, domain, metadata}
}

// resourceInfo is google.rpc.ResourceInfo, with which Cloud Identity says what it is about.
type resourceInfo struct {
	Type         string `json:"@type"`
	ResourceType string `json:"resourceType"`
	ResourceName string `json:"resourceName"`
	Owner        string `json:"owner"`
	Description  string `json:"description"`
}

func invalid(message string) *apiError {
	return &apiError{code: http.StatusBadRequest, message: message, status: "INVALID_ARGUMENT", reason: "badRequest"}
}

func notFound(message string) *apiError {
	return &apiError{code: http.StatusNotFound, message: message, status: "NOT_FOUND", reason: "notFound"}
}

func forbidden(message string, details ...any) *apiError {
	return &apiError{code: http.StatusForbidden, message: message, status: "PERMISSION_DENIED", reason: "forbidden", details: details}
}

// lostRace is what the Resource Manager says of another etag, and Storage and BigQuery in their
// own way.
func lostRace() *apiError {
	return &apiError{
		code: http.StatusConflict, status: "ABORTED", reason: "aborted",
		message: "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
	}
}

func conditionNotMet(message string) *apiError {
	return &apiError{code: http.StatusPreconditionFailed, message: message, reason: "conditionNotMet"}
}

func loginRequired() *apiError {
	return &apiError{
		code: http.StatusUnauthorized, status: "UNAUTHENTICATED", reason: "required",
		message: "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
		details: []any{newErrorInfo("CREDENTIALS_MISSING", "googleapis.com", nil)},
	}
}

func invalidCredentials() *apiError {
	return &apiError{
		code: http.StatusUnauthorized, status: "UNAUTHENTICATED", reason: "authError",
		message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
		details: []any{newErrorInfo("ACCESS_TOKEN_EXPIRED", "googleapis.com", nil)},
	}
}

func missingScope(service, method string) *apiError {
	e := forbidden("Request had insufficient authentication scopes.",
		newErrorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com", map[string]string{"service": service, "method": method}))
	e.reason = "insufficientPermissions"
	return e
}

func internalError() *apiError {
	return &apiError{code: http.StatusInternalServerError, message: "Internal error encountered.", status: "INTERNAL", reason: "backendError"}
}

func tooManyRequests(service string) *apiError {
	return &apiError{
		code: http.StatusTooManyRequests, status: "RESOURCE_EXHAUSTED", reason: "rateLimitExceeded",
		message: "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service '" + service + "'.",
		details: []any{newErrorInfo("RATE_LIMIT_EXCEEDED", "googleapis.com", map[string]string{"service": service})},
	}
}
