package slackinteract_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/slackinteract"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/state/press"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// outcome returns what became of the last press, and whether the person is told.
func (o *office) outcome(tb testing.TB, name string) (string, bool) {
	tb.Helper()
	p, err := press.Get(context.Background(), o.Store, strings.TrimPrefix(name, "press-"))
	if err != nil {
		tb.Fatalf("press %s: %v", name, err)
	}
	told := false
	for _, t := range o.Queue.Tasks() {
		told = told || t.Queue == event.QueueSlack && strings.Contains(string(t.Body), event.SubjectPress+p.ID)
	}
	return p.Outcome, told
}

func TestWhoMayDecide(t *testing.T) {
	const stranger = string(change.RefusedStranger)
	for _, test := range []struct {
		name, person, team string
		want               change.State
		outcome            string
		audit              string
	}{
		{"an owner", "ken@example.com", team, change.Approved, press.Accepted, "accepted approve by ken@example.com"},
		{"an administrator", "root@example.com", team, change.Approved, press.Accepted, "accepted approve by root@example.com"},
		{"a member", "mia@example.com", team, change.Proposed, stranger, "mia@example.com may not decide this"},
		{"an owner's id from another workspace", "ken@example.com", "T0000000002", change.Proposed, stranger, "it came from another workspace"},
		{"a partner met through Slack", "partner@example.com", team, change.Proposed, stranger, "no full member of the workspace"},
		{"a guest who owns the group", "guest@example.com", team, change.Proposed, stranger, "no full member of the workspace"},
		{"a deactivated account", "left@example.com", team, change.Proposed, stranger, "no full member of the workspace"},
		{"another app", "bot@example.com", team, change.Proposed, stranger, "no full member of the workspace"},
		{"nobody in Slack", "unheard.of@example.com", team, change.Proposed, stranger, "no such Slack account"},
		{"nobody in the directory", "nobody@example.com", team, change.Proposed, stranger, "belongs to nobody in the directory"},
		{"a suspended account", "gone@example.com", team, change.Proposed, stranger, "the account in the directory is suspended"},
		{"two people with one address", "twin@example.com", team, change.Proposed, stranger, "belongs to nobody in the directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := openOffice(t, cloudfntest.New(t))
			c := o.ask(t, 1, rule)
			before := len(o.Audit())
			from := map[string]any{"user": map[string]any{"id": o.id(test.person), "team_id": test.team}}
			r := o.signed(t, o.payload(test.person, "approve", c.ID+" 1", from))
			if status := o.Do(o.handler, r); status != http.StatusOK {
				t.Fatalf("status %d, want 200: it is Slack that waits", status)
			}
			task := o.Queue.Tasks()[0].Name
			o.Work(o.handler, event.QueuePresses)
			if got := o.state(t, c).State; got != test.want {
				t.Errorf("the change is %s, want %s", got, test.want)
			}
			got, told := o.outcome(t, task)
			if refused := test.outcome != press.Accepted; got != test.outcome || told != refused {
				t.Errorf("outcome %q, told %t, want %q, %t", got, told, test.outcome, refused)
			}
			if got := o.Audit(); len(got) != before+1 || !strings.Contains(strings.Join(got, "\n"), test.audit) {
				t.Errorf("audit %q, want one more entry with %q", got, test.audit)
			}
		})
	}
}

