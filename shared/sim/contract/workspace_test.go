package contract

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	admin "google.golang.org/api/admin/directory/v1"
	reports "google.golang.org/api/admin/reports/v1"
	"google.golang.org/api/groupssettings/v1"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

// operationOf is the discovery document's name of a simulator's method.
func operationOf(method string) string {
	if rest, ok := strings.CutPrefix(method, "settings."); ok {
		return "groupsSettings." + rest
	}
	if method == "reports.channels.stop" {
		return "admin.channels.stop"
	}
	return method
}

// Everything that Google's own clients can ask of the simulator, and everything that it sends.
func TestWorkspaceConforms(t *testing.T) {
	recorder := NewRecorder(GoogleExceptions...)
	w := newGoogleWorld(t, recorder, false)
	t.Run("directory", w.readDirectory)
	t.Run("settings", w.changeSettings)
	t.Run("reports", w.watchEverything)
	t.Run("refusals", w.beRefused)
	t.Run("faults", w.misbehave)
	report := recorder.Report()
	report.Verify(t)
	for _, e := range report.Unused {
		t.Errorf("this exception is not needed: %+v", e)
	}
	var all []string
	for _, name := range w.google.Methods() {
		all = append(all, operationOf(name))
	}
	if missing := report.Missing(all); len(missing) > 0 {
		t.Errorf("never asked for: %v", missing)
	}
	for _, c := range report.Operations {
		if !strings.Contains(fmt.Sprint(c.Outcomes), "{20") {
			t.Errorf("%s never succeeded: %v", c.Operation, c.Outcomes)
		}
	}
}

func (w *googleWorld) readDirectory(t *testing.T) {
	groups := must[*admin.Groups](t)
	members := must[*admin.Members](t)
	users := must[*admin.Users](t)
	d := w.directory
	check(t, d.Groups.List().Customer("my_customer").MaxResults(3).Pages(t.Context(), func(*admin.Groups) error { return nil }))
	groups(d.Groups.List().Domain("example.com").OrderBy("email").SortOrder("ASCENDING").Do())
	groups(d.Groups.List().UserKey("secure_anchor@example.com").Do())
	groups(d.Groups.List().Customer(w.google.CustomerID()).MaxResults(2).Fields("nextPageToken", "groups(id,email,directMembersCount,aliases)").Do())
	must[*admin.Group](t)(d.Groups.Get("data@example.com").Do())
	must[*admin.Group](t)(d.Groups.Get("data@example.com").Fields("id", "name").Do())
	check(t, d.Members.List("data@example.com").MaxResults(1).Pages(t.Context(), func(*admin.Members) error { return nil }))
	members(d.Members.List("everyone@example.com").IncludeDerivedMembership(true).Roles("OWNER,MEMBER").Do())
	members(d.Members.List("everyone@example.com").Fields("members/id", "nextPageToken").Do())
	must[*admin.Member](t)(d.Members.Get("data@example.com", "aiko@example.com").Do())
	must[*admin.MembersHasMember](t)(d.Members.HasMember("everyone@example.com", "haruto@example.com").Do())
	check(t, d.Users.List().Customer("my_customer").MaxResults(5).Projection("full").ViewType("admin_view").Pages(t.Context(), func(*admin.Users) error { return nil }))
	users(d.Users.List().Domain("example.com").Fields("users(id,name/fullName,emails,relations)").Do())
	must[*admin.User](t)(d.Users.Get("mika@example.com").Do())
	must[*admin.User](t)(d.Users.Get("olga@example.com").Do()) // suspended
	users(d.Users.List().Customer("my_customer").MaxResults(1).OrderBy("email").SortOrder("DESCENDING").Fields("users(id,creationTime,lastLoginTime)").Do())
	suspended, back := &admin.User{Suspended: true}, &admin.User{ForceSendFields: []string{"Suspended"}}
	must[*admin.User](t)(d.Users.Update("haruto@example.com", suspended).Do())
	must[*admin.User](t)(d.Users.Patch("haruto@example.com", back).Fields("id", "suspended").Do())
}

func (w *googleWorld) changeSettings(t *testing.T) {
	groups := must[*groupssettings.Groups](t)
	s := w.settings.Groups
	for _, g := range w.google.Groups() {
		groups(s.Get(g.Email).Do())
	}
	groups(s.Get("data@example.com").Fields("email", "whoCanViewGroup").Do())
	groups(s.Patch("data@example.com", &groupssettings.Groups{WhoCanViewGroup: "ALL_MEMBERS_CAN_VIEW", CustomFooterText: "internal"}).Do())
	groups(s.Patch("data@example.com", &groupssettings.Groups{NullFields: []string{"CustomFooterText"}}).Do())
	whole := groups(s.Get("product@example.com").Do())
	groups(s.Update("product@example.com", whole).Do())
	// The generated client always asks for JSON.
	for _, url := range []string{"product@example.com", "product@example.com?alt=atom"} {
		if status, answer := w.raw(http.MethodGet, "https://www.googleapis.com/groups/v1/groups/"+url, fullToken, ""); status != http.StatusOK {
			t.Errorf("got %d %s", status, answer)
		}
	}
	if status, answer := w.raw(http.MethodPatch, "https://www.googleapis.com/groups/v1/groups/data@example.com?alt=json", fullToken,
		`{"whoCanAddExternalMembers": "ONLY_ADMINS_CAN_ADD_EXTERNAL_MEMBERS"}`); status != http.StatusOK {
		t.Errorf("got %d %s", status, answer)
	}
}

