package connection_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/connection"
)

// The life of a hand-over, written down a second time: for each state the verbs and where they
// lead. What is not here is refused. A new state or verb fails the test until it is listed.
var leads = map[connection.State]string{
	connection.Requested: "create:created reassign:requested end:ended",
	connection.Created:   "hand:handed connect:connected break:failed reassign:created end:ended",
	connection.Handed:    "hand:handed open:opened connect:connected break:failed age:aged remind:handed escalate:handed reassign:created end:ended",
	connection.Opened:    "hand:handed open:opened return:submitted connect:connected break:failed age:aged remind:opened escalate:opened reassign:created end:ended",
	connection.Submitted: "hand:handed open:opened connect:connected break:failed age:aged escalate:submitted reassign:created end:ended",
	connection.Aged:      "hand:handed connect:connected break:failed remind:aged escalate:aged reassign:created end:ended",
	connection.Connected: "test:connected defer:connected pass:tested fail:failed break:failed reassign:created end:ended",
	connection.Failed:    "hand:handed connect:connected reassign:created end:ended",
	connection.Tested:    "unpause:running break:failed reassign:created end:ended",
	connection.Running:   "stumble:running linger:running sync:done break:broken reassign:created end:ended",
	connection.Done:      "hand:handed break:broken reassign:created end:ended",
	connection.Broken:    "hand:handed connect:connected reassign:created end:ended",
	connection.Ended:     "",
}

func TestTheTableIsWhatIsWrittenHere(t *testing.T) {
	for _, s := range connection.States() {
		row, listed := leads[s]
		if !listed {
			t.Errorf("state %q is not listed", s)
		}
		want := map[string]string{}
		for _, cell := range strings.Fields(row) {
			verb, to, _ := strings.Cut(cell, ":")
			want[verb] = to
		}
		for _, v := range connection.Verbs() {
			to, ok := connection.Next(s, v)
			if string(to) != want[string(v)] || ok != (want[string(v)] != "") {
				t.Errorf("%s of a hand-over that is %s leads to %q, want %q", v, s, to, want[string(v)])
			}
			delete(want, string(v))
		}
		if len(want) > 0 {
			t.Errorf("%s: verbs that are not in Verbs: %v", s, want)
		}
	}
	if len(leads) != len(connection.States()) {
		t.Errorf("%d states are listed, want %d", len(leads), len(connection.States()))
	}
}

