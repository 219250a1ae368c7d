package workspace_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admin "google.golang.org/api/admin/directory/v1"
	reports "google.golang.org/api/admin/reports/v1"
	"google.golang.org/api/groupssettings/v1"

	"github.com/sekisho/sekisho/shared/sim/workspace"
)

func (w *world) members(group string) map[string]string {
	out := map[string]string{}
	for _, m := range w.google.Members(group) {
		out[m.Email] = m.Role
	}
	return out
}

func TestPeopleChangeMemberships(t *testing.T) {
	const group = "oncall@example.com"
	w := newWorld(t)
	check(t, w.google.AddMember(group, "K.Suzuki@example.com", "MANAGER", "")) // an alias
	check(t, w.google.AddMember(group, "guest@else.example", "MEMBER", ""))
	check(t, w.google.AddMember(group, "analysts@example.com", "MEMBER", ""))
	check(t, w.google.RemoveMember(group, "tomas@example.com", ""))
	check(t, w.google.SetRole(group, "sora@example.com", "OWNER", ""))
	want := map[string]string{
		"ken@example.com": "MANAGER", "guest@else.example": "MEMBER", "analysts@example.com": "MEMBER",
		"sora@example.com": "OWNER", "liam@example.com": "OWNER",
	}
	if diff := cmp.Diff(want, w.members(group)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	list := must[*admin.Groups](t)(w.directory.Groups.List().UserKey("ken@example.com").Do())
	if diff := cmp.Diff([]string{"board@example.com", "data@example.com", "incident@example.com", "leads@example.com", "oncall@example.com"}, groupEmails(list.Groups)); diff != "" {
		t.Errorf("the groups of a person follow (-want +got):\n%s", diff)
	}
}

func TestPeopleAreRefused(t *testing.T) {
	const group = "analysts@example.com"
	tests := map[string]struct {
		do   func(*workspace.Server) error
		want error
	}{
		"an unknown group": {func(g *workspace.Server) error {
			return g.SetSetting("x@example.com", "whoCanJoin", "ANYONE_CAN_JOIN", "")
		}, workspace.ErrNotFound},
		"an unknown setting": {func(g *workspace.Server) error { return g.SetSetting(group, "whoCanFly", "ANYONE", "") }, workspace.ErrInvalid},
		"a setting nobody changes": {func(g *workspace.Server) error {
			return g.SetSetting(group, "customRolesEnabledForSettingsToBeMerged", "true", "")
		}, workspace.ErrInvalid},
		"an impossible value":   {func(g *workspace.Server) error { return g.SetSetting(group, "whoCanJoin", "ANYONE", "") }, workspace.ErrInvalid},
		"an inconsistent value": {func(g *workspace.Server) error { return g.SetSetting(group, "whoCanPostMessage", "NONE_CAN_POST", "") }, workspace.ErrInvalid},
		"somebody unknown": {func(g *workspace.Server) error {
			return g.SetSetting(group, "whoCanJoin", "ANYONE_CAN_JOIN", "x")
		}, workspace.ErrNotFound},
		"a group as the actor": {func(g *workspace.Server) error {
			return g.SetSetting(group, "whoCanJoin", "ANYONE_CAN_JOIN", "data@example.com")
		}, workspace.ErrNotFound},
		"a member twice":           {func(g *workspace.Server) error { return g.AddMember(group, "PRIYA@example.com", "OWNER", "") }, workspace.ErrExists},
		"a role that is none":      {func(g *workspace.Server) error { return g.AddMember(group, "ken@example.com", "BOSS", "") }, workspace.ErrInvalid},
		"no address":               {func(g *workspace.Server) error { return g.AddMember(group, "ken", "MEMBER", "") }, workspace.ErrInvalid},
		"a group as an owner":      {func(g *workspace.Server) error { return g.AddMember(group, "oncall@example.com", "OWNER", "") }, workspace.ErrInvalid},
		"a group in itself":        {func(g *workspace.Server) error { return g.AddMember(group, group, "MEMBER", "") }, workspace.ErrInvalid},
		"a circle of groups":       {func(g *workspace.Server) error { return g.AddMember(group, "everyone@example.com", "MEMBER", "") }, workspace.ErrInvalid},
		"nobody to remove":         {func(g *workspace.Server) error { return g.RemoveMember(group, "ken@example.com", "") }, workspace.ErrNotFound},
		"nobody to promote":        {func(g *workspace.Server) error { return g.SetRole(group, "ken@example.com", "OWNER", "") }, workspace.ErrNotFound},
		"a group to promote":       {func(g *workspace.Server) error { return g.SetRole("data@example.com", group, "OWNER", "") }, workspace.ErrInvalid},
		"a group that exists":      {func(g *workspace.Server) error { return g.CreateGroup(group, "") }, workspace.ErrExists},
		"a person's address":       {func(g *workspace.Server) error { return g.CreateGroup("a.sato@example.com", "") }, workspace.ErrExists},
		"somebody else's domain":   {func(g *workspace.Server) error { return g.CreateGroup("x@else.example", "") }, workspace.ErrInvalid},
		"no group to delete":       {func(g *workspace.Server) error { return g.DeleteGroup("x@example.com", "") }, workspace.ErrNotFound},
		"a new name that is taken": {func(g *workspace.Server) error { return g.RenameGroup(group, "data@example.com", "") }, workspace.ErrExists},
		"a new name elsewhere":     {func(g *workspace.Server) error { return g.RenameGroup(group, "x@else.example", "") }, workspace.ErrInvalid},
		"nobody to suspend":        {func(g *workspace.Server) error { return g.Suspend("x@example.com") }, workspace.ErrNotFound},
		"a group to suspend":       {func(g *workspace.Server) error { return g.Suspend(group) }, workspace.ErrNotFound},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := must[*admin.Members](t)(w.directory.Members.List(group).Do())
			if err := test.do(w.google); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			w.advance(time.Hour)
			after := must[*admin.Members](t)(w.directory.Members.List(group).Do())
			if diff := cmp.Diff(before.Members, after.Members); diff != "" || w.names("admin") != nil || w.names("groups") != nil {
				t.Errorf("what is refused leaves a trace: %s", diff)
			}
		})
	}
}

