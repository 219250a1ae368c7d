package slacknotify_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/slacknotify"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// aNight is what a run found, with roles of any size and in any letters.
func aNight() notice.Notice {
	role := func(name, active, total string) map[string]string {
		return map[string]string{"role": name, "active": active, "total": total}
	}
	week := func(from, to, count string) map[string]string {
		return map[string]string{"from": from, "to": to, "count": count}
	}
	return notice.Notice{
		ID: "account-summary-looker-2026-47", Kind: notice.AccountSummary, Channel: "#sekisho",
		Facts: map[string]string{
			"system": "Looker", "days": "180", "total": "2200", "active": "1400", "idle": "310", "never": "40", "disabled": "90", "staff": "1", "spared": "12", "unknown": "7",
			"used": "2101", "seats": "3000", "warned": "24", "ended": "3", "asked": "5", "stopped": "0", "held": "0",
			"falling": "31", "next": "a@example.com (2026-11-23), …", "reported": "0", "stopping": "", "doubtful": "1", "doubts": "robot@example.com (never)", "untold": "1", "unreached": "x@partner.example (never)", "postponed": "0",
		},
		Rows: []map[string]string{
			role("User", "1200", "2000"), role("分析担当", "180", "200"), role("Admin", "1", "3"), role("Nobody's", "0", "0"),
			week("2026-11-23", "2026-11-29", "24"), week("2026-11-30", "2026-12-06", "0"), week("2026-12-07", "2026-12-13", "7"),
		},
	}
}

func TestTheSummaryInBothLanguages(t *testing.T) {
	for language, want := range map[string]string{
		"": `
Looker accounts: 2200, of which 1400 are in use
Idle for 180 days or more: 310. Never signed in: 40. Stopped: 90. Staff of the vendor: 1. Spared: 12. Not to be judged: 7. An account can be several of these.
Seats: 2101 of 3000 in the contract.
This run: 24 warned, 3 back in use after a warning, 5 asked about, 0 to be stopped, 0 held by the brake.
Will fall idle within 30 days: 31. a@example.com (2026-11-23), …
Perhaps unused, which nobody can tell, so that they are never stopped: robot@example.com (never).
Could not be warned, because the directory knows nobody of that address: x@partner.example (never).
In use, by role
│████████████░░░░░░░░  1200 of 2000  60%  User
│██                      180 of 200  90%  分析担当
│█                           1 of 3  33%  Admin
│                            0 of 0       Nobody's

Will fall idle, by week
│████████████████████  24  2026-11-23 – 2026-11-29
│                       0  2026-11-30 – 2026-12-06
│██████                 7  2026-12-07 – 2026-12-13`,
		"ja": `
Looker のアカウント: 2200 件 (うち利用中 1400 件)
180 日以上利用なし: 310 件。ログイン履歴なし: 40 件。停止中: 90 件。ベンダーの担当者: 1 件。対象外: 12 件。判断できないもの: 7 件。1 件のアカウントが複数に当てはまることがあります。
契約 3000 席のうち 2101 席を使用。
今回の実行: 予告 24 件、予告後の利用再開 3 件、確認依頼 5 件、停止予定 0 件、ブレーキで保留 0 件。
30 日以内に利用なしとなる見込み: 31 件。a@example.com (2026-11-23), …
利用の有無を確認できず、停止しないもの: robot@example.com (なし)。
ディレクトリに該当者がなく、予告できませんでした: x@partner.example (なし)。
ロール別の利用状況
│████████████░░░░░░░░  1200 / 2000  60%  User
│██                      180 / 200  90%  分析担当
│█                           1 / 3  33%  Admin
│                            0 / 0       Nobody's

利用なしとなる見込み (週別)
│████████████████████  24  2026-11-23 – 2026-11-29
│                       0  2026-11-30 – 2026-12-06
│██████                 7  2026-12-07 – 2026-12-13`,
	} {
		p := open(t)
		p.Variables["SLACK_LANGUAGE"] = language
		p.handler = p.Build(slacknotify.Function)
		p.tell(t, aNight())
		got := p.texts("#sekisho")
		if len(got) != 1 {
			t.Fatalf("%q: %d messages", language, len(got))
		}
		if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got[0]); diff != "" {
			t.Errorf("%q (-want +got):\n%s", language, diff)
		}
	}
}

// A run that did nothing is worded in the language of the channel too, and one of a rule that only
// reports names whom it would stop.
func TestWhatElseChannelsAreTold(t *testing.T) {
	p := open(t)
	p.Variables["SLACK_LANGUAGE"] = "ja"
	p.handler = p.Build(slacknotify.Function)
	p.tell(t, notice.Notice{ID: "refused", Kind: notice.AccountRefused, Channel: "#sekisho", Facts: map[string]string{"system": "Looker"}, Rows: []map[string]string{
		{"why": string(idle.Shrunk)}, {"why": idle.ErrClock.Error(), "ours": "2026-11-22T00:00:00Z", "theirs": "2026-11-22T00:05:00Z"},
	}})
	want := "^今夜は Looker のアカウントの予告と停止を行いませんでした\n理由: 前回の一覧と比べて、アカウントが半分以下に減っています\n理由: Sekisho とベンダーの時刻が一致していません \\(Sekisho: 2026-11-22T00:00:00Z、ベンダー: 2026-11-22T00:05:00Z\\)\n"
	if p.seen("#sekisho", want) != 1 {
		t.Errorf("the channel sees %q", p.texts("#sekisho"))
	}
	p = open(t)
	n := aNight()
	n.Facts["reported"], n.Facts["stopping"], n.Facts["seats"], n.Facts["postponed"] = "2", "a@example.com (never), b@example.com (never)", "", "9"
	n.Facts["falling"], n.Facts["untold"], n.Facts["doubtful"], n.Rows = "0", "0", "0", nil
	p.tell(t, n)
	if p.seen("#sekisho", `Seats in use: 2101\.(?s:.*)2 would be stopped: a@example.com \(never\), b@example.com \(never\)\.\nOne night does only so much: 9 more`) != 1 ||
		p.seen("#sekisho", "fall idle|Could not|by role|contract") != 0 {
		t.Errorf("the channel sees %q", p.texts("#sekisho"))
	}
}

func TestALanguageThatNobodySpeaksHereIsRefused(t *testing.T) {
	p := open(t)
	p.Variables["SLACK_LANGUAGE"] = "fr"
	if _, err := slacknotify.Function.Build(t.Context(), p.Env()); err == nil || !strings.Contains(err.Error(), "SLACK_LANGUAGE") {
		t.Errorf("got %v", err)
	}
}
