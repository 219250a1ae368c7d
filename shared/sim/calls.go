package sim

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Call is one request that a simulator answered.
type Call struct {
	API    string // directory, settings, reports, slack, …
	Method string // the vendor's own name of it: groups.list, chat.postMessage, …
	Status int    // HTTP status of the answer; 0 when the connection was dropped
	Quota  bool   // refused because a quota or rate limit was spent
	At     time.Time
}

// Tally counts the calls of one API method.
type Tally struct {
	API, Method string
	Calls       int         // all requests
	Refused     int         // refused for quota
	ByStatus    map[int]int // HTTP status → requests
	First, Last time.Time
}

// Calls counts what the simulators were asked. It is safe for concurrent use.
type Calls struct {
	mu      sync.Mutex
	tallies map[[2]string]*Tally
}

// Add counts one call.
func (c *Calls) Add(call Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tallies == nil {
		c.tallies = map[[2]string]*Tally{}
	}
	key := [2]string{call.API, call.Method}
	t := c.tallies[key]
	if t == nil {
		t = &Tally{API: call.API, Method: call.Method, ByStatus: map[int]int{}, First: call.At}
		c.tallies[key] = t
	}
	t.Calls++
	t.ByStatus[call.Status]++
	t.Last = call.At
	if call.Quota {
		t.Refused++
	}
}

// Count returns the calls of one API, or of its methods that are called so where method is not
// empty: "groups.patch", and for short "patch" as well as "groups".
func (c *Calls) Count(api, method string) (calls, refused int) {
	for _, t := range c.Tallies() {
		if t.API == api && calledSo(t.Method, method) {
			calls += t.Calls
			refused += t.Refused
		}
	}
	return calls, refused
}

// calledSo reports whether a method is called by a name, of which words may be left out at
// either end. The case of letters does not matter.
func calledSo(method, name string) bool {
	return name == "" || strings.Contains("."+strings.ToLower(method)+".", "."+strings.ToLower(name)+".")
}

// Tallies returns a copy of all counts, sorted by API and method.
func (c *Calls) Tallies() []Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Tally, 0, len(c.tallies))
	for _, t := range c.tallies {
		copied := *t
		copied.ByStatus = map[int]int{}
		for status, n := range t.ByStatus {
			copied.ByStatus[status] = n
		}
		out = append(out, copied)
	}
	slices.SortFunc(out, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Method, b.Method))
	})
	return out
}

// Reset starts all counts again at zero.
func (c *Calls) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tallies = nil
}
