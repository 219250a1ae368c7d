// Package console is the page that `go run ./scripts/local` serves: the company's groups, what
// Sekisho does about them, and what people see of it in Slack.
//
// The page is made on the server (html/template) and works without JavaScript: links, plain
// forms, and loading it again. Where there is JavaScript, the same templates arrive in parts
// over Server-Sent Events whenever something has changed, and forms are sent in the
// background.
//
// live.go lets time pass in a world and gives everybody their turn at it. view.go is what
// somebody looks at, kept in the address. reading.go and the files beside it make the model
// (model.go) of a view; render.go turns it into HTML. acts.go is what people can do, window.go what
// they do in their browsers; guard.go keeps strangers from doing it.
package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// Options say what the page shows besides the world.
type Options struct {
	// Policy is the policy in force; nil means none.
	Policy *policyfile.Policy
	Log    *slog.Logger
}

// Console serves the page. It is safe for concurrent use.
type Console struct {
	live    *Live
	policy  *policyfile.Policy
	log     *slog.Logger
	people  map[string]org.Person
	guard   *guard
	handler http.Handler
}

// New returns the page on a world.
func New(live *Live, o Options) *Console {
	if o.Policy == nil {
		o.Policy = &policyfile.Policy{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Console{live: live, policy: o.Policy, log: o.Log, people: map[string]org.Person{}, guard: newGuard()}
	for _, p := range live.world.Company.People {
		c.people[p.Email] = p
	}
	mux := http.NewServeMux()
	for _, r := range c.routes() {
		mux.Handle(r.pattern, r.handler)
	}
	c.handler = c.guard.protect(mux)
	return c
}

// ServeHTTP implements [http.Handler].
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

type route struct {
	pattern string
	handler http.Handler
}

// routes are all routes of the page.
func (c *Console) routes() []route {
	return []route{
		{"GET /{$}", http.HandlerFunc(c.showPage)},
		{"GET /stream", http.HandlerFunc(c.stream)},
		{"GET /assets/{file}", http.HandlerFunc(serveAsset)},
		{"POST /clock", c.act(moveClock)},
		{"POST /setting", c.act(changeSetting)},
		{"POST /press", c.act(pressButton)},
		{"POST /command", c.act(typeCommand)},
		{"POST /modal/submit", c.act(submitModal)},
		{"POST /modal/fill", c.act(fillModal)},
		{"POST /modal/press", c.act(pressInModal)},
		{"POST /modal/close", c.act(closeModal)},
		{"POST /window/send", c.act(sendCard)},
		{"POST /window/pass", c.act(passLink)},
		{"POST /window/close", c.act(closeWindow)},
	}
}

func (c *Console) showPage(w http.ResponseWriter, r *http.Request) {
	c.respond(w, r, viewOf(r.URL.Query()), nil, http.StatusOK)
}

// respond answers with the page.
func (c *Console) respond(w http.ResponseWriter, r *http.Request, v view, n *notice, status int) {
	token := c.guard.token(w, r)
	p, err := c.read(r.Context(), v, token)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	p.Notice = n
	p.Nonce = random()
	html, err := render("page", p)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy(p.Nonce))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(html)
}

// read makes the model of a view during one turn at the world.
func (c *Console) read(ctx context.Context, v view, token string) (*page, error) {
	var p *page
	err := c.live.Look(ctx, func(w *world.World) error {
		var err error
		p, err = c.reading(w, v, token).page(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make the page: %w", err)
	}
	p.Version = assetVersion
	return p, nil
}

// fail answers with an error.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	var gone *missing
	switch {
	case errors.As(err, &gone):
		c.sorry(w, http.StatusNotFound, "That is not here", "There is no "+gone.what+".")
	case r.Context().Err() != nil: // nobody is there to hear it
	default:
		c.log.ErrorContext(r.Context(), "page", "path", r.URL.Path, "error", err)
		c.sorry(w, http.StatusInternalServerError, "That did not work", "The log of the program says why.")
	}
}

// sorry answers with a page that says why there is no other one.
func (c *Console) sorry(w http.ResponseWriter, status int, title, text string) {
	s := sorryPage{Nonce: random(), Version: assetVersion, Title: title, Text: text}
	html, err := render("sorry", s)
	if err != nil {
		http.Error(w, title, status)
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy(s.Nonce))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(html)
}
