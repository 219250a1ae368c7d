package slack_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/sim"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
)

func TestUsers(t *testing.T) {
	w := newWorld(t)
	want := slack.User{ID: w.id(t, ada), Team: "T0000000001", Email: ada, Locale: "ja-JP", Zone: "Asia/Tokyo"}
	got, err := w.client.UserByID(t.Context(), w.id(t, ada))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("UserByID: %v (-want +got):\n%s", err, diff)
	}
	want.Locale = "" // Slack does not tell it here
	got, err = w.client.UserByEmail(t.Context(), "ADA@example.com")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("UserByEmail: %v (-want +got):\n%s", err, diff)
	}
	for _, email := range []string{guest, left, eve, robot} {
		if u, err := w.client.UserByID(t.Context(), w.id(t, email)); err != nil || !u.Outside {
			t.Errorf("UserByID of %s: %+v, %v; want somebody outside", email, u, err)
		}
	}
	if u, err := w.client.UserByID(t.Context(), "USLACKBOT"); err != nil || !u.Outside {
		t.Errorf("UserByID of Slack's own bot: %+v, %v; want somebody outside", u, err)
	}
	for _, email := range []string{"nobody@example.com", left, eve, robot} {
		if _, err := w.client.UserByEmail(t.Context(), email); !slack.IsUnknown(err) {
			t.Errorf("UserByEmail of %s: %v; want unknown", email, err)
		}
	}
	for _, id := range []string{"U0NOBODY", "", "../users.list", "U1&token=x"} {
		if _, err := w.client.UserByID(t.Context(), id); !slack.IsUnknown(err) {
			t.Errorf("UserByID of %q: %v; want unknown", id, err)
		}
	}
}

// A zone may be missing, or be one that nobody knows here: it is told as Slack tells it.
func TestZonesAreToldAsTheyAre(t *testing.T) {
	for answer, want := range map[string]string{
		`{}`: "", `{"tz":null}`: "", `{"tz":""}`: "", `{"tz":"Europe/Berlin","tz_label":"Central European Time","tz_offset":3600}`: "Europe/Berlin", `{"tz":"Mars/Olympus"}`: "Mars/Olympus",
	} {
		c := answering(`{"ok":true,"user":` + answer + `}`)
		if u, err := c.UserByID(t.Context(), "U1"); err != nil || u.Zone != want {
			t.Errorf("UserByID answered %s: %q, %v; want %q", answer, u.Zone, err, want)
		}
		if u, err := c.UserByEmail(t.Context(), ada); err != nil || u.Zone != want {
			t.Errorf("UserByEmail answered %s: %q, %v; want %q", answer, u.Zone, err, want)
		}
	}
}

// People who authorized the app themselves are people.
func TestIsAppUserIsNoReasonToBeOutside(t *testing.T) {
	c := answering(`{"ok":true,"user":{"id":"U1","team_id":"T1","is_app_user":true,"profile":{"email":"ada@example.com"}}}`)
	if u, err := c.UserByID(t.Context(), "U1"); err != nil || u.Outside {
		t.Errorf("UserByID: %+v, %v; want a member", u, err)
	}
	for _, field := range []string{"deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger"} {
		c := answering(fmt.Sprintf(`{"ok":true,"user":{"id":"U1",%q:true}}`, field))
		if u, err := c.UserByID(t.Context(), "U1"); err != nil || !u.Outside {
			t.Errorf("UserByID of one with %s: %+v, %v; want somebody outside", field, u, err)
		}
	}
}

