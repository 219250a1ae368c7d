// Package webapi is what the HTTP APIs of this system have in common: how they say no, how they
// give an answer, and how they describe themselves.
//
// An API declares its operations with the Go types that it takes and gives. [Describe] makes an
// OpenAPI document of the same declarations, so that what is served and what is described cannot
// differ.
package webapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Problem is an answer that says what is wrong, as of RFC 9457. It is an error too.
type Problem struct {
	// Type names the sort of problem: a relative reference into the API's description.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Errors has one entry for each part of what was sent that is wrong, where several may be.
	Errors []Wrong `json:"errors,omitempty"`

	// After is when it makes sense to ask again; zero says nothing of it.
	After time.Duration `json:"-"`
}

// Wrong is one part of what was sent that is wrong.
type Wrong struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// NewProblem returns a problem of a sort.
func NewProblem(status int, sort, title, detail string) *Problem {
	return &Problem{Type: "/v1/problems/" + sort, Title: title, Status: status, Detail: detail}
}

// Error implements error.
func (p *Problem) Error() string { return p.Title }

// Write answers with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	if p.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.After.Seconds())))
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.Status)
	// The client may be gone; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(p)
}
