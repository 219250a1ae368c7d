package activity_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/workspace/activity"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// half is the time of the activities in testdata.
var half = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func TestPushedBodiesBecomeSignals(t *testing.T) {
	signal := func(key, about string, topic group.Topic, actor, name string) []group.Signal {
		return []group.Signal{{Key: key, Group: about, Topic: topic, At: half, Actor: actor, Name: name}}
	}
	for _, test := range []struct {
		file string
		want []group.Signal
	}{
		{
			file: "admin_member_removed",
			want: []group.Signal{{
				Key:   "admin/C02example/2026-11-22T09:30:00.125Z/-7201133700451120043/0",
				Group: "data@example.com", Topic: group.AboutMembers, At: half.Add(125 * time.Millisecond),
				Actor: "ken@example.com", Name: "REMOVE_GROUP_MEMBER",
			}},
		},
		{
			file: "admin_group_renamed",
			want: []group.Signal{
				{
					Key: "admin/C02example/2026-11-22T09:30:00Z/42/0", Group: "data@example.com",
					Topic: group.AboutGroup, At: half, Actor: "ken@example.com", Name: "CHANGE_GROUP_EMAIL",
				},
				{
					Key: "admin/C02example/2026-11-22T09:30:00Z/42/0/renamed", Group: "analytics@example.com",
					Topic: group.AboutGroup, At: half, Actor: "ken@example.com", Name: "CHANGE_GROUP_EMAIL",
				},
			},
		},
		{
			file: "admin_bulk_upload",
			want: signal("admin/C02example/2026-11-22T09:30:00Z/5/0", "", group.AboutEverything, "ken@example.com", "GROUP_MEMBER_BULK_UPLOAD"),
		},
		{
			file: "groups_join",
			want: signal("groups/C02example/2026-11-22T09:30:00Z/6/0", "data@example.com", group.AboutMembers, "aiko@example.com", "join"),
		},
		{
			file: "groups_permission_changed",
			want: signal("groups/C02example/2026-11-22T09:30:00Z/7/0", "data@example.com", group.AboutSettings, "aiko@example.com", "change_acl_permission"),
		},
		{
			file: "enterprise_role_by_application",
			want: []group.Signal{
				{
					Key: "groups_enterprise/C02example/2026-11-22T09:30:00Z/8/0", Group: "data@example.com",
					Topic: group.AboutMembers, At: half, Actor: "sekisho@example.com",
					Client: "100200300.apps.googleusercontent.com", Name: "add_member_role",
				},
				{
					Key: "groups_enterprise/C02example/2026-11-22T09:30:00Z/8/1", Group: "data@example.com",
					Topic: group.AboutMembers, At: half, Actor: "sekisho@example.com",
					Client: "100200300.apps.googleusercontent.com", Name: "remove_member_role",
				},
			},
		},
	} {
		t.Run(test.file, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", test.file+".json"))
			if err != nil {
				t.Fatal(err)
			}
			a, err := activity.Parse(body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, a.Signals()); diff != "" {
				t.Errorf("signals (-want +got):\n%s", diff)
			}
			if a.Customer != "C02example" {
				t.Errorf("customer %q", a.Customer)
			}
		})
	}
}

