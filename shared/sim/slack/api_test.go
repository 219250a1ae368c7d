package slack_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/slack"
)

func TestTokenIsDemanded(t *testing.T) {
	w := newWorld(t)
	tests := map[string]struct {
		token, want string
	}{
		"the app's token": {token, ""},
		"another token":   {"xoxb-other", "invalid_auth"},
		"no token":        {"", "not_authed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := w.as(tt.token).AuthTest()
			wantCode(t, err, tt.want)
		})
	}
	got, err := w.api.AuthTest()
	if err != nil {
		t.Fatal(err)
	}
	if got.UserID != w.BotUserID() || got.TeamID != "T0000000001" || got.BotID == "" {
		t.Errorf("got %+v, want the app's user %s in T0000000001", got, w.BotUserID())
	}
}

// raw POSTs a body to a method as it is and returns Slack's error code.
func (w *world) raw(t *testing.T, method, contentType, authorization, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "https://slack.com/api/"+method, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	return w.do(t, req)
}

func (w *world) do(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("answer %q: %v", raw, err)
	}
	if answer.OK != (answer.Error == "") {
		t.Errorf("answer %s: ok and error contradict each other", raw)
	}
	return resp.StatusCode, answer.Error
}

func TestEncodingsOfArguments(t *testing.T) {
	const form, bearer = "application/x-www-form-urlencoded", "Bearer " + token
	w := newWorld(t)
	tests := map[string]struct {
		method, contentType, authorization, body string
		want                                     string
	}{
		"form with the token in it":              {"auth.test", form, "", "token=" + token, ""},
		"form with the token in the header":      {"users.lookupByEmail", form, bearer, "email=" + aiko, ""},
		"JSON":                                   {"chat.postMessage", "application/json; charset=utf-8", bearer, `{"channel":"#looker-admins","text":"hello"}`, ""},
		"JSON with blocks as an array":           {"chat.postMessage", "application/json", bearer, `{"channel":"#looker-admins","blocks":[{"type":"divider"}]}`, ""},
		"JSON with blocks as text":               {"chat.postMessage", "application/json", bearer, `{"channel":"#looker-admins","blocks":"[{\"type\":\"divider\"}]"}`, ""},
		"JSON with the token in the body":        {"auth.test", "application/json", "", `{"token":"` + token + `"}`, "not_authed"},
		"JSON for a method that takes forms":     {"users.lookupByEmail", "application/json", bearer, `{"email":"` + aiko + `"}`, "invalid_arguments"},
		"broken JSON":                            {"chat.postMessage", "application/json", bearer, `{"channel":`, "invalid_json"},
		"two JSON values":                        {"chat.postMessage", "application/json", bearer, `{} {}`, "invalid_json"},
		"JSON that is no object":                 {"chat.postMessage", "application/json", bearer, `[1]`, "json_not_object"},
		"broken form":                            {"auth.test", form, bearer, "a=%zz", "invalid_form_data"},
		"another type":                           {"auth.test", "text/csv", bearer, "a", "invalid_post_type"},
		"no type":                                {"auth.test", "", bearer, "a", "missing_post_type"},
		"nothing at all":                         {"auth.test", "", bearer, "", ""},
		"a broken type":                          {"auth.test", "a/b/c", bearer, "a", "invalid_post_type"},
		"another charset":                        {"auth.test", form + "; charset=utf-16", bearer, "a=b", "invalid_charset"},
		"a body without end":                     {"auth.test", form, bearer, "a=" + strings.Repeat("x", 2<<20), "request_timeout"},
		"a method that does not exist":           {"chat.shout", form, bearer, "", "unknown_method"},
		"a method that does not exist, unauthed": {"chat.shout", form, "", "", "unknown_method"},
		"blocks that are not JSON":               {"chat.postMessage", form, bearer, "channel=%23looker-admins&blocks=[", "invalid_blocks_format"},
		"blocks that are no array":               {"chat.postMessage", form, bearer, "channel=%23looker-admins&blocks={}", "invalid_blocks_format"},
		"metadata that is not JSON":              {"chat.postMessage", form, bearer, "channel=%23looker-admins&text=a&metadata={", "invalid_metadata_format"},
		"metadata that is no object":             {"chat.postMessage", form, bearer, "channel=%23looker-admins&text=a&metadata=[]", "invalid_metadata_format"},
		"metadata without a payload":             {"chat.postMessage", form, bearer, `channel=%23looker-admins&text=a&metadata={"event_type":"x"}`, "invalid_metadata_schema"},
		"attachments, which are not imitated":    {"chat.postMessage", form, bearer, `channel=%23looker-admins&text=a&attachments=[{"text":"x"}]`, "invalid_arguments"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, got := w.raw(t, tt.method, tt.contentType, tt.authorization, tt.body)
			if status != http.StatusOK || got != tt.want {
				t.Errorf("got status %d and error %q, want 200 and %q", status, got, tt.want)
			}
		})
	}
}