func TestPressesThatDoNotCount(t *testing.T) {
	for _, test := range []struct {
		name          string
		action, value string // VALUE is the change's id
		prepare       func(o *office, c change.Change)
		outcome       change.RefusalCode
	}{
		{"an action that does not exist", "frobnicate", "VALUE 1", nil, change.RefusedInvalid},
		{"no value", "approve", "", nil, change.RefusedInvalid},
		{"no revision", "approve", "VALUE", nil, change.RefusedInvalid},
		{"a revision in words", "approve", "VALUE one", nil, change.RefusedInvalid},
		{"no such change", "approve", "abcdefgh-1 1", nil, change.RefusedInvalid},
		{"a value that is no id", "approve", "../audit/x 1", nil, change.RefusedInvalid},
		{"a value beyond all keys", "approve", strings.Repeat("x", 5000) + "-1 1", nil, change.RefusedInvalid},
		{"an old revision", "approve", "VALUE 1", func(o *office, c change.Change) {
			_, err := o.ledger.Apply(context.Background(), c.ID, change.Revise{
				By: rule, Diff: c.Diff, Reason: "revised", Requirement: c.Requirement,
			})
			if err != nil {
				o.TB.Fatal(err)
			}
		}, change.RefusedStale},
		{"a revision yet to come", "approve", "VALUE 2", nil, change.RefusedStale},
		{"an old revision denied", "deny", "VALUE 7", nil, change.RefusedStale},
		{"after the deadline", "approve", "VALUE 1", func(o *office, _ change.Change) { o.Clock.Advance(8 * 24 * time.Hour) }, change.RefusedLate},
		{"after somebody denied", "approve", "VALUE 1", func(o *office, c change.Change) {
			o.press(o.TB, "lena@example.com", "deny", c, 1)
		}, change.RefusedState},
		{"a retry of what has not failed", "retry", "VALUE 1", nil, change.RefusedState},
		{"taking back what was not done", "undo", "VALUE 1", nil, change.RefusedState},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := openOffice(t, cloudfntest.New(t))
			c := o.ask(t, 1, rule)
			if test.prepare != nil {
				test.prepare(o, c)
			}
			was, before := o.state(t, c), len(o.Audit())
			r := o.signed(t, o.payload("ken@example.com", test.action, strings.Replace(test.value, "VALUE", c.ID, 1), nil))
			if status := o.Do(o.handler, r); status != http.StatusOK {
				t.Fatalf("status %d, want 200", status)
			}
			tasks := o.Queue.Take(event.QueuePresses)
			for range 3 { // a task may come again
				if status := o.Do(o.handler, o.Task(tasks[0])); status != http.StatusOK {
					t.Fatalf("task: status %d, want 200\n%s", status, o.Log)
				}
			}
			if got := o.state(t, c); got.State != was.State || got.Seq != was.Seq {
				t.Errorf("the change is %s (%d), was %s (%d)", got.State, got.Seq, was.State, was.Seq)
			}
			if got, told := o.outcome(t, tasks[0].Name); got != string(test.outcome) || !told {
				t.Errorf("outcome %q, told %t, want %q, true", got, told, test.outcome)
			}
			if got := o.Audit(); len(got)-before != 1 {
				t.Errorf("%d audit entries, want one: %q", len(got)-before, got)
			}
		})
	}
}

func TestNobodyApprovesTheirOwnRequest(t *testing.T) {
	o := openOffice(t, cloudfntest.New(t))
	c := o.ask(t, 1, change.Actor{Kind: change.ByPerson, ID: "1", Name: "ken@example.com"})
	if got := o.press(t, "ken@example.com", "approve", c, 1).State; got != change.Proposed {
		t.Errorf("the change is %s", got)
	}
	if got := o.press(t, "lena@example.com", "approve", c, 1).State; got != change.Approved {
		t.Errorf("approved by another the change is %s, want approved", got)
	}
}

func TestOnePersonCountsOnce(t *testing.T) {
	o := openOffice(t, cloudfntest.New(t))
	c := o.ask(t, 2, rule)
	for range 3 {
		if got := o.press(t, "ken@example.com", "approve", c, 1); got.State != change.Proposed || len(got.Decisions) != 1 {
			t.Fatalf("the change is %s with %d decisions", got.State, len(got.Decisions))
		}
	}
	if got := o.press(t, "lena@example.com", "approve", c, 1).State; got != change.Approved {
		t.Errorf("the change is %s, want approved", got)
	}
}

