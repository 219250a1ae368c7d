package idle

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"time"
)

// Bounds of what a run keeps, so that it takes no more memory for a million accounts than for a
// thousand. Everything is counted beyond them; only the names are cut off.
const (
	maxNamed = 100
	maxRoles = 1_000
)

// horizon is how far a forecast looks ahead, in days.
const horizon = 30

// day is the unit of the forecast.
const day = 24 * time.Hour

// Run gathers what a night comes to. It is not safe for concurrent use.
type Run struct {
	judge   *Judge
	summary Summary
	self    bool
	used    int
	seats   int
	falling [horizon]int // as a [Census] has it
	admins  []string
	roles   map[string]*RoleCount
	plan    hash.Hash
}

// NewRun returns a run that has seen no account.
func (j *Judge) NewRun() *Run {
	r := &Run{judge: j, roles: map[string]*RoleCount{}, plan: sha256.New()}
	r.summary = Summary{At: j.now, Spared: map[Reason]int{}, Unknown: map[Reason]int{}, Warned: map[string]int{}}
	return r
}

// Summary is a night in numbers.
type Summary struct {
	At time.Time `json:"at"`
	// Total counts all accounts; Disabled those that are stopped, Enabled the others. All
	// further numbers are of enabled accounts.
	Total    int `json:"total"`
	Enabled  int `json:"enabled"`
	Disabled int `json:"disabled"`
	// Active counts those used within the time of the rule, Idle those that were not and that
	// the rule is about.
	Active int `json:"active"`
	Idle   int `json:"idle"`
	// NeverSignedIn counts those of which no use is known.
	NeverSignedIn   int `json:"never_signed_in"`
	Staff           int `json:"staff"`
	ServiceAccounts int `json:"service_accounts"`
	// Spared and Unknown count, by reason, those that are never stopped.
	Spared  map[Reason]int `json:"spared,omitempty"`
	Unknown map[Reason]int `json:"unknown,omitempty"`
	// Doubtful names accounts that have not been used for longer than the rule's time as far as
	// can be told, which is not far enough: somebody may want to look. The longest unused first.
	Doubtful []Entry `json:"doubtful,omitempty"`
	// Roles counts accounts by role, by the role's name. Who has several roles counts in each.
	Roles []RoleCount `json:"roles,omitempty"`
	Seats Seats       `json:"seats"`
	// Forecast says who falls idle in the next 30 days if they do not sign in.
	Forecast Forecast `json:"forecast"`
	// Warned counts the warnings of this run by how long before the stop they come: "336h0m0s". A run
	// counts those that were decided on; whoever carries them out puts those that were given, here
	// and in Ended.
	Warned map[string]int `json:"warned,omitempty"`
	// Stops counts the accounts that this run proposes to stop, Reports those that it would
	// propose if the rule were not in mode report, Ended those whose owners came back after a
	// warning.
	Stops   int `json:"stops"`
	Reports int `json:"reports"`
	Ended   int `json:"ended"`
	// Begun counts the stops that were proposed tonight and by no earlier night.
	Begun int `json:"begun,omitempty"`
	// Postponed counts the accounts about which this run does nothing although it is time for it,
	// because a night does only so much: a later one does.
	Postponed int `json:"postponed,omitempty"`
	// Held counts the stops of this run that wait for people because they are past the brake.
	Held int `json:"held,omitempty"`
	// Untold names those who were to be warned and are not known in the directory, so that nobody
	// can be told.
	Untold []Entry `json:"untold,omitempty"`
	// Stopping names them, proposed or reported, the longest unused first.
	Stopping []Entry `json:"stopping,omitempty"`
	// Plan identifies exactly the accounts to be stopped, in the order of the listing: an
	// approval of one plan is none of another. Empty where there are none.
	Plan string `json:"plan,omitempty"`
}

// Entry names one account in a summary.
type Entry struct {
	ID    string   `json:"id"`
	Email string   `json:"email,omitempty"`
	Name  string   `json:"name,omitempty"`
	Roles []string `json:"roles,omitempty"`
	Last  Activity `json:"last"`
	// At is what the list is sorted by: the moment of the stop in a forecast, the beginning of
	// the idle time elsewhere.
	At  time.Time `json:"at"`
	Why Reason    `json:"why,omitempty"`
}

// RoleCount counts the accounts that have one role.
type RoleCount struct {
	Name    string `json:"name"`
	Enabled int    `json:"enabled"`
	Active  int    `json:"active"`
}

// Seats holds the seats in use against the contract. Stopped accounts, the vendor's own people
// and service accounts take none.
type Seats struct {
	Used     int `json:"used"`
	Contract int `json:"contract,omitempty"` // 0 where nobody said
}

// Forecast says who falls idle.
type Forecast struct {
	// Days counts accounts by the day on which they fall idle, the first from now on.
	Days [horizon]int `json:"days"`
	// Total is the sum, Named the earliest of them.
	Total int     `json:"total"`
	Named []Entry `json:"named,omitempty"`
}

// Add counts one account with what was decided about it. Neither is kept.
func (r *Run) Add(a *Account, d Decision) {
	s := &r.summary
	s.Total++
	r.self = r.self || a.Self
	if !d.Last.At.IsZero() {
		r.used++
	}
	if a.Disabled {
		s.Disabled++
		return
	}
	s.Enabled++
	if a.Administers && a.Email != "" && !a.Staff && !a.Service && !a.Self && len(r.admins) < maxNamed {
		r.admins = append(r.admins, a.Email)
	}
	recent := r.judge.recent(&d)
	r.count(a, d, recent)
	r.countRoles(a, recent)
	switch d.Verdict {
	case Spared:
		s.Spared[d.Why]++
	case Unknown:
		s.Unknown[d.Why]++
		if !d.Since.IsZero() && !r.judge.now.Before(d.Since.Add(r.judge.rule.After)) {
			s.Doubtful = name(s.Doubtful, a, d, d.Since)
		}
	case Idle:
		s.Idle++
	case Active:
		if ahead := d.StopAt.Sub(r.judge.now); !d.StopAt.IsZero() && ahead < horizon*day {
			s.Forecast.Total++
			s.Forecast.Days[max(0, int(ahead/day))]++
			s.Forecast.Named = name(s.Forecast.Named, a, d, d.StopAt)
		}
	}
	r.act(a, d)
}

