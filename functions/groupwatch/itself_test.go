package groupwatch_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupwatch"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// A change of a group itself whose notification was lost is read, also where its members were read since, and where
// only the settings tell of it.
func TestAChangeOfAGroupItselfIsRead(t *testing.T) {
	for name, test := range map[string]struct {
		log, event, params string
		members            bool
	}{
		"name, members read":   {"admin", "CHANGE_GROUP_NAME", ``, true},
		"name, nothing read":   {"admin", "CHANGE_GROUP_NAME", ``, false},
		"rename in enterprise": {"groups_enterprise", "change_info_setting", `,{"name":"info_setting","value":"email"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			happened := w.Clock.Now().Add(-10 * time.Minute).Truncate(time.Second)
			w.Variables["APPLICATIONS"] = test.log
			w.Outbound = answer(fmt.Sprintf(`{"items":[{"id":{"time":%q,"uniqueQualifier":"1","applicationName":%q},"events":[{"name":%q,"parameters":[{"name":"GROUP_EMAIL","value":"g0@example.com"},{"name":"group_email","value":"g0@example.com"},{"name":"group_id","value":"g0@example.com"}%s]}]}]}`,
				happened.Format(time.RFC3339), test.log, test.event, test.params))
			w.handler = w.Build(groupwatch.Function)
			m := mirror.New(w.Store)
			if err := m.PutDetails(t.Context(), []group.Group{{ID: "g0", Email: "g0@example.com"}}, happened.Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
			if test.members {
				if _, err := m.PutMembers(t.Context(), "g0", nil, happened.Add(2*time.Minute)); err != nil {
					t.Fatal(err)
				}
			}
			if s := w.tick(groupwatch.JobPoll); s != http.StatusOK {
				t.Fatalf("%d %s", s, w.Log)
			}
			got := w.readings(t)
			if !slices.Contains(got, "group.refresh/1 g0@example.com") {
				t.Errorf("readings %v, want the group's", got)
			}
		})
	}
}
