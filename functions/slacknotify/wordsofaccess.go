package slacknotify

import (
	"cmp"
	"fmt"
	"maps"
	"math"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/state/notice"
)

var englishAccess = map[change.Kind]kindWords{
	change.AccessGrant: {
		subject:  "access: %s",
		headings: map[change.State]string{change.Applied: "You have it now: %s", change.Undone: "Given back: %s"},
		hints: map[change.State]string{
			change.Applied: "Google's policy has it. It works everywhere within minutes; by a group it may take longer.",
		},
		labels: map[string]string{event.ButtonUndo: "I am done", event.ButtonExtend: "Extend"},
		more:   []string{event.ButtonExtend},
		delta:  valued(englishAccessFacts, ""),
	},
	change.AccessRevoke: {
		subject: "ending access: %s", short: "access: %s", delta: valued(englishAccessFacts, ""),
		headings: map[change.State]string{change.Applied: "Ended: %s"},
		reason: chosen(map[string]string{
			string(grant.NoLongerEligible): "you are no longer among those who may have it. It was given back for you.",
			string(grant.PersonGone):       "the account is suspended or deleted.",
		}),
	},
	change.AccessReview: {
		subject:  "access taken in an emergency: %s",
		headings: map[change.State]string{change.Proposed: "Please review %s", change.Applied: "Reviewed: %s", change.Denied: "Reviewed, and not in order: %s"},
		delta:    valued(englishAccessFacts, ""),
	},
}

var japaneseAccess = map[change.Kind]kindWords{
	change.AccessGrant: {
		subject:  "アクセス権: %s",
		headings: map[change.State]string{change.Applied: "付与されました: %s", change.Undone: "返却されました: %s"},
		hints: map[change.State]string{
			change.Applied: "Google のポリシーに反映済みです。すべてのサービスで使えるようになるまで数分かかることがあります。グループによる付与では、さらに時間がかかる場合があります。",
		},
		labels: map[string]string{event.ButtonUndo: "使い終わりました", event.ButtonExtend: "延長する"},
		more:   []string{event.ButtonExtend},
		delta:  valued(japaneseAccessFacts, ""),
	},
	change.AccessRevoke: {
		subject: "アクセス権の終了: %s", short: "アクセス権: %s", delta: valued(japaneseAccessFacts, ""),
		headings: map[change.State]string{change.Applied: "終了しました: %s"},
		reason: chosen(map[string]string{
			string(grant.NoLongerEligible): "このアクセス権の対象者ではなくなったため、自動的に返却されました。",
			string(grant.PersonGone):       "アカウントが停止または削除されたためです。",
		}),
	},
	change.AccessReview: {
		subject:  "緊急時に取得されたアクセス権: %s",
		headings: map[change.State]string{change.Proposed: "ご確認ください: %s", change.Applied: "確認されました: %s", change.Denied: "確認の結果、問題がありました: %s"},
		delta:    valued(japaneseAccessFacts, ""),
	},
}

// The fields of differences in access, in words; %s is the value.
var (
	englishAccessFacts = map[string]string{
		"person": "Who: %s", "scope": "Where: %s", "role": "Role: %s", "duration": "How long: %s", "until": "Until: %s", "extends": "",
	}
	japaneseAccessFacts = map[string]string{
		"person": "利用者: %s", "scope": "対象: %s", "role": "ロール: %s", "duration": "期間: %s", "until": "期限: %s", "extends": "",
	}
)

var englishAccessNotices = map[notice.Kind]noticeWords{
	notice.AccessEnding: func(n notice.Notice, in language) slack.Message {
		return ending(n, fmt.Sprintf("Your access %s ends at %s, in %d minutes", n.Facts["entitlement"], in.time(n.Until), minutesLeft(n)),
			"Your access %s has ended", "Your access %s has been extended", in)
	},
	notice.AccessDrift:   listed("Access in %s that no request explains, or that somebody changed", "Nothing unexplained any more: access in %s", func(r map[string]string) string { return r["text"] }),
	notice.AccessCrowded: listed("The policy of %s is nearly full: soon no access can be given there", "There is room again in the policy of %s", crowded(englishLimits)),
}

var japaneseAccessNotices = map[notice.Kind]noticeWords{
	notice.AccessEnding: func(n notice.Notice, in language) slack.Message {
		return ending(n, fmt.Sprintf("アクセス権 %s は %s に終了します (あと %d 分)", n.Facts["entitlement"], in.time(n.Until), minutesLeft(n)),
			"アクセス権 %s は終了しました", "アクセス権 %s は延長されました", in)
	},
	notice.AccessDrift:   listed("%s に、申請によらないアクセス権、または変更されたアクセス権があります", "%s に説明のつかないアクセス権はなくなりました", japaneseDrift),
	notice.AccessCrowded: listed("%s のポリシーが上限に近づいています。まもなくアクセス権を付与できなくなります", "%s のポリシーに余裕ができました", crowded(japaneseLimits)),
}

