package workspace_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	reports "google.golang.org/api/admin/reports/v1"
	"google.golang.org/api/groupssettings/v1"

	"github.com/sekisho/sekisho/shared/sim/workspace"
)

// names lists the events of an application, newest first, by name.
func (w *world) names(app string) []string {
	w.t.Helper()
	var out []string
	for _, a := range must[*reports.Activities](w.t)(w.reports.Activities.List("all", app).Do()).Items {
		for _, e := range a.Events {
			out = append(out, e.Name)
		}
	}
	return out
}

func TestWhichApplicationTellsOfWhat(t *testing.T) {
	const group, person, admin, ownerOfIt = "analysts@example.com", "noor@example.com", "mika@example.com", "yui@example.com"
	type told struct{ Admin, Groups, Enterprise []string }
	tests := map[string]struct {
		do   func(*workspace.Server) error
		want told
	}{
		"an owner changes a permission": {
			func(g *workspace.Server) error {
				return g.SetSetting(group, "whoCanJoin", "ANYONE_CAN_JOIN", ownerOfIt)
			},
			told{nil, []string{"change_acl_permission"}, []string{"change_info_setting"}},
		},
		"an owner by default": {
			func(g *workspace.Server) error { return g.SetSetting(group, "isArchived", "true", "") },
			told{nil, []string{"change_basic_setting"}, []string{"change_info_setting"}},
		},
		"an administrator changes a permission": {
			func(g *workspace.Server) error { return g.SetSetting(group, "whoCanJoin", "ANYONE_CAN_JOIN", admin) },
			told{[]string{"CHANGE_GROUP_SETTING"}, nil, []string{"change_info_setting"}},
		},
		"an administrator changes the name": {
			func(g *workspace.Server) error { return g.SetSetting(group, "name", "X", admin) },
			told{[]string{"CHANGE_GROUP_NAME"}, nil, []string{"change_info_setting"}},
		},
		"an administrator changes the description": {
			func(g *workspace.Server) error { return g.SetSetting(group, "description", "X", admin) },
			told{[]string{"CHANGE_GROUP_DESCRIPTION"}, nil, []string{"change_info_setting"}},
		},
		"nothing changes": {
			func(g *workspace.Server) error {
				return g.SetSetting(group, "whoCanJoin", "CAN_REQUEST_TO_JOIN", admin)
			},
			told{},
		},
		"an owner adds somebody": {
			func(g *workspace.Server) error { return g.AddMember(group, person, "MEMBER", "") },
			told{nil, []string{"add_user"}, []string{"add_member"}},
		},
		"somebody joins": {
			func(g *workspace.Server) error { return g.AddMember(group, person, "MEMBER", person) },
			told{nil, []string{"join"}, []string{"join"}},
		},
		"an administrator adds somebody": {
			func(g *workspace.Server) error { return g.AddMember(group, person, "MANAGER", admin) },
			told{[]string{"ADD_GROUP_MEMBER"}, nil, []string{"add_member"}},
		},
		"an owner removes somebody": {
			func(g *workspace.Server) error { return g.RemoveMember(group, "priya@example.com", "") },
			told{nil, []string{"remove_user"}, []string{"remove_member"}},
		},
		"an administrator removes somebody": {
			func(g *workspace.Server) error { return g.RemoveMember(group, "priya@example.com", admin) },
			told{[]string{"REMOVE_GROUP_MEMBER"}, nil, []string{"remove_member"}},
		},
		"an administrator changes a role": {
			func(g *workspace.Server) error { return g.SetRole(group, "priya@example.com", "OWNER", admin) },
			told{[]string{"UPDATE_GROUP_MEMBER"}, nil, []string{"add_member_role", "remove_member_role"}},
		},
		"an administrator creates a group": {
			func(g *workspace.Server) error { return g.CreateGroup("new@example.com", "") },
			told{[]string{"CREATE_GROUP"}, nil, []string{"create_group"}},
		},
		"somebody creates a group": {
			func(g *workspace.Server) error { return g.CreateGroup("new@example.com", person) },
			told{nil, []string{"create_group"}, []string{"create_group"}},
		},
		"an administrator deletes a group": {
			func(g *workspace.Server) error { return g.DeleteGroup(group, "") },
			told{[]string{"DELETE_GROUP"}, nil, []string{"delete_group"}},
		},
		"an administrator renames a group": {
			func(g *workspace.Server) error { return g.RenameGroup(group, "numbers@example.com", "") },
			told{[]string{"CHANGE_GROUP_EMAIL"}, nil, []string{"change_info_setting"}},
		},
		"a bulk upload names no group": {
			func(g *workspace.Server) error {
				if failed := g.BulkUpload([]workspace.Upload{{group, person, "MEMBER"}, {"none@example.com", person, "MEMBER"}}); failed != 1 {
					t.Errorf("got %d failed lines, want 1", failed)
				}
				return nil
			},
			told{[]string{"GROUP_MEMBER_BULK_UPLOAD"}, nil, nil},
		},
		"an administrator suspends somebody": {
			func(g *workspace.Server) error { return g.Suspend(person) },
			told{[]string{"SUSPEND_USER"}, nil, nil},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			check(t, test.do(w.google))
			w.advance(time.Hour)
			got := told{w.names("admin"), w.names("groups"), w.names("groups_enterprise")}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheShapeOfActivities(t *testing.T) {
	w := newWorld(t)
	check(t, w.google.SetSetting("analysts@example.com", "whoCanJoin", "ANYONE_CAN_JOIN", "yui@example.com"))
	must[*groupssettings.Groups](t)(w.settings.Groups.Patch("analysts@example.com", &groupssettings.Groups{
		WhoCanJoin: "INVITED_CAN_JOIN", WhoCanViewGroup: "ALL_MANAGERS_CAN_VIEW",
	}).Do())
	w.advance(time.Hour)
	show := func(app string, i int) map[string]any {
		a := must[*reports.Activities](t)(w.reports.Activities.List("all", app).Do()).Items[i]
		text, err := json.Marshal(a)
		check(t, err)
		var out map[string]any
		check(t, json.Unmarshal(text, &out))
		if out["etag"] == nil {
			t.Error("no etag")
		}
		delete(out, "etag")
		id := out["id"].(map[string]any)
		if _, ok := id["uniqueQualifier"].(string); !ok {
			t.Errorf("uniqueQualifier is %T, want a string", id["uniqueQualifier"])
		}
		delete(id, "uniqueQualifier")
		return out
	}
	parameter := func(name string, value any) map[string]any {
		if list, ok := value.([]any); ok {
			return map[string]any{"name": name, "multiValue": list}
		}
		return map[string]any{"name": name, "value": value}
	}
	id := func(app string) map[string]any {
		return map[string]any{"time": "2026-11-22T00:00:00.000Z", "applicationName": app, "customerId": w.google.CustomerID()}
	}
	yui := w.google.Users()[13]
	want := map[string]any{
		"kind": "admin#reports#activity", "id": id("groups"), "ipAddress": "203.0.113.7",
		"actor": map[string]any{"callerType": "USER", "email": "yui@example.com", "profileId": yui.ID},
		"events": []any{map[string]any{"type": "acl_change", "name": "change_acl_permission", "parameters": []any{
			parameter("acl_permission", "can_join"), parameter("group_email", "analysts@example.com"),
			map[string]any{"name": "old_value_repeated"}, // nobody: an empty list is left out when it is written again
			parameter("new_value_repeated", []any{"owners", "managers", "members", "domain", "anyone"}),
		}}},
	}
	if diff := cmp.Diff(want, show("groups", 0)); diff != "" {
		t.Errorf("a person in Google Groups (-want +got):\n%s", diff)
	}
	got := show("admin", 0)
	who := got["actor"].(map[string]any)
	if who["email"] != robot || who["applicationInfo"] == nil {
		t.Errorf("a program's own write has the actor %v", who)
	}
	wantEvents := []any{
		map[string]any{"type": "GROUP_SETTINGS", "name": "CHANGE_GROUP_SETTING", "parameters": []any{
			parameter("GROUP_EMAIL", "analysts@example.com"), parameter("SETTING_NAME", "WHO_CAN_JOIN"),
			parameter("OLD_VALUE", "ANYONE_CAN_JOIN"), parameter("NEW_VALUE", "INVITED_CAN_JOIN"),
		}},
		map[string]any{"type": "GROUP_SETTINGS", "name": "CHANGE_GROUP_SETTING", "parameters": []any{
			parameter("GROUP_EMAIL", "analysts@example.com"), parameter("SETTING_NAME", "WHO_CAN_VIEW_GROUP"),
			parameter("OLD_VALUE", "ALL_MEMBERS_CAN_VIEW"), parameter("NEW_VALUE", "ALL_MANAGERS_CAN_VIEW"),
		}},
	}
	if diff := cmp.Diff(wantEvents, got["events"]); diff != "" {
		t.Errorf("one patch is one activity with an event for each setting (-want +got):\n%s", diff)
	}
}

func TestEntriesShowOnlyAfterTheirLag(t *testing.T) {
	lag := workspace.Lag{Admin: workspace.Delay{Min: 2 * time.Second, Max: 2 * time.Second}, GroupsEnterprise: workspace.Delay{Min: time.Minute, Max: time.Minute}}
	w := newWorld(t, func(o *workspace.Options) { o.Lag = &lag })
	check(t, w.google.AddMember("analysts@example.com", "noor@example.com", "MEMBER", "mika@example.com"))
	count := func() [2]int { return [2]int{len(w.names("admin")), len(w.names("groups_enterprise"))} }
	var got [][2]int
	for _, step := range []time.Duration{0, 2 * time.Second, 57 * time.Second, time.Second} {
		w.advance(step)
		got = append(got, count())
	}
	if diff := cmp.Diff([][2]int{{0, 0}, {1, 0}, {1, 0}, {1, 1}}, got); diff != "" {
		t.Errorf("after 0, 2, 59 and 60 seconds (-want +got):\n%s", diff)
	}
}

// three makes three changes a minute apart and lets all of them show.
func three(w *world) {
	for _, person := range []string{"noor@example.com", "liam@example.com", "emma@example.com"} {
		check(w.t, w.google.AddMember("analysts@example.com", person, "MEMBER", "mika@example.com"))
		w.advance(time.Minute)
	}
	w.advance(time.Hour)
}

func members(list *reports.Activities) []string {
	var out []string
	for _, a := range list.Items {
		out = append(out, a.Events[0].Parameters[0].Value)
	}
	return out
}

func TestActivitiesListSelects(t *testing.T) {
	w := newWorld(t)
	three(w)
	at := func(d time.Duration) string { return begin.Add(d).Format(time.RFC3339) }
	list := func() *reports.ActivitiesListCall { return w.reports.Activities.List("all", "admin") }
	for name, test := range map[string]struct {
		call *reports.ActivitiesListCall
		want []string
	}{
		"newest first":         {list(), []string{"emma@example.com", "liam@example.com", "noor@example.com"}},
		"from a time":          {list().StartTime(at(time.Minute)), []string{"emma@example.com", "liam@example.com"}},
		"to a time":            {list().EndTime(at(time.Minute)), []string{"liam@example.com", "noor@example.com"}},
		"between":              {list().StartTime(at(30 * time.Second)).EndTime(at(90 * time.Second)), []string{"liam@example.com"}},
		"by event":             {list().EventName("ADD_GROUP_MEMBER"), []string{"emma@example.com", "liam@example.com", "noor@example.com"}},
		"by another event":     {list().EventName("DELETE_GROUP"), nil},
		"by actor":             {w.reports.Activities.List("mika@example.com", "admin"), []string{"emma@example.com", "liam@example.com", "noor@example.com"}},
		"by another actor":     {w.reports.Activities.List("ken@example.com", "admin"), nil},
		"from another address": {list().ActorIpAddress("198.51.100.1"), nil},
		"another application":  {w.reports.Activities.List("all", "drive"), nil},
		"the customer":         {list().CustomerId("my_customer"), []string{"emma@example.com", "liam@example.com", "noor@example.com"}},
		"long ago":             {list().StartTime(at(-400 * 24 * time.Hour)), []string{"emma@example.com", "liam@example.com", "noor@example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := members(must[*reports.Activities](t)(test.call.Do()))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestActivitiesPages(t *testing.T) {
	w := newWorld(t)
	three(w)
	first := must[*reports.Activities](t)(w.reports.Activities.List("all", "admin").MaxResults(2).Do())
	// What comes between two pages is newer than both and moves nothing.
	check(t, w.google.AddMember("analysts@example.com", "grace@example.com", "MEMBER", "mika@example.com"))
	w.advance(time.Hour)
	second := must[*reports.Activities](t)(w.reports.Activities.List("all", "admin").MaxResults(2).PageToken(first.NextPageToken).Do())
	got := slices.Concat(members(first), members(second))
	if diff := cmp.Diff([]string{"emma@example.com", "liam@example.com", "noor@example.com"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if second.NextPageToken != "" {
		t.Error("the last page has a token")
	}
}

func TestActivitiesListRefuses(t *testing.T) {
	w := newWorld(t)
	list := func() *reports.ActivitiesListCall { return w.reports.Activities.List("all", "admin") }
	at := func(d time.Duration) string { return begin.Add(d).Format(time.RFC3339) }
	for name, call := range map[string]*reports.ActivitiesListCall{
		"an application that is none":  w.reports.Activities.List("all", "solitaire"),
		"more than 1000":               list().MaxResults(1_001),
		"none":                         list().MaxResults(-3),
		"a bad token":                  list().PageToken("x"),
		"a start in the future":        list().StartTime(at(time.Hour)),
		"an end before the start":      list().StartTime(at(-time.Hour)).EndTime(at(-2 * time.Hour)),
		"a time that is none":          list().StartTime("yesterday"),
		"an unknown user":              w.reports.Activities.List("nobody@example.com", "admin"),
		"another customer":             list().CustomerId("C0elsewhere"),
		"a filter that it cannot read": list().Filters("group_email==x"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := call.Do()
			refused(t, err, 400)
		})
	}
}

func TestFilteredListsHaveAQuotaOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	filtered := func() error {
		_, err := w.reports.Activities.List("all", "admin").EventName("CREATE_GROUP").Do()
		return err
	}
	for range 250 {
		check(t, filtered())
	}
	refused(t, filtered(), 503)
	must[*reports.Activities](t)(w.reports.Activities.List("all", "admin").Do())
	if calls, spent := w.calls.Count("reports", "activities.list"); calls != 252 || spent != 1 {
		t.Errorf("got %d calls and %d refused, want 252 and 1", calls, spent)
	}
	w.advance(time.Minute)
	check(t, filtered())
}

func TestEntriesAreForgottenAfter180Days(t *testing.T) {
	w := newWorld(t)
	three(w)
	w.advance(180 * 24 * time.Hour)
	if got := w.names("admin"); got != nil {
		t.Errorf("got %v", got)
	}
}