// watchEverything has people do everything they can do while channels are open.
func (w *googleWorld) watchEverything(t *testing.T) {
	var channels []*reports.Channel
	for i, app := range []string{"admin", "groups", "groups_enterprise", "token"} {
		channels = append(channels, must[*reports.Channel](t)(w.reports.Activities.Watch("all", app, &reports.Channel{
			Id: fmt.Sprintf("channel-%d", i), Type: "web_hook", Address: "https://hook.example.com/", Token: "secret", Payload: true,
			Expiration: w.now.Add(5 * time.Hour).UnixMilli(),
		}).Do()))
	}
	must[*reports.Channel](t)(w.reports.Activities.Watch("all", "admin", &reports.Channel{
		Id: "short", Type: "web_hook", Address: "https://hook.example.com/", Params: map[string]string{"ttl": "600"},
	}).EventName("CREATE_GROUP").CustomerId("my_customer").Do())
	answers := 0
	w.hook = func() int {
		answers++
		return []int{200, 204, 500, 403}[answers%4]
	}
	w.faults.Add(sim.Fault{API: workspace.Reports, Kind: sim.FaultDuplicate, Rate: 0.2, Left: -1})
	w.liveADay(t)
	w.advance(time.Hour)
	list := w.reports.Activities
	for _, app := range listedApplications(w.spec) {
		must[*reports.Activities](t)(list.List("all", app).Do())
	}
	for _, app := range []string{"admin", "groups", "groups_enterprise"} {
		pages := 0
		check(t, list.List("all", app).MaxResults(2).StartTime(w.now.Add(-2*time.Hour).Format(time.RFC3339Nano)).Pages(t.Context(), func(a *reports.Activities) error {
			pages++
			return nil
		}))
		if pages < 3 {
			t.Errorf("%s: got %d pages of what happened", app, pages)
		}
	}
	must[*reports.Activities](t)(list.List("mika@example.com", "admin").CustomerId(w.google.CustomerID()).EndTime(w.now.Format(time.RFC3339)).Do())
	must[*reports.Activities](t)(list.List("all", "admin").EventName("CREATE_GROUP").ActorIpAddress("203.0.113.7").Do())
	must[*reports.Activities](t)(list.List("all", "admin").Fields("nextPageToken", "items(id,events(name,parameters))").Do())
	for _, ch := range channels[:2] {
		check(t, w.reports.Channels.Stop(&reports.Channel{Id: ch.Id, ResourceId: ch.ResourceId}).Do())
	}
	w.advance(24 * time.Hour)
}

// liveADay is everything that people can do in the simulator.
func (w *googleWorld) liveADay(t *testing.T) {
	g := w.google
	by := "ken@example.com" // an owner, in Google Groups; nobody stands for an administrator
	for _, act := range []struct {
		name string
		err  error
	}{
		{"set by owner", g.SetSetting("data@example.com", "whoCanViewGroup", "ANYONE_CAN_VIEW", by)},
		{"set by administrator", g.SetSetting("data@example.com", "whoCanJoin", "INVITED_CAN_JOIN", "mika@example.com")},
		{"set a switch", g.SetSetting("data@example.com", "allowExternalMembers", "true", by)},
		{"name", g.SetSetting("data@example.com", "name", "Data and more", "mika@example.com")},
		{"description", g.SetSetting("data@example.com", "description", "", "mika@example.com")},
		{"add", g.AddMember("data@example.com", "emma@example.com", "MEMBER", by)},
		{"add by administrator", g.AddMember("data@example.com", "liam@example.com", "MANAGER", "mika@example.com")},
		{"add from outside", g.AddMember("data@example.com", "friend@partner.example", "MEMBER", by)},
		{"add a group", g.AddMember("backoffice@example.com", "board@example.com", "MEMBER", "mika@example.com")},
		{"join", g.AddMember("product@example.com", "jun@example.com", "MEMBER", "jun@example.com")},
		{"role", g.SetRole("data@example.com", "emma@example.com", "OWNER", by)},
		{"role by administrator", g.SetRole("data@example.com", "liam@example.com", "MEMBER", "mika@example.com")},
		{"remove", g.RemoveMember("data@example.com", "emma@example.com", by)},
		{"remove by administrator", g.RemoveMember("data@example.com", "liam@example.com", "mika@example.com")},
		{"create", g.CreateGroup("club@example.com", "noor@example.com")},
		{"create by administrator", g.CreateGroup("new@example.com", "")},
		{"rename", g.RenameGroup("new@example.com", "renamed@example.com", "")},
		{"delete", g.DeleteGroup("renamed@example.com", "")},
		{"delete by owner", g.DeleteGroup("club@example.com", "noor@example.com")},
		{"suspend", g.Suspend("tomas@example.com")},
		{"unsuspend", g.Unsuspend("tomas@example.com")},
	} {
		if act.err != nil {
			t.Errorf("%s: %v", act.name, act.err)
		}
	}
	g.BulkUpload([]workspace.Upload{{Group: "data@example.com", Email: "grace@example.com", Role: "MEMBER"}, {Group: "none@example.com"}})
	must[*groupssettings.Groups](t)(w.settings.Groups.Patch("data@example.com", &groupssettings.Groups{WhoCanJoin: "CAN_REQUEST_TO_JOIN"}).Do())
}

