package sim

import (
	"math/rand/v2"
	"sync"
	"time"
)

// FaultKind names a way in which a vendor's API misbehaves.
type FaultKind string

// The faults that a script can ask for. Each simulator answers them in its vendor's own form.
const (
	FaultLost          FaultKind = "lost"            // a notification is never sent
	FaultDuplicate     FaultKind = "duplicate"       // a notification is sent twice
	FaultLate          FaultKind = "late"            // a notification is sent long after the event
	Fault429           FaultKind = "429"             // too many requests
	Fault403Quota      FaultKind = "403-quota"       // Google's other way of saying so
	Fault500           FaultKind = "500"             // refused with an internal error, nothing was done
	FaultTimeout       FaultKind = "timeout"         // no answer; nothing was done
	FaultAppliedBut500 FaultKind = "applied-but-500" // done, and answered with an internal error
	FaultPartial       FaultKind = "partial"         // a listing ends early and looks complete
	FaultEmpty         FaultKind = "empty"           // a listing is empty and looks complete
	FaultConflict      FaultKind = "conflict"        // 409
	FaultDown          FaultKind = "down"            // every request fails
)

// Fault is one entry of a fault script.
type Fault struct {
	API  string
	Kind FaultKind
	// Rate is the share of occasions on which the fault shows, 0 < Rate ≤ 1.
	Rate float64
	// Until ends the fault; the zero time means that it does not end by itself.
	Until time.Time
	// Left is how many more times the fault shows; negative means without limit.
	Left int
}

// Faults is a fault script. Its draws are seeded, so that a run can be repeated. It is safe
// for concurrent use.
type Faults struct {
	mu   sync.Mutex
	rng  *rand.Rand
	list []*Fault
}

// NewFaults returns an empty script whose draws follow from seed.
func NewFaults(seed uint64) *Faults {
	return &Faults{rng: rand.New(rand.NewPCG(seed, 0x5eed))}
}

// Add adds a fault to the script.
func (f *Faults) Add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &fault)
}

// Draw decides whether one of the kinds shows now on this API, and uses the fault up by one.
// It returns the empty kind when none does. A simulator draws once for each occasion on which
// the kinds could show.
func (f *Faults) Draw(now time.Time, api string, kinds ...FaultKind) FaultKind {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.list {
		if fault.API != api || fault.Left == 0 {
			continue
		}
		if !fault.Until.IsZero() && !now.Before(fault.Until) {
			continue
		}
		for _, kind := range kinds {
			if fault.Kind != kind || (fault.Rate < 1 && f.rng.Float64() >= fault.Rate) {
				continue
			}
			if fault.Left > 0 {
				fault.Left--
			}
			return kind
		}
	}
	return ""
}
