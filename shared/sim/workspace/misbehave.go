package workspace

import (
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
)

// misbehave draws from the fault script and returns the error that a fault makes of this
// request, if any. Faults that change an answer instead are kept in the call.
func (c *call) misbehave() error {
	kinds := []sim.FaultKind{sim.FaultDown, sim.FaultTimeout, sim.Fault429, sim.Fault403Quota, sim.Fault500}
	if c.method.writes {
		kinds = append(kinds, sim.FaultConflict, sim.FaultAppliedBut500)
	}
	if c.method.lists {
		kinds = append(kinds, sim.FaultPartial, sim.FaultEmpty)
	}
	switch kind := c.s.faults.Draw(c.now, c.method.api, kinds...); kind {
	case sim.FaultDown:
		return backendError(http.StatusServiceUnavailable, "The service is currently unavailable.", "UNAVAILABLE")
	case sim.FaultTimeout:
		return sim.ErrDropped
	case sim.Fault429:
		return tooManyRequests(c.method.service)
	case sim.Fault403Quota:
		return forbiddenByQuota("Request rate higher than configured.", "quotaExceeded")
	case sim.Fault500:
		return internalError()
	case sim.FaultConflict:
		return &apiError{code: http.StatusConflict, message: "The request conflicts with another one.", domain: "global", reason: "conflict", status: "ABORTED"}
	default:
		c.fault = kind
		return nil
	}
}

func internalError() *apiError {
	return backendError(http.StatusInternalServerError, "Internal error encountered.", "INTERNAL")
}

// overQuota is how each API refuses what exceeds its quota.
func (c *call) overQuota() error {
	var e *apiError
	_, per := c.s.quotas[c.method.api].Limit()
	switch {
	case c.method.api == Reports:
		// https://developers.google.com/workspace/admin/reports/v1/limits
		e = &apiError{code: http.StatusServiceUnavailable, message: "Quota exceeded.", domain: "usageLimits", reason: "quotaExceeded", status: "UNAVAILABLE"}
	case per >= 24*time.Hour:
		e = forbiddenByQuota("Daily Limit Exceeded", "dailyLimitExceeded")
	default:
		e = forbiddenByQuota("User Rate Limit Exceeded", "userRateLimitExceeded")
	}
	e.quota = true
	return e
}

// cutShort makes a page incomplete where a fault asks for it: the listing ends early or is
// empty, and looks complete.
func cutShort[T any](c *call, list []T, token string) ([]T, string) {
	switch c.fault {
	case sim.FaultPartial:
		return list[:len(list)/2], ""
	case sim.FaultEmpty:
		return nil, ""
	}
	return list, token
}
