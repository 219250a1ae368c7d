package iam_test

import (
	"context"
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

func TestGiveAndTakeAtEveryPlace(t *testing.T) {
	for scope, name := range places {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			role := map[grant.Kind]string{grant.Dataset: "roles/bigquery.dataOwner", grant.Bucket: "roles/storage.objectAdmin"}[scope.Kind]
			if role == "" {
				role = run
			}
			check(t, w.cloud.SetBinding(name, "roles/browser", ken))
			before, _ := w.cloud.Policy(name)
			g := w.grantOf(1, scope, aiko, time.Hour, role)
			until, err := w.policies.Give(t.Context(), g)
			if err != nil || !until.Equal(g.Until) {
				t.Fatalf("until %s, error %v", until, err)
			}
			has := func(at time.Time) bool { return w.cloud.Access(aiko, name, role, at) }
			if !has(w.now) || !has(g.Until.Add(-time.Second)) || has(g.Until) {
				t.Errorf("access now %t, before the end %t, after it %t", has(w.now), has(g.Until.Add(-time.Second)), has(g.Until))
			}
			if until, ok, err := w.policies.Has(t.Context(), g); err != nil || !ok || !until.Equal(g.Until) {
				t.Errorf("it has it until %s, %t, error %v", until, ok, err)
			}
			// Giving again does nothing.
			writes := w.writes()
			if _, err := w.policies.Give(t.Context(), g); err != nil || w.writes() != writes {
				t.Errorf("given again: %d writes, error %v", w.writes()-writes, err)
			}
			check(t, w.policies.Take(t.Context(), g))
			if after, _ := w.cloud.Policy(name); text(after) != text(before) || has(w.now) {
				t.Errorf("after it is taken:\n%s\nwant\n%s", text(after), text(before))
			}
			if _, ok, err := w.policies.Has(t.Context(), g); err != nil || ok {
				t.Errorf("it has it still: %t, error %v", ok, err)
			}
			check(t, w.policies.Take(t.Context(), g))
		})
	}
}

// writes counts the writes of policies.
func (w *world) writes() int {
	n := 0
	for _, tally := range w.calls.Tallies() {
		if strings.HasSuffix(tally.Method, "setIamPolicy") || tally.Method == "datasets.patch" {
			n += tally.Calls
		}
	}
	return n
}

func TestSeveralRolesAreOneWrite(t *testing.T) {
	w := newWorld(t)
	g := w.grantOf(1, prj, aiko, time.Hour, run, "roles/bigquery.dataOwner")
	_, err := w.policies.Give(t.Context(), g)
	check(t, err)
	if n := w.count("projects.setIamPolicy"); n != 1 {
		t.Errorf("%d writes", n)
	}
	if n := w.count("projects.getIamPolicy"); n != 2 {
		t.Errorf("%d reads: one before and one to see it", n)
	}
	want := `roles/bigquery.dataOwner=user:aiko@example.com if request.time < timestamp("2026-11-22T13:00:00Z") (https://example.com/some-task-board/42, ` + id(1) + `)
roles/run.admin=user:aiko@example.com if request.time < timestamp("2026-11-22T13:00:00Z") (https://example.com/some-task-board/42, ` + id(1) + `)
roles/viewer=user:ken@example.com`
	if got, _ := w.cloud.Policy("etl-prj-prd"); text(got) != want {
		t.Errorf("got\n%s\nwant\n%s", text(got), want)
	}
}

// Nothing is written that was not read, and nothing without version 3 and the etag.
func TestAWriteNeedsAReading(t *testing.T) {
	w := newWorld(t)
	same := func(p grant.Policy) (grant.Policy, error) { return p, nil }
	refused(t, w.policies.Write(t.Context(), iam.Handle{}, same), iam.ErrInvalid, true)
	if n, _ := w.calls.Count(cloud.Policies, ""); n != 0 {
		t.Errorf("%d requests", n)
	}
	// Where conditions are at stake: a write in a lower version, or without the etag, would be
	// accepted or lose them.
	_, err := w.policies.Give(t.Context(), w.grantOf(1, prj, aiko, time.Hour, run))
	check(t, err)
	for scope := range places {
		var sent []string
		w.before = func(r *http.Request) {
			body, err := io.ReadAll(r.Body)
			check(t, err)
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			sent = append(sent, r.Method+" "+r.URL.RawQuery+" "+string(body)+" "+r.Header.Get("If-Match"))
		}
		h, err := w.policies.Read(t.Context(), scope)
		check(t, err)
		check(t, w.policies.Write(t.Context(), h, same))
		for _, s := range sent {
			if !strings.Contains(s, `ersion":3`) && !strings.Contains(s, "ersion=3") {
				t.Errorf("%s: without version 3: %s", scope, s)
			}
		}
		if write := sent[1]; !strings.Contains(write, `"etag":"`) && !strings.HasSuffix(write, "=") {
			t.Errorf("%s: without an etag: %s", scope, write)
		}
		refused(t, w.policies.Write(t.Context(), h, same), iam.ErrConflict, false) // a handle is good for one write
		want := errors.New("no")
		if err := w.policies.Write(t.Context(), h, func(grant.Policy) (grant.Policy, error) { return grant.Policy{}, want }); !errors.Is(err, want) {
			t.Errorf("%s: error %v", scope, err)
		}
	}
	w.before = nil
	if !w.cloud.Access(aiko, "etl-prj-prd", run, w.now) || w.cloud.Access(aiko, "etl-prj-prd", run, w.now.Add(2*time.Hour)) {
		t.Error("the condition was lost")
	}
}

