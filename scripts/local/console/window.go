package console

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/sekisho/sekisho/scripts/local/world"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
)

// This file is the reader's browser, in which links of messages open.

// cardPrefix stands before the names of a card's fields in a form, or they could be taken for the
// page's own.
const cardPrefix = "card."

// window makes what the browser of a reader shows; nil where it is closed.
func (r *reading) window(reader string) *windowPart {
	shown, ok := r.world.Window(reader)
	if !ok {
		return nil
	}
	part := &windowPart{Load: shown.Load, Host: shown.Host}
	c := shown.Card
	if c == nil {
		part.Whose = "Sekisho’s own page"
		part.Title, part.Lines, part.Lang = shown.Page.Title, []string{shown.Page.Text}, r.lang(reader)
		return part
	}
	part.Whose, part.Theirs = "Fivetran’s own page, simulated", true
	if c.Over != "" {
		part.Title, part.Lines = "Nothing to set up here", []string{c.Over}
		return part
	}
	part.Title, part.Submit = "Connect "+c.Service, "Connect"
	part.Lines = []string{"Connection " + c.Schema + ". What you enter stays between you and this site."}
	if c.Guide {
		part.Lines = append(part.Lines, "Create a user that may only read, and enter it below.")
	}
	if c.OAuth {
		part.Submit = "Authorize"
	}
	for _, t := range c.Tests {
		part.Tests = append(part.Tests, testLine(t))
	}
	for _, f := range c.Fields {
		line := fieldLine{ID: cardPrefix + f.Name, Label: f.Title, Value: f.Value, Input: "text"}
		if f.Secret {
			line.Input = "password"
		}
		for _, choice := range f.Choices {
			line.Options = append(line.Options, valueChoice{Value: choice, Words: choice, Selected: choice == f.Value})
		}
		part.Fields = append(part.Fields, line)
	}
	for _, p := range r.sortedPeople() {
		if p.Slack && !p.Suspended && p.Email != reader && len(part.Others) < mostPeople {
			part.Others = append(part.Others, personChoice{Value: p.Email, Text: p.Name + " · " + p.Email})
		}
	}
	return part
}

// openLink is what a link button does in the browser of who pressed it.
func openLink(ctx context.Context, d deed, who string, b simslack.Button) (*notice, error) {
	err := d.read.world.OpenLink(ctx, who, b.URL)
	if errors.Is(err, world.ErrElsewhere) {
		return &notice{"aside", fmt.Sprintf("“%s” leads to %s, whose pages are not part of this simulation.", b.Label, b.URL)}, nil
	}
	return told(err, "")
}

// sendCard sends what was entered on a connect card to Fivetran. It is kept nowhere on the way.
func sendCard(ctx context.Context, d deed) (*notice, error) {
	who, err := d.reader()
	if err != nil {
		return nil, err
	}
	w := d.read.world
	values := map[string]string{}
	if shown, ok := w.Window(who); ok && shown.Card != nil {
		for _, f := range shown.Card.Fields {
			values[f.Name] = d.form.Get(cardPrefix + f.Name)
		}
	}
	load, _ := strconv.Atoi(d.form.Get("load")) // no load has the number 0
	return told(w.EnterCard(ctx, who, load, values), "")
}

// passLink lets somebody else open the link that the reader opened.
func passLink(ctx context.Context, d deed) (*notice, error) {
	who, err := d.reader()
	if err != nil {
		return nil, err
	}
	to := d.form.Get("to")
	if p, ok := d.read.people[to]; !ok || p.Suspended {
		return nil, notFound("person %s who could open a link", to)
	}
	w := d.read.world
	if err := w.PassLink(ctx, who, to); err != nil {
		return told(err, "")
	}
	if shown, ok := w.Window(to); ok && shown.Card == nil {
		return &notice{"refused", fmt.Sprintf("%s opened the link and reads: “%s”.", d.read.name(to), shown.Page.Title)}, nil
	}
	return &notice{"done", d.read.name(to) + " opened the link and is let through."}, nil
}

func closeWindow(_ context.Context, d deed) (*notice, error) {
	who, err := d.reader()
	if err != nil {
		return nil, err
	}
	d.read.world.CloseWindow(who)
	return nil, nil
}