func TestArgumentsInTheQuery(t *testing.T) {
	w := newWorld(t)
	req, err := http.NewRequest(http.MethodGet, "https://slack.com/api/users.lookupByEmail?email="+aiko, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if status, code := w.do(t, req); status != http.StatusOK || code != "" {
		t.Errorf("got status %d and error %q, want success", status, code)
	}
	resp, err := w.client.Get("https://slack.com/elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("got status %d outside of the API, want 404", resp.StatusCode)
	}
}

func TestLookupByEmail(t *testing.T) {
	w := newWorld(t)
	tests := map[string]struct {
		email, want string
	}{
		"a member":                     {aiko, ""},
		"in other letter case":         {"Aiko@Example.COM", ""},
		"a guest":                      {carol, ""},
		"a deactivated person":         {dora, "users_not_found"},
		"a stranger":                   {eve, "users_not_found"},
		"nobody":                       {"nobody@example.com", "users_not_found"},
		"the empty address":            {"", "invalid_arguments"},
		"Slackbot, who has no address": {"slackbot", "users_not_found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := w.api.GetUserByEmail(tt.email)
			wantCode(t, err, tt.want)
		})
	}
}

func TestUserInfo(t *testing.T) {
	w := newWorld(t)
	get := func(email string) *slackgo.User {
		t.Helper()
		u, err := w.api.GetUserInfo(w.id(t, email))
		if err != nil {
			t.Fatalf("user info of %s: %v", email, err)
		}
		return u
	}
	if u := get(aiko); u.Locale != "ja-JP" || u.RealName != "Aiko Tanaka" || u.Profile.Email != aiko || u.TeamID != "T0000000001" {
		t.Errorf("got %+v, want Aiko with her locale and address", u)
	}
	if u := get(ben); u.Locale != "en-US" {
		t.Errorf("got locale %q, want en-US where none is given", u.Locale)
	}
	if u := get(carol); !u.IsRestricted {
		t.Error("the guest is not restricted")
	}
	if u := get(dora); !u.Deleted || u.Locale != "" {
		t.Errorf("got deleted %v, locale %q, want a deactivated account without locale", u.Deleted, u.Locale)
	}
	if u := get(eve); !u.IsStranger || u.TeamID != "T0PARTNER" || u.Profile.Email != "" {
		t.Errorf("got %+v, want a stranger whose address is not told", u)
	}
	_, err := w.api.GetUserInfo("U0NOBODY")
	wantCode(t, err, "user_not_found")

	// A change keeps the id.
	before := w.id(t, ben)
	w.AddPerson(slack.Person{Email: "BEN@example.com", Name: "Ben", Deleted: true})
	if u, err := w.api.GetUserInfo(before); err != nil || !u.Deleted {
		t.Errorf("got %+v, %v, want the same user deactivated", u, err)
	}
}

// People live in Tokyo unless they are said to live elsewhere, and how far that is from UTC goes with
// the season.
func TestTimeZonesOfPeople(t *testing.T) {
	w := newWorld(t)
	const frida, zoe = "frida@example.com", "zoe@example.com"
	w.AddPerson(slack.Person{Email: frida, Zone: "Europe/Berlin"})
	w.AddPerson(slack.Person{Email: zoe, Zoneless: true})
	for _, test := range []struct {
		email       string
		month       time.Month
		zone, label string
		offset      int
	}{
		{aiko, time.November, "Asia/Tokyo", "Japan Standard Time", 9 * 60 * 60},
		{ben, time.July, "Asia/Tokyo", "Japan Standard Time", 9 * 60 * 60},
		{frida, time.November, "Europe/Berlin", "CET", 60 * 60},
		{frida, time.July, "Europe/Berlin", "CEST", 2 * 60 * 60},
		{zoe, time.November, "", "", 0},
		{dora, time.November, "", "", 0},
	} {
		w.now = time.Date(2026, test.month, 22, 0, 0, 0, 0, time.UTC)
		u, err := w.api.GetUserInfo(w.id(t, test.email))
		if err != nil || u.TZ != test.zone || u.TZLabel != test.label || u.TZOffset != test.offset {
			t.Errorf("%s in %s: %+v, %v; want %s, %s, %d", test.email, test.month, u, err, test.zone, test.label, test.offset)
		}
	}
}

func TestUserListIsPaged(t *testing.T) {
	w := newWorld(t)
	users, err := w.api.GetUsers(slackgo.GetUsersOptionLimit(2))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range users {
		got = append(got, u.Name)
	}
	want := []string{"slackbot", "sekisho", "aiko", "ben", "carol", "dora"} // no strangers
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	if n, _ := w.calls.Count("slack", "users.list"); n != 3 {
		t.Errorf("got %d calls for 6 users by 2, want 3", n)
	}
	for _, cursor := range []string{"?", "dXNlcjpVMA=="} {
		_, code := w.raw(t, "users.list", "application/x-www-form-urlencoded", "Bearer "+token, "cursor="+cursor)
		if code != "invalid_cursor" {
			t.Errorf("cursor %s: got error %q, want invalid_cursor", cursor, code)
		}
	}
	if _, code := w.raw(t, "users.list", "application/x-www-form-urlencoded", "Bearer "+token, "limit=-1"); code != "invalid_limit" {
		t.Errorf("limit -1: got error %q, want invalid_limit", code)
	}
}