// Postpone counts one account about which nothing is done tonight although it is time for it.
func (r *Run) Postpone() { r.summary.Postponed++ }

// Untold says that the person of an account could not be given the warning that was decided on.
func (r *Run) Untold(a *Account, d Decision) {
	s := &r.summary
	if s.Warned[d.Step.String()]--; s.Warned[d.Step.String()] <= 0 {
		delete(s.Warned, d.Step.String())
	}
	s.Untold = name(s.Untold, a, d, d.StopAt)
}

func (r *Run) count(a *Account, d Decision, recent bool) {
	s := &r.summary
	if d.Last.At.IsZero() {
		s.NeverSignedIn++
	}
	if recent {
		s.Active++
		if ahead := d.Since.Add(r.judge.rule.After).Sub(r.judge.now); ahead < horizon*day {
			r.falling[max(0, int(ahead/day))]++
		}
	}
	switch {
	case a.Staff:
		s.Staff++
	case a.Service:
		s.ServiceAccounts++
	default:
		r.seats++
	}
}

func (r *Run) countRoles(a *Account, recent bool) {
	for i, role := range a.Roles {
		if slices.Contains(a.Roles[:i], role) {
			continue
		}
		c := r.roles[role]
		if c == nil {
			if len(r.roles) == maxRoles {
				continue
			}
			c = &RoleCount{Name: role}
			r.roles[role] = c
		}
		c.Enabled++
		if recent {
			c.Active++
		}
	}
}

func (r *Run) act(a *Account, d Decision) {
	s := &r.summary
	if d.Ended {
		s.Ended++
	}
	switch d.Action {
	case Warn:
		s.Warned[d.Step.String()]++
	case Stop:
		s.Stops++
		r.plan.Write([]byte(a.ID + "\n"))
		s.Stopping = name(s.Stopping, a, d, d.Since)
	case Report:
		s.Reports++
		s.Stopping = name(s.Stopping, a, d, d.Since)
	}
}

// name keeps an account in a list of the maxNamed earliest.
func name(list []Entry, a *Account, d Decision, at time.Time) []Entry {
	i, _ := slices.BinarySearchFunc(list, at, func(e Entry, at time.Time) int {
		return cmp.Or(e.At.Compare(at), -1) // after those of the same moment
	})
	if i == maxNamed {
		return list
	}
	if len(list) == maxNamed {
		list = list[:maxNamed-1]
	}
	return slices.Insert(list, i, Entry{
		ID: a.ID, Email: a.Email, Name: a.Name, Roles: slices.Clone(a.Roles), Last: d.Last, At: at, Why: d.Why,
	})
}

// Summary returns the run in numbers, as far as it has come.
func (r *Run) Summary() Summary {
	s := r.summary
	s.Spared, s.Unknown, s.Warned = maps.Clone(s.Spared), maps.Clone(s.Unknown), maps.Clone(s.Warned)
	s.Doubtful, s.Stopping, s.Untold = slices.Clone(s.Doubtful), slices.Clone(s.Stopping), slices.Clone(s.Untold)
	s.Forecast.Named = slices.Clone(s.Forecast.Named)
	s.Roles = make([]RoleCount, 0, len(r.roles))
	for _, c := range r.roles {
		s.Roles = append(s.Roles, *c)
	}
	slices.SortFunc(s.Roles, func(a, b RoleCount) int { return cmp.Compare(a.Name, b.Name) })
	s.Seats = Seats{Used: r.seats, Contract: r.judge.rule.Seats}
	if s.Stops > 0 {
		s.Plan = hex.EncodeToString(r.plan.Sum(nil)[:16])
	}
	return s
}

// After returns a summary of a night of which an earlier attempt had done some things before it went wrong.
// What both have done counts together; everything else is as the later one has found it.
func (s Summary) After(earlier Summary) Summary {
	warned := maps.Clone(earlier.Warned)
	if warned == nil {
		warned = map[string]int{}
	}
	for step, count := range s.Warned {
		warned[step] += count
	}
	s.Warned, s.Ended, s.Begun = warned, s.Ended+earlier.Ended, s.Begun+earlier.Begun
	untold := slices.Clone(s.Untold)
	for _, e := range earlier.Untold {
		if !slices.ContainsFunc(untold, func(known Entry) bool { return known.ID == e.ID }) {
			untold = append(untold, e)
		}
	}
	slices.SortStableFunc(untold, func(a, b Entry) int { return a.At.Compare(b.At) })
	s.Untold = untold[:min(len(untold), maxNamed)]
	return s
}

// days are the days up to the last on which anybody falls idle.
func days(falling [horizon]int) []int {
	for i, count := range slices.Backward(falling[:]) {
		if count > 0 {
			return slices.Clone(falling[:i+1])
		}
	}
	return nil
}

// Census returns what the next run compares itself with.
func (r *Run) Census() Census {
	s := &r.summary
	return Census{At: s.At, Total: s.Total, Enabled: s.Enabled, Used: r.used, Active: s.Active, Falling: days(r.falling), Self: r.self, Admins: slices.Clone(r.admins)}
}
