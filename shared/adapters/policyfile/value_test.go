package policyfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
)

func TestLengthsOfTime(t *testing.T) {
	tests := map[string]struct {
		want    time.Duration
		problem string
	}{
		"180d":    {want: 180 * day},
		"8h":      {want: 8 * time.Hour},
		"24h":     {want: day},
		"1d12h":   {want: 36 * time.Hour},
		"1h30m":   {want: 90 * time.Minute},
		"1.5h":    {want: 90 * time.Minute},
		`"7d"`:    {want: 7 * day},
		"36500d":  {want: 36_500 * day},
		"36501d":  {problem: "is more than a hundred years"},
		"999999h": {problem: "is more than a hundred years"},
		"1d-1h":   {problem: "is not a length of time"},
		"-8h":     {problem: "is negative"},
		"0s":      {problem: "is no time at all"},
		"0d":      {problem: "is no time at all"},
		"0":       {problem: "is no time at all"},
		"-1d":     {problem: "is negative"},
		"1.5d":    {want: 36 * time.Hour},
		"8h1d":    {want: 32 * time.Hour},
		"d":       {problem: "is not a length of time"},
		"99999d":  {problem: "is more than a hundred years"},
		"60000d":  {problem: "is more than a hundred years"},
		"180":     {problem: "is not a length of time"},
		"1 day":   {problem: "is not a length of time"},
		"[1d]":    {problem: "is a list"},
		"~":       {problem: "has no value"},
	}
	for text, tt := range tests {
		t.Run(text, func(t *testing.T) {
			p, err := policyfile.Parse("p.yaml", []byte("inactivity: {looker: {after: "+text+"}}\n"))
			if tt.problem != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "p.yaml:1: inactivity.looker.after: ") || !strings.Contains(err.Error(), tt.problem) {
					t.Errorf("got %v, want a problem that says %q", err, tt.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Inactivity.Systems["looker"].After; got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAnExceptionHoldsThroughItsDay(t *testing.T) {
	tests := map[string]string{
		"2027-03-31":                "2027-04-01T00:00:00Z",
		"2027-12-31":                "2028-01-01T00:00:00Z",
		"2028-02-28":                "2028-02-29T00:00:00Z",
		"2027-03-31T09:00:00Z":      "2027-03-31T09:00:00Z",
		"2027-03-31T09:00:00+09:00": "2027-03-31T00:00:00Z",
		"'2027-03-31'":              "2027-04-01T00:00:00Z",
		"2027-02-29":                "",
		"2027-3-31":                 "",
		"2027-03-31 09:00:00":       "",
		"2027":                      "",
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			p, err := policyfile.Parse("p.yaml", []byte(
				"settings: {exceptions: [{group: g@example.com, field: whoCanJoin, reason: r, until: "+text+"}]}\n"))
			if want == "" {
				if err == nil || !strings.Contains(err.Error(), "p.yaml:1: settings.exceptions[0].until: ") {
					t.Errorf("got %v, want a problem", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := p.SettingsRules().Exceptions[0].Until.Format(time.RFC3339); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestChannels(t *testing.T) {
	for text, good := range map[string]bool{
		`"#looker-admins"`: true, `"#lookerの管理_2"`: true,
		`looker-admins`: false, `"#"`: false, `"#Looker"`: false, `"#a b"`: false, `"##a"`: false, `#a`: false,
	} {
		_, err := policyfile.Parse("p.yaml", []byte("inactivity:\n  looker:\n    after: 1d\n    channel: "+text+"\n"))
		if (err == nil) != good || err != nil && !strings.HasPrefix(err.Error(), "p.yaml:4: inactivity.looker.channel: ") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestLongValuesAreShortenedInProblems(t *testing.T) {
	_, err := policyfile.Parse("p.yaml", []byte("settings: {anchor: "+strings.Repeat("x", 10_000)+"}\n"))
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("got %.300v, want a short problem", err)
	}
}
