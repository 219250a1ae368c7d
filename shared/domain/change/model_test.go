package change_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// TestAnyHistory plays random histories of one change: people press and press again, time
// passes in jumps, the requester words it anew, people lose their authority, appliers claim,
// die, wake again, and the vendor answers as it likes. Beside the change lives a naive model of
// what the design says of it, in plain words. After every step both must agree, and what is
// promised of every change must hold.
func TestAnyHistory(t *testing.T) {
	for range 10 { // as often as rapid.checks says, which is 100 times where nobody says it
		rapid.Check(t, anyHistory)
	}
}

func anyHistory(t *rapid.T) {
	h := newHistory(t)
	t.Repeat(map[string]func(*rapid.T){
		"approve":  h.approve,
		"deny":     h.deny,
		"withdraw": h.withdraw,
		"revise":   h.revise,
		"retry":    h.retry,
		"undo":     h.undo,
		"sweep":    h.sweep,
		"wait":     h.wait,
		"leave":    h.leave,
		"claim":    h.claim,
		"look":     h.look,
		"act":      h.act,
		"result":   h.result,
		"work":     h.work,
		"go on":    h.work,
		"":         h.promises,
	})
}

// The phases of a change in the model.
const (
	waits     = "waits for people"
	toDo      = "is to be done"
	inHand    = "is in an applier's hand"
	done      = "is done"
	over      = "is over"
	stuck     = "could not be done"
	takenBack = "was taken back"
)

// history is one change, the model of it, and the world around both.
type history struct {
	c   change.Change
	now time.Time

	// The model.
	phase     string
	revision  int
	yes       map[string]ballot // by account, of this revision
	no        []string          // who said no since it was begun
	escalated bool
	begun     bool      // an applier had it, and nobody saw since that nothing came of it
	before    bool      // begun, before the applier that has it now
	hasty     bool      // somebody said no since that applier has it
	askedAt   time.Time // when the time to decide began
	until     time.Time
	notBefore time.Time // the earliest next attempt
	fence     int
	steps     int

	// The world.
	sits    change.Standing
	workers []*worker
	there   bool // in effect
	effects []effect
	last    change.State
	seen    int // after how many effects somebody last saw that it is not there
}

type ballot struct{ sets []change.Selector }

type effect struct{ revision, fence int }

// worker is an applier with a claim, dead or alive.
type worker struct {
	fence    int
	until    time.Time
	looked   bool
	blind    bool // has seen nothing and done nothing
	found    bool
	acted    bool
	revision int
	mayAct   bool // what it read before acting allowed it
	stopped  bool // somebody had said no before it claimed
}

func newHistory(t *rapid.T) *history {
	h := &history{now: t0, askedAt: t0, phase: waits, revision: 1, yes: map[string]ballot{}, sits: change.Standing{}, steps: 1}
	for id, sets := range sits {
		h.sits[id] = sets
	}
	h.sits["rin-admin"] = sits["rin"]
	p := wanted(rapid.SampledFrom([]change.Requirement{one, two}).Draw(t, "requirement"), rin)
	c, _, err := change.Propose(p, 1, h.now)
	if err != nil {
		t.Fatal(err)
	}
	h.c = c
	return h
}

// do does an action to the change. The model says beforehand whether it may happen.
func (h *history) do(t *rapid.T, a change.Action, may bool) bool {
	next, entry, err := h.c.Apply(a, h.now)
	if _, refused := change.Refused(err); err != nil && !refused {
		t.Fatalf("%s: %v", a.Verb(), err)
	}
	if (err == nil) != may {
		t.Fatalf("%s at %s of a change that %s (%s): got error %v, want accepted %t", a.Verb(), h.now, h.phase, h.c.State, err, may)
	}
	if err != nil {
		return false
	}
	checkStep(t, h.c, a, h.now, next, entry)
	before := h.c
	h.last = before.State
	h.c = next
	h.steps++
	if over := before.State; over == change.Denied || over == change.Withdrawn || over == change.Expired || over == change.Undone {
		t.Fatalf("%s happened to a change that was %s", a.Verb(), over)
	}
	return true
}

// The accounts that press, and the person behind each.
var people = map[string]string{
	"rin": "rin", "rin-admin": "rin", "aiko": "aiko", "botan": "botan", "chie": "chie", "daichi": "daichi", "daichi2": "daichi", "emi": "emi", "mallory": "mallory",
}

func (h *history) account(t *rapid.T) change.Actor {
	id := rapid.SampledFrom([]string{"aiko", "aiko", "botan", "chie", "chie", "daichi", "daichi2", "emi", "rin", "rin-admin", "mallory"}).Draw(t, "account")
	var also []string
	for other, who := range people {
		if other != id && who == people[id] {
			also = append(also, other)
		}
	}
	return person(id, also...)
}

