package connection

import (
	"cmp"
	"slices"
	"time"
)

// Status is what the vendor says of a connection, in the vendor's own words
// (https://fivetran.com/docs/rest-api/api-reference/connections/connection-details).
type Status struct {
	// Setup is one of [SetupIncomplete], [SetupConnected] and [SetupBroken].
	Setup string
	// Sync is one of [SyncScheduled], [SyncSyncing], [SyncPaused] and [SyncRescheduled].
	Sync string
	// Update is one of [UpdateOnSchedule] and [UpdateDelayed].
	Update string
	Paused bool
	// Succeeded and Failed are when the latest sync ended well and badly; zero for never.
	Succeeded time.Time
	Failed    time.Time
	// Tasks are what the vendor wants people to do, Warnings what it wants them to know.
	Tasks    []Note
	Warnings []Note
}

// Note is one of the vendor's tasks or warnings.
type Note struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// The vendor's words.
const (
	SetupIncomplete = "incomplete"
	SetupConnected  = "connected"
	SetupBroken     = "broken"

	SyncScheduled   = "scheduled"
	SyncSyncing     = "syncing"
	SyncPaused      = "paused"
	SyncRescheduled = "rescheduled"

	UpdateOnSchedule = "on_schedule"
	UpdateDelayed    = "delayed"
)

// Meaning says what a status means for people, as a code.
type Meaning string

// The meanings. One status can have several.
const (
	MeansIncomplete   Meaning = "incomplete"    // nobody has entered working credentials yet
	MeansConnected    Meaning = "connected"     // the credentials work
	MeansBroken       Meaning = "broken"        // the credentials do not work any more
	MeansPaused       Meaning = "paused"        // nothing is synced until somebody unpauses it
	MeansScheduled    Meaning = "scheduled"     // the next sync comes by itself
	MeansSyncing      Meaning = "syncing"       // a sync is running
	MeansRescheduled  Meaning = "rescheduled"   // the source asks to wait: a later sync comes by itself
	MeansDelayed      Meaning = "delayed"       // the data is older than its schedule promises
	MeansNeverSynced  Meaning = "never-synced"  // no sync has ended well yet
	MeansSyncFailed   Meaning = "sync-failed"   // the latest sync ended badly
	MeansAttention    Meaning = "attention"     // the vendor has tasks for people
	MeansUnknownWords Meaning = "unknown-words" // the vendor says something that is new to us
)

// Meanings says what a status means, the most important thing first. There is always one of the
// set-up among them, or [MeansUnknownWords].
func (s Status) Meanings() []Meaning {
	var out []Meaning
	add := func(when bool, m Meaning) {
		if when {
			out = append(out, m)
		}
	}
	add(s.Setup == SetupBroken, MeansBroken)
	add(s.Setup == SetupIncomplete, MeansIncomplete)
	add(s.Setup == SetupConnected, MeansConnected)
	add(!slices.Contains([]string{SetupBroken, SetupIncomplete, SetupConnected}, s.Setup), MeansUnknownWords)
	add(len(s.Tasks) > 0, MeansAttention)
	add(s.Paused || s.Sync == SyncPaused, MeansPaused)
	if !s.Paused {
		add(s.Sync == SyncSyncing, MeansSyncing)
		add(s.Sync == SyncRescheduled, MeansRescheduled)
		add(s.Sync == SyncScheduled, MeansScheduled)
	}
	add(s.Succeeded.IsZero(), MeansNeverSynced)
	add(s.Failed.After(s.Succeeded), MeansSyncFailed)
	add(s.Update == UpdateDelayed, MeansDelayed)
	return out
}

// Test is one of the vendor's setup tests.
type Test struct {
	Title   string `json:"title"`
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

// The results of a setup test
// (https://fivetran.com/docs/rest-api/api-reference/connections/run-setup-tests).
const (
	TestPassed    = "PASSED"
	TestSkipped   = "SKIPPED"
	TestWarning   = "WARNING"
	TestFailed    = "FAILED"
	TestJobFailed = "JOB_FAILED" // the vendor could not run the test
)

// Outcome is what a run of setup tests comes to.
type Outcome string

// The outcomes.
const (
	OutcomePassed Outcome = "passed" // the connection works; there may be warnings
	OutcomeFailed Outcome = "failed" // its owner has to correct something
	OutcomeAgain  Outcome = "again"  // the tests did not run: nothing is known
)

// Judge says what the tests come to. A result that is new to us is no pass. A connection
// without any tests passes: not every service has some.
func Judge(tests []Test) Outcome {
	worst := OutcomePassed
	for _, t := range tests {
		switch t.Status {
		case TestPassed, TestSkipped, TestWarning:
		case TestFailed:
			return OutcomeFailed
		default:
			worst = OutcomeAgain
		}
	}
	return worst
}

// Ranked returns the tests, the worst first.
func Ranked(tests []Test) []Test {
	rank := map[string]int{TestFailed: 1, TestJobFailed: 2, TestWarning: 4, TestSkipped: 5, TestPassed: 6}
	badness := func(t Test) int { return cmp.Or(rank[t.Status], 3) } // what is new to us is no pass
	out := slices.Clone(tests)
	slices.SortStableFunc(out, func(a, b Test) int { return cmp.Compare(badness(a), badness(b)) })
	return out
}