func TestPostUpdateAndFind(t *testing.T) {
	w := newWorld(t)
	ask := slack.Message{
		Heading: "Please decide: eng@example.com", Lines: []string{"Why: more people"},
		Buttons: []slack.Button{{Label: "Approve", Action: "approve", Value: "c1 1", Style: "primary"}, {Label: "Deny", Action: "deny", Value: "c1 1", Style: "danger"}},
	}
	channel, ts := w.post(t, ada, "c1 ask-ada", ask)
	got := w.newest(t, ada)
	if got.Text != "Please decide: eng@example.com\nWhy: more people" || got.Notification != ask.Heading || got.TS != ts || got.Channel != channel {
		t.Errorf("posted %+v", got)
	}
	want := []simslack.Button{
		{Label: "Approve", ActionID: "approve", Value: "c1 1", Style: "primary"}, {Label: "Deny", ActionID: "deny", Value: "c1 1", Style: "danger"},
	}
	for i := range got.Buttons {
		got.Buttons[i].BlockID, got.Buttons[i].Near = "", ""
	}
	if diff := cmp.Diff(want, got.Buttons); diff != "" {
		t.Errorf("buttons (-want +got):\n%s", diff)
	}
	// The directory of channels knows it again.
	if again, err := w.client.DirectChannel(t.Context(), w.id(t, ada)); err != nil || again != channel {
		t.Errorf("DirectChannel: %s, %v; want %s", again, err, channel)
	}
	find := func(key, want string) {
		t.Helper()
		if _, got, err := w.client.Find(t.Context(), channel, key, start); err != nil || got != want {
			t.Errorf("Find %q: %q, %v; want %q", key, got, err, want)
		}
	}
	find("c1 ask-ada", ts)
	find("c1 ask-bo", "")
	in := w.channel(t)
	w.now = w.now.Add(time.Second)
	_, there, err := w.client.Post(t.Context(), "#approvals", "named", slack.Message{Heading: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if id, got, err := w.client.Find(t.Context(), "#approvals", "named", start); err != nil || id != in || got != there {
		t.Errorf("Find by the channel's name: %s %s, %v; want %s %s", id, got, err, in, there)
	}
	if _, _, err := w.client.Find(t.Context(), "#nowhere", "named", start); !slack.IsUnknown(err) {
		t.Errorf("Find in a channel that is not there: %v; want unknown", err)
	}
	find("", "")

	// An update takes the buttons away, also where nothing else is left to show.
	for _, m := range []slack.Message{{Heading: "Approved"}, {}} {
		if err := w.client.Update(t.Context(), channel, ts, m); err != nil {
			t.Fatalf("Update: %v", err)
		}
		if got := w.newest(t, ada); len(got.Buttons) != 0 || len(got.Blocks) == 0 || strings.Contains(got.Text, "Why") {
			t.Errorf("after the update: %+v", got)
		}
	}
	find("c1 ask-ada", ts) // the update leaves its name
}

func TestTheNameOfAChannel(t *testing.T) {
	w := newWorld(t)
	id := w.channel(t)
	if name, err := w.client.ChannelName(t.Context(), id); err != nil || name != "approvals" {
		t.Errorf("%q, %v; want approvals", name, err)
	}
	if err := w.AddChannel(simslack.Channel{Name: "#approvals", Archived: true}); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{id, "C0NOWHERE"} {
		if name, err := w.client.ChannelName(t.Context(), gone); !slack.IsUnknown(err) {
			t.Errorf("%s: %q, %v; want unknown", gone, name, err)
		}
	}
}

func TestFindLooksBackFarEnough(t *testing.T) {
	w := newWorld(t)
	channel, ts := w.post(t, ada, "wanted", slack.Message{Heading: "wanted"})
	began := w.now
	for i := range 250 {
		w.now = w.now.Add(time.Second)
		if _, _, err := w.client.Post(t.Context(), channel, fmt.Sprint("other ", i), slack.Message{Heading: "other"}); err != nil {
			t.Fatalf("Post: %v", err)
		}
	}
	if _, got, err := w.client.Find(t.Context(), channel, "wanted", began); err != nil || got != ts {
		t.Errorf("Find among 250 newer ones: %q, %v; want %q", got, err, ts)
	}
	if _, got, err := w.client.Find(t.Context(), channel, "wanted", time.Time{}); err != nil || got != ts {
		t.Errorf("Find without a time: %q, %v; want %q", got, err, ts)
	}
	// A minute of tolerance for Slack's clock, not more.
	if _, got, err := w.client.Find(t.Context(), channel, "wanted", began.Add(2*time.Minute)); err != nil || got != "" {
		t.Errorf("Find of what is older: %q, %v; want nothing", got, err)
	}
}

func TestFindEnds(t *testing.T) {
	pages := 0
	c := slack.New(slack.Options{Token: token, HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		pages++
		return answer(r, 200, `{"ok":true,"messages":[],"has_more":true,"response_metadata":{"next_cursor":"again"}}`), nil
	})}})
	if _, got, err := c.Find(t.Context(), "C1", "k", start); got != "" || err != nil || pages > 20 {
		t.Errorf("Find in a history without an end: %q, %v after %d pages", got, err, pages)
	}
}

