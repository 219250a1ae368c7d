package workspace_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/adapters/workspace/activity"
)

func TestActivitiesAreListedWithoutAFilter(t *testing.T) {
	var path string
	var query url.Values
	r := newReports(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		path, query = r.Method+" "+r.URL.Path, without(r.URL.Query())
		say(w, 200, `{"kind":"admin#reports#activities","nextPageToken":"p3","items":[
			{"id":{"time":"2026-11-22T11:00:00.001Z","uniqueQualifier":"-5","applicationName":"groups_enterprise","customerId":"C02example"},
			 "actor":{"email":"ken@example.com"},
			 "events":[{"name":"add_member","parameters":[{"name":"group_id","value":"data@example.com"}]}]}]}`)
	}))
	got, err := r.List(t.Context(), activity.Enterprise, noon.Add(-time.Hour+1999*time.Microsecond), "p2")
	if err != nil {
		t.Fatal(err)
	}
	want := workspace.ActivityPage{Next: "p3", Activities: []activity.Activity{{
		Application: "groups_enterprise", Customer: "C02example", Time: noon.Add(-time.Hour + time.Millisecond),
		Qualifier: "-5", Actor: "ken@example.com",
		Events: []activity.Event{{Name: "add_member", Group: "data@example.com"}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
	if want := "GET /admin/reports/v1/activity/users/all/applications/groups_enterprise"; path != want {
		t.Errorf("request %s, want %s", path, want)
	}
	wantQuery := url.Values{
		"maxResults": {"1000"}, "pageToken": {"p2"}, "startTime": {"2026-11-22T11:00:00.001Z"},
		"fields": {"nextPageToken,items(id,actor(email,applicationInfo),events(name,parameters(name,value)))"},
	}
	if diff := cmp.Diff(wantQuery, query); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

func TestOneOddEntryDoesNotHideTheOthers(t *testing.T) {
	r := newReports(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("startTime") {
			t.Error("a start was sent for a zero time")
		}
		say(w, 200, `{"items":[
			{"id":{"time":"2026-11-22T11:00:00Z","uniqueQualifier":7,"applicationName":"admin"}},
			{"id":{"uniqueQualifier":"8","applicationName":"admin"}}, null, "x",
			{"id":{"time":"2026-11-22T11:00:00Z","uniqueQualifier":"9","applicationName":"admin"}}]}`)
	}))
	got, err := r.List(t.Context(), activity.Admin, time.Time{}, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Activities) != 2 || len(got.Unreadable) != 3 || got.Next != "" {
		t.Errorf("%d activities, %d unreadable, next %q", len(got.Activities), len(got.Unreadable), got.Next)
	}
}

func TestActivitiesThatGoRoundAreRefused(t *testing.T) {
	r := newReports(t, serve(t, func(w http.ResponseWriter, r *http.Request) { show(w, object{"nextPageToken": "p2"}) }))
	if _, err := r.List(t.Context(), activity.Admin, noon, ""); err != nil {
		t.Fatal(err)
	}
	_, err := r.List(t.Context(), activity.Admin, noon, "p2")
	check(t, err, workspace.ErrIncomplete)
}

func TestAChannelIsOpenedInMilliseconds(t *testing.T) {
	var path string
	var body object
	r := newReports(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.Method + " " + r.URL.Path
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if err := json.Unmarshal(text, &body); err != nil {
			t.Error(err)
		}
		say(w, 200, `{"kind":"api#channel","id":"ch-1","resourceId":"res-1","resourceUri":"https://x","token":"t","expiration":"1795366800000"}`)
	}))
	wish := workspace.Channel{
		ID: "ch-1", Token: "secret", Address: "https://hook.example.com/", Application: activity.Enterprise, Expires: noon.Add(24 * time.Hour),
	}
	got, err := r.Watch(t.Context(), wish)
	if err != nil {
		t.Fatal(err)
	}
	want := wish
	want.ResourceID, want.Expires = "res-1", time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("channel (-want +got):\n%s", diff)
	}
	if want := "POST /admin/reports/v1/activity/users/all/applications/groups_enterprise/watch"; path != want {
		t.Errorf("request %s, want %s", path, want)
	}
	wantBody := object{
		"id": "ch-1", "token": "secret", "address": "https://hook.example.com/", "type": "web_hook",
		"payload": true, "expiration": "1795435200000",
	}
	if diff := cmp.Diff(wantBody, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestAChannelThatCannotBeRenewedOrStoppedIsIncomplete(t *testing.T) {
	wish := workspace.Channel{ID: "ch-1", Token: "secret", Address: "https://hook.example.com/", Application: activity.Admin, Expires: noon}
	for _, test := range []struct {
		name, body, resource string
		expires              time.Time
	}{
		{"no expiry", `{"id":"ch-1","resourceId":"res-1"}`, "res-1", time.Time{}},
		{"an expiry of zero", `{"id":"ch-1","resourceId":"res-1","expiration":"0"}`, "res-1", time.Time{}},
		{"no resource", `{"id":"ch-1","expiration":"1795366800000"}`, "", time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC)},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newReports(t, serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 200, test.body) }))
			got, err := r.Watch(t.Context(), wish)
			check(t, err, workspace.ErrIncomplete)
			if got.ID != "ch-1" || got.ResourceID != test.resource || !got.Expires.Equal(test.expires) {
				t.Errorf("channel %+v", got)
			}
		})
	}
}

func TestAChannelIsStopped(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		kind   error
		ok     bool
	}{
		{"stopped", http.StatusNoContent, nil, true},
		{"ended before", http.StatusNotFound, nil, true},
		{"not ours", http.StatusForbidden, workspace.ErrForbidden, false},
		{"no luck", http.StatusServiceUnavailable, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got string
			r := newReports(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				got = r.Method + " " + r.URL.Path + " " + string(body)
				if test.status == http.StatusNoContent {
					w.WriteHeader(test.status)
					return
				}
				refuse(w, test.status, "x", "x")
			}))
			err := r.Stop(t.Context(), workspace.Channel{ID: "ch-1", ResourceID: "res-1", Token: "secret"})
			if !test.ok {
				check(t, err, test.kind)
			} else if err != nil {
				t.Error(err)
			}
			if want := `POST /admin/reports_v1/channels/stop {"id":"ch-1","resourceId":"res-1"}` + "\n"; got != want {
				t.Errorf("request %s, want %s", got, want)
			}
		})
	}
}

func TestReportsAreNotAskedForInVain(t *testing.T) {
	r := newReports(t, serve(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("a request for %s", r.URL) }))
	whole := workspace.Channel{ID: "ch-1", Token: "secret", Address: "https://hook.example.com/", Application: activity.Admin}
	watch := func(change func(*workspace.Channel)) func() error {
		return func() error {
			ch := whole
			change(&ch)
			_, err := r.Watch(t.Context(), ch)
			return err
		}
	}
	for name, do := range map[string]func() error{
		"a list of no application":  func() error { _, err := r.List(t.Context(), "", noon, ""); return err },
		"a channel without an id":   watch(func(ch *workspace.Channel) { ch.ID = "" }),
		"a channel without a token": watch(func(ch *workspace.Channel) { ch.Token = "" }),
		"a channel to nowhere":      watch(func(ch *workspace.Channel) { ch.Address = "" }),
		"a channel of nothing":      watch(func(ch *workspace.Channel) { ch.Application = "" }),
		"a stop of nothing":         func() error { return r.Stop(t.Context(), workspace.Channel{ID: "ch-1"}) },
	} {
		t.Run(name, func(t *testing.T) { check(t, do(), workspace.ErrInvalid) })
	}
}
