package fivetran_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/fivetran"
)

const password = "hunter2-canary"

var inputs = regexp.MustCompile(`<(?:input|select) name="([^"]+)"(?: type="([^"]+)")?`)

func TestACardIsAPageThatABrowserFillsIn(t *testing.T) {
	w := newWorld(t)
	id, card := w.create()
	rec, page := w.browser("GET", card, "")
	if rec.Code != http.StatusOK || !strings.Contains(page, "SQL Server RDS") || !strings.Contains(page, `value="db.example.com"`) {
		t.Fatalf("got %d %s", rec.Code, page)
	}
	fields := map[string]string{}
	for _, m := range inputs.FindAllStringSubmatch(page, -1) {
		fields[m[1]] = m[2]
	}
	if fields["password"] != "password" || fields["user"] != "text" || fields["schema_prefix"] != "" {
		t.Errorf("fields %v", fields)
	}
	for range 100 { // a bot that looks at links uses nothing up
		w.browser("GET", card, "")
		w.browser("HEAD", card, "")
	}
	rec, _ = w.browser("POST", card, url.Values{"user": {"reader"}, "password": {password}}.Encode())
	if want := "https://console.example.com/connected?id=" + id + "&state=s1"; rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != want {
		t.Errorf("got %d to %q, want %q", rec.Code, rec.Header().Get("Location"), want)
	}
	if setup, sync := w.state(id); setup != "connected" || sync != "paused" {
		t.Errorf("it is %s and %s", setup, sync)
	}
}

func TestWhatIsEnteredStays(t *testing.T) {
	w := newWorld(t)
	id, card := w.create()
	w.browser("POST", card, url.Values{"user": {"reader"}, "password": {password}}.Encode())
	var answers []string
	for _, path := range []string{"/v1/connections", "/v1/connections/" + id, "/v1/groups/thicket_confronted/connections", "/v1/metadata/connector-types/sql_server_rds"} {
		answers = append(answers, w.ok("GET", path, nil).raw)
	}
	answers = append(answers,
		w.ok("PATCH", "/v1/connections/"+id, object{"paused": false}).raw,
		w.ok("POST", "/v1/connections/"+id+"/test", object{}).raw,
		w.ok("POST", "/v1/connections/"+id+"/connect-card", object{"connect_card_config": object{"redirect_uri": "https://x.example/"}}).raw,
		fmt.Sprintf("%+v", w.vendor.Connections()))
	_, page := w.browser("GET", card, "")
	for _, text := range append(answers, page) {
		if strings.Contains(text, password) {
			t.Errorf("it shows what was entered: %s", text)
		}
	}
	if got := w.ok("GET", "/v1/connections/"+id, nil).Data["config"].(map[string]any)["password"]; got != "******" {
		t.Errorf("the password is shown as %v", got)
	}
	if c, _ := w.vendor.Connection("sales"); !c.Authorized {
		t.Error("nothing was entered")
	}
}

func TestACardLivesADay(t *testing.T) {
	w := newWorld(t)
	id, first := w.create()
	w.advance(12 * time.Hour)
	body := object{"connect_card_config": object{"redirect_uri": "https://console.example.com/", "all_fields": true}}
	second := w.ok("POST", "/v1/connections/"+id+"/connect-card", body).Data
	if second["connector_id"] != id {
		t.Errorf("got %v", second)
	}
	uri := second["connect_card"].(map[string]any)["uri"].(string)
	if uri == first || !strings.Contains(uri, "all_fields=true") || strings.Contains(uri, "hide_setup_guide") {
		t.Errorf("card %s", uri)
	}
	w.advance(12*time.Hour - time.Second)
	check(t, w.vendor.AbandonCard(first))
	w.advance(time.Second)
	refused(t, w.vendor.AbandonCard(first), fivetran.ErrExpired)
	if rec, page := w.browser("GET", first, ""); rec.Code != http.StatusGone || strings.Contains(page, "<form") {
		t.Errorf("an old card: %d %s", rec.Code, page)
	}
	if rec, _ := w.browser("POST", first, "password=x"); rec.Code != http.StatusGone {
		t.Errorf("an old card is taken: %d", rec.Code)
	}
	if setup, _ := w.state(id); setup != "incomplete" {
		t.Errorf("it is %s", setup)
	}
	check(t, w.vendor.AbandonCard(uri))
}

