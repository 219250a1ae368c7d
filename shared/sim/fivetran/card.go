package fivetran

import (
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// connectCard makes a connect card for a connection that exists.
func connectCard(c *call) (answer, error) {
	var in struct {
		Card *cardConfig `json:"connect_card_config"`
	}
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	k := c.s.connection(c.r.PathValue("id"))
	switch {
	case k == nil:
		return answer{}, connectionNotFound(c.r.PathValue("id"))
	case in.Card == nil:
		return answer{}, invalid("Field 'connect_card_config' is required")
	}
	if err := checkCard(in.Card); err != nil {
		return answer{}, err
	}
	k.card = in.Card
	return answer{message: "Connection Connect Card has been created", data: map[string]any{
		"connector_id": k.id, "connect_card": c.s.newCard(k, in.Card, c.now), "connect_card_config": in.Card,
	}}, nil
}

// newCard makes the address of a connect card. The caller holds the lock.
func (s *Server) newCard(c *connection, config *cardConfig, now time.Time) *card {
	token := s.cardToken(c, now)
	q := url.Values{"redirect_uri": {config.RedirectURI}, "auth": {token}}
	for name, flag := range map[string]*bool{"hide_setup_guide": config.HideSetupGuide, "all_fields": config.AllFields} {
		if flag != nil && *flag {
			q.Set(name, "true")
		}
	}
	return &card{Token: token, URI: s.opt.Cards + "/connect-card/setup?" + q.Encode()}
}

//go:embed card.html
var cardHTML string

var cardPage = template.Must(template.New("card").Parse(cardHTML))

// Card is what somebody sees of a connect card. Nothing that was entered as a secret is in it.
type Card struct {
	// Service is the source's name in words; Schema is the connection's own name.
	Service string
	Schema  string
	// OAuth says that the owner authorises the connection with a button.
	OAuth bool
	// Guide says that the setup guide is shown.
	Guide  bool
	Fields []CardField
	// Tests are the results of the setup tests, after something was entered that did not work.
	Tests []TestResult
	// Over is why there is nothing to fill in; empty where there is.
	Over string
}

// CardField is one setting that can be entered on a connect card.
type CardField struct {
	Name, Title string
	// Value is what it is now; empty for a secret.
	Value  string
	Secret bool
	// Choices are the values from which one is chosen; none where anything can be entered.
	Choices []string
}

// showCard shows a connect card. Looking at it uses nothing up.
func (s *Server) showCard(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cardOf(r.URL.Query().Get("auth"), s.opt.Now())
	if err != nil {
		s.cardOver(w, err)
		return
	}
	s.page(w, http.StatusOK, c.view(r.URL.Query(), nil))
}

// sendCard takes what somebody entered on a connect card.
func (s *Server) sendCard(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	c, err := s.cardOf(query.Get("auth"), s.opt.Now())
	if err != nil {
		s.cardOver(w, err)
		return
	}
	values := map[string]string{}
	for name := range r.PostForm {
		values[name] = r.PostForm.Get(name)
	}
	if back := s.enter(c, query, values, s.opt.Now()); back != "" {
		http.Redirect(w, r, back, http.StatusSeeOther)
		return
	}
	s.page(w, http.StatusOK, c.view(query, c.tests))
}

// enter puts what was entered on a card into the connection and tests it. Where the tests pass
// it returns where the browser goes, with the id of the connection, else nothing. The caller
// holds the lock.
func (s *Server) enter(c *connection, query url.Values, values map[string]string, now time.Time) string {
	for name, value := range values {
		f, ok := c.service.field(name)
		switch {
		case !ok, value == "", slices.Contains(c.service.naming, name):
		case f.secret:
			c.secrets[name] = value
		case f.kind == "string" && f.takes(value):
			c.config[name] = value
		}
	}
	c.authorized, c.revoked = c.service.oauth || len(c.secrets) > 0, false
	if !s.runTests(c, now, true) {
		return ""
	}
	back, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || back.Scheme != "https" && back.Scheme != "http" {
		return ""
	}
	q := back.Query()
	q.Set("id", c.id)
	back.RawQuery = q.Encode()
	return back.String()
}

// view is what the card of a connection shows. The caller holds the lock.
func (c *connection) view(query url.Values, tests []testResult) Card {
	out := Card{Service: c.service.name, Schema: c.schema, OAuth: c.service.oauth, Guide: query.Get("hide_setup_guide") != "true"}
	for _, t := range tests {
		out.Tests = append(out.Tests, TestResult(t))
	}
	for _, f := range c.service.fields {
		value, _ := c.config[f.name].(string)
		if f.secret {
			value = ""
		}
		if f.kind == "string" {
			out.Fields = append(out.Fields, CardField{Name: f.name, Title: f.title, Value: value, Secret: f.secret, Choices: slices.Clone(f.choices)})
		}
	}
	return out
}

// over is what a card says that cannot be filled in any more, and the page's status.
func over(err error) (string, int) {
	if errors.Is(err, ErrExpired) {
		return "This link has expired. Ask for a new one.", http.StatusGone
	}
	return "This link is not valid.", http.StatusNotFound
}

func (s *Server) cardOver(w http.ResponseWriter, err error) {
	text, status := over(err)
	s.page(w, status, Card{Over: text})
}

func (s *Server) page(w http.ResponseWriter, status int, v Card) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The browser may be gone; there is nobody to tell.
	_ = cardPage.Execute(w, v)
}
