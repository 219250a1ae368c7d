package console

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/trail"
)

func TestPageShowsWhatThereIs(t *testing.T) {
	body := visit(t, serve(t, nil)).get("/?group=payroll@example.com").Body.String()
	for _, want := range []string{
		"Sekisho", "関所", "+5 min", "+1 night", "+180 days", // HTML leaves a + as it is or escapes it
		"payroll@example.com", "Pay slips and contracts", "secure", "Grace Okafor", "whoCanModerateMembers",
		"Applied", "Waiting for people", "Reported", "Please decide", "Google Groups Settings",
	} {
		if !strings.Contains(strings.ReplaceAll(body, "&#43;", "+"), want) {
			t.Errorf("the page says nothing of %q", want)
		}
	}
}

func TestPageKeepsToItsPolicy(t *testing.T) {
	answer := visit(t, serve(t, nil)).get("/?group=product@example.com&reader=emma@example.com")
	policy := answer.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'nonce-", "style-src 'nonce-"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %q: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy allows what is unsafe: %s", policy)
	}
	body := answer.Body.String()
	for name, pattern := range map[string]string{
		"an inline handler": `<[^>]*\son[a-z]+=`, "an inline style": `<[^>]*\sstyle=|<style`, "an inline script": `<script[^>]*>[^<]`,
		"a foreign address": `(src|href|action)="(https?:)?//`, "a javascript: address": `(src|href|action)="javascript:`,
	} {
		if found := regexp.MustCompile(pattern).FindString(body); found != "" {
			t.Errorf("the page has %s: %q", name, found)
		}
	}
	nonce := regexp.MustCompile(`'nonce-([0-9a-f]{32})'`).FindStringSubmatch(policy)
	if nonce == nil || strings.Count(body, `nonce="`+nonce[1]+`"`) != 2 {
		t.Errorf("script and style do not carry the nonce of %s", policy)
	}
}

// nowhere is a bus that nobody listens to.
type nowhere struct{}

func (nowhere) Publish(context.Context, string, bus.Message) (string, error) { return "", nil }

