package looker

import (
	"errors"
	"net/http"
)

// The classes of errors that the methods of a [Server] return for what people try to do.
var (
	ErrNotFound = errors.New("not found")
	ErrDisabled = errors.New("disabled")
	ErrInvalid  = errors.New("refused as invalid")
)

// documentation is what Looker puts into every error.
const documentation = "https://cloud.google.com/looker/docs/"

// apiError is an error as Looker's API answers it.
type apiError struct {
	status  int
	message string
	fields  []fieldError // of a validation error
	quota   bool         // a quota was spent
}

// fieldError is what is wrong with one field of a body.
type fieldError struct {
	Field         string `json:"field"`
	Code          string `json:"code"`
	Message       string `json:"message"`
	Documentation string `json:"documentation_url"`
}

// Error implements error.
func (e *apiError) Error() string { return e.message }

func (e *apiError) body() object {
	body := object{"message": e.message, "documentation_url": documentation}
	if e.fields != nil {
		body["errors"] = e.fields
	}
	return body
}

func badRequest(message string) *apiError {
	return &apiError{status: http.StatusBadRequest, message: message}
}

func unsupported(what string) *apiError {
	return badRequest("the simulator does not support " + what)
}

// notAuthenticated answers who has no token, or one that has ended.
func notAuthenticated() *apiError {
	return &apiError{status: http.StatusUnauthorized, message: "Requires authentication."}
}

// notFound also answers a wrong API key and what the caller may not see: Looker does not tell
// these apart.
func notFound() *apiError { return &apiError{status: http.StatusNotFound, message: "Not found"} }

func forbidden() *apiError {
	return &apiError{status: http.StatusForbidden, message: "Permission denied"}
}

func conflict() *apiError {
	return &apiError{status: http.StatusConflict, message: "Resource already exists"}
}

func tooMany(message string) *apiError {
	return &apiError{status: http.StatusTooManyRequests, message: message}
}

func invalid(field, code, message string) *apiError {
	return &apiError{
		status: http.StatusUnprocessableEntity, message: "Validation Failed",
		fields: []fieldError{{field, code, message, documentation}},
	}
}
