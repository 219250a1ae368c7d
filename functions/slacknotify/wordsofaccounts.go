package slacknotify

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/notice"
)

var englishAccounts = map[change.Kind]kindWords{
	change.AccountDisable: {
		subject:  "stopping the account %s",
		short:    "%s",
		headings: map[change.State]string{change.Applied: "An account nobody used has been stopped (disabled): %s"},
		labels:   map[string]string{event.ButtonApprove: "Disable", event.ButtonDeny: "Keep", event.ButtonUndo: "Ask for it back"},
		delta:    accountFacts(englishAccountFacts),
		together: "Accounts that nobody uses: %d. Please decide for each.", approveAll: "Disable all %d",
	},
	change.AccountDisablePlan: {subject: "stopping accounts past the brake, all at once: %s", delta: planned("%s, last sign-in: %s")},
	change.AccountListing: {
		subject: "whether the listing of the accounts in %s is right",
		delta:   accountFacts(map[string]string{"listing": "Now: %s. By it the next night warns and stops."}),
	},
	change.AccountEnable: {
		subject: "giving back the account %s",
		delta:   accountFacts(englishAccountFacts),
	},
	change.AccountCreate: {
		subject: "a new account for %s",
		delta:   accountFacts(englishAccountFacts),
	},
}

var japaneseAccounts = map[change.Kind]kindWords{
	change.AccountDisable: {
		subject:  "アカウント %s の停止",
		short:    "%s",
		headings: map[change.State]string{change.Applied: "使われていないアカウントを停止しました: %s"},
		labels:   map[string]string{event.ButtonApprove: "停止する", event.ButtonDeny: "残す", event.ButtonUndo: "再開を依頼する"},
		delta:    accountFacts(japaneseAccountFacts),
		together: "使われていないアカウント: %d 件。それぞれご判断ください。", approveAll: "%d 件すべて停止する",
	},
	change.AccountDisablePlan: {subject: "ブレーキを超えたアカウントの一括停止: %s", delta: planned("%s (最終ログイン: %s)")},
	change.AccountListing: {
		subject: "%s のアカウント一覧が正しいかどうか",
		delta:   accountFacts(map[string]string{"listing": "今回: %s。承認すると、次の夜からこの一覧で判断します。"}),
	},
	change.AccountEnable: {
		subject: "アカウント %s の再開",
		delta:   accountFacts(japaneseAccountFacts),
	},
	change.AccountCreate: {
		subject: "%s の新しいアカウント",
		delta:   accountFacts(japaneseAccountFacts),
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

// planned words what a plan does to an account on one line: its address and the latest sign-in.
func planned(format string) func(change.Delta, string) string {
	return func(d change.Delta, _ string) string {
		account, field, _ := strings.Cut(d.Field, " ")
		if field != "last" {
			return ""
		}
		return fmt.Sprintf(format, account, cmp.Or(d.After, d.Before))
	}
}

// accountFacts words a difference by its field; one with empty words is not shown.
func accountFacts(facts map[string]string) func(change.Delta, string) string {
	return func(d change.Delta, line string) string {
		format, ok := facts[d.Field]
		switch {
		case !ok:
			return line
		case format == "":
			return ""
		}
		return fmt.Sprintf(format, cmp.Or(d.After, d.Before))
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
		if n.Over {
			return slack.Message{Heading: fmt.Sprintf("Your %s account %s is in use again. It will not be stopped.", n.Facts["system"], n.Facts["account"])}
		}
		return m
	},
	notice.AccountSummary: func(n notice.Notice, _ language) slack.Message {
		f := n.Facts
		m := slack.Message{
			Heading: fmt.Sprintf("%s accounts: %s, of which %s are in use", f["system"], f["total"], f["active"]),
			Lines: []string{
				fmt.Sprintf("Never signed in: %s. Stopped: %s. Staff of the vendor: %s. Not to be judged: %s.", f["never"], f["disabled"], f["staff"], f["unknown"]),
				fmt.Sprintf("Will fall idle within 30 days: %s.", f["falling"]),
				fmt.Sprintf("This run: %s warned, %s asked about, %s to be stopped, %s held by the brake.", f["warned"], f["asked"], f["stopped"], f["held"]),
				chart(n.Rows, "role", "total", "idle"),
			},
		}
		if f["reported"] != "" && f["reported"] != "0" {
			m.Lines[2] += fmt.Sprintf(" The policy only wants it known: %s would be stopped: %s.", f["reported"], f["stopping"])
		}
		if f["seats"] != "" {
			m.Lines[0] += fmt.Sprintf(" Seats: %s of %s in the contract.", f["used"], f["seats"])
		}
		return m
	},
	notice.AccountRefused: refusedRun,
}

// refusedRun says why a run did nothing. Channels read English.
func refusedRun(n notice.Notice, _ language) slack.Message {
	return slack.Message{
		Heading: fmt.Sprintf("Nothing was done about %s accounts tonight", n.Facts["system"]),
		Lines:   []string{n.Facts["why"], "The next night tries again. Nobody loses a warning by it."},
	}
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
		if n.Over {
			return slack.Message{Heading: fmt.Sprintf("%s のアカウント %s の利用が確認できました。停止されません。", n.Facts["system"], n.Facts["account"])}
		}
		return m
	},
	notice.AccountSummary: englishAccountNotices[notice.AccountSummary], // channels read English
	notice.AccountRefused: refusedRun,
}

// link returns a button that opens the address of a notice; none where it has no address.
func link(label string, n notice.Notice) []slack.Button {
	if n.Facts["url"] == "" || n.Over {
		return nil
	}
	return []slack.Button{{Label: label, URL: n.Facts["url"]}}
}

// chart draws rows as bars of text: the whole, and the part of it that is idle.
func chart(rows []map[string]string, name, whole, part string) string {
	var out []string
	for _, r := range rows {
		var all, idle int
		if _, err := fmt.Sscan(r[whole], &all); err != nil {
			continue
		}
		if _, err := fmt.Sscan(r[part], &idle); err != nil {
			continue
		}
		bar := ""
		if all > 0 {
			const width = 20
			dark := min(width, (idle*width+all-1)/all)
			bar = strings.Repeat("▓", dark) + strings.Repeat("░", width-dark)
		}
		out = append(out, fmt.Sprintf("%s %s: %d of %d idle", bar, r[name], idle, all))
	}
	return strings.Join(out, "   ")
}
