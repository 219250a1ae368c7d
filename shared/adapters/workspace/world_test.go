package workspace_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/adapters/workspace/activity"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
	google "github.com/sekisho/sekisho/shared/sim/workspace"
)

// world is the demo company in a simulated Google, in process, on a clock of its own.
type world struct {
	now       time.Time
	google    *google.Server
	faults    *sim.Faults
	pushed    [][]byte // the bodies of notifications
	directory *workspace.Directory
	settings  *workspace.Settings
	reports   *workspace.Reports
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: noon, faults: sim.NewFaults(1)}
	hosts := sim.Transport{"hook.example.com": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.pushed = append(w.pushed, body)
	})}
	clock := func() time.Time { return w.now }
	var err error
	w.google, err = google.New(google.Options{
		Company: org.Demo(), Now: clock, Push: &http.Client{Transport: hosts}, Faults: w.faults, Seed: 1,
		Tokens: map[string][]string{"the-token": {
			google.ScopeGroupReadonly, google.ScopeMemberReadonly, google.ScopeUserReadonly, google.ScopeSettings, google.ScopeAudit,
		}},
		Robots: map[string]string{"the-token": "sekisho@example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	hosts["admin.googleapis.com"], hosts["www.googleapis.com"] = w.google, w.google
	o := workspace.Options{Client: &http.Client{Transport: bearer{"the-token", hosts}}, Now: clock}
	w.directory, w.settings, w.reports = newDirectory(t, o), newSettings(t, o), newReports(t, o)
	return w
}

// bearer adds a token to each request.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

// advance moves the clock, and runs what becomes due on the way.
func (w *world) advance(ctx context.Context, d time.Duration) {
	end := w.now.Add(d)
	for {
		at, ok := w.google.Agenda().Next()
		if !ok || at.After(end) {
			break
		}
		if at.After(w.now) {
			w.now = at
		}
		w.google.Agenda().RunNext(ctx, w.now)
	}
	w.now = end
}

// truth is a group's members as they are in Google.
func (w *world) truth(email string) []group.Member {
	var members []group.Member
	for _, m := range w.google.Members(email) {
		members = append(members, group.Member{ID: m.ID, Email: m.Email, Role: group.Role(m.Role), Type: group.Type(m.Type), Status: m.Status})
	}
	return byEmail(members)
}

func byEmail(members []group.Member) []group.Member {
	slices.SortFunc(members, func(a, b group.Member) int { return strings.Compare(a.Email, b.Email) })
	return members
}

func TestTheMirrorOfTheDemoCompanyIsTrue(t *testing.T) {
	w := newWorld(t)
	page, err := w.directory.Groups(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if want := w.google.Groups(); len(page.Groups) != len(want) || page.Next != "" {
		t.Errorf("%d groups, next %q; want %d groups", len(page.Groups), page.Next, len(want))
	}
	for _, g := range page.Groups {
		for _, key := range []string{g.ID, g.Email} {
			alone, err := w.directory.Group(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			got, err := w.directory.Members(t.Context(), key, "")
			if err != nil || got.Next != "" {
				t.Fatalf("members of %s: next %q, %v", g.Email, got.Next, err)
			}
			if diff := cmp.Diff(w.truth(g.Email), byEmail(got.Members)); diff != "" {
				t.Errorf("members of %s (-want +got):\n%s", g.Email, diff)
			}
			if diff := cmp.Diff(g, alone); diff != "" {
				t.Errorf("group %s in the listing and alone (-listing +alone):\n%s", g.Email, diff)
			}
		}
	}

	people, err := w.directory.People(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	byAddress := map[string]group.Person{}
	for _, p := range people.People {
		byAddress[p.Email] = p
	}
	for _, u := range w.google.Users() {
		p := byAddress[u.Email]
		if p.ID != u.ID || p.Suspended != u.Suspended || p.Admin != u.Admin || !cmp.Equal(p.Aliases, u.Aliases) {
			t.Errorf("person %+v, want %+v", p, u)
		}
	}
	if p := byAddress["aiko@example.com"]; p.Name != "佐藤 愛子" || p.Manager != "ken@example.com" || p.Language != "ja" {
		t.Errorf("person %+v", p)
	}

	secure, err := w.directory.GroupsOf(t.Context(), "secure_anchor@example.com", "")
	if err != nil || len(secure.Groups) != 3 {
		t.Errorf("%d groups with the anchor, error %v; want 3", len(secure.Groups), err)
	}
	if m, err := w.directory.Member(t.Context(), "data@example.com", "etl-team@example.com"); err != nil || m.Type != group.Nested {
		t.Errorf("member %+v, error %v; want a nested group", m, err)
	}
	_, err = w.directory.Member(t.Context(), "data@example.com", "haruto@example.com")
	check(t, err, workspace.ErrNotFound)
	_, err = w.directory.Members(t.Context(), "nothing@example.com", "")
	check(t, err, workspace.ErrNotFound)
}

func TestSettingsAreReadAndChanged(t *testing.T) {
	w := newWorld(t)
	const email = "product@example.com"
	before, err := w.settings.Get(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	if before["whoCanViewGroup"] != "ANYONE_CAN_VIEW" || before["allowExternalMembers"] != "true" || before["maxMessageBytes"] == "" {
		t.Errorf("settings %v", before)
	}
	if err := w.settings.Patch(t.Context(), email, map[string]string{"whoCanViewGroup": "ALL_MEMBERS_CAN_VIEW"}); err != nil {
		t.Fatal(err)
	}
	after, err := w.settings.Get(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want["whoCanViewGroup"] = "ALL_MEMBERS_CAN_VIEW"
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}

	err = w.settings.Patch(t.Context(), email, map[string]string{"whoCanPostMessage": "NONE_CAN_POST"})
	if e := check(t, err, workspace.ErrInvalid); e.Message == "" || !e.Permanent() {
		t.Errorf("a refused combination: %v", err)
	}
	_, err = w.settings.Get(t.Context(), "nothing@example.com")
	check(t, err, workspace.ErrNotFound)
}

func TestFaultsOfGoogleAreToldApart(t *testing.T) {
	for _, test := range []struct {
		kind sim.FaultKind
		want error
	}{
		{sim.Fault429, workspace.ErrQuota},
		{sim.Fault403Quota, workspace.ErrQuota},
		{sim.Fault500, nil},
		{sim.FaultTimeout, nil},
		{sim.FaultDown, nil},
	} {
		t.Run(string(test.kind), func(t *testing.T) {
			w := newWorld(t)
			for _, api := range []string{google.Directory, google.Settings, google.Reports} {
				w.faults.Add(sim.Fault{API: api, Kind: test.kind, Rate: 1, Left: -1})
			}
			_, err := w.directory.Groups(t.Context(), "")
			transient(t, err, test.want)
			_, err = w.settings.Get(t.Context(), "data@example.com")
			transient(t, err, test.want)
			_, err = w.reports.List(t.Context(), activity.Admin, noon, "")
			transient(t, err, test.want)
		})
	}

	t.Run("quotas", func(t *testing.T) {
		w := newWorld(t)
		w.google.Quota(google.Directory).Set(1, time.Minute)
		w.google.Quota(google.Settings).Set(1, 24*time.Hour)
		w.google.Quota(google.Reports).Set(1, time.Minute)
		var err error
		for range 2 {
			_, err = w.directory.Groups(t.Context(), "")
		}
		transient(t, err, workspace.ErrQuota)
		for range 2 {
			_, err = w.settings.Get(t.Context(), "data@example.com")
		}
		if e := transient(t, err, workspace.ErrDailyQuota); e.RetryAfter() != toMidnight {
			t.Errorf("wait %s, want %s", e.RetryAfter(), toMidnight)
		}
		for range 2 {
			_, err = w.reports.List(t.Context(), activity.Admin, noon, "")
		}
		transient(t, err, workspace.ErrQuota)
	})
}

func transient(t *testing.T, err, kind error) *workspace.Error {
	t.Helper()
	e := check(t, err, kind)
	if e.Permanent() {
		t.Errorf("%v is permanent", err)
	}
	return e
}

func TestWhatPeopleDoBecomesSignals(t *testing.T) {
	w := newWorld(t)
	var channels []workspace.Channel
	for _, application := range []string{activity.Admin, activity.Groups, activity.Enterprise} {
		ch, err := w.reports.Watch(t.Context(), workspace.Channel{
			ID: "ch-" + application, Token: "secret", Address: "https://hook.example.com/",
			Application: application, Expires: w.now.Add(24 * time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		if life := ch.Expires.Sub(w.now); life <= 0 || life > 6*time.Hour {
			t.Errorf("channel lives %s", life)
		}
		channels = append(channels, ch)
	}
	for _, do := range []func() error{
		func() error { return w.google.AddMember("data@example.com", "noor@example.com", "MEMBER", "") },
		func() error { return w.google.SetRole("data@example.com", "noor@example.com", "MANAGER", "") },
		func() error { return w.google.RemoveMember("data@example.com", "noor@example.com", "") },
		func() error {
			return w.google.SetSetting("board@example.com", "whoCanViewGroup", "ALL_IN_DOMAIN_CAN_VIEW", "")
		},
		func() error { return w.google.CreateGroup("new@example.com", "") },
		func() error { return w.google.RenameGroup("new@example.com", "newer@example.com", "") },
		func() error { return w.google.DeleteGroup("newer@example.com", "") },
		func() error { return w.google.Suspend("aiko@example.com") },
		func() error {
			w.google.BulkUpload([]google.Upload{{Group: "data@example.com", Email: "noor@example.com", Role: "MEMBER"}})
			return nil
		},
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		w.advance(t.Context(), time.Minute)
	}
	w.advance(t.Context(), time.Hour)

	// What was pushed and what is listed are the same activities, and give the same signals.
	pushed, listed := map[string]group.Signal{}, map[string]group.Signal{}
	for _, body := range w.pushed {
		if len(body) == 0 {
			continue // the first message of a channel
		}
		a, err := activity.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		if a.Customer != w.google.CustomerID() {
			t.Errorf("activity of customer %q", a.Customer)
		}
		for _, s := range a.Signals() {
			pushed[s.Key] = s
		}
	}
	for _, application := range []string{activity.Admin, activity.Groups, activity.Enterprise} {
		page, err := w.reports.List(t.Context(), application, noon, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Unreadable) > 0 || page.Next != "" {
			t.Errorf("%s: %d unreadable, next %q", application, len(page.Unreadable), page.Next)
		}
		for _, a := range page.Activities {
			for _, s := range a.Signals() {
				listed[s.Key] = s
			}
		}
	}
	if diff := cmp.Diff(listed, pushed); diff != "" {
		t.Errorf("signals (-listed +pushed):\n%s", diff)
	}
	type mark struct {
		Group string
		Topic group.Topic
	}
	got := map[mark]bool{}
	for _, s := range listed {
		got[mark{s.Group, s.Topic}] = true
	}
	for _, want := range []mark{
		{"data@example.com", group.AboutMembers},
		{"board@example.com", group.AboutSettings},
		{"new@example.com", group.AboutGroup},
		{"newer@example.com", group.AboutGroup},
		{"", group.AboutEverything},
	} {
		if !got[want] {
			t.Errorf("no signal about %s of %q", want.Topic, want.Group)
		}
	}
	for _, s := range listed {
		ofGroup := s.Name == "change_basic_setting" || s.Name == "change_info_setting" // a new address
		if s.Topic == group.AboutWhole && !ofGroup {
			t.Errorf("event %s about %q was not understood", s.Name, s.Group)
		}
	}

	for _, ch := range channels {
		for range 2 { // the second time there is nothing to stop
			if err := w.reports.Stop(t.Context(), ch); err != nil {
				t.Error(err)
			}
		}
	}
	if left := w.google.Channels(); len(left) > 0 {
		t.Errorf("channels left: %v", left)
	}
}

func TestWithoutTheRightScopeNothingIsRead(t *testing.T) {
	w := newWorld(t)
	hosts := sim.Transport{"admin.googleapis.com": w.google, "www.googleapis.com": w.google}
	o := workspace.Options{Client: &http.Client{Transport: bearer{"a-stranger", hosts}}, Now: func() time.Time { return noon }}
	_, err := newDirectory(t, o).Groups(t.Context(), "")
	if e := check(t, err, workspace.ErrForbidden); !e.Permanent() || errors.Is(err, workspace.ErrQuota) {
		t.Errorf("%v", err)
	}
}
