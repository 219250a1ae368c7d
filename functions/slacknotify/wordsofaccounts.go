package slacknotify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/notice"
)

var englishAccounts = map[change.Kind]kindWords{
	change.AccountDisable: {
		subject:  "stopping the account %s",
		short:    "%s",
		headings: map[change.State]string{change.Applied: "An account nobody used has been stopped (disabled): %s", change.Denied: "Kept: %s"}, ofRules: true,
		labels:   map[string]string{event.ButtonApprove: "Disable", event.ButtonDeny: "Keep", event.ButtonUndo: "Ask for it back"},
		delta:    valued(englishAccountFacts, "never"),
		result:   signedIn("Its sessions could not be ended: who is signed in stays so until they end. Somebody who administers the system can end them there."),
		together: "Accounts that nobody uses: %d.", approveAll: "Disable all %d",
		states: map[change.State]string{change.Applied: "Disabled", change.Denied: "Kept"},
	},
	change.AccountDisablePlan: {
		subject: "stopping accounts past the brake, all at once: %s", delta: planned("%s, last sign-in: %s", "never"),
		headings: map[change.State]string{change.Applied: englishLetThrough},
	},
	change.AccountListing: {
		subject: "whether the listing of the accounts in %s is right",
		delta:   compared(map[string]string{"accounts": "Accounts: %s, now %s.", "used": "Ever used: %s, now %s.", "active": "In use: %s, now %s."}),
		hints:   map[change.State]string{change.Proposed: "Once it is approved, the next night warns and stops by this listing."},
	},
	change.AccountEnable: {
		subject: "giving back the account %s",
		delta:   valued(englishAccountFacts, "never"),
		result:  without("", englishLost, ", "),
	},
	change.AccountCreate: {
		subject: "an account for %s",
		delta:   given(valued(englishAccountFacts, "never"), "The account was in use before: the role alone is new."),
		result:  without("Without the roles that it had before and that cannot be asked for here: %s.", englishLost, ", "),
	},
}

var japaneseAccounts = map[change.Kind]kindWords{
	change.AccountDisable: {
		subject:  "アカウント %s の停止",
		short:    "%s",
		headings: map[change.State]string{change.Applied: "使われていないアカウントを停止しました: %s", change.Denied: "残します: %s"}, ofRules: true,
		labels:   map[string]string{event.ButtonApprove: "停止する", event.ButtonDeny: "残す", event.ButtonUndo: "再開を依頼する"},
		delta:    valued(japaneseAccountFacts, japaneseNever),
		result:   signedIn("セッションを終了できませんでした。ログイン中の人は、セッションが切れるまで利用を続けられます。システムの管理者は、管理画面でセッションを終了できます。"),
		together: "使われていないアカウント: %d 件。", approveAll: "%d 件すべて停止する",
		states: map[change.State]string{change.Applied: "停止しました", change.Denied: "残します"},
	},
	change.AccountDisablePlan: {
		subject: "ブレーキを超えたアカウントの一括停止: %s", delta: planned("%s (最終ログイン: %s)", japaneseNever),
		headings: map[change.State]string{change.Applied: japaneseLetThrough},
	},
	change.AccountListing: {
		subject: "%s のアカウント一覧が正しいかどうか",
		delta: compared(map[string]string{
			"accounts": "アカウント: 前回 %s 件、今回 %s 件", "used": "利用履歴のあるアカウント: 前回 %s 件、今回 %s 件", "active": "利用中のアカウント: 前回 %s 件、今回 %s 件",
		}),
		hints: map[change.State]string{change.Proposed: "承認すると、次の夜からこの一覧をもとに予告と停止を行います。"},
	},
	change.AccountEnable: {
		subject: "アカウント %s の再開",
		delta:   valued(japaneseAccountFacts, japaneseNever),
		result:  without("", japaneseLost, "、"),
	},
	change.AccountCreate: {
		subject: "%s のアカウント",
		delta:   given(valued(japaneseAccountFacts, japaneseNever), "アカウントは以前から利用できたため、ロールのみを追加しました。"),
		result:  without("以前のロールのうち、ここで依頼できない次のロールは戻していません: %s", japaneseLost, "、"),
	},
}

