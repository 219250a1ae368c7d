package groupapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupapi"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// served builds the function anew for other clients.
func (d *desk) served(clients string) {
	d.Variables["API_CLIENTS"] = clients
	d.handler = d.Build(groupapi.Function)
}

// Each scope opens its own paths, and no others.
func TestAScopeOpensItsPathsAndNoOthers(t *testing.T) {
	paths := map[string]groupapi.Scope{
		"/v1/groups": groupapi.ReadGroups, "/v1/groups/g1": groupapi.ReadGroups,
		"/v1/groups/g1/members": groupapi.ReadMembers, "/v1/groups/g1/why/ken": groupapi.ReadMembers,
		"/v1/groups/g1/settings": groupapi.ReadSettings, "/v1/people/ken/groups": groupapi.ReadPeople,
		"/v1/changes": groupapi.ReadChanges, "/v1/export": groupapi.Export,
	}
	d := open(t)
	d.company(t)
	d.giveSettings(t, "g1")
	for _, has := range []groupapi.Scope{
		groupapi.ReadGroups, groupapi.ReadMembers, groupapi.ReadPeople, groupapi.ReadSettings, groupapi.ReadChanges, groupapi.Export,
	} {
		d.served(fmt.Sprintf(`[{"account": "one@clients.example", "groups": [""], "scopes": [%q]}]`, has))
		for path, needs := range paths {
			want := http.StatusForbidden
			if has == needs {
				want = http.StatusOK
			}
			if w := d.ask("one@clients.example", path); w.Code != want {
				t.Errorf("with the scope %s %s has status %d, want %d", has, path, w.Code, want)
			}
		}
	}
}

func (d *desk) giveSettings(tb testing.TB, ids ...string) {
	tb.Helper()
	for _, id := range ids {
		err := d.mirror.UpdateSettings(tb.Context(), id, func(s *mirror.Settings) {
			s.Values, s.Read = map[string]string{"whoCanJoin": "INVITED_CAN_JOIN"}, d.Clock.Now()
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// A client that sees some groups has no path to another one, whatever its scopes: what is there and may
// not be seen is answered like what is not there, and no path through it tells its address.
func TestNoPathLeadsOutOfSight(t *testing.T) {
	d := open(t)
	d.company(t)
	d.giveSettings(t, "g1", "g4")
	const some = "some@clients.example"
	d.served(`[{"account": "some@clients.example", "groups": ["data", "inner@"],
		"scopes": ["groups", "members", "people", "settings", "changes", "export"]}]`)
	for _, rest := range []string{"", "/members", "/members?effective=true", "/settings", "/why/ken"} {
		if w := d.ask(some, "/v1/groups/g1"+rest); w.Code != http.StatusOK {
			t.Errorf("g1%s: status %d: %s", rest, w.Code, w.Body)
		}
		out, nothing := d.ask(some, "/v1/groups/board@example.com"+rest), d.ask(some, "/v1/groups/nothing@example.com"+rest)
		if out.Code != http.StatusNotFound || out.Body.String() != nothing.Body.String() {
			t.Errorf("board%s: status %d: %s; want what is said of no group: %s", rest, out.Code, out.Body, nothing.Body)
		}
	}
	var groups []groupapi.Membership
	d.answer(t, some, "/v1/people/mia/groups?effective=true", &groups)
	if len(groups) != 2 || !slices.Equal(groups[0].Through, []string{"inner@example.com", "(hidden)"}) || !slices.Equal(groups[1].Through, []string{"(hidden)"}) {
		t.Errorf("the groups of mia: %+v", groups)
	}
	var paths []groupapi.Path
	d.answer(t, some, "/v1/groups/g1/why/mia", &paths)
	if len(paths) != 1 || !slices.Equal(paths[0].Groups, []string{"(hidden)", "inner@example.com", "data@example.com"}) {
		t.Errorf("why mia is in data: %+v", paths)
	}
	// As members of groups that it sees groups that it does not see are there like anybody.
	d.put(t, "g2", "inner@example.com", user("lena"))
	d.Clock.Advance(time.Minute)
	for _, path := range []string{"/v1/groups", "/v1/export", "/v1/people/ken/groups", "/v1/changes?since=2026-11-22T00:00:00Z"} {
		if w := d.ask(some, path); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "board@") || strings.Contains(w.Body.String(), "deep@") {
			t.Errorf("%s: status %d, tells of groups out of sight: %s", path, w.Code, w.Body)
		}
	}
}