func TestOtherCards(t *testing.T) {
	w := newWorld(t)
	id, card := w.create()
	u, err := url.Parse(card)
	check(t, err)
	token := u.Query().Get("auth")
	for name, bad := range map[string]string{
		"no token":          "https://fivetran.com/connect-card/setup",
		"half a token":      strings.Replace(card, token, token[:len(token)-1], 1),
		"a changed token":   strings.Replace(card, token, strings.Replace(token, ".", ".e", 1), 1),
		"an unsigned token": strings.Replace(card, token, token[:strings.LastIndex(token, ".")+1], 1),
	} {
		if rec, _ := w.browser("GET", bad, ""); rec.Code != http.StatusNotFound {
			t.Errorf("%s: got %d", name, rec.Code)
		}
		if rec, _ := w.browser("POST", bad, "password=x"); rec.Code != http.StatusNotFound {
			t.Errorf("%s is taken: %d", name, rec.Code)
		}
		refused(t, w.vendor.AbandonCard(bad), fivetran.ErrNotFound)
	}
	for _, bad := range []string{"https://evil.example/connect-card/setup?auth=" + token, "https://fivetran.com/?auth=" + token, "%"} {
		_, err := w.vendor.SubmitCard(bad, nil)
		refused(t, err, fivetran.ErrInvalid)
		if strings.Contains(err.Error(), token) {
			t.Errorf("the error shows the address: %v", err)
		}
	}
	w.ok("DELETE", "/v1/connections/"+id, nil)
	refused(t, w.vendor.AbandonCard(card), fivetran.ErrNotFound)
	w.want(400, "InvalidInput", "POST", "/v1/connections/"+w.vendor.Connections()[0].ID+"/connect-card", object{})
	w.want(400, "InvalidInput", "POST", "/v1/connections/"+w.vendor.Connections()[0].ID+"/connect-card", object{"connect_card_config": object{"redirect_uri": "ftp://x"}})
}

