package change_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/change"
)

func TestWhatTimeDoesToAnUndecidedChange(t *testing.T) {
	l := begin(t, wanted(one, rin)) // reminders after 1, 2, 4 … hours, escalation after 4, deadline after 24
	var got []string
	for range 20 {
		l.Change = l.Published(1, 2, 3, 4, 5, 6, 7, 8, 9)
		at, ok := l.Due()
		if !ok {
			break
		}
		if a := l.Passed(at.Add(-1), clock); a != nil {
			t.Errorf("%s happens before it is due", a.Verb())
		}
		a := l.Passed(at, clock)
		if a == nil {
			t.Fatalf("nothing is to be done at %s", at)
		}
		got = append(got, string(a.Verb())+" "+at.Sub(t0).String())
		l.after(at.Sub(l.now), a)
	}
	want := []string{"remind 1h0m0s", "remind 3h0m0s", "escalate 4h0m0s", "remind 7h0m0s", "remind 15h0m0s", "expire 24h0m0s"}
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got, want)
			break
		}
	}
	if l.State != change.Expired {
		t.Errorf("it is %s", l.State)
	}
}

func TestNothingIsDoneBeforeItsTime(t *testing.T) {
	l := begin(t, wanted(one, rin))
	for _, early := range []change.Action{
		change.Remind{By: clock}, change.Escalate{By: clock}, change.Expire{By: clock},
	} {
		if got := l.refused(time.Hour-1, early); got != change.RefusedEarly {
			t.Errorf("%s: got %s, want %s", early.Verb(), got, change.RefusedEarly)
		}
	}
	if l.after(4*time.Hour, change.Escalate{By: clock}); l.refused(0, change.Escalate{By: clock}) != change.RefusedEarly {
		t.Error("escalated twice")
	}
	none := change.Requirement{Mode: change.Ask, Needs: one.Needs}
	l = begin(t, wanted(none, rin))
	for _, never := range []change.Action{change.Remind{By: clock}, change.Escalate{By: clock}} {
		if got := l.refused(6*24*time.Hour, never); got != change.RefusedEarly {
			t.Errorf("%s that policy does not want: got %s, want %s", never.Verb(), got, change.RefusedEarly)
		}
	}
	l = begin(t, wanted(auto, checker))
	if got := l.refused(change.ActAfter-1, change.Republish{By: clock}); got != change.RefusedEarly {
		t.Errorf("republish: got %s, want %s", got, change.RefusedEarly)
	}
	l.after(change.ActAfter, change.Republish{By: clock})
	if got := l.refused(change.ActAfter-1, change.Republish{By: clock}); got != change.RefusedEarly {
		t.Errorf("republish again: got %s, want %s", got, change.RefusedEarly)
	}
}

// TestALapsedClaimIsFreeForOthers: appliers listen for approved changes, so the change becomes
// one again.
func TestALapsedClaimIsFreeForOthers(t *testing.T) {
	l := begin(t, wanted(auto, checker)).then(claim())
	if got := l.refused(3*time.Minute-1, change.Republish{By: clock}); got != change.RefusedEarly {
		t.Errorf("got %s, want %s", got, change.RefusedEarly)
	}
	l.after(3*time.Minute, change.Republish{By: clock})
	if n := l.Outbox[len(l.Outbox)-1]; l.State != change.Approved || n.State != change.Approved || l.Claim.Holder != "" || l.fence() != 1 || !l.Tried {
		t.Errorf("it is %s with claim %+v, tried %t; notice %+v", l.State, l.Claim, l.Tried, n)
	}
	if got := l.refused(0, change.Complete{By: applier, Fence: 1}); got != change.RefusedState {
		t.Errorf("a result of the claim that lapsed: got %s, want %s", got, change.RefusedState)
	}
	if l.then(claim()); l.fence() != 2 {
		t.Errorf("fence %d, want 2", l.fence())
	}
}

// TestTheSweepComesToRest: whatever time does, doing it leaves nothing to be done at that
// time, after a few actions at most. And nothing is done when nothing is due.
func TestTheSweepComesToRest(t *testing.T) {
	duration := rapid.Custom(func(t *rapid.T) time.Duration {
		return rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour}).Draw(t, "unit") *
			time.Duration(rapid.IntRange(0, 30).Draw(t, "units"))
	})
	rapid.Check(t, func(t *rapid.T) {
		r := change.Requirement{
			Mode: rapid.SampledFrom([]change.Mode{change.Ask, change.Ask, change.Auto}).Draw(t, "mode"), Needs: one.Needs,
			Within: duration.Draw(t, "within"), Remind: duration.Draw(t, "remind"),
		}
		if rapid.Bool().Draw(t, "escalation") {
			r.Escalate = &change.Escalation{After: duration.Draw(t, "after"), To: managers}
		}
		c, _, err := change.Propose(wanted(r, rin), 1, t0)
		if err != nil {
			t.Fatal(err)
		}
		now := t0
		do := func(a change.Action) {
			if next, _, err := c.Apply(a, now); err == nil {
				c = next
			} else if _, refused := change.Refused(err); !refused {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			now = now.Add(duration.Draw(t, "wait"))
			fence := 0
			if c.Claim != nil {
				fence = c.Claim.Fence
			}
			do(rapid.SampledFrom([]change.Action{
				change.Approve{By: aiko, Revision: c.Revision, Counts: sits["aiko"]},
				change.ClaimIt{By: applier, For: 2 * time.Minute, Standing: sits},
				change.Release{By: applier, Fence: fence, RetryAt: now.Add(duration.Draw(t, "retry"))},
				change.Revise{By: rin, Diff: c.Diff, Requirement: r},
				change.Deny{By: aiko, Revision: c.Revision, Counts: sits["aiko"]},
			}).Draw(t, "action"))
			if rapid.Bool().Draw(t, "published") {
				c.Outbox = nil
			}
			at, ok := c.Due()
			if a := c.Passed(now, clock); a != nil && (!ok || at.After(now)) {
				t.Fatalf("%s is to be done, although nothing is due before %s", a.Verb(), at)
			}
			if !ok {
				if len(c.Outbox) > 0 || !c.State.Final() && c.State != change.Failed && c.State != change.Reported {
					t.Fatalf("a change that is %s, with %d notices, is never due", c.State, len(c.Outbox))
				}
				continue
			}
			if !rapid.Bool().Draw(t, "sweep") {
				continue
			}
			if now.Before(at) {
				now = at
			}
			for n := 0; ; n++ {
				at, ok := c.Due()
				if !ok || at.After(now) {
					break
				}
				c.Outbox = nil
				a := c.Passed(now, clock)
				if n > 3 {
					t.Fatalf("still due after %d actions: %+v", n, a)
				}
				if a == nil {
					continue
				}
				next, _, err := c.Apply(a, now)
				if err != nil {
					t.Fatalf("what is to be done is refused: %v", err)
				}
				c = next
			}
		}
	})
}
