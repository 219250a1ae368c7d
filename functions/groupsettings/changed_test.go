package groupsettings_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// Whether the anchor is a member decides which rules hold: its coming and its going are looked at,
// and no other member's.
func TestTheComingAndGoingOfTheAnchorIsLookedAt(t *testing.T) {
	policy := strings.Replace(viewRule, "  mode: auto\n", "  mode: auto\n  anchor: secure_anchor@example.com\n", 1)
	if policy == viewRule {
		t.Fatal("the policy has no anchor")
	}
	anchor := group.Member{ID: "anchor", Email: "secure_anchor@example.com", Role: group.Plain, Type: group.User}
	other := group.Member{ID: "other", Email: "other@example.com", Role: group.Plain, Type: group.User}
	for name, test := range map[string]struct {
		before, after []group.Member
		want          int
	}{
		"the anchor comes":   {[]group.Member{other}, []group.Member{other, anchor}, 1},
		"the anchor goes":    {[]group.Member{other, anchor}, []group.Member{other}, 1},
		"somebody comes":     {[]group.Member{anchor}, []group.Member{anchor, other}, 0},
		"somebody else goes": {[]group.Member{anchor, other}, []group.Member{anchor}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t), policy)
			id := r.ids["open@example.com"]
			store := func(members []group.Member) {
				t.Helper()
				r.Clock.Advance(time.Second)
				s := group.Snapshot{Group: group.Group{ID: id, Email: "open@example.com"}, Read: r.Clock.Now(), Members: members}
				if _, err := r.mirror.Replace(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			store(test.before)
			if status := r.check("open@example.com"); status != http.StatusOK {
				t.Fatalf("status %d, want 200\n%s", status, r.Log)
			}
			r.Queue.Take(event.QueueSettings)
			store(test.after)
			changed := event.GroupChanged{ID: id, Parts: []string{string(group.Members)}}
			if status := r.Do(r.handler, r.Envelope(changed)); status != http.StatusOK {
				t.Fatalf("status %d, want 200\n%s", status, r.Log)
			}
			if got := len(r.Queue.Take(event.QueueSettings)); got != test.want {
				t.Errorf("%d checks are queued, want %d", got, test.want)
			}
		})
	}
}

// What waits for people is nothing to decide any more where somebody has mended the setting by hand,
// or the group is gone.
func TestAQuestionThatNobodyHasToAnswerAnyMore(t *testing.T) {
	const address = "open@example.com"
	for name, test := range map[string]struct {
		happens func(*testing.T, *tenant)
		why     string
	}{
		"mended by hand": {func(t *testing.T, r *tenant) {
			if err := r.workspace.SetSetting(address, "whoCanViewGroup", "ALL_MEMBERS_CAN_VIEW", "ken@example.com"); err != nil {
				t.Fatal(err)
			}
			r.Clock.Advance(time.Minute)
			if status := r.check(address); status != http.StatusOK {
				t.Fatalf("status %d, want 200\n%s", status, r.Log)
			}
		}, ""},
		"gone": {func(t *testing.T, r *tenant) {
			r.Clock.Advance(time.Minute)
			id := r.ids[address]
			if _, _, err := r.mirror.Remove(t.Context(), id, r.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			gone := event.GroupChanged{ID: id, Parts: []string{string(group.Deleted)}}
			if status := r.Do(r.handler, r.Envelope(gone)); status != http.StatusOK {
				t.Fatalf("status %d, want 200\n%s", status, r.Log)
			}
		}, "the group is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t), strings.Replace(viewRule, "mode: auto", "mode: ask", 1))
			r.check(address)
			c := r.only(t, address)
			if c.State != change.Proposed {
				t.Fatalf("the change is %s, want proposed", c.State)
			}
			test.happens(t, r)
			c, err := r.ledger.Get(t.Context(), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			if c.State != change.Withdrawn || !strings.Contains(c.Problem, test.why) {
				t.Errorf("the change is %s, %q, want withdrawn", c.State, c.Problem)
			}
		})
	}
}
