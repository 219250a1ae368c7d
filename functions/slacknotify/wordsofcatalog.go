package slacknotify

import (
	"github.com/sekisho/sekisho/shared/adapters/slack"
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

var englishCatalogNotices = map[notice.Kind]noticeWords{
	notice.CatalogState: catalogRows("The data catalogue is not as the policy wants it", "All is as it should be again in the data catalogue",
		map[string]string{"drift": "Changed by hand, to be put back: ", "stays": "Stays as it is: "}),
	notice.CatalogRefused: catalogRows("Nothing is done about the data catalogue", "The data catalogue is looked after again", nil),
}

var japaneseCatalogNotices = map[notice.Kind]noticeWords{
	notice.CatalogState: catalogRows("データカタログがポリシーと異なっています", "データカタログはポリシーどおりに戻りました",
		map[string]string{"drift": "手作業による変更 (元に戻します): ", "stays": "そのまま残ります: "}),
	notice.CatalogRefused: catalogRows("データカタログへの反映を停止しています", "データカタログへの反映を再開しました", nil),
}

// catalogRows shows one line for each row, with words before it for what it is.
func catalogRows(heading, over string, before map[string]string) noticeWords {
	return func(n notice.Notice, _ language) slack.Message {
		if n.Over {
			return slack.Message{Heading: over}
		}
		m := slack.Message{Heading: heading}
		for _, r := range n.Rows {
			m.Lines = append(m.Lines, before[r["what"]]+r["text"])
		}
		return m
	}
}
