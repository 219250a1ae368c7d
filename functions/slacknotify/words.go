package slacknotify

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/zone"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// language is all that we say in one language.
type language struct {
	name string
	// kinds word what differs between the kinds of change, notices word notices.
	kinds   map[change.Kind]kindWords
	notices map[notice.Kind]noticeWords
	// headings say how a change stands; %s is its subject.
	headings         map[change.State]string
	alert            string // %s is the subject
	waiting          string // %s is the subject; for who asked
	ended            string // %s is the subject
	kept             string // %s is the subject; of what was to be taken back
	again            string // %s is the subject
	answered         string // %s is the subject; for who asked
	extended         string // %s is the subject; of access that goes on in other access
	reminder, anew   string // %s is the heading of a message that asks
	follows          string
	undoing          string // %s is the subject
	reason           string
	askedBy          string
	byRule           string
	needs            string // count, set of people
	missing          string // count, set of people; where some have approved
	escalated        string // set of people, who decide too by now
	among, amongMore string // set of people, those in it, and how many more
	nobody           string // set of people, in which there is nobody who can decide now
	until            string
	review           string
	yes, no          string            // who
	void             string            // what somebody decided, and why it does not count any more
	voids            map[string]string // why a decision does not count, by what is kept of that
	problem          string
	retried          string // what happened at the latest attempt
	undoneBy         string
	// places are what the kinds of places are called at which people have access; nil for English.
	places map[grant.Kind]string
	// targets are what targets of changes are called that are ours, by their English names.
	targets map[string]string
	// listPart heads one part of a list: the subject, which part, of how many. listedIn says in how
	// many messages how many differences are listed.
	listPart, listedIn string
	// barred says to whom an account of the directory was stopped how it is had back.
	barred     string
	holds      string
	buttons    map[string]string
	sets       map[string]string
	refusals   map[string]string
	allDecided string
	decideEach string // after the heading of several changes
	// stillWaiting reminds of several changes: how many, of how many. askedIn says in which
	// channel.
	stillWaiting, askedIn string
	stamp, day            string // how a time, without its zone, and a day are written
	// causes words why something came about; nil for English, in which that is kept.
	causes *causes
	// zone is the time zone of who reads; see [language.at].
	zone *time.Location
}

// languageOf chooses by a locale such as ja-JP.
func languageOf(locale string) language {
	if strings.HasPrefix(strings.ToLower(locale), "ja") {
		return japanese
	}
	return english
}

// at returns the language with the times and the days of a zone.
func (l language) at(zone *time.Location) language {
	l.zone = zone
	return l
}

