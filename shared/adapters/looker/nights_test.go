package looker_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

// Nights of the demo company, as a sweep lives them: list, judge, remember, warn and stop.
func TestNightsOfTheDemoCompany(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	rule := idle.Rule{
		After: 180 * day, Warn: []time.Duration{14 * day, 7 * day, day}, Mode: change.Auto, Grace: 30 * day,
		Spare: idle.Spare{Roles: []string{"Admin"}}, Seats: 10,
	}
	memories := map[string]idle.Memory{}
	var before *idle.Census
	var told []string
	var summary idle.Summary
	for night := range 25 {
		if night == 9 {
			w.must(w.looker.Login("yui@example.com", "google")) // she was warned
		}
		j, err := idle.NewJudge(rule, idle.Directory{}, w.now)
		w.must(err)
		run := j.NewRun()
		act := map[string]idle.Decision{}
		reading, err := w.Accounts(t.Context(), func(a *idle.Account) error {
			d := j.Decide(a, memories[a.ID])
			run.Add(a, d)
			if d.Action != idle.Leave || d.Ended {
				told = append(told, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", night, strings.TrimSuffix(a.Email, "@example.com"), d.Action, days(d))))
			}
			act[a.ID] = d
			return nil
		})
		w.must(err)
		w.must(idle.CheckClock(reading.Ours, reading.Theirs))
		census := run.Census()
		if doubts := census.Doubts(before); len(doubts) > 0 {
			t.Fatalf("night %d: %v", night, doubts)
		}
		for _, id := range slices.Sorted(maps.Keys(act)) {
			memories[id] = act[id].Next
			if act[id].Action == idle.Stop {
				w.must(w.Disable(t.Context(), id))
			}
		}
		before, summary = &census, run.Summary()
		w.now = w.now.Add(day)
	}
	want := []string{
		"0 mika warn 14d", "0 sora warn 7d", "0 yui warn 14d", "0 priya warn 14d", "0 jun warn 14d",
		"1 sora warn 1d", "2 sora stop", "4 priya warn 7d",
		"7 mika warn 7d", "7 yui warn 7d", "7 jun warn 7d",
		"9 yui", // she is back
		"10 priya warn 1d", "11 priya stop",
		"13 mika warn 1d", "13 jun warn 1d", "14 mika stop", "14 jun stop",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, email := range []string{"sekisho@example.com", "ken@example.com", "support@looker.example.net", "aiko@example.com", "noor@example.com", "tomas@example.com", "yui@example.com"} {
		if w.user(email).Disabled {
			t.Errorf("%s was stopped", email)
		}
	}
	if summary.Total != 12 || summary.Disabled != 5 || summary.Staff != 1 || summary.Seats != (idle.Seats{Used: 5, Contract: 10}) {
		t.Errorf("got %+v", summary)
	}
}

func days(d idle.Decision) string {
	if d.Action != idle.Warn {
		return ""
	}
	return fmt.Sprintf("%dd", d.Step/day)
}