// The fields of an account's differences, in words; %s is the value.
var (
	englishAccountFacts = map[string]string{
		"last": "last sign-in: %s", "roles": "roles: %s", "role": "role: %s", "system": "in %s", "enabled": "",
	}
	japaneseAccountFacts = map[string]string{
		"last": "最終ログイン: %s", "roles": "ロール: %s", "role": "ロール: %s", "system": "%s のアカウント", "enabled": "",
	}
)

// japaneseNever is the sign-in of whom nobody has seen: "never" in a difference.
const japaneseNever = "なし"

// given words a request for an account; had is said where there was one in use before.
func given(facts func(change.Delta, string) string, had string) func(change.Delta, string) string {
	return func(d change.Delta, line string) string {
		if d.Field == "enabled" && d.Before == "true" {
			return had
		}
		return facts(d, line)
	}
}

// What is said of roles that an account had and that were deleted or called otherwise while it was given back.
const (
	englishLost  = "Without the roles that do not exist any more by these names: %s."
	japaneseLost = "以前のロールのうち、次の名前のロールは存在しないため戻していません: %s"
)

// without says which roles did not come back with an account that was stopped: those that were withheld, and
// those that are lost.
func without(withheld, lost, between string) func(json.RawMessage) string {
	return func(result json.RawMessage) string {
		made, err := idle.DecodeMade(result)
		if err != nil {
			return ""
		}
		var said []string
		if len(made.Withheld) > 0 && withheld != "" {
			said = append(said, fmt.Sprintf(withheld, strings.Join(idle.Names(made.Withheld), between)))
		}
		if len(made.Lost) > 0 {
			said = append(said, fmt.Sprintf(lost, strings.Join(made.Lost, between)))
		}
		return strings.Join(said, "\n")
	}
}

// signedIn says of a stop that somebody may still be signed in to the account.
func signedIn(said string) func(json.RawMessage) string {
	return func(result json.RawMessage) string {
		if stopped, err := idle.DecodeStopped(result); err != nil || !stopped.SignedIn {
			return ""
		}
		return said
	}
}

// planned words what a plan does to an account on one line: its address and the latest sign-in, or
// never.
func planned(format, never string) func(change.Delta, string) string {
	return func(d change.Delta, _ string) string {
		account, field, _ := strings.Cut(d.Field, " ")
		if field != "last" {
			return ""
		}
		return fmt.Sprintf(format, account, value(d, never))
	}
}

// compared words a difference by its field, with what was and what is.
func compared(facts map[string]string) func(change.Delta, string) string {
	return func(d change.Delta, line string) string {
		if facts[d.Field] == "" {
			return line
		}
		return fmt.Sprintf(facts[d.Field], d.Before, d.After)
	}
}

var englishAccountNotices = map[notice.Kind]noticeWords{
	notice.AccountWarning: func(n notice.Notice, in language) slack.Message {
		m := slack.Message{
			Heading: fmt.Sprintf("Your %s account %s will be stopped on %s", n.Facts["system"], n.Facts["account"], in.date(n.Until)),
			Lines:   []string{"Nobody has signed in since " + n.Facts["last"] + ".", "If you still need it, sign in once before that day. Nothing else is necessary."},
			Buttons: link("Open "+n.Facts["system"], n),
		}
		if n.Facts["last"] == "" {
			m.Lines[0] = "Nobody has ever signed in to it."
		}
		switch {
		case n.Over && n.Facts["spared"] != "":
			return slack.Message{Heading: fmt.Sprintf("Your %s account %s is kept. It will not be stopped.", n.Facts["system"], n.Facts["account"])}
		case n.Over && n.Facts["moved"] != "":
			return slack.Message{
				Heading: fmt.Sprintf("Your %s account %s is not stopped on %s.", n.Facts["system"], n.Facts["account"], in.date(n.Until)),
				Lines:   []string{"If it is to be stopped later, a new message tells you before."},
			}
		case n.Over:
			return slack.Message{Heading: fmt.Sprintf("Your %s account %s is in use again. It will not be stopped.", n.Facts["system"], n.Facts["account"])}
		}
		return m
	},
	notice.AccountUntold: untold{
		heading: "Could not be told in Slack that their %s accounts will be stopped", row: "%s, on %s", more: "And %s more.",
		hint: "They have no account in Slack, or cannot be written to there. Please tell them, or spare their accounts.",
	}.write,
	notice.AccountSummary: englishSummary.write,
	notice.AccountRefused: refusal{
		heading: "Nothing was done about %s accounts tonight", after: "The next night tries again. Nobody loses a warning by it.",
		group: "the members of the spared group {group} are not known", clocks: "the clocks do not agree: ours is {ours} and the vendor's {theirs}",
		noClock: "the vendor does not tell the time, so that the clocks cannot be compared",
	}.write,
}