// write writes the message about a change for a reader who has this part in it; who says who can
// decide.
func (l language) write(c change.Change, to letter, t turn, who among, now time.Time) slack.Message {
	p := to.Part
	if p == reads {
		return l.writeList(c, to.Key)
	}
	words, subject := l.words(c.Kind), l.subject(c)
	if t == earlier && c.State == change.Proposed {
		return slack.Message{Heading: fmt.Sprintf(l.again, subject)}
	}
	takesBack := l.takesBack(c)
	if takesBack && (c.State == change.Applied || c.State == change.Withdrawn) {
		subject = l.taken(c)
	}
	if p == asked && (c.State == change.Applied && c.Kind != change.AccessRevoke || c.State == change.Denied || c.State == change.Expired || c.State == change.Undone) {
		return slack.Message{Heading: fmt.Sprintf(l.answered, subject)} // a message of its own tells, and is noticed
	}
	heading, own := l.headingOf(c)
	switch {
	case takesBack && c.State == change.Applied:
		heading = l.headings[change.Undone]
	case takesBack && c.State == change.Withdrawn:
		heading = l.kept
	case c.Alert:
		heading = l.alert
	case c.State == change.Proposed && p == asked:
		heading = l.waiting
	case c.State == change.Applied && !c.Until.IsZero() && !now.Before(c.Until):
		heading = l.ended
	case own && words.short != "":
		subject = fmt.Sprintf(words.short, l.target(c))
	}
	m := slack.Message{Heading: fmt.Sprintf(heading, subject)}
	if t == latest && c.State == change.Proposed {
		lead := l.reminder
		if c.Reminders == 0 { // nobody waited too long: what was decided does not count any more
			lead = l.anew
		}
		m.Heading = fmt.Sprintf(lead, m.Heading)
	}
	if t == earlier {
		m.Lines = l.decisionsOf(c) // the latest says the rest
		return m
	}
	differences := l.shownOf(c)
	if len(differences) <= fewLines {
		m.Lines = differences
	}
	if c.Reason != "" {
		m.Lines = append(m.Lines, l.reasonOf(c))
	}
	if c.Requester.Kind == change.ByPerson {
		m.Lines = append(m.Lines, fmt.Sprintf(l.askedBy, c.Requester.Name))
	} else {
		m.Lines = append(m.Lines, l.byRule)
	}
	m.Lines = append(m.Lines, l.decisionsOf(c)...)
	switch c.State {
	case change.Proposed:
		if hint := words.hints[c.State]; hint != "" {
			m.Lines = append(m.Lines, hint)
		}
		needs, still := l.needs, c.Requirement.Needs
		if len(c.ApprovedBy()) > 0 {
			needs, still = l.missing, c.Missing()
		}
		for _, n := range still {
			m.Lines = append(m.Lines, fmt.Sprintf(needs, n.Count, l.setOf(n.From, who)))
		}
		if c.Escalated && c.Requirement.Escalate != nil {
			m.Lines = append(m.Lines, fmt.Sprintf(l.escalated, l.set(c.Requirement.Escalate.To)))
		}
		if c.Kind == change.AccessReview { // it is asked for until then, and due before
			m.Lines = append(m.Lines, fmt.Sprintf(l.review, l.time(c.Proposed.Add(grant.ReviewWithin))))
		} else {
			m.Lines = append(m.Lines, fmt.Sprintf(l.until, l.time(c.Deadline())))
		}
	case change.Approved:
		if c.Problem != "" && !c.RetryAt.IsZero() {
			m.Lines = append(m.Lines, fmt.Sprintf(l.retried, l.causeOf(c, c.Problem)))
		}
	case change.Failed, change.Withdrawn:
		m.Lines = append(m.Lines, fmt.Sprintf(l.problem, l.causeOf(c, c.Problem)))
	case change.Applied:
		if words.result != nil {
			m.Lines = append(m.Lines, words.result(c.Result))
		}
		if !c.Until.IsZero() {
			m.Lines = append(m.Lines, fmt.Sprintf(l.holds, l.time(c.Until)))
		}
		if hint := words.hints[c.State]; hint != "" && c.Reversible(now) {
			m.Lines = append(m.Lines, hint)
		}
	case change.Undone:
		m.Lines = append(m.Lines, l.undoneBy)
	}
	if len(differences) > fewLines {
		if pages := pagesOf(c); len(pages) > 1 && to.hasLists() {
			m.Lines = append(m.Lines, fmt.Sprintf(l.listedIn, len(differences), len(pages)))
		} else {
			m.List = differences
		}
	}
	if barred(c, to) {
		m.Lines = append(m.Lines, l.barred)
		return m
	}
	m.Buttons = l.buttonsFor(c, p, now)
	return m
}

// goesOn is the message about access that goes on in other access, of which another message tells.
func (l language) goesOn(c change.Change) slack.Message {
	return slack.Message{Heading: fmt.Sprintf(l.extended, l.subject(c))}
}

// headingOf returns how a change stands, as a format for its subject, and whether its kind has words of its own for
// that.
func (l language) headingOf(c change.Change) (heading string, own bool) {
	words := l.words(c.Kind)
	heading, own = words.headings[c.State]
	if words.ofRules && c.Requester.Kind == change.ByPerson {
		own = false
	}
	if !own {
		heading = l.headings[c.State]
	}
	return heading, own
}

// barred reports whether the reader cannot ask for what was taken, because it is what they are known
// by: who is suspended in the directory counts for nothing here.
func barred(c change.Change, to letter) bool {
	system, _ := account.Split(c.Target.ID)
	return c.Kind == change.AccountDisable && c.State == change.Applied && system == "workspace" && to.Part == hears && to.Person != ""
}

// decisionsOf says who has decided what about a change, and which of that does not count any more.
func (l language) decisionsOf(c change.Change) []string {
	var out []string
	for _, d := range c.Decisions {
		text := l.yes
		if d.Verdict == change.No {
			text = l.no
		}
		text = fmt.Sprintf(text, d.By.Name, l.time(d.At))
		if d.Void != "" {
			text = fmt.Sprintf(l.void, text, cmp.Or(l.voids[d.Void], d.Void))
		}
		out = append(out, text)
	}
	return out
}

// subject says in a few words what a change is about.
func (l language) subject(c change.Change) string {
	if l.takesBack(c) {
		return fmt.Sprintf(l.undoing, l.taken(c))
	}
	return l.taken(c)
}

// taken says what a change is about, without that it takes another one back.
func (l language) taken(c change.Change) string {
	return fmt.Sprintf(l.words(c.Kind).subject, l.target(c))
}

