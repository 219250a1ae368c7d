package console

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// The record of a change may go on for months, and what has ended is not told as if it lasted.
func TestTimesOfAChange(t *testing.T) {
	may := time.Date(2026, 5, 3, 10, 4, 5, 0, time.UTC)
	line := changeLine{ID: "1", Open: true, Until: may.AddDate(0, 3, 0), Audit: []auditLine{{At: may, Verb: "propose"}, {At: may.AddDate(0, 2, 0), Verb: "undo"}}}
	for over, want := range map[bool]string{false: "holds until 3 August 2026", true: "held until 3 August 2026"} {
		line.Over = over
		page, err := render("changelist", changesPart{Lines: []changeLine{line}})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{want, "3 May 2026, 10:04:05", "3 Jul 2026, 10:04:05"} {
			if !strings.Contains(string(page), want) {
				t.Errorf("no %q in\n%s", want, page)
			}
		}
	}
}

// What was taken back held until then, and not until the end that was planned.
func TestUntilWhenAChangeHolds(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	before, after := now.Add(-time.Hour), now.Add(time.Hour)
	for _, test := range []struct {
		c     change.Change
		until time.Time
		over  bool
	}{
		{change.Change{State: change.Applied, Until: after}, after, false},
		{change.Change{State: change.Applied, Until: before}, before, true},
		{change.Change{State: change.Undone, Until: after, Updated: now}, now, true},
		{change.Change{State: change.Undone, Until: before, Updated: now}, before, true},
		{change.Change{State: change.Undone, Updated: now}, time.Time{}, true},
		{change.Change{State: change.Denied, Until: after}, time.Time{}, false},
		{change.Change{State: change.Proposed, Until: after}, after, false},
	} {
		if until, over := holding(test.c, now); !until.Equal(test.until) || over != test.over {
			t.Errorf("%s until %s: %s, over %t; want %s, %t", test.c.State, test.c.Until, until, over, test.until, test.over)
		}
	}
}
