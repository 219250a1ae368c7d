package groupsettings_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// The rules for secure groups hold where the anchor is a direct member: not where it is one of a group within, and no
// more when it has left.
func TestTheAnchorMakesAGroupSecure(t *testing.T) {
	const policy = `settings:
  mode: auto
  anchor: secure_anchor@example.com
  rules:
    secureGroup:
      - {field: whoCanJoin, needles: [ANYONE_CAN_JOIN], replace: INVITED_CAN_JOIN}
`
	anchor := group.Member{ID: "anchor", Email: "secure_anchor@example.com", Role: group.Plain, Type: group.User}
	inner := group.Member{ID: "inner", Email: "inner@example.com", Role: group.Plain, Type: group.Nested}
	for name, test := range map[string]struct {
		members [][]group.Member // one reading after the other
		want    []map[string]string
	}{
		"a direct member":     {[][]group.Member{{anchor}}, []map[string]string{{"whoCanJoin": "INVITED_CAN_JOIN"}}},
		"in a group within":   {[][]group.Member{{inner}}, nil},
		"it has left":         {[][]group.Member{{anchor}, {}}, nil},
		"it has come by then": {[][]group.Member{{inner}, {inner, anchor}}, []map[string]string{{"whoCanJoin": "INVITED_CAN_JOIN"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t), policy)
			store := func(id, address string, members []group.Member) {
				t.Helper()
				s := group.Snapshot{Group: group.Group{ID: id, Email: address}, Read: r.Clock.Now(), Members: members}
				if _, err := r.mirror.Replace(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			store("inner", "inner@example.com", []group.Member{anchor})
			for _, members := range test.members {
				r.Clock.Advance(time.Second)
				store(r.ids["open@example.com"], "open@example.com", members)
			}
			r.Calls.Made()
			if status := r.check("open@example.com"); status != http.StatusOK {
				t.Fatalf("status %d, want 200\n%s", status, r.Log)
			}
			for _, c := range r.changes(t, "open@example.com") {
				r.carry(t, c)
			}
			if diff := cmp.Diff(test.want, r.patches(t)); diff != "" {
				t.Errorf("patches (-want +got):\n%s", diff)
			}
		})
	}
}
