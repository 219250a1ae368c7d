package grouprefresh_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// tenant is the function and a Workspace account.
type tenant struct {
	*cloudfntest.Rig
	handler   http.Handler
	workspace *simworkspace.Server
	faults    *sim.Faults
	mirror    *mirror.Mirror
}

func open(tb testing.TB, rig *cloudfntest.Rig) *tenant {
	tb.Helper()
	t := &tenant{Rig: rig, faults: sim.NewFaults(1), mirror: mirror.New(rig.Store)}
	var err error
	t.workspace, err = simworkspace.New(simworkspace.Options{
		Company: org.Demo(), Now: rig.Clock.Now, Faults: t.faults, Lag: &simworkspace.Lag{},
		Tokens: map[string][]string{
			cloudfntest.GoogleToken:       {simworkspace.ScopeGroupReadonly, simworkspace.ScopeMemberReadonly, simworkspace.ScopeUserReadonly},
			"other-" + cloudfntest.Canary: {simworkspace.ScopeAudit},
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	rig.Outbound = sim.Transport{"google.test": t.workspace}
	rig.Variables["WORKSPACE_URL"] = "http://google.test"
	t.handler = rig.Build(grouprefresh.Function)
	return t
}

// refresh gives the function a group to read, and all tasks that follow from it. It returns the
// first status that is not 200.
func (t *tenant) refresh(group string) int {
	t.Clock.Advance(time.Second)
	status := t.Do(t.handler, t.Envelope(event.RefreshGroup{Group: group, Noticed: t.Clock.Now()}))
	for range 100 {
		tasks := t.Queue.Take(event.QueueDirectory)
		if len(tasks) == 0 || status != http.StatusOK {
			return status
		}
		for _, task := range tasks {
			t.Clock.Advance(max(time.Millisecond, task.NotBefore.Sub(t.Clock.Now())))
			if got := t.Do(t.handler, t.Task(task)); status == http.StatusOK {
				status = got
			}
		}
	}
	t.TB.Fatal("what follows from one group does not end")
	return 0
}

// told returns what was published since the last call: the parts of each group's change.
func (t *tenant) told(tb testing.TB) [][]string {
	tb.Helper()
	var out [][]string
	for _, m := range t.Bus.Published() {
		var p event.GroupChanged
		if err := json.Unmarshal(m.Data, &p); err != nil || m.Topic != event.TopicGroupChanged || m.Attributes[event.AttrType] != p.Type() || m.OrderingKey != p.ID {
			tb.Errorf("message %+v: %v", m, err)
		}
		out = append(out, p.Parts)
	}
	return out
}

func (t *tenant) members(tb testing.TB, group string) []string {
	tb.Helper()
	s, err := t.mirror.Snapshot(context.Background(), group)
	if errors.Is(err, mirror.ErrUnknown) {
		return nil
	}
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for _, m := range s.Members {
		out = append(out, m.Email)
	}
	return out
}

func TestBadMessages(t *testing.T) {
	newRig := func(tb testing.TB) *cloudfntest.Rig { return open(tb, cloudfntest.New(tb)).Rig }
	cloudfntest.RefuseBadMessages(t, grouprefresh.Function, newRig,
		func(*cloudfntest.Rig) event.Payload { return event.RefreshGroup{Group: "analysts@example.com"} },
		event.RefreshGroup{}, event.ReadMembers{}, event.ConfirmGone{}, event.RefreshPerson{}, event.Walk{}, event.CompareSecure{}, event.Tick{})
}

// A task's name is made of the walk's: one that no queue takes must not come back for ever.
func TestWalksWithStrangeNames(t *testing.T) {
	for _, walk := range []event.Walk{{}, {Page: -1}, {Page: 7}, {Run: "a/b c"}, {Run: strings.Repeat("x", 2000)}, {Run: "x", Page: -1}, {Run: "x", Page: 1 << 40}} {
		r := open(t, cloudfntest.New(t))
		body := r.Envelope(walk)
		for range 3 {
			if status := r.Do(r.handler, body); status != http.StatusOK {
				t.Errorf("walk %.20q page %d: status %d, want 200\n%s", walk.Run, walk.Page, status, r.Log)
			}
			body = r.Envelope(walk)
		}
		if got := r.Queue.Tasks(); len(got) != 0 {
			t.Errorf("walk %.20q page %d goes on: %v", walk.Run, walk.Page, got)
		}
	}
}

func TestOnlyWhatTheDirectorySaysIsTold(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	steps := []struct {
		name string
		do   func() error
		want [][]string
	}{
		{"a group that is new here", nil, [][]string{{"created"}}},
		{"nothing happened, whatever the message claims", nil, nil},
		{"a member", func() error { return r.workspace.AddMember("analysts@example.com", "noor@example.com", "MEMBER", "") }, [][]string{{"members"}}},
		{"a role", func() error { return r.workspace.SetRole("analysts@example.com", "noor@example.com", "MANAGER", "") }, [][]string{{"roles"}}},
		{"deleted", func() error { return r.workspace.DeleteGroup("analysts@example.com", "") }, [][]string{{"deleted"}}},
		{"still deleted", nil, nil},
	}
	for _, step := range steps {
		if step.do != nil {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // each message comes twice
			if status := r.refresh("analysts@example.com"); status != http.StatusOK {
				t.Fatalf("%s: status %d, want 200\n%s", step.name, status, r.Log)
			}
		}
		if diff := cmp.Diff(step.want, r.told(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

func TestWhatWasNotToldIsToldLater(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	r.Bus.Break(1)
	if status := r.refresh("analysts@example.com"); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", status)
	}
	if status := r.refresh("analysts@example.com"); status != http.StatusOK || len(r.told(t)) != 1 {
		t.Errorf("status %d, want 200 and the news", status)
	}
	r.Store.Break(1)
	if status := r.refresh("analysts@example.com"); status != http.StatusServiceUnavailable {
		t.Errorf("with a broken store: status %d, want 503", status)
	}
}

// The queue gives the same reading again when its news could not be published: that one tells,
// without another call. Where the queue gave up, the next walk does.
func TestAReadingTriedAgainTellsWhatTheFirstStored(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	r.Clock.Advance(time.Second)
	r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: "analysts@example.com", Noticed: r.Clock.Now()}))
	tasks := r.Queue.Take(event.QueueDirectory)
	if len(tasks) != 1 {
		t.Fatalf("tasks %v, want the reading of the members", tasks)
	}
	r.Clock.Advance(time.Second)
	r.Bus.Break(1)
	if status := r.Do(r.handler, r.Task(tasks[0])); status != http.StatusServiceUnavailable {
		t.Fatalf("without a bus: status %d, want 503", status)
	}
	r.Clock.Advance(2 * time.Second)
	r.Calls.Made()
	for range 2 {
		if status := r.Do(r.handler, r.Task(tasks[0])); status != http.StatusOK {
			t.Fatalf("again: status %d, want 200\n%s", status, r.Log)
		}
	}
	if diff := cmp.Diff([][]string{{"created"}}, r.told(t)); diff != "" || len(r.Calls.Made()) != 0 {
		t.Errorf("told with more calls than none, or other news (-want +got):\n%s", diff)
	}
}

func TestAWalkReadsAGroupOfWhichNewsIsUntold(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	if err := r.workspace.AddMember("analysts@example.com", "noor@example.com", "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	r.told(t)
	r.Bus.Break(1)
	r.refresh("analysts@example.com")
	if got := r.told(t); len(got) != 0 {
		t.Fatalf("told %v without a bus", got)
	}
	r.Clock.Advance(time.Hour)
	r.Do(r.handler, r.Envelope(event.Walk{Run: "next"}))
	r.work(t)
	if diff := cmp.Diff([][]string{{"members"}}, r.told(t)); diff != "" {
		t.Errorf("told by the walk (-want +got):\n%s", diff)
	}
}

func TestWhatTheVendorAnswers(t *testing.T) {
	fault := func(kind sim.FaultKind) func(*tenant) {
		return func(r *tenant) { r.faults.Add(sim.Fault{API: "directory", Kind: kind, Rate: 1, Left: 1}) }
	}
	token := func(text string) func(*tenant) {
		return func(r *tenant) { r.Outbound = withToken{r.Outbound, text} }
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
		{"429", fault(sim.Fault429), 503, 0},
		{"500", fault(sim.Fault500), 503, 0},
		{"503", fault(sim.FaultDown), 503, 0},
		{"no answer", fault(sim.FaultTimeout), 503, 0},
		{"a page for people instead of an answer", func(r *tenant) {
			r.Outbound = sim.Transport{"google.test": http.NotFoundHandler()}
			r.Outbound = retype{r.Outbound, "text/html; charset=UTF-8"}
		}, 503, 0},
		{"an answer that is cut off", func(r *tenant) { r.Outbound = cutOff{r.Outbound} }, 503, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t))
			if status := r.refresh("analysts@example.com"); status != http.StatusOK {
				t.Fatalf("status %d, want 200", status)
			}
			before := r.members(t, "analysts@example.com")
			r.told(t)
			test.spoil(r)
			r.handler = r.Build(grouprefresh.Function)
			if status := r.refresh("analysts@example.com"); status != test.status {
				t.Errorf("status %d, want %d\n%s", status, test.status, r.Log)
			}
			if got := r.Quarantined(); len(got) != test.quarantined {
				t.Errorf("in quarantine: %+v, want %d", got, test.quarantined)
			}
			if diff := cmp.Diff(before, r.members(t, "analysts@example.com")); diff != "" {
				t.Errorf("the mirror (-before +after):\n%s", diff)
			}
			if got := r.told(t); len(got) != 0 {
				t.Errorf("told %v", got)
			}
		})
	}
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

type retype struct {
	next http.RoundTripper
	as   string
}

func (w retype) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err == nil {
		resp.Header.Set("Content-Type", w.as)
	}
	return resp, err
}

type cutOff struct{ next http.RoundTripper }

func (w cutOff) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body[:len(body)/2]))
	return resp, nil
}

