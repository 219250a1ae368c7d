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

// Who has to decide sees what still stands out, who may decide by now, and what of the decisions does not count any more.
func TestHowAQuestionStands(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	asked := func() change.Change {
		c := settingsOf(change.Proposed)
		c.Revision = 1
		c.Requirement.Needs = []change.Need{{Count: 2, From: change.Approvers}, {Count: 1, From: change.Owners}}
		c.Requirement.Escalate = &change.Escalation{After: time.Hour, To: change.Admins}
		return c
	}
	yes := change.Decision{By: change.Actor{ID: "1", Name: "aiko@example.com"}, Verdict: change.Yes, At: at, Revision: 1, Counts: []change.Selector{change.Approvers}}
	void := yes
	void.Void = change.Lapsed
	for _, test := range []struct {
		name   string
		edit   func(*change.Change)
		turn   turn
		en, ja []string
		not    string
	}{
		{
			"nobody has decided", func(*change.Change) {}, only,
			[]string{"Please decide: the settings of data@example.com", "Needed: 2 of those who may decide about it.", "Needed: 1 of the owners."},
			[]string{"必要な承認: 2 名 (判断できる方)", "必要な承認: 1 名 (所有者)"},
			"may decide it too",
		},
		{
			"one of three", func(c *change.Change) { c.Decisions = []change.Decision{yes} }, only,
			[]string{"Approved by aiko@example.com, 22 Nov 2026 09:00 UTC.", "Still needed: 1 of those who may decide about it.", "Still needed: 1 of the owners."},
			[]string{"あと必要な承認: 1 名 (判断できる方)", "あと必要な承認: 1 名 (所有者)"},
			"Needed: 2",
		},
		{
			"it has waited too long", func(c *change.Change) { c.Escalated = true }, only,
			[]string{"It has waited too long: the administrators may decide it too."},
			[]string{"判断が遅れているため、管理者も判断できるようになりました。"},
			"Still needed",
		},
		{
			"a reminder", func(c *change.Change) { c.Reminders = 1 }, latest,
			[]string{"Reminder: Please decide: the settings of data@example.com"},
			[]string{"再度のお願い: ご判断ください: data@example.com の設定"},
			"Once more",
		},
		{
			"an approval lapsed", func(c *change.Change) { c.Decisions = []change.Decision{void} }, latest,
			[]string{
				"Once more: Please decide: the settings of data@example.com", "Needed: 2 of those who may decide about it.",
				"Approved by aiko@example.com, 22 Nov 2026 09:00 UTC. That does not count any more: who approved may not do so any more.",
			},
			[]string{"改めてのお願い: ご判断ください: data@example.com の設定", "承認: aiko@example.com (2026年11月22日 09:00 UTC) → 無効になりました (承認の権限がなくなったため)"},
			"Reminder",
		},
		{
			"it cannot be done yet", func(c *change.Change) { c.State, c.Problem, c.RetryAt = change.Approved, "the group is gone", at }, only,
			[]string{"It could not be done yet, and is tried again: the group is gone"},
			[]string{"まだ実施できていません。自動的に再試行します: グループがなくなりました"},
			"Needed",
		},
	} {
		c := asked()
		test.edit(&c)
		for _, in := range []language{english, japanese} {
			m := in.write(c, letter{Part: decides}, test.turn, nil, at)
			lines := append([]string{m.Heading}, m.Lines...)
			for _, want := range map[string][]string{"en": test.en, "ja": test.ja}[in.name] {
				if !slices.Contains(lines, want) {
					t.Errorf("%s: %q is not in %q", test.name, want, lines)
				}
			}
			if in.name == "en" && strings.Contains(strings.Join(lines, "\n"), test.not) {
				t.Errorf("%s: %q is in %q", test.name, test.not, lines)
			}
		}
	}
}

// A plan that was let through says that its parts are still to be done; what is kept was not denied to anybody.
func TestHeadingsSayWhatIsSo(t *testing.T) {
	for _, test := range []struct {
		c    change.Change
		want string
	}{
		{change.Change{Kind: change.GroupSettingsPlan, State: change.Applied, Target: change.Target{Name: "held groups"}}, "Let through, and done one by one: corrections past the brake, all at once: held groups"},
		{change.Change{Kind: change.AccountDisablePlan, State: change.Applied, Target: change.Target{Name: "looker"}}, "Let through, and done one by one: stopping accounts past the brake, all at once: Looker"},
		{change.Change{Kind: change.AccountDisable, State: change.Denied, Target: change.Target{ID: "looker:7", Name: "aiko@example.com"}, Requester: change.Actor{Kind: change.ByRule}}, "Kept: aiko@example.com (Looker)"},
		{change.Change{Kind: change.AccountDisable, State: change.Denied, Target: change.Target{ID: "looker:7", Name: "aiko@example.com"}, Requester: change.Actor{Kind: change.ByPerson}}, "Denied: stopping the account aiko@example.com (Looker)"},
		{change.Change{Kind: change.AccessRevoke, State: change.Applied, Target: change.Target{Name: "work"}}, "Ended: access: work"},
	} {
		if got := english.write(test.c, letter{Part: hears}, only, nil, time.Time{}).Heading; got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
	if got := english.stateOf(change.Change{Kind: change.AccountDisable, State: change.Denied}); got != "Kept" {
		t.Errorf("in a row: %q", got)
	}
}
