package contract

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/looker"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// lookerWorld is a Looker whose every word is judged.
type lookerWorld struct {
	t      *testing.T
	looker *looker.Server
	faults *sim.Faults
	http   http.Client
	token  string
}

func newLookerWorld(t *testing.T, recorder *Recorder, provoking bool) *lookerWorld {
	t.Helper()
	spec, err := LoadLooker(Specs(t))
	if err != nil {
		t.Fatal(err)
	}
	company, err := org.Parse("company.yaml", []byte(`
looker:
  self: sekisho@example.com
  users:
  - {email: sekisho@example.com, roles: [Admin], service_account: true, created: 2024-01-01T00:00:00Z}
  - email: all@example.com
    roles: [User]
    created: 2025-01-10T00:00:00Z
    api3: true
    credentials:
      {email: null, embed: 2026-01-01T00:00:00Z, google: 2026-05-01T09:30:15Z, ldap: null, looker_openid: null, oidc: null, saml: null, totp: null, workforce: null}
  - {email: none@example.com}
`))
	if err != nil {
		t.Fatal(err)
	}
	w := &lookerWorld{t: t, faults: sim.NewFaults(1)}
	w.looker, err = looker.New(looker.Options{
		Company: company, Now: func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) },
		Faults: w.faults, ClientID: "id", ClientSecret: "secret", Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	tap := Tap{Specs: []Spec{spec}, Provoking: provoking}
	w.http.Transport = sim.Transport{"looker.test": recorder.Handler(tap, w.looker)}
	return w
}

// ask sends one request and returns its status; a body goes as JSON or, to the login, as a form.
func (w *lookerWorld) ask(method, path, body string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://looker.test/api/4.0"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	switch {
	case path == "/login":
		r.Header.Set("Content-Type", formType)
	case body != "":
		r.Header.Set("Content-Type", "application/json")
	}
	if w.token != "" {
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	resp, err := w.http.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if path == "/login" && resp.StatusCode == http.StatusOK {
		answer, err := decode(text)
		if err != nil {
			w.t.Fatal(err)
		}
		w.token, _ = answer.(map[string]any)["access_token"].(string)
	}
	return resp.StatusCode
}

// do asks for something that has to be done.
func (w *lookerWorld) do(method, path, body string) {
	w.t.Helper()
	if status := w.ask(method, path, body); status/100 != 2 {
		w.t.Errorf("%s %s: got %d", method, path, status)
	}
}

var lookerLogin = url.Values{"client_id": {"id"}, "client_secret": {"secret"}}.Encode()

// useEverything asks for every operation that the simulator has.
func (w *lookerWorld) useEverything() {
	w.t.Helper()
	for _, err := range []error{w.looker.Login("all@example.com", "google"), w.looker.Work("all@example.com"), w.looker.Sudo("sekisho@example.com", "all@example.com")} {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	all, _ := w.looker.User("all@example.com")
	none, _ := w.looker.User("none@example.com")
	w.do("POST", "/login", lookerLogin)
	w.do("GET", "/user", "")
	w.do("GET", "/users", "")
	w.do("GET", "/users?limit=2&offset=1&sorts=id&ids=1,2&fields=id,credentials_google(logged_in_at),sessions", "")
	w.do("GET", "/users/search?email=all%25&is_disabled=false&filter_or=true", "")
	w.do("GET", "/users/"+all.ID, "")
	w.do("GET", "/users/"+none.ID, "")
	w.do("PATCH", "/users/"+all.ID, `{"is_disabled": true}`)
	w.do("POST", "/users", `{"first_name": "Nia", "last_name": "Ito", "is_disabled": true}`)
	w.do("POST", "/users/4/credentials_email", `{"email": "nia@example.com"}`)
	w.do("GET", "/users/4/credentials_email", "")
	w.do("POST", "/users/4/credentials_email/send_password_reset", "")
	w.do("POST", "/users/4/credentials_email/password_reset?expires=true", "")
	w.do("PUT", "/users/4/roles", `["2"]`)
	w.do("GET", "/users/4/roles?direct_association_only=true", "")
	w.do("GET", "/roles", "")
	w.do("GET", "/roles/search/with_user_count?name=U%25", "")
	w.do("GET", "/users/"+all.ID+"/sessions", "")
	w.do("DELETE", "/users/"+all.ID+"/sessions/1", "")
	w.do("DELETE", "/logout", "")
}

func TestLookerConforms(t *testing.T) {
	recorder := NewRecorder(LookerExceptions...)
	w := newLookerWorld(t, recorder, false)
	w.useEverything()
	if got := w.ask("GET", "/users/1", ""); got != http.StatusUnauthorized {
		t.Errorf("after signing out: got %d", got)
	}
	for _, kind := range []sim.FaultKind{sim.FaultDown, sim.Fault500, sim.Fault429, sim.FaultTimeout} {
		w.faults.Add(sim.Fault{API: looker.API, Kind: kind, Rate: 1, Left: 1})
		w.ask("POST", "/login", lookerLogin)
	}
	w.do("POST", "/login", lookerLogin)
	for _, path := range []string{"/users/99", "/users/99/sessions", "/users/99/roles"} {
		w.ask("GET", path, "")
	}
	report := recorder.Report()
	report.Verify(t)
	for _, e := range report.Unused {
		t.Errorf("this exception is not needed: %+v", e)
	}
	if missing := report.Missing(w.looker.Methods()); len(missing) > 0 {
		t.Errorf("never asked for: %v", missing)
	}
	for _, c := range report.Operations {
		if !strings.Contains(fmt.Sprint(c.Outcomes), "{20") {
			t.Errorf("%s never succeeded: %v", c.Operation, c.Outcomes)
		}
	}
}

func TestNothingIsOverlookedAtLooker(t *testing.T) {
	recorder := NewRecorder(LookerExceptions...)
	w := newLookerWorld(t, recorder, false)
	w.useEverything()
	samples := recorder.Samples()
	if len(samples) < len(w.looker.Methods()) {
		t.Errorf("got samples of %d operations, want %d", len(samples), len(w.looker.Methods()))
	}
	spoilAll(t, samples)
}

// What breaks the description is refused.
func TestLookerRefusesWhatBreaksTheDescription(t *testing.T) {
	recorder := NewRecorder(LookerExceptions...)
	w := newLookerWorld(t, recorder, true)
	w.do("POST", "/login", lookerLogin)
	for _, request := range []string{
		"GET /roles?feilds=id", "GET /users?limit=many", "GET /users?offset=x", "GET /users?fields=nmae", "GET /users?limit=1&limit=2",
		"GET /users/search?is_disabled=perhaps", "GET /users/search?mail=x", "GET /users/2/roles?direct_association_only=yes",
		`PATCH /users/2 {"is_disabled": "yes"}`, `PATCH /users/2 {"disabled": true}`, "PATCH /users/2 [true]", `POST /users {"nmae": "x"}`,
		`POST /users/3/credentials_email {"mail": "x@example.com"}`, `PUT /users/2/roles [2]`, `PUT /users/2/roles {}`,
		"POST /users/2/credentials_email/password_reset?expires=soon", "DELETE /users/2", "GET /roles?ids=1&ids=2",
	} {
		line := strings.SplitN(request+" ", " ", 3)
		if status := w.ask(line[0], line[1], strings.TrimSpace(line[2])); status/100 == 2 {
			t.Errorf("%s: got %d", request, status)
		}
	}
	recorder.Report().Verify(t)
}
