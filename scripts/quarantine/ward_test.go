package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/functions/changesweep"
	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/cloudtasks"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/sim"
	simcloudtasks "github.com/sekisho/sekisho/shared/sim/cloudtasks"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

const (
	settingsURL     = "https://groupsettings-123.asia-northeast1.run.app"
	settingsInvoker = "groupsettings-invoker@sekisho-test.iam.gserviceaccount.com"
)

// hospital is a quarantine with the functions whose messages are in it, and the queues of Google by
// which they get them again.
type hospital struct {
	*cloudfntest.Rig
	ward
	printed bytes.Buffer
	tasks   *simcloudtasks.Server
	hosts   sim.Transport
}

func admit(t *testing.T) *hospital {
	t.Helper()
	h := &hospital{Rig: cloudfntest.New(t), hosts: sim.Transport{}}
	h.tasks = simcloudtasks.New(h.Clock.Now)
	// The functions' check of callers takes one secret; it is given for the right account alone.
	h.tasks.Token = func(account, audience string) string {
		if account != settingsInvoker || audience != settingsURL {
			return "a stranger's"
		}
		return cloudfntest.CallerToken
	}
	conn, stop, err := h.tasks.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	h.ward = ward{
		store: h.Rig.Store, deployment: deployment{"sekisho-test", "123", "asia-northeast1"}, now: h.Clock.Now, out: &h.printed,
		open: func(ctx context.Context, name string, to cloudtasks.Destination) (queue.Queue, func() error, error) {
			q, err := cloudtasks.Open(ctx, "sekisho-test", "asia-northeast1", map[string]cloudtasks.Destination{name: to}, h.Clock.Now, option.WithGRPCConn(conn))
			if err != nil {
				return nil, nil, err
			}
			return q, func() error { return nil }, q.Create(ctx, name, queue.Limits{Rate: 10, Concurrency: 1, MinBackoff: time.Second, MaxBackoff: time.Minute})
		},
	}
	return h
}

// run carries out the tasks of the queues that are due, and returns how many there were.
func (h *hospital) run(t *testing.T) int {
	t.Helper()
	for n := 0; ; n++ {
		h.Clock.Advance(time.Second)
		ran, err := h.tasks.RunNext(t.Context(), &http.Client{Transport: h.hosts})
		if err != nil {
			t.Fatal(err)
		}
		if !ran {
			return n
		}
	}
}

// broken puts one message into quarantine, of a function that refuses it until it is mended.
func (h *hospital) broken(t *testing.T) (mend func(), done *int) {
	t.Helper()
	mended, count := false, 0
	handler := h.Build(cloudfn.Function{Name: "GroupSettings", Build: func(_ context.Context, env *cloudfn.Env) (http.Handler, error) {
		return cloudfn.Messages("groupsettings", env, cloudfn.On(func(context.Context, event.CheckSettings) error {
			if !mended {
				return cloudfn.Permanent(io.ErrNoProgress)
			}
			count++
			return nil
		})), nil
	}})
	h.hosts["groupsettings-123.asia-northeast1.run.app"] = handler
	body, err := event.Seal(event.CheckSettings{Group: "g1"})
	if err != nil {
		t.Fatal(err)
	}
	if status := h.Do(handler, h.Task(queue.Task{Queue: event.QueueSettings, Name: "first", Body: body})); status != http.StatusOK {
		t.Fatalf("status %d, want 200: in quarantine", status)
	}
	return func() { mended = true }, &count
}

