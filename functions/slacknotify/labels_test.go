package slacknotify

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLabelsInEveryLanguage(t *testing.T) {
	tests := map[string][]string{
		"Approve":         {"Approve", "承認する"},
		"Disable":         {"Disable", "停止する"},
		"Disable all":     {"Disable all", "件すべて停止する"},
		"Disable all 3":   {"Disable all 3", "3 件すべて停止する"},
		"Approve all 12":  {"Approve all 12", "12 件すべて承認する"},
		"Keep":            {"Keep", "残す"},
		"Ask for it back": {"Ask for it back", "再開を依頼する"},
		"I am done":       {"I am done", "使い終わりました"},
		"Extend":          {"Extend", "延長する"},
		"New link":        {"New link", "新しいリンク"},
		"承認する":            {"承認する"},
		"no such button":  {"no such button"},
	}
	for label, want := range tests {
		if diff := cmp.Diff(want, Labels(label)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", label, diff)
		}
	}
}

// A button that people know in one language has to have a name in the other, too.
func TestEveryLabelIsThereInBothLanguages(t *testing.T) {
	for action, text := range english.buttons {
		if japanese.buttons[action] == "" {
			t.Errorf("%s (%s) has no Japanese label", action, text)
		}
	}
	for kind, words := range english.kinds {
		for action, text := range words.labels {
			if japanese.kinds[kind].labels[action] == "" {
				t.Errorf("%s of %s (%s) has no Japanese label", action, kind, text)
			}
		}
	}
}