// asked are the sets whose people may decide now.
func (h *history) asked() []change.Selector {
	var out []change.Selector
	for _, n := range h.c.Requirement.Needs {
		out = append(out, n.From)
	}
	if h.escalated {
		out = append(out, h.c.Requirement.Escalate.To)
	}
	return out
}

func (h *history) inCharge(sets []change.Selector) bool {
	return slices.ContainsFunc(sets, func(s change.Selector) bool { return slices.Contains(h.asked(), s) })
}

// enough tries every way to give each need its own person.
func (h *history) enough(yes map[string]ballot) bool {
	var accounts []string
	for account := range yes {
		accounts = append(accounts, account)
	}
	var give func(need int, used map[string]bool) bool
	give = func(need int, used map[string]bool) bool {
		if need == len(h.c.Requirement.Needs) { // each asks for one person
			return true
		}
		for _, account := range accounts {
			who := people[account]
			fits := slices.Contains(yes[account].sets, h.c.Requirement.Needs[need].From) || h.escalated && slices.Contains(yes[account].sets, managers)
			if fits && !used[who] && who != "rin" {
				used[who] = true
				if give(need+1, used) {
					return true
				}
				used[who] = false
			}
		}
		return false
	}
	return give(0, map[string]bool{})
}

func (h *history) inTime() bool { return h.now.Before(h.askedAt.Add(24 * time.Hour)) }

// shown is the revision that somebody pressing now may have been shown.
func (h *history) shown(t *rapid.T) int {
	if rapid.IntRange(0, 9).Draw(t, "old message") == 0 {
		return h.revision + rapid.SampledFrom([]int{-1, 1}).Draw(t, "which")
	}
	return h.revision
}

func (h *history) approve(t *rapid.T) {
	by, revision := h.account(t), h.shown(t)
	sets := h.sits[by.ID]
	decided := false
	for account := range h.yes {
		decided = decided || people[account] == people[by.ID]
	}
	may := h.phase == waits && h.inTime() && revision == h.revision && h.inCharge(sets) && people[by.ID] != "rin" && !decided
	if h.do(t, change.Approve{By: by, Revision: revision, Counts: sets}, may) {
		h.yes[by.ID] = ballot{sets}
		if h.enough(h.yes) {
			h.phase = toDo
		}
	}
}

// Here and below, t.Skip is how rapid passes over a step that does not apply: no test is skipped.
func (h *history) deny(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
		t.Skip()
	}
	by, revision := h.account(t), h.shown(t)
	sets := h.sits[by.ID]
	stops := h.phase == inHand || h.phase == toDo && h.begun // it may be in effect: whoever looks ends it
	said := slices.ContainsFunc(h.no, func(account string) bool { return people[account] == people[by.ID] })
	may := (h.phase == waits && h.inTime() || h.phase == toDo || h.phase == inHand || h.phase == stuck) &&
		revision == h.revision && h.inCharge(sets) && !(stops && said)
	if h.do(t, change.Deny{By: by, Revision: revision, Counts: sets}, may) {
		h.no, h.hasty = append(h.no, by.ID), true
		if soon := h.now.Add(time.Minute); h.notBefore.After(soon) {
			h.notBefore = soon
		}
		if !stops {
			h.phase = over
		}
	}
}

func (h *history) withdraw(t *rapid.T) {
	if rapid.IntRange(0, 5).Draw(t, "rarely") > 0 {
		t.Skip()
	}
	by := h.account(t)
	may := people[by.ID] == "rin" && (h.phase == waits || h.phase == toDo && !h.begun || h.phase == stuck)
	if h.do(t, change.Withdraw{By: by}, may) {
		h.phase = over
	}
}

func (h *history) revise(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
		t.Skip()
	}
	by := h.account(t)
	r := rapid.SampledFrom([]change.Requirement{one, two}).Draw(t, "requirement")
	same, escalated, askedAt := h.c.Reason == "anew" && reflect.DeepEqual(h.c.Requirement, r), h.escalated, h.askedAt
	if h.do(t, change.Revise{By: by, Diff: h.c.Diff, Reason: "anew", Requirement: r}, h.phase == waits && people[by.ID] == "rin") {
		h.revision++
		h.yes, h.no, h.escalated, h.askedAt = map[string]ballot{}, nil, false, h.now
		if same { // as it was: it is asked for as long as before
			h.escalated, h.askedAt = escalated, askedAt
		}
	}
}

