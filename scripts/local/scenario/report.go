package scenario

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// Report is what became of scenarios, for machines.
type Report struct {
	Backend   string   `json:"backend"`
	Scenarios []Result `json:"scenarios"`
	Passed    int      `json:"passed"`
	Failed    int      `json:"failed"`
	// PeakMiB is the most memory that the process held from the system.
	PeakMiB float64 `json:"peak_mib"`
	WallS   float64 `json:"wall_s"`
}

// Result is what became of one scenario.
type Result struct {
	File  string `json:"file"`
	OK    bool   `json:"ok"`
	Calls []Call `json:"calls"`
	// Stages are the times between a change's states, on the controlled clock.
	Stages      map[string]Latency `json:"stages"`
	StoreReads  int                `json:"store_reads"`
	StoreWrites int                `json:"store_writes"`
	// Indexes are the composite indexes that queries needed.
	Indexes []string `json:"indexes,omitempty"`
	// Reaches are the queues and topics that functions used.
	Reaches []world.Reach `json:"reaches,omitempty"`
	WallS   float64       `json:"wall_s"`
}

// Call is how often one method of an API was called, and how that ended.
type Call struct {
	API      string         `json:"api"`
	Method   string         `json:"method"`
	Calls    int            `json:"calls"`
	Refused  int            `json:"refused_for_quota"`
	ByStatus map[string]int `json:"by_status"`
}

// Latency sums up durations, in seconds.
type Latency struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_s"`
	P99 float64 `json:"p99_s"`
	Max float64 `json:"max_s"`
}

func (r *Report) add(one Result) {
	r.Scenarios = append(r.Scenarios, one)
	if one.OK {
		r.Passed++
	} else {
		r.Failed++
	}
	r.WallS += one.WallS
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.PeakMiB = max(r.PeakMiB, float64(m.Sys)/(1<<20))
}

// WriteFile writes the report as JSON.
func (r *Report) WriteFile(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func (s *stage) result(file string, ok bool, wall time.Duration) Result {
	r := Result{File: file, OK: ok, WallS: wall.Seconds(), Stages: s.stages, Calls: []Call{}}
	if s.world == nil {
		return r
	}
	for _, t := range s.world.Calls.Tallies() {
		c := Call{API: t.API, Method: t.Method, Calls: t.Calls, Refused: t.Refused, ByStatus: map[string]int{}}
		for status, n := range t.ByStatus {
			c.ByStatus[strconv.Itoa(status)] = n
		}
		r.Calls = append(r.Calls, c)
	}
	r.StoreReads, r.StoreWrites = s.world.Usage.Totals()
	r.Indexes, r.Reaches = s.world.Usage.Indexes(), s.world.Usage.Reaches()
	return r
}

// measure takes the times between the states of all changes, before the world ends.
func (s *stage) measure(ctx context.Context) {
	if s.world == nil {
		return
	}
	all, err := s.ledger().Latest(ctx, 1000)
	if err != nil {
		return
	}
	took := map[string][]time.Duration{}
	for _, c := range all {
		if c.State == change.Applied && len(c.Decisions) > 0 {
			last := c.Decisions[len(c.Decisions)-1].At
			took["decided"] = append(took["decided"], last.Sub(c.Proposed))
			took["applied"] = append(took["applied"], c.Updated.Sub(last))
		} else if c.State == change.Applied {
			took["applied"] = append(took["applied"], c.Updated.Sub(c.Proposed))
		}
	}
	s.stages = map[string]Latency{}
	for name, d := range took {
		s.stages[name] = latency(d)
	}
}

func latency(d []time.Duration) Latency {
	slices.SortFunc(d, func(a, b time.Duration) int { return cmp.Compare(a, b) })
	at := func(q float64) float64 { return d[min(len(d)-1, int(q*float64(len(d))))].Seconds() }
	return Latency{N: len(d), P50: at(0.5), P99: at(0.99), Max: d[len(d)-1].Seconds()}
}