func TestAMessageIsDeliveredAgainOnce(t *testing.T) {
	h := admit(t)
	mend, done := h.broken(t)
	id := h.Quarantined()[0].ID
	mend()
	for range 3 { // pressed thrice
		if err := h.redeliver(t.Context(), []string{id}, false); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.run(t); n != 1 || *done != 1 {
		t.Errorf("%d deliveries, done %d times, want each once", n, *done)
	}
	got := h.Quarantined()
	if len(got) != 1 || got[0].Redelivered.IsZero() {
		t.Errorf("in quarantine: %+v, want the message with the time of its delivery", got)
	}
	if err := h.redeliver(t.Context(), []string{id}, true); err != nil {
		t.Fatal(err)
	}
	if n := h.run(t); n != 1 || *done != 2 {
		t.Errorf("once more on purpose: %d deliveries, done %d times, want 1 and 2", n, *done)
	}
}

func TestAMessageThatComesBackCanBeDeliveredAgain(t *testing.T) {
	h := admit(t)
	mend, done := h.broken(t)
	first := h.Quarantined()[0]
	if err := h.redeliver(t.Context(), []string{first.ID}, false); err != nil {
		t.Fatal(err)
	}
	h.run(t)
	got := h.Quarantined()
	back := got[len(got)-1]
	if *done != 0 || !back.At.After(first.At) || !back.Redelivered.IsZero() || back.Body != first.Body {
		t.Fatalf("done %d times, in quarantine: %+v, want what came back", *done, back)
	}
	mend()
	if err := h.redeliver(t.Context(), []string{back.ID}, false); err != nil {
		t.Fatal(err)
	}
	if h.run(t); *done != 1 {
		t.Errorf("done %d times, want once", *done)
	}
}

// hasty carries a task out before it says that it has it.
type hasty struct {
	queue.Queue
	then func()
}

func (q hasty) Enqueue(ctx context.Context, t queue.Task) error {
	err := q.Queue.Enqueue(ctx, t)
	q.then()
	return err
}

// A message that the bus brought comes back under its own name: what notes its delivery must not
// cover that up.
func TestAMessageThatComesBackAtOnceIsNotNotedAsDelivered(t *testing.T) {
	h := admit(t)
	h.broken(t)
	data, err := event.Seal(event.CheckSettings{Group: "g1"})
	if err != nil {
		t.Fatal(err)
	}
	body, err := bus.EncodePush("groupsettings-group-changed", bus.Message{ID: "8", Data: data, Attributes: map[string]string{event.AttrType: "no such/1"}})
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Second)
	h.Do(h.hosts["groupsettings-123.asia-northeast1.run.app"], h.Post(body))
	first := h.Quarantined()[1]
	open := h.open
	h.open = func(ctx context.Context, name string, to cloudtasks.Destination) (queue.Queue, func() error, error) {
		q, end, err := open(ctx, name, to)
		return hasty{q, func() { h.run(t) }}, end, err
	}
	if err := h.redeliver(t.Context(), []string{first.ID}, false); err != nil {
		t.Fatal(err)
	}
	got := h.Quarantined()
	if back := got[len(got)-1]; len(got) != 2 || back.ID != first.ID || !back.At.After(first.At) || !back.Redelivered.IsZero() {
		t.Errorf("in quarantine: %+v, want the message as it came back", got)
	}
}

func TestAnEndBetweenDeliveryAndNoteDeliversOnce(t *testing.T) {
	h := admit(t)
	mend, done := h.broken(t)
	mend()
	id := h.Quarantined()[0].ID
	h.Rig.Store.Break(1)
	if err := h.redeliver(t.Context(), []string{id}, false); err == nil || !strings.Contains(err.Error(), "is in the queue groups-settings") {
		t.Errorf("got %v, want that the message is in the queue and could not be noted", err)
	}
	h.Clock.Advance(time.Minute)
	if err := h.redeliver(t.Context(), []string{id}, false); err != nil {
		t.Fatal(err)
	}
	if n := h.run(t); n != 1 || *done != 1 {
		t.Errorf("%d deliveries, done %d times, want each once", n, *done)
	}
}

// A change was approved, and its function was out of order for so long that the bus gave up. The
// dead letter, delivered again, has the change carried out; a second one changes nothing more.
func TestADeadLetterIsDeliveredAgain(t *testing.T) {
	h := admit(t)
	h.Variables["WORKSPACE_URL"] = "http://google.test"
	h.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("settings: {mode: auto}\n")}}
	h.hosts["groupsettings-123.asia-northeast1.run.app"] = h.Build(groupsettings.Function)
	_, _, err := ledger.New(h.Rig.Store, h.Rig.Bus, h.Clock.Now).Propose(t.Context(), change.Proposal{
		Kind: change.GroupSettings, Target: change.Target{ID: "g1", Name: "g1@example.com"}, Reason: "too open",
		Diff:      []change.Delta{{Field: "whoCanJoin", Before: "ANYONE_CAN_JOIN", After: "INVITED_CAN_JOIN"}},
		Requester: change.Actor{Kind: change.ByRule, ID: "settings-rules"}, Requirement: change.Requirement{Mode: change.Auto},
	})
	if err != nil {
		t.Fatal(err)
	}
	approved := h.Rig.Bus.Published()[0]
	attributes := map[string]string{bus.AttrDeadLetterSubscription: "groupsettings-approved", bus.AttrDeadLetterAttempts: "20"}
	for name, value := range approved.Attributes {
		attributes[name] = value
	}
	body, err := bus.EncodePush("changesweep-dead-letter", bus.Message{ID: "7", Data: approved.Data, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	if status := h.Do(h.Build(changesweep.Function), h.Post(body)); status != http.StatusOK {
		t.Fatalf("status %d, want 200\n%s", status, h.Log)
	}
	id := h.Quarantined()[0].ID
	for range 2 {
		if err := h.redeliver(t.Context(), []string{id}, true); err != nil {
			t.Fatal(err)
		}
		if n := h.run(t); n != 1 {
			t.Fatalf("%d deliveries, want one", n)
		}
	}
	if got := h.Rig.Queue.Take(event.QueueSettings); len(got) != 1 {
		t.Errorf("%d tasks to carry the change out, want one: %+v\n%s", len(got), got, h.Log)
	}
	if got := h.Quarantined(); len(got) != 1 {
		t.Errorf("in quarantine: %+v, want nothing more", got)
	}
}

func TestWhatCannotBeDeliveredAgain(t *testing.T) {
	h := admit(t)
	for _, q := range []cloudfn.Quarantined{
		{Function: "groupsettings", Message: "long", At: h.Clock.Now(), Body: strings.Repeat("x", queue.MaxBody)},
		{Function: "strange", Message: "stranger's", At: h.Clock.Now(), Body: "{}"},
	} {
		if err := cloudfn.Quarantine(t.Context(), h.Rig.Store, q); err != nil {
			t.Fatal(err)
		}
	}
	all := []string{"nothing"}
	for _, q := range h.Quarantined() {
		all = append(all, q.ID)
	}
	err := h.redeliver(t.Context(), all, false)
	for _, want := range []string{"no message nothing is in quarantine", "too long to be kept as a whole", `"strange", which is no function`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want that it says %q", err, want)
		}
	}
	if n := h.run(t); n != 0 {
		t.Errorf("%d were delivered, want none", n)
	}
}

