//go:build race

package scenario_test

// stories are those that are played under the race detector, which makes each of them ten times
// slower: every function and every kind of change has one here. The gate plays all of them
// without it, and each night all of them with it.
var stories = []string{
	"access", "account-request", "catalog", "connection", "correct", "crash", "groups", "notifications", "policy-decides",
	"quorum", "removals", "request-api", "secure", "strangers", "why",
}

// backends are those that are played under it on Google's emulators.
var backends = []string{"connection", "crash"}