func TestWhisper(t *testing.T) {
	w := newWorld(t)
	if err := w.client.Whisper(t.Context(), w.channel(t), w.id(t, ada), slack.Message{Heading: "Somebody else has to approve it."}); err != nil {
		t.Fatalf("Whisper: %v", err)
	}
	if got := w.newest(t, ada); !got.Ephemeral || got.Text != "Somebody else has to approve it." {
		t.Errorf("ada sees %+v", got)
	}
	if got := w.Visible(bo); len(got) != 0 {
		t.Errorf("bo sees %+v", got)
	}
	if err := w.client.Whisper(t.Context(), w.channel(t), w.id(t, guest), slack.Message{Heading: "x"}); !slack.IsUnknown(err) {
		t.Errorf("Whisper to somebody who is not there: %v; want unknown", err)
	}
}

func TestWhatIsNotThereIsUnknown(t *testing.T) {
	w := newWorld(t)
	channel, ts := w.post(t, ada, "k", slack.Message{Heading: "x"})
	w.now = w.now.Add(48 * time.Hour) // longer than messages can be changed
	if err := w.client.Update(t.Context(), channel, ts, slack.Message{Heading: "y"}); !slack.IsUnknown(err) {
		t.Errorf("Update of an old message: %v; want unknown", err)
	}
	if err := w.client.Update(t.Context(), channel, "1.000001", slack.Message{Heading: "y"}); !slack.IsUnknown(err) {
		t.Errorf("Update of no message: %v; want unknown", err)
	}
	if _, _, err := w.client.Post(t.Context(), "C0NOWHERE", "k", slack.Message{Heading: "y"}); !slack.IsUnknown(err) {
		t.Errorf("Post to no channel: %v; want unknown", err)
	}
	if _, _, err := w.client.Find(t.Context(), "C0NOWHERE", "k", start); !slack.IsUnknown(err) {
		t.Errorf("Find in no channel: %v; want unknown", err)
	}
	for _, email := range []string{left, robot} {
		if _, err := w.client.DirectChannel(t.Context(), w.id(t, email)); !slack.IsUnknown(err) {
			t.Errorf("DirectChannel with %s: %v; want unknown", email, err)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		kind  sim.FaultKind
		after time.Duration
	}{
		{sim.FaultDown, 0}, {sim.Fault500, 0}, {sim.FaultAppliedBut500, 0}, {sim.FaultTimeout, 0}, {sim.Fault429, 30 * time.Second},
	} {
		t.Run(string(test.kind), func(t *testing.T) {
			w := newWorld(t)
			channel, err := w.client.DirectChannel(t.Context(), w.id(t, ada))
			if err != nil {
				t.Fatalf("DirectChannel: %v", err)
			}
			w.faults.Add(sim.Fault{API: "slack", Kind: test.kind, Rate: 1, Left: 1})
			_, _, err = w.client.Post(t.Context(), channel, "k", slack.Message{Heading: "x"})
			var e *slack.Error
			if !errors.As(err, &e) || e.Permanent() || slack.IsUnknown(err) || e.RetryAfter() != test.after {
				t.Errorf("Post: %v; want one to be tried again after %s", err, test.after)
			}
			if strings.Contains(fmt.Sprint(err), token) {
				t.Errorf("the error tells the token: %v", err)
			}
			if calls, _ := w.calls.Count("slack", "chat.postMessage"); calls != 1 {
				t.Errorf("%d requests, want 1: whoever calls us tries again, not the client", calls)
			}
			// Whether it was posted is seen by its key.
			_, ts, err := w.client.Find(t.Context(), channel, "k", start)
			if posted := test.kind == sim.FaultAppliedBut500; err != nil || (ts != "") != posted {
				t.Errorf("Find: %q, %v; want it posted: %t", ts, err, posted)
			}
		})
	}
}

// The codes are those that Slack's reference lists for the methods that are called here
// (https://docs.slack.dev/reference/methods).
func TestErrors(t *testing.T) {
	again := "ratelimited rate_limited message_limit_exceeded internal_error fatal_error service_unavailable request_timeout " +
		"update_failed team_added_to_org org_login_required external_channel_migrating"
	mended := "not_authed invalid_auth account_inactive token_revoked token_expired not_allowed_token_type missing_scope no_permission " +
		"access_denied accesslimited ekm_access_denied app_access_restricted two_factor_setup_required messages_tab_disabled"
	unknown := "users_not_found user_not_found user_not_visible user_disabled cannot_dm_bot channel_not_found is_archived not_in_channel " +
		"user_not_in_channel message_not_found cant_update_message edit_window_closed is_inactive"
	final := "as_user_not_supported attachment_payload_limit_exceeded block_mismatch cannot_reply_to_message cant_broadcast_message " +
		"deprecated_endpoint enterprise_is_restricted invalid_arg_name invalid_array_arg invalid_blocks invalid_blocks_format invalid_charset " +
		"invalid_form_data invalid_metadata_format invalid_metadata_schema invalid_post_type invalid_ts_oldest invalid_user_combination is_bot " +
		"metadata_too_large method_deprecated method_not_supported_for_channel_type missing_post_type msg_blocks_too_long msg_too_long no_text " +
		"not_enough_users posting_to_channel_denied restricted_action restricted_action_read_only_channel streaming_state_conflict team_not_found " +
		"too_many_users unknown_method users_list_not_supplied something_new"
	for _, class := range []struct {
		codes              string
		permanent, unknown bool
	}{{again, false, false}, {mended, false, false}, {unknown, true, true}, {final, true, false}} {
		for _, code := range strings.Fields(class.codes) {
			_, err := answering(fmt.Sprintf(`{"ok":false,"error":%q}`, code)).UserByID(t.Context(), "U1")
			var e *slack.Error
			if !errors.As(err, &e) || e.Reason != code || e.Permanent() != class.permanent || slack.IsUnknown(err) != class.unknown {
				t.Errorf("%s: %v; want permanent %t, unknown %t", code, err, class.permanent, class.unknown)
			}
			if !strings.Contains(fmt.Sprint(err), code) || !strings.Contains(fmt.Sprint(err), "users.info") {
				t.Errorf("the error does not say what was attempted: %v", err)
			}
		}
	}
	for code, refused := range map[string]bool{"ratelimited": true, "invalid_blocks": true, "missing_scope": true, "internal_error": false, "fatal_error": false, "service_unavailable": false} {
		_, _, err := answering(fmt.Sprintf(`{"ok":false,"error":%q}`, code)).Post(t.Context(), "C1", "k", slack.Message{})
		if slack.IsRefused(err) != refused {
			t.Errorf("%s: refused %t, want %t", code, !refused, refused)
		}
	}
	if slack.IsRefused(nil) || slack.IsRefused(context.DeadlineExceeded) {
		t.Error("what Slack did not answer is refused")
	}
	if slack.IsUnknown(nil) || slack.IsUnknown(errors.New("user_not_found")) {
		t.Error("what Slack did not say is unknown")
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, a := range map[string]struct {
		status int
		body   string
		header string
	}{
		"a page": {200, "<html>", ""}, "nothing": {200, "", ""}, "a list": {200, "[]", ""},
		"not found": {404, "", ""}, "a proxy": {407, "", ""}, "a gateway": {502, "<html>", ""},
		"a limit without a time": {429, "", ""}, "a limit with a broken time": {429, "", "soon"},
	} {
		c := slack.New(slack.Options{Token: token, HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			resp := answer(r, a.status, a.body)
			if a.header != "" {
				resp.Header.Set("Retry-After", a.header)
			}
			return resp, nil
		})}})
		_, _, err := c.Post(t.Context(), "C1", "k", slack.Message{Heading: "x"})
		var e *slack.Error
		if !errors.As(err, &e) || e.Permanent() || slack.IsUnknown(err) {
			t.Errorf("%s: %v; want an error that is not permanent", name, err)
		}
	}
}