// beRefused asks for what is not there, in requests that are written well.
func (w *googleWorld) beRefused(t *testing.T) {
	d := w.directory
	refuse := func(want int) func(any, error) {
		return func(_ any, err error) {
			t.Helper()
			if got := statusOf(err); got != want {
				t.Errorf("got %d (%v), want %d", got, err, want)
			}
		}
	}
	refuse(404)(d.Groups.Get("none@example.com").Do())
	refuse(404)(d.Groups.List().Domain("other.example").Do())
	refuse(404)(d.Groups.List().UserKey("nobody@example.com").Do())
	refuse(400)(d.Groups.List().Do())
	refuse(400)(d.Groups.List().Customer("C0wrong").Do())
	refuse(400)(d.Groups.List().Customer("my_customer").PageToken("nonsense").Do())
	refuse(404)(d.Members.List("none@example.com").Do())
	refuse(400)(d.Members.List("data@example.com").Roles("KING").Do())
	refuse(404)(d.Members.Get("data@example.com", "emma@example.com").Do())
	refuse(400)(d.Members.HasMember("data@example.com", "stranger@partner.example").Do())
	refuse(400)(d.Users.List().Do())
	refuse(404)(d.Users.Get("nobody@example.com").Do())
	s := w.settings.Groups
	refuse(404)(s.Get("none@example.com").Do())
	refuse(404)(s.Patch("none@example.com", &groupssettings.Groups{}).Do())
	refuse(400)(s.Patch("data@example.com", &groupssettings.Groups{WhoCanJoin: "EVERYBODY"}).Do())
	refuse(400)(s.Patch("data@example.com", &groupssettings.Groups{WhoCanPostMessage: "NONE_CAN_POST"}).Do())
	refuse(400)(s.Update("data@example.com", &groupssettings.Groups{Name: strings.Repeat("x", 80)}).Do())
	a := w.reports.Activities
	refuse(400)(a.List("nobody@example.com", "admin").Do())
	refuse(400)(a.List("all", "admin").StartTime(w.now.Add(time.Hour).Format(time.RFC3339)).Do())
	refuse(400)(a.Watch("all", "admin", &reports.Channel{Id: "short", Type: "web_hook", Address: "https://hook.example.com/"}).Do())
	refuse(400)(a.Watch("all", "admin", &reports.Channel{Id: "x", Type: "web_hook", Address: "http://hook.example.com/"}).Do())
	refuse(404)(nil, w.reports.Channels.Stop(&reports.Channel{Id: "none", ResourceId: "none"}).Do())
}

// misbehave has each API fail in each way.
func (w *googleWorld) misbehave(t *testing.T) {
	kinds := []sim.FaultKind{
		sim.Fault429, sim.Fault403Quota, sim.Fault500, sim.FaultTimeout, sim.FaultDown, sim.FaultPartial, sim.FaultEmpty,
		sim.FaultConflict, sim.FaultAppliedBut500,
	}
	calls := map[string]func(){
		workspace.Directory: func() { _, _ = w.directory.Groups.List().Customer("my_customer").Do() },
		workspace.Settings: func() {
			_, _ = w.settings.Groups.Patch("data@example.com", &groupssettings.Groups{WhoCanJoin: "INVITED_CAN_JOIN"}).Do()
		},
		workspace.Reports: func() { _, _ = w.reports.Activities.List("all", "admin").Do() },
	}
	for api, call := range calls {
		for _, kind := range kinds {
			w.faults.Add(sim.Fault{API: api, Kind: kind, Rate: 1, Left: 1})
			call()
		}
		call()
		w.google.Quota(api).Set(1, time.Hour)
		call()
		call()
	}
	w.google.Quota(workspace.Settings).Set(1, 24*time.Hour)
	calls[workspace.Settings]()
	calls[workspace.Settings]()
	for api := range calls {
		w.google.Quota(api).Set(2_400, time.Minute)
	}
	for range 251 { // more than may filter in a minute
		_, _ = w.reports.Activities.List("all", "admin").EventName("CREATE_GROUP").Do()
	}
}
