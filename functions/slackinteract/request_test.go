package slackinteract_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/slackinteract"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	"github.com/sekisho/sekisho/shared/state/press"
)

// asking is an office whose policy lets people ask for accounts, and whose Slack delivers what
// they do to the function.
func asking(t *testing.T, policy string) *office {
	t.Helper()
	rig := cloudfntest.New(t)
	rig.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(policy)}}
	o := openOffice(t, rig)
	o.slack = simslack.New(simslack.Options{
		Now: rig.Clock.Now, Token: slackToken, SigningSecret: secret, TeamID: team, Interact: "http://function.test/",
		Client: &http.Client{Transport: sim.Transport{"function.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			o.handler.ServeHTTP(w, r)
		})}},
		People: []simslack.Person{
			{Email: "ken@example.com"},
			{Email: "mia@example.com", Locale: "ja-JP"},
			{Email: "lena@example.com"},
			{Email: "gone@example.com"},
			{Email: "guest@example.com", Guest: true},
		},
	})
	rig.Outbound = sim.Transport{"slack.test": o.slack}
	o.handler = rig.Build(slackinteract.Function)
	return o
}

const accountPolicy = `
version: 1
inactivity:
  requests:
    looker: {roles: [User, Developer], default: User, mode: ask, auto_for: [user:lena@example.com]}
`

// command types a command and lets its modal be filled.
func (o *office) command(t *testing.T, person, command, text string) (simslack.View, bool) {
	t.Helper()
	o.Clock.Advance(time.Second)
	out, err := o.slack.Command(context.Background(), person, command, text)
	if err != nil || out.Status != http.StatusOK || out.Notice != "" {
		t.Fatalf("%s by %s: %+v, %v\n%s", command, person, out, err, o.Log)
	}
	o.Work(o.handler, event.QueuePresses)
	return o.slack.Modal(person)
}

// submit fills in the modal and sends it.
func (o *office) submit(t *testing.T, person string, fields map[string]string) simslack.Outcome {
	t.Helper()
	o.Clock.Advance(time.Second)
	out, err := o.slack.Submit(context.Background(), person, fields)
	if err != nil {
		t.Fatal(err)
	}
	o.Work(o.handler, event.QueuePresses)
	return out
}

