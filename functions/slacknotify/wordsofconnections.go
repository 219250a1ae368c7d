package slacknotify

import (
	"cmp"
	"fmt"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/notice"
)

var englishConnections = map[change.Kind]kindWords{
	change.ConnectionCreate: {
		subject:  "the connection %s",
		headings: map[change.State]string{change.Applied: "Made, and waiting for its owner's credentials: %s"},
		delta:    connectionFacts(map[string]string{"service": "Service", "destination": "Destination", "owner": "Owner of the data"}),
	},
	change.ConnectionRenew: {
		subject: "new credentials for the connection %s",
		delta:   connectionFacts(map[string]string{"owner": "Owner of the data"}),
	},
}

var japaneseConnections = map[change.Kind]kindWords{
	change.ConnectionCreate: {
		subject:  "接続 %s",
		headings: map[change.State]string{change.Applied: "作成しました。データの所有者による認証情報の入力待ちです: %s"},
		delta:    connectionFacts(map[string]string{"service": "サービス", "destination": "接続先", "owner": "データの所有者"}),
	},
	change.ConnectionRenew: {
		subject: "接続 %s の認証情報の更新",
		delta:   connectionFacts(map[string]string{"owner": "データの所有者"}),
	},
}

// connectionFacts words what a connection is to be like: with a name for what every connection
// has, and the service's own settings under their own names.
func connectionFacts(names map[string]string) func(change.Delta, string) string {
	return func(d change.Delta, _ string) string {
		name := cmp.Or(names[d.Field], d.Field)
		if d.Before == "" || d.Before == d.After {
			return name + ": " + d.After
		}
		return name + ": " + d.Before + " → " + d.After
	}
}

var englishConnectionNotices = map[notice.Kind]noticeWords{
	notice.ConnectionHandover: handover(
		"Please enter the credentials of %s (%s)",
		"Asked for by %s. Only you enter them, on the vendor's own page: nobody else sees them, neither do we.",
		"Nothing more to do, thank you: %s", "Enter credentials",
		map[string]string{
			"expired": "The former link has expired.", "broken": "The connection does not work with the former credentials.",
			"reminder": "This is a reminder: the connection is waiting for you.",
		}),
	notice.ConnectionResult: result("The connection %s (%s)", map[string]string{
		"done":    "It works: the first data has arrived.",
		"failed":  "It was set up and does not work. A new link is on its way. These tests did not pass:",
		"waiting": "Its owner has not entered the credentials yet. Please talk to them.",
		"ended":   "It is gone at Fivetran: nothing more is done about it here.",
		"orphan":  "Its owner has left, and nobody follows who could enter new credentials.",
		"locked":  "Fivetran does not take Sekisho's key, or does not allow what is needed. It goes on by itself once that is mended.",
	}),
}

var japaneseConnectionNotices = map[notice.Kind]noticeWords{
	notice.ConnectionHandover: handover(
		"%s (%s) の認証情報を入力してください",
		"依頼者: %s。入力するのはあなただけで、提供元のページで行います。ほかの人にもこのシステムにも見えません。",
		"対応は不要になりました。ありがとうございます: %s", "認証情報を入力する",
		map[string]string{
			"expired": "前のリンクは期限が切れました。", "broken": "前の認証情報では接続できなくなりました。",
			"reminder": "再度のお願いです。認証情報の入力をお待ちしています。",
		}),
	notice.ConnectionResult: result("接続 %s (%s)", map[string]string{
		"done":    "正常に動作しています。最初のデータが届きました。",
		"failed":  "設定されましたが、動作していません。新しいリンクをお送りします。失敗したテスト:",
		"waiting": "所有者による認証情報の入力がまだ済んでいません。所有者に連絡してください。",
		"ended":   "Fivetran に存在しないため、ここでの対応は終了しました。",
		"orphan":  "所有者が退職し、認証情報を入力できる後任者がいません。",
		"locked":  "Fivetran が Sekisho のキーを受け付けないか、必要な操作を許可していません。解消されると自動的に再開します。",
	}),
}

func handover(heading, asked, over, enter string, why map[string]string) noticeWords {
	return func(n notice.Notice, in language) slack.Message {
		if n.Over {
			return slack.Message{Heading: fmt.Sprintf(over, n.Facts["connection"])}
		}
		m := slack.Message{
			Heading: fmt.Sprintf(heading, n.Facts["connection"], n.Facts["service"]),
			Lines:   []string{why[n.Facts["why"]], fmt.Sprintf(asked, n.Facts["requester"])},
			Buttons: append(link(enter, n), slack.Button{Label: in.buttons[event.ButtonNewLink], Action: event.ButtonNewLink, Value: n.Change + " 1"}),
		}
		if !n.Until.IsZero() {
			m.Lines = append(m.Lines, fmt.Sprintf(in.until, in.time(n.Until)))
		}
		return m
	}
}

// result says how a connection stands. The states are the words that the function uses which
// finds out.
func result(heading string, states map[string]string) noticeWords {
	return func(n notice.Notice, _ language) slack.Message {
		m := slack.Message{
			Heading: fmt.Sprintf(heading, n.Facts["connection"], n.Facts["service"]),
			Lines:   []string{cmp.Or(states[n.Facts["state"]], n.Facts["state"])},
		}
		for _, r := range n.Rows {
			m.Lines = append(m.Lines, fmt.Sprintf("%s: %s %s", r["test"], r["status"], r["detail"]))
		}
		return m
	}
}
