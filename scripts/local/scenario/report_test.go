package scenario_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The report says of each API, and each method of it, how often it was called and how that ended; how
// long changes took; and what the run cost.
func TestTheReportSaysWhatTheRunTook(t *testing.T) {
	company, err := filepath.Abs("../testdata/company.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "story.txtar")
	script := "company " + company + `
policy policy.yaml
start
workspace set-setting data@example.com whoCanViewGroup ALL_IN_DOMAIN_CAN_VIEW by=ken@example.com
fault settings 403-quota n=1
advance 10m
fault settings 429 n=2
workspace set-setting data@example.com whoCanJoin ALL_IN_DOMAIN_CAN_JOIN by=ken@example.com
advance 10m
slack click ken@example.com Approve
advance 1m
-- policy.yaml --
settings:
  mode: auto
  rules:
    general:
      - {field: whoCanViewGroup, needles: [ALL_IN_DOMAIN_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW}
      - {field: whoCanJoin, needles: [ALL_IN_DOMAIN_CAN_JOIN], replace: INVITED_CAN_JOIN, mode: ask}
`
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(t.TempDir(), "report.json")
	if err := play(t, "embedded", file).WriteFile(at); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	type latency struct{ N int }
	var got struct {
		Backend   string
		Passed    int
		PeakMiB   float64 `json:"peak_mib"`
		WallS     float64 `json:"wall_s"`
		Scenarios []struct {
			OK          bool
			Stages      map[string]latency
			StoreReads  int `json:"store_reads"`
			StoreWrites int `json:"store_writes"`
			Calls       []struct {
				API, Method string
				Calls       int
				Refused     int            `json:"refused_for_quota"`
				ByStatus    map[string]int `json:"by_status"`
			}
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if got.Backend != "embedded" || got.Passed != 1 || len(got.Scenarios) != 1 || got.PeakMiB <= 0 || got.WallS <= 0 {
		t.Fatalf("report %s", data)
	}
	one := got.Scenarios[0]
	if !one.OK || one.StoreReads == 0 || one.StoreWrites == 0 {
		t.Errorf("ok %t, %d reads, %d writes", one.OK, one.StoreReads, one.StoreWrites)
	}
	if diff := cmp.Diff(map[string]latency{"applied": {2}, "decided": {1}}, one.Stages); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
	refused := map[string]int{}
	for _, c := range one.Calls {
		total := 0
		for status, n := range c.ByStatus {
			total += n
			if c.API == "settings" && status != "200" {
				refused[status] += n
			}
		}
		if total != c.Calls || c.Method == "" {
			t.Errorf("%s %s: %d calls, by status %v", c.API, c.Method, c.Calls, c.ByStatus)
		}
	}
	if diff := cmp.Diff(map[string]int{"403": 1, "429": 2}, refused); diff != "" {
		t.Errorf("refused calls of the settings API (-want +got):\n%s", diff)
	}
}
