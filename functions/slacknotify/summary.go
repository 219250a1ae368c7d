package slacknotify

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// This file words what a nightly run through accounts found, with a chart: for each role how many
// accounts are in use, and for the weeks ahead how many fall idle.

// summaryWords are the words of a summary. In braces are the facts of [notice.AccountSummary].
type summaryWords struct {
	heading string
	// state and run are said always, one of seats and noSeats by whether a contract is known, and
	// each of where on its condition.
	state, seats, noSeats, run string
	where                      []conditional
	byRole, byWeek             string
	// share is the number beside a bar: so many of so many.
	share string
	never string // for an account that nobody has signed in to
}

// conditional is a line that is said where a fact is not zero.
type conditional struct{ fact, line string }

var englishSummary = summaryWords{
	heading: "{system} accounts: {total}, of which {active} are in use",
	state:   "Idle for {days} days or more: {idle}. Never signed in: {never}. Stopped: {disabled}. Staff of the vendor: {staff}. Spared: {spared}. Not to be judged: {unknown}. An account can be several of these.",
	seats:   "Seats: {used} of {seats} in the contract.", noSeats: "Seats in use: {used}.",
	run: "This run: {warned} warned, {ended} back in use after a warning, {asked} asked about, {stopped} to be stopped, {held} held by the brake.",
	where: []conditional{
		{"falling", "Will fall idle within 30 days: {falling}. {next}"},
		{"reported", "The policy only wants it known: {reported} would be stopped: {stopping}."},
		{"doubtful", "Perhaps unused, which nobody can tell, so that they are never stopped: {doubts}."},
		{"untold", "Could not be warned, because the directory knows nobody of that address: {unreached}."},
		{"postponed", "One night does only so much: {postponed} more are left to the next nights."},
	},
	byRole: "In use, by role", byWeek: "Will fall idle, by week", share: "%s of %s", never: "never",
}

var japaneseSummary = summaryWords{
	heading: "{system} のアカウント: {total} 件 (うち利用中 {active} 件)",
	state:   "{days} 日以上利用なし: {idle} 件。ログイン履歴なし: {never} 件。停止中: {disabled} 件。ベンダーの担当者: {staff} 件。対象外: {spared} 件。判断できないもの: {unknown} 件。1 件のアカウントが複数に当てはまることがあります。",
	seats:   "契約 {seats} 席のうち {used} 席を使用。", noSeats: "使用中の席: {used}。",
	run: "今回の実行: 予告 {warned} 件、予告後の利用再開 {ended} 件、確認依頼 {asked} 件、停止予定 {stopped} 件、ブレーキで保留 {held} 件。",
	where: []conditional{
		{"falling", "30 日以内に利用なしとなる見込み: {falling} 件。{next}"},
		{"reported", "ポリシーは報告のみ: 停止の対象は {reported} 件です: {stopping}。"},
		{"doubtful", "利用の有無を確認できず、停止しないもの: {doubts}。"},
		{"untold", "ディレクトリに該当者がなく、予告できませんでした: {unreached}。"},
		{"postponed", "一晩に行う件数には上限があります。残り {postponed} 件は次の夜以降に行います。"},
	},
	byRole: "ロール別の利用状況", byWeek: "利用なしとなる見込み (週別)", share: "%s / %s", never: "なし",
}

// write writes a summary.
func (w summaryWords) write(n notice.Notice, _ language) slack.Message {
	facts := map[string]string{}
	for name, value := range n.Facts {
		facts[name] = strings.ReplaceAll(value, "(never)", "("+w.never+")")
	}
	say := func(words string) string { return filled(words, facts) }
	seats := w.noSeats
	if n.Facts["seats"] != "" {
		seats = w.seats
	}
	m := slack.Message{Heading: say(w.heading), Lines: []string{say(w.state), say(seats), say(w.run)}, Chart: w.chart(n.Rows)}
	for _, c := range w.where {
		if n.Facts[c.fact] != "" && n.Facts[c.fact] != "0" {
			m.Lines = append(m.Lines, strings.TrimSpace(say(c.line)))
		}
	}
	return m
}

// bar is one line of a chart: so many of so many, and what they are.
type bar struct {
	part, whole int
	label       string
}

func (w summaryWords) chart(rows []map[string]string) []string {
	var roles, weeks []bar
	for _, r := range rows {
		if role, ok := r["role"]; ok {
			roles = append(roles, bar{number(r["active"]), number(r["total"]), role})
			continue
		}
		weeks = append(weeks, bar{number(r["count"]), number(r["count"]), r["from"] + " – " + r["to"]})
	}
	var out []string
	if len(roles) > 0 {
		out = append(out, w.byRole)
		out = append(out, draw(roles, func(b bar) string {
			return fmt.Sprintf(w.share, strconv.Itoa(b.part), strconv.Itoa(b.whole)) + fmt.Sprintf(" %4s", share(b))
		})...)
	}
	if tallest(weeks) > 0 {
		if len(out) > 0 {
			out = append(out, "")
		}
		out = append(out, w.byWeek)
		out = append(out, draw(weeks, func(b bar) string { return strconv.Itoa(b.part) })...)
	}
	return out
}

// barWidth is how many characters the longest bar has.
const barWidth = 20

// draw draws bars on one scale: dark is the part, light the rest. The numbers stand in a column,
// and the labels after them, because letters of some languages are wider than others.
func draw(bars []bar, numbers func(bar) string) []string {
	most, widest := tallest(bars), 0
	for _, b := range bars {
		widest = max(widest, len(numbers(b)))
	}
	var out []string
	for _, b := range bars {
		whole, dark := length(b.whole, most), length(b.part, most)
		out = append(out, fmt.Sprintf("│%s%s%s  %*s  %s", strings.Repeat("█", dark), strings.Repeat("░", whole-dark), strings.Repeat(" ", barWidth-whole), widest, numbers(b), b.label))
	}
	return out
}

// length is how long a bar is for a number: what is there at all is seen.
func length(n, most int) int {
	if n <= 0 || most <= 0 {
		return 0
	}
	return max(1, min(barWidth, (n*barWidth+most/2)/most))
}

func tallest(bars []bar) int {
	most := 0
	for _, b := range bars {
		most = max(most, b.whole)
	}
	return most
}

// share is a part in percent, rounded down so that 100% is all.
func share(b bar) string {
	if b.whole <= 0 {
		return ""
	}
	return strconv.Itoa(b.part*100/b.whole) + "%"
}

// number reads a number that a notice holds in digits; what is none counts as nothing.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
