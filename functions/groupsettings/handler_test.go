package groupsettings_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func TestBadMessages(t *testing.T) {
	newRig := func(tb testing.TB) *cloudfntest.Rig { return open(tb, cloudfntest.New(tb), viewRule).Rig }
	cloudfntest.RefuseBadMessages(t, groupsettings.Function, newRig,
		func(*cloudfntest.Rig) event.Payload { return event.CheckSettings{Group: "closed@example.com"} },
		event.GroupChanged{}, event.CheckSettings{}, event.ChangeMoved{}, event.ApplyChange{}, event.Tick{})
}

func TestAJobThatDoesNotExist(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule)
	mark := r.Mark()
	if status := r.Do(r.handler, r.Envelope(event.Tick{Job: "reboot"})); status != http.StatusOK || len(r.Quarantined()) != 1 {
		t.Errorf("status %d, %d in quarantine, want 200 and 1", status, len(r.Quarantined()))
	}
	mark.Nothing(t, "quarantine/")
}

func TestACorrectionIsOnePatchWithAllThatItTakes(t *testing.T) {
	for _, test := range []struct {
		name, policy string
		want         map[string]string
	}{
		{"one field", viewRule, map[string]string{"whoCanViewGroup": "ALL_MEMBERS_CAN_VIEW"}},
		{
			"two rules", viewRule + "      - {field: whoCanJoin, needles: [ANYONE_CAN_JOIN], replace: INVITED_CAN_JOIN}\n",
			map[string]string{"whoCanViewGroup": "ALL_MEMBERS_CAN_VIEW", "whoCanJoin": "INVITED_CAN_JOIN"},
		},
		{
			// An archived group takes no posts: the API refuses the one without the other.
			"archiving", rules("archiveOnly", "false", "true"),
			map[string]string{"archiveOnly": "true", "whoCanPostMessage": "NONE_CAN_POST"},
		},
		{
			// Who moderates members sees them, who sees them sees the group.
			"a group that is to be found by its members", rules("whoCanDiscoverGroup", "ANYONE_CAN_DISCOVER", "ALL_MEMBERS_CAN_DISCOVER"),
			map[string]string{"whoCanDiscoverGroup": "ALL_MEMBERS_CAN_DISCOVER", "whoCanViewMembership": "ALL_MEMBERS_CAN_VIEW"},
		},
		{
			"three that follow one another", rules("whoCanViewMembership", "ALL_IN_DOMAIN_CAN_VIEW", "ALL_MANAGERS_CAN_VIEW"),
			map[string]string{"whoCanViewMembership": "ALL_MANAGERS_CAN_VIEW", "whoCanModerateMembers": "OWNERS_AND_MANAGERS"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t), test.policy)
			if status := r.check("open@example.com"); status != http.StatusOK {
				t.Fatalf("status %d, want 200\n%s", status, r.Log)
			}
			r.Calls.Made()
			c := r.carry(t, r.only(t, "open@example.com"))
			if c.State != change.Applied {
				t.Fatalf("the change is %s: %s", c.State, c.Problem)
			}
			if diff := cmp.Diff([]map[string]string{test.want}, r.patches(t)); diff != "" {
				t.Errorf("patches (-want +got):\n%s", diff)
			}
			for field, want := range test.want {
				if got, _ := r.workspace.Setting("open@example.com", field); got != want {
					t.Errorf("%s is %s, want %s", field, got, want)
				}
			}
			// Everything delivered once more changes nothing.
			r.carry(t, c)
			if status := r.check("open@example.com"); status != http.StatusOK || len(r.patches(t)) != 0 || len(r.changes(t, "open@example.com")) != 1 {
				t.Errorf("checked again: status %d, changes %v", status, r.changes(t, "open@example.com"))
			}
		})
	}
}

// An answer without the field that a rule is about says nothing of it: people are told, and are asked on.
func TestASettingWithoutAValueIsNotTakenForCompliant(t *testing.T) {
	r := open(t, cloudfntest.New(t), strings.Replace(viewRule, "mode: auto", "mode: ask", 1))
	if status := r.check("open@example.com"); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	asked := r.only(t, "open@example.com")
	r.Outbound = rewrite{r.Outbound, `"whoCanViewGroup"`, `"whoCanViewGroups"`}
	r.handler = r.Build(groupsettings.Function)
	if status := r.check("open@example.com"); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	told := false
	for _, c := range r.changes(t, "open@example.com") {
		if c.ID == asked.ID && c.State != change.Proposed {
			t.Errorf("what people are asked is %s: %s", c.State, c.Problem)
		}
		told = told || c.State == change.Reported && c.Alert
	}
	if !told {
		t.Error("nobody is told")
	}
}