func TestTheQuarantineIsShown(t *testing.T) {
	h := admit(t)
	if err := h.list(t.Context()); err != nil || h.printed.String() != "Nothing is in quarantine.\n" {
		t.Errorf("got %q, %v", h.printed.String(), err)
	}
	h.broken(t)
	evil := cloudfn.Quarantined{Function: "groupsettings", Source: "\x1b[2J", Reason: "two\nlines", At: h.Clock.Now().Add(time.Second), Body: "{"}
	if err := cloudfn.Quarantine(t.Context(), h.Rig.Store, evil); err != nil {
		t.Fatal(err)
	}
	h.printed.Reset()
	if err := h.list(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(h.printed.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], `\x1b[2J`) || !strings.Contains(lines[1], `two\nlines`) || !strings.Contains(lines[2], event.QueueSettings) {
		t.Errorf("listed, newest first, one line each:\n%s", h.printed.String())
	}
	h.printed.Reset()
	id, _, _ := strings.Cut(lines[2], " ")
	if err := h.show(t.Context(), id); err != nil || !strings.Contains(h.printed.String(), `"type":"settings.check/1"`) {
		t.Errorf("shown: %v\n%s", err, h.printed.String())
	}
}

// A dead letter goes to the function with whose name that of its subscription begins.
func TestEverySubscriptionIsNamedAfterItsFunction(t *testing.T) {
	for _, s := range world.Subscriptions {
		if !strings.HasPrefix(s.Name, strings.ToLower(s.Endpoint)+"-") {
			t.Errorf("the subscription %s is of %s", s.Name, s.Endpoint)
		}
	}
}

// Where functions are, and who may call them, is as Terraform makes it.
func TestDestinationsAreTerraforms(t *testing.T) {
	text, err := os.ReadFile("../../terraform/modules/function/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`url = "https://${var.name}-${var.platform.project_number}.${var.platform.region}.run.app"`, `account_id   = "${var.name}-invoker"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("Terraform does not say %s any more", want)
		}
	}
	got := deployment{"sekisho-test", "123", "asia-northeast1"}.destination("groupsettings")
	if want := (cloudtasks.Destination{URL: settingsURL, Audience: settingsURL, ServiceAccount: settingsInvoker}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFlags(t *testing.T) {
	for _, test := range []struct{ args, problem string }{
		{"", "-project"},
		{"-project p", ""},
		{"-project p list", ""},
		{"-project p list x", "list takes no ids"},
		{"-project p show", "show ID"},
		{"-project p show x", ""},
		{"-project p redeliver x", "-number and -region"},
		{"-project p -number 1 -region r redeliver", "redeliver ID"},
		{"-project p -number 1 -region r redeliver x y", ""},
		{"-project p destroy x", `"destroy"`},
	} {
		_, err := parse(strings.Fields(test.args), io.Discard)
		if test.problem == "" && err != nil || test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
			t.Errorf("%q: got %v, want %q", test.args, err, test.problem)
		}
	}
}
