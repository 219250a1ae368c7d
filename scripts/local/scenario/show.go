package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// show prints what is there, for people.
func show(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	say := func(format string, args ...any) { fmt.Fprintf(s.options.Out, format+"\n", args...) }
	if len(args) == 0 {
		return mistaken("write show calls, changes, audit or slack PERSON")
	}
	switch args[0] {
	case "calls":
		for _, t := range w.Calls.Tallies() {
			say("%s.%s: %d calls, %d refused for quota, by status %v", t.API, t.Method, t.Calls, t.Refused, t.ByStatus)
		}
	case "changes":
		latest, err := s.ledger().Latest(ctx, 100)
		if err != nil {
			return mistake{err}
		}
		for _, c := range latest {
			say("%s %s", c.Updated.Format(time.RFC3339), describe(c))
		}
	case "slack":
		if len(args) != 2 {
			return mistaken("write show slack PERSON")
		}
		for _, m := range w.Slack.Visible(args[1]) {
			var buttons []string
			for _, b := range m.Buttons {
				buttons = append(buttons, "["+b.Label+"]")
			}
			say("%s %s\n%s\n%s", m.At.Format(time.RFC3339), m.From, m.Text, strings.Join(buttons, " "))
		}
	case "audit":
		return trail.Latest(ctx, w.Store(), func(e audit.Entry) error {
			say("%s", e)
			return nil
		})
	default:
		return mistaken("%q cannot be shown", args[0])
	}
	return nil
}
