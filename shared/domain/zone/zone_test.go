package zone_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/zone"
)

const layout = "2 Jan 2006 15:04"

func TestTimesAreThoseOfTheZoneAndNameIt(t *testing.T) {
	for _, test := range []struct{ instant, name, want string }{
		{"2026-11-22T09:05:00Z", "Asia/Tokyo", "22 Nov 2026 18:05 JST"},
		{"2026-11-22T09:05:00Z", "", "22 Nov 2026 09:05 UTC"},
		{"2026-11-22T09:05:00Z", "UTC", "22 Nov 2026 09:05 UTC"},
		{"2026-11-22T09:05:00Z", "Europe/London", "22 Nov 2026 09:05 GMT"},
		{"2026-11-22T09:05:00Z", "Asia/Kolkata", "22 Nov 2026 14:35 IST"},
		// The hour in which Berlin's clocks go back comes twice, under two names.
		{"2026-10-25T00:59:00Z", "Europe/Berlin", "25 Oct 2026 02:59 CEST"},
		{"2026-10-25T01:00:00Z", "Europe/Berlin", "25 Oct 2026 02:00 CET"},
		{"2027-03-28T00:59:00Z", "Europe/Berlin", "28 Mar 2027 01:59 CET"},
		{"2027-03-28T01:00:00Z", "Europe/Berlin", "28 Mar 2027 03:00 CEST"},
		// Zones whose time has no name.
		{"2026-11-22T02:05:00Z", "America/Sao_Paulo", "21 Nov 2026 23:05 UTC-3"},
		{"2026-11-22T18:20:00Z", "Asia/Kathmandu", "23 Nov 2026 00:05 UTC+5:45"},
		{"2026-11-22T09:05:00Z", "Pacific/Marquesas", "21 Nov 2026 23:35 UTC-9:30"},
		{"2026-11-22T09:05:00Z", "Etc/GMT-9", "22 Nov 2026 18:05 UTC+9"},
		{"2026-07-01T09:05:00Z", "Atlantic/Azores", "1 Jul 2026 09:05 UTC"},
		// What is no name of a zone.
		{"2026-11-22T09:05:00Z", "Mars/Olympus", "22 Nov 2026 09:05 UTC"},
		{"2026-11-22T09:05:00Z", "Local", "22 Nov 2026 09:05 UTC"},
		{"2026-11-22T09:05:00Z", "../../etc/passwd", "22 Nov 2026 09:05 UTC"},
		{"2026-11-22T09:05:00Z", "Asia", "22 Nov 2026 09:05 UTC"},
		{"2026-11-22T09:05:00Z", "Asia/Tokyo\x00", "22 Nov 2026 09:05 UTC"},
		{"2026-11-22T09:05:00Z", strings.Repeat("x", 10_000), "22 Nov 2026 09:05 UTC"},
	} {
		instant, err := time.Parse(time.RFC3339, test.instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := zone.Clock(instant, zone.Of(test.name), layout); got != test.want {
			t.Errorf("%s in %.40q is %q, want %q", test.instant, test.name, got, test.want)
		}
	}
}

func TestNamesAreChecked(t *testing.T) {
	for _, name := range []string{"", "UTC", "Asia/Tokyo", "America/Argentina/Buenos_Aires"} {
		if at, err := zone.Parse(name); err != nil || at == nil {
			t.Errorf("Parse(%q): %v, %v", name, at, err)
		}
	}
	for _, name := range []string{"Tokio", "Asia/Tokio", "JST", "+09:00", "Local", "Asia/", "/usr/share/zoneinfo/Asia/Tokyo", " "} {
		if at, err := zone.Parse(name); err == nil || !strings.Contains(err.Error(), "read the time zone") {
			t.Errorf("Parse(%q): %v, %v; want an error that says what was attempted", name, at, err)
		}
	}
}

// However far a zone is from UTC, its name has letters first, and the clock is that of the zone.
func TestEveryTimeIsNamed(t *testing.T) {
	named := regexp.MustCompile(`^\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d (UTC|UTC[+-]\d{1,2}(:[0-5]\d)?)$`)
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.IntRange(-15*60, 15*60).Draw(t, "minutes from UTC")
		instant := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), 0)
		unnamed := time.FixedZone(rapid.SampledFrom([]string{"", "+09", "-0330", "-00"}).Draw(t, "name"), minutes*60)
		got := zone.Clock(instant, unnamed, layout)
		if !named.MatchString(got) || !strings.HasPrefix(got, instant.In(unnamed).Format(layout)+" UTC") || (minutes == 0) != strings.HasSuffix(got, "UTC") {
			t.Errorf("%d minutes from UTC: %q", minutes, got)
		}
	})
}
