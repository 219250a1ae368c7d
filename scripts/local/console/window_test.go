package console

import (
	"bytes"
	"context"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/scripts/local/demo"
	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
)

const (
	requester = "sora@example.com"
	owner     = "emma@example.com"
)

// desk is a page in which somebody without JavaScript plays people who connect a data source.
type desk struct {
	*visitor
	world *world.World
	live  *Live
	log   *bytes.Buffer
	seen  strings.Builder // all that the page has answered
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{log: &bytes.Buffer{}}
	log := cloudfn.NewLog(d.log)
	var err error
	d.world, err = world.New(world.Options{Policy: demo.Policy(), Seed: 1, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.world.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.world.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	policy, err := policyfile.Load(demo.Policy())
	if err != nil {
		t.Fatal(err)
	}
	d.live = NewLive(d.world)
	d.visitor = visit(t, New(d.live, Options{Policy: policy, Log: log}))
	return d
}

// act sends a form as somebody, and returns what the page that follows says.
func (d *desk) act(path, who string, form url.Values) string {
	d.t.Helper()
	form.Set("reader", who)
	form.Set("view", "reader="+url.QueryEscape(who))
	answer := d.post(path, form)
	if answer.Code == http.StatusSeeOther {
		d.seen.WriteString(answer.Header().Get("Location"))
		return d.look(who)
	}
	if answer.Code != http.StatusOK {
		d.t.Fatalf("POST %s as %s: status %d: %s", path, who, answer.Code, answer.Body)
	}
	d.seen.WriteString(answer.Body.String())
	return html.UnescapeString(answer.Body.String())
}

func (d *desk) look(who string) string {
	body := d.get("/?reader=" + url.QueryEscape(who)).Body.String()
	d.seen.WriteString(body)
	return html.UnescapeString(body)
}

// press presses the newest button with a label.
func (d *desk) press(who, label string) string {
	d.t.Helper()
	for _, m := range slices.Backward(d.world.Slack.Visible(who)) {
		for n, b := range m.Buttons {
			if b.Label == label {
				return d.act("/press", who, url.Values{"message": {m.TS}, "button": {strconv.Itoa(n) + " " + label}})
			}
		}
	}
	d.t.Fatalf("%s has no button %q", who, label)
	return ""
}

// ask asks for a connection, and lets the owner of the data approve it.
func (d *desk) ask() {
	d.t.Helper()
	d.act("/command", requester, url.Values{"command": {"/connect klaviyo"}})
	d.act("/modal/submit", requester, url.Values{
		"field.service": {"klaviyo"}, "field.name": {"letters"}, "field.group": {"Snowflake_prod"}, "field.owner": {owner}, "field.schema": {"letters"}, "field.reason": {"Newsletters"},
	})
	d.press(owner, "Approve")
}

// load is the number that the window's form on a page carries.
func load(page string) string {
	_, rest, _ := strings.Cut(page, `name="load" value="`)
	number, _, _ := strings.Cut(rest, `"`)
	return number
}

// has complains where a page lacks something.
func has(t *testing.T, when, page string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(page, text) {
			t.Errorf("%s the page does not say %q", when, text)
		}
	}
}

const credential = "what-only-emma-knows"

// The whole hand-over of a connect card: it is asked for, approved, opened, filled in, and data comes.
func TestAHandoverOnThePage(t *testing.T) {
	d := openDesk(t)
	d.ask()
	page := d.press(owner, "Enter credentials")
	has(t, "after the press", page, `class="window"`, "fivetran.com", "Fivetran’s own page, simulated", "Connect Klaviyo", "Connection letters.",
		`<input type="password" name="card.api_key" value=""`, `<select name="card.historical_sync_limit">`, ">Connect</button>", ">Close</button>")

	first := load(page)
	page = d.act("/window/send", owner, url.Values{"load": {first}})
	has(t, "without a key", page, "Validating credentials: <b>FAILED</b>", "Klaviyo did not accept the credentials", `name="card.api_key" value=""`)
	page = d.act("/window/send", owner, url.Values{"load": {first}, "card.api_key": {credential}})
	has(t, "on a page that was loaded again", page, "the browser does not show that page any more", "FAILED")
	page = d.act("/window/send", owner, url.Values{"load": {load(page)}, "card.api_key": {credential}})
	has(t, "with a key", page, "console.example.com", "Sekisho’s own page", "Thank you", "The connection is being checked.")
	if strings.Contains(page, "card.api_key") {
		t.Error("the card is still there")
	}
	if page = d.act("/window/close", owner, url.Values{}); strings.Contains(page, `class="window"`) {
		t.Error("the window does not close")
	}
	err := d.live.Do(t.Context(), func(ctx context.Context, w *world.World) error { return w.Advance(ctx, w.Clock.Now().Add(time.Hour)) })
	if err != nil {
		t.Fatal(err)
	}
	has(t, "at the end", d.look(owner), "Connection letters (klaviyo)</dt><dd><b>connected</b>", "the first data has arrived")

	for where, text := range map[string]string{"the page": d.seen.String(), "the log": d.log.String()} {
		for what, secret := range map[string]string{
			"the way to a card": "connect-card/setup", "the token of a card": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9", "the token of a return": "&state=", "a credential": credential,
		} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
	}
}

// Who was passed the link reads that it is not for them.
func TestALinkIsPassedOn(t *testing.T) {
	d := openDesk(t)
	d.ask()
	page := d.press(owner, "Enter credentials")
	if strings.Contains(page, `<option value="`+owner+`">`) || !strings.Contains(page, `<option value="grace@example.com">`) {
		t.Error("the link can be passed on to its owner, or to nobody")
	}
	page = d.act("/window/pass", owner, url.Values{"to": {"grace@example.com"}})
	has(t, "as Grace", page, `class="notice refused"`, "Grace Okafor opened the link and reads: “This link is not for you”.", `name="card.api_key"`)
	has(t, "in Grace's Slack", d.look("grace@example.com"), `class="window"`, "This link is not for you", "Only the owner of the data can use it")
	d.act("/window/pass", owner, url.Values{"to": {"aiko@example.com"}})
	has(t, "in Aiko's Slack", d.look("aiko@example.com"), "このリンクは利用できません", `class="site" lang="ja"`)
	page = d.act("/window/send", "grace@example.com", url.Values{"load": {"2"}, "card.api_key": {credential}})
	has(t, "where Grace enters something", page, "the browser does not show that page any more")
	for _, to := range []string{"nobody@example.com", "olga@example.com", ""} { // Olga is suspended
		if got := d.post("/window/pass", url.Values{"reader": {owner}, "to": {to}}).Code; got != http.StatusNotFound {
			t.Errorf("passed on to %q: status %d, want 404", to, got)
		}
	}
}

// A button that leads elsewhere says where.
func TestALinkThatLeadsElsewhere(t *testing.T) {
	d := openDesk(t)
	who, label, address := "", "", ""
	for range 30 { // whoever has not used Looker for long is warned in one of the first nights
		for _, p := range d.world.Company.People {
			for _, m := range d.world.Slack.Visible(p.Email) {
				for _, b := range m.Buttons {
					if b.URL != "" {
						who, label, address = p.Email, b.Label, b.URL
					}
				}
			}
		}
		if who != "" {
			break
		}
		err := d.live.Do(t.Context(), func(ctx context.Context, w *world.World) error {
			return w.Advance(ctx, w.Clock.Now().Add(24*time.Hour))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if who == "" {
		t.Fatal("nobody has a link")
	}
	page := d.press(who, label)
	has(t, "after "+label, page, `class="notice aside"`, "“"+label+"” leads to "+address+", whose pages are not part of this simulation.")
	if strings.Contains(page, `class="window"`) {
		t.Error("a window opens")
	}
}
