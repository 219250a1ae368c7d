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

// japaneseLabels are what the buttons that scenarios press are called by for people whose
// language is Japanese.
var japaneseLabels = map[string]string{
	"Approve": "承認する", "Deny": "却下する", "Undo": "元に戻す", "Try again": "再実行する",
	"Disable": "停止する", "Keep": "残す", "Ask for it back": "再開を依頼する",
	"Extend": "延長する", "I am done": "使い終わりました",
	"In order": "問題なし", "Not in order": "問題あり",
	"New link": "新しいリンク",
}

// click presses a button by its label. A story may call a button by its English name whatever
// the person's language is, so that it reads the same for everybody.
func click(ctx context.Context, w *world.World, person, label string, on *regexp.Regexp) error {
	err := w.Click(ctx, person, label, on)
	if !errors.Is(err, simslack.ErrNoButton) {
		return err
	}
	if japanese, ok := japaneseLabels[label]; ok {
		if other := w.Click(ctx, person, japanese, on); !errors.Is(other, simslack.ErrNoButton) {
			return other
		}
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
