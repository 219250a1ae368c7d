package connectcard_test

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// A connection whose owner has left goes to whoever leads them, or else to who asked for it, if these
// agree. Where all of them are gone, people hear that it is nobody's.
func TestAnOwnerWhoLeaves(t *testing.T) {
	leaving := func(p group.Person, manager string) group.Person {
		p.Suspended, p.Manager = true, manager
		return p
	}
	for name, test := range map[string]struct {
		people []group.Person
		want   string // the new owner
	}{
		"who leads them":                     {[]group.Person{leaving(olga, mia.Email)}, mia.Email},
		"who leads them has left too":        {[]group.Person{leaving(olga, gus.Email)}, kai.Email},
		"who leads them is not known":        {[]group.Person{leaving(olga, "nobody@example.com")}, kai.Email},
		"nobody leads them":                  {[]group.Person{leaving(olga, "")}, kai.Email},
		"and so has who asked for it":        {[]group.Person{leaving(olga, ""), leaving(kai, "")}, ""},
		"who asked has left, the lead is in": {[]group.Person{leaving(olga, mia.Email), leaving(kai, "")}, mia.Email},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			h := o.submitted(t, "letters")
			o.round(connectcard.JobWatch)
			o.notices(t)
			o.pass(time.Minute)
			check(t, mirror.New(o.Store).PutPeople(t.Context(), test.people, o.Clock.Now()))
			for range 2 { // it is asked once
				o.pass(time.Hour)
				o.round(connectcard.JobWatch)
			}
			live, err := o.ledger.LiveOf(t.Context(), change.ConnectionRenew)
			check(t, err)
			if test.want == "" {
				if len(live) != 0 {
					t.Errorf("proposed %+v", live)
				}
				orphan := 0
				for _, n := range o.notices(t) {
					if n.Facts["state"] == "orphan" {
						orphan++
					}
				}
				if orphan != 1 {
					t.Errorf("%d notices say that it is nobody's, want one", orphan)
				}
				return
			}
			if len(live) != 1 {
				t.Fatalf("%d renewals are proposed, want one\n%s", len(live), o.Log)
			}
			got := live[0]
			want := change.Delta{Field: "owner", Before: olga.Email, After: test.want}
			if got.Target.ID != h.ID || got.Reason != connection.WhyOwnerGone || len(got.Diff) != 1 || got.Diff[0] != want {
				t.Errorf("proposed %s: %v because %s, want %v", got.Target.ID, got.Diff, got.Reason, want)
			}
			if len(got.Owners) != 1 || got.Owners[0] != change.Selector("user:"+test.want) {
				t.Errorf("asked are %v, want %s", got.Owners, test.want)
			}
		})
	}
}
