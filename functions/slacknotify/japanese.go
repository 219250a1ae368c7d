package slacknotify

import (
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/state/press"
)

var japanese = language{
	name: "ja",
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
	ended:    "終了しました: %s",
	kept:     "元に戻しませんでした: %s",
	waiting:  "判断をお待ちください: %s",
	again:    "新しいメッセージで改めてお尋ねしています: %s",
	barred:   "再開をご希望の場合は、社内のアカウント管理の担当者にご連絡ください。停止中はここから依頼できません。",
	listPart: "%s: 一覧 %d/%d",
	listedIn: "全 %d 件の一覧は、別の %d 件のメッセージにあります。",
	answered: "結果は新しいメッセージをご覧ください: %s", extended: "延長されました。新しいメッセージをご覧ください: %s",
	reminder: "再度のお願い: %s", anew: "改めてのお願い: %s",
	follows: " (ほかの設定に合わせるため)",
	undoing: "%sを元に戻すこと",
	reason:  "理由: %s",
	askedBy: "依頼者: %s",
	byRule:  "会社の規則による変更です。",
	needs:   "必要な承認: %d 名 (%s)",
	among:   "%s: %s", amongMore: "%s: %s、ほか %d 名",
	nobody:  "%s: 現在はいません",
	missing: "あと必要な承認: %d 名 (%s)", escalated: "判断が遅れているため、%sも判断できるようになりました。",
	until:  "期限: %s",
	review: "%s までに確認が必要です。確認されるまで毎日お知らせします。",
	yes:    "承認: %s (%s)",
	no:     "却下: %s (%s)",
	void:   "%s → 無効になりました (%s)",
	voids: map[string]string{
		change.Lapsed:  "承認の権限がなくなったため",
		change.Revised: "内容が変わったため",
	},
	problem:  "状況: %s",
	retried:  "まだ実施できていません。自動的に再試行します: %s",
	undoneBy: "元に戻されました。",
	places: map[grant.Kind]string{
		grant.Project: "プロジェクト", grant.Folder: "フォルダ", grant.Organization: "組織", grant.Dataset: "データセット", grant.Bucket: "バケット", grant.Group: "グループ",
	},
	targets: map[string]string{"held groups": "保留中のグループ", "held removals": "保留中のメンバー削除"},
	holds:   "有効期限: %s",
	buttons: map[string]string{event.ButtonApprove: "承認する", event.ButtonDeny: "却下する", event.ButtonUndo: "元に戻す", event.ButtonRetry: "再実行する", event.ButtonApproveAll: "%d 件すべて承認する", event.ButtonNewLink: "新しいリンク"},
	sets: map[string]string{
		"owners": "所有者", "admins": "管理者", "approvers": "判断できる方", "manager": "上長",
	},
	refusals: map[string]string{
		string(change.RefusedState):    "すでに判断済みです。",
		string(change.RefusedOwn):      "ご自身の依頼は承認できません。ほかの方の承認が必要です。",
		string(change.RefusedStranger): "この件を判断する権限がありません。",
		string(change.RefusedTwice):    "すでに判断いただいています。",
		string(change.RefusedStale):    "内容が変わりました。最新のメッセージをご覧ください。",
		string(change.RefusedLate):     "判断の期限が過ぎています。",
		string(change.RefusedBusy):     "ただいま実施中です。1分ほどしてから、もう一度ご覧ください。",
		string(change.RefusedInvalid):  "このボタンは使えなくなりました。",
		press.Accepted:                 "",
	},
	decideEach:   "それぞれご判断ください。",
	allDecided:   "すべて判断済みです。",
	stillWaiting: "まだ判断されていないものがあります: %d / %d 件", askedIn: "%s でお尋ねしています。",
	kinds:   merge(japaneseSettings, japaneseAccounts, japaneseAccess, japaneseConnections, japaneseCatalog),
	notices: mergeNotices(japaneseAccountNotices, japaneseAccessNotices, japaneseConnectionNotices, japaneseCatalogNotices),
	stamp:   "2006年1月2日 15:04",
	day:     "2006年1月2日",
	zone:    time.UTC,
	causes:  &japaneseCauses,
}
