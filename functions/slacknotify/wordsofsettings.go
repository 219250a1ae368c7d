package slacknotify

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// settingWords say in words what a group's settings are about. What is not here is shown
// under its technical name only.
type settingWords struct {
	fields map[string]string
	values map[string]string
	// audiences are the beginnings of the values that name who may do something.
	audiences []audienceWord
}

type audienceWord struct{ prefix, word string }

// delta puts a difference in words before its technical line, where there are words for it. Rules
// that want what cannot be are no difference: the reason of the change says it all.
func (w settingWords) delta(d change.Delta, line string) string {
	if strings.HasPrefix(d.Field, "conflict ") {
		return ""
	}
	field, ok := w.fields[d.Field]
	before, ok1 := w.value(d.Before)
	after, ok2 := w.value(d.After)
	if !ok || !ok1 || !ok2 {
		return line
	}
	return fmt.Sprintf("%s: %s → %s [%s]", field, before, after, line)
}

func (w settingWords) value(v string) (string, bool) {
	if word, ok := w.values[v]; ok {
		return word, true
	}
	for _, a := range w.audiences {
		if strings.HasPrefix(v, a.prefix) {
			return a.word, true
		}
	}
	return "", false
}

// losses words what a group would lose, or what would be lost with the group itself. What a difference
// leads to is a sum that nobody reads.
func losses(some, whole string) func(change.Delta, string) string {
	return func(d change.Delta, _ string) string {
		if address, gone := strings.CutSuffix(d.Field, " itself"); gone {
			return fmt.Sprintf(whole, address, d.Before)
		}
		return fmt.Sprintf(some, d.Field, d.Before)
	}
}

// How a plan stands whose parts are changes of their own, which are done after it: %s is the plan.
const (
	englishLetThrough  = "Let through, and done one by one: %s"
	japaneseLetThrough = "承認に従い、1 件ずつ実施します: %s"
)

var englishSettings = map[change.Kind]kindWords{
	change.GroupSettings:     {subject: "the settings of %s", delta: englishSettingWords.delta},
	change.GroupSettingsPlan: {subject: "corrections past the brake, all at once: %s", headings: map[change.State]string{change.Applied: englishLetThrough}},
	change.GroupMembersPlan:  {subject: "members whom Google lists no more, past the brake: %s", delta: losses("%s would lose %s", "%s is gone itself, and with it its members %s")},
}

var englishSettingWords = settingWords{
	fields: map[string]string{
		"whoCanViewGroup":       "Who can read the conversations",
		"whoCanJoin":            "Who can join",
		"whoCanViewMembership":  "Who can see the members",
		"whoCanDiscoverGroup":   "Who can find the group",
		"whoCanPostMessage":     "Who can post",
		"whoCanLeaveGroup":      "Who can leave",
		"whoCanContactOwner":    "Who can write to the owners",
		"whoCanModerateMembers": "Who can manage the members",
		"whoCanModerateContent": "Who can manage the conversations",
		"whoCanAssistContent":   "Who can sort the conversations",
		"allowExternalMembers":  "People from outside can be members",
		"archiveOnly":           "The group is closed to new messages",
	},
	values: map[string]string{
		"INVITED_CAN_JOIN": "who is invited", "CAN_REQUEST_TO_JOIN": "who asks and is let in",
		"NONE_CAN_POST": "nobody", "NONE_CAN_LEAVE": "nobody", "NONE": "nobody",
		"ALL_MEMBERS": "all members", "OWNERS_AND_MANAGERS": "owners and managers", "OWNERS_ONLY": "owners only", "MANAGERS_ONLY": "managers only",
		"true": "yes", "false": "no",
	},
	audiences: []audienceWord{
		{"ANYONE_CAN_", "anyone on the internet"},
		{"ALL_IN_DOMAIN_CAN_", "the whole company"},
		{"ALL_MEMBERS_CAN_", "the members"},
		{"ALL_MANAGERS_CAN_", "managers and owners"},
		{"ALL_OWNERS_CAN_", "owners"},
	},
}

var japaneseSettings = map[change.Kind]kindWords{
	change.GroupSettings:     {subject: "%s の設定", delta: japaneseSettingWords.delta},
	change.GroupSettingsPlan: {subject: "ブレーキを超えた一括修正: %s", headings: map[change.State]string{change.Applied: japaneseLetThrough}},
	change.GroupMembersPlan:  {subject: "ブレーキを超えた、Google の一覧から消えたメンバー: %s", delta: losses("%s から外れる人: %s", "%s は削除されています。メンバー: %s")},
}

var japaneseSettingWords = settingWords{
	fields: map[string]string{
		"whoCanViewGroup":       "会話を閲覧できる人",
		"whoCanJoin":            "参加できる人",
		"whoCanViewMembership":  "メンバーを閲覧できる人",
		"whoCanDiscoverGroup":   "グループを検索できる人",
		"whoCanPostMessage":     "投稿できる人",
		"whoCanLeaveGroup":      "退会できる人",
		"whoCanContactOwner":    "オーナーに連絡できる人",
		"whoCanModerateMembers": "メンバーを管理できる人",
		"whoCanModerateContent": "会話を管理できる人",
		"whoCanAssistContent":   "会話を整理できる人",
		"allowExternalMembers":  "社外の人の参加",
		"archiveOnly":           "新しい投稿の停止",
	},
	values: map[string]string{
		"INVITED_CAN_JOIN": "招待された人", "CAN_REQUEST_TO_JOIN": "申請して承認された人",
		"NONE_CAN_POST": "なし", "NONE_CAN_LEAVE": "なし", "NONE": "なし",
		"ALL_MEMBERS": "メンバー全員", "OWNERS_AND_MANAGERS": "オーナーとマネージャー", "OWNERS_ONLY": "オーナーのみ", "MANAGERS_ONLY": "マネージャーのみ",
		"true": "はい", "false": "いいえ",
	},
	audiences: []audienceWord{
		{"ANYONE_CAN_", "インターネット上の誰でも"},
		{"ALL_IN_DOMAIN_CAN_", "社内の全員"},
		{"ALL_MEMBERS_CAN_", "メンバー"},
		{"ALL_MANAGERS_CAN_", "マネージャーとオーナー"},
		{"ALL_OWNERS_CAN_", "オーナー"},
	},
}