func TestTheSameRequestAgainIsOneTaskAndOneDecision(t *testing.T) {
	o := openOffice(t, cloudfntest.New(t))
	c := o.ask(t, 2, rule)
	body := o.form(t, o.payload("ken@example.com", "approve", c.ID+" 1", nil))
	for range 10 {
		if status := o.Do(o.handler, o.sign(secret, body)); status != http.StatusOK {
			t.Fatalf("status %d, want 200", status)
		}
	}
	tasks := o.Queue.Take(event.QueuePresses)
	if len(tasks) != 1 {
		t.Fatalf("%d tasks, want one", len(tasks))
	}
	for range 10 { // the queue delivers at least once
		if status := o.Do(o.handler, o.Task(tasks[0])); status != http.StatusOK {
			t.Fatalf("task: status %d, want 200", status)
		}
	}
	if got := o.state(t, c); len(got.Decisions) != 1 || got.State != change.Proposed {
		t.Errorf("%d decisions, %s, want 1, proposed", len(got.Decisions), got.State)
	}
	// Hours later, when the queue has forgotten the name, the signature is too old.
	o.Clock.Advance(26 * time.Hour)
	r := o.sign(secret, body)
	r.Header.Set("X-Slack-Request-Timestamp", fmt.Sprint(cloudfntest.Begin.Unix()))
	if status := o.Do(o.handler, r); status != http.StatusUnauthorized {
		t.Errorf("a day later: status %d, want 401", status)
	}
	// And a task that is so late finds the decision.
	if status := o.Do(o.handler, o.Task(tasks[0])); status != http.StatusOK {
		t.Errorf("task a day later: status %d, want 200", status)
	}
	if got := o.state(t, c); len(got.Decisions) != 1 {
		t.Errorf("%d decisions, want 1", len(got.Decisions))
	}
}

// A press is not lost to a fault of anything that deciding needs.
func TestAPressIsDecidedAfterFaults(t *testing.T) {
	slack := func(kind sim.FaultKind, n int) func(*office, *sim.Faults) {
		return func(_ *office, f *sim.Faults) { f.Add(sim.Fault{API: "slack", Kind: kind, Rate: 1, Left: n}) }
	}
	for name, broken := range map[string]struct {
		spoil func(*office, *sim.Faults)
		again int // status while it lasts
	}{
		"Slack is slow":             {slack(sim.FaultTimeout, 1), 503},
		"Slack has too much to do":  {slack(sim.Fault429, 1), 503},
		"Slack has an error":        {slack(sim.Fault500, 1), 200}, // it is asked again at once
		"Slack has three errors":    {slack(sim.Fault500, 3), 503},
		"Slack is down":             {slack(sim.FaultDown, 3), 503},
		"the store fails":           {func(o *office, _ *sim.Faults) { o.Store.Break(1) }, 503},
		"the store fails for a bit": {func(o *office, _ *sim.Faults) { o.Store.Break(2) }, 503},
		"the bus fails":             {func(o *office, _ *sim.Faults) { o.Bus.Break(1) }, 200}, // the sweep publishes
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := sim.NewFaults(1)
			o := openOfficeWith(t, cloudfntest.New(t), faults)
			c := o.ask(t, 1, rule)
			if status := o.Do(o.handler, o.signed(t, o.payload("ken@example.com", "approve", c.ID+" 1", nil))); status != http.StatusOK {
				t.Fatalf("status %d, want 200", status)
			}
			task := o.Queue.Take(event.QueuePresses)[0]
			broken.spoil(o, faults)
			status := o.Do(o.handler, o.Task(task))
			if status != broken.again {
				t.Errorf("status %d, want %d\n%s", status, broken.again, o.Log)
			}
			for range 3 {
				if queue.Succeeds(status) {
					break
				}
				status = o.Do(o.handler, o.Task(task))
			}
			if got := o.state(t, c); got.State != change.Approved || len(got.Decisions) != 1 {
				t.Errorf("the change is %s with %d decisions, want approved with 1", got.State, len(got.Decisions))
			}
		})
	}
}

// Where telling the person fails, the refusal stands, and telling is tried again.
func TestARefusalIsToldAfterFaults(t *testing.T) {
	o := openOffice(t, cloudfntest.New(t))
	c := o.ask(t, 1, rule)
	if status := o.Do(o.handler, o.signed(t, o.payload("mia@example.com", "approve", c.ID+" 1", nil))); status != http.StatusOK {
		t.Fatalf("status %d, want 200", status)
	}
	task := o.Queue.Take(event.QueuePresses)[0]
	o.Queue.Break(1)
	if status := o.Do(o.handler, o.Task(task)); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", status)
	}
	if status := o.Do(o.handler, o.Task(task)); status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
	if got, told := o.outcome(t, task.Name); got != string(change.RefusedStranger) || !told {
		t.Errorf("outcome %q, told %t, want stranger, true", got, told)
	}
}

