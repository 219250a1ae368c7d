package workspace_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/sim"
)

func TestSettingsKeepFieldsOfAllNamesAndTypes(t *testing.T) {
	var request string
	s := newSettings(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		request = r.Method + " " + r.RequestURI
		say(w, 200, `{"kind":"groupsSettings#groups","email":"data@example.com","name":"D\u00e4ta \u003cx\u003e","whoCanJoin":"INVITED_CAN_JOIN",
			"whoCanAddExternalMembers":"END_USERS_CAN_ADD_EXTERNAL_MEMBERS","allowExternalMembers":"true","isArchived":true,
			"archiveOnly":false,"maxMessageBytes":26214400,"big":9007199254740993,"primaryLanguage":"","customReplyTo":null,
			"default_sender":"DEFAULT_SELF","list":[1, "a"],"object":{"b" : 1}}`)
	}))
	got, err := s.Get(t.Context(), "data+x@example.com")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"kind": "groupsSettings#groups", "email": "data@example.com", "name": "Däta <x>", "whoCanJoin": "INVITED_CAN_JOIN",
		"whoCanAddExternalMembers": "END_USERS_CAN_ADD_EXTERNAL_MEMBERS", "allowExternalMembers": "true", "isArchived": "true",
		"archiveOnly": "false", "maxMessageBytes": "26214400", "big": "9007199254740993", "primaryLanguage": "",
		"default_sender": "DEFAULT_SELF", "list": `[1,"a"]`, "object": `{"b":1}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if want := "GET /groups/v1/groups/data+x@example.com?alt=json"; request != want {
		t.Errorf("request %s, want %s", request, want)
	}
}

func TestSettingsThatCannotBeReadAreRefused(t *testing.T) {
	for _, test := range []struct{ name, body string }{
		{"no group", `{}`},
		{"null", `null`},
		{"a list", `[{"email":"data@example.com"}]`},
		{"Atom", `<?xml version="1.0"?><entry xmlns="http://www.w3.org/2005/Atom"><id>x</id></entry>`},
		{"half of it", `{"email":"data@example.com","whoCanJoin":"INV`},
		{"two", `{"email":"data@example.com"}{"email":"data@example.com"}`},
		{"nothing", ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSettings(t, serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 200, test.body) }))
			got, err := s.Get(t.Context(), "data@example.com")
			check(t, err, workspace.ErrIncomplete)
			if got != nil {
				t.Errorf("settings came with the error: %v", got)
			}
		})
	}
}

func TestPatchSendsTheseFieldsAndNoOthers(t *testing.T) {
	type request struct{ Line, Type, Body string }
	var got []request
	s := newSettings(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, request{r.Method + " " + r.RequestURI, r.Header.Get("Content-Type"), string(body)})
		show(w, object{"email": "data@example.com"})
	}))
	err := s.Patch(t.Context(), "data@example.com", map[string]string{
		"whoCanViewMembership": "ALL_MEMBERS_CAN_VIEW", "description": "", "archiveOnly": "false",
		"whoCanAddExternalMembers": "ONLY_ADMINS_CAN_ADD_EXTERNAL_MEMBERS", "customFooterText": "\"a\"\n佐藤",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []request{{
		"PATCH /groups/v1/groups/data@example.com?alt=json", "application/json",
		`{"archiveOnly":"false","customFooterText":"\"a\"\n佐藤","description":"",` +
			`"whoCanAddExternalMembers":"ONLY_ADMINS_CAN_ADD_EXTERNAL_MEMBERS","whoCanViewMembership":"ALL_MEMBERS_CAN_VIEW"}`,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestARefusedCombinationSaysWhich(t *testing.T) {
	const word = "WHO_CAN_VIEW_MEMBERSHIP_CANNOT_BE_BROADER_THAN_WHO_CAN_SEE_GROUP"
	s := newSettings(t, serve(t, func(w http.ResponseWriter, r *http.Request) { refuse(w, 400, "invalid", word) }))
	err := s.Patch(t.Context(), "data@example.com", map[string]string{"whoCanDiscoverGroup": "ALL_MEMBERS_CAN_DISCOVER"})
	if e := check(t, err, workspace.ErrInvalid); e.Message != word || !e.Permanent() {
		t.Errorf("message %q, permanent %t", e.Message, e.Permanent())
	}
}

func TestSettingsAreNotAskedForInVain(t *testing.T) {
	s := newSettings(t, serve(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("a request for %s", r.URL) }))
	some := map[string]string{"name": "Data"}
	for name, do := range map[string]func() error{
		"no group":     func() error { _, err := s.Get(t.Context(), ""); return err },
		"an id":        func() error { _, err := s.Get(t.Context(), "03abc"); return err },
		"a path":       func() error { return s.Patch(t.Context(), "..", some) },
		"no settings":  func() error { return s.Patch(t.Context(), "data@example.com", nil) },
		"no name":      func() error { return s.Patch(t.Context(), "data@example.com", map[string]string{"": "x"}) },
		"no text type": func() error { return s.Patch(t.Context(), "", some) },
	} {
		t.Run(name, func(t *testing.T) { check(t, do(), workspace.ErrInvalid) })
	}
}

func TestAnAddressCannotLeaveItsPlace(t *testing.T) {
	var path string
	s := newSettings(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.RequestURI
		show(w, object{"email": "data@example.com"})
	}))
	if _, err := s.Get(t.Context(), "../../admin@example.com?x#y"); err != nil {
		t.Fatal(err)
	}
	if want := "/groups/v1/groups/..%2F..%2Fadmin@example.com%3Fx%23y?alt=json"; path != want {
		t.Errorf("path %s, want %s", path, want)
	}
}

func FuzzSettings(f *testing.F) {
	for _, seed := range []string{
		`{"email":"data@example.com","whoCanJoin":"INVITED_CAN_JOIN","isArchived":true,"maxMessageBytes":1e3,"x":[{}],"y":null}`,
		`{"email":true}`, `{"email":"\ud800"}`, `{"email":"a","email":""}`, `[]`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		server := sim.Transport{"google.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(body) })}
		s := newSettings(t, workspace.Options{
			Client: &http.Client{Transport: server}, BaseURL: "https://google.test", Now: func() time.Time { return noon },
		})
		got, err := s.Get(t.Context(), "data@example.com")
		if err != nil {
			check(t, err, workspace.ErrIncomplete)
			return
		}
		if got["email"] == "" {
			t.Errorf("settings of no group: %v", got)
		}
		// Each field that has a value is there, under its own name.
		var want map[string]any
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatalf("settings of a body that is not JSON: %v", err)
		}
		for name, value := range want {
			if _, ok := got[name]; ok != (value != nil) {
				t.Errorf("field %q is there: %t", name, ok)
			}
		}
	})
}
