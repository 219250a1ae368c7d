package console

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/sim/workspace"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// missing is the error of an address or form that names something that does not exist.
type missing struct{ what string }

func (m *missing) Error() string { return "there is no " + m.what }

func notFound(format string, args ...any) error { return &missing{fmt.Sprintf(format, args...)} }

// reading makes the parts of the page from the world, during one turn at it.
type reading struct {
	world  *world.World
	live   *Live
	policy *policyfile.Policy
	form   form
	view   view

	mirror *mirror.Mirror
	ledger *ledger.Ledger
	people map[string]org.Person // by address
	groups map[string]workspace.Group
	sorted []workspace.Group
}

func (c *Console) reading(w *world.World, v view, token string) *reading {
	r := &reading{
		world: w, live: c.live, policy: c.policy, view: v, form: form{Token: token, View: v.query()},
		mirror: mirror.New(w.Store()), ledger: ledger.New(w.Store(), nil, w.Clock.Now),
		people: c.people, groups: map[string]workspace.Group{}, sorted: w.Workspace.Groups(),
	}
	for _, g := range r.sorted {
		r.groups[g.Email] = g
	}
	return r
}

// check returns a [missing] where the view names what does not exist.
func (r *reading) check() error {
	if r.view.Group != "" {
		if _, ok := r.groups[r.view.Group]; !ok {
			return notFound("group %s", r.view.Group)
		}
	}
	if r.view.By != "" {
		if _, ok := r.people[r.view.By]; !ok {
			return notFound("person %s", r.view.By)
		}
	}
	for _, who := range []string{r.view.Reader, r.view.In} {
		if err := r.checkReader(who); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) checkReader(who string) error {
	if strings.HasPrefix(who, "#") {
		if _, ok := r.world.Slack.ChannelID(who); ok {
			return nil
		}
	} else if p, ok := r.people[who]; who == "" || ok && p.Slack {
		return nil
	}
	return notFound("%s in Slack", who)
}

// page makes the whole page.
func (r *reading) page(ctx context.Context) (*page, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	p := &page{Here: r.form.View}
	var err error
	if p.Groups, err = r.groupList(ctx); err != nil {
		return nil, err
	}
	if p.Group, err = r.group(ctx); err != nil {
		return nil, err
	}
	if p.Changes, err = r.changes(ctx); err != nil {
		return nil, err
	}
	if p.Connections, err = r.connections(ctx); err != nil {
		return nil, err
	}
	p.Slack = r.slack()
	p.Numbers = r.numbers()
	p.Clock = r.clock(p.Changes)
	p.Hints = r.hints()
	return p, nil
}

func (r *reading) clock(changes changesPart) clockPart {
	now := r.world.Clock.Now()
	part := clockPart{form: r.form, Now: now, Problem: r.live.Problem()}
	if run := r.live.Running(); run.To.Sub(run.From) > 2*slice/10 {
		done := 100 * now.Sub(run.From) / run.To.Sub(run.From)
		part.Running = &runningPart{To: run.To, Percent: max(0, min(100, int(done)))}
	}
	if len(changes.Lines) > 0 {
		newest := changes.Lines[0]
		part.News = newest.StateWords + ": " + newest.Kind + ", " + newest.Target
	}
	return part
}

func (r *reading) hints() []hint {
	example := "product@example.com"
	if _, ok := r.groups[example]; !ok && len(r.sorted) > 0 {
		example = r.sorted[0].Email
	}
	return []hint{
		{1, "Open a group", "Choose a group, and let the whole company read its conversations.", r.view.withGroup(example).href("groups")},
		{2, "Let time pass", "Press +5 min. Sekisho hears of it, checks the rules and corrects the setting.", r.view.href("changes")},
		{3, "Decide in Slack", "Look into the owner’s Slack and press Undo. Then approve it as somebody else.", r.view.href("slack")},
	}
}

// name returns how people call an address: a person's or group's name, or the address.
func (r *reading) name(address string) string {
	if p, ok := r.people[address]; ok {
		return p.Name
	}
	if g, ok := r.groups[address]; ok {
		return g.Name
	}
	return address
}

// lang is the language of a person's name, as HTML wants it.
func (r *reading) lang(address string) string {
	if strings.HasPrefix(r.people[address].Locale, "ja") {
		return "ja"
	}
	return ""
}

// initials are one or two letters for a name: EC for Emma Clarke, 佐 for 佐藤 愛子.
func initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(strings.TrimPrefix(name, "#")) {
		first := []rune(word)[0]
		if first > 0x2E80 { // CJK
			return string(first)
		}
		if len(out) < 2 {
			out = append(out, []rune(strings.ToUpper(string(first)))[0])
		}
	}
	return string(out)
}

// sortedPeople returns the company's people in the order of their addresses.
func (r *reading) sortedPeople() []org.Person {
	out := make([]org.Person, 0, len(r.people))
	for _, p := range r.people {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b org.Person) int { return strings.Compare(a.Email, b.Email) })
	return out
}