// A constant that is missing from States or Verbs would not be tested by anything.
func TestTheListsAreComplete(t *testing.T) {
	for name, want := range map[string]struct {
		kind string
		list []string
	}{
		"State": {"State", texts(connection.States())},
		"Verb":  {"Verb", texts(connection.Verbs())},
	} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "handover.go", nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range parsed.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == want.kind {
					got = append(got, strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`))
				}
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want.list, got); diff != "" {
			t.Errorf("%s (-listed +declared):\n%s", name, diff)
		}
	}
}

func texts[T ~string](list []T) []string {
	var out []string
	for _, item := range list {
		out = append(out, string(item))
	}
	slices.Sort(out)
	return out
}

func begun(t testing.TB) connection.Handover {
	t.Helper()
	plan, problems := policy().Plan(request(), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return connection.Begin("h1", request(), plan, "2002", noon)
}

// apply has events happen, a minute between them.
func apply(t testing.TB, h connection.Handover, events ...connection.Event) (connection.Handover, time.Time) {
	t.Helper()
	now := h.Since
	for _, e := range events {
		now = now.Add(time.Minute)
		next, err := h.Apply(e, now)
		if err != nil {
			t.Fatal(err)
		}
		h = next
	}
	return h, now
}

func do(v connection.Verb) connection.Event { return connection.Event{Verb: v} }

var (
	create = connection.Event{Verb: connection.VerbCreate, Connection: "speak_inexpensive"}
	hand   = do(connection.VerbHand)
	pass   = connection.Event{Verb: connection.VerbPass, Tests: tests("PASSED")}
	fail   = connection.Event{Verb: connection.VerbFail, Tests: tests("FAILED")}
)

func open(t testing.TB) connection.Event {
	_, k := ticket(t)
	return connection.Event{Verb: connection.VerbOpen, Ticket: k}
}

func come(t testing.TB) connection.Event {
	_, k := ticket(t)
	k.Used = noon
	return connection.Event{Verb: connection.VerbReturn, Ticket: k}
}

func TestAHandoverFromEndToEnd(t *testing.T) {
	h, now := apply(t, begun(t), create, hand, open(t), open(t), come(t), do(connection.VerbConnect), pass, do(connection.VerbUnpause), do(connection.VerbSync))
	want := connection.Handover{
		ID: "h1", Name: "sales_db", Schema: "sales", Service: "sql_server_rds", Group: "thicket_confronted", Connection: "speak_inexpensive",
		Owner: "1001", Requester: "2002", State: connection.Done, Since: now, Opens: 2, Tests: tests("PASSED"), Proven: now.Add(-2 * time.Minute), Worked: now,
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEventsThatAreNotWhole(t *testing.T) {
	opened, _ := apply(t, begun(t), create, hand, open(t))
	connected, _ := apply(t, opened, do(connection.VerbConnect))
	_, unused := ticket(t)
	stranger := come(t)
	stranger.Ticket.Hash = strings.Repeat("0", 64)
	for name, tt := range map[string]struct {
		h connection.Handover
		e connection.Event
	}{
		"created without a connection":     {begun(t), do(connection.VerbCreate)},
		"opened without a ticket":          {opened, do(connection.VerbOpen)},
		"opened with a used ticket":        {opened, connection.Event{Verb: connection.VerbOpen, Ticket: come(t).Ticket}},
		"returned without a ticket":        {opened, do(connection.VerbReturn)},
		"returned with an unused ticket":   {opened, connection.Event{Verb: connection.VerbReturn, Ticket: unused}},
		"returned with another ticket":     {opened, stranger},
		"passed with tests that failed":    {connected, connection.Event{Verb: connection.VerbPass, Tests: tests("PASSED", "FAILED")}},
		"passed with tests that never ran": {connected, connection.Event{Verb: connection.VerbPass, Tests: tests("JOB_FAILED")}},
		"failed with tests that passed":    {connected, connection.Event{Verb: connection.VerbFail, Tests: tests("PASSED")}},
		"failed without tests":             {connected, do(connection.VerbFail)},
		"deferred with tests that passed":  {connected, connection.Event{Verb: connection.VerbDefer, Tests: tests("PASSED")}},
		"deferred with tests that failed":  {connected, connection.Event{Verb: connection.VerbDefer, Tests: tests("JOB_FAILED", "FAILED")}},
		"reassigned to nobody":             {opened, do(connection.VerbReassign)},
		"reassigned to the same owner":     {opened, connection.Event{Verb: connection.VerbReassign, Owner: "1001"}},
		"no such verb":                     {opened, do("fly")},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.h.Apply(tt.e, noon)
			if !errors.Is(err, connection.ErrRefused) {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(tt.h, got); diff != "" {
				t.Errorf("the hand-over changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestANewOwnerBeginsAgain(t *testing.T) {
	h, _ := apply(t, begun(t), create, hand, open(t), connection.Event{Verb: connection.VerbReassign, Owner: "1003"})
	if h.Owner != "1003" || h.State != connection.Created || h.Ticket.Hash != "" || !h.Asked.IsZero() || h.Again {
		t.Errorf("got %+v", h)
	}
}

// A connection that works goes on saying that it is connected while a new owner is asked to set
// it up again.
func TestConnectedSaysNothingWhileItIsSetUpAgain(t *testing.T) {
	h, _ := apply(t, begun(t), create, do(connection.VerbConnect), pass, do(connection.VerbUnpause), do(connection.VerbSync), connection.Event{Verb: connection.VerbReassign, Owner: "1003"})
	working := connection.Status{Setup: "connected", Succeeded: noon}
	for _, e := range []connection.Event{hand, open(t), come(t)} {
		if v, ok := h.Seen(working); ok {
			t.Errorf("%s: it says %s", h.State, v)
		}
		if _, err := h.Apply(do(connection.VerbConnect), noon); !errors.Is(err, connection.ErrRefused) {
			t.Errorf("%s: connect: %v", h.State, err)
		}
		h, _ = apply(t, h, e)
	}
	if v, ok := h.Seen(working); !ok || v != connection.VerbConnect {
		t.Errorf("after the owner came back it says %q", v)
	}
	h, now := apply(t, h, do(connection.VerbConnect), pass)
	if v, ok := h.Seen(working); !ok || v != connection.VerbUnpause {
		t.Errorf("it was not paused, and says %q", v)
	}
	h, _ = apply(t, h, do(connection.VerbUnpause))
	if v, ok := h.Seen(working); ok {
		t.Errorf("a sync from before the tests counts as %s", v)
	}
	working.Succeeded = now.Add(time.Hour)
	if v, ok := h.Seen(working); !ok || v != connection.VerbSync {
		t.Errorf("after a sync it says %q", v)
	}
}

func TestSeen(t *testing.T) {
	status := map[string]connection.Status{
		"incomplete": {Setup: "incomplete", Paused: true}, "broken": {Setup: "broken", Paused: true}, "connected": {Setup: "connected", Paused: true},
		"unpaused": {Setup: "connected"}, "stumbled": {Setup: "connected", Failed: noon.Add(time.Hour)},
		"failed before": {Setup: "connected", Failed: noon.Add(-time.Hour)}, "failed, then synced": {Setup: "connected", Failed: noon.Add(time.Hour), Succeeded: noon.Add(2 * time.Hour)}, "synced": {Setup: "connected", Succeeded: noon.Add(24 * time.Hour)}, "strange": {Setup: "levitating"},
	}
	want := map[connection.State]map[string]connection.Verb{
		connection.Requested: {},
		connection.Created:   {"broken": "break", "connected": "connect", "unpaused": "connect", "synced": "connect", "stumbled": "connect", "failed before": "connect", "failed, then synced": "connect"},
		connection.Handed:    {"connected": "connect", "unpaused": "connect", "synced": "connect", "stumbled": "connect", "failed before": "connect", "failed, then synced": "connect"},
		connection.Opened:    {"connected": "connect", "unpaused": "connect", "synced": "connect", "stumbled": "connect", "failed before": "connect", "failed, then synced": "connect"},
		connection.Submitted: {"broken": "break", "connected": "connect", "unpaused": "connect", "synced": "connect", "stumbled": "connect", "failed before": "connect", "failed, then synced": "connect"},
		connection.Aged:      {"connected": "connect", "unpaused": "connect", "synced": "connect", "stumbled": "connect", "failed before": "connect", "failed, then synced": "connect"},
		connection.Failed:    {"connected": "connect", "unpaused": "connect", "synced": "connect", "stumbled": "connect", "failed before": "connect", "failed, then synced": "connect"},
		connection.Broken:    {"connected": "connect", "unpaused": "connect", "synced": "connect", "stumbled": "connect", "failed before": "connect", "failed, then synced": "connect"},
		connection.Connected: {"incomplete": "break", "broken": "break"},
		connection.Tested:    {"incomplete": "break", "broken": "break", "unpaused": "unpause", "synced": "unpause", "stumbled": "unpause", "failed before": "unpause", "failed, then synced": "unpause"},
		connection.Running:   {"incomplete": "break", "broken": "break", "synced": "sync", "stumbled": "stumble", "failed, then synced": "sync"},
		connection.Done:      {"incomplete": "break", "broken": "break"},
		connection.Ended:     {},
	}
	for _, s := range connection.States() {
		for name, reading := range status {
			h := begun(t)
			h.State, h.Proven = s, noon
			verb, ok := h.Seen(reading)
			if w := want[s][name]; verb != w || ok != (w != "") {
				t.Errorf("%s, read as %s: got %q, want %q", s, name, verb, w)
			}
		}
	}
}

func TestWorkIsThereForEveryState(t *testing.T) {
	want := map[connection.State]connection.Work{
		connection.Requested: "create", connection.Created: "hand", connection.Handed: "watch", connection.Opened: "watch", connection.Submitted: "watch", connection.Aged: "watch",
		connection.Connected: "test", connection.Failed: "hand", connection.Tested: "unpause", connection.Running: "watch", connection.Done: "watch", connection.Broken: "propose", connection.Ended: "nothing",
	}
	for _, s := range connection.States() {
		if got := s.Work(); got != want[s] {
			t.Errorf("%s: got %s, want %s", s, got, want[s])
		}
	}
}

func TestTimeAlone(t *testing.T) {
	p := policy()
	p.Remind, p.Escalate = 4*time.Hour, 30*time.Hour
	h, _ := apply(t, begun(t), create)
	if at, ok := h.Due(p); ok {
		t.Errorf("due at %s before anybody was asked", at)
	}
	h, start := apply(t, h, hand)
	var got []string
	for range 12 {
		at, ok := h.Due(p)
		if !ok {
			break
		}
		if verb, due := h.Passed(p, at.Add(-1)); due {
			t.Fatalf("%s is due before its time", verb)
		}
		verb, due := h.Passed(p, at)
		if !due {
			t.Fatalf("nothing is due at %s", at)
		}
		next, err := h.Apply(do(verb), at)
		if err != nil {
			t.Fatal(err)
		}
		h = next
		got = append(got, at.Sub(start).String()+" "+string(verb))
		if at.Sub(start) > 80*time.Hour {
			break
		}
	}
	want := []string{"4h0m0s remind", "12h0m0s remind", "24h0m0s age", "28h0m0s remind", "30h0m0s escalate", "60h0m0s remind", "124h0m0s remind"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h, now := apply(t, h, hand)
	if at, ok := h.Due(connection.Policy{}); !ok || at.After(now.Add(connection.CardLife)) || h.Escalated != true {
		t.Errorf("a new link: due %s, %+v", at, h)
	}
}

// Whatever happens in whatever order: nothing is done that was not proven, and no hand-over
// has a way out of being ended.
func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		h, now, p := begun(t), noon, policy()
		connected, proven := false, false
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(r, "hours")) * time.Hour)
			e := connection.Event{Verb: rapid.SampledFrom(connection.Verbs()).Draw(r, "verb")}
			switch e.Verb {
			case connection.VerbCreate:
				e.Connection = "c"
			case connection.VerbOpen:
				e = open(t)
			case connection.VerbReturn:
				e = come(t)
			case connection.VerbPass:
				e = pass
			case connection.VerbFail:
				e = fail
			case connection.VerbReassign:
				e.Owner = rapid.SampledFrom([]string{"1", "2"}).Draw(r, "owner")
			}
			next, err := h.Apply(e, now)
			if err != nil {
				if !errors.Is(err, connection.ErrRefused) {
					r.Fatal(err)
				}
				continue
			}
			switch e.Verb {
			case connection.VerbConnect:
				connected, proven = true, false
			case connection.VerbPass:
				proven = connected
			case connection.VerbBreak, connection.VerbFail, connection.VerbReassign:
				connected, proven = false, false
			}
			switch {
			case h.State == connection.Ended:
				r.Fatalf("%s after the end", e.Verb)
			case next.State == connection.Done && !proven && h.State != connection.Done:
				r.Fatal("done without proof")
			case slices.Contains([]connection.State{connection.Tested, connection.Running}, next.State) && !proven:
				r.Fatalf("%s without proof", next.State)
			case next.State != connection.Requested && next.State != connection.Ended && next.Connection == "":
				r.Fatalf("%s without a connection", next.State)
			case next.State == connection.Opened && next.Ticket.Hash == "":
				r.Fatal("opened without a ticket")
			}
			if at, ok := next.Due(p); ok {
				if _, due := next.Passed(p, at); !due {
					r.Fatalf("%s: due at %s, and then not", next.State, at)
				}
			}
			h = next
		}
	})
}
