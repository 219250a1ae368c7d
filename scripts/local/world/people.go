package world

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/functions/slacknotify"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
)

// Refused is what a person gets to see when the system does not do what they asked for.
type Refused struct{ Text string }

// Error implements error.
func (r *Refused) Error() string { return "refused: " + r.Text }

// Quiet lets the clock run on until nothing more follows from what was done last: no message
// and no task is due within half a minute. It gives up, without an error, after ten minutes:
// something may be tried again and again.
func (w *World) Quiet(ctx context.Context) error {
	until := w.Clock.Now().Add(10 * time.Minute)
	for w.Clock.Now().Before(until) {
		if err := w.Settle(ctx); err != nil {
			return err
		}
		next, ok := w.backend.Next(ctx)
		if !ok || next.Sub(w.Clock.Now()) > 30*time.Second {
			return nil
		}
		if err := w.Advance(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// Click presses a button in Slack and waits for what follows. The error is a [Refused] when
// the system says no.
//
// The label is the English one, or the one that the person reads: a script need not know in which
// language somebody is told.
func (w *World) Click(ctx context.Context, person, label string, on *regexp.Regexp) error {
	out, err := w.Slack.Click(ctx, person, w.labelFor(person, label, on), on)
	return w.follow(ctx, person, out, err)
}

// labelFor returns the label by which a person sees a button, on the newest message that has it.
func (w *World) labelFor(person, label string, on *regexp.Regexp) string {
	labels := slacknotify.Labels(label)
	for _, m := range slices.Backward(w.Slack.Visible(person)) {
		if on != nil && !on.MatchString(m.Text) {
			continue
		}
		for _, b := range m.Buttons {
			if slices.Contains(labels, b.Label) || slices.Contains(labels, slacknotify.Unnumbered(b.Label)) {
				return b.Label
			}
		}
	}
	return label
}

// Replay sends a person's last signed request again, unchanged.
func (w *World) Replay(ctx context.Context, person string) error {
	out, err := w.Slack.Replay(ctx, person)
	return w.follow(ctx, person, out, err)
}

// Forge sends a person's last request again with a wrong signature. It holds, as an attempt,
// when the system refuses it; that refusal is a [Refused].
func (w *World) Forge(ctx context.Context, person string) error {
	out, err := w.Slack.Forge(ctx, person)
	return w.follow(ctx, person, out, err)
}

// Command types a slash command.
func (w *World) Command(ctx context.Context, person, command, text string) error {
	out, err := w.Slack.Command(ctx, person, command, text)
	if err := w.follow(ctx, person, out, err); err != nil {
		var refused *Refused
		question := command == "/why" || text == "list"
		if question && errors.As(err, &refused) && out.OK() {
			return nil // what only the person sees is the answer
		}
		return err
	}
	// A modal that asks nothing says why there is nothing to ask.
	if v, open := w.Slack.Modal(person); open && v.CallbackID == command && v.SubmitLabel == "" {
		return &Refused{Text: v.Text}
	}
	return nil
}

// Fill fills in one field of the modal that is open for a person. Where the app is told of that, what
// follows is waited for.
func (w *World) Fill(ctx context.Context, person, field, value string) error {
	out, err := w.Slack.Fill(ctx, person, field, value)
	if err != nil || out.Status == 0 { // nobody was told
		return err
	}
	return w.follow(ctx, person, out, nil)
}

// Submit fills in the modal that is open for a person, by FIELD=VALUE, and sends it.
func (w *World) Submit(ctx context.Context, person string, fields []string) error {
	values := map[string]string{}
	for _, f := range fields {
		name, value, ok := strings.Cut(f, "=")
		if !ok {
			return fmt.Errorf("%q is no FIELD=VALUE", f)
		}
		values[name] = value
	}
	out, err := w.Slack.Submit(ctx, person, values)
	return w.follow(ctx, person, out, err)
}

func (w *World) follow(ctx context.Context, person string, out simslack.Outcome, err error) error {
	if err != nil {
		return err
	}
	if !out.OK() {
		return &Refused{Text: fmt.Sprintf("status %d %s %v", out.Status, out.Notice, out.Errors)}
	}
	if err := w.Quiet(ctx); err != nil {
		return err
	}
	for _, m := range w.Slack.Ephemerals(person, out.TS) {
		return &Refused{Text: m.Text}
	}
	return nil
}

// ClickModal presses a button inside the modal that is open for a person, and waits for what
// follows. The error is a [Refused] when the system says no.
func (w *World) ClickModal(ctx context.Context, person, label string) error {
	out, err := w.Slack.ClickModal(ctx, person, label)
	return w.follow(ctx, person, out, err)
}

// CloseModal closes the modal on top of a person's screen. Where the app wants to know, it is
// told, and what follows from that is waited for.
func (w *World) CloseModal(ctx context.Context, person string) error {
	out, err := w.Slack.Close(ctx, person)
	if err != nil || out.Status == 0 { // nobody wanted to know
		return err
	}
	return w.follow(ctx, person, out, nil)
}

// Ask puts a question to groupapi as its one client in this world does, and decodes the answer.
func (w *World) Ask(ctx context.Context, path string, answer any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url("GroupAPI")+path, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	r.Header.Set("Authorization", "Bearer "+APIToken)
	resp, err := w.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: status %d: %s", path, resp.StatusCode, body)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	return nil
}
