package scenario_test

import (
	"os"
	"path/filepath"
	"testing"
)

// few are the scenarios that an ordinary run of the tests plays: one for every function and every
// kind of change. With SEKISHO_ALL_STORIES=1 it plays all there are, some of which move the clock by
// months; the gate does.
var few = []string{
	"access", "account-request", "catalog", "connection", "correct", "crash", "groups", "notifications", "policy-decides",
	"quorum", "removals", "request-api", "secure", "strangers", "why",
}

// fewOnGoogleCloud and manyOnGoogleCloud are those that are played on Google's emulators: what moves
// the clock by months would take long there, and prove nothing more about them.
var (
	fewOnGoogleCloud  = []string{"connection", "crash"}
	manyOnGoogleCloud = []string{"brake", "connection", "crash", "groups", "quorum", "removals", "secure", "strangers"}
)

func everyStory() bool { return os.Getenv("SEKISHO_ALL_STORIES") != "" }

// stories returns the files of the scenarios to be played.
func stories(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	if everyStory() {
		return files
	}
	return paths(few)
}

// onGoogleCloud returns those to be played on the emulators.
func onGoogleCloud() []string {
	if everyStory() {
		return paths(manyOnGoogleCloud)
	}
	return paths(fewOnGoogleCloud)
}

func paths(names []string) []string {
	out := make([]string, 0, len(names))
	for _, name := range names {
		out = append(out, "../testdata/scenarios/"+name+".txtar")
	}
	return out
}