func rules(field, needle, replace string) string {
	return "settings:\n  mode: auto\n  rules:\n    general:\n      - {field: " + field + ", needles: ['" + needle + "'], replace: '" + replace + "'}\n"
}

// What a message says happened is not what happened.
func TestMessagesAreNotBelieved(t *testing.T) {
	ask := strings.Replace(viewRule, "mode: auto", "mode: ask", 1)
	t.Run("a check of settings that are as they should be", func(t *testing.T) {
		t.Parallel()
		r := open(t, cloudfntest.New(t), viewRule)
		if status := r.check("closed@example.com"); status != http.StatusOK || len(r.changes(t, "closed@example.com")) != 0 {
			t.Errorf("status %d, changes %v, want none", status, r.changes(t, "closed@example.com"))
		}
	})
	t.Run("an approval that nobody gave", func(t *testing.T) {
		t.Parallel()
		r := open(t, cloudfntest.New(t), ask)
		r.check("open@example.com")
		c := r.only(t, "open@example.com")
		c.State = change.Approved // what the message will say
		c = r.carry(t, c)
		if got := r.patches(t); c.State != change.Proposed || len(got) != 0 {
			t.Errorf("the change is %s, patches %v, want proposed and none", c.State, got)
		}
	})
	t.Run("an order to carry out what nobody approved", func(t *testing.T) {
		t.Parallel()
		r := open(t, cloudfntest.New(t), ask)
		r.check("open@example.com")
		c := r.only(t, "open@example.com")
		if status := r.Do(r.handler, r.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK || len(r.patches(t)) != 0 {
			t.Errorf("status %d, patched", status)
		}
	})
	t.Run("a group that is said to be gone", func(t *testing.T) {
		t.Parallel()
		r := open(t, cloudfntest.New(t), ask)
		r.check("open@example.com")
		gone := event.GroupChanged{ID: r.ids["open@example.com"], Parts: []string{string(group.Deleted)}}
		if status := r.Do(r.handler, r.Envelope(gone)); status != http.StatusOK {
			t.Errorf("status %d, want 200", status)
		}
		if c := r.only(t, "open@example.com"); c.State != change.Proposed {
			t.Errorf("the change is %s, want proposed", c.State)
		}
	})
	t.Run("a change of another kind", func(t *testing.T) {
		t.Parallel()
		r := open(t, cloudfntest.New(t), ask)
		c, _, err := r.ledger.Propose(context.Background(), change.Proposal{
			Kind: change.AccessGrant, Target: change.Target{ID: "somewhere", Name: "elsewhere"}, Reason: "it is needed",
			Diff: []change.Delta{{Field: "role", After: "roles/viewer"}}, Requester: change.Actor{Kind: change.ByRule, ID: "another"},
			Requirement: change.Requirement{Mode: change.Auto},
		})
		if err != nil {
			t.Fatal(err)
		}
		if status := r.Do(r.handler, r.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK || len(r.Quarantined()) != 1 {
			t.Errorf("status %d, %d in quarantine, want 200 and 1", status, len(r.Quarantined()))
		}
		if got, err := r.ledger.Get(context.Background(), c.ID); err != nil || got.Seq != c.Seq {
			t.Errorf("the change is %s now: %v", got.State, err)
		}
	})
}

// rewrite is a vendor that answers with a value that nobody knows.
type rewrite struct {
	next     http.RoundTripper
	old, new string
}

func (w rewrite) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	body = bytes.ReplaceAll(body, []byte(w.old), []byte(w.new))
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

func TestAValueThatNobodyKnowsIsNotTakenForCompliant(t *testing.T) {
	for _, policy := range []string{viewRule, strings.Replace(viewRule, "mode: auto", "mode: report", 1)} {
		r := open(t, cloudfntest.New(t), policy, func(r *tenant) {
			r.Outbound = rewrite{r.Outbound, `"ALL_MEMBERS_CAN_VIEW"`, `"FRIENDS_CAN_VIEW"`}
		})
		for range 3 { // it is reported once
			if status := r.check("closed@example.com"); status != http.StatusOK {
				t.Fatalf("status %d, want 200\n%s", status, r.Log)
			}
		}
		c := r.only(t, "closed@example.com")
		if c.State != change.Reported || !c.Alert || c.Diff[0].Field != "whoCanViewGroup" || c.Diff[0].Before != "FRIENDS_CAN_VIEW" {
			t.Errorf("the change is %s, alert %t, %+v, want an alert about the value", c.State, c.Alert, c.Diff)
		}
		if got := r.patches(t); len(got) != 0 {
			t.Errorf("patches %v, want none", got)
		}
		known, err := r.mirror.Settings(context.Background(), r.ids["closed@example.com"])
		if err != nil || len(known.Findings) != 1 {
			t.Errorf("findings %q, %v, want the unknown value among them", known.Findings, err)
		}
	}
}

// Rules that want what the API cannot do are not passed over in silence: people are told, once.
func TestWhatTheAPICannotDoIsTold(t *testing.T) {
	r := open(t, cloudfntest.New(t), rules("replyTo", "REPLY_TO_IGNORE", "REPLY_TO_CUSTOM"))
	for range 3 {
		if status := r.check("open@example.com"); status != http.StatusOK {
			t.Fatalf("status %d, want 200\n%s", status, r.Log)
		}
	}
	c := r.only(t, "open@example.com")
	const want = "The rules want what the API cannot do: replyTo REPLY_TO_CUSTOM needs an address in customReplyTo"
	if c.State != change.Reported || !c.Alert || c.Reason != want {
		t.Errorf("the change is %s, alert %t: %s", c.State, c.Alert, c.Reason)
	}
	known, err := r.mirror.Settings(t.Context(), r.ids["open@example.com"])
	if err != nil || len(known.Findings) != 1 || len(r.patches(t)) != 0 {
		t.Errorf("findings %q, %v, want the conflict and no patch", known.Findings, err)
	}
}

func TestWhatTheVendorAnswersToAReading(t *testing.T) {
	fault := func(kind sim.FaultKind) func(*tenant) {
		return func(r *tenant) { r.faults.Add(sim.Fault{API: "settings", Kind: kind, Rate: 1, Left: 1}) }
	}
	for _, test := range []struct {
		name        string
		spoil       func(*tenant)
		status      int
		quarantined int
	}{
		{"401", token("unknown-" + cloudfntest.Canary), 200, 1},
		{"403 for lack of a scope", token("other-" + cloudfntest.Canary), 200, 1},
		{"403 for a quota", fault(sim.Fault403Quota), 503, 0},
		{"404", func(r *tenant) {
			if err := r.workspace.DeleteGroup("open@example.com", ""); err != nil {
				r.TB.Fatal(err)
			}
		}, 200, 0},
		{"429", fault(sim.Fault429), 503, 0},
		{"500", fault(sim.Fault500), 503, 0},
		{"503", fault(sim.FaultDown), 503, 0},
		{"no answer", fault(sim.FaultTimeout), 503, 0},
		{"an answer that is cut off", func(r *tenant) { r.Outbound = rewrite{r.Outbound, `"}`, ``} }, 503, 0},
		{"an answer about nothing", func(r *tenant) { r.Outbound = rewrite{r.Outbound, `"email"`, `"e-mail"`} }, 503, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t), viewRule)
			test.spoil(r)
			r.handler = r.Build(groupsettings.Function)
			if status := r.check("open@example.com"); status != test.status {
				t.Errorf("status %d, want %d\n%s", status, test.status, r.Log)
			}
			if got := r.Quarantined(); len(got) != test.quarantined {
				t.Errorf("in quarantine: %+v, want %d", got, test.quarantined)
			}
			if got := r.changes(t, "open@example.com"); len(got) != 0 {
				t.Errorf("changes %v follow from an answer that is none", got)
			}
		})
	}
}

