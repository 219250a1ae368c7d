package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
)

// parts are the parts of the page that are sent again when they have changed, by the ids of
// their elements, with what of the page they show.
var parts = []struct {
	name string
	of   func(*page) any
}{
	{"clock", func(p *page) any { return p.Clock }},
	{"grouplist", func(p *page) any { return p.Groups }},
	{"group", func(p *page) any { return p.Group }},
	{"changelist", func(p *page) any { return p.Changes }},
	{"connections", func(p *page) any { return p.Connections }},
	{"slackview", func(p *page) any { return p.Slack }},
	{"numbers", func(p *page) any { return p.Numbers }},
}

// stream sends the parts of one view as Server-Sent Events: each at once, and again whenever
// it has changed. The event is named like the part, its data is HTML.
// See https://html.spec.whatwg.org/multipage/server-sent-events.html.
func (c *Console) stream(w http.ResponseWriter, r *http.Request) {
	news, end := c.live.Listen()
	defer end()
	v := viewOf(r.URL.Query())
	token := c.guard.token(w, r)
	sent := map[string][]byte{}
	p, err := c.read(r.Context(), v, token)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	for {
		if err := sendParts(w, p, sent); err != nil {
			c.lost(r.Context(), err)
			return
		}
		if err := out.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-news:
		}
		var gone *missing
		if p, err = c.read(r.Context(), v, token); errors.As(err, &gone) {
			// What was looked at is gone. The page loads again and says so.
			_, _ = fmt.Fprint(w, "event: gone\ndata: \n\n")
			return
		} else if err != nil {
			c.lost(r.Context(), err)
			return
		}
	}
}

func (c *Console) lost(ctx context.Context, err error) {
	if ctx.Err() == nil {
		c.log.ErrorContext(ctx, "stream", "error", err)
	}
}

// sendParts writes the parts that are not as they were sent last.
func sendParts(w http.ResponseWriter, p *page, sent map[string][]byte) error {
	for _, part := range parts {
		html, err := render(part.name, part.of(p))
		if err != nil {
			return err
		}
		if bytes.Equal(sent[part.name], html) {
			continue
		}
		sent[part.name] = html
		if _, err := fmt.Fprintf(w, "event: %s\n", part.name); err != nil {
			return err
		}
		for line := range bytes.Lines(html) {
			if _, err := fmt.Fprintf(w, "data: %s\n", bytes.TrimRight(line, "\r\n")); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprint(w, "\n"); err != nil {
			return err
		}
	}
	return nil
}