// server answers as a test wants.
func server(t *testing.T, w *world, h http.HandlerFunc) {
	t.Helper()
	c := &http.Client{Transport: sim.Transport{
		"cloudresourcemanager.googleapis.com": h, "storage.googleapis.com": h, "bigquery.googleapis.com": h, "cloudidentity.googleapis.com": h,
	}}
	var err error
	w.policies, err = iam.NewPolicies(w.options(c))
	check(t, err)
	w.memberships, err = iam.NewMemberships(t.Context(), w.options(c))
	check(t, err)
}

func TestEntriesOfOthersGoBackByteForByte(t *testing.T) {
	odd := []string{
		`{ "role" : "roles/viewer", "members":["user:ken@example.com"],   "bindingId":"x<y>&" }`,
		"{\"members\":[\"user:Ken@Example.com\"],\n\"condition\":{\"expression\":\"a < b \\u0026\\u0026 c\",\"title\":\"\\u003ct\\u003e\",\"location\":\"somewhere\",\"since\":9007199254740993},\"role\":\"roles/run.admin\"}",
	}
	views := []string{
		`{"view":{"projectId":"p","datasetId":"d","tableId":"v","extra":1e2}}`,
		`{"role":"READER","specialGroup":"projectReaders"}`,
		`{"dataset":{"dataset":{"projectId":"p","datasetId":"d"},"targetTypes":["VIEWS"]}}`,
		`{"iamMember":"principal://x","role":"OWNER"}`,
		`{"routine":{"projectId":"p"}}`,
		`{"domain":"example.com","role":"WRITER"}`,
		`{"groupByEmail":"g@example.com","role":"roles/x"}`,
	}
	for scope, name := range places {
		t.Run(name, func(t *testing.T) {
			entries, list := odd, "bindings"
			if scope.Kind == grant.Dataset {
				entries, list = views, "access"
			}
			policy := `{"etag":"BwX=","version":3,"` + list + `":[` + strings.Join(entries, " , ") + `]}`
			written := ""
			w := newWorld(t)
			server(t, w, func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Type", "application/json")
				if r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, ":getIamPolicy") {
					_, _ = io.WriteString(rw, policy)
					return
				}
				body, err := io.ReadAll(r.Body)
				check(t, err)
				written = string(body)
				inner := written[strings.Index(written, `"`+list+`":[`)+len(list)+4:]
				policy = `{"etag":"BwY=","` + list + `":[` + inner[:strings.LastIndex(inner, "]")] + `]}`
				_, _ = io.WriteString(rw, "{}")
			})
			g := w.grantOf(1, scope, aiko, time.Hour, run)
			_, err := w.policies.Give(t.Context(), g)
			check(t, err)
			own := `{"role":"roles/run.admin","members":["user:aiko@example.com"],"condition":`
			if scope.Kind == grant.Dataset {
				own = `{"role":"roles/run.admin","userByEmail":"aiko@example.com","condition":`
			}
			own += `{"title":"https://example.com/some-task-board/42","description":"` + g.ID + `","expression":"request.time < timestamp(\"2026-11-22T13:00:00Z\")"}}`
			want := `"` + list + `":[` + strings.Join(entries, ",") + "," + own + "]"
			if !strings.Contains(written, want) {
				t.Errorf("written:\n%s\nwant in it:\n%s", written, want)
			}
			check(t, w.policies.Take(t.Context(), g))
			if want := `"` + list + `":[` + strings.Join(entries, ",") + "]"; !strings.Contains(written, want) {
				t.Errorf("written:\n%s\nwant in it:\n%s", written, want)
			}
		})
	}
}

