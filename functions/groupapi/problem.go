package groupapi

import (
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/webapi"
)

// problem is short for a problem of this API.
func problem(status int, sort, title, detail string) *webapi.Problem {
	return webapi.NewProblem(status, sort, title, detail)
}

// absent is the answer for what does not exist and for what the client may not see: who may
// not see a group does not learn whether there is one.
func absent() *webapi.Problem {
	return problem(http.StatusNotFound, "not-found", "There is nothing here that you may see.", "")
}

func malformed(detail string) *webapi.Problem {
	return problem(http.StatusBadRequest, "malformed", "The question is not well formed.", detail)
}

// stale is the answer where the client wants something fresher than the mirror has: after that time
// it may be there.
func stale(asOf time.Time, after time.Duration) *webapi.Problem {
	p := problem(http.StatusServiceUnavailable, "stale", "The mirror is older than you accept.", "It is as of "+asOf.UTC().Format(time.RFC3339)+".")
	p.After = after
	return p
}
