package slacknotify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
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
		"running":  "It is set up: Fivetran's tests have passed, and the first sync is awaited. You will hear of it.",
		"done":     "It works: the first data has arrived.",
		"failed":   "It was set up and does not work. A new link is on its way.",
		"unclear":  "The credentials are entered, but Fivetran has not been able to finish its tests so far. Nothing is synced before they pass. They are run again by themselves, more and more rarely.",
		"stumbled": "Its first sync did not succeed. Fivetran tries again by itself, and you will hear when data has arrived.",
		"slow":     "No data has arrived for a day. A first sync of much data can take longer; Fivetran goes on by itself, and you will hear when data has arrived.",
		"paused":   "No data has arrived for a day, because somebody has paused the connection at Fivetran. It goes on when it is resumed there.",
		"broken":   "Its first sync did not succeed, because the credentials do not work. Its owner is asked whether to enter new ones.",
		"failing":  "It does not work any more with the credentials that it has, and no new data arrives. Its owner is asked whether to enter new ones.",
		"waiting":  "Its owner has not entered the credentials yet. Please talk to them.",
		"ended":    "It is gone at Fivetran: nothing more is done about it here.",
		"orphan":   "Its owner has left, and nobody follows who could enter new credentials.",
		"locked":   "Fivetran does not take Sekisho's key, or does not allow what is needed. It goes on by itself once that is mended.",
	}, englishTests),
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
		"running":  "設定が完了しました。Fivetran のテストに合格し、最初の同期を待っています。結果はお知らせします。",
		"done":     "正常に動作しています。最初のデータが届きました。",
		"failed":   "設定されましたが、動作していません。新しいリンクをお送りします。",
		"unclear":  "認証情報は入力されましたが、Fivetran のテストがまだ完了していません。合格するまで同期は始まりません。テストは間隔を空けながら自動的に再実行されます。",
		"stumbled": "最初の同期に失敗しました。Fivetran が自動的に再試行します。データが届いたらお知らせします。",
		"slow":     "1 日経過しましたが、まだデータが届いていません。データ量が多い場合、最初の同期には時間がかかることがあります。Fivetran が自動的に続行し、データが届いたらお知らせします。",
		"paused":   "Fivetran で接続が一時停止されているため、1 日経過してもデータが届いていません。Fivetran で再開すると同期が始まります。",
		"broken":   "認証情報が使えず、最初の同期に失敗しました。新しい認証情報を入力するかどうかを、所有者に確認しています。",
		"failing":  "現在の認証情報では接続できなくなり、新しいデータが届いていません。新しい認証情報を入力するかどうかを、所有者に確認しています。",
		"waiting":  "所有者による認証情報の入力がまだ済んでいません。所有者に連絡してください。",
		"ended":    "Fivetran に存在しないため、ここでの対応は終了しました。",
		"orphan":   "所有者が退職し、認証情報を入力できる後任者がいません。",
		"locked":   "Fivetran が Sekisho のキーを受け付けないか、必要な操作を許可していません。解消されると自動的に再開します。",
	}, japaneseTests),
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

// testWords are how one setup test, or what else Fivetran says, is shown.
type testWords struct {
	// statuses are the results of a test, by the vendor's words.
	statuses map[string]string
	// test has a title and a result, said what Fivetran says besides. head stands before the
	// tests.
	test, said, head string
}

var (
	englishTests = testWords{
		statuses: map[string]string{
			connection.TestPassed: "passed", connection.TestSkipped: "skipped", connection.TestWarning: "passed with a warning",
			connection.TestFailed: "failed", connection.TestJobFailed: "could not be run",
		},
		test: "%s: %s", head: "The setup tests:", said: "Fivetran says: “%s”",
	}
	japaneseTests = testWords{
		statuses: map[string]string{
			connection.TestPassed: "合格", connection.TestSkipped: "省略", connection.TestWarning: "合格 (警告あり)",
			connection.TestFailed: "不合格", connection.TestJobFailed: "実行できず",
		},
		test: "「%s」: %s", head: "設定テストの結果:", said: "Fivetran のメッセージ: 「%s」",
	}
)

// line words one row of a notice.
func (w testWords) line(row map[string]string) string {
	var parts []string
	if row["test"] != "" {
		parts = append(parts, fmt.Sprintf(w.test, row["test"], cmp.Or(w.statuses[row["status"]], row["status"])))
	}
	if row["detail"] != "" {
		parts = append(parts, fmt.Sprintf(w.said, row["detail"]))
	}
	return strings.Join(parts, " – ")
}

// result says how a connection stands. The states are the words that the function uses which
// finds out.
func result(heading string, states map[string]string, tests testWords) noticeWords {
	return func(n notice.Notice, _ language) slack.Message {
		m := slack.Message{
			Heading: fmt.Sprintf(heading, n.Facts["connection"], n.Facts["service"]),
			Lines:   []string{cmp.Or(states[n.Facts["state"]], n.Facts["state"])},
		}
		if slices.ContainsFunc(n.Rows, func(r map[string]string) bool { return r["test"] != "" }) {
			m.Lines = append(m.Lines, tests.head)
		}
		for _, r := range n.Rows {
			m.Lines = append(m.Lines, tests.line(r))
		}
		return m
	}
}
