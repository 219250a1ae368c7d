package span_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/span"
)

const day = 24 * time.Hour

func TestLengthsAreRead(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"14d": 14 * day, "1d12h": 36 * time.Hour, "12h1d": 36 * time.Hour, "1.5d": 36 * time.Hour, ".5d": 12 * time.Hour,
		"8h": 8 * time.Hour, "1h30m": 90 * time.Minute, "90m": 90 * time.Minute, "30s": 30 * time.Second,
		"0": 0, "0d": 0, "0s": 0, "36500d": 36_500 * day,
	} {
		if got, err := span.Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %s, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "is not a length of time", "d": "is not a length of time", "1.d2.d.d": "is not a length of time", "1 d": "is not a length of time",
		"1D": "is not a length of time", "soon": "is not a length of time", "14": "is not a length of time", "1e3d": "is not a length of time",
		"1d-1h": "is not a length of time", "999999d": "is not a length of time", strings.Repeat("9", 500) + "d": "is not a length of time",
		"-1d": "is negative", "-5m": "is negative", "36501d": "is more than a hundred years", "36500d1s": "is more than a hundred years",
	} {
		if got, err := span.Parse(text); err == nil || err.Error() != want {
			t.Errorf("Parse(%q) = %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestLengthsAreWritten(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "30s": 30 * time.Second, "10m": 10 * time.Minute, "1h": time.Hour, "1h30m": 90 * time.Minute, "1h1s": time.Hour + time.Second,
		"1d": day, "1d12h": 36 * time.Hour, "1d5s": day + 5*time.Second, "180d": 180 * day, "59s": time.Minute - time.Millisecond, "-8h": -8 * time.Hour,
	} {
		if got := span.Spell(d); got != want {
			t.Errorf("Spell(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestWhatIsWrittenIsReadAsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, 36_500*86_400).Draw(t, "seconds")) * time.Second
		if got, err := span.Parse(span.Spell(d)); err != nil || got != d {
			t.Fatalf("%s: %s, %v", span.Spell(d), got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"14d", "1d12h", "1.5d", "dd", "1.1.1d", "-1d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := span.Parse(text); err == nil && (d < 0 || d > 36_500*day) {
			t.Errorf("Parse(%q) = %s", text, d)
		}
	})
}
