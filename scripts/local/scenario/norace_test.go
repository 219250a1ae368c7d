//go:build !race

package scenario_test

// stories are those that are played: where none is named, all.
var stories []string

// backends are those that are played on Google's emulators. Not every scenario is: those that move
// the clock by months would take long there, and prove nothing more about them.
var backends = []string{"brake", "connection", "crash", "groups", "quorum", "removals", "secure", "strangers"}