// Every call ends by itself, at the latest when its time is over.
func TestEveryCallHasADeadline(t *testing.T) {
	var deadlines []time.Duration
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if d, ok := r.Context().Deadline(); ok {
			deadlines = append(deadlines, time.Until(d))
		}
		return nil, context.DeadlineExceeded
	})}
	for timeout, most := range map[time.Duration]time.Duration{0: 10 * time.Second, time.Second: time.Second} {
		c := slack.New(slack.Options{Token: token, HTTP: client, Timeout: timeout})
		for name, call := range map[string]func() error{
			"UserByID":      func() error { _, err := c.UserByID(context.Background(), "U1"); return err },
			"UserByEmail":   func() error { _, err := c.UserByEmail(context.Background(), ada); return err },
			"DirectChannel": func() error { _, err := c.DirectChannel(context.Background(), "U1"); return err },
			"Post":          func() error { _, _, err := c.Post(context.Background(), "C1", "k", slack.Message{}); return err },
			"Update":        func() error { return c.Update(context.Background(), "C1", "1.1", slack.Message{}) },
			"Whisper":       func() error { return c.Whisper(context.Background(), "C1", "U1", slack.Message{}) },
			"Find":          func() error { _, _, err := c.Find(context.Background(), "C1", "k", start); return err },
			"Find by name":  func() error { _, _, err := c.Find(context.Background(), "#x", "k", start); return err },
			"ChannelName":   func() error { _, err := c.ChannelName(context.Background(), "C1"); return err },
		} {
			deadlines = nil
			err := call()
			if !errors.Is(err, context.DeadlineExceeded) || len(deadlines) != 1 || deadlines[0] > most || deadlines[0] < most/2 {
				t.Errorf("%s with a limit of %s: deadlines %v, %v; want one of %s", name, timeout, deadlines, err, most)
			}
		}
	}
}

