// Package bench measures the mirror: it makes a company, fills the mirror from it, lives some
// days in which people change groups, and counts what that took.
//
// Time is a world's own: a day passes as fast as the processor allows, and every duration that
// is reported is one of the controlled clock, except where it says otherwise.
package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// Options say what is measured.
type Options struct {
	Groups, Memberships, People int
	// Changes is how many changes people make in a day, Days how many days are lived.
	Changes, Days int
	// Rate is how many calls a second the Directory API grants, and is asked for.
	Rate float64
	// FaultRate is the share of all calls to Google that fail: 429, 500, 503 and no answer in
	// equal parts. Lost is the share of notifications that never arrive.
	FaultRate, Lost float64
	Backend         string
	Seed            uint64
	// Progress, if not nil, is told what is done and how long it took.
	Progress io.Writer
}

// Result is what was measured.
type Result struct {
	Bootstrap        Bootstrap `json:"bootstrap"`
	Day              Day       `json:"day"`
	PeakRSSMiB       float64   `json:"peak_rss_mib"`
	WallS            float64   `json:"wall_s"`
	MirrorEqualTruth bool      `json:"mirror_equals_truth"`
	// Difference says where the mirror first differs from the company.
	Difference string `json:"difference,omitempty"`
}

// Bootstrap is what filling the mirror took.
type Bootstrap struct {
	Calls    int     `json:"calls"`
	VirtualS float64 `json:"virtual_s"`
	// LimitUtilisation is calls ÷ (rate × time from the first call to the last).
	LimitUtilisation float64 `json:"limit_utilisation"`
	Refused          int     `json:"refused"`
}

// Day is what one day took: calls, documents and messages on average over the days, the rest of all
// days together, with the hour after them in which what happened last arrives.
type Day struct {
	CallsDirectory int `json:"calls_directory"`
	CallsReports   int `json:"calls_reports"`
	CallsSettings  int `json:"calls_settings"`
	Refused        int `json:"refused"`
	WrongRemovals  int `json:"wrong_removals"`
	// Freshness is from a change to its being in the mirror, in seconds, whichever way it came to be
	// known: of all changes, those whose notification was lost too.
	FreshnessP50S float64 `json:"freshness_p50_s"`
	FreshnessP99S float64 `json:"freshness_p99_s"`
	// NeverArrived is how many changes the mirror had not, an hour after the last day.
	NeverArrived int `json:"never_arrived"`
	StoreReads   int `json:"store_reads"`
	StoreWrites  int `json:"store_writes"`
	Messages     int `json:"messages"`
}

// Rate reads a rate such as 40/s, 2400/m or 100000/d, in calls a second.
func Rate(text string) (float64, error) {
	number, per, ok := strings.Cut(text, "/")
	seconds := map[string]float64{"s": 1, "m": 60, "h": 3600, "d": 86400}[per]
	n, err := strconv.ParseFloat(number, 64)
	if !ok || seconds == 0 || err != nil || n <= 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		return 0, fmt.Errorf("%q is no rate: write 40/s, 2400/m or 100000/d", text)
	}
	return n / seconds, nil
}

// Validate reports what cannot be measured.
func (o Options) Validate() error {
	var problems []error
	if o.Changes < 0 || o.Days < 1 {
		problems = append(problems, fmt.Errorf("%d changes a day for %d days: write 0 or more, and at least 1", o.Changes, o.Days))
	}
	if o.Rate <= 0 || o.Rate > 500 {
		problems = append(problems, fmt.Errorf("a rate of %v a second: write above 0, at most 500", o.Rate))
	}
	if o.FaultRate < 0 || o.FaultRate >= 1 || o.Lost < 0 || o.Lost >= 1 {
		problems = append(problems, fmt.Errorf("a share of %v failing and %v lost: write 0 to below 1", o.FaultRate, o.Lost))
	}
	return errors.Join(problems...)
}

func (o Options) say(format string, args ...any) {
	if o.Progress != nil {
		fmt.Fprintf(o.Progress, format+"\n", args...)
	}
}

// memory is the soft limit of the process's memory, in bytes, for a company of usualGroups groups,
// the simulated company included. Up to there the collector is lazy.
const (
	memory      = 150 << 20
	usualGroups = 44_512
)

// usualRemovals is how many memberships may vanish in a day where nobody sets it otherwise.
const usualRemovals = 2_000

// settle is how long the world runs on after the last day, so that what happened in its last
// minutes arrives.
const settle = time.Hour

