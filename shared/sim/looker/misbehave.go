package looker

import (
	"net/http"

	"github.com/sekisho/sekisho/shared/sim"
)

// misbehave draws from the fault script and returns the error that a fault makes of this
// request, if any. Faults that change an answer instead are kept in the call.
func (c *call) misbehave() error {
	kinds := []sim.FaultKind{sim.FaultDown, sim.FaultTimeout, sim.Fault429, sim.Fault500}
	if c.op.conflicts {
		kinds = append(kinds, sim.FaultConflict)
	}
	if c.op.writes {
		kinds = append(kinds, sim.FaultAppliedBut500)
	}
	if c.op.lists {
		kinds = append(kinds, sim.FaultPartial, sim.FaultEmpty)
	}
	switch kind := c.s.faults.Draw(c.now, API, kinds...); kind {
	case sim.FaultDown:
		return &apiError{status: http.StatusServiceUnavailable, message: "Service Unavailable"}
	case sim.FaultTimeout:
		return sim.ErrDropped
	case sim.Fault429:
		return tooMany("Too Many Requests")
	case sim.Fault500:
		return &apiError{status: http.StatusInternalServerError, message: "Internal Server Error"}
	case sim.FaultConflict:
		return conflict()
	default:
		c.fault = kind
		return nil
	}
}

// page cuts out of a listing what was asked for, or what a fault leaves of it.
func page[T any](c *call, list []T) ([]T, error) {
	offset, err := c.number("offset", 0)
	if err != nil {
		return nil, err
	}
	limit, err := c.number("limit", len(list))
	if err != nil {
		return nil, err
	}
	if most := c.s.o.PageLimit; most > 0 {
		limit = min(limit, most)
	}
	list = list[min(offset, len(list)):]
	list = list[:min(limit, len(list))]
	switch c.fault {
	case sim.FaultPartial:
		list = list[:len(list)/2]
	case sim.FaultEmpty:
		list = nil
	}
	return list, nil
}