// token makes the function use another token from its next Build on.
func token(text string) func(*tenant) {
	return func(r *tenant) { r.Outbound = withToken{r.Outbound, text} }
}

type withToken struct {
	next  http.RoundTripper
	token string
}

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	(&oauth2.Token{AccessToken: w.token}).SetAuthHeader(r)
	return w.next.RoundTrip(r)
}

func TestACorrectionIsDoneOnceWhateverTheVendorAnswers(t *testing.T) {
	for name, kind := range map[string]sim.FaultKind{
		"429": sim.Fault429, "403 for a quota": sim.Fault403Quota, "500": sim.Fault500, "no answer": sim.FaultTimeout,
		"409": sim.FaultConflict, "503": sim.FaultDown, "done, and answered with 500": sim.FaultAppliedBut500,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t), viewRule)
			r.check("open@example.com")
			r.faults.Add(sim.Fault{API: "settings", Kind: kind, Rate: 0.5, Left: 4})
			c := r.carry(t, r.only(t, "open@example.com"))
			if c.State != change.Applied {
				t.Fatalf("the change is %s: %s", c.State, c.Problem)
			}
			if got, _ := r.workspace.Setting("open@example.com", "whoCanViewGroup"); got != "ALL_MEMBERS_CAN_VIEW" {
				t.Errorf("whoCanViewGroup is %s", got)
			}
			if kind == sim.FaultAppliedBut500 && len(r.patches(t)) != 1 {
				t.Errorf("what was done was done again")
			}
		})
	}
}

