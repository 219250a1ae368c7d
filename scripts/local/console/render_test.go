package console

import (
	"strings"
	"testing"
	"time"
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