func TestIdentifiersDoNotDependOnOrder(t *testing.T) {
	a := newWorld(t)
	b := newWorld(t, func(o *slack.Options) { o.People = []slack.Person{{Email: ben}, {Email: aiko}} })
	if x, y := a.id(t, aiko), b.id(t, aiko); x != y || !strings.HasPrefix(x, "U") {
		t.Errorf("got ids %s and %s, want one", x, y)
	}
	if x, y := a.id(t, aiko), a.id(t, ben); x == y {
		t.Errorf("two people share the id %s", x)
	}
}

func TestFaults(t *testing.T) {
	post := func(w *world) error {
		_, _, err := w.api.PostMessage("#looker-admins", slackgo.MsgOptionText("hello", false))
		return err
	}
	tests := map[sim.FaultKind]struct {
		posted int
		check  func(error) bool
	}{
		sim.Fault429: {0, func(err error) bool {
			var e *slackgo.RateLimitedError
			return errors.As(err, &e) && e.RetryAfter == 30*time.Second
		}},
		sim.Fault500:           {0, isStatus(500)},
		sim.FaultDown:          {0, isStatus(503)},
		sim.FaultAppliedBut500: {1, isStatus(500)},
		sim.FaultTimeout: {0, func(err error) bool {
			var e net.Error
			return errors.As(err, &e) && e.Timeout()
		}},
	}
	for kind, tt := range tests {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			w.faults.Add(sim.Fault{API: "slack", Kind: kind, Rate: 1, Left: 1})
			if err := post(w); !tt.check(err) {
				t.Errorf("got error %v", err)
			}
			if n := len(w.Visible("#looker-admins")); n != tt.posted {
				t.Errorf("got %d messages, want %d", n, tt.posted)
			}
			if err := post(w); err != nil {
				t.Errorf("after the fault: %v", err)
			}
			if n, _ := w.calls.Count("slack", "chat.postMessage"); n != 2 {
				t.Errorf("got %d calls counted, want 2", n)
			}
		})
	}
}

func isStatus(code int) func(error) bool {
	return func(err error) bool {
		var e slackgo.StatusCodeError
		return errors.As(err, &e) && e.Code == code
	}
}

func TestListingsThatLookComplete(t *testing.T) {
	for kind, want := range map[sim.FaultKind]int{sim.FaultPartial: 3, sim.FaultEmpty: 0} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			w.faults.Add(sim.Fault{API: "slack", Kind: kind, Rate: 1, Left: 1})
			users, err := w.api.GetUsers()
			if err != nil || len(users) != want {
				t.Errorf("got %d users and error %v, want %d of 6 and none", len(users), err, want)
			}
		})
	}
}

func TestTierAllowsItsRequestsPerMinute(t *testing.T) {
	w := newWorld(t)
	lookup := func() error { _, err := w.api.GetUserByEmail(aiko); return err }
	for range 50 {
		if err := lookup(); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(200 * time.Millisecond)
	}
	var limited *slackgo.RateLimitedError
	if err := lookup(); !errors.As(err, &limited) || limited.RetryAfter != 50*time.Second {
		t.Fatalf("got %v, want to wait for the 50 s until the first request is a minute old", err)
	}
	if _, err := w.api.GetUserInfo(w.id(t, aiko)); err != nil {
		t.Errorf("another method: %v", err)
	}
	w.now = w.now.Add(50 * time.Second)
	if err := lookup(); err != nil {
		t.Errorf("after waiting: %v", err)
	}
	if calls, refused := w.calls.Count("slack", "users.lookupByEmail"); calls != 52 || refused != 1 {
		t.Errorf("got %d calls, %d refused, want 52 and 1", calls, refused)
	}
}

func TestOneMessagePerSecondAndChannel(t *testing.T) {
	w := newWorld(t)
	post := func(to string) error {
		_, _, err := w.api.PostMessage(to, slackgo.MsgOptionText("hello", false))
		return err
	}
	for range 5 {
		if err := post("#looker-admins"); err != nil {
			t.Fatalf("within the burst: %v", err)
		}
	}
	var limited *slackgo.RateLimitedError
	if err := post("#looker-admins"); !errors.As(err, &limited) || limited.RetryAfter != time.Second {
		t.Errorf("got %v, want to wait for 1 s", err)
	}
	if err := post(w.id(t, aiko)); err != nil {
		t.Errorf("another channel: %v", err)
	}
	w.now = w.now.Add(time.Second)
	if err := post("#looker-admins"); err != nil {
		t.Errorf("a second later: %v", err)
	}
	if err := post("#looker-admins"); err == nil {
		t.Error("two in the same second after the burst: want a refusal")
	}
}

func TestWorkspaceLimitOfMessages(t *testing.T) {
	w := newWorld(t)
	refused := 0
	for i := range 605 {
		name := "c" + strings.Repeat("x", i)
		if err := w.AddChannel(slack.Channel{Name: name}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.api.PostMessage("#"+name, slackgo.MsgOptionText("hello", false)); err != nil {
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("got %d of 605 messages refused, want 5", refused)
	}
}
