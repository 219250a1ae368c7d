package catalogsync_test

import (
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/functions/catalogsync"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func rig(tb testing.TB) *cloudfntest.Rig {
	r := cloudfntest.New(tb)
	r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("catalog: {mode: auto}\n")}}
	r.Variables["SLACK_CHANNEL"] = "#sekisho"
	r.Variables["OPENMETADATA_URL"], r.Variables["OPENMETADATA_BOT"] = "http://catalog.test/api", "sekisho-bot"
	r.Variables["OPENMETADATA_TOKEN"] = "token-" + cloudfntest.Canary
	return r
}

func TestBadMessages(t *testing.T) {
	cloudfntest.RefuseBadMessages(t, catalogsync.Function, rig,
		func(*cloudfntest.Rig) event.Payload {
			return event.ChangeMoved{Change: "x-1", Seq: 1, Kind: "group.settings", State: "approved"}
		},
		event.ChangeMoved{}, event.ApplyChange{}, event.Tick{})
}

// Before the directory was read whole nobody is taken out of a team because of what is not known:
// the catalogue is not even asked.
func TestAnUnreadDirectoryChangesNothing(t *testing.T) {
	for _, job := range []string{catalogsync.JobSync, catalogsync.JobDrift} {
		r := rig(t)
		h := r.Build(catalogsync.Function)
		if status := r.Do(h, r.Envelope(event.Tick{Job: job})); status != http.StatusOK {
			t.Errorf("%s: status %d, want 200\n%s", job, status, r.Log)
		}
		if got := r.Queue.Tasks(); len(got) != 1 || got[0].Queue != event.QueueSlack {
			t.Errorf("%s: queued %v, want that people are told", job, got)
		}
	}
}

// Nobody is taken out of a team because a group, or one in it, has not been read: the catalogue is not
// asked, and people are told.
func TestAGroupThatWasNotReadChangesNothing(t *testing.T) {
	all, part := group.Group{ID: "g1", Email: "all@example.com"}, group.Group{ID: "g2", Email: "part@example.com"}
	nested := group.Snapshot{Group: all, Members: []group.Member{{ID: "g2", Email: part.Email, Role: group.Plain, Type: group.Nested}}}
	for name, read := range map[string]bool{"the team's own": false, "one in it": true} {
		r := rig(t)
		r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("catalog: {mode: auto}\nteams: [{name: all, type: Division, group: all@example.com}]\n")}}
		m, now := mirror.New(r.Store), r.Clock.Now()
		if err := m.PutDetails(t.Context(), []group.Group{all, part}, now); err != nil {
			t.Fatal(err)
		}
		if nested.Read = now; read {
			if _, err := m.Replace(t.Context(), nested); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.PutCensus(t.Context(), mirror.Census{Groups: 2, At: now}); err != nil {
			t.Fatal(err)
		}
		h := r.Build(catalogsync.Function)
		if status := r.Do(h, r.Envelope(event.Tick{Job: catalogsync.JobSync})); status != http.StatusOK {
			t.Errorf("%s: status %d, want 200\n%s", name, status, r.Log)
		}
		if got := r.Queue.Tasks(); len(got) != 1 || got[0].Queue != event.QueueSlack {
			t.Errorf("%s: queued %v, want that people are told", name, got)
		}
	}
}

// Where the policy does not speak of a catalogue, none is needed.
func TestWithoutASectionNothingIsDone(t *testing.T) {
	for name, text := range map[string]string{"settings alone": "settings: {mode: report}\n", "teams": "teams: [{name: data, type: Division}]\n"} {
		r := cloudfntest.New(t)
		r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(text)}}
		r.Variables["SLACK_CHANNEL"] = "#sekisho"
		h := r.Build(catalogsync.Function)
		mark := r.Mark()
		for _, job := range []string{catalogsync.JobSync, catalogsync.JobDrift} {
			if status := r.Do(h, r.Envelope(event.Tick{Job: job})); status != http.StatusOK {
				t.Errorf("%s, %s: status %d, want 200\n%s", name, job, status, r.Log)
			}
		}
		mark.Nothing(t, "")
	}
}

func TestWhatTheConfigurationNeeds(t *testing.T) {
	for _, missing := range []string{"OPENMETADATA_URL", "OPENMETADATA_TOKEN", "OPENMETADATA_BOT", "SLACK_CHANNEL"} {
		r := rig(t)
		delete(r.Variables, missing)
		if _, err := catalogsync.Function.Build(t.Context(), r.Env()); err == nil {
			t.Errorf("without %s: it starts", missing)
		}
	}
}
