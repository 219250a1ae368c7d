package slacknotify

import (
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/press"
)

// language is all that we say in one language.
type language struct {
	name string
	// subjects name what a change is about; %s is the target.
	subjects map[change.Kind]string
	// headings say how a change stands; %s is its subject.
	headings map[change.State]string
	alert    string // %s is the subject
	again    string // %s is the subject
	follows  string
	undoing  string // %s is the subject
	reason   string
	askedBy  string
	byRule   string
	needs    string // count, set of people
	until    string
	yes, no  string // who
	problem  string
	undoneBy string
	holds    string
	buttons  map[string]string
	sets     map[string]string
	refusals map[string]string
	settings settingWords
	stamp    string // how a time is written
}

// languageOf chooses by a locale such as ja-JP.
func languageOf(locale string) language {
	if strings.HasPrefix(strings.ToLower(locale), "ja") {
		return japanese
	}
	return english
}

var english = language{
	name: "en",
	subjects: map[change.Kind]string{
		change.GroupSettings:     "the settings of %s",
		change.GroupMembers:      "the members of %s",
		change.GroupSettingsPlan: "corrections past the brake, all at once: %s",
		change.AccountDisable:    "stopping the account %s",
		change.AccountEnable:     "giving back the account %s",
		change.AccountCreate:     "a new account for %s",
		change.AccessGrant:       "access: %s",
		change.AccessRevoke:      "ending access: %s",
		change.ConnectionCreate:  "the connection %s",
		change.CatalogApply:      "the catalogue: %s",
	},
	headings: map[change.State]string{
		change.Proposed:  "Please decide: %s",
		change.Approved:  "Approved, to be done now: %s",
		change.Applying:  "Being done now: %s",
		change.Applied:   "Done: %s",
		change.Undone:    "Taken back: %s",
		change.Denied:    "Denied: %s",
		change.Withdrawn: "No longer needed: %s",
		change.Expired:   "Nobody decided in time: %s",
		change.Reported:  "For information: %s",
		change.Failed:    "Could not be done: %s",
	},
	alert:    "Please look at %s",
	again:    "Asked again below: %s",
	follows:  " (has to agree with the rest)",
	undoing:  "taking back what was done to %s",
	reason:   "Why: %s",
	askedBy:  "Asked for by %s.",
	byRule:   "Asked for by the company's rules.",
	needs:    "Needed: %d of %s.",
	until:    "Until %s.",
	yes:      "Approved by %s, %s.",
	no:       "Denied by %s, %s.",
	problem:  "What happened: %s",
	undoneBy: "It was taken back.",
	holds:    "Holds until %s.",
	buttons:  map[string]string{"approve": "Approve", "deny": "Deny", "undo": "Undo", "retry": "Try again"},
	sets: map[string]string{
		"owners": "the group's owners", "admins": "the administrators", "approvers": "the group's owners and the administrators",
		"manager": "the manager",
	},
	refusals: map[string]string{
		string(change.RefusedState):    "This has been decided already.",
		string(change.RefusedOwn):      "You asked for this yourself, so somebody else has to approve it.",
		string(change.RefusedStranger): "You cannot decide this.",
		string(change.RefusedTwice):    "You have decided this already.",
		string(change.RefusedStale):    "The request has changed since you saw it. Please look at the newest message.",
		string(change.RefusedLate):     "The time to decide this is over.",
		string(change.RefusedInvalid):  "This button does not work any more.",
		press.Accepted:                 "",
	},
	settings: englishSettings,
	stamp:    "2 Jan 2006 15:04 UTC",
}

