package scenario

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/scripts/local/world"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
)

// click presses a button by its label. Where there is none, the error lists those that the person sees.
func click(ctx context.Context, w *world.World, person, label string, on *regexp.Regexp) error {
	err := w.Click(ctx, person, label, on)
	if !errors.Is(err, simslack.ErrNoButton) {
		return err
	}
	return fmt.Errorf("%w\n%s", err, pressable(w, person))
}

// pressable lists the messages of a person that have buttons, the newest last.
func pressable(w *world.World, person string) string {
	var lines []string
	for _, m := range w.Slack.Visible(person) {
		var labels []string
		for _, b := range m.Buttons {
			labels = append(labels, "["+b.Label+"]")
		}
		if len(labels) > 0 {
			heading, _, _ := strings.Cut(m.Text, "\n")
			lines = append(lines, "on "+strconv.Quote(heading)+": "+strings.Join(labels, " "))
		}
	}
	if len(lines) == 0 {
		return person + " sees no button at all"
	}
	return person + " sees\n" + strings.Join(lines, "\n")
}