func TestAnotherToken(t *testing.T) {
	w := newWorld(t)
	_, err := w.as("xoxb-wrong").UserByID(t.Context(), w.id(t, ada))
	var e *slack.Error
	if !errors.As(err, &e) || e.Reason != "invalid_auth" || e.Permanent() {
		t.Errorf("UserByID with another token: %v; want invalid_auth, to be mended", err)
	}
}

func TestWithoutAnHTTPClient(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing goes out
	if _, err := slack.New(slack.Options{Token: token}).UserByID(ctx, "U1"); !errors.Is(err, context.Canceled) {
		t.Errorf("UserByID: %v; want %v", err, context.Canceled)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}
}

// answering returns a client of a Slack that always gives this answer.
func answering(body string) *slack.Client {
	return slack.New(slack.Options{Token: token, HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return answer(r, http.StatusOK, body), nil
	})}})
}

// A channel is found by its name among thousands, in fewer calls than Slack allows in a minute.
func TestFindInALargeWorkspace(t *testing.T) {
	w := newWorld(t)
	for i := range 9000 {
		if err := w.AddChannel(simslack.Channel{Name: fmt.Sprintf("#c%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	_, ts, err := w.client.Post(t.Context(), "#approvals", "k", slack.Message{Heading: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, got, err := w.client.Find(t.Context(), "#approvals", "k", start); err != nil || got != ts {
		t.Errorf("Find: %q, %v; want %q", got, err, ts)
	}
}
