package ledger_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// What must hold in every simulated history: at every commit, at every message, at every
// effect, and when all has come to rest. The rules are the design's, worked out here without
// the code that is tested.
type checks struct {
	s       *sim
	tick    int
	docs    map[string]change.Change        // as committed
	states  map[string]map[int]change.State // by change and number of the transition
	heard   map[string]map[int]bool         // notices that the bus has
	effects map[string][]int                // ticks of effects, by change
	votes   map[string][]vote               // by change
	denials map[string][]denial             // by change
	presses []*press                        // that people made
	decided map[string]int                  // how often a press was written down as decided
	refused map[string]bool                 // ids of the entries of refusals
}

type denial struct{ tick, revision int }

// vote is an approval that was accepted: of what its maker was shown.
type vote struct {
	account  string
	revision int
	counts   []change.Selector
}

func newChecks(s *sim) *checks {
	return &checks{
		s: s, docs: map[string]change.Change{}, states: map[string]map[int]change.State{}, heard: map[string]map[int]bool{},
		effects: map[string][]int{}, denials: map[string][]denial{}, votes: map[string][]vote{}, decided: map[string]int{}, refused: map[string]bool{},
	}
}

func (k *checks) fail(format string, args ...any) {
	if k.s.broken == "" {
		k.s.broken = fmt.Sprintf(format, args...)
		k.s.say("BROKEN: %s", k.s.broken)
	}
}

// must fails the history unless a rule holds.
func (k *checks) must(holds bool, format string, args ...any) {
	if !holds {
		k.fail(format, args...)
	}
}

// behind returns the person behind an account.
func behind(account string) string {
	switch account {
	case "rin2":
		return "rin"
	case "daichi2":
		return "daichi"
	}
	return account
}

// commit sees each transaction before it is done.
func (k *checks) commit(writes []store.Write) {
	k.tick++
	entries := map[string]audit.Entry{}
	for _, w := range writes {
		if w.Put == nil {
			k.fail("%s is deleted", w.Key())
			continue
		}
		switch w.Put.Key.Collection {
		case "audit":
			var e audit.Entry
			k.decode(w.Put.Data, &e)
			if e.Outcome == audit.Refused {
				k.must(!k.refused[e.ID], "refusal %s is recorded again", e.ID)
				k.refused[e.ID] = true
				k.s.count["refused"]++
				continue
			}
			_, twice := entries[e.Change]
			k.must(!twice, "change %s has two entries for one transition", e.Change)
			entries[e.Change] = e
		case "answered":
			k.decided[w.Put.Key.ID]++
		}
	}
	earlier := maps.Clone(k.docs)
	for _, w := range writes {
		if w.Put == nil || w.Put.Key.Collection != "changes" {
			continue
		}
		var after change.Change
		k.decode(w.Put.Data, &after)
		before := k.docs[after.ID]
		k.docs[after.ID] = after
		if e, moved := entries[after.ID]; moved {
			k.transition(before, after, e)
			if slot, n, _ := change.SlotOf(after.ID); before.ID == "" && n > 1 {
				k.replaced(earlier[change.ChangeID(slot, n-1)], after)
			}
		} else {
			k.takenOut(before, after)
		}
	}
}

func (k *checks) decode(data []byte, v any) {
	if err := json.Unmarshal(data, v); err != nil {
		k.fail("decode: %v", err)
	}
}

// takenOut checks a write that is no transition: notices leave the outbox, and nothing else.
func (k *checks) takenOut(before, after change.Change) {
	for _, n := range before.Outbox {
		if !slices.Contains(after.Outbox, n) {
			k.must(k.heard[after.ID][n.Seq], "notice %d of %s is taken out, but was not published", n.Seq, after.ID)
		}
	}
	left := after.Outbox
	k.must(!slices.ContainsFunc(left, func(n change.Notice) bool { return !slices.Contains(before.Outbox, n) }), "a notice of %s came from nowhere", after.ID)
	before.Outbox, after.Outbox = nil, nil
	k.must(reflect.DeepEqual(before, after), "change %s was changed without a transition", after.ID)
}

