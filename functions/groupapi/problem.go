package groupapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Problem is an answer that says what is wrong, as of RFC 9457.
type Problem struct {
	// Type names the sort of problem: a relative reference into this API's description.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`

	after time.Duration
}

// Error implements error.
func (p *Problem) Error() string { return p.Title }

func problem(status int, kind, title, detail string) *Problem {
	return &Problem{Type: "/v1/problems/" + kind, Title: title, Status: status, Detail: detail}
}

// absent is the answer for what does not exist and for what the client may not see: who may
// not see a group does not learn whether there is one.
func absent() *Problem {
	return problem(http.StatusNotFound, "not-found", "There is nothing here that you may see.", "")
}

func malformed(detail string) *Problem {
	return problem(http.StatusBadRequest, "malformed", "The question is not well formed.", detail)
}

// stale is the answer where the client wants something fresher than the mirror has: it is being
// read.
func stale(asOf time.Time) *Problem {
	p := problem(http.StatusServiceUnavailable, "stale", "The mirror is older than you accept.", "It is as of "+asOf.UTC().Format(time.RFC3339)+".")
	p.after = 5 * time.Second
	return p
}

func (p *Problem) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	if p.after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.after.Seconds())))
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.Status)
	// The client may be gone; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(p)
}
