package slacknotify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/span"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// kindWords are what differs between the kinds of change, in one language. Each kind has its
// words in the file of its family: wordsofsettings.go, wordsofaccounts.go and so on.
type kindWords struct {
	// subject names what a change is about; %s is the target.
	subject string
	// headings replace the usual ones, by state; %s is the subject, or the short one where there
	// is one.
	headings map[change.State]string
	short    string // %s is the target
	// ofRules says that the headings are of what a rule proposed, not of what a person asked for.
	ofRules bool
	// labels replace the usual labels of buttons, by action. That of undo is for those who are
	// concerned; who decided sees the usual one.
	labels map[string]string
	// more are further buttons for those concerned while the change is in effect, by action.
	more []string
	// hints are what has to be known besides while a change stands so, by state.
	hints map[change.State]string
	// delta words one difference; line is how it would be shown without. Nil words none.
	delta func(d change.Delta, line string) string
	// result words what came of it, as far as people have to know more than that it was done; empty
	// words nothing. Nil knows nothing of the kind.
	result func(json.RawMessage) string
	// reason words why one of our rules or functions proposed it; nil shows it as it stands.
	reason func(string) string
	// together heads several changes in one message, approveAll is the button for all of them that
	// wait; %d is how many. There states are how each stands, in place of the headings, by state.
	together, approveAll string
	states               map[change.State]string
}

// valued words a difference by the first word of its field, as in "role roles/run.admin"; formats say
// how, %s is the value. One with empty words is not shown, one without any is shown as it is.
func valued(formats map[string]string, never string) func(change.Delta, string) string {
	return func(d change.Delta, line string) string {
		field, _, _ := strings.Cut(d.Field, " ")
		format, ok := formats[field]
		switch {
		case !ok:
			return line
		case format == "":
			return ""
		}
		return fmt.Sprintf(format, value(d, never))
	}
}

// value is what a difference has, on whichever of its sides, with a word for what never was.
func value(d change.Delta, never string) string {
	v := cmp.Or(d.After, d.Before)
	if long, err := span.Parse(v); d.Field == "duration" && err == nil && long > time.Minute {
		v = span.Spell(long.Round(time.Minute)) // what is left of the longest time is not of even minutes
	}
	if v == "never" && never != "" {
		return never
	}
	return v
}

// noticeWords writes one kind of notice.
type noticeWords func(n notice.Notice, in language) slack.Message

func merge(families ...map[change.Kind]kindWords) map[change.Kind]kindWords {
	out := map[change.Kind]kindWords{}
	for _, f := range families {
		maps.Copy(out, f)
	}
	return out
}

func mergeNotices(families ...map[notice.Kind]noticeWords) map[notice.Kind]noticeWords {
	out := map[notice.Kind]noticeWords{}
	for _, f := range families {
		maps.Copy(out, f)
	}
	return out
}