// TestEachEventHasItsTopic lists the events that Google documents, independently of the table
// in the code.
func TestEachEventHasItsTopic(t *testing.T) {
	const none group.Topic = ""
	for _, test := range []struct {
		application string
		topic       group.Topic
		names       string
	}{
		{activity.Admin, group.AboutGroup, "CREATE_GROUP DELETE_GROUP CHANGE_GROUP_DESCRIPTION CHANGE_GROUP_EMAIL CHANGE_GROUP_NAME"},
		{activity.Admin, group.AboutMembers, "ADD_GROUP_MEMBER REMOVE_GROUP_MEMBER UPDATE_GROUP_MEMBER UPDATE_GROUP_MEMBER_DELIVERY_SETTINGS UPDATE_GROUP_MEMBER_DELIVERY_SETTINGS_CAN_EMAIL_OVERRIDE"},
		{activity.Admin, group.AboutSettings, "CHANGE_GROUP_SETTING"},
		{activity.Admin, group.AboutEverything, "GROUP_MEMBER_BULK_UPLOAD"},
		{activity.Admin, none, "GROUP_LIST_DOWNLOAD GROUP_MEMBERS_DOWNLOAD WHITELISTED_GROUPS_UPDATED"},
		{activity.Groups, group.AboutGroup, "create_group delete_group"},
		{activity.Groups, group.AboutMembers, "add_user remove_user join approve_join_request accept_invitation ban_user_with_moderation"},
		{activity.Groups, group.AboutSettings, "change_acl_permission change_basic_setting change_identity_setting change_info_setting change_new_members_restrictions_setting change_post_replies_setting change_spam_moderation_setting change_topic_setting add_info_setting remove_info_setting"},
		{activity.Groups, none, "invite_user reinvite_user revoke_invitation request_to_join reject_join_request moderate_message always_post_from_user"},
		{activity.Enterprise, group.AboutGroup, "create_group delete_group"},
		{activity.Enterprise, group.AboutMembers, "add_member remove_member add_member_role remove_member_role join approve_join_request accept_invitation ban_member_with_moderation unban_member add_membership_expiry remove_membership_expiry update_membership_expiry add_dynamic_group_query change_dynamic_group_query"},
		{activity.Enterprise, group.AboutSettings, "add_info_setting change_info_setting remove_info_setting add_security_setting change_security_setting remove_security_setting change_security_setting_state"},
		{activity.Enterprise, group.AboutWhole, "add_service_account_permission remove_service_account_permission"},
		{activity.Enterprise, none, "invite_member revoke_invitation reject_invitation reject_join_request request_to_join create_namespace delete_namespace"},
		// What Google may add.
		{activity.Admin, group.AboutWhole, "FREEZE_GROUP"},
		{activity.Groups, group.AboutWhole, "merge_group"},
		{activity.Enterprise, group.AboutWhole, "change_everything"},
		// Other applications.
		{"login", none, "login_success"},
		{"drive", none, "add_member"},
	} {
		for name := range strings.FieldsSeq(test.names) {
			t.Run(test.application+"/"+name, func(t *testing.T) {
				a := parse(t, test.application, event(name, "group_email", "data@example.com"))
				got := a.Signals()
				if test.topic == none {
					if len(got) > 0 {
						t.Fatalf("got %v, want no signal", got)
					}
					return
				}
				if len(got) != 1 || got[0].Topic != test.topic {
					t.Fatalf("got %v, want one signal about %s", got, test.topic)
				}
				if want := "data@example.com"; test.topic != group.AboutEverything && got[0].Group != want {
					t.Errorf("about group %q, want %q", got[0].Group, want)
				}
			})
		}
	}
}

func TestTheGroupOfAnEvent(t *testing.T) {
	for _, test := range []struct {
		name, event string
		want        string
		topic       group.Topic
	}{
		{"address in capitals", event("add_member", "group_id", "Data@Example.COM"), "data@example.com", group.AboutMembers},
		{"immutable id", event("add_member", "group_id", "03aBc4xyz"), "03aBc4xyz", group.AboutMembers},
		{"resource name", event("add_member", "group_id", "groups/03aBc4xyz"), "03aBc4xyz", group.AboutMembers},
		{"first usable of two", event("add_member", "group_id", "a b", "group_email", "data@example.com"), "data@example.com", group.AboutMembers},
		{"missing", event("add_member", "member_id", "aiko@example.com"), "", group.AboutEverything},
		{"empty", event("add_member", "group_id", ""), "", group.AboutEverything},
		{"two at signs", event("add_member", "group_id", "data@example.com@example.org"), "", group.AboutEverything},
		{"path", event("add_member", "group_id", "../../users/aiko"), "", group.AboutEverything},
		{"line break", event("add_member", "group_id", "data@example.com\nx"), "", group.AboutEverything},
		{"too long", event("add_member", "group_id", strings.Repeat("a", 400)+"@example.com"), "", group.AboutEverything},
		{"not a string", `{"name":"add_member","parameters":[{"name":"group_id","value":7}]}`, "", group.AboutEverything},
		{"no value", `{"name":"add_member","parameters":[{"name":"group_id","multiValue":["data@example.com"]}]}`, "", group.AboutEverything},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := parse(t, activity.Enterprise, test.event).Signals()
			if len(got) != 1 || got[0].Group != test.want || got[0].Topic != test.topic {
				t.Errorf("got %v, want one signal about %s of %q", got, test.topic, test.want)
			}
		})
	}

	t.Run("somebody's account", func(t *testing.T) {
		got := parse(t, activity.Admin, event("SUSPEND_USER", "USER_EMAIL", "Aiko@example.com")).Signals()
		if len(got) != 1 || got[0].Topic != group.AboutPerson || got[0].Person != "aiko@example.com" || got[0].Group != "" {
			t.Errorf("got %v, want one signal about the account of aiko@example.com", got)
		}
	})
	t.Run("settings of nobody knows which group", func(t *testing.T) {
		for application, names := range map[string]map[string]bool{
			activity.Enterprise: {"change_info_setting": true, "add_service_account_permission": true, "add_member": false},
			activity.Admin:      {"CHANGE_GROUP_SETTING": true, "GROUP_MEMBER_BULK_UPLOAD": false},
		} {
			for name, want := range names {
				got := parse(t, application, event(name)).Signals()
				if len(got) != 1 || got[0].Topic != group.AboutEverything || got[0].Settings != want {
					t.Errorf("%s: got %v, want one signal about everything, settings included: %t", name, got, want)
				}
			}
		}
	})
	t.Run("unknown event without a group", func(t *testing.T) {
		if got := parse(t, activity.Admin, event("CHANGE_USER_BIRTHDAY", "USER_EMAIL", "aiko@example.com")).Signals(); len(got) > 0 {
			t.Errorf("got %v, want no signal", got)
		}
	})
	t.Run("renamed to nothing usable", func(t *testing.T) {
		got := parse(t, activity.Admin, event("CHANGE_GROUP_EMAIL", "GROUP_EMAIL", "data@example.com", "NEW_VALUE", "a b")).Signals()
		if len(got) != 1 || got[0].Group != "data@example.com" {
			t.Errorf("got %v, want one signal about the old address", got)
		}
	})
	t.Run("a new value that is no address of a group", func(t *testing.T) {
		got := parse(t, activity.Admin, event("CHANGE_GROUP_NAME", "GROUP_EMAIL", "data@example.com", "NEW_VALUE", "ceo@example.com")).Signals()
		if len(got) != 1 || got[0].Group != "data@example.com" {
			t.Errorf("got %v, want one signal about the group that was named", got)
		}
	})
}