func TestUndoIsAChangeOfItsOwn(t *testing.T) {
	o := openOffice(t, cloudfntest.New(t))
	c := o.applied(t)
	o.press(t, "mia@example.com", "undo", c, 1)
	if got := o.undos(t); len(got) != 0 {
		t.Fatalf("a stranger asked for %v", got)
	}
	for range 2 {
		o.press(t, "ken@example.com", "undo", c, 1)
	}
	undos := o.undos(t)
	if len(undos) != 1 || undos[0].State != change.Proposed || undos[0].Requester.ID != "1" {
		t.Fatalf("undos %+v, want one that others decide", undos)
	}
	if got := o.press(t, "ken@example.com", "approve", undos[0], 1).State; got != change.Proposed {
		t.Errorf("approved by who asked it is %s", got)
	}
	if got := o.press(t, "lena@example.com", "approve", undos[0], 1).State; got != change.Approved {
		t.Errorf("approved by another it is %s, want approved", got)
	}
}

// What the policy says of Undo goes before what else holds for somebody. Ken owns the group, Root
// administers, Mia has nothing to do with it.
func TestWhoMayUndoByPolicy(t *testing.T) {
	rules := func(name, effect, members string) string {
		return fmt.Sprintf("roles: [{name: r, policies: [p], members: [%s]}]\npolicies: [{name: p, rules: [{name: %s, effect: %s, operations: [Undo], resources: [group]}]}]\n",
			members, name, effect)
	}
	const denied, stranger = "The policy does not let you have this taken back.", "has nothing to do with it"
	for name, test := range map[string]struct {
		policy, person string
		refusal        string
		text           string // what the person is told, where it is not the usual
	}{
		"an owner":                                {"", "ken@example.com", "", ""},
		"an administrator":                        {"", "root@example.com", "", ""},
		"a stranger":                              {"", "mia@example.com", stranger, ""},
		"an owner to whom it is denied":           {rules("no", "deny", "user:ken@example.com"), "ken@example.com", denied, denied},
		"in Japanese":                             {rules("no", "deny", "user:lena@example.com"), "lena@example.com", "元に戻すことを依頼できません", "ポリシーにより、元に戻すことを依頼できません。"},
		"an owner, denied to another":             {rules("no", "deny", "user:lena@example.com"), "ken@example.com", "", ""},
		"a stranger to whom it is denied":         {rules("no", "deny", "user:mia@example.com"), "mia@example.com", denied, denied},
		"a stranger to whom a rule allows it":     {rules("yes", "allow", "user:mia@example.com"), "mia@example.com", "", ""},
		"an owner, where a rule allows it others": {rules("yes", "allow", "user:mia@example.com"), "ken@example.com", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rig := cloudfntest.New(t)
			if test.policy != "" {
				rig.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(test.policy)}}
			}
			o := openOffice(t, rig)
			lena := directory[1]
			lena.Language = "ja"
			if err := o.mirror.PutPeople(t.Context(), []group.Person{lena}, time.Time{}); err != nil {
				t.Fatal(err)
			}
			c := o.applied(t)
			if status := o.Do(o.handler, o.signed(t, o.payload(test.person, "undo", c.ID+" 1", nil))); status != http.StatusOK {
				t.Fatalf("status %d, want 200", status)
			}
			task := o.Queue.Take(event.QueuePresses)[0]
			if status := o.Do(o.handler, o.Task(task)); status != http.StatusOK {
				t.Fatalf("task: status %d, want 200\n%s", status, o.Log)
			}
			undos := o.undos(t)
			if got, want := len(undos) == 1, test.refusal == ""; got != want {
				t.Errorf("asked for: %v, want %t", undos, want)
			}
			if lines := o.Audit(); test.refusal != "" && !strings.Contains(lines[len(lines)-1], test.refusal) {
				t.Errorf("audit %q, want %q", lines[len(lines)-1], test.refusal)
			}
			// What somebody was not let have taken back stands in the change's own trail.
			entries, err := trail.Of(t.Context(), o.Store, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := slices.ContainsFunc(entries, func(e audit.Entry) bool { return e.Verb == "slackinteract.undo" }), test.refusal != ""; got != want {
				t.Errorf("in the trail of the change: %t, want %t", got, want)
			}
			p, err := press.Get(t.Context(), o.Store, strings.TrimPrefix(task.Name, "press-"))
			if err != nil || p.Text != test.text {
				t.Errorf("told %q, %v; want %q", p.Text, err, test.text)
			}
		})
	}
}