// untold names those who could not be told, with the facts of [notice.AccountUntold].
type untold struct {
	heading, row, more, hint string // %s: the system; the account and the day; how many
}

func (w untold) write(n notice.Notice, in language) slack.Message {
	m := slack.Message{Heading: fmt.Sprintf(w.heading, n.Facts["system"]), Lines: []string{w.hint}}
	for _, r := range n.Rows {
		until, err := time.Parse(time.RFC3339, r["until"])
		if err != nil {
			continue // another version wrote it
		}
		m.List = append(m.List, fmt.Sprintf(w.row, r["account"], in.date(until)))
	}
	if more := n.Facts["more"]; more != "" {
		m.List = append(m.List, fmt.Sprintf(w.more, more))
	}
	return m
}

// refusal says why a run did nothing: with the facts of [notice.AccountRefused] in braces.
type refusal struct {
	heading, after         string // %s is the system
	group, clocks, noClock string
}

func (w refusal) write(n notice.Notice, in language) slack.Message {
	m := slack.Message{Heading: fmt.Sprintf(w.heading, n.Facts["system"])}
	for _, r := range n.Rows {
		why := in.cause(r["why"])
		switch {
		case r["group"] != "":
			why = filled(w.group, r)
		case r["theirs"] != "":
			why = filled(w.clocks, r)
		case r["ours"] != "":
			why = w.noClock
		}
		m.Lines = append(m.Lines, fmt.Sprintf(in.reason, why))
	}
	m.Lines = append(m.Lines, w.after)
	return m
}

var japaneseAccountNotices = map[notice.Kind]noticeWords{
	notice.AccountWarning: func(n notice.Notice, in language) slack.Message {
		m := slack.Message{
			Heading: fmt.Sprintf("%s のアカウント %s は %s に停止されます", n.Facts["system"], n.Facts["account"], in.date(n.Until)),
			Lines:   []string{n.Facts["last"] + " 以降ログインがありません。", "今後も使う場合は、その日までに一度ログインしてください。ほかの手続きは不要です。"},
			Buttons: link(n.Facts["system"]+" を開く", n),
		}
		if n.Facts["last"] == "" {
			m.Lines[0] = "一度もログインがありません。"
		}
		switch {
		case n.Over && n.Facts["spared"] != "":
			return slack.Message{Heading: fmt.Sprintf("%s のアカウント %s は継続利用の対象になりました。停止されません。", n.Facts["system"], n.Facts["account"])}
		case n.Over && n.Facts["moved"] != "":
			return slack.Message{
				Heading: fmt.Sprintf("%s のアカウント %s は %s には停止されません。", n.Facts["system"], n.Facts["account"], in.date(n.Until)),
				Lines:   []string{"今後停止する場合は、事前に改めてお知らせします。"},
			}
		case n.Over:
			return slack.Message{Heading: fmt.Sprintf("%s のアカウント %s の利用が確認できました。停止されません。", n.Facts["system"], n.Facts["account"])}
		}
		return m
	},
	notice.AccountUntold: untold{
		heading: "%s のアカウントの停止予告を Slack で届けられなかった人がいます", row: "%s (%s 停止予定)", more: "ほか %s 件。",
		hint: "Slack のアカウントがないか、メッセージを送れません。本人への連絡、または対象外の設定をご検討ください。",
	}.write,
	notice.AccountSummary: japaneseSummary.write,
	notice.AccountRefused: refusal{
		heading: "今夜は %s のアカウントの予告と停止を行いませんでした", after: "次の夜に改めて実行します。予告が省かれることはありません。",
		group: "対象外とするグループ {group} のメンバーが確認できていません", clocks: "Sekisho とベンダーの時刻が一致していません (Sekisho: {ours}、ベンダー: {theirs})",
		noClock: "ベンダーの応答に時刻がなく、時刻を照合できません",
	}.write,
}

// link returns a button that opens the address of a notice; none where it has no address.
func link(label string, n notice.Notice) []slack.Button {
	if n.Facts["url"] == "" || n.Over {
		return nil
	}
	return []slack.Button{{Label: label, URL: n.Facts["url"]}}
}
