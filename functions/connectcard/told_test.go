package connectcard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
	simfivetran "github.com/sekisho/sekisho/shared/sim/fivetran"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// told returns what was posted for people since it was called last: who reads, what it is, and
// with how many rows.
func (o *office) told(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, n := range o.notices(t) {
		out = append(out, fmt.Sprintf("%s %s%s %d", n.Person, n.Kind, " "+n.Facts["state"]+n.Facts["why"], len(n.Rows)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (o *office) notices(t testing.TB) []notice.Notice {
	t.Helper()
	var out []notice.Notice
	for _, task := range o.Queue.Take(event.QueueSlack) {
		var e event.Envelope
		var about event.Notify
		check(t, errors.Join(json.Unmarshal(task.Body, &e), json.Unmarshal(e.Data, &about)))
		if id, ok := strings.CutPrefix(about.Subject, event.SubjectNotice); ok {
			n, err := notice.Get(t.Context(), o.Store, id)
			check(t, err)
			out = append(out, n)
		}
	}
	return out
}

func (o *office) hears(t testing.TB, when string, want ...string) {
	t.Helper()
	if got := o.told(t); !slices.Equal(got, want) {
		t.Errorf("%s: told %q, want %q", when, got, want)
	}
}

// submitted is a hand-over whose owner has entered credentials, and nobody has looked since.
func (o *office) submitted(t testing.TB, name string) connection.Handover {
	t.Helper()
	h := o.handed(t, name)
	o.entered(t, o.card(t, h))
	o.notices(t)
	return h
}

// The owner is given our own address, by name of the hand-over, and nobody else is.
func TestTheOwnerIsGivenOurAddress(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	all := o.notices(t)
	if len(all) != 1 || all[0].Person != olga.ID || all[0].Facts["url"] != link(h) || all[0].Facts["requester"] != kai.Email {
		t.Errorf("told %+v", all)
	}
}

// From the tests' success on both hear how it goes, each time once.
func TestSuccessIsTold(t *testing.T) {
	o := open(t)
	h := o.submitted(t, "letters")
	for range 2 {
		o.round(connectcard.JobWatch)
	}
	o.handover(t, h.ID, connection.Running)
	o.hears(t, "the tests passed", "1 connection.result running 1", "2 connection.handover  0", "2 connection.result running 1")
	o.pass(10 * time.Minute)
	o.round(connectcard.JobWatch)
	o.hears(t, "data has arrived", "1 connection.result done 0", "2 connection.result done 0")
}

// Whatever the tests say is told, not only what failed.
func TestEachResultIsTold(t *testing.T) {
	o := open(t)
	o.submitted(t, "letters")
	check(t, o.vendor.ScriptTests("letters", []simfivetran.TestResult{
		{Title: "Connecting", Status: simfivetran.Passed},
		{Title: "Reading", Status: simfivetran.Failed, Message: "the user may not read"},
		{Title: "Tunnel", Status: simfivetran.Skipped},
		{Title: "Version", Status: simfivetran.Warning},
	}))
	o.round(connectcard.JobWatch)
	var got []string
	for _, n := range o.notices(t) {
		for _, row := range n.Rows {
			got = append(got, n.Person+" "+n.Facts["state"]+" "+row["test"]+" "+row["status"]+" "+row["detail"])
		}
	}
	want := []string{"2 failed Reading FAILED the user may not read", "2 failed Version WARNING ", "2 failed Tunnel SKIPPED ", "2 failed Connecting PASSED "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// Setup tests may take longer than other messages: the vendor is given five minutes.
func TestSetupTestsAreWaitedFor(t *testing.T) {
	o := open(t)
	o.submitted(t, "letters")
	var patience time.Duration
	vendor := o.fivetran
	o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if end, ok := r.Context().Deadline(); ok && strings.HasSuffix(r.URL.Path, "/test") {
			patience = time.Until(end)
		}
		vendor.ServeHTTP(w, r)
	})
	o.round(connectcard.JobWatch)
	if patience < 4*time.Minute || patience > 5*time.Minute {
		t.Errorf("they are waited for %s", patience)
	}
}

// What Fivetran may trust when it tests is what the policy says.
func TestSetupTestsTrustWhatThePolicySays(t *testing.T) {
	for _, trust := range []string{"certificates", "fingerprints"} {
		o := open(t)
		o.Policy = fstest.MapFS{"policy.yaml": {Data: fmt.Appendf(nil, "connections:\n  defaults: {redirect: %q, trust_%s: true}\n  services: {klaviyo: {required: [schema]}}\n", page, trust)}}
		o.handler = o.Build(connectcard.Function)
		o.submitted(t, "letters")
		var body []byte
		vendor := o.fivetran
		o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/test") {
				body, _ = io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
			}
			vendor.ServeHTTP(w, r)
		})
		o.round(connectcard.JobWatch)
		want := fmt.Sprintf(`{"trust_certificates":%t,"trust_fingerprints":%t}`, trust == "certificates", trust == "fingerprints")
		if string(body) != want {
			t.Errorf("asked with %s, want %s", body, want)
		}
	}
}

// Tests that take longer than anybody waits have their result in what the vendor shows afterwards.
func TestSetupTestsThatNobodyWaitsFor(t *testing.T) {
	o := open(t)
	h := o.submitted(t, "letters")
	check(t, o.vendor.SlowTests("letters", 8*time.Minute))
	o.look(h)
	o.handover(t, h.ID, connection.Connected)
	o.pass(10*time.Minute - time.Second)
	o.look(h)
	o.handover(t, h.ID, connection.Connected)
	o.pass(time.Second)
	o.look(h)
	o.handover(t, h.ID, connection.Running)

	// And if they fail, the owner hears it.
	h = o.submitted(t, "other")
	check(t, errors.Join(o.vendor.SlowTests("other", 8*time.Minute), o.vendor.ScriptTests("other", []simfivetran.TestResult{{Title: "Reading", Status: simfivetran.Failed}})))
	o.look(h)
	o.pass(10 * time.Minute)
	o.look(h)
	o.handover(t, h.ID, connection.Handed)
}

// Tests that never end are not begun once more beside those that run; both hear the truth, and in
// the end it works.
func TestSetupTestsThatTakeTooLong(t *testing.T) {
	o := open(t)
	h := o.submitted(t, "letters")
	check(t, errors.Join(o.vendor.SlowTests("letters", 24*time.Hour), o.vendor.ScriptTests("letters", []simfivetran.TestResult{{Title: "Reading", Status: simfivetran.JobFailed}})))
	vendor := o.fivetran
	o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // which shows no results
		rec := httptest.NewRecorder()
		vendor.ServeHTTP(rec, r)
		w.WriteHeader(rec.Code)
		_, _ = w.Write(bytes.Replace(rec.Body.Bytes(), []byte(`"setup_tests"`), []byte(`"no_tests"`), 1))
	})
	runs := func() int { return strings.Count(strings.Join(o.Audit(), "\n"), "connection.test by") }
	o.look(h)
	o.look(h) // at once
	o.Clock.Advance(5 * time.Minute)
	o.look(h)
	if n := runs(); n != 1 {
		t.Errorf("%d runs at once", n)
	}
	o.hears(t, "while they run", "2 connection.handover  0")
	for range 8 {
		o.pass(5 * time.Minute)
		o.look(h)
	}
	if n := runs(); n != 3 {
		t.Errorf("%d runs in 45 minutes, want 3", n)
	}
	o.handover(t, h.ID, connection.Connected)
	o.hears(t, "after half an hour", "1 connection.result unclear 0", "2 connection.result unclear 0")
	o.fivetran = vendor
	check(t, errors.Join(o.vendor.SlowTests("letters", 0), o.vendor.ScriptTests("letters")))
	o.pass(time.Hour)
	o.round(connectcard.JobWatch)
	o.handover(t, h.ID, connection.Running)
}

