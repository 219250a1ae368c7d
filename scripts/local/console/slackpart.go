package console

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/scripts/local/world"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
)

const (
	mostMessages = 50
	mostChips    = 6
	// mostAsked bounds for how many people it is counted what waits for them.
	mostAsked = 60
)

// slack makes the part that shows one person's Slack, or one channel.
func (r *reading) slack() slackPart {
	owners := r.owners()
	reader := r.reader(owners)
	part := slackPart{form: r.form, Reader: reader, Hidden: r.view.hidden("reader", "in"), Readers: r.readers(reader, owners)}
	part.Chips = r.chips(reader, owners)
	if reader == "" {
		return part
	}
	part.Channel = strings.HasPrefix(reader, "#")
	part.Name, part.Lang, part.Initials = reader, r.lang(reader), initials(r.name(reader))
	visible := r.world.Slack.Visible(reader)
	if !part.Channel {
		part.Name = r.name(reader)
		part.Tabs, part.Commands, part.Shortcuts = r.tabs(visible), commands, shortcuts
		if v, ok := r.world.Slack.Modal(reader); ok {
			part.Modal = modalOf(v)
		}
		part.Window = r.window(reader)
	}
	for i, m := range slices.Backward(visible) {
		if len(part.Messages) == mostMessages {
			break
		}
		if part.Channel || m.ChannelName == r.view.In {
			part.Messages = append(part.Messages, message(visible, i, part.Lang, part.Channel))
		}
	}
	return part
}

// reader is whose Slack is shown. Where the view does not say, that is an owner of the group
// that is open, else somebody for whom a decision waits, else the channel that hears what
// nobody else can be told.
func (r *reading) reader(owners []string) string {
	if r.view.Reader != "" {
		return r.view.Reader
	}
	if len(owners) > 0 {
		return owners[0]
	}
	if who := r.asked(); len(who) > 0 {
		return who[0].email
	}
	return world.AlertChannel
}

// askedPerson is somebody for whom decisions wait.
type askedPerson struct {
	email   string
	waiting int
}

// asked lists the people for whom decisions wait, of the first that there are.
func (r *reading) asked() []askedPerson {
	var out []askedPerson
	for i, p := range r.sortedPeople() {
		if i == mostAsked {
			break
		}
		if n := r.waiting(p.Email); p.Slack && n > 0 {
			out = append(out, askedPerson{p.Email, n})
		}
	}
	return out
}

// owners lists the owners of the group that is open who use Slack.
func (r *reading) owners() []string {
	var out []string
	for _, m := range r.world.Workspace.Members(r.view.Group) {
		if p, ok := r.people[m.Email]; ok && p.Slack && m.Role == "OWNER" {
			out = append(out, m.Email)
		}
	}
	return out
}

func (r *reading) readers(reader string, owners []string) []personGroup {
	var out []personGroup
	listed := map[string]bool{}
	add := func(label string, values []string) {
		g := personGroup{Label: label}
		for _, v := range values {
			if listed[v] {
				continue
			}
			listed[v] = true
			text := v
			if name := r.name(v); name != v {
				text = name + " · " + v
			}
			g.People = append(g.People, personChoice{v, text, v == reader})
		}
		if len(g.People) > 0 {
			out = append(out, g)
		}
	}
	if g, ok := r.groups[r.view.Group]; ok {
		add("Owners of "+g.Name, owners)
	}
	var everybody []string
	for _, p := range r.sortedPeople() {
		if p.Slack && (len(everybody) < mostPeople || p.Email == reader) {
			everybody = append(everybody, p.Email)
		}
	}
	add("People", everybody)
	channels := []string{world.AlertChannel}
	if strings.HasPrefix(reader, "#") {
		channels = append(channels, reader)
	}
	add("Channels", channels)
	return out
}

// chips are the readers who matter now: the owners of the open group, and those for whom a
// decision waits.
func (r *reading) chips(reader string, owners []string) []chip {
	var out []chip
	add := func(who string, waiting int, title string) {
		if len(out) == mostChips {
			return
		}
		out = append(out, chip{
			Text: r.name(who), Href: r.view.withReader(who).href("slack"), Initials: initials(r.name(who)), Lang: r.lang(who),
			Waiting: waiting, Selected: who == reader, Title: title,
		})
	}
	for _, o := range owners {
		add(o, r.waiting(o), "owner")
	}
	if _, ok := r.people[reader]; ok && !slices.Contains(owners, reader) {
		add(reader, r.waiting(reader), "")
	}
	for _, a := range r.asked() {
		if a.email != reader && !slices.Contains(owners, a.email) {
			add(a.email, a.waiting, "")
		}
	}
	return out
}

// waiting counts the messages on which a person is asked to decide.
func (r *reading) waiting(person string) int {
	n := 0
	for _, m := range r.world.Slack.Visible(person) {
		if m.ChannelName == "" && slices.ContainsFunc(m.Buttons, func(b simslack.Button) bool { return b.Style == "primary" }) {
			n++
		}
	}
	return n
}