// transition checks one transition and its entry.
func (k *checks) transition(before, after change.Change, e audit.Entry) {
	id, verb := after.ID, change.Verb(e.Verb)
	k.s.say("%s: %s %s→%s", id, verb, before.State, after.State)
	k.must(after.Seq == before.Seq+1 && e.ID == fmt.Sprintf("%s.%04d", id, after.Seq), "%s of %s: from transition %d to %d, entry %s", verb, id, before.Seq, after.Seq, e.ID)
	k.must(e.From == string(before.State) && e.To == string(after.State), "%s of %s: from %s to %s, the entry says from %s to %s", verb, id, before.State, after.State, e.From, e.To)
	want := append(slices.Clone(before.Outbox), change.Notice{Seq: after.Seq, Verb: verb, State: after.State})
	k.must(slices.Equal(after.Outbox, want), "%s of %s leaves the notices %+v, want %+v", verb, id, after.Outbox, want)
	if k.states[id] == nil {
		k.states[id] = map[int]change.State{}
	}
	k.states[id][after.Seq] = after.State

	switch before.State {
	case change.Undone, change.Denied, change.Withdrawn, change.Expired:
		k.fail("%s of %s, which was %s", verb, id, before.State)
	case change.Applied:
		k.must(after.State == change.Undone, "%s of %s, which was applied, makes it %s", verb, id, after.State)
	}
	k.must(verb == change.VerbRevise == (after.Revision != before.Revision) || verb == change.VerbPropose, "%s of %s leads from revision %d to %d", verb, id, before.Revision, after.Revision)
	k.claims(before, after, verb)
	switch verb {
	case change.VerbApprove, change.VerbDeny:
		k.pressed(before, after, verb)
	case change.VerbRelease, change.VerbFail:
		k.result(before, after, verb)
	case change.VerbComplete:
		k.result(before, after, verb)
		k.must(k.s.current.seen[id] > k.s.current.claimed[id], "%s is said to be applied, but was not seen", id)
	}
	if after.State == change.Approved && before.State == change.Proposed {
		k.must(verb == change.VerbApprove && k.enough(after, k.s.sits, false), "%s of %s: approved without the approvals that are needed: %+v", verb, id, after.Decisions)
	}
	k.ended(before, after, verb)
	k.tell(before, after, verb)
}

// claims checks that one applier at a time holds a change, each with a higher fence.
func (k *checks) claims(before, after change.Change, verb change.Verb) {
	fence := func(c change.Change) int {
		if c.Claim == nil {
			return 0
		}
		return c.Claim.Fence
	}
	claimed := verb == change.VerbClaim && after.State == change.Applying
	k.must(fence(after) >= fence(before) && (fence(after) > fence(before)) == claimed, "%s of %s leads from fence %d to %d", verb, after.ID, fence(before), fence(after))
	if !claimed {
		return
	}
	k.must(before.State != change.Applying || !after.Updated.Before(before.Claim.Until), "%s is claimed while it is held until %s", after.ID, until(before))
	k.must(!after.Updated.Before(before.RetryAt), "%s is claimed before the next attempt at %s", after.ID, before.RetryAt)
	k.s.current.claimed[after.ID], k.s.current.fence[after.ID] = k.tick, after.Claim.Fence
}

func until(c change.Change) string {
	if c.Claim == nil {
		return "never"
	}
	return c.Claim.Until.String()
}

// pressed checks that a press that counts is one that may.
func (k *checks) pressed(before, after change.Change, verb change.Verb) {
	id, p := after.ID, k.s.current.press
	if p == nil || p.change != id || p.verb != verb {
		k.fail("%s of %s by nobody", verb, id)
		return
	}
	asked := asks(before)
	has := len(asked) == 0 && len(p.counts) > 0
	for _, s := range p.counts {
		has = has || slices.Contains(asked, s)
	}
	k.must(has, "%s of %s by %s, who has no authority", verb, id, p.by.ID)
	k.must(p.revision == before.Revision, "%s of %s by %s, who saw revision %d of %d", verb, id, p.by.ID, p.revision, before.Revision)
	if before.State == change.Proposed {
		k.must(after.Updated.Before(before.Deadline()), "%s of %s by %s after the deadline", verb, id, p.by.ID)
	}
	if verb == change.VerbDeny {
		k.denials[id] = append(k.denials[id], denial{k.tick, before.Revision})
		return
	}
	k.votes[id] = append(k.votes[id], vote{p.by.ID, p.revision, p.counts})
	k.must(behind(p.by.ID) != behind(before.Requester.ID), "%s approved the own request %s", p.by.ID, id)
	for _, d := range before.Decisions {
		k.must(d.Void != "" || d.Revision != before.Revision || behind(d.By.ID) != behind(p.by.ID), "%s approved %s twice", p.by.ID, id)
	}
}

