package catalogsync_test

import (
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/functions/catalogsync"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// The catalogue follows the groups that the policy names, and those in them, and no others.
func TestWhichGroupsTheCatalogueFollows(t *testing.T) {
	groups := []group.Group{
		{ID: "g1", Email: "data@example.com"},
		{ID: "g2", Email: "inner@example.com"},
		{ID: "g3", Email: "innermost@example.com"},
		{ID: "g4", Email: "other@example.com"},
		{ID: "g5", Email: "leads@example.com"},
		{ID: "g6", Email: "new@example.com", Aliases: []string{"old@example.com"}},
	}
	nests := func(in, what int) group.Snapshot {
		return group.Snapshot{Group: groups[in], Members: []group.Member{{ID: groups[what].ID, Email: groups[what].Email, Role: group.Plain, Type: group.Nested}}}
	}
	for name, test := range map[string]struct {
		id   string
		part group.Part
		want int // tasks
	}{
		"that of a team":                {"g1", group.Members, 1},
		"one in it":                     {"g2", group.Members, 1},
		"one in that":                   {"g3", group.Members, 1},
		"that of a role":                {"g5", group.Members, 1},
		"by an address it had":          {"g6", group.Members, 1},
		"that of a team, deleted":       {"g1", group.Deleted, 1},
		"roles in that":                 {"g1", group.Roles, 0},
		"one that nothing refers to":    {"g4", group.Members, 0},
		"one that nobody knows by now":  {"g9", group.Deleted, 0},
		"that of a team, another name":  {"g1", group.Renamed, 1},
		"that of a team, just made":     {"g1", group.Created, 1},
		"one around that of a team too": {"g4", group.Created, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := rig(t)
			r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(`
catalog: {mode: auto}
teams: [{name: data, type: Division, group: Data@example.com}, {name: moved, type: Division, group: old@example.com}]
roles: [{name: look, policies: [look], members: [group:leads@example.com]}]
policies: [{name: look, rules: [{name: look, effect: allow, operations: [ViewAll], resources: [table]}]}]
`)}}
			m, now := mirror.New(r.Store), r.Clock.Now()
			if err := m.PutDetails(t.Context(), groups, now); err != nil {
				t.Fatal(err)
			}
			for _, s := range []group.Snapshot{nests(0, 1), nests(1, 2), nests(3, 0)} {
				s.Read = now
				if _, err := m.Replace(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			h := r.Build(catalogsync.Function)
			for range 2 { // gathered: one task for both
				if status := r.Do(h, r.Envelope(event.GroupChanged{ID: test.id, Parts: []string{string(test.part)}})); status != http.StatusOK {
					t.Fatalf("status %d\n%s", status, r.Log)
				}
			}
			tasks := r.Queue.Tasks()
			if len(tasks) != test.want {
				t.Fatalf("%d tasks, want %d", len(tasks), test.want)
			}
			for _, task := range tasks {
				if task.Queue != event.QueueCatalog || !task.NotBefore.After(now) {
					t.Errorf("queued %+v", task)
				}
			}
		})
	}
}