func (h *history) retry(t *rapid.T) {
	by := h.account(t)
	may := h.phase == stuck && h.inCharge(h.sits[by.ID]) && len(h.no) == 0
	if h.do(t, change.Retry{By: by, Revision: h.c.Revision, Counts: h.sits[by.ID]}, may) {
		h.phase, h.notBefore = toDo, time.Time{}
	}
}

func (h *history) undo(t *rapid.T) {
	if h.do(t, change.Undo{By: emi, Change: "x"}, h.phase == done) {
		h.phase, h.there = takenBack, false
	}
}

// sweep does what time has made due.
func (h *history) sweep(t *rapid.T) {
	h.c.Outbox = nil
	a := h.c.Passed(h.now, clock)
	if a == nil {
		if h.phase == waits && !h.inTime() || h.phase == inHand && h.now.After(h.until.Add(time.Hour)) {
			t.Fatalf("nothing is due, although it %s", h.phase)
		}
		return
	}
	h.do(t, a, true)
	switch a.(type) {
	case change.Expire:
		if h.inTime() || h.phase != waits {
			t.Fatalf("it expired at %s, although it %s", h.now, h.phase)
		}
		h.phase = over
	case change.Escalate:
		h.escalated = true
	case change.Republish:
		if h.phase != inHand && h.phase != toDo || h.phase == inHand && h.now.Before(h.until) {
			t.Fatalf("the appliers are told, although it %s", h.phase)
		}
		h.phase = toDo
	}
}

func (h *history) wait(t *rapid.T) {
	h.now = h.now.Add(rapid.SampledFrom([]time.Duration{
		time.Second, 30 * time.Second, 2 * time.Minute, 4 * time.Minute, 11 * time.Minute, time.Hour, 5 * time.Hour,
	}).Draw(t, "duration"))
}

// leave takes somebody's authority away, or gives it back.
func (h *history) leave(t *rapid.T) {
	id := rapid.SampledFrom([]string{"aiko", "chie", "daichi"}).Draw(t, "who")
	if h.sits[id] == nil {
		h.sits[id] = sits[id]
	} else {
		h.sits[id] = nil
	}
}

func (h *history) claim(t *rapid.T) {
	may := h.phase == toDo && !h.now.Before(h.notBefore) || h.phase == inHand && !h.now.Before(h.until)
	if !h.do(t, change.ClaimIt{By: applier, For: 2 * time.Minute, Standing: h.sits}, may) {
		return
	}
	still, lost := map[string]ballot{}, map[string]bool{}
	for account, b := range h.yes {
		var sets []change.Selector
		for _, s := range b.sets {
			if slices.Contains(h.sits[account], s) {
				sets = append(sets, s)
			} else {
				lost[account] = true
			}
		}
		still[account] = ballot{sets}
	}
	if !h.enough(still) {
		for account := range lost {
			delete(h.yes, account)
		}
		if !h.begun {
			h.phase, h.askedAt = waits, h.now
			return
		}
	}
	h.fence++
	h.before, h.hasty = h.begun, false
	h.phase, h.begun, h.until = inHand, true, h.now.Add(2*time.Minute)
	if h.c.Claim.Fence != h.fence {
		t.Fatalf("fence %d, want %d", h.c.Claim.Fence, h.fence)
	}
	h.workers = append(h.workers, &worker{fence: h.fence, until: h.until, revision: h.revision, stopped: len(h.no) > 0, blind: true})
}

// some draws a worker: the newest, or one that slept.
func (h *history) some(t *rapid.T) *worker {
	if len(h.workers) == 0 {
		t.Skip()
	}
	i := len(h.workers) - 1
	if rapid.IntRange(0, 3).Draw(t, "sleeper") == 0 {
		i = rapid.IntRange(0, i).Draw(t, "which")
	}
	return h.workers[i]
}

// look reads the world, and then the change once more.
func (h *history) look(t *rapid.T) {
	w := h.some(t)
	if w.looked && !w.acted {
		t.Skip()
	}
	w.looked, w.blind, w.found = true, false, h.there
	if !w.found {
		h.seen = len(h.effects)
	}
	w.mayAct = !w.found && !w.acted && h.c.State == change.Applying && h.c.Claim.Fence == w.fence && h.now.Before(w.until) &&
		!h.c.Stopped() && h.c.Authorized()
}