func TestNothingIsTakenForHTML(t *testing.T) {
	w, policy := startWorld(t, hostile(t))
	ctx := t.Context()
	now := w.Clock.Now()
	const script = `</p><script>alert("%")</script>`
	attack := func(where string) string { return strings.ReplaceAll(script, "%", where) }
	if err := w.Slack.Say("eve@example.com", world.AlertChannel, attack("slack")); err != nil {
		t.Fatal(err)
	}
	_, _, err := ledger.New(w.Store(), nowhere{}, w.Clock.Now).Propose(ctx, change.Proposal{
		Kind: change.GroupSettings, Target: change.Target{ID: "g", Name: attack("target")}, Reason: attack("reason"),
		Diff:        []change.Delta{{Field: attack("field"), Before: attack("before"), After: attack("after")}},
		Requester:   change.Actor{Kind: change.ByPerson, ID: "p", Name: attack("requester")},
		Requirement: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: change.Selector("group:" + attack("need"))}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := trail.TurnAway(ctx, w.Store(), now, trail.Turned{Function: "f", Verb: attack("verb"), Actor: attack("actor"), Text: attack("text")}); err != nil {
		t.Fatal(err)
	}
	if err := cloudfn.Quarantine(ctx, w.Store(), cloudfn.Quarantined{Function: "f", Source: attack("source"), Reason: attack("why"), At: now}); err != nil {
		t.Fatal(err)
	}
	begun := connection.Begin("c", connection.Request{Name: attack("connection"), Service: attack("service"), Owner: attack("owner")}, connection.Plan{}, "p", now)
	if err := handover.New(w.Store(), connection.Policy{}, w.Clock.Now).Begin(ctx, begun); err != nil {
		t.Fatal(err)
	}
	latest, err := ledger.New(w.Store(), nil, w.Clock.Now).Latest(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	v := visit(t, New(NewLive(w), Options{Policy: policy}))
	q := url.Values{
		"group": {"odd@example.com"}, "reader": {world.AlertChannel}, "search": {`"><script>alert("search")</script>odd`},
		"open": {latest[0].ID, `"><script>alert("open")</script>`},
	}
	for _, address := range []string{"/?" + q.Encode(), "/?group=odd@example.com"} {
		body := v.get(address).Body.String()
		for _, bad := range []string{"<script>", "<img", `"x" onfocus`} {
			if i := strings.Index(body, bad); i >= 0 {
				t.Errorf("%s: %q came through: …%s…", address, bad, body[max(0, i-80):min(len(body), i+80)])
			}
		}
	}
	body := v.get("/?" + q.Encode()).Body.String()
	for _, where := range []string{"slack", "target", "reason", "field", "before", "after", "requester", "need", "verb", "actor", "text", "source", "why", "description", "search", "connection", "service", "owner"} {
		if !strings.Contains(body, "alert(&#34;"+where+"&#34;)") {
			t.Errorf("what was written as %s is not on the page", where)
		}
	}
}

func TestDialogsAreEscaped(t *testing.T) {
	const bad = `"><script>alert(1)</script>`
	html, err := render("slackview", slackPart{Reader: "eve@example.com", Modal: &modalPart{
		Title: bad, Submit: bad, Close: bad, Lines: []string{bad}, Buttons: []string{bad},
		Fields: []fieldLine{
			{ID: bad, Label: bad, Hint: bad, Value: bad, Problem: bad, Input: "text"},
			{ID: bad, Label: bad, Options: []valueChoice{{Value: bad, Words: bad}}, Many: true},
		},
	}, Window: &windowPart{
		Host: bad, Whose: bad, Title: bad, Lang: bad, Lines: []string{bad}, Tests: []testLine{{bad, bad, bad}}, Submit: bad, Others: []personChoice{{Value: bad, Text: bad}},
		Fields: []fieldLine{{ID: bad, Label: bad, Value: bad, Input: bad}, {ID: bad, Label: bad, Options: []valueChoice{{Value: bad, Words: bad}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(html), "<script>") {
		t.Errorf("a script came through:\n%s", html)
	}
}

func TestUnknownThingsAreNotFound(t *testing.T) {
	v := visit(t, serve(t, nil))
	for _, path := range []string{
		"/?group=nobody@example.com", "/?reader=nobody@example.com", "/?reader=%23nowhere", "/?by=nobody@example.com",
		"/?in=%23nowhere", "/stream?group=nobody@example.com", "/assets/nothing.js", "/assets/..%2fconsole.go", "/nothing",
	} {
		if got := v.get(path).Code; got != http.StatusNotFound {
			t.Errorf("GET %s: status %d, want 404", path, got)
		}
	}
	good := url.Values{
		"group": {"product@example.com"}, "field": {"whoCanJoin"}, "value.whoCanJoin": {"INVITED_CAN_JOIN"}, "by": {"emma@example.com"},
	}
	posts := []struct {
		path, name, value string
		base              url.Values
	}{
		{"/setting", "group", "nobody@example.com", good},
		{"/setting", "field", "noSetting", good},
		{"/setting", "value.whoCanJoin", "NOBODY", good},
		{"/setting", "by", "nobody@example.com", good},
		{"/clock", "step", "back", nil},
		{"/press", "reader", "nobody@example.com", nil},
		{"/press", "message", "1.2", url.Values{"reader": {"emma@example.com"}, "button": {"0 Undo"}}},
		{"/modal/submit", "reader", "nobody@example.com", nil},
		{"/modal/press", "reader", "#sekisho", nil},
		{"/modal/close", "reader", "", nil},
		{"/window/send", "reader", "nobody@example.com", nil},
		{"/window/pass", "to", "nobody@example.com", url.Values{"reader": {"emma@example.com"}}},
		{"/window/close", "reader", "#sekisho", nil},
	}
	for _, tt := range posts {
		form := url.Values{}
		for name, values := range tt.base {
			form[name] = values
		}
		form.Set(tt.name, tt.value)
		if got := v.post(tt.path, form).Code; got != http.StatusNotFound {
			t.Errorf("POST %s with %s=%s: status %d, want 404", tt.path, tt.name, tt.value, got)
		}
	}
}

func TestPlainFormsWork(t *testing.T) {
	w, policy := startWorld(t, nil)
	v := visit(t, New(NewLive(w), Options{Policy: policy}))
	answer := v.post("/setting", url.Values{
		"group": {"product@example.com"}, "field": {"whoCanViewGroup"}, "value.whoCanViewGroup": {"ALL_IN_DOMAIN_CAN_VIEW"},
		"by": {"liam@example.com"}, "view": {"group=product%40example.com"}, "part": {"group"},
	})
	if got, want := answer.Code, http.StatusSeeOther; got != want {
		t.Fatalf("status %d, want %d: %s", got, want, answer.Body)
	}
	if got, want := answer.Header().Get("Location"), "/?group=product%40example.com#group"; got != want {
		t.Errorf("led to %s, want %s", got, want)
	}
	if got, _ := w.Workspace.Setting("product@example.com", "whoCanViewGroup"); got != "ALL_IN_DOMAIN_CAN_VIEW" {
		t.Errorf("whoCanViewGroup is %s", got)
	}
}

func TestFormsLeadNowhereElse(t *testing.T) {
	v := visit(t, serve(t, small(t)))
	for _, bad := range []string{"//evil.example/", "https://evil.example", "\r\nLocation: https://evil.example"} {
		answer := v.post("/clock", url.Values{"step": {"stop"}, "view": {bad}, "part": {bad}})
		to, err := url.Parse(answer.Header().Get("Location"))
		if err != nil || to.Host != "" || to.Path != "/" {
			t.Errorf("view and part %q led to %q", bad, answer.Header().Get("Location"))
		}
	}
}

func TestRefusalsAreShown(t *testing.T) {
	v := visit(t, serve(t, small(t)))
	form := url.Values{
		"group": {"team@example.com"}, "field": {"whoCanModerateMembers"}, "value.whoCanModerateMembers": {"OWNERS_AND_MANAGERS"}, "by": {"ann@example.com"},
	}
	answer := v.post("/setting", form)
	if body := answer.Body.String(); answer.Code != http.StatusOK || !strings.Contains(body, `<p class="notice refused">`) || !strings.Contains(body, "<!doctype html>") {
		t.Errorf("status %d, want the page with a notice", answer.Code)
	}
	answer = v.post("/setting", form, func(r *http.Request) { r.Header.Set("X-Live", "1") })
	if got, want := answer.Body.String(), `<p class="notice refused">That is the value already.</p>`; got != want {
		t.Errorf("the script gets %q, want %q", got, want)
	}
}

func TestPressIsOfWhatIsShown(t *testing.T) {
	w, policy := startWorld(t, nil)
	v := visit(t, New(NewLive(w), Options{Policy: policy}))
	messages := w.Slack.Visible("grace@example.com")
	if len(messages) == 0 || len(messages[len(messages)-1].Buttons) == 0 {
		t.Fatal("nothing waits for Grace")
	}
	newest := messages[len(messages)-1]
	live := func(r *http.Request) { r.Header.Set("X-Live", "1") }
	stale := v.post("/press", url.Values{"reader": {"grace@example.com"}, "message": {newest.TS}, "button": {"0 Something else"}}, live)
	if !strings.Contains(stale.Body.String(), "has changed") {
		t.Errorf("a button whose label has changed: %s", stale.Body)
	}
	done := v.post("/press", url.Values{"reader": {"grace@example.com"}, "message": {newest.TS}, "button": {"0 " + newest.Buttons[0].Label}}, live)
	if !strings.Contains(done.Body.String(), "notice done") {
		t.Errorf("pressed %s: %s", newest.Buttons[0].Label, done.Body)
	}
}

// events reads Server-Sent Events: name and data, one after the other.
func events(t *testing.T, answer *http.Response) func() (name, data string) {
	t.Helper()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return func() (name, data string) {
		for lines.Scan() {
			line := lines.Text()
			switch {
			case strings.HasPrefix(line, "event: "):
				name = strings.TrimPrefix(line, "event: ")
			case strings.HasPrefix(line, "data: "):
				data += strings.TrimPrefix(line, "data: ") + "\n"
			case line == "" && name != "":
				return name, data
			}
		}
		t.Errorf("the stream ended: %v", lines.Err())
		return "", ""
	}
}

func TestStreamSendsWhatHasChanged(t *testing.T) {
	w, policy := startWorld(t, nil)
	live := NewLive(w)
	server := httptest.NewServer(New(live, Options{Policy: policy}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/stream?group=product@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	next := events(t, answer)
	for _, part := range parts {
		if name, data := next(); name != part.name || strings.TrimSpace(data) == "" {
			t.Fatalf("first event %q, want %s", name, part.name)
		}
	}
	err = live.Do(ctx, func(_ context.Context, w *world.World) error {
		return w.Workspace.SetSetting("product@example.com", "whoCanJoin", "INVITED_CAN_JOIN", "emma@example.com")
	})
	if err != nil {
		t.Fatal(err)
	}
	if name, data := next(); name != "group" || !strings.Contains(data, `data-value="INVITED_CAN_JOIN"`) {
		t.Errorf("then %q came:\n%s", name, data)
	}
	// A group that goes away takes its page with it.
	err = live.Do(ctx, func(_ context.Context, w *world.World) error {
		return w.Workspace.DeleteGroup("product@example.com", "")
	})
	if err != nil {
		t.Fatal(err)
	}
	if name, _ := next(); name != "gone" {
		t.Errorf("then %q came, want gone", name)
	}
}
