package terraform_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/scripts/hcl"
)

const runbooks = "../docs/runbooks"

// sections are what every runbook says, in this order.
var sections = []string{"What fired", "What it means", "What to look at", "What to do"}

// alerts returns the names of all alerts, which are those of their runbooks.
func alerts(t *testing.T) []string {
	t.Helper()
	names := []string{}
	for name := range as[map[string]any](t, configuration(t).Locals(), "alerts") {
		names = append(names, name)
	}
	module, err := hcl.ReadDir("modules/function")
	if err != nil {
		t.Fatal(err)
	}
	for _, policy := range module.Of("resource", "google_monitoring_alert_policy") {
		names = append(names, text(t, as[map[string]any](t, policy.Body.Attributes, "user_labels"), "runbook"))
	}
	slices.Sort(names)
	return names
}

// Whoever is woken finds what to do, and nothing is written about alerts that there are not.
func TestEveryAlertHasItsRunbook(t *testing.T) {
	found, err := filepath.Glob(filepath.Join(runbooks, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range found {
		if name := strings.TrimSuffix(filepath.Base(file), ".md"); name != "README" {
			got = append(got, name)
		}
	}
	want := alerts(t)
	if !slices.Equal(got, want) {
		t.Errorf("runbooks %v, alerts %v", got, want)
	}
	index, err := os.ReadFile(filepath.Join(runbooks, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range want {
		text, err := os.ReadFile(filepath.Join(runbooks, name+".md"))
		if err != nil {
			continue // said above
		}
		var headings []string
		for line := range strings.Lines(string(text)) {
			if heading, ok := strings.CutPrefix(line, "## "); ok {
				headings = append(headings, strings.TrimSpace(heading))
			}
		}
		if !slices.Equal(headings, sections) {
			t.Errorf("the runbook %s has the sections %q, want %q", name, headings, sections)
		}
		if !strings.Contains(string(index), "("+name+".md)") {
			t.Errorf("the list of runbooks does not name %s", name)
		}
	}
}

// Every job that is missed is explained.
func TestTheRunbookOfMissedJobsNamesEveryJob(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(runbooks, "job-missed.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range modules(t) {
		for job := range as[map[string]any](t, body.Attributes, "jobs") {
			if !strings.Contains(string(text), "| "+name+" "+job+" |") {
				t.Errorf("the runbook does not say what it means that %s %s is missed", name, job)
			}
		}
	}
}