// minutesLeft is how many minutes somebody who was warned has, from the warning on.
func minutesLeft(n notice.Notice) int { return int(math.Ceil(n.Until.Sub(n.At).Minutes())) }

func ending(n notice.Notice, heading, over, extended string, in language) slack.Message {
	m := slack.Message{Heading: heading}
	switch {
	case n.Over && n.Facts["extended"] != "":
		m.Heading = fmt.Sprintf(extended, n.Facts["entitlement"])
	case n.Over:
		m.Heading = fmt.Sprintf(over, n.Facts["entitlement"])
	}
	if !n.Over {
		value, labels := n.Change+" 1", in.words(change.AccessGrant).labels
		m.Buttons = []slack.Button{
			{Label: labels[event.ButtonExtend], Action: event.ButtonExtend, Value: value, Style: "primary"}, {Label: labels[event.ButtonUndo], Action: event.ButtonUndo, Value: value},
		}
	}
	return m
}

// listed words what is found at a place, row by row, and that nothing of it is left.
func listed(heading, over string, row func(map[string]string) string) noticeWords {
	return func(n notice.Notice, in language) slack.Message {
		where := n.Facts["scope"]
		if kind := in.places[grant.Kind(n.Facts["kind"])]; kind != "" {
			where = kind + " " + n.Facts["name"]
		}
		if n.Over {
			return slack.Message{Heading: fmt.Sprintf(over, where)}
		}
		m := slack.Message{Heading: fmt.Sprintf(heading, where)}
		for _, r := range n.Rows {
			m.Lines = append(m.Lines, row(r))
		}
		return m
	}
}

// How much of a limit a policy takes, by the limit, with the facts of [notice.AccessCrowded] in
// braces.
var (
	englishLimits = map[string]string{
		"principals": "Principals: {have} of at most {most}", "groups": "Groups and domains: {have} of at most {most}",
		"conditional": "Bindings under conditions: {have}, of which Google advises at most {most}", "size": "Bytes: {have} of at most {most}",
	}
	japaneseLimits = map[string]string{
		"principals": "プリンシパル: {have} / 上限 {most}", "groups": "グループとドメイン: {have} / 上限 {most}",
		"conditional": "条件付きのバインディング: {have} / Google の推奨上限 {most}", "size": "ポリシーのサイズ: {have} / 上限 {most} バイト",
	}
)

// crowded words how much of a limit a policy takes.
func crowded(limits map[string]string) func(map[string]string) string {
	return func(r map[string]string) string { return filled(limits[r["limit"]], r) }
}

// japaneseDrifts word what no request explains, by its kind, with the facts of [notice.AccessDrift]
// in braces. What was edited is worded by the part.
var (
	japaneseDrifts = map[grant.DriftKind]string{
		grant.Gone:    "{member} への {role} のバインディングがなくなっています",
		grant.Stray:   "{member} に {role} のバインディング (変更 {change}) がありますが、この変更によるアクセス権は現在ありません",
		grant.Endless: "{member} に {role} が条件なしでも付与されているため、期限を過ぎてもアクセス権が残ります",
		grant.Outside: "{member} に {role} が条件「{title}」付きで付与されていますが、該当する申請がありません",
	}
	japaneseEdits = map[grant.Part]string{
		grant.PartRole:      "バインディング (変更 {change}) のロールが書き換えられています: {is} (本来は {was})",
		grant.PartMember:    "{role} のバインディングのメンバーが書き換えられています: {is} (本来は {was})",
		grant.PartEnd:       "{member} への {role} のバインディングの期限が書き換えられています: {is} (本来は {was})",
		grant.PartCondition: "{member} への {role} のバインディングの追加条件が書き換えられています: 「{is}」 (本来は「{was}」)",
		grant.PartTitle:     "{member} への {role} のバインディングのタイトルが書き換えられています: 「{is}」 (本来は「{was}」)",
		grant.PartForm:      "{role} のバインディング (変更 {change}) が書き換えられています。現在のメンバー: {member}、条件式: 「{is}」",
	}
)

func japaneseDrift(r map[string]string) string {
	said := maps.Clone(r)
	if r["what"] == string(grant.Changed) {
		said["is"], said["was"] = cmp.Or(r["is"], "なし"), cmp.Or(r["was"], "なし")
	}
	return filled(cmp.Or(japaneseDrifts[grant.DriftKind(r["what"])], japaneseEdits[grant.Part(r["part"])]), said)
}

// chosen words a text that is one of those known, and leaves every other as it is.
func chosen(words map[string]string) func(string) string {
	return func(text string) string { return cmp.Or(words[text], text) }
}
