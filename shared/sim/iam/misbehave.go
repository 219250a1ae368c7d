package iam

import (
	"net/http"

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
		return &apiError{code: http.StatusServiceUnavailable, message: "The service is currently unavailable.", status: "UNAVAILABLE", reason: "backendError"}
	case sim.FaultTimeout:
		return sim.ErrDropped
	case sim.Fault429:
		return tooManyRequests(c.method.service)
	case sim.Fault403Quota:
		e := forbidden("Rate Limit Exceeded")
		e.status, e.reason = "", "rateLimitExceeded"
		return e
	case sim.Fault500:
		return internalError()
	case sim.FaultConflict:
		if c.method.precondition {
			return conditionNotMet("Precondition Failed")
		}
		return lostRace()
	default:
		c.fault = kind
		return nil
	}
}