func TestACorrectionThatCannotBeDoneFails(t *testing.T) {
	for name, tok := range map[string]string{"401": "unknown-" + cloudfntest.Canary, "403": "other-" + cloudfntest.Canary} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t), viewRule)
			r.check("open@example.com")
			token(tok)(r)
			r.handler = r.Build(groupsettings.Function)
			r.Bus.Published()
			c := r.carry(t, r.only(t, "open@example.com"))
			if c.State != change.Failed || c.Problem == "" || strings.Contains(c.Problem, cloudfntest.Canary) {
				t.Errorf("the change is %s: %s", c.State, c.Problem)
			}
			told := false
			for _, m := range r.Bus.Published() {
				told = told || m.Attributes[event.AttrState] == string(change.Failed)
			}
			if !told {
				t.Error("nobody is told")
			}
			// What the alert on failed changes counts.
			if line := `"message":"change failed","change_id":"` + c.ID + `","kind":"group.settings"`; strings.Count(r.Log.String(), line) != 1 {
				t.Errorf("logged %d times, want once: %s", strings.Count(r.Log.String(), line), line)
			}
		})
	}
}

func TestRecheckFollowsTheCalendar(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule+"  exceptions:\n    - {group: open@example.com, field: whoCanViewGroup, until: 2026-11-22T12:00:00Z, reason: a fair}\n"+
		"    - {group: open@example.com, field: whoCanJoin, until: 2026-11-22T12:00:20Z, reason: the same fair}\n")
	if status := r.check("open@example.com"); status != http.StatusOK || len(r.changes(t, "open@example.com")) != 0 {
		t.Fatalf("status %d: an exception holds", status)
	}
	tick := func() int {
		t.Helper()
		if status := r.Do(r.handler, r.Envelope(event.Tick{Job: groupsettings.JobRecheck})); status != http.StatusOK {
			t.Fatalf("status %d, want 200\n%s", status, r.Log)
		}
		return len(r.Queue.Tasks())
	}
	tick() // the first one begins a sweep of all groups
	for range 5 {
		r.Work(r.handler, event.QueueSettings)
	}
	if got := tick(); got != 0 {
		t.Errorf("%d tasks while the exception holds", got)
	}
	// The next look is at the very end of the first exception, and the one after it behind that of the
	// second: what ends between two looks is seen, however soon after the first.
	for _, wait := range []time.Duration{3 * time.Hour, time.Minute} {
		r.Clock.Advance(wait)
		if got := tick(); got != 1 {
			t.Fatalf("%d tasks at %s, want one check", got, r.Clock.Now())
		}
		r.Work(r.handler, event.QueueSettings)
		if c := r.only(t, "open@example.com"); c.State != change.Approved {
			t.Errorf("the change is %s", c.State)
		}
	}
	if got := tick(); got != 0 {
		t.Errorf("%d tasks afterwards", got)
	}
}

func TestConfigurationThatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name, variable, policy string
		naming                 []string
	}{
		{"no address", "google.test", viewRule, []string{`"google.test" is not the address of a server`}},
		{
			"a policy with many mistakes", "http://google.test", "settings:\n  mode: perhaps\n  rules:\n    general:\n      - {field: whoCanFly, needles: [A], replace: B}\n  colour: red\n",
			[]string{"perhaps", "whoCanFly", "colour"},
		},
	} {
		rig := cloudfntest.New(t)
		rig.Variables["WORKSPACE_URL"] = test.variable
		rig.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(test.policy)}}
		_, err := groupsettings.Function.Build(context.Background(), rig.Env())
		if err == nil {
			t.Fatalf("%s: it started", test.name)
		}
		for _, name := range test.naming {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%s: error %q does not name %s", test.name, err, name)
			}
		}
	}
	t.Run("no token", func(t *testing.T) {
		rig := cloudfntest.New(t)
		env := rig.Env()
		env.Tokens = func(context.Context, ...string) (oauth2.TokenSource, error) { return nil, cloudfntest.ErrBroken }
		if _, err := groupsettings.Function.Build(context.Background(), env); err == nil {
			t.Error("it started")
		}
	})
}

func TestWhoOwnsAGroupOnlyNowIsAsked(t *testing.T) {
	asked := strings.Replace(viewRule, "mode: auto", "mode: ask", 1)
	for name, test := range map[string]struct {
		policy string
		part   group.Part
		want   int
	}{
		"another member": {asked, group.Members, 1},
		"another role":   {asked, group.Roles, 1},
		"a description":  {asked, group.Details, 0},
		"nothing waits":  {viewRule, group.Members, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, cloudfntest.New(t), test.policy)
			if status := r.check("open@example.com"); status != http.StatusOK {
				t.Fatalf("status %d, want 200\n%s", status, r.Log)
			}
			changed := event.GroupChanged{ID: r.ids["open@example.com"], Parts: []string{string(test.part)}}
			for range 2 { // delivered twice, queued once
				if status := r.Do(r.handler, r.Envelope(changed)); status != http.StatusOK {
					t.Fatalf("status %d, want 200\n%s", status, r.Log)
				}
			}
			got := 0
			for _, task := range r.Queue.Tasks() {
				if task.Queue == event.QueueSlack {
					got++
				}
			}
			if got != test.want {
				t.Errorf("the messages are brought up to date %d times, want %d", got, test.want)
			}
		})
	}
}

// holds has the brake hold a group: Google says that there is none.
func (t *tenant) holds(tb testing.TB, address string) {
	tb.Helper()
	braked := mirror.New(t.Store).Fed(brake.Brake{Max: 1}, t.Clock.Now)
	s, err := t.mirror.Snapshot(context.Background(), t.ids[address])
	if err != nil || len(s.Members) < 2 {
		tb.Fatalf("%s has %d members, %v", address, len(s.Members), err)
	}
	t.Clock.Advance(time.Second)
	if _, _, err := braked.Remove(context.Background(), t.ids[address], t.Clock.Now()); err != nil {
		tb.Fatal(err)
	}
	if h, err := t.mirror.Find(context.Background(), t.ids[address]); err != nil || !h.Whole {
		tb.Fatalf("it is not held: %+v, %v", h, err)
	}
}

// back has the mirror find a group again with all its members, and the function told of it.
func (t *tenant) back(tb testing.TB, address string, members []group.Member) {
	tb.Helper()
	id, ctx := t.ids[address], context.Background()
	t.Clock.Advance(time.Second)
	if err := t.mirror.PutDetails(ctx, []group.Group{{ID: id, Email: address}}, t.Clock.Now()); err != nil {
		tb.Fatal(err)
	}
	stored, err := t.mirror.PutMembers(ctx, id, members, t.Clock.Now())
	if err != nil {
		tb.Fatal(err)
	}
	changed := event.GroupChanged{ID: id}
	for _, p := range stored.Parts {
		changed.Parts = append(changed.Parts, string(p))
	}
	if len(stored.Parts) == 0 {
		return
	}
	if status := t.Do(t.handler, t.Envelope(changed)); status != http.StatusOK {
		tb.Fatalf("status %d\n%s", status, t.Log)
	}
}