// takesBack reports whether a change has to be told as one that takes another back. A kind that does
// nothing else says so in its own words.
func (language) takesBack(c change.Change) bool {
	trait, _ := change.TraitOf(c.Kind)
	return c.UndoOf != "" && trait.Undo == c.Kind
}

// target is what the target of a change is called.
func (l language) target(c change.Change) string {
	switch c.Kind {
	case change.AccountDisable, change.AccountEnable:
		system, _ := account.Split(c.Target.ID)
		return fmt.Sprintf("%s (%s)", c.Target.Name, account.Title(system))
	case change.AccountDisablePlan, change.AccountListing:
		return account.Title(c.Target.Name)
	}
	return cmp.Or(l.targets[c.Target.Name], c.Target.Name)
}

// words returns what a kind of change is called. A kind that a later version knows is called by
// its own name.
func (l language) words(k change.Kind) kindWords {
	if w, ok := l.kinds[k]; ok {
		return w
	}
	return kindWords{subject: string(k) + " %s"}
}

// delta writes one difference. Empty means that people need not see it.
func (l language) delta(c change.Change, d change.Delta) string {
	line := fmt.Sprintf("%s: %s → %s", d.Field, d.Before, d.After)
	if inWords := l.words(c.Kind).delta; inWords != nil {
		line = inWords(d, line)
	}
	if d.Follows {
		line += l.follows
	}
	return line
}

// reasonOf says why a change was asked for: in the words of who asked, unless that was one of our
// own rules or functions.
func (l language) reasonOf(c change.Change) string {
	why := c.Reason
	switch words := l.words(c.Kind); {
	case c.Requester.Kind == change.ByPerson:
	case words.reason != nil:
		why = words.reason(why)
	default:
		why = l.causeOf(c, why)
	}
	return fmt.Sprintf(l.reason, why)
}

// stateOf says how one of several changes stands.
func (l language) stateOf(c change.Change) string {
	if own := l.words(c.Kind).states[c.State]; own != "" {
		return own
	}
	heading, _ := l.headingOf(c)
	return strings.TrimRight(strings.TrimSuffix(fmt.Sprintf(heading, ""), " "), ":：")
}

// buttonsFor returns the buttons that make sense for a reader. Whether a press counts is
// decided when it comes.
func (l language) buttonsFor(c change.Change, p part, now time.Time) []slack.Button {
	words := l.words(c.Kind)
	button := func(action, style string) slack.Button {
		label := cmp.Or(words.labels[action], l.buttons[action])
		if action == event.ButtonUndo && p == decides {
			label = l.buttons[action]
		}
		return slack.Button{Label: label, Action: action, Value: fmt.Sprintf("%s %d", c.ID, c.Revision), Style: style}
	}
	var out []slack.Button
	switch {
	case c.State == change.Proposed && p == decides:
		return []slack.Button{button(event.ButtonApprove, "primary"), button(event.ButtonDeny, "danger")}
	case c.State == change.Approved && p == decides && !c.RetryAt.IsZero() && !c.Stopped():
		return []slack.Button{button(event.ButtonDeny, "danger")}
	case c.State == change.Failed && p == decides && c.Stopped(): // nothing more is done for it
		return []slack.Button{button(event.ButtonDeny, "danger")}
	case c.State == change.Failed && p == decides:
		return []slack.Button{button(event.ButtonRetry, "primary"), button(event.ButtonDeny, "danger")}
	case c.State == change.Applied && p != asked && c.Reversible(now):
		for _, action := range words.more {
			out = append(out, button(action, "primary"))
		}
		out = append(out, button(event.ButtonUndo, ""))
	}
	return out
}

func (l language) set(s change.Selector) string {
	if name, ok := l.sets[string(s)]; ok {
		return name
	}
	_, name, _ := strings.Cut(string(s), ":")
	return name
}

// setOf names a set of people, and who is in it as far as there is room for.
func (l language) setOf(s change.Selector, who among) string {
	people, known := who[s]
	switch {
	case !known:
		return l.set(s)
	case len(people) == 0:
		return fmt.Sprintf(l.nobody, l.set(s))
	case len(people) > maxNamed:
		return fmt.Sprintf(l.amongMore, l.set(s), strings.Join(people[:maxNamed], ", "), len(people)-maxNamed)
	}
	return fmt.Sprintf(l.among, l.set(s), strings.Join(people, ", "))
}

func (l language) time(t time.Time) string { return zone.Clock(t, l.zone, l.stamp) }

func (l language) date(t time.Time) string { return t.In(l.zone).Format(l.day) }