// asks returns the sets of people whom a change asks now.
func asks(c change.Change) []change.Selector {
	var out []change.Selector
	for _, n := range c.Requirement.Needs {
		out = append(out, n.From)
	}
	if c.Escalated && c.Requirement.Escalate != nil {
		out = append(out, c.Requirement.Escalate.To)
	}
	return out
}

// enough reports whether the approvals of a change's revision meet what it needs, by trying
// everything. Where still is true, only what holds in sits counts.
func (k *checks) enough(c change.Change, sits map[string][]change.Selector, still bool) bool {
	if c.Requirement.Mode == change.Auto {
		return true
	}
	holds := map[string][]change.Selector{}
	var people []string
	for _, v := range k.votes[c.ID] {
		who := behind(v.account)
		voided := !slices.ContainsFunc(c.Decisions, func(d change.Decision) bool {
			return d.Verdict == change.Yes && d.Void == "" && d.By.ID == v.account
		})
		if v.revision != c.Revision || voided || who == behind(c.Requester.ID) {
			continue
		}
		if !slices.Contains(people, who) {
			people = append(people, who)
		}
		for _, s := range v.counts {
			if !still || slices.Contains(sits[v.account], s) {
				holds[who] = append(holds[who], s)
			}
		}
	}
	var places []change.Selector
	for _, n := range c.Requirement.Needs {
		for range n.Count {
			places = append(places, n.From)
		}
	}
	var place func(i, used int) bool
	place = func(i, used int) bool {
		if i == len(places) {
			return true
		}
		for p, who := range people {
			fits := slices.Contains(holds[who], places[i]) ||
				c.Escalated && c.Requirement.Escalate != nil && slices.Contains(holds[who], c.Requirement.Escalate.To)
			if fits && used&(1<<p) == 0 && place(i+1, used|1<<p) {
				return true
			}
		}
		return false
	}
	return len(places) > 0 && place(0, 0)
}

// result checks that a result comes from who holds the claim, and that what was seen not to be
// in effect ends as it was decided.
func (k *checks) result(before, after change.Change, verb change.Verb) {
	id, t := after.ID, k.s.current
	k.must(t.fence[id] == before.Claim.Fence, "%s of %s by %s with fence %d of %d", verb, id, t.name, t.fence[id], before.Claim.Fence)
	if verb != change.VerbRelease || t.absent[id] < t.claimed[id] || t.acted[id] > t.claimed[id] {
		return
	}
	denied := slices.ContainsFunc(k.denials[id], func(d denial) bool { return d.revision == before.Revision })
	k.must(!denied || after.State == change.Denied, "%s was denied and seen not to be in effect, and it is %s", id, after.State)
	k.must(denied || k.enough(after, k.s.sits, false) == (after.State == change.Approved), "%s was seen not to be in effect, and it is %s with the approvals %+v", id, after.State, after.Decisions)
}

// replaced checks that a change takes the place of another one only where that does not answer
// it: because policy asks for something else now, or the time of quiet is over.
func (k *checks) replaced(earlier, c change.Change) {
	same := earlier.Requirement.Mode == c.Requirement.Mode
	switch earlier.State {
	case change.Proposed:
		k.must(!same, "%s takes the place of %s, which waits for the same", c.ID, earlier.ID)
	case change.Approved, change.Applying:
		k.fail("%s takes the place of %s, which is %s", c.ID, earlier.ID, earlier.State)
	case change.Denied, change.Expired:
		k.must(!same || c.Requester.Kind == change.ByPerson || !c.Proposed.Before(earlier.Updated.Add(time.Hour)), "%s is proposed at once after %s, which was %s", c.ID, earlier.ID, earlier.State)
	}
}

// ended checks that a change that is said not to have been done was seen not to be in effect
// after its last effect. A person who ends a failed change has looked.
func (k *checks) ended(before, after change.Change, verb change.Verb) {
	switch after.State {
	case change.Denied, change.Withdrawn, change.Expired, change.Proposed:
	default:
		return
	}
	effects := k.effects[after.ID]
	if len(effects) == 0 || before.State == change.Failed || before.State == change.Proposed {
		return
	}
	k.must(k.s.current.absent[after.ID] > effects[len(effects)-1], "%s of %s: it is %s, but may be in effect", verb, after.ID, after.State)
}

// reading sees which changes are read.
func (k *checks) reading(key store.Key) {
	if k.tick++; key.Collection == "changes" {
		k.s.current.read[key.ID] = k.tick
	}
}

// looked sees what an applier finds.
func (k *checks) looked(c change.Change, inEffect bool) {
	k.tick++
	if inEffect {
		k.s.current.seen[c.ID] = k.tick
	} else {
		k.s.current.absent[c.ID] = k.tick
	}
}

