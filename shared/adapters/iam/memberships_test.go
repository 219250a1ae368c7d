package iam_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/sim"
	cloud "github.com/sekisho/sekisho/shared/sim/iam"
)

// ends is when a membership of the administrators ends. The boolean is false where there is none.
func (w *world) ends(email string) (time.Time, bool) {
	for _, m := range w.cloud.Memberships(admins.Name, w.now) {
		if m.Email == email {
			return m.Ends, true
		}
	}
	return time.Time{}, false
}

func TestMembershipsAreGivenAndTaken(t *testing.T) {
	w := newWorld(t)
	check(t, w.cloud.SetBinding("etl-prj-prd", run, "group:"+admins.Name))
	g := w.grantOf(1, admins, aiko, time.Hour)
	g.Until = g.Until.Add(300 * time.Millisecond) // cut to seconds, like a binding's
	until, err := w.memberships.Give(t.Context(), g)
	if err != nil || !until.Equal(noon.Add(time.Hour)) {
		t.Fatalf("until %s, error %v", until, err)
	}
	if !w.cloud.Access(aiko, "etl-prj-prd", run, w.now) || w.cloud.Access(aiko, "etl-prj-prd", run, until) {
		t.Error("access is not that of the membership")
	}
	if at, ok, err := w.memberships.Has(t.Context(), g); err != nil || !ok || !at.Equal(until) {
		t.Errorf("it has it until %s, %t, error %v", at, ok, err)
	}
	// Again, longer, and shorter.
	writes := func() int {
		n := 0
		for _, method := range []string{"memberships.create", "memberships.modifyMembershipRoles", "memberships.delete"} {
			calls, _ := w.calls.Count(cloud.Identity, method)
			n += calls
		}
		return n
	}
	_, err = w.memberships.Give(t.Context(), g)
	check(t, err)
	if writes() != 1 {
		t.Errorf("%d writes", writes())
	}
	longer := w.grantOf(2, admins, aiko, 2*time.Hour)
	if until, err = w.memberships.Give(t.Context(), longer); err != nil || !until.Equal(longer.Until) || writes() != 2 {
		t.Errorf("extended until %s, error %v, %d writes", until, err, writes())
	}
	if until, err = w.memberships.Give(t.Context(), g); err != nil || !until.Equal(longer.Until) || writes() != 2 {
		t.Errorf("not shortened: until %s, error %v, %d writes", until, err, writes())
	}
	if err := w.memberships.Take(t.Context(), g); !errors.Is(err, grant.ErrNotOurs) {
		t.Errorf("the shorter one is taken: %v", err)
	}
	check(t, w.memberships.Take(t.Context(), longer))
	if _, ok := w.ends("aiko@example.com"); ok {
		t.Error("it is not taken")
	}
	check(t, w.memberships.Take(t.Context(), longer))
	if _, ok, err := w.memberships.Has(t.Context(), g); ok || err != nil {
		t.Errorf("it has it still: %t, %v", ok, err)
	}
}

func TestMembershipsOfOthersStay(t *testing.T) {
	w := newWorld(t)
	check(t, w.cloud.SetMembership(admins.Name, "aiko@example.com", time.Time{}))
	for _, member := range []string{aiko, ken} { // a member for good, and the owner
		g := w.grantOf(1, admins, member, time.Hour)
		if _, err := w.memberships.Give(t.Context(), g); !errors.Is(err, grant.ErrNotOurs) {
			t.Errorf("%s: given: %v", member, err)
		}
		if err := w.memberships.Take(t.Context(), g); !errors.Is(err, grant.ErrNotOurs) {
			t.Errorf("%s: taken: %v", member, err)
		}
		if _, ok, err := w.memberships.Has(t.Context(), g); ok || err != nil {
			t.Errorf("%s: has it: %t, %v", member, ok, err)
		}
	}
	if ends, ok := w.ends("aiko@example.com"); !ok || !ends.IsZero() {
		t.Errorf("it ends at %s, %t", ends, ok)
	}
}