// A group that Google has no more, and of which the brake keeps the members, may have lost its address to
// another one: nothing of that is read, or changed, under its id.
func TestAGroupThatIsOnlyHeldHasNoSettings(t *testing.T) {
	o := open(t, cloudfntest.New(t), viewRule)
	const address = "open@example.com"
	o.holds(t, address)
	if status := o.check(address); status != http.StatusOK {
		t.Errorf("status %d\n%s", status, o.Log)
	}
	known, err := o.mirror.Settings(t.Context(), o.ids[address])
	if changes := o.changes(t, address); err != nil || !known.Read.IsZero() || len(changes) > 0 {
		t.Errorf("what is at its address was read at %s, %v, and leads to %v", known.Read, err, changes)
	}
}

// Google says for a while that it has no group, and somebody opens the group meanwhile. It is checked when
// it is back with the members that it had, whether the brake held it or not.
func TestAGroupThatIsBackIsChecked(t *testing.T) {
	const address = "open@example.com"
	for name, away := range map[string]func(*testing.T, *tenant){
		"held by the brake": func(t *testing.T, r *tenant) { r.holds(t, address) },
		"gone": func(t *testing.T, r *tenant) {
			r.Clock.Advance(time.Second)
			if _, _, err := r.mirror.Remove(t.Context(), r.ids[address], r.Clock.Now()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, cloudfntest.New(t), viewRule)
			set := func(value string) {
				if err := r.workspace.SetSetting(address, "whoCanViewGroup", value, "ken@example.com"); err != nil {
					t.Fatal(err)
				}
			}
			set("ALL_MEMBERS_CAN_VIEW")
			r.check(address)
			s, err := r.mirror.Snapshot(t.Context(), r.ids[address])
			if err != nil {
				t.Fatal(err)
			}
			if err := r.mirror.Told(t.Context(), r.ids[address], r.Clock.Now(), []group.Part{group.Created}); err != nil {
				t.Fatal(err)
			}
			away(t, r)
			set("ANYONE_CAN_VIEW")
			if status := r.check(address); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, r.Log)
			}
			r.back(t, address, s.Members)
			r.Work(r.handler, event.QueueSettings)
			if c := r.only(t, address); c.State != change.Approved {
				t.Errorf("the change is %s, want approved", c.State)
			}
			if known, err := r.mirror.Settings(t.Context(), r.ids[address]); err != nil || !known.Missed.IsZero() {
				t.Errorf("a check is still missed: %+v, %v", known, err)
			}
		})
	}
}

// A correction whose turn comes while the brake holds its group waits until the group is back. Where it
// does not come back it ends as one that can be asked for again, not as one that failed.
func TestACorrectionOfAGroupThatIsOnlyHeldWaits(t *testing.T) {
	const address = "open@example.com"
	for name, test := range map[string]struct {
		back bool
		want change.State
	}{"until it is back": {true, change.Applied}, "for a day": {false, change.Withdrawn}} {
		t.Run(name, func(t *testing.T) {
			r := open(t, cloudfntest.New(t), viewRule)
			s, err := r.mirror.Snapshot(t.Context(), r.ids[address])
			if err != nil {
				t.Fatal(err)
			}
			r.check(address)
			c := r.only(t, address)
			r.holds(t, address)
			if status := r.Do(r.handler, r.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, r.Log)
			}
			if c = r.only(t, address); c.State != change.Approved {
				t.Fatalf("the change is %s (%s), want approved", c.State, c.Problem)
			}
			held := r.Clock.Now()
			if test.back {
				r.back(t, address, s.Members)
			}
			if c = r.carry(t, c); c.State != test.want {
				t.Errorf("the change is %s (%s), want %s", c.State, c.Problem, test.want)
			}
			if test.back {
				return
			}
			if waited := r.Clock.Now().Sub(held); waited < 24*time.Hour {
				t.Errorf("it ended after %s, want more than a day", waited)
			}
			r.back(t, address, s.Members)
			r.Work(r.handler, event.QueueSettings)
			all := r.changes(t, address)
			if newest := all[len(all)-1]; newest.ID == c.ID || newest.State != change.Approved {
				t.Errorf("when the group is back, %d changes, the newest %s; want the correction again", len(all), newest.State)
			}
		})
	}
}
