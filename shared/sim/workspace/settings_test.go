package workspace_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	reports "google.golang.org/api/admin/reports/v1"
	"google.golang.org/api/groupssettings/v1"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

// send sends a raw request to the Groups Settings API.
func (w *world) send(method, path, body string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://www.googleapis.com"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := (bearer{token, w.hosts}).RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(out)
}

func (w *world) setting(group, field string) string {
	w.t.Helper()
	value, ok := w.google.Setting(group, field)
	if !ok {
		w.t.Fatalf("%s has no %s", group, field)
	}
	return value
}

func TestSettingsOfANewGroup(t *testing.T) {
	w := newWorld(t)
	got := must[*groupssettings.Groups](t)(w.settings.Groups.Get("leads@example.com").Do())
	want := &groupssettings.Groups{
		Kind: "groupsSettings#groups", Email: "leads@example.com", Name: "Leads", Description: "Who approves access",
		AllowExternalMembers: "false", AllowGoogleCommunication: "false", AllowWebPosting: "true", ArchiveOnly: "false",
		CustomRolesEnabledForSettingsToBeMerged: "false", DefaultSender: "DEFAULT_SELF", EnableCollaborativeInbox: "false",
		FavoriteRepliesOnTop: "true", IncludeCustomFooter: "false", IncludeInGlobalAddressList: "true", IsArchived: "false",
		MaxMessageBytes: 26214400, MembersCanPostAsTheGroup: "false", MessageDisplayFont: "DEFAULT_FONT",
		MessageModerationLevel: "MODERATE_NONE", PrimaryLanguage: "en_US", ReplyTo: "REPLY_TO_IGNORE",
		SendMessageDenyNotification: "false", ShowInGroupDirectory: "true", SpamModerationLevel: "MODERATE",
		WhoCanAdd: "ALL_MANAGERS_CAN_ADD", WhoCanAddReferences: "NONE", WhoCanApproveMembers: "ALL_MANAGERS_CAN_APPROVE",
		WhoCanApproveMessages: "OWNERS_AND_MANAGERS", WhoCanAssignTopics: "NONE", WhoCanAssistContent: "NONE",
		WhoCanBanUsers: "OWNERS_AND_MANAGERS", WhoCanContactOwner: "ANYONE_CAN_CONTACT", WhoCanDeleteAnyPost: "OWNERS_AND_MANAGERS",
		WhoCanDeleteTopics: "OWNERS_AND_MANAGERS", WhoCanDiscoverGroup: "ALL_IN_DOMAIN_CAN_DISCOVER", WhoCanEnterFreeFormTags: "NONE",
		WhoCanHideAbuse: "OWNERS_AND_MANAGERS", WhoCanInvite: "ALL_MANAGERS_CAN_INVITE", WhoCanJoin: "CAN_REQUEST_TO_JOIN",
		WhoCanLeaveGroup: "ALL_MEMBERS_CAN_LEAVE", WhoCanLockTopics: "OWNERS_AND_MANAGERS", WhoCanMakeTopicsSticky: "OWNERS_AND_MANAGERS",
		WhoCanMarkDuplicate: "NONE", WhoCanMarkFavoriteReplyOnAnyTopic: "NONE", WhoCanMarkFavoriteReplyOnOwnTopic: "NONE",
		WhoCanMarkNoResponseNeeded: "NONE", WhoCanModerateContent: "OWNERS_AND_MANAGERS", WhoCanModerateMembers: "OWNERS_AND_MANAGERS",
		WhoCanModifyMembers: "OWNERS_AND_MANAGERS", WhoCanModifyTagsAndCategories: "NONE", WhoCanMoveTopicsIn: "OWNERS_AND_MANAGERS",
		WhoCanMoveTopicsOut: "OWNERS_AND_MANAGERS", WhoCanPostAnnouncements: "OWNERS_AND_MANAGERS", WhoCanPostMessage: "ALL_MEMBERS_CAN_POST",
		WhoCanTakeTopics: "NONE", WhoCanUnassignTopic: "NONE", WhoCanUnmarkFavoriteReplyOnAnyTopic: "NONE",
		WhoCanViewGroup: "ALL_MEMBERS_CAN_VIEW", WhoCanViewMembership: "ALL_MEMBERS_CAN_VIEW",
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(groupssettings.Groups{}, "ServerResponse")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEverySettingOfTheVendorIsAnswered(t *testing.T) {
	w := newWorld(t)
	_, body := w.send("GET", "/groups/v1/groups/leads@example.com?alt=json", "")
	var answer map[string]any
	check(t, json.Unmarshal([]byte(body), &answer))
	// What the vendor's type knows, and the reference has.
	fields, err := json.Marshal(groupssettings.Groups{ForceSendFields: structFields(groupssettings.Groups{})})
	check(t, err)
	var known map[string]any
	check(t, json.Unmarshal(fields, &known))
	delete(known, "defaultMessageDenyNotificationText") // left out while it is empty
	for name := range known {
		if _, ok := answer[name]; !ok {
			t.Errorf("no %s in the answer", name)
		}
	}
	for name := range answer {
		if _, ok := known[name]; !ok && name != "whoCanAddExternalMembers" {
			t.Errorf("%s is not a field of the vendor's type", name)
		}
	}
}

func TestPatchChangesOnlyWhatItNames(t *testing.T) {
	w := newWorld(t)
	before, _ := w.google.Settings("product@example.com")
	id := w.google.Groups()[11].ID
	got := must[*groupssettings.Groups](t)(w.settings.Groups.Patch("Product@example.com", &groupssettings.Groups{
		WhoCanViewGroup: "ALL_MEMBERS_CAN_VIEW", Description: "New", DefaultSender: "GROUP",
	}).Do())
	if got.WhoCanViewGroup != "ALL_MEMBERS_CAN_VIEW" || got.Description != "New" || got.DefaultSender != "GROUP" || got.WhoCanJoin != "ANYONE_CAN_JOIN" {
		t.Errorf("got %+v", got)
	}
	before["whoCanViewGroup"], before["description"], before["default_sender"] = "ALL_MEMBERS_CAN_VIEW", "New", "GROUP"
	after, _ := w.google.Settings("product@example.com")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if byID := must[*groupssettings.Groups](t)(w.settings.Groups.Get(id).Do()); byID.Email != "product@example.com" {
		t.Errorf("by id: got %s", byID.Email)
	}
	// An empty text needs ForceSendFields or null.
	got = must[*groupssettings.Groups](t)(w.settings.Groups.Patch("product@example.com", &groupssettings.Groups{ForceSendFields: []string{"Description"}}).Do())
	if got.Description != "" {
		t.Errorf("description: got %q", got.Description)
	}
	check(t, w.google.SetSetting("product@example.com", "customFooterText", "x", ""))
	got = must[*groupssettings.Groups](t)(w.settings.Groups.Patch("product@example.com", &groupssettings.Groups{NullFields: []string{"CustomFooterText"}}).Do())
	if got.CustomFooterText != "" {
		t.Errorf("footer: got %q", got.CustomFooterText)
	}
}

func TestAPatchWithoutEffectIsAccepted(t *testing.T) {
	w := newWorld(t)
	must[*groupssettings.Groups](t)(w.settings.Groups.Patch("data@example.com", &groupssettings.Groups{}).Do())
	must[*groupssettings.Groups](t)(w.settings.Groups.Patch("data@example.com", &groupssettings.Groups{WhoCanViewGroup: "ALL_IN_DOMAIN_CAN_VIEW"}).Do())
	// Dead and merged settings, the address and the read-only one are taken and ignored.
	must[*groupssettings.Groups](t)(w.settings.Groups.Patch("data@example.com", &groupssettings.Groups{
		Kind: "groupsSettings#groups", Email: "other@example.com", MaxMessageBytes: 5, WhoCanAdd: "NONE_CAN_ADD",
		ShowInGroupDirectory: "false", CustomRolesEnabledForSettingsToBeMerged: "true",
	}).Do())
	w.advance(time.Hour)
	for _, app := range []string{"admin", "groups", "groups_enterprise"} {
		if n := len(must[*reports.Activities](t)(w.reports.Activities.List("all", app).Do()).Items); n != 0 {
			t.Errorf("%s has %d entries", app, n)
		}
	}
}

func TestPutPutsTheRestBackToDefaults(t *testing.T) {
	w := newWorld(t)
	must[*groupssettings.Groups](t)(w.settings.Groups.Update("product@example.com", &groupssettings.Groups{WhoCanJoin: "INVITED_CAN_JOIN"}).Do())
	for field, want := range map[string]string{"whoCanJoin": "INVITED_CAN_JOIN", "whoCanViewGroup": "ALL_MEMBERS_CAN_VIEW", "allowExternalMembers": "false", "name": "Product"} {
		if got := w.setting("product@example.com", field); got != want {
			t.Errorf("%s: got %s, want %s", field, got, want)
		}
	}
}

func TestSettingsInterdependencies(t *testing.T) {
	type patch = groupssettings.Groups
	tests := map[string]struct {
		first   *patch // must succeed
		patch   *patch
		refused string // part of the message, or empty
		want    map[string]string
	}{
		"archiving shuts posts out":                {nil, &patch{ArchiveOnly: "true"}, "", map[string]string{"whoCanPostMessage": "NONE_CAN_POST"}},
		"coming back lets managers post":           {&patch{ArchiveOnly: "true"}, &patch{ArchiveOnly: "false"}, "", map[string]string{"whoCanPostMessage": "ALL_MANAGERS_CAN_POST"}},
		"coming back as asked":                     {&patch{ArchiveOnly: "true"}, &patch{ArchiveOnly: "false", WhoCanPostMessage: "ALL_MEMBERS_CAN_POST"}, "", map[string]string{"whoCanPostMessage": "ALL_MEMBERS_CAN_POST"}},
		"no posts without an archive":              {nil, &patch{WhoCanPostMessage: "NONE_CAN_POST"}, "whoCanPostMessage", nil},
		"posts into an archive":                    {&patch{ArchiveOnly: "true"}, &patch{WhoCanPostMessage: "ALL_MEMBERS_CAN_POST"}, "whoCanPostMessage", nil},
		"members seen wider than the group":        {nil, &patch{WhoCanDiscoverGroup: "ALL_MEMBERS_CAN_DISCOVER", WhoCanViewMembership: "ALL_IN_DOMAIN_CAN_VIEW"}, "WHO_CAN_VIEW_MEMBERSHIP_CANNOT_BE_BROADER_THAN_WHO_CAN_SEE_GROUP", nil},
		"the group hidden under its members":       {&patch{WhoCanViewMembership: "ALL_IN_DOMAIN_CAN_VIEW"}, &patch{WhoCanDiscoverGroup: "ALL_MEMBERS_CAN_DISCOVER"}, "WHO_CAN_VIEW_MEMBERSHIP_CANNOT_BE_BROADER_THAN_WHO_CAN_SEE_GROUP", nil},
		"both together":                            {&patch{WhoCanViewMembership: "ALL_IN_DOMAIN_CAN_VIEW"}, &patch{WhoCanDiscoverGroup: "ALL_MEMBERS_CAN_DISCOVER", WhoCanViewMembership: "ALL_MEMBERS_CAN_VIEW"}, "", map[string]string{"whoCanViewMembership": "ALL_MEMBERS_CAN_VIEW"}},
		"moderators who cannot see":                {nil, &patch{WhoCanViewMembership: "ALL_OWNERS_CAN_VIEW"}, "WHO_CAN_MANAGE_MEMBERS_CANNOT_BE_BROADER_THAN_WHO_CAN_VIEW_MEMBERSHIP", nil},
		"moderators wider than who may see":        {&patch{WhoCanViewMembership: "ALL_MANAGERS_CAN_VIEW"}, &patch{WhoCanModerateMembers: "ALL_MEMBERS"}, "WHO_CAN_MANAGE_MEMBERS_CANNOT_BE_BROADER_THAN_WHO_CAN_VIEW_MEMBERSHIP", nil},
		"owners see and moderate":                  {nil, &patch{WhoCanViewMembership: "ALL_OWNERS_CAN_VIEW", WhoCanModerateMembers: "OWNERS_ONLY"}, "", map[string]string{"whoCanModerateMembers": "OWNERS_ONLY"}},
		"a custom address for replies is needed":   {nil, &patch{ReplyTo: "REPLY_TO_CUSTOM"}, "customReplyTo", nil},
		"a custom address for replies":             {nil, &patch{ReplyTo: "REPLY_TO_CUSTOM", CustomReplyTo: "x@example.com"}, "", map[string]string{"replyTo": "REPLY_TO_CUSTOM"}},
		"an impossible value":                      {nil, &patch{WhoCanJoin: "NOBODY_CAN_JOIN"}, "whoCanJoin", nil},
		"one bad value spoils the whole":           {nil, &patch{WhoCanJoin: "INVITED_CAN_JOIN", WhoCanViewGroup: "ALL"}, "whoCanViewGroup", nil},
		"a boolean in capitals":                    {nil, &patch{IsArchived: "TRUE"}, "isArchived", nil},
		"an empty enumeration":                     {nil, &patch{ForceSendFields: []string{"WhoCanJoin"}}, "whoCanJoin", nil},
		"null for an enumeration":                  {nil, &patch{NullFields: []string{"WhoCanJoin"}}, "whoCanJoin", nil},
		"a name that is too long":                  {nil, &patch{Name: strings.Repeat("あ", 76)}, "name", nil},
		"a name of 75 characters":                  {nil, &patch{Name: strings.Repeat("あ", 75)}, "", nil},
		"no name at all":                           {nil, &patch{ForceSendFields: []string{"Name"}}, "name", nil},
		"a footer that is too long":                {nil, &patch{CustomFooterText: strings.Repeat("x", 1_001)}, "customFooterText", nil},
		"undocumented circles that Google accepts": {nil, &patch{WhoCanViewGroup: "ALL_OWNERS_CAN_VIEW", WhoCanLeaveGroup: "ALL_OWNERS_CAN_LEAVE"}, "", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			const group = "leads@example.com"
			w := newWorld(t)
			if test.first != nil {
				must[*groupssettings.Groups](t)(w.settings.Groups.Patch(group, test.first).Do())
			}
			before, _ := w.google.Settings(group)
			_, err := w.settings.Groups.Patch(group, test.patch).Do()
			if test.refused == "" {
				check(t, err)
			} else {
				refused(t, err, 400)
				if !strings.Contains(err.Error(), test.refused) {
					t.Errorf("got %v, want %s in it", err, test.refused)
				}
				after, _ := w.google.Settings(group)
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("a refused patch changed something:\n%s", diff)
				}
			}
			for field, want := range test.want {
				if got := w.setting(group, field); got != want {
					t.Errorf("%s: got %s, want %s", field, got, want)
				}
			}
		})
	}
}

