package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/sim/org"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
)

// deed is one thing that somebody does on the page.
type deed struct {
	live *Live
	read *reading
	form url.Values
}

// act makes a handler of something that people can do. The script gets the notice alone, what
// changed reaches it by the stream; a plain form is led back to the page.
func (c *Console) act(do func(context.Context, deed) (*notice, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := parseView(r.PostForm.Get("view"))
		var told *notice
		err := c.live.Do(r.Context(), func(ctx context.Context, in *world.World) error {
			var err error
			told, err = do(ctx, deed{c.live, c.reading(in, v, ""), r.PostForm})
			return err
		})
		switch {
		case err != nil:
			c.fail(w, r, err)
		case r.Header.Get("X-Live") != "":
			html, err := render("notice", told)
			if err != nil {
				c.fail(w, r, err)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(html)
		case told != nil && told.Kind != "done":
			c.respond(w, r, v, told, http.StatusOK)
		default:
			http.Redirect(w, r, v.href(r.PostForm.Get("part")), http.StatusSeeOther)
		}
	})
}

// night is when a night is over: the nightly walk begins at 03:17 and is done by then.
const night = 3*time.Hour + 30*time.Minute

// steps are how far the clock can be moved: to the next 03:30 UTC for a night.
var steps = map[string]func(time.Time) time.Time{
	"5m": func(t time.Time) time.Time { return t.Add(5 * time.Minute) },
	"night": func(t time.Time) time.Time {
		over := t.UTC().Truncate(24 * time.Hour).Add(night)
		if !over.After(t) {
			over = over.Add(24 * time.Hour)
		}
		return over
	},
	"180d": func(t time.Time) time.Time { return t.Add(180 * 24 * time.Hour) },
}

func moveClock(_ context.Context, d deed) (*notice, error) {
	step := d.form.Get("step")
	if step == "stop" {
		d.live.Stop()
		return nil, nil
	}
	move, ok := steps[step]
	if !ok {
		return nil, notFound("step %q of the clock", step)
	}
	d.live.JumpTo(move)
	return nil, nil
}

func changeSetting(ctx context.Context, d deed) (*notice, error) {
	group, field, by := d.form.Get("group"), d.form.Get("field"), d.form.Get("by")
	value := d.form.Get("value." + field)
	g, ok := d.read.groups[group]
	if !ok {
		return nil, notFound("group %s", group)
	}
	person, ok := d.read.people[by]
	if !ok {
		return nil, notFound("person %s", by)
	}
	if s, ok := org.SettingNamed(field); !ok || !slices.Contains(s.Values, value) {
		return nil, notFound("setting %s with the value %s", field, value)
	}
	w := d.read.world
	if now, _ := w.Workspace.Setting(group, field); now == value {
		return &notice{"refused", "That is the value already."}, nil
	}
	if err := w.Workspace.SetSetting(group, field, value, by); err != nil {
		return &notice{"refused", "Google Groups refuses it: " + err.Error()}, nil
	}
	if err := w.Settle(ctx); err != nil {
		return nil, err
	}
	return &notice{"done", fmt.Sprintf("%s changed %s in Google Groups: “%s” is now “%s”. Press +5 min to see what Sekisho makes of it.",
		person.Name, g.Name, wordsForSetting(field), wordsForValue(field, value))}, nil
}

// reader returns the person as whom something is done in Slack.
func (d deed) reader() (string, error) {
	who := d.form.Get("reader")
	if p, ok := d.read.people[who]; !ok || !p.Slack {
		return "", notFound("person %s in Slack", who)
	}
	return who, nil
}