func TestSomebodyFromOutsideChangesASetting(t *testing.T) {
	const group = "analysts@example.com"
	w := newWorld(t)
	check(t, w.google.SetSetting(group, "whoCanJoin", "ANYONE_CAN_JOIN", "Owner@else.example"))
	w.advance(time.Hour)
	log := must[*reports.Activities](t)(w.reports.Activities.List("all", "groups_enterprise").Do())
	if len(log.Items) != 1 || log.Items[0].Actor.Email != "owner@else.example" {
		t.Errorf("got %d entries, want one by owner@else.example", len(log.Items))
	}
}

func TestAValueThatTheAPIDoesNotKnowYet(t *testing.T) {
	const group = "analysts@example.com"
	w := newWorld(t)
	check(t, w.google.SetSetting(group, "whoCanJoin", "FRIENDS_CAN_JOIN", ""))
	w.advance(time.Hour)
	got := must[*groupssettings.Groups](t)(w.settings.Groups.Get(group).Do())
	if got.WhoCanJoin != "FRIENDS_CAN_JOIN" {
		t.Errorf("whoCanJoin: got %s, want what was set by hand", got.WhoCanJoin)
	}
	if _, err := w.settings.Groups.Patch(group, &groupssettings.Groups{WhoCanJoin: "FRIENDS_CAN_JOIN"}).Do(); err == nil {
		t.Error("the API took a value that it does not know")
	}
	check(t, w.google.SetSetting(group, "whoCanViewGroup", "ALL_MANAGERS_CAN_VIEW", ""))
}