// A listing that ends early and looks complete removes nobody.
func TestAListingThatLooksCompleteRemovesNobody(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.FaultPartial, sim.FaultEmpty} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t))
			r.refresh("product@example.com")
			before := r.members(t, "product@example.com")
			if len(before) < 5 {
				t.Fatalf("members %v", before)
			}
			r.faults.Add(sim.Fault{API: "directory", Kind: kind, Rate: 1, Left: 20})
			for range 5 {
				r.refresh("product@example.com")
				if diff := cmp.Diff(before, r.members(t, "product@example.com")); diff != "" {
					t.Fatalf("the mirror (-before +after):\n%s", diff)
				}
			}
		})
	}
}

func TestAWalkFillsTheMirrorAndRepairsIt(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	walk := func() {
		t.Helper()
		if status := r.Do(r.handler, r.Envelope(event.Tick{Job: grouprefresh.JobWalk})); status != http.StatusOK {
			t.Fatalf("status %d, want 200\n%s", status, r.Log)
		}
		for rounds := 0; len(r.Queue.Tasks()) > 0; rounds++ {
			if rounds > 20 {
				t.Fatalf("the walk does not end: %v", r.Queue.Tasks())
			}
			r.Work(r.handler, event.QueueDirectory)
		}
	}
	compare := func() {
		t.Helper()
		var want []string
		for _, g := range r.workspace.Groups() {
			want = append(want, g.Email)
			var members []string
			for _, m := range r.workspace.Members(g.Email) {
				members = append(members, m.Email)
			}
			if got := r.members(t, g.Email); !slices.Equal(members, got) {
				t.Errorf("%s has %v, the mirror %v", g.Email, members, got)
			}
		}
		var got []string
		if err := r.mirror.Groups(context.Background(), func(h mirror.Header) error { got = append(got, h.Group.Email); return nil }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("groups (-want +got):\n%s", diff)
		}
	}
	walk()
	compare()
	// What nobody told of is found on the next night, and no more than that is read.
	for _, err := range []error{
		r.workspace.AddMember("analysts@example.com", "noor@example.com", "MEMBER", ""),
		r.workspace.DeleteGroup("board@example.com", ""),
		r.workspace.CreateGroup("fresh@example.com", ""),
		r.workspace.RenameGroup("payroll@example.com", "pay@example.com", ""),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.Clock.Advance(24 * time.Hour)
	r.Calls.Made()
	walk()
	compare()
	read := 0
	for _, c := range r.Calls.Made() {
		if strings.HasSuffix(c.Path, "/members") {
			read++
		}
	}
	if read > 4 {
		t.Errorf("the members of %d groups were read, 4 differ", read)
	}
	// A page that comes again after its walk is over does nothing.
	quiet := r.Mark()
	for page := range 3 {
		if status := r.Do(r.handler, r.Envelope(event.Walk{Run: "20261123", Page: page})); status != http.StatusOK {
			t.Errorf("status %d, want 200", status)
		}
	}
	quiet.Nothing(t)
}

func TestTwoWalksAtOnce(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	first := event.Walk{Run: "first"}
	if status := r.Do(r.handler, r.Envelope(first)); status != http.StatusOK {
		t.Fatalf("status %d, want 200", status)
	}
	if status := r.Do(r.handler, r.Envelope(event.Walk{Run: "second"})); status != http.StatusServiceUnavailable {
		t.Errorf("a second walk beside the first: status %d, want 503, so that it comes later", status)
	}
	r.Clock.Advance(time.Hour)
	if status := r.Do(r.handler, r.Envelope(event.Walk{Run: "second"})); status != http.StatusOK {
		t.Errorf("after the first stood still for an hour: status %d, want 200", status)
	}
	quiet := r.Mark()
	if status := r.Do(r.handler, r.Envelope(event.Walk{Run: "first", Page: 1})); status != http.StatusOK {
		t.Errorf("a page of the first after that: status %d, want 200", status)
	}
	quiet.Nothing(t)
}

func TestConfigurationThatIsWrong(t *testing.T) {
	rig := cloudfntest.New(t)
	rig.Variables["WORKSPACE_URL"] = "google.test"
	if _, err := grouprefresh.Function.Build(context.Background(), rig.Env()); err == nil || !strings.Contains(err.Error(), "google.test") {
		t.Errorf("error %v, want one that names the address", err)
	}
	env := rig.Env()
	env.Tokens = func(context.Context, ...string) (oauth2.TokenSource, error) {
		return nil, fmt.Errorf("no key: %w", cloudfntest.ErrBroken)
	}
	if _, err := grouprefresh.Function.Build(context.Background(), env); !errors.Is(err, cloudfntest.ErrBroken) {
		t.Errorf("error %v, want that of the token", err)
	}
}