func pressButton(ctx context.Context, d deed) (*notice, error) {
	who, err := d.reader()
	if err != nil {
		return nil, err
	}
	w := d.read.world
	ts := d.form.Get("message")
	visible := w.Slack.Visible(who)
	at := slices.IndexFunc(visible, func(m simslack.Message) bool { return m.TS == ts })
	number, label, _ := strings.Cut(d.form.Get("button"), " ")
	n, err := strconv.Atoi(number)
	if at < 0 || err != nil || n < 0 || n >= len(visible[at].Buttons) {
		return nil, notFound("button %d on message %s", n, ts)
	}
	b := visible[at].Buttons[n]
	if label != b.Label {
		return &notice{"refused", "The message has changed. Please look again."}, nil
	}
	on := buttonPattern(visible[at], b)
	if i, k := clicked(visible, b.Label, on); i != at || k != n {
		return &notice{"refused", "A newer message has the same button."}, nil
	}
	err = w.Click(ctx, who, b.Label, on)
	if err == nil && b.URL != "" {
		return openLink(ctx, d, who, b)
	}
	return told(err, fmt.Sprintf("%s pressed “%s”.", d.read.name(who), b.Label))
}

// typeCommand types a slash command. What is no command is no message either: people write to
// one another elsewhere.
func typeCommand(ctx context.Context, d deed) (*notice, error) {
	who, err := d.reader()
	if err != nil {
		return nil, err
	}
	command, text, _ := strings.Cut(strings.TrimSpace(d.form.Get("command")), " ")
	if !slices.Contains(commands, command) {
		return &notice{"refused", "The commands are " + strings.Join(commands, ", ") + "."}, nil
	}
	return told(d.read.world.Command(ctx, who, command, strings.TrimSpace(text)), "")
}

// commands are the slash commands that Sekisho answers.
var commands = []string{"/access", "/account", "/connect", "/why"}

// shortcut is a command that a button types.
type shortcut struct{ Command, Words string }

// shortcuts are what people ask for most.
var shortcuts = []shortcut{{"/access", "Ask for access"}, {"/account", "for an account"}, {"/connect", "for a connection"}}

func submitModal(ctx context.Context, d deed) (*notice, error) {
	who, err := d.reader()
	if err != nil {
		return nil, err
	}
	modal, ok := d.read.world.Slack.Modal(who)
	if !ok {
		return &notice{"refused", "The dialog is not open any more."}, nil
	}
	var fields []string
	for _, f := range modal.Fields {
		values := d.form["field."+f.BlockID]
		fields = append(fields, f.BlockID+"="+strings.Join(values, ","))
	}
	return told(d.read.world.Submit(ctx, who, fields), "Sent.")
}

// fillModal fills in the modal as far as somebody has come: first what others do not depend on, or it
// would be lost when the modal is made anew.
func fillModal(ctx context.Context, d deed) (*notice, error) {
	who, err := d.reader()
	if err != nil {
		return nil, err
	}
	modal, ok := d.read.world.Slack.Modal(who)
	if !ok {
		return &notice{"refused", "The dialog is not open any more."}, nil
	}
	for _, reports := range []bool{false, true} {
		for _, f := range modal.Fields {
			value := strings.Join(d.form["field."+f.BlockID], ",")
			if f.Reports != reports || value == f.Value {
				continue
			}
			if err := d.read.world.Fill(ctx, who, f.BlockID, value); err != nil {
				return told(err, "")
			}
		}
	}
	return nil, nil
}

func pressInModal(ctx context.Context, d deed) (*notice, error) {
	who, err := d.reader()
	if err != nil {
		return nil, err
	}
	label := d.form.Get("label")
	return told(d.read.world.ClickModal(ctx, who, label), fmt.Sprintf("%s pressed “%s”.", d.read.name(who), label))
}

func closeModal(ctx context.Context, d deed) (*notice, error) {
	who, err := d.reader()
	if err != nil {
		return nil, err
	}
	return told(d.read.world.CloseModal(ctx, who), "")
}

// told says how something in Slack went.
func told(err error, done string) (*notice, error) {
	var refused *world.Refused
	switch {
	case err == nil && done == "":
		return nil, nil
	case err == nil:
		return &notice{"done", done}, nil
	case errors.As(err, &refused):
		return &notice{"refused", refused.Text}, nil
	case errors.Is(err, simslack.ErrNoButton), errors.Is(err, simslack.ErrNoModal), errors.Is(err, simslack.ErrNoField), errors.Is(err, simslack.ErrNoOption),
		errors.Is(err, world.ErrNoWindow):
		return &notice{"refused", err.Error()}, nil
	}
	return nil, err
}