func TestAStepWithoutAnAnswerIsFoundOut(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.FaultAppliedBut500, sim.Fault500, sim.FaultTimeout, sim.FaultDown, sim.FaultConflict} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			var faulty string
			w.before = func(r *http.Request) {
				if r.Method+r.URL.Path == faulty || r.Method == faulty || strings.HasSuffix(r.URL.Path, ":modifyMembershipRoles") && faulty == "modify" {
					faulty = ""
					w.faults.Add(sim.Fault{API: cloud.Identity, Kind: kind, Rate: 1, Left: 1})
				}
			}
			g := w.grantOf(1, admins, aiko, time.Hour)
			faulty = http.MethodPost
			_, err := w.memberships.Give(t.Context(), g)
			check(t, err)
			longer := w.grantOf(2, admins, aiko, 2*time.Hour)
			faulty = "modify"
			until, err := w.memberships.Give(t.Context(), longer)
			if at, _ := w.ends("aiko@example.com"); err != nil || !until.Equal(longer.Until.Truncate(time.Second)) || !at.Equal(until) {
				t.Errorf("until %s, error %v", until, err)
			}
			faulty = http.MethodDelete
			check(t, w.memberships.Take(t.Context(), longer))
			if _, ok := w.ends("aiko@example.com"); ok || faulty != "" {
				t.Errorf("there still: %t", ok)
			}
		})
	}
	w := newWorld(t)
	w.faults.Add(sim.Fault{API: cloud.Identity, Kind: sim.FaultConflict, Rate: 1, Left: -1})
	_, err := w.memberships.Give(t.Context(), w.grantOf(1, admins, aiko, time.Hour))
	refused(t, err, iam.ErrConflict, false)
	if len(w.slept) != 12 {
		t.Errorf("%d waits", len(w.slept))
	}
}

// Somebody else adds the person between the look and the step: what is there now is prolonged.
func TestAMembershipThatOthersMakeMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.before = func(r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/memberships") {
			w.before = nil
			check(t, w.cloud.SetMembership(admins.Name, "aiko@example.com", noon.Add(time.Minute)))
		}
	}
	g := w.grantOf(1, admins, aiko, time.Hour)
	until, err := w.memberships.Give(t.Context(), g)
	if at, _ := w.ends("aiko@example.com"); err != nil || !until.Equal(g.Until) || !at.Equal(g.Until) || w.before != nil {
		t.Errorf("it ends at %s, as told at %s, want %s; error %v", at, until, g.Until, err)
	}
}

func TestMembershipsThatCannotBe(t *testing.T) {
	w := newWorld(t, func(o *cloud.Options) { o.Exists = func(m string) bool { return !strings.Contains(m, "ghost") } })
	_, err := w.memberships.Give(t.Context(), w.grantOf(1, prj, aiko, time.Hour, run))
	refused(t, err, iam.ErrInvalid, true)
	_, err = w.memberships.Give(t.Context(), w.grantOf(1, grant.Scope{Kind: grant.Group, Name: "none@example.com"}, aiko, time.Hour))
	refused(t, err, iam.ErrForbidden, true)
	if _, err = w.memberships.Give(t.Context(), w.grantOf(1, admins, aiko, 0)); !errors.Is(err, grant.ErrEnded) {
		t.Errorf("what is over: %v", err)
	}
	_, err = w.memberships.Give(t.Context(), w.grantOf(1, admins, "user:ghost@example.com", time.Hour))
	refused(t, err, iam.ErrNotFound, true)
}

func TestAnswersAboutMemberships(t *testing.T) {
	for name, test := range map[string]struct {
		group, lookup, get, create string
		kind                       error
	}{
		"no group":                  {group: `{}`, kind: iam.ErrIncomplete},
		"no roles":                  {get: `{"name":"groups/g/memberships/m"}`, kind: iam.ErrIncomplete},
		"no time":                   {get: `{"roles":[{"name":"MEMBER","expiryDetail":{"expireTime":"soon"}}]}`, kind: iam.ErrIncomplete},
		"an operation that failed":  {lookup: "404", create: `{"done":true,"error":{"code":7,"message":"no, aiko@example.com"}}`, kind: nil},
		"acknowledged and not seen": {lookup: "404", create: `{"done":true}`, kind: iam.ErrUnseen},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			server(t, w, func(rw http.ResponseWriter, r *http.Request) {
				answer := func(given, usual string) {
					rw.Header().Set("Content-Type", "application/json")
					if given == "404" {
						rw.WriteHeader(404)
						given = `{"error":{"code":404,"message":"no"}}`
					}
					if given == "" {
						given = usual
					}
					_, _ = io.WriteString(rw, given)
				}
				switch {
				case strings.HasSuffix(r.URL.Path, "groups:lookup"):
					answer(test.group, `{"name":"groups/g"}`)
				case strings.HasSuffix(r.URL.Path, "memberships:lookup"):
					answer(test.lookup, `{"name":"groups/g/memberships/m"}`)
				case r.Method == http.MethodGet:
					answer(test.get, `{"roles":[{"name":"MEMBER"}]}`)
				default:
					answer(test.create, `{"done":true}`)
				}
			})
			_, err := w.memberships.Give(t.Context(), w.grantOf(1, admins, aiko, time.Hour))
			e, ok := errors.AsType[*iam.Error](err)
			if !ok || e.Permanent() || test.kind != nil && !errors.Is(err, test.kind) || strings.Contains(err.Error(), "aiko") {
				t.Errorf("got %v, want %v", err, test.kind)
			}
		})
	}
}
