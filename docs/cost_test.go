package docs_test

import (
	"encoding/json"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The month of the decision about the store is what the bench counted, at the prices that stand
// there: within a twentieth, which is what two runs may differ by.
func TestTheCostOfAMonthIsWhatTheBenchCounted(t *testing.T) {
	data, err := os.ReadFile("bench/mirror.json")
	if err != nil {
		t.Fatal(err)
	}
	var measured struct {
		Day map[string]float64 `json:"day"`
	}
	if err := json.Unmarshal(data, &measured); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("decisions/0012-how-the-mirror-lies-in-the-store.md")
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= want/20) { // also where it is no number
			t.Errorf("%s: %v, want about %v", what, got, want)
		}
	}
	for row, field := range map[string]string{
		"Firestore document reads": "store_reads", "Firestore document writes": "store_writes",
		"Directory API calls": "calls_directory", "Reports API calls": "calls_reports", "Groups Settings API calls": "calls_settings",
	} {
		cells := rowOf(t, string(text), row)
		day := measured.Day[field]
		near(row+" a day", amount(cells[0]), day)
		near(row+" in 30 days", amount(cells[1]), 30*day)
		if price, per, ok := strings.Cut(cells[2], "/"); ok {
			near(row+", a month", amount(cells[3]), 30*day*amount(price)/amount(per))
		}
	}
}

// rowOf returns the cells of a row of a table, without its name.
func rowOf(t *testing.T, text, name string) []string {
	t.Helper()
	for line := range strings.Lines(text) {
		if cells := strings.Split(strings.TrimSpace(line), "|"); len(cells) > 5 && strings.TrimSpace(cells[1]) == name {
			return cells[2:]
		}
	}
	t.Fatalf("no row %q", name)
	return nil
}

var numeral = regexp.MustCompile(`[0-9][0-9.,]*`)

// amount reads "184,200", "$0.93" and "5.52 million".
func amount(cell string) float64 {
	n, err := strconv.ParseFloat(strings.ReplaceAll(numeral.FindString(cell), ",", ""), 64)
	if err != nil {
		return math.NaN()
	}
	if strings.Contains(cell, "million") {
		n *= 1e6
	}
	return n
}