func (o *office) latest(t *testing.T) []change.Change {
	t.Helper()
	all, err := o.ledger.Latest(context.Background(), 10)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSomebodyAsksForAnAccount(t *testing.T) {
	o := asking(t, accountPolicy)
	view, ok := o.command(t, "ken@example.com", "/account", "looker")
	if !ok || view.Title != "Ask for an account" || view.SubmitLabel != "Ask" || len(view.Fields) != 3 {
		t.Fatalf("the modal is %+v", view)
	}
	if role := view.Fields[1]; role.BlockID != "role" || role.Value != "User" || len(role.Options) != 2 {
		t.Errorf("the role's field is %+v", role)
	}
	out := o.submit(t, "ken@example.com", map[string]string{"role": "Developer", "reason": "reports " + cloudfntest.Canary})
	if !out.OK() {
		t.Fatalf("refused: %+v", out)
	}
	if _, open := o.slack.Modal("ken@example.com"); open {
		t.Error("the modal is still open")
	}
	all := o.latest(t)
	if len(all) != 1 {
		t.Fatalf("%d changes, want 1", len(all))
	}
	c := all[0]
	role := change.Delta{Field: "role", After: "Developer"}
	if c.Kind != change.AccountCreate || c.State != change.Proposed || c.Target.Name != "ken@example.com" || c.Requester.ID != "1" ||
		c.Reason != "reports "+cloudfntest.Canary || !slices.Contains(c.Diff, role) || !slices.Equal(c.Owners, []change.Selector{"admins:looker", "manager:1"}) {
		t.Errorf("the change is %+v", c)
	}
}

func TestWhoMayHaveItAtOnceHasIt(t *testing.T) {
	o := asking(t, accountPolicy)
	o.command(t, "lena@example.com", "/account", "looker")
	o.submit(t, "lena@example.com", map[string]string{"reason": "reports"})
	if all := o.latest(t); len(all) != 1 || all[0].State != change.Approved {
		t.Errorf("got %+v", all)
	}
}

// The same request again, however often and whenever it comes, proposes nothing new.
func TestARequestThatComesAgain(t *testing.T) {
	o := asking(t, accountPolicy)
	o.command(t, "lena@example.com", "/account", "looker")
	o.Clock.Advance(time.Second)
	if _, err := o.slack.Submit(context.Background(), "lena@example.com", map[string]string{"reason": "reports"}); err != nil {
		t.Fatal(err)
	}
	tasks := o.Queue.Take(event.QueuePresses)
	for range 3 {
		for _, task := range tasks {
			if status := o.Do(o.handler, o.Task(task)); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, o.Log)
			}
		}
		c := o.latest(t)[0]
		if c.State == change.Approved { // done meanwhile: the slot is free
			robot := change.Actor{Kind: change.ByFunction, ID: "accountaction"}
			for _, a := range []change.Action{change.ClaimIt{By: robot, For: time.Minute}, change.Complete{By: robot, Fence: 1}} {
				if _, err := o.ledger.Apply(context.Background(), c.ID, a); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if all := o.latest(t); len(all) != 1 {
		t.Errorf("%d changes, want 1", len(all))
	}
	if _, err := o.slack.Replay(context.Background(), "lena@example.com"); err != nil {
		t.Fatal(err)
	}
	o.Work(o.handler, event.QueuePresses)
	if all := o.latest(t); len(all) != 1 {
		t.Errorf("replayed: %d changes, want 1", len(all))
	}
}

// What is wrong is shown beside its field, in the person's language, and the modal stays.
func TestAFormThatIsNotFilledInRightly(t *testing.T) {
	for person, want := range map[string]string{"ken@example.com": "Please say what it is for.", "mia@example.com": "利用目的をご記入ください。"} {
		o := asking(t, accountPolicy)
		o.command(t, person, "/account", "looker")
		out := o.submit(t, person, map[string]string{"reason": "   "})
		view, open := o.slack.Modal(person)
		if out.OK() || !open || view.Errors["reason"] != want {
			t.Errorf("%s: outcome %+v, open %t, errors %v", person, out, open, view.Errors)
		}
		if all := o.latest(t); len(all) != 0 {
			t.Errorf("%s: %d changes", person, len(all))
		}
	}
}

func TestWhoMayNotAsk(t *testing.T) {
	const not, guest, suspended = "it is not offered to this person now", "the Slack account is no full member of the workspace", "the account in the directory is suspended"
	for name, test := range map[string]struct{ policy, person, text, want, audit string }{
		"no system can be asked for": {"version: 1\n", "ken@example.com", "", "No system's accounts can be asked for here.", not},
		"not this one":               {accountPolicy, "ken@example.com", "salesforce", "Accounts of salesforce cannot be asked for here.", not},
		"a guest of the workspace":   {accountPolicy, "guest@example.com", "looker", guest, guest},
		"a suspended person":         {accountPolicy, "gone@example.com", "looker", suspended, suspended},
	} {
		t.Run(name, func(t *testing.T) {
			o := asking(t, test.policy)
			view, ok := o.command(t, test.person, "/account", test.text)
			if !ok || len(view.Fields) != 0 || view.SubmitLabel != "" || !strings.Contains(view.Text, test.want) {
				t.Errorf("the modal is %+v, want one that says %q and asks nothing", view, test.want)
			}
			audit := o.Audit()
			if last := audit[len(audit)-1]; !strings.Contains(last, "refused slackinteract.account") || !strings.HasSuffix(last, test.audit) {
				t.Errorf("audit %q", audit)
			}
		})
	}
}

// What was right when it was sent and is not when it is proposed is refused, and said so.
func TestARequestThatIsRefusedAfterAll(t *testing.T) {
	o := asking(t, accountPolicy)
	o.command(t, "ken@example.com", "/account", "looker")
	o.Clock.Advance(time.Second)
	if _, err := o.slack.Submit(context.Background(), "ken@example.com", map[string]string{"reason": "reports"}); err != nil {
		t.Fatal(err)
	}
	o.Policy = fstest.MapFS{}
	o.handler = o.Build(slackinteract.Function)
	o.Work(o.handler, event.QueuePresses)
	if all := o.latest(t); len(all) != 0 {
		t.Errorf("%d changes", len(all))
	}
	tasks := o.Queue.Take(event.QueueSlack)
	if len(tasks) != 1 || !strings.Contains(string(tasks[0].Body), event.SubjectPress) {
		t.Errorf("tasks %v, want one that tells the person", tasks)
	}
}

// There is no form any more beside which it could stand: it is told in words alone, without the names that
// fields have inside.
func TestWhatIsWrongAfterAllIsSaidInWords(t *testing.T) {
	for language, want := range map[string]string{
		"en": "2h is longer than 1h, for which etl is given at most\nthe reason has to have the form ^T-", "ja": "最長 1h までです。\n理由が次の形式に一致しません: ^T-",
	} {
		t.Run(language, func(t *testing.T) {
			o := asking(t, selfPolicy)
			ken := directory[0]
			ken.Language = language
			if err := o.mirror.PutPeople(t.Context(), []group.Person{ken}, time.Time{}); err != nil {
				t.Fatal(err)
			}
			o.command(t, "ken@example.com", "/access", "etl")
			o.Clock.Advance(time.Second)
			if out, err := o.slack.Submit(t.Context(), "ken@example.com", map[string]string{"duration": "2h", "reason": "x"}); err != nil || !out.OK() {
				t.Fatalf("%+v, %v", out, err)
			}
			task := o.Queue.Take(event.QueuePresses)[0]
			o.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(strings.Replace(selfPolicy, "max: 2h", "max: 1h, reason: '^T-'", 1))}}
			o.handler = o.Build(slackinteract.Function)
			if status := o.Do(o.handler, o.Task(task)); status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
			p, err := press.Get(t.Context(), o.Store, strings.TrimPrefix(task.Name, "submitted-"))
			if err != nil || p.Text != want {
				t.Errorf("got %q, %v; want %q", p.Text, err, want)
			}
		})
	}
}