// A task that comes again after the undo was denied does not ask once more.
func TestAnUndoIsAskedForOncePerPress(t *testing.T) {
	o := openOffice(t, cloudfntest.New(t))
	c := o.applied(t)
	if status := o.Do(o.handler, o.signed(t, o.payload("ken@example.com", "undo", c.ID+" 1", nil))); status != http.StatusOK {
		t.Fatalf("status %d, want 200", status)
	}
	task := o.Queue.Take(event.QueuePresses)[0]
	if status := o.Do(o.handler, o.Task(task)); status != http.StatusOK || len(o.undos(t)) != 1 {
		t.Fatalf("status %d, undos %v, want one", status, o.undos(t))
	}
	if got := o.press(t, "lena@example.com", "deny", o.undos(t)[0], 1).State; got != change.Denied {
		t.Fatalf("the undo is %s, want denied", got)
	}
	if status := o.Do(o.handler, o.Task(task)); status != http.StatusOK || len(o.undos(t)) != 1 {
		t.Errorf("the same task again: status %d, undos %v", status, o.undos(t))
	}
	if o.press(t, "ken@example.com", "undo", c, 1); len(o.undos(t)) != 2 {
		t.Errorf("pressed again: undos %v, want a second", o.undos(t))
	}
}

// applied returns a change that was approved and carried out.
func (o *office) applied(tb testing.TB) change.Change {
	tb.Helper()
	c := o.ask(tb, 1, rule)
	o.press(tb, "ken@example.com", "approve", c, 1)
	for _, a := range []change.Action{
		change.ClaimIt{By: applier, For: time.Minute, Standing: change.Standing{"1": {change.Approvers}}}, change.Complete{By: applier, Fence: 1},
	} {
		if _, err := o.ledger.Apply(context.Background(), c.ID, a); err != nil {
			tb.Fatal(err)
		}
	}
	return o.state(tb, c)
}

func (o *office) undos(tb testing.TB) []change.Change {
	tb.Helper()
	all, err := o.ledger.Of(context.Background(), change.GroupSettings, "g1")
	if err != nil {
		tb.Fatal(err)
	}
	var out []change.Change
	for _, c := range all {
		if c.UndoOf != "" {
			out = append(out, c)
		}
	}
	return out
}

// applier carries changes out in these tests.
var applier = change.Actor{Kind: change.ByFunction, ID: "applier"}

// TestAPolicyThatNeedsMorePeople holds for what waits: the first press shows it, and does not count.
func TestAPolicyThatNeedsMorePeople(t *testing.T) {
	o := openOffice(t, cloudfntest.New(t))
	c := o.ask(t, 1, rule)
	o.Rig.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("approvals: [{kinds: [group.settings], quorum: [{count: 2, from: owners}]}]\n")}}
	o.handler = o.Build(slackinteract.Function)
	o.press(t, "ken@example.com", "approve", c, 1)
	now := o.state(t, c)
	if now.State != change.Proposed || now.Revision != 2 || len(now.ApprovedBy()) > 0 {
		t.Fatalf("it is %s in revision %d, approved by %v", now.State, now.Revision, now.ApprovedBy())
	}
	o.press(t, "ken@example.com", "approve", c, 2)
	if now = o.state(t, c); now.State != change.Proposed || len(now.ApprovedBy()) != 1 {
		t.Fatalf("it is %s, approved by %v", now.State, now.ApprovedBy())
	}
	o.press(t, "lena@example.com", "approve", c, 2)
	if now = o.state(t, c); now.State != change.Approved {
		t.Errorf("it is %s, approved by %v", now.State, now.ApprovedBy())
	}
}