// A vendor that says at once that it cannot is asked again at the next round.
func TestSetupTestsThatAreRefusedForNow(t *testing.T) {
	o := open(t)
	h := o.submitted(t, "letters")
	vendor, refused := o.fivetran, false
	o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/test") && !refused {
			refused = true
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		vendor.ServeHTTP(w, r)
	})
	o.look(h)
	o.handover(t, h.ID, connection.Connected)
	o.Clock.Advance(5*time.Minute - time.Second)
	o.round(connectcard.JobWatch)
	o.handover(t, h.ID, connection.Connected)
	o.Clock.Advance(time.Second)
	o.round(connectcard.JobWatch)
	o.handover(t, h.ID, connection.Running)
}

// Tests that Fivetran could not run say nothing about the credentials.
func TestSetupTestsThatCouldNotBeRun(t *testing.T) {
	o := open(t)
	h := o.submitted(t, "letters")
	check(t, o.vendor.ScriptTests("letters", []simfivetran.TestResult{{Title: "Reading", Status: simfivetran.JobFailed, Message: "no worker"}}))
	for range 9 {
		o.round(connectcard.JobWatch)
		o.pass(5 * time.Minute)
	}
	o.handover(t, h.ID, connection.Connected)
	o.hears(t, "nothing is known", "1 connection.result unclear 1", "2 connection.handover  0", "2 connection.result unclear 1")
}

