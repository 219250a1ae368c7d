package slacknotify

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file shows changes of many things at once, such as a plan past a brake. Whoever decides has
// to see all of it: what a message has no room for stands in messages of its own, before the one
// that asks.

// fewLines is how many differences are shown as paragraphs, before everything else there is to say.
// More than that are a list below it.
const fewLines = 12

// shownOf returns the differences of a change that people see, in words.
func (l language) shownOf(c change.Change) []string {
	var out []string
	for _, d := range c.Diff {
		if line := l.delta(c, d); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// pagesOf splits the differences of a change into lists that a message has room for each. The pages
// are the same in every language, so that a message keeps its place: a word more or less is given
// room for.
func pagesOf(c change.Change) [][]change.Delta {
	var pages [][]change.Delta
	var page []change.Delta
	room := slack.ListRoom
	for _, d := range c.Diff {
		takes := 0
		for _, l := range []language{english, japanese} {
			if line := l.delta(c, d); line != "" {
				takes = max(takes, len([]rune(line))+slack.ListItem)
			}
		}
		if room -= takes; room < 0 && len(page) > 0 {
			pages, page, room = append(pages, page), nil, slack.ListRoom-takes
		}
		page = append(page, d)
	}
	return append(pages, page)
}

// listMark stands in the key of a message that is a part of a list, between the key of the one that
// asks, and the number of the part.
const listMark = "-list"

// withLists returns the messages that a change should have, with the lists that whoever decides has
// to see before.
func withLists(c change.Change, wants []want) []want {
	pages := pagesOf(c)
	if len(pages) < 2 || c.State != change.Proposed {
		return wants
	}
	var out []want
	for _, w := range wants {
		if w.part == decides {
			for i := range pages {
				_, who, _ := strings.Cut(w.key, "-") // a reminder does not list all of it once more
				out = append(out, want{key: fmt.Sprintf("%s%s%d", key(reads, who), listMark, i), person: w.person, room: w.room, part: reads})
			}
		}
		out = append(out, w)
	}
	return out
}

// hasLists reports whether the lists of a long change stand before a message: before those that ask.
func (l letter) hasLists() bool { return l.Part == decides && strings.HasPrefix(l.Key, askMark) }

// writeList writes one of the lists of a change.
func (l language) writeList(c change.Change, key string) slack.Message {
	pages := pagesOf(c)
	number := 0
	if _, n, ok := strings.Cut(key, listMark); ok {
		_, _ = fmt.Sscan(n, &number) // it is one that withLists made
	}
	if number >= len(pages) {
		return slack.Message{Heading: l.subject(c)} // the change was revised, and has less in it
	}
	m := slack.Message{Heading: fmt.Sprintf(l.listPart, l.subject(c), number+1, len(pages))}
	for _, d := range pages[number] {
		m.List = append(m.List, l.delta(c, d))
	}
	return m
}