// tabs are the conversations of a reader, where there are several.
func (r *reading) tabs(visible []simslack.Message) []tab {
	names := []string{""}
	for _, m := range visible {
		if !slices.Contains(names, m.ChannelName) {
			names = append(names, m.ChannelName)
		}
	}
	if r.view.In != "" && !slices.Contains(names, r.view.In) {
		names = append(names, r.view.In)
	}
	if len(names) == 1 {
		return nil
	}
	slices.Sort(names)
	var out []tab
	for _, name := range names {
		text := name
		if name == "" {
			text = "Direct messages"
		}
		out = append(out, tab{text, r.view.withChannel(name).href("slack"), name == r.view.In})
	}
	return out
}

// message makes one message of what a reader sees.
func message(visible []simslack.Message, i int, lang string, channel bool) messageLine {
	m := visible[i]
	line := messageLine{
		TS: m.TS, From: m.From, App: m.From == "Sekisho", At: m.At, Ephemeral: m.Ephemeral, Edited: m.Edited,
		Channel: m.ChannelName, Lang: lang,
	}
	text := m.Text
	if beginsWithHeader(m.Blocks) {
		line.Heading, text, _ = strings.Cut(text, "\n")
	}
	for n, b := range m.Buttons {
		button := buttonLine{Label: b.Label, Style: b.Style, N: n}
		switch at, number := clicked(visible, b.Label, buttonPattern(m, b)); {
		case channel:
			button.Hidden = "Choose a person to press it as."
		case at != i || number != n:
			button.Hidden = "A newer message has the same button."
		}
		before, after, found := cutAfter(text, b.Near)
		if found && (before != "" || len(line.Parts) == 0) {
			line.Parts = append(line.Parts, messagePart{Lines: linesOf(before)})
			text = after
		}
		if len(line.Parts) == 0 {
			line.Parts = append(line.Parts, messagePart{Lines: linesOf(text)})
			text = ""
		}
		last := &line.Parts[len(line.Parts)-1]
		last.Buttons = append(last.Buttons, button)
	}
	if rest := linesOf(text); len(rest) > 0 {
		line.Parts = append(line.Parts, messagePart{Lines: rest})
	}
	return line
}

// buttonPattern matches the message with this text, and within it the row of this button.
func buttonPattern(m simslack.Message, b simslack.Button) *regexp.Regexp {
	return regexp.MustCompile(`\A(?:` + regexp.QuoteMeta(m.Text) + `|` + regexp.QuoteMeta(b.Near) + `)\z`)
}

// clicked returns which button of which message is pressed by [simslack.Server.Click]: the
// page offers only buttons that do what stands on them.
func clicked(visible []simslack.Message, label string, on *regexp.Regexp) (message, button int) {
	for i, m := range slices.Backward(visible) {
		if !on.MatchString(m.Text) {
			continue
		}
		first := -1
		for n, b := range m.Buttons {
			if b.Label != label {
				continue
			}
			if on.MatchString(b.Near) {
				return i, n
			}
			if first < 0 {
				first = n
			}
		}
		if first >= 0 {
			return i, first
		}
	}
	return -1, -1
}

// beginsWithHeader reports whether the first line of a message is its heading.
func beginsWithHeader(blocks json.RawMessage) bool {
	var list []struct{ Type string }
	return json.Unmarshal(blocks, &list) == nil && len(list) > 0 && list[0].Type == "header"
}

// cutAfter cuts a text after the part to which a button belongs. The heading may already be
// off both.
func cutAfter(text, near string) (before, after string, found bool) {
	for near != "" {
		if i := strings.Index(text, near); i >= 0 {
			return text[:i+len(near)], strings.TrimPrefix(text[i+len(near):], "\n"), true
		}
		_, near, _ = strings.Cut(near, "\n")
	}
	return "", text, false
}

func linesOf(text string) []string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// inputTypes are the HTML inputs for elements of modals. Elements with options are menus.
var inputTypes = map[string]string{
	"plain_text_input": "text", "email_text_input": "email", "url_text_input": "url", "number_input": "number",
	"datepicker": "date", "timepicker": "time", "users_select": "email", "multi_users_select": "text",
}

func modalOf(v simslack.View) *modalPart {
	part := &modalPart{Title: v.Title, Submit: v.SubmitLabel, Close: v.CloseLabel}
	if part.Close == "" {
		part.Close = "Close"
	}
	asides := map[string]bool{}
	for _, f := range v.Fields {
		asides[f.Label], asides[f.Hint] = true, true
		line := fieldLine{
			ID: f.BlockID, Label: f.Label, Hint: f.Hint, Value: f.Value, Problem: v.Errors[f.BlockID], Required: !f.Optional, Reports: f.Reports,
			Many: strings.HasPrefix(f.Type, "multi_") || f.Type == "checkboxes",
		}
		if len(f.Options) == 0 {
			if line.Input = inputTypes[f.Type]; line.Input == "" {
				line.Input = "text"
			}
		}
		picked := strings.Split(f.Value, ",")
		for _, o := range f.Options {
			line.Options = append(line.Options, valueChoice{Value: o.Value, Words: o.Text, Selected: slices.Contains(picked, o.Value)})
		}
		part.Fields = append(part.Fields, line)
	}
	for _, l := range linesOf(v.Text) {
		if !asides[l] {
			part.Lines = append(part.Lines, l)
		}
	}
	for _, b := range v.Buttons {
		part.Buttons = append(part.Buttons, b.Label)
	}
	return part
}