// A first sync that ends badly is told to both, once; then that data has arrived.
func TestAFirstSyncThatEndsBadlyIsTold(t *testing.T) {
	o := open(t)
	h := o.submitted(t, "letters")
	o.round(connectcard.JobWatch)
	o.notices(t)
	check(t, o.vendor.FailSyncs("letters", 2, "the warehouse is full"))
	o.pass(6 * time.Minute)
	o.round(connectcard.JobWatch)
	all := o.notices(t)
	if len(all) != 2 || all[0].Facts["state"] != "stumbled" || all[0].Rows[0]["detail"] != "the warehouse is full" || all[0].Person == all[1].Person {
		t.Errorf("told %+v", all)
	}
	o.pass(10 * time.Minute)
	o.round(connectcard.JobWatch)
	o.hears(t, "after the second one")
	o.pass(10 * time.Minute)
	o.round(connectcard.JobWatch)
	o.handover(t, h.ID, connection.Done)
	o.hears(t, "after the third one", "1 connection.result done 0", "2 connection.result done 0")
}

// Where no data has come for a day both hear it, once, and whether somebody has paused the connection.
func TestAFirstSyncThatDoesNotEnd(t *testing.T) {
	for state, hold := range map[string]func(v *simfivetran.Server) error{
		"paused": func(v *simfivetran.Server) error { return v.Pause("letters", true) },
		"slow":   func(v *simfivetran.Server) error { return v.FailSyncs("letters", 1000, "the warehouse is full") },
	} {
		o := open(t)
		h := o.submitted(t, "letters")
		o.round(connectcard.JobWatch)
		check(t, hold(o.vendor))
		o.pass(24*time.Hour - time.Second)
		o.round(connectcard.JobWatch)
		o.notices(t)
		o.pass(time.Second)
		o.round(connectcard.JobWatch)
		o.hears(t, state, "1 connection.result "+state+" 0", "2 connection.result "+state+" 0")
		o.pass(48 * time.Hour)
		o.round(connectcard.JobWatch)
		o.hears(t, state+", later")
		check(t, errors.Join(o.vendor.Pause("letters", false), o.vendor.FailSyncs("letters", 0, "")))
		o.pass(time.Hour)
		o.round(connectcard.JobWatch)
		o.handover(t, h.ID, connection.Done)
		o.hears(t, state+", and then", "1 connection.result done 0", "2 connection.result done 0")
	}
}

// Where the first sync finds that the credentials do not work, who asked hears of it too.
func TestAConnectionThatBreaksBeforeAnyDataHasCome(t *testing.T) {
	o := open(t)
	h := o.submitted(t, "letters")
	o.round(connectcard.JobWatch)
	o.notices(t)
	check(t, o.vendor.Revoke("letters"))
	o.pass(6 * time.Minute)
	o.round(connectcard.JobWatch)
	o.handover(t, h.ID, connection.Broken)
	o.hears(t, "it broke", "1 connection.result broken 0", "2 connection.result broken 0")
}

// look has one hand-over looked at, whatever comes of it.
func (o *office) look(h connection.Handover) {
	o.TB.Helper()
	if status := o.Do(o.handler, o.Envelope(event.FollowHandover{Handover: h.ID})); status != http.StatusOK && status != http.StatusServiceUnavailable {
		o.TB.Fatalf("status %d\n%s", status, o.Log)
	}
}
