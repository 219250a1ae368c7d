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
	// Paused says that nothing is synced.
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
)

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