func TestValuesAreDropped(t *testing.T) {
	const secret = "hunter2"
	a := parse(t, activity.Admin, event("CHANGE_GROUP_SETTING", "GROUP_EMAIL", "data@example.com",
		"SETTING_NAME", secret, "OLD_VALUE", secret, "NEW_VALUE", secret))
	if text := fmt.Sprintf("%+v %+v", a, a.Signals()); strings.Contains(text, secret) {
		t.Errorf("a value survived: %s", text)
	}
}

func TestParseRefuses(t *testing.T) {
	const marker = "zebra"
	with := func(id string) string { return `{"id":` + id + `,"actor":{"email":"` + marker + `@example.com"}}` }
	for _, test := range []struct{ name, body string }{
		{"nothing", ``},
		{"null", `null`},
		{"a list", `[]`},
		{"an empty object", `{}`},
		{"half an object", `{"id":{"time":"2026-11-22T09:30:00Z","x":"` + marker},
		{"two objects", with(`{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"1","applicationName":"admin"}`) + `{}`},
		{"no time", with(`{"uniqueQualifier":"1","applicationName":"admin"}`)},
		{"zero time", with(`{"time":"0001-01-01T00:00:00Z","uniqueQualifier":"1","applicationName":"admin"}`)},
		{"time in seconds", with(`{"time":1795339800,"uniqueQualifier":"1","applicationName":"admin"}`)},
		{"time in words", with(`{"time":"` + marker + `","uniqueQualifier":"1","applicationName":"admin"}`)},
		{"no qualifier", with(`{"time":"2026-11-22T09:30:00Z","applicationName":"admin"}`)},
		{"qualifier in words", with(`{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"` + marker + `","applicationName":"admin"}`)},
		{"qualifier with a fraction", with(`{"time":"2026-11-22T09:30:00Z","uniqueQualifier":1.5,"applicationName":"admin"}`)},
		{"qualifier out of range", with(`{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"9223372036854775808","applicationName":"admin"}`)},
		{"no application", with(`{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"1"}`)},
		{"application with a slash", with(`{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"1","applicationName":"` + marker + `/x"}`)},
		{"customer with a slash", with(`{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"1","applicationName":"admin","customerId":"` + marker + `/x"}`)},
		{"event without a name", `{"id":{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"1","applicationName":"admin"},"events":[{"type":"` + marker + `"}]}`},
		{"too deep", strings.Repeat(`{"`+marker+`":`, 40) + `1` + strings.Repeat(`}`, 40)},
		{"too deep and never closed", strings.Repeat(`[`, 1<<20)},
		{"too long", `{"` + marker + `":"` + strings.Repeat("a", activity.MaxBytes) + `"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := activity.Parse([]byte(test.body))
			if err == nil {
				t.Fatalf("got %+v, want an error", a)
			}
			if strings.Contains(err.Error(), marker) {
				t.Errorf("the error repeats what was sent: %v", err)
			}
			if diff := cmp.Diff(activity.Activity{}, a); diff != "" {
				t.Errorf("an activity came with the error: %s", diff)
			}
		})
	}
}

func TestParseAccepts(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       activity.Activity
	}{
		{
			"qualifier as a number",
			`{"id":{"time":"2026-11-22T09:30:00Z","uniqueQualifier":-9223372036854775808,"applicationName":"admin"}}`,
			activity.Activity{Application: "admin", Time: half, Qualifier: "-9223372036854775808"},
		},
		{
			"time of another zone",
			`{"id":{"time":"2026-11-22T01:30:00-08:00","uniqueQualifier":"1","applicationName":"admin"}}`,
			activity.Activity{Application: "admin", Time: half, Qualifier: "1"},
		},
		{
			"actor without an address",
			`{"id":{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"1","applicationName":"admin"},"actor":{"callerType":"KEY","key":"SYSTEM"}}`,
			activity.Activity{Application: "admin", Time: half, Qualifier: "1"},
		},
		{
			"actor and client that cannot be",
			`{"id":{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"1","applicationName":"admin"},"actor":{"email":"<script>@x","applicationInfo":{"oauthClientId":"a b"}}}`,
			activity.Activity{Application: "admin", Time: half, Qualifier: "1"},
		},
		{
			"members that are not known, brackets in text, values of all kinds",
			`{"new":[[{"a":"]]}}\"[[["}]],"id":{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"1","applicationName":"groups"},
			 "events":[{"name":"join","resourceIds":["x"],"parameters":[{"name":"n","intValue":"1"},{"name":"b","boolValue":true},
			 {"name":"m","messageValue":{"parameter":[{"name":"group_email","value":"no@example.com"}]}},
			 {"name":"group_email","value":"data@example.com"}]}]}`,
			activity.Activity{
				Application: "groups", Time: half, Qualifier: "1",
				Events: []activity.Event{{Name: "join", Group: "data@example.com"}},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := activity.Parse([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("activity (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSuppliedNotificationsAreUnderstood(t *testing.T) {
	folder := os.Getenv("SEKISHO_DATA")
	if folder == "" {
		t.Skip("SEKISHO_DATA does not name a folder with notifications to read")
	}
	files, err := filepath.Glob(filepath.Join(folder, "notifications", "[0-9]*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no notifications in %s: %v", folder, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a, err := activity.Parse(body)
			if err != nil {
				t.Fatal(err)
			}
			signals := a.Signals()
			if len(signals) != len(a.Events) {
				t.Errorf("%d signals of %d events", len(signals), len(a.Events))
			}
			for _, s := range signals {
				if s.Group != "team-a@example.com" || s.Topic == group.AboutEverything || s.Topic == group.AboutWhole {
					t.Errorf("signal %+v", s)
				}
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"id":null,"events":[null,{"parameters":[null]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := activity.Parse(body)
		if err != nil {
			return
		}
		sound(t, a)
	})
}

// sound checks what holds of every activity that was read, whatever was sent.
func sound(t *testing.T, a activity.Activity) {
	t.Helper()
	if a.Application == "" || a.Qualifier == "" || a.Time.IsZero() || a.Time.Location() != time.UTC {
		t.Errorf("activity without identity: %+v", a)
	}
	keys := map[string]bool{}
	for _, s := range a.Signals() {
		if keys[s.Key] {
			t.Errorf("key %q twice", s.Key)
		}
		keys[s.Key] = true
		if (s.Group == "") != (s.Topic == group.AboutEverything) {
			t.Errorf("signal about %s of %q", s.Topic, s.Group)
		}
		for _, text := range []string{s.Key, s.Group, s.Actor, s.Client, s.Name} {
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
				t.Errorf("%q is not fit for a log", text)
			}
		}
	}
}

// parse reads an activity of one event.
func parse(t *testing.T, application, event string) activity.Activity {
	t.Helper()
	a, err := activity.Parse([]byte(`{"id":{"time":"2026-11-22T09:30:00Z","uniqueQualifier":"1","applicationName":"` +
		application + `"},"events":[` + event + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// event encodes an event with parameters in pairs of name and value.
func event(name string, pairs ...string) string {
	parameters := []map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		parameters = append(parameters, map[string]string{"name": pairs[i], "value": pairs[i+1]})
	}
	text, err := json.Marshal(map[string]any{"type": "t", "name": name, "parameters": parameters})
	if err != nil {
		panic(err)
	}
	return string(text)
}
