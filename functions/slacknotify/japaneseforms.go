package slacknotify

import (
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// japaneseForms are by sentences of ours with something in them that is not: %s stands for it in
// both languages. A text must not fit two of them.
var japaneseForms = map[string]string{
	connection.WhyTaken + "%s": "このスキーマは接続 %s で使われています",

	// What happens with every vendor, and with every change.
	"no answer: %s":                      "応答がありませんでした: 「%s」",
	"none of %s attempts came to an end": "%s 回試しましたが、完了しませんでした",
	"does not converge: %s times %s":     "%[1]s 回実施しましたが、反映されませんでした",
	"%s: the system is not configured":   "システム %s が設定されていません",

	"one person has several accounts: %s":                       "同じ人のアカウントが複数あります: %s",
	"find roles by name: there is no such role, or several: %s": "次の名前のロールがないか、複数あります: %s",

	// Why our rules and functions ask for something.
	"%s accounts at once are more than the brake lets pass":                                           "一度に停止するアカウントが %s 件あり、ブレーキの上限を超えています",
	"%s removals at once are more than the brake lets pass":                                           "一度に削除するものが %s 件あり、ブレーキの上限を超えています",
	"groups that the brake holds: %s":                                                                 "ブレーキで保留中のグループ: %s 件",
	"%s more are left for the next plan":                                                              "残りの %s 件は次の計画に回ります",
	"%s more steps follow after these":                                                                "このほかに %s 件の作業が続きます",
	"not used since %s, longer than %s days":                                                          "%s 以降、%s 日を超えて利用がありません",
	"%s has a value that is not known here: %s. It is not taken for compliant; a person has to look.": "%s に未知の値 %s が設定されています。ルールに適合しているとは判断できないため、ご確認ください",

	// Why a change is not wanted any more.
	"%s is %s by now":                      "%s の現在の値は %s です",
	"the rules do not ask for %s any more": "ルールは %s を求めなくなりました",
	"the plan is another one by now: %s":   "必要な作業が変わりました: 「%s」",

	// What settings of a group cannot be together.
	"%s %s needs %s %s, which is not to be touched": "%s を %s にするには %s を %s にする必要がありますが、この項目は変更できません",
	"%s %s needs a wider %s than %s":                "%s を %s にするには、%s の範囲を %s より広くする必要があります",
	"%s %s needs a narrower %s than there is":       "%s を %s にするには %s の範囲をさらに狭くする必要がありますが、該当する値がありません",

	// Why nothing is done about accounts, or about the data catalogue.
	"judge idle accounts: " + idle.ErrGroupUnread.Error() + ": %s": "対象外とするグループ %s のメンバーが確認できていません",
	"the group %s is not in the directory":                         "グループ %s がディレクトリにありません",
	"group %s: " + mirror.ErrUnread.Error():                        "グループ %s のメンバーはまだ読み取られていません",

	// What is wrong with what policy wants in the data catalogue.
	"has two rules named %s":                                                  "同じ名前のルール %s が 2 つあります",
	"rule %s names the team %s, which nobody wants":                           "ルール %s のチーム %s は、ポリシーにもカタログにもありません",
	"rule %s names the role %s, which nobody wants":                           "ルール %s のロール %s は、ポリシーにもカタログにもありません",
	"has the policy %s, which nobody wants":                                   "割り当てられたポリシー %s は、どこにも定義されていません",
	"has the role %s, which nobody wants":                                     "割り当てられたロール %s は、どこにも定義されていません",
	"is below the team %s, which nobody wants":                                "上位のチーム %s は、どこにも定義されていません",
	"cannot be of type %s":                                                    "種別 %s は指定できません",
	"only the team %s is of type %s":                                          "種別 %[2]s にできるのはチーム %[1]s だけです",
	"of type %s has one parent, not %s":                                       "種別 %s の上位のチームは 1 つだけです: %s",
	"is too large for one change: %s bytes of at most %s. Make several of it": "1 件の変更に収まりません (%s バイト、上限 %s バイト)。複数に分けてください",
	"of type %s cannot be below a team of type %s":                            "種別 %s のチームは、種別 %s のチームの下には置けません",

	// Why access is not given any more.
	"who asked for it is not among those who may have %s":                        "申請した人は %s の対象者ではなくなりました",
	"you are not among those who may have %s":                                    "%s の対象者ではなくなりました",
	"%s does not give %s: choose of %s":                                          "%s に %s は含まれません。選べるもの: %s",
	"say for how long, at most %s":                                               "期間が指定されていません (最長 %s)",
	"%s is longer than %s, for which %s is given at most":                        "%[1]s は、%[3]s の上限 (%[2]s) を超えています",
	"the reason has to have the form %s":                                         "理由の形式が違います: %s",
	"duration: %s is given for %s at most, which end at %s: ask anew after that": "%s の上限 (%s) は %s に終わります。その後に改めて申請してください",
	"duration: you have it until %s already: ask for longer, at most %s":         "すでに %s まで付与されています。延長は最長 %s です",
	"give %s: the membership is not ours: %s is in %s for good":                  "%[2]s は、申請によらず無期限で %[3]s のメンバーになっています",
	"take %s back: the membership is not ours: %s is in %s for good":             "%[2]s は、申請によらず無期限で %[3]s のメンバーになっているため、%[1]s を返却できません",
	"take %s back: the membership is not ours: %s is in %s until %s":             "%[2]s は、申請によらず %[4]s まで %[3]s のメンバーになっているため、%[1]s を返却できません",
}