func TestSubmitting(t *testing.T) {
	w := newWorld(t)
	id, card := w.create()
	check(t, w.vendor.AbandonCard(card))
	if setup, _ := w.state(id); setup != "incomplete" {
		t.Errorf("after a look it is %s", setup)
	}
	check(t, w.vendor.ScriptTests("sales",
		[]fivetran.TestResult{{Title: "Validating credentials", Status: fivetran.Failed, Message: "Login failed for user"}},
		[]fivetran.TestResult{{Title: "Validating credentials", Status: fivetran.JobFailed}},
		[]fivetran.TestResult{{Title: "Validating credentials", Status: fivetran.Passed}, {Title: "Permissions", Status: fivetran.Warning, Message: "May write too"}}))
	got, err := w.vendor.SubmitCard(card, nil)
	check(t, err)
	want := fivetran.Submission{Tests: []fivetran.TestResult{{Title: "Validating credentials", Status: fivetran.Failed, Message: "Login failed for user"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	rec, page := w.browser("POST", card, "password=x")
	if rec.Code != http.StatusOK || !strings.Contains(page, "JOB_FAILED") {
		t.Errorf("a card that does not work: %d %s", rec.Code, page)
	}
	if setup, _ := w.state(id); setup != "incomplete" {
		t.Errorf("after failed tests it is %s", setup)
	}
	got, err = w.vendor.SubmitCard(card, nil)
	check(t, err)
	if !strings.HasPrefix(got.Redirect, "https://console.example.com/connected?id="+id) || len(got.Tests) != 2 {
		t.Errorf("got %+v", got)
	}
	if setup, _ := w.state(id); setup != "connected" {
		t.Errorf("at last it is %s", setup)
	}
	check(t, w.vendor.ScriptTests("sales"))
	if tests := w.ok("POST", "/v1/connections/"+id+"/test", object{}).Data["setup_tests"].([]any); len(tests) != 3 {
		t.Errorf("without a script: %v", tests)
	}
	refused(t, w.vendor.ScriptTests("nothing"), fivetran.ErrNotFound)
}

// Whoever opens a card sees what its page shows, and nothing of what was entered before.
func TestOpeningACard(t *testing.T) {
	w := newWorld(t)
	id, card := w.create()
	_, err := w.vendor.SubmitCard(card, map[string]string{"user": "reader", "password": password})
	check(t, err)
	got, err := w.vendor.OpenCard(card)
	check(t, err)
	if got.Service != "SQL Server RDS" || got.Schema != "sales" || got.OAuth || got.Over != "" {
		t.Errorf("got %+v", got)
	}
	_, page := w.browser("GET", card, "")
	shown := map[string]string{}
	for _, m := range inputs.FindAllStringSubmatch(page, -1) {
		shown[m[1]] = m[2]
	}
	for _, f := range got.Fields {
		if _, ok := shown[f.Name]; !ok || f.Secret != (shown[f.Name] == "password") {
			t.Errorf("field %+v is not as on the page", f)
		}
		if f.Secret && f.Value != "" || f.Name == "user" && f.Value != "reader" {
			t.Errorf("%s is shown as %q", f.Name, f.Value)
		}
		delete(shown, f.Name)
	}
	if len(shown) > 0 {
		t.Errorf("only the page has %v", shown)
	}
	w.advance(24 * time.Hour)
	got, err = w.vendor.OpenCard(card)
	check(t, err)
	if diff := cmp.Diff(fivetran.Card{Over: "This link has expired. Ask for a new one."}, got); diff != "" {
		t.Errorf("an old card (-want +got):\n%s", diff)
	}
	w.ok("DELETE", "/v1/connections/"+id, nil)
	got, err = w.vendor.OpenCard(card)
	check(t, err)
	if diff := cmp.Diff(fivetran.Card{Over: "This link is not valid."}, got); diff != "" {
		t.Errorf("a card of nothing (-want +got):\n%s", diff)
	}
	_, err = w.vendor.OpenCard("https://evil.example/connect-card/setup")
	refused(t, err, fivetran.ErrInvalid)
}

func TestServicesWithAButton(t *testing.T) {
	w := newWorld(t)
	_, card := w.create(set("service", "salesforce"), set("config", object{"schema": "crm"}))
	if _, page := w.browser("GET", card, ""); !strings.Contains(page, ">Authorize</button>") {
		t.Errorf("no button: %s", page)
	}
	got, err := w.vendor.SubmitCard(card, map[string]string{})
	check(t, err)
	if got.Redirect == "" {
		t.Errorf("got %+v", got)
	}
}

func TestTests(t *testing.T) {
	w := newWorld(t)
	id, card := w.create(set("trust_certificates", false))
	results := func(data map[string]any) (out []string) {
		for _, item := range data["setup_tests"].([]any) {
			out = append(out, item.(map[string]any)["status"].(string))
		}
		return out
	}
	d := w.ok("POST", "/v1/connections/"+id+"/test", object{}).Data
	if diff := cmp.Diff([]string{"SKIPPED", "FAILED", "FAILED"}, results(d)); diff != "" {
		t.Errorf("nobody has been there (-want +got):\n%s", diff)
	}
	d = w.ok("POST", "/v1/connections/"+id+"/test", object{"trust_certificates": true}).Data
	if diff := cmp.Diff([]string{"SKIPPED", "PASSED", "FAILED"}, results(d)); diff != "" {
		t.Errorf("with trust (-want +got):\n%s", diff)
	}
	_, err := w.vendor.SubmitCard(card, nil)
	check(t, err)
	d = w.ok("POST", "/v1/connections/"+id+"/test", object{}).Data
	if diff := cmp.Diff([]string{"SKIPPED", "PASSED", "PASSED"}, results(d)); diff != "" {
		t.Errorf("set up (-want +got):\n%s", diff)
	}
	check(t, w.vendor.Break("sales"))
	d = w.ok("GET", "/v1/connections/"+id, nil).Data
	status := d["status"].(map[string]any)
	if status["setup_state"] != "broken" || status["tasks"].([]any)[0].(map[string]any)["code"] != "reconnect" {
		t.Errorf("broken: %v", status)
	}
	_, err = w.vendor.SubmitCard(card, nil)
	check(t, err)
	if setup, _ := w.state(id); setup != "connected" {
		t.Errorf("repaired: %s", setup)
	}
	w.want(400, "InvalidInput", "POST", "/v1/connections/"+id+"/test", "")
	w.want(400, "InvalidInput", "POST", "/v1/connections/"+id+"/test", object{"trust": true})
	// A request that runs the tests at once runs them without credentials.
	got := w.want(201, "Success", "POST", "/v1/connections", asked(set("config.schema_prefix", "b"), without("run_setup_tests")))
	if diff := cmp.Diff([]string{"SKIPPED", "PASSED", "FAILED"}, results(got.Data)); diff != "" {
		t.Errorf("at once (-want +got):\n%s", diff)
	}
}
