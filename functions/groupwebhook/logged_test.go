package groupwebhook_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/ports/bus"
)

// export returns an entry of the audit log as the bus pushes it.
func (h *hook) export(tb testing.TB, entry []byte) *http.Request {
	tb.Helper()
	body, err := bus.EncodePush("groupwebhook-audit-log", bus.Message{
		ID: "17", Data: entry, Published: h.Clock.Now(),
		Attributes: map[string]string{"logging.googleapis.com/timestamp": "2026-11-22T09:30:00.125Z"},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return h.Post(body)
}

func entry(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "shared", "adapters", "workspace", "activity", "testdata", "log_"+name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

func TestExportedEntriesBecomeReadings(t *testing.T) {
	const members = "directory group.refresh/1 data@example.com"
	for name, want := range map[string][]string{"admin_member_removed": {members}, "group_membership": {members}} {
		h := open(t, cloudfntest.New(t), "admin")
		if status := h.Do(h.handler, h.export(t, entry(t, name))); status != http.StatusOK {
			t.Fatalf("%s: status %d\n%s", name, status, h.Log)
		}
		if diff := cmp.Diff(want, h.queued(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// One act that comes both ways is one reading.
func TestTheTwoIntakesCoalesce(t *testing.T) {
	h := open(t, cloudfntest.New(t), "admin")
	pushed, err := os.ReadFile(filepath.Join("..", "..", "shared", "adapters", "workspace", "activity", "testdata", "admin_member_removed.json"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for name, r := range map[string]*http.Request{"pushed": h.notify(pushed), "exported": h.export(t, entry(t, "admin_member_removed"))} {
			if status := h.Do(h.handler, r); status != http.StatusOK {
				t.Fatalf("%s: status %d\n%s", name, status, h.Log)
			}
		}
	}
	if got := h.queued(t); len(got) != 1 {
		t.Errorf("queued %q, want one reading", got)
	}
}

func TestWhatIsNoEntryIsKeptForPeople(t *testing.T) {
	for name, data := range map[string]string{
		"no JSON": cloudfntest.Canary, "another object": `{"protoPayload": {}}`, "nothing": "",
		"an entry that is cut off": string(entry(t, "group_membership")[:200]),
	} {
		h := open(t, cloudfntest.New(t), "admin")
		if status := h.Do(h.handler, h.export(t, []byte(data))); status != http.StatusOK {
			t.Errorf("%s: status %d, want 200: it would come again for ever", name, status)
		}
		if got := len(h.Quarantined()); got != 1 || len(h.queued(t)) != 0 {
			t.Errorf("%s: %d in quarantine, %q queued", name, got, h.queued(t))
		}
	}
}

// What is about no group is nothing to us, and no mistake.
func TestAnEntryOfAnotherServiceIsPassedOver(t *testing.T) {
	h := open(t, cloudfntest.New(t), "admin")
	other := strings.ReplaceAll(string(entry(t, "group_membership")), "cloudidentity.googleapis.com", "login.googleapis.com")
	if status := h.Do(h.handler, h.export(t, []byte(other))); status != http.StatusOK || len(h.queued(t)) != 0 || len(h.Quarantined()) != 0 {
		t.Errorf("status %d, queued %q, %d in quarantine", status, h.queued(t), len(h.Quarantined()))
	}
}

// The function is public: an entry counts only from the bus.
func TestStrangersCannotExport(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"without a token":             func(r *http.Request) { r.Header.Del("Authorization") },
		"with a token of another one": func(r *http.Request) { r.Header.Set("Authorization", "Bearer of-somebody-else") },
		"with a password":             func(r *http.Request) { r.Header.Set("Authorization", "Basic c2VjcmV0OnNlY3JldA==") },
		"with an empty token in the address": func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "token="
		},
		"with a channel that is not there": func(r *http.Request) { r.Header.Set("X-Goog-Channel-ID", "sekisho-unknown") },
	} {
		h := open(t, cloudfntest.New(t), "admin")
		mark := h.Mark()
		r := h.export(t, entry(t, "admin_member_removed"))
		change(r)
		if status := h.Do(h.handler, r); status != http.StatusUnauthorized {
			t.Errorf("%s: status %d, want 401", name, status)
		}
		mark.OnlyAudit(t, 1)
	}
}

func TestAnEntryThatCannotBeQueuedComesAgain(t *testing.T) {
	h := open(t, cloudfntest.New(t), "admin")
	h.Queue.Break(1)
	for _, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
		if status := h.Do(h.handler, h.export(t, entry(t, "admin_member_removed"))); status != want {
			t.Errorf("status %d, want %d", status, want)
		}
	}
	if got := h.queued(t); len(got) != 1 || len(h.Quarantined()) != 0 {
		t.Errorf("queued %q, %d in quarantine", got, len(h.Quarantined()))
	}
}