// Run measures.
func Run(ctx context.Context, o Options) (result Result, err error) {
	if err := o.Validate(); err != nil {
		return Result{}, err
	}
	began := time.Now()
	// The simulated company grows with its size, and a heap at its limit does nothing but collect.
	limit := memory * int64(max(1, (o.Groups+usualGroups-1)/usualGroups))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	defer debug.SetGCPercent(debug.SetGCPercent(300))
	company, err := org.Generate(o.Groups, o.Memberships, o.People, o.Seed)
	if err != nil {
		return Result{}, err
	}
	folder, err := os.MkdirTemp("", "sekisho-bench")
	if err != nil {
		return Result{}, fmt.Errorf("make a folder for the database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	options := world.Options{Company: company, Backend: o.Backend, DirectoryRate: o.Rate, Seed: o.Seed}
	if o.Changes > usualRemovals {
		// Whoever has so many changes a day sets the brake to them.
		options.Variables = map[string]string{"REMOVALS_MAX": strconv.Itoa(o.Changes)}
	}
	if o.Backend == "" || o.Backend == "embedded" {
		options.Path, options.Throwaway = filepath.Join(folder, "bench.db"), true
	}
	p := &probe{}
	options.Tap = p.tap
	w, err := world.New(options)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	p.watch(w)
	grant(w, o)

	o.say("a company of %d groups is there after %.0f s", o.Groups, time.Since(began).Seconds())
	result.Bootstrap, err = bootstrap(ctx, w, p, o)
	if err != nil {
		return result, fmt.Errorf("fill the mirror: %w", err)
	}
	o.say("the mirror is filled after %.0f s", time.Since(began).Seconds())
	result.Day, err = days(ctx, w, p, newCrowd(w, company, o.Seed), o)
	if err != nil {
		return result, fmt.Errorf("live the days: %w", err)
	}
	o.say("%d days are over after %.0f s", o.Days, time.Since(began).Seconds())
	if result.Difference, err = p.difference(ctx); err != nil {
		return result, err
	}
	result.MirrorEqualTruth = result.Difference == ""
	result.PeakRSSMiB, result.WallS = peakRSS(), time.Since(began).Seconds()
	return result, nil
}

// grant lets the simulator grant the rate, in any window of one second, and fail as often as it
// should.
func grant(w *world.World, o Options) {
	q := w.Workspace.Quota("directory")
	if whole := math.Floor(o.Rate); whole >= 1 {
		q.Set(int(whole), time.Duration(whole/o.Rate*float64(time.Second)))
	} else {
		q.Set(1, time.Duration(float64(time.Second)/o.Rate))
	}
	for _, api := range []string{"directory", "reports", "settings"} {
		for _, kind := range []sim.FaultKind{sim.Fault429, sim.Fault500, sim.FaultDown, sim.FaultTimeout} {
			if o.FaultRate > 0 {
				w.Faults.Add(sim.Fault{API: api, Kind: kind, Rate: o.FaultRate / 4, Left: -1})
			}
		}
	}
	if o.Lost > 0 {
		w.Faults.Add(sim.Fault{API: "reports", Kind: sim.FaultLost, Rate: o.Lost, Left: -1})
	}
}

func bootstrap(ctx context.Context, w *world.World, p *probe, o Options) (Bootstrap, error) {
	if err := w.Start(ctx); err != nil {
		return Bootstrap{}, err
	}
	_, refused := w.Calls.Count("directory", "")
	b := Bootstrap{Calls: p.filling.calls, Refused: refused, VirtualS: p.filling.last.Sub(p.filling.first).Seconds()}
	if b.VirtualS > 0 {
		b.LimitUtilisation = math.Round(float64(b.Calls)/(o.Rate*b.VirtualS)*1e4) / 1e4
	}
	return b, nil
}

func days(ctx context.Context, w *world.World, p *probe, crowd *crowd, o Options) (Day, error) {
	w.Calls.Reset()
	reads, writes := w.Usage.Totals()
	p.begin()
	from := w.Clock.Now()
	until := from.Add(time.Duration(o.Days) * 24 * time.Hour)
	for _, at := range crowd.times(from, until, o.Changes*o.Days) {
		if err := w.Advance(ctx, at); err != nil {
			return Day{}, err
		}
		if err := crowd.change(p); err != nil {
			return Day{}, err
		}
	}
	if err := w.Advance(ctx, until); err != nil {
		return Day{}, err
	}
	var d Day
	refused := 0
	for api, n := range map[string]*int{"directory": &d.CallsDirectory, "reports": &d.CallsReports, "settings": &d.CallsSettings} {
		calls, over := w.Calls.Count(api, "")
		*n = calls / o.Days
		refused += over
	}
	d.Refused, d.Messages = refused, p.messages/o.Days
	readsNow, writesNow := w.Usage.Totals()
	d.StoreReads, d.StoreWrites = (readsNow-reads)/o.Days, (writesNow-writes)/o.Days
	if err := w.Advance(ctx, until.Add(settle)); err != nil {
		return Day{}, err
	}
	d.WrongRemovals, d.NeverArrived = p.wrongRemovals, p.left()
	d.FreshnessP50S, d.FreshnessP99S = percentile(p.fresh, 0.50), percentile(p.fresh, 0.99)
	return d, p.err
}

// percentile returns the smallest of the durations that is not exceeded by that share of them,
// in seconds; zero where there are none.
func percentile(all []time.Duration, share float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.SortFunc(all, cmp.Compare[time.Duration])
	return all[max(0, int(math.Ceil(share*float64(len(all))))-1)].Seconds()
}

// peakRSS returns the most memory that the process held, in MiB, as Linux counts it; zero where
// the system does not say.
func peakRSS() float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			if err != nil {
				return 0
			}
			return math.Round(kib/1024*10) / 10
		}
	}
	return 0
}

// WriteFile writes the result as JSON.
func (r Result) WriteFile(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}
