package docs_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// measured is a report of the bench, as far as pages show it.
type measured struct {
	Bootstrap struct {
		Calls            int     `json:"calls"`
		Seconds          float64 `json:"virtual_s"`
		LimitUtilisation float64 `json:"limit_utilisation"`
		Refused          int     `json:"refused"`
	} `json:"bootstrap"`
	Day struct {
		Directory     int     `json:"calls_directory"`
		Reports       int     `json:"calls_reports"`
		Settings      int     `json:"calls_settings"`
		Refused       int     `json:"refused"`
		WrongRemovals int     `json:"wrong_removals"`
		P50           float64 `json:"freshness_p50_s"`
		P99           float64 `json:"freshness_p99_s"`
		NeverArrived  int     `json:"never_arrived"`
		Reads         int     `json:"store_reads"`
		Writes        int     `json:"store_writes"`
	} `json:"day"`
	PeakMiB float64 `json:"peak_rss_mib"`
	WallS   float64 `json:"wall_s"`
	Equal   bool    `json:"mirror_equals_truth"`
}

func readMeasured(t *testing.T, name string) (m measured) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("bench", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// thousands writes 44906 as 44,906.
func thousands[T int | float64](n T) string {
	text := fmt.Sprintf("%.0f", math.Round(float64(n)))
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// column is what the table of the mirror says of one run.
func (m measured) column() map[string]string {
	equal := map[bool]string{true: "yes", false: "no"}[m.Equal]
	return map[string]string{
		"filling: Directory calls":                thousands(m.Bootstrap.Calls),
		"filling: on the clock":                   thousands(m.Bootstrap.Seconds) + " s",
		"use of the limit":                        fmt.Sprintf("%.2f", m.Bootstrap.LimitUtilisation),
		"a day: Directory calls":                  thousands(m.Day.Directory),
		"a day: Reports calls":                    thousands(m.Day.Reports),
		"a day: Groups Settings calls":            thousands(m.Day.Settings),
		"refused for quota":                       thousands(m.Bootstrap.Refused + m.Day.Refused),
		"wrong removals":                          thousands(m.Day.WrongRemovals),
		"freshness p50 / p99":                     fmt.Sprintf("%.0f / %.0f s", m.Day.P50, m.Day.P99),
		"changes that never arrived":              thousands(m.Day.NeverArrived),
		"a day: documents read / written":         thousands(m.Day.Reads) + " / " + thousands(m.Day.Writes),
		"peak memory, with the simulated company": thousands(m.PeakMiB) + " MiB",
		"mirror equals truth":                     equal,
	}
}

// The page of what was measured shows the reports beside it, to the last digit.
func TestThePageOfTheBenchShowsTheReports(t *testing.T) {
	text, err := os.ReadFile("bench/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(string(text))["groups / memberships / people / changes"]
	if len(rows) == 0 {
		t.Fatal("there is no table of the mirror")
	}
	for at, name := range map[int]string{1: "mirror.json", 4: "mirror-bad-day.json"} {
		m := readMeasured(t, name)
		want := m.column()
		if len(rows) != len(want) {
			t.Errorf("the table has %d rows, the report %d", len(rows), len(want))
		}
		for _, cells := range rows {
			if cells[at] != want[cells[0]] {
				t.Errorf("%s: %q is %q on the page, %q in the report", name, cells[0], cells[at], want[cells[0]])
			}
		}
		if took := thousands(m.WallS) + " s"; !strings.Contains(string(text), took) {
			t.Errorf("%s: the page does not say that it took %s", name, took)
		}
	}
}

// Both READMEs show the first column of the same.
func TestTheReadmeShowsTheReport(t *testing.T) {
	m := readMeasured(t, "mirror.json")
	want := []string{
		thousands(m.Bootstrap.Calls), thousands(m.Bootstrap.Seconds), thousands(m.Day.Directory),
		fmt.Sprint(m.Bootstrap.Refused+m.Day.Refused, m.Day.WrongRemovals), thousands(m.Day.P99),
	}
	for page, heading := range map[string]string{"README.md": "groups / memberships", "README.ja.md": "グループ / メンバーシップ"} {
		text, err := os.ReadFile(filepath.Join(top, page))
		if err != nil {
			t.Fatal(err)
		}
		rows := rowsOf(string(text))[heading]
		if len(rows) != len(want) {
			t.Fatalf("%s: %d rows, want %d", page, len(rows), len(want))
		}
		for i, cells := range rows {
			if got := strings.Join(numeral.FindAllString(strings.ReplaceAll(cells[1], ", ", " "), -1), " "); got != want[i] {
				t.Errorf("%s: %q is %s, the report has %s", page, cells[0], got, want[i])
			}
		}
	}
}

// What was measured is within what the page calls the goals. The filling of a bad day is what the page
// says it is: the calls of a good one, and those that fail besides.
func TestTheReportsAreWithinTheGoals(t *testing.T) {
	const groups, failing = 44_512, 0.05
	for name, fresh := range map[string]float64{"mirror.json": 300, "mirror-bad-day.json": 900} {
		m := readMeasured(t, name)
		succeeded := float64(m.Bootstrap.Calls)
		if name == "mirror-bad-day.json" {
			succeeded *= 1 - failing
		}
		if succeeded < groups || succeeded > 47_000 || m.Bootstrap.LimitUtilisation < 0.97 || m.Day.Directory > 12_000 {
			t.Errorf("%s: %+v, a day with %d calls", name, m.Bootstrap, m.Day.Directory)
		}
		if m.Bootstrap.Refused+m.Day.Refused+m.Day.WrongRemovals+m.Day.NeverArrived != 0 || !m.Equal {
			t.Errorf("%s: %+v, equal %t", name, m.Day, m.Equal)
		}
		if m.Day.P99 <= 0 || m.Day.P99 > fresh || m.PeakMiB <= 0 || m.PeakMiB > 256 {
			t.Errorf("%s: freshness p99 %v s, %v MiB", name, m.Day.P99, m.PeakMiB)
		}
	}
}
