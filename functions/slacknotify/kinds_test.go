package slacknotify

import (
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
)

func TestEveryKindOfChangeHasWordsInBothLanguages(t *testing.T) {
	for _, l := range []language{english, japanese} {
		for _, k := range change.Kinds() {
			w, ok := l.kinds[k]
			if !ok || strings.Count(w.subject, "%s") != 1 {
				t.Errorf("%s in %s: the subject is %q", k, l.name, w.subject)
			}
			for _, action := range w.more {
				if w.labels[action] == "" {
					t.Errorf("%s in %s: the button %s has no label", k, l.name, action)
				}
			}
		}
		for k := range l.kinds {
			if _, ok := change.TraitOf(k); !ok {
				t.Errorf("words in %s for a kind that is not there: %s", l.name, k)
			}
		}
		for _, s := range change.States {
			if strings.Count(l.headings[s], "%s") != 1 {
				t.Errorf("the state %s in %s: %q", s, l.name, l.headings[s])
			}
		}
	}
}