func TestSettingsBodiesThatAreRefused(t *testing.T) {
	const path = "/groups/v1/groups/data@example.com?alt=json"
	for name, body := range map[string]string{
		"no JSON": "{", "a list": "[]", "an unknown field": `{"whoCanFly":"true"}`, "a boolean": `{"isArchived":true}`,
		"a number": `{"whoCanJoin":3}`, "an object": `{"whoCanJoin":{}}`, "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if status, answer := w.send("PATCH", path, body); status != 400 {
				t.Errorf("got %d %s, want 400", status, answer)
			}
		})
	}
}

func TestSettingsOfAnUnknownGroup(t *testing.T) {
	w := newWorld(t)
	_, err := w.settings.Groups.Get("nobody@example.com").Do()
	refused(t, err, 404)
	_, err = w.settings.Groups.Patch("nobody@example.com", &groupssettings.Groups{WhoCanJoin: "INVITED_CAN_JOIN"}).Do()
	refused(t, err, 404)
	_, err = w.settings.Groups.Get("ken@example.com").Do()
	refused(t, err, 404)
}

func TestSettingsAreAtomUnlessJSONIsAsked(t *testing.T) {
	w := newWorld(t)
	check(t, w.google.SetSetting("data@example.com", "name", "Data & <more>", ""))
	status, body := w.send("GET", "/groups/v1/groups/data@example.com", "")
	var entry struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom entry"`
		Title   string   `xml:"title"`
		Name    string   `xml:"http://schemas.google.com/apps/2006 name"`
		Join    string   `xml:"http://schemas.google.com/apps/2006 whoCanJoin"`
		Bytes   string   `xml:"http://schemas.google.com/apps/2006 maxMessageBytes"`
	}
	check(t, xml.Unmarshal([]byte(body), &entry))
	if status != 200 || entry.Title != "Groups Resource Entry" || entry.Name != "Data & <more>" || entry.Join != "CAN_REQUEST_TO_JOIN" || entry.Bytes != "26214400" {
		t.Errorf("got %d %+v", status, entry)
	}
	status, body = w.send("GET", "/groups/v1/groups/nobody@example.com", "")
	if status != 404 || !strings.HasPrefix(body, "<?xml") {
		t.Errorf("got %d %s", status, body)
	}
}