func TestWhoCreatesAGroupOwnsIt(t *testing.T) {
	w := newWorld(t)
	check(t, w.google.CreateGroup("New@example.com", "noor@example.com"))
	check(t, w.google.CreateGroup("plain@example.com", "mika@example.com"))
	if diff := cmp.Diff(map[string]string{"noor@example.com": "OWNER"}, w.members("new@example.com")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := w.members("plain@example.com"); len(got) != 0 {
		t.Errorf("a group made in the console has members: %v", got)
	}
	made := must[*admin.Group](t)(w.directory.Groups.Get("new@example.com").Do())
	if made.AdminCreated || must[*admin.Group](t)(w.directory.Groups.Get("plain@example.com").Do()).AdminCreated == false {
		t.Error("adminCreated is wrong")
	}
}

func TestADeletedGroupIsGoneEverywhere(t *testing.T) {
	w := newWorld(t)
	was := must[*admin.Group](t)(w.directory.Groups.Get("analysts@example.com").Do())
	check(t, w.google.DeleteGroup("analysts@example.com", ""))
	for _, key := range []string{was.Id, was.Email} {
		_, err := w.directory.Groups.Get(key).Do()
		refused(t, err, 404)
	}
	if _, ok := w.members("data@example.com")["analysts@example.com"]; ok {
		t.Error("it is still a member of another group")
	}
	for _, g := range must[*admin.Groups](t)(w.directory.Groups.List().UserKey("priya@example.com").Do()).Groups {
		if g.Email == was.Email {
			t.Error("its members still have it")
		}
	}
	check(t, w.google.CreateGroup("analysts@example.com", ""))
	if again := must[*admin.Group](t)(w.directory.Groups.Get("analysts@example.com").Do()); again.Id == was.Id {
		t.Error("a new group has the id of a deleted one")
	}
}

func TestRenamesKeepTheIDAndTheOldAddress(t *testing.T) {
	w := newWorld(t)
	was := must[*admin.Group](t)(w.directory.Groups.Get("analysts@example.com").Do())
	check(t, w.google.RenameGroup("analysts@example.com", "numbers@example.com", ""))
	check(t, w.google.RenameGroup("numbers@example.com", "figures@example.com", ""))
	check(t, w.google.RenameGroup("figures@example.com", "analysts@example.com", "")) // back again
	is := must[*admin.Group](t)(w.directory.Groups.Get("numbers@example.com").Do())
	if is.Id != was.Id || is.Email != "analysts@example.com" || !cmp.Equal(is.Aliases, []string{"numbers@example.com", "figures@example.com"}) {
		t.Errorf("got %+v", is)
	}
	if got := w.members("data@example.com")["analysts@example.com"]; got != "MEMBER" {
		t.Errorf("memberships follow: got %q", got)
	}
	list := groupEmails(must[*admin.Groups](t)(w.directory.Groups.List().Customer("my_customer").Do()).Groups)
	if list[0] != "analysts@example.com" {
		t.Errorf("the listing is out of order: %v", list)
	}
}

func TestSuspensionShows(t *testing.T) {
	w := newWorld(t)
	status := func() string {
		return must[*admin.Member](t)(w.directory.Members.Get("analysts@example.com", "priya@example.com").Do()).Status
	}
	check(t, w.google.Suspend("priya@example.com"))
	check(t, w.google.Suspend("priya@example.com"))
	if got := status(); got != "SUSPENDED" {
		t.Errorf("got %s", got)
	}
	check(t, w.google.Unsuspend("priya@example.com"))
	if got := status(); got != "ACTIVE" {
		t.Errorf("got %s", got)
	}
	w.advance(time.Hour)
	if diff := cmp.Diff([]string{"UNSUSPEND_USER", "SUSPEND_USER"}, w.names("admin")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWithoutAnAdministratorTheLogNamesNobody(t *testing.T) {
	w := newWorld(t, company(t, nested))
	check(t, w.google.DeleteGroup("core@example.com", ""))
	w.advance(time.Hour)
	who := must[*reports.Activities](t)(w.reports.Activities.List("all", "admin").Do()).Items[0].Actor
	if who.Email != "" || who.ProfileId != "105250506097979753968" {
		t.Errorf("got %+v", who)
	}
}

func TestMembershipsShowLateWhereAsked(t *testing.T) {
	lag := workspace.Lag{Members: 10 * time.Minute}
	w := newWorld(t, func(o *workspace.Options) { o.Lag = &lag })
	w.add("noor@example.com")
	listed := func() int {
		return len(must[*admin.Members](t)(w.directory.Members.List("analysts@example.com").Do()).Members)
	}
	before := listed()
	w.advance(10 * time.Minute)
	if after := listed(); before != 3 || after != 4 {
		t.Errorf("got %d, then %d members; want 3, then 4", before, after)
	}
	if got := len(w.google.Members("analysts@example.com")); got != 4 {
		t.Errorf("the truth: got %d", got)
	}
}

func TestTruthOfWhatIsNot(t *testing.T) {
	w := newWorld(t)
	if w.google.Members("x@example.com") != nil {
		t.Error("members of no group")
	}
	if _, ok := w.google.Settings("x@example.com"); ok {
		t.Error("settings of no group")
	}
	if _, ok := w.google.Setting("data@example.com", "whoCanFly"); ok {
		t.Error("a setting that is none")
	}
}