// act calls the vendor, which may do it or not. A call does not outlive its claim.
func (h *history) act(t *rapid.T) {
	w := h.some(t)
	if !w.mayAct || w.acted || !h.now.Before(w.until) {
		t.Skip()
	}
	w.acted, w.looked = true, false
	if w.stopped {
		t.Fatal("an applier acts on what was denied before it claimed")
	}
	if !h.enough(h.yes) || w.revision != h.revision {
		t.Fatalf("an applier acts without the approvals that are needed: %+v of revision %d, it claimed revision %d", h.yes, h.revision, w.revision)
	}
	if len(h.effects) > 0 && h.seen < len(h.effects) {
		t.Fatal("an applier acts again, although nobody has seen that the first effect is not there")
	}
	if rapid.Bool().Draw(t, "done") {
		h.there = true
		h.effects = append(h.effects, effect{h.revision, w.fence})
		if rapid.IntRange(0, 4).Draw(t, "set back by somebody") == 0 {
			h.there = false
		}
	}
}

// work lets an applier do what comes next.
func (h *history) work(t *rapid.T) {
	if len(h.workers) == 0 {
		h.claim(t)
		return
	}
	switch w := h.workers[len(h.workers)-1]; {
	case !w.looked:
		h.look(t)
	case w.mayAct && !w.acted:
		h.act(t)
	default:
		h.result(t)
	}
}

// result records what a worker knows, and ends it. A worker that ends without is dead.
func (h *history) result(t *rapid.T) {
	w := h.some(t)
	h.workers = slices.DeleteFunc(h.workers, func(o *worker) bool { return o == w })
	mine := h.phase == inHand && h.fence == w.fence
	switch {
	case rapid.IntRange(0, 4).Draw(t, "dies") == 0:
	case w.looked && w.found:
		if h.do(t, change.Complete{By: applier, Fence: w.fence}, mine) {
			h.phase = done
		}
	case w.looked && !w.acted && (h.c.Stopped() || !h.c.Authorized()):
		if h.do(t, change.Release{By: applier, Fence: w.fence, Absent: true}, mine) {
			h.begun, h.notBefore = false, time.Time{}
			switch {
			case len(h.no) > 0:
				h.phase = over
			case !h.enough(h.yes):
				h.phase, h.askedAt = waits, h.now
			default:
				h.phase = toDo
			}
		}
	case rapid.IntRange(0, 3).Draw(t, "gives up") == 0:
		if h.do(t, change.Fail{By: applier, Fence: w.fence, Problem: "403", Blind: w.blind}, mine) {
			h.begun = h.before || !w.blind
			if h.phase = stuck; !h.begun && len(h.no) > 0 {
				h.phase = over
			}
		}
	case w.looked && !w.acted && rapid.IntRange(0, 3).Draw(t, "obsolete") == 0:
		if h.do(t, change.Withdraw{By: applier, Fence: w.fence}, mine) {
			h.phase = over
		}
	default:
		at := h.now.Add(rapid.SampledFrom([]time.Duration{0, 10 * time.Second, time.Hour}).Draw(t, "again in"))
		if h.do(t, change.Release{By: applier, Fence: w.fence, RetryAt: at, Blind: w.blind}, mine) {
			h.phase, h.notBefore, h.begun = toDo, at, h.before || !w.blind
			if soon := h.now.Add(time.Minute); h.hasty && at.After(soon) {
				h.notBefore = soon
			}
			if !h.begun && len(h.no) > 0 {
				h.phase = over
			}
		}
	}
}

// promises hold after every step.
func (h *history) promises(t *rapid.T) {
	want := map[string][]change.State{
		waits: {change.Proposed}, toDo: {change.Approved}, inHand: {change.Applying}, done: {change.Applied},
		over: {change.Denied, change.Withdrawn, change.Expired}, stuck: {change.Failed}, takenBack: {change.Undone},
	}[h.phase]
	if !slices.Contains(want, h.c.State) {
		t.Fatalf("the change is %s, the model says that it %s", h.c.State, h.phase)
	}
	if h.c.Seq != h.steps || h.c.Revision != h.revision || h.c.Escalated != h.escalated {
		t.Fatalf("transition %d, revision %d, escalated %t; want %d, %d, %t", h.c.Seq, h.c.Revision, h.c.Escalated, h.steps, h.revision, h.escalated)
	}
	if h.phase == toDo && !h.begun && !h.enough(h.yes) {
		t.Fatalf("it is to be done with the approvals %+v", h.yes)
	}
	// Nobody says that a change was not done unless that was seen after its last effect; who
	// ends a failed change has looked.
	denied := h.c.State == change.Denied || h.c.State == change.Expired || h.c.State == change.Proposed
	if denied && h.there && h.seen < len(h.effects) && h.last != change.Failed {
		t.Fatalf("the change is %s, but in effect", h.c.State)
	}
	if h.phase == waits && h.c.Stopped() {
		t.Fatal("people are asked about a change that was denied")
	}
}