func TestAnAnswerIsWholeOrAnError(t *testing.T) {
	for name, test := range map[string]struct {
		scope grant.Scope
		body  string
	}{
		"no JSON":                {prj, "<html>"},
		"cut off":                {prj, `{"etag":"BwX=","bindings":[`},
		"no etag":                {prj, `{"bindings":[]}`},
		"a binding that is none": {prj, `{"etag":"BwX=","bindings":[7]}`},
		"conditions left out":    {prj, `{"etag":"BwX=","version":1,"bindings":[{"role":"roles/run.admin_withcond_2b17cc25d2cd9e2c54d8","members":["user:a@example.com"]}]}`},
		"no access list":         {grant.Scope{Kind: grant.Dataset, Name: "etl-prj-prd.sales"}, `{"etag":"BwX="}`},
		"an entry that is none":  {grant.Scope{Kind: grant.Dataset, Name: "etl-prj-prd.sales"}, `{"etag":"BwX=","access":["x"]}`},
		"an entry's condition":   {grant.Scope{Kind: grant.Dataset, Name: "etl-prj-prd.sales"}, `{"etag":"BwX=","access":[{"role":"x_with_conditionalbinding_7a","userByEmail":"a@example.com"}]}`},
		"much too long":          {prj, `{"etag":"` + strings.Repeat("x", 9<<20) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			n := 0
			server(t, w, func(rw http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, ":getIamPolicy") {
					t.Errorf("it writes: %s %s", r.Method, r.URL)
				}
				n++
				rw.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(rw, test.body)
			})
			_, err := w.policies.Read(t.Context(), test.scope)
			refused(t, err, iam.ErrIncomplete, false)
			if len(test.body) > 1<<20 {
				return // one of them is enough
			}
			n = 0
			_, err = w.policies.Give(t.Context(), w.grantOf(1, test.scope, aiko, time.Hour, run))
			refused(t, err, iam.ErrIncomplete, false)
			if n != 13 {
				t.Errorf("read %d times, want 13", n)
			}
		})
	}
}

func TestWhatCannotBeIsNotAsked(t *testing.T) {
	w := newWorld(t)
	for _, scope := range []grant.Scope{
		{}, admins, {Kind: grant.Project, Name: "../x"}, {Kind: grant.Bucket, Name: "a/b"}, {Kind: grant.Folder, Name: "x"}, {Kind: grant.Dataset, Name: "sales"},
	} {
		_, err := w.policies.Give(t.Context(), w.grantOf(1, scope, aiko, time.Hour, run))
		refused(t, err, iam.ErrInvalid, true)
	}
	if n, _ := w.calls.Count(cloud.Policies, ""); n != 0 {
		t.Errorf("%d requests", n)
	}
	g := w.grantOf(1, prj, aiko, 0, run)
	if _, err := w.policies.Give(t.Context(), g); !errors.Is(err, grant.ErrEnded) || w.writes() != 0 {
		t.Errorf("what is over is given: %v", err)
	}
	_, err := w.policies.Give(t.Context(), w.grantOf(1, prj, aiko, time.Hour))
	refused(t, err, iam.ErrInvalid, true)
	for name, o := range map[string]iam.Options{
		"no client": {}, "no clock": {Client: http.DefaultClient}, "no way to wait": {Client: http.DefaultClient, Now: time.Now},
		"no random numbers": {Client: http.DefaultClient, Now: time.Now, Sleep: func(context.Context, time.Duration) error { return nil }},
		"no address":        {Client: http.DefaultClient, Now: time.Now, Sleep: func(context.Context, time.Duration) error { return nil }, Random: func() float64 { return 0 }, BaseURL: "google"},
	} {
		if _, err := iam.NewPolicies(o); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := iam.NewMemberships(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAnAddressInThePlaceOfGoogles(t *testing.T) {
	w := newWorld(t)
	account := w.cloud.Token("serviceAccount:"+granter, cloud.ScopeCloudPlatform)
	o := w.options(&http.Client{Transport: bearer{account, sim.Transport{"127.0.0.1:1": w.cloud}}})
	o.BaseURL = "http://127.0.0.1:1/"
	p, err := iam.NewPolicies(o)
	check(t, err)
	for scope, name := range places {
		if _, err := p.Read(t.Context(), scope); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := iam.NewMemberships(t.Context(), o)
	check(t, err)
	_, _, err = m.Has(t.Context(), w.grantOf(1, admins, aiko, time.Hour))
	check(t, err)
}