// The trigger lives three seconds: the modal is open before anything else is done.
func TestTheModalIsOpenedAtOnce(t *testing.T) {
	o := asking(t, accountPolicy)
	if _, err := o.slack.Command(context.Background(), "ken@example.com", "/account", "looker"); err != nil {
		t.Fatal(err)
	}
	view, ok := o.slack.Modal("ken@example.com")
	if !ok || !strings.Contains(view.Text, "One moment") || len(view.Fields) != 0 {
		t.Errorf("the modal is %+v", view)
	}
	if calls := fmt.Sprint(o.Calls); regexp.MustCompile(`users\.info`).MatchString(calls) {
		t.Errorf("something was asked before: %s", calls)
	}
	if tasks := o.Queue.Take(event.QueuePresses); len(tasks) != 1 {
		t.Errorf("tasks %v", tasks)
	}
}

func TestACommandThatIsNotOurs(t *testing.T) {
	o := asking(t, accountPolicy)
	mark := o.Mark()
	out, err := o.slack.Command(context.Background(), "ken@example.com", "/weather", "tokyo")
	if err != nil || out.Status != http.StatusOK {
		t.Errorf("%+v, %v", out, err)
	}
	mark.OnlyAudit(t, 0)
}

// Of a run of which different people decide, approving all approves what whoever presses may approve, and no more.
func TestAllOfARunIsWhatOneMayApprove(t *testing.T) {
	for _, first := range []string{"root@example.com", "ken@example.com"} {
		r := cloudfntest.New(t)
		r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("approvals: [{kinds: [account.disable], quorum: [{count: 1, from: owners}]}]\n")}}
		o := openOffice(t, r)
		stop := func(account, decides string) change.Change {
			c, _, err := o.ledger.Propose(t.Context(), change.Proposal{
				Kind: change.AccountDisable, Target: change.Target{ID: "looker:" + account, Name: account + "@example.com"},
				Diff: []change.Delta{{Field: "enabled", Before: "true", After: "false"}}, Requester: rule, Channel: "#admins", Batch: "night-1",
				Owners:      []change.Selector{change.Selector("user:" + decides)},
				Requirement: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: change.Owners}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		deciders := map[string]string{"a": "root@example.com", "b": "ken@example.com"}
		changes := map[string]change.Change{}
		for _, account := range []string{"a", "b"} {
			changes[account] = stop(account, deciders[account])
		}
		if status := o.Do(o.handler, o.signed(t, o.payload(first, event.ButtonApproveAll, "night-1 2", nil))); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		o.Work(o.handler, event.QueuePresses)
		for account, c := range changes {
			want := change.Proposed
			if deciders[account] == first {
				want = change.Approved
			}
			if got := o.state(t, c).State; got != want {
				t.Errorf("%s pressed: what %s decides about is %s, want %s", first, deciders[account], got, want)
			}
		}
	}
}

// Approving all of a run approves what waits, once, and only the run that was shown.
func TestDisableAll(t *testing.T) {
	stop := func(o *office, batch, account string) change.Change {
		c, _, err := o.ledger.Propose(context.Background(), change.Proposal{
			Kind: change.AccountDisable, Target: change.Target{ID: "looker:" + account, Name: account + "@example.com"},
			Diff: []change.Delta{{Field: "enabled", Before: "true", After: "false"}}, Requester: rule, Channel: "#admins", Batch: batch,
			Requirement: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: change.Approvers}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	o := openOffice(t, cloudfntest.New(t))
	a, b, other := stop(o, "night-1", "a"), stop(o, "night-1", "b"), stop(o, "night-2", "c")
	pressAll := func(person, value string) {
		t.Helper()
		o.Clock.Advance(time.Second)
		payload := o.payload(person, "approve-all", value, nil)
		if status := o.Do(o.handler, o.signed(t, payload)); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		o.Work(o.handler, event.QueuePresses)
	}
	states := func() string {
		return fmt.Sprint(o.state(t, a).State, o.state(t, b).State, o.state(t, other).State)
	}
	for _, wrong := range [][2]string{{"ken@example.com", "night-1 2"}, {"root@example.com", "night-1 3"}, {"root@example.com", "night-9 1"}, {"root@example.com", "night-1 x"}} {
		if pressAll(wrong[0], wrong[1]); states() != "proposedproposedproposed" && states() != "proposed proposed proposed" {
			t.Fatalf("%v: %s", wrong, states())
		}
	}
	if _, err := o.ledger.Apply(context.Background(), a.ID, change.Deny{By: change.Actor{Kind: change.ByPerson, ID: "4", Name: "root"}, Revision: 1, Counts: []change.Selector{change.Approvers}}); err != nil {
		t.Fatal(err)
	}
	pressAll("root@example.com", "night-1 2")
	got := []change.State{o.state(t, a).State, o.state(t, b).State, o.state(t, other).State}
	if want := []change.State{change.Denied, change.Approved, change.Proposed}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	raw, err := json.Marshal(o.Audit())
	if err != nil || strings.Count(string(raw), "accepted approve") != 1 {
		t.Errorf("audit %s", raw)
	}
}