// calls sees that an applier calls the vendor, whatever comes of it.
func (k *checks) calls(c change.Change) {
	k.tick++
	k.s.current.acted[c.ID] = k.tick
}

// effect sees each effect before it happens.
func (k *checks) effect(c change.Change) {
	k.tick++
	t, doc := k.s.current, k.docs[c.ID]
	k.must(t.claimed[c.ID] > 0, "%s acts on %s without a claim", t.name, c.ID)
	k.must(t.absent[c.ID] > t.claimed[c.ID], "%s acts on %s without having looked", t.name, c.ID)
	k.must(doc.State == change.Applying && doc.Claim.Fence == c.Claim.Fence, "%s acts on %s, the claim of which it has lost", t.name, c.ID)
	k.must(doc.Revision == c.Revision, "%s acts on revision %d of %s, which is at %d", t.name, c.Revision, c.ID, doc.Revision)
	if earlier := k.effects[c.ID]; len(earlier) > 0 {
		k.s.count["second effect"]++
		k.must(t.absent[c.ID] > earlier[len(earlier)-1], "%s acts on %s again without having seen that the first effect is not there", t.name, c.ID)
	}
	for _, d := range k.denials[c.ID] {
		k.must(d.revision != c.Revision || d.tick > max(t.read[c.ID], t.claimed[c.ID]), "%s acts on %s, which was denied", t.name, c.ID)
	}
	k.must(k.enough(doc, t.standing, true), "%s acts on %s without the approvals that are needed: %+v", t.name, c.ID, doc.Decisions)
	k.effects[c.ID] = append(k.effects[c.ID], k.tick)
	k.s.count["effect"]++
}

// published sees each message that the bus accepts.
func (k *checks) published(e event.ChangeMoved) {
	k.tick++
	state, known := k.states[e.Change][e.Seq]
	k.must(known, "transition %d of %s is published before it has happened", e.Seq, e.Change)
	k.must(string(state) == e.State, "transition %d of %s led to %s, published is %s", e.Seq, e.Change, state, e.State)
	if k.heard[e.Change] == nil {
		k.heard[e.Change] = map[int]bool{}
	}
	k.heard[e.Change][e.Seq] = true
}

// settled reports whether every change has come to an end, and all was told.
func (k *checks) settled() bool {
	for _, c := range k.docs {
		if !c.State.Final() && c.State != change.Failed && c.State != change.Reported || len(c.Outbox) > 0 {
			return false
		}
	}
	return true
}

// rest checks what must hold when all has come to rest.
func (k *checks) rest() {
	k.must(len(k.docs) > 0, "nothing was proposed")
	for id, c := range k.docs {
		k.must(c.State.Final() || c.State == change.Failed || c.State == change.Reported, "%s never comes to an end: it is %s", id, c.State)
		k.must(len(c.Outbox) == 0, "%s keeps the notices %+v", id, c.Outbox)
		for seq := range c.Seq {
			k.must(k.heard[id][seq+1], "nobody heard of transition %d of %s", seq+1, id)
		}
	}
	for _, c := range k.s.chores {
		k.fail("%s is never done", c.name)
	}
	for _, p := range k.presses {
		refused := k.refused[p.change+".refused."+p.name]
		accepted := slices.ContainsFunc(k.docs[p.change].Decisions, func(d change.Decision) bool {
			return d.By.ID == p.by.ID && (d.Verdict == change.Yes) == (p.verb == change.VerbApprove)
		})
		k.must(k.decided[p.name] == 1, "press %s was decided %d times", p.name, k.decided[p.name])
		k.must(refused || accepted || p.verb == change.VerbRetry, "press %s by %s left neither a decision nor a refusal", p.name, p.by.ID)
	}
}

// tell counts what happened.
func (k *checks) tell(before, after change.Change, verb change.Verb) {
	count := k.s.count
	switch {
	case verb == change.VerbRevise:
		count["revised"]++
	case verb == change.VerbEscalate:
		count["escalated"]++
	case verb == change.VerbRetry:
		count["retried"]++
	case verb == change.VerbDeny && after.State == change.Applying:
		count["denied while applying"]++
	case before.State == change.Applying && (verb == change.VerbClaim || verb == change.VerbRepublish):
		count["lapsed claim"]++
	case after.State == change.Proposed && (verb == change.VerbClaim || verb == change.VerbRelease):
		count["proposed again"]++
	case after.State != before.State:
		count[string(after.State)]++
	}
}
