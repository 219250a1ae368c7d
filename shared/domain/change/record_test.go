package change_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// checkStep checks what holds for every transition, whatever it is: it is numbered, it leaves
// one notice and one audit entry, and the claim's fence never falls.
func checkStep(t interface {
	Helper()
	Errorf(string, ...any)
}, from change.Change, a change.Action, now time.Time, to change.Change, e audit.Entry,
) {
	t.Helper()
	if to.Seq != from.Seq+1 || !to.Updated.Equal(now) || to.ID != from.ID {
		t.Errorf("%s led from %s/%d to %s/%d at %s", a.Verb(), from.ID, from.Seq, to.ID, to.Seq, to.Updated)
	}
	notice := change.Notice{Seq: to.Seq, Verb: a.Verb(), State: to.State}
	if len(to.Outbox) != len(from.Outbox)+1 || to.Outbox[len(to.Outbox)-1] != notice {
		t.Errorf("%s left the outbox %+v, want one notice more: %+v", a.Verb(), to.Outbox, notice)
	}
	want := audit.Entry{
		ID: fmt.Sprintf("%s.%04d", to.ID, to.Seq), At: now, Actor: a.Actor().ID, ActorName: a.Actor().Name, Verb: string(a.Verb()),
		Change: to.ID, Kind: string(to.Kind), Target: to.Target.Name, From: string(from.State), To: string(to.State),
		Revision: to.Revision, Outcome: audit.Accepted, Text: e.Text, Policy: to.Policy,
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("entry of %s (-want +got):\n%s", a.Verb(), diff)
	}
	fence := func(c change.Change) int {
		if c.Claim == nil {
			return 0
		}
		return c.Claim.Fence
	}
	if claimed := a.Verb() == change.VerbClaim && to.State == change.Applying; claimed != (fence(to) > fence(from)) || fence(to) < fence(from) {
		t.Errorf("%s led from fence %d to %d", a.Verb(), fence(from), fence(to))
	}
}

func TestProposingLeavesAnEntryAndANotice(t *testing.T) {
	l := begin(t, wanted(one, rin))
	want := audit.Entry{
		ID: l.ID + ".0001", At: t0, Actor: "rin", ActorName: "rin@example.com", Verb: "propose", Change: l.ID, Kind: "group.settings",
		Target: "data@example.com", To: "proposed", Revision: 1, Outcome: audit.Accepted, Text: "outsiders could join", Policy: "p1",
	}
	if diff := cmp.Diff(want, l.entries[0]); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]change.Notice{{Seq: 1, Verb: change.VerbPropose, State: change.Proposed}}, l.Outbox); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
}

// TestTheEntrySaysWhy: what is said about a transition belongs to that transition, not to what
// went wrong before it.
func TestTheEntrySaysWhy(t *testing.T) {
	l := begin(t, wanted(one, rin))
	l.then(l.approve(aiko)).then(claim())
	l.then(change.Release{By: applier, Fence: 1, Problem: "the vendor answered 500"}).then(l.deny(botan))
	l.after(time.Hour, claim()).then(change.Release{By: applier, Fence: 2, Absent: true, Problem: "denied before it was done"})
	var got []string
	for _, e := range l.entries {
		got = append(got, e.Verb+": "+e.Text)
	}
	want := []string{
		"propose: outsiders could join", "approve: outsiders could join", "claim: outsiders could join", "release: the vendor answered 500",
		"deny: outsiders could join", "claim: outsiders could join", "release: denied before it was done",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}

	l = begin(t, wanted(one, rin))
	l.then(l.approve(aiko)).then(change.ClaimIt{By: applier})
	l.then(change.Withdraw{By: rin, Reason: "changed my mind"})
	got = []string{l.entries[2].Text, l.entries[3].Text}
	if diff := cmp.Diff([]string{"authority lost before the effect", "changed my mind"}, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestPublishedTakesNoticesOutByNumber(t *testing.T) {
	l := begin(t, wanted(one, rin))
	l.then(l.approve(aiko)).then(claim())
	got := l.Published(1, 3, 99)
	if diff := cmp.Diff([]change.Notice{{Seq: 2, Verb: change.VerbApprove, State: change.Approved}}, got.Outbox); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
	if len(l.Outbox) != 3 || got.Seq != 3 || !got.Updated.Equal(l.Updated) {
		t.Errorf("Published changed more than its result's outbox: %+v", l.Outbox)
	}
}

// TestJSONKeepsEverything fills every field there is, also those that a later version adds.
func TestJSONKeepsEverything(t *testing.T) {
	var c change.Change
	fill(t, reflect.ValueOf(&c).Elem(), "c")
	var back change.Change
	if err := json.Unmarshal([]byte(encode(t, c)), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, back); diff != "" {
		t.Errorf("after a round trip (-want +got):\n%s", diff)
	}
	for name, l := range situations(t) {
		var back change.Change
		if err := json.Unmarshal([]byte(encode(t, l.Change)), &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(l.Change, back); diff != "" {
			t.Errorf("%s: after a round trip (-want +got):\n%s", name, diff)
		}
	}
}

// fill sets a value and everything in it to something that is not zero.
func fill(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(t0.Add(123456789 * time.Nanosecond)))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{"role":"roles/run.admin"}`)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), name+"."+v.Type().Field(i).Name)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), name+"[0]")
		fill(t, v.Index(1), name+"[1]")
	case reflect.String:
		v.SetString("“" + name + "” 関所")
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(len(name)))
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("%s is of kind %s, which this test cannot fill", name, v.Kind())
	}
}

func encode(t testing.TB, c change.Change) string {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRefusalIsFoundInAChainOfErrors(t *testing.T) {
	_, _, err := begin(t, wanted(report, checker)).Apply(change.Expire{By: clock}, t0)
	r, ok := change.Refused(fmt.Errorf("press: %w", err))
	if !ok || r.Code != change.RefusedState {
		t.Errorf("got %+v, want a refusal because of its state", r)
	}
	if got, want := r.Error(), "expire of a change that is reported refused (state): it is reported"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, ok := change.Refused(errors.New("another")); ok {
		t.Error("another error counts as a refusal")
	}
	_, _, err = change.Propose(change.Proposal{}, 1, t0)
	if err == nil || !strings.Contains(err.Error(), "propose of a change that is none refused (invalid)") {
		t.Errorf("got %v", err)
	}
}

func TestNothingHappensToNoChange(t *testing.T) {
	for _, a := range everyAction(change.Change{}) {
		if _, _, err := (change.Change{}).Apply(a, t0); err == nil {
			t.Errorf("%s happened to a change that does not exist", a.Verb())
		}
	}
	if _, due := (change.Change{}).Due(); due || slices.Contains(change.States, change.None) {
		t.Error("a change that does not exist is due")
	}
}
