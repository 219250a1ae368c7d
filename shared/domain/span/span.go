// Package span reads and writes lengths of time as people do: 14d, 8h, 1d12h.
//
// Policy, scenarios and the forms in Slack have the same words for the same length. A day has 24
// hours here, whatever the clocks of a country do in it.
package span

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

const (
	day = 24 * time.Hour
	// longest is about 100 years: more is a slip of the pen, and sums of two still fit.
	longest = 36_500 * day
)

// Parse reads Go's form of a duration (see [time.ParseDuration]) with d for days: 14d, 1d12h,
// 1.5d. The error completes a sentence that begins with the text.
func Parse(text string) (time.Duration, error) {
	d, err := time.ParseDuration(inHours(text))
	switch {
	case err != nil:
		return 0, errors.New("is not a length of time")
	case d < 0:
		return 0, errors.New("is negative")
	case d > longest:
		return 0, errors.New("is more than a hundred years")
	}
	return d, nil
}

// inHours writes every number of days as one of hours. What is no number stays as it is, and has
// a unit that Go does not know.
func inHours(text string) string {
	var out strings.Builder
	for {
		number, rest, found := strings.Cut(text, "d")
		if !found {
			return out.String() + text
		}
		before := strings.TrimRight(number, "0123456789.")
		days, err := strconv.ParseFloat(number[len(before):], 64)
		if err != nil {
			return out.String() + text
		}
		out.WriteString(before + strconv.FormatFloat(days*24, 'f', -1, 64) + "h")
		text = rest
	}
}

// Spell writes a length of time without the parts that are zero: 1d12h, 30m. Parts of a second
// are left out, so that nobody is told of more than there is.
func Spell(d time.Duration) string {
	if d < 0 {
		return "-" + Spell(-d)
	}
	var out strings.Builder
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / unit.length; n > 0 {
			out.WriteString(strconv.FormatInt(int64(n), 10) + unit.name)
		}
		d %= unit.length
	}
	if out.Len() == 0 {
		return "0s"
	}
	return out.String()
}
