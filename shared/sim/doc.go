// Package sim holds what the simulated vendors have in common: a controlled agenda, a fault
// script, quotas, counts of calls, and an in-process transport.
//
// Each vendor is a package of its own below this one. A simulator is an [net/http.Handler]
// that knows the vendor's documented API and is as strict as the vendor; it knows nothing of
// the code that calls it, so that a wrong field name on either side is found.
package sim