func TestAChangeByAPersonShowsLateInTheAPI(t *testing.T) {
	lag := workspace.DefaultLag()
	lag.Settings = 5 * time.Second
	w := newWorld(t, func(o *workspace.Options) { o.Lag = &lag })
	read := func() string {
		return must[*groupssettings.Groups](t)(w.settings.Groups.Get("leads@example.com").Do()).WhoCanJoin
	}
	check(t, w.google.SetSetting("leads@example.com", "whoCanJoin", "ANYONE_CAN_JOIN", ""))
	w.advance(3 * time.Second)
	check(t, w.google.SetSetting("leads@example.com", "whoCanJoin", "ALL_IN_DOMAIN_CAN_JOIN", ""))
	var got []string
	for range 3 {
		got = append(got, read())
		w.advance(2500 * time.Millisecond)
	}
	want := []string{"CAN_REQUEST_TO_JOIN", "ANYONE_CAN_JOIN", "ALL_IN_DOMAIN_CAN_JOIN"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	check(t, w.google.SetSetting("leads@example.com", "whoCanJoin", "ANYONE_CAN_JOIN", ""))
	must[*groupssettings.Groups](t)(w.settings.Groups.Patch("leads@example.com", &groupssettings.Groups{WhoCanJoin: "INVITED_CAN_JOIN"}).Do())
	if got := read(); got != "INVITED_CAN_JOIN" {
		t.Errorf("a program reads what it wrote: got %s", got)
	}
}

// Whatever is tried, a group never gets into a state that the rules forbid, and a refusal
// changes nothing.
func TestSettingsStayConsistent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		const group = "leads@example.com"
		fields := []string{"archiveOnly", "whoCanPostMessage", "whoCanViewMembership", "whoCanDiscoverGroup", "whoCanModerateMembers"}
		for range rapid.IntRange(1, 12).Draw(rt, "patches") {
			patch := map[string]string{}
			for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(fields), rapid.ID).Draw(rt, "fields") {
				s, _ := org.SettingNamed(name)
				patch[name] = rapid.SampledFrom(s.Values).Draw(rt, name)
			}
			body, err := json.Marshal(patch)
			if err != nil {
				rt.Fatal(err)
			}
			before, _ := w.google.Settings(group)
			status, _ := w.send("PATCH", "/groups/v1/groups/"+group+"?alt=json", string(body))
			after, _ := w.google.Settings(group)
			if status != 200 && !cmp.Equal(before, after) {
				rt.Fatalf("refused with %d and changed: %s", status, cmp.Diff(before, after))
			}
			if (after["archiveOnly"] == "true") != (after["whoCanPostMessage"] == "NONE_CAN_POST") {
				rt.Fatalf("archiveOnly %s, whoCanPostMessage %s", after["archiveOnly"], after["whoCanPostMessage"])
			}
			if after["whoCanViewMembership"] == "ALL_IN_DOMAIN_CAN_VIEW" && after["whoCanDiscoverGroup"] == "ALL_MEMBERS_CAN_DISCOVER" {
				rt.Fatal("members are seen by people who do not see the group")
			}
		}
	})
}

func TestMergedSettingsFollowTheLiveOnes(t *testing.T) {
	w := newWorld(t)
	got := must[*groupssettings.Groups](t)(w.settings.Groups.Patch("leads@example.com", &groupssettings.Groups{
		WhoCanModerateMembers: "OWNERS_ONLY", WhoCanModerateContent: "ALL_MEMBERS", WhoCanAssistContent: "MANAGERS_ONLY",
		WhoCanDiscoverGroup: "ALL_MEMBERS_CAN_DISCOVER",
	}).Do())
	want := []string{"ALL_OWNERS_CAN_INVITE", "OWNERS_ONLY", "ALL_MEMBERS", "MANAGERS_ONLY", "false"}
	if diff := cmp.Diff(want, []string{got.WhoCanInvite, got.WhoCanBanUsers, got.WhoCanDeleteTopics, got.WhoCanTakeTopics, got.ShowInGroupDirectory}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
