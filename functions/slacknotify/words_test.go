package slacknotify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

func settingsOf(state change.State) change.Change {
	return change.Change{
		Kind: change.GroupSettings, State: state, Target: change.Target{ID: "g1", Name: "data@example.com"},
		Diff:        []change.Delta{{Field: "whoCanViewGroup", Before: "ALL_IN_DOMAIN_CAN_VIEW", After: "ALL_MEMBERS_CAN_VIEW"}},
		Requirement: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: change.Approvers}}},
	}
}

// Slack shows a paragraph on one line: what a setting is called and its technical name are told apart
// all the same.
func TestASettingIsToldInWordsAndByName(t *testing.T) {
	c := settingsOf(change.Proposed)
	want := map[string]string{
		"en": "Who can read the conversations: the whole company → the members [whoCanViewGroup: ALL_IN_DOMAIN_CAN_VIEW → ALL_MEMBERS_CAN_VIEW]",
		"ja": "会話を閲覧できる人: 社内の全員 → メンバー [whoCanViewGroup: ALL_IN_DOMAIN_CAN_VIEW → ALL_MEMBERS_CAN_VIEW]",
	}
	for _, in := range []language{english, japanese} {
		if got := in.shownOf(c); len(got) != 1 || got[0] != want[in.name] {
			t.Errorf("%s: %q, want %q", in.name, got, want[in.name])
		}
	}
}

func TestAMessageSaysWhoCanDecide(t *testing.T) {
	four := []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com"}
	for _, test := range []struct {
		people []string
		en, ja string
	}{
		{nil, "Needed: 1 of those who may decide about it.", "必要な承認: 1 名 (判断できる方)"}, // not looked up
		{[]string{}, "Needed: 1 of those who may decide about it (nobody at present).", "必要な承認: 1 名 (判断できる方: 現在はいません)"},
		{four[:1], "Needed: 1 of those who may decide about it (a@example.com).", "必要な承認: 1 名 (判断できる方: a@example.com)"},
		{four[:3], "Needed: 1 of those who may decide about it (a@example.com, b@example.com, c@example.com).", "必要な承認: 1 名 (判断できる方: a@example.com, b@example.com, c@example.com)"},
		{four, "Needed: 1 of those who may decide about it (a@example.com, b@example.com, c@example.com and 1 more).", "必要な承認: 1 名 (判断できる方: a@example.com, b@example.com, c@example.com、ほか 1 名)"},
	} {
		for _, in := range []language{english, japanese} {
			want := map[string]string{"en": test.en, "ja": test.ja}[in.name]
			who := among{change.Approvers: test.people}
			if test.people == nil {
				who = nil
			}
			m := in.write(settingsOf(change.Proposed), letter{Part: decides}, only, who, time.Time{})
			if !slices.Contains(m.Lines, want) {
				t.Errorf("%d people: the message has %q, want %q", len(test.people), m.Lines, want)
			}
		}
	}
}

// What takes another change back is told as what it does to people, not as a change of its own.
func TestHowATakingBackEnds(t *testing.T) {
	for state, want := range map[change.State]string{
		change.Proposed:  "Please decide: taking back what was done to the settings of data@example.com",
		change.Applied:   "Taken back: the settings of data@example.com",
		change.Withdrawn: "Not taken back: the settings of data@example.com",
	} {
		c := settingsOf(state)
		c.UndoOf = "1"
		if got := english.write(c, letter{Part: decides}, only, nil, time.Time{}).Heading; got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
}

// Of several questions to the same person the last one says all; those before say how it ended.
func TestEarlierQuestionsAreShort(t *testing.T) {
	for _, state := range []change.State{change.Expired, change.Denied, change.Applied, change.Withdrawn} {
		c := settingsOf(state)
		c.Decisions = []change.Decision{{By: change.Actor{Name: "ken@example.com"}, Verdict: change.No}}
		first, last := english.write(c, letter{Part: decides}, earlier, nil, time.Time{}), english.write(c, letter{Part: decides}, latest, nil, time.Time{})
		if first.Heading != last.Heading || len(first.Lines) != 1 || !strings.Contains(fmt.Sprint(first.Lines), "Denied by ken@example.com") || len(first.Buttons) > 0 {
			t.Errorf("%s: the earlier question shows %+v, the last one %+v", state, first, last)
		}
	}
}