var japanese = language{
	name: "ja",
	subjects: map[change.Kind]string{
		change.GroupSettings:     "%s の設定",
		change.GroupMembers:      "%s のメンバー",
		change.GroupSettingsPlan: "ブレーキを超えた一括修正: %s",
		change.AccountDisable:    "アカウント %s の停止",
		change.AccountEnable:     "アカウント %s の再開",
		change.AccountCreate:     "%s の新しいアカウント",
		change.AccessGrant:       "アクセス権: %s",
		change.AccessRevoke:      "アクセス権の終了: %s",
		change.ConnectionCreate:  "接続 %s",
		change.CatalogApply:      "データカタログ: %s",
	},
	headings: map[change.State]string{
		change.Proposed:  "ご判断ください: %s",
		change.Approved:  "承認されました。これから実施します: %s",
		change.Applying:  "実施中です: %s",
		change.Applied:   "実施しました: %s",
		change.Undone:    "元に戻しました: %s",
		change.Denied:    "却下されました: %s",
		change.Withdrawn: "不要になりました: %s",
		change.Expired:   "期限までに判断されませんでした: %s",
		change.Reported:  "お知らせ: %s",
		change.Failed:    "実施できませんでした: %s",
	},
	alert:    "ご確認ください: %s",
	again:    "下のメッセージで改めてお尋ねしています: %s",
	follows:  " (ほかの設定に合わせるため)",
	undoing:  "%sを元に戻すこと",
	reason:   "理由: %s",
	askedBy:  "依頼者: %s",
	byRule:   "会社の規則による変更です。",
	needs:    "必要な承認: %d 名 (%s)",
	until:    "期限: %s",
	yes:      "承認: %s (%s)",
	no:       "却下: %s (%s)",
	problem:  "状況: %s",
	undoneBy: "元に戻されました。",
	holds:    "有効期限: %s",
	buttons:  map[string]string{"approve": "承認する", "deny": "却下する", "undo": "元に戻す", "retry": "再実行する"},
	sets: map[string]string{
		"owners": "グループのオーナー", "admins": "管理者", "approvers": "グループのオーナーまたは管理者", "manager": "上長",
	},
	refusals: map[string]string{
		string(change.RefusedState):    "すでに判断済みです。",
		string(change.RefusedOwn):      "ご自身の依頼は承認できません。ほかの方の承認が必要です。",
		string(change.RefusedStranger): "この件を判断する権限がありません。",
		string(change.RefusedTwice):    "すでに判断いただいています。",
		string(change.RefusedStale):    "内容が変わりました。最新のメッセージをご覧ください。",
		string(change.RefusedLate):     "判断の期限が過ぎています。",
		string(change.RefusedInvalid):  "このボタンは使えなくなりました。",
		press.Accepted:                 "",
	},
	settings: japaneseSettings,
	stamp:    "2006年1月2日 15:04 UTC",
}

// write writes the message about a change for a reader who has this part in it.
func (l language) write(c change.Change, p part, again bool) slack.Message {
	subject := fmt.Sprintf(l.subjects[c.Kind], c.Target.Name)
	if c.UndoOf != "" {
		subject = fmt.Sprintf(l.undoing, subject)
	}
	if again && c.State == change.Proposed {
		return slack.Message{Heading: fmt.Sprintf(l.again, subject)}
	}
	heading := l.headings[c.State]
	if c.Alert {
		heading = l.alert
	}
	m := slack.Message{Heading: fmt.Sprintf(heading, subject)}
	for _, d := range c.Diff {
		line := fmt.Sprintf("%s: %s → %s", d.Field, d.Before, d.After)
		if words, ok := l.settings.inWords(d); ok {
			line = words + "\n" + line
		}
		if d.Follows {
			line += l.follows
		}
		m.Lines = append(m.Lines, line)
	}
	if c.Reason != "" {
		m.Lines = append(m.Lines, fmt.Sprintf(l.reason, c.Reason))
	}
	if c.Requester.Kind == change.ByPerson {
		m.Lines = append(m.Lines, fmt.Sprintf(l.askedBy, c.Requester.Name))
	} else {
		m.Lines = append(m.Lines, l.byRule)
	}
	for _, d := range c.Decisions {
		if d.Void != "" {
			continue
		}
		text := l.yes
		if d.Verdict == change.No {
			text = l.no
		}
		m.Lines = append(m.Lines, fmt.Sprintf(text, d.By.Name, l.time(d.At)))
	}
	switch c.State {
	case change.Proposed:
		for _, n := range c.Requirement.Needs {
			m.Lines = append(m.Lines, fmt.Sprintf(l.needs, n.Count, l.set(n.From)))
		}
		m.Lines = append(m.Lines, fmt.Sprintf(l.until, l.time(c.Deadline())))
	case change.Failed, change.Withdrawn:
		m.Lines = append(m.Lines, fmt.Sprintf(l.problem, c.Problem))
	case change.Applied:
		if !c.Until.IsZero() {
			m.Lines = append(m.Lines, fmt.Sprintf(l.holds, l.time(c.Until)))
		}
	case change.Undone:
		m.Lines = append(m.Lines, l.undoneBy)
	}
	m.Buttons = l.buttonsFor(c, p)
	return m
}

// buttonsFor returns the buttons that make sense for a reader. Whether a press counts is
// decided when it comes.
func (l language) buttonsFor(c change.Change, p part) []slack.Button {
	button := func(action, style string) slack.Button {
		return slack.Button{Label: l.buttons[action], Action: action, Value: fmt.Sprintf("%s %d", c.ID, c.Revision), Style: style}
	}
	switch {
	case c.State == change.Proposed && p == decides:
		return []slack.Button{button("approve", "primary"), button("deny", "danger")}
	case c.State == change.Failed && p == decides:
		return []slack.Button{button("retry", "primary"), button("deny", "danger")}
	case c.State == change.Applied && p != asked:
		if c.Reversible(c.Updated) {
			return []slack.Button{button("undo", "")}
		}
	}
	return nil
}

func (l language) set(s change.Selector) string {
	if name, ok := l.sets[string(s)]; ok {
		return name
	}
	_, name, _ := strings.Cut(string(s), ":")
	return name
}

func (l language) time(t time.Time) string { return t.UTC().Format(l.stamp) }
