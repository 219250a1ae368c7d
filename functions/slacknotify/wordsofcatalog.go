package slacknotify

import (
	"cmp"
	"maps"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/notice"
)

var englishCatalog = map[change.Kind]kindWords{
	change.CatalogApply: {subject: "the catalogue: %s", delta: catalogStep},
}

var japaneseCatalog = map[change.Kind]kindWords{
	change.CatalogApply: {subject: "データカタログ: %s", delta: catalogStep},
}

// catalogStep words one step of a plan for the catalogue: it says by itself what it does, unless
// it gives something another value.
func catalogStep(d change.Delta, line string) string {
	switch {
	case d.Before == "" && d.After == "":
		return d.Field
	case d.Before == "":
		return d.Field + ": " + d.After
	}
	return line
}

// catalogWords are the words of a notice about the catalogue. In braces are the facts of a row.
type catalogWords struct {
	heading, over string
	// rows are by what a row says, the empty text for what keeps everything from being done; thing
	// stands before what is wrong with one thing, and more after the rows that are shown.
	rows        map[string]string
	thing, more string
	// findings are by their codes, and kinds by kind; both are nil where the row's own text does.
	findings map[catalog.FindingCode]string
	kinds    map[string]string
}

func (w catalogWords) write(n notice.Notice, in language) slack.Message {
	if n.Over {
		return slack.Message{Heading: w.over}
	}
	m := slack.Message{Heading: w.heading}
	for _, r := range n.Rows {
		m.Lines = append(m.Lines, w.row(r, in))
	}
	return m
}

func (w catalogWords) row(r map[string]string, in language) string {
	said := map[string]string{}
	maps.Copy(said, r)
	said["kind"] = cmp.Or(w.kinds[r["kind"]], r["kind"])
	switch {
	case r["more"] != "":
		return filled(w.more, said)
	case r["what"] == "stays":
		said["text"] = filled(cmp.Or(w.findings[catalog.FindingCode(r["code"])], r["text"]), said)
	default:
		said["text"] = in.cause(r["text"])
	}
	if r["what"] == "" && r["name"] != "" {
		return filled(w.thing, said)
	}
	return filled(w.rows[r["what"]], said)
}

var (
	englishCatalogRows = map[string]string{
		"drift": "Changed by hand, to be put back: {step} (changed by {by})", "drift in team": "Changed by hand, to be put back: {step} (team changed last by {by})",
		"stays": "Stays as it is: {text}", "": "{text}",
	}
	japaneseCatalogRows = map[string]string{
		"drift": "手作業による変更 (元に戻します): {step} (変更者: {by})", "drift in team": "手作業による変更 (元に戻します): {step} (チームの最終変更者: {by})",
		"stays": "現状のままとします: {text}", "": "{text}",
	}
	japaneseFindings = map[catalog.FindingCode]string{
		catalog.FoundStranger: "{kind} {name} は Sekisho 以外で作成されたものです",
		catalog.FoundMissing:  "{name} のアカウントがカタログにありません",
		catalog.FoundTwice:    "{name} のアドレスを持つアカウントが複数あります",
		catalog.FoundBelow:    "{kind} {name} は、下にほかのチームがあるため、メンバーのいない状態で残ります",
		catalog.FoundGroup:    "{kind} {name} の種別は Group のままです。種別を変えるには、カタログで完全に削除する必要があります",
		catalog.FoundWaits:    "{kind} {name} は作成していません。上位のチーム、または必要なチームを変更できないためです",
		catalog.FoundPartly:   "{kind} {name} は一部だけ反映しています。上位や下位のチーム、または必要なチームを変更できないためです",
		catalog.FoundNeeded:   "{kind} {name} は削除していません。まだ反映できない設定が参照しています",
	}
	japaneseKinds = map[string]string{
		string(catalog.KindPolicy): "ポリシー", string(catalog.KindRole): "ロール", string(catalog.KindTeam): "チーム", string(catalog.KindUser): "ユーザー",
	}
)

var englishCatalogNotices = map[notice.Kind]noticeWords{
	notice.CatalogState: catalogWords{
		heading: "The data catalogue is not as the policy wants it", over: "All is as it should be again in the data catalogue",
		rows: englishCatalogRows, more: "and {more} more",
	}.write,
	notice.CatalogRefused: catalogWords{
		heading: "Nothing is done about the data catalogue", over: "The data catalogue is looked after again",
		rows: englishCatalogRows, more: "and {more} more", thing: "{kind} {name}: {text}",
	}.write,
}

var japaneseCatalogNotices = map[notice.Kind]noticeWords{
	notice.CatalogState: catalogWords{
		heading: "データカタログがポリシーと異なっています", over: "データカタログはポリシーどおりに戻りました",
		rows: japaneseCatalogRows, more: "ほか {more} 件", findings: japaneseFindings, kinds: japaneseKinds,
	}.write,
	notice.CatalogRefused: catalogWords{
		heading: "データカタログへの反映を停止しています", over: "データカタログへの反映を再開しました",
		rows: japaneseCatalogRows, more: "ほか {more} 件", thing: "{kind} {name}: {text}", kinds: japaneseKinds,
	}.write,
}
