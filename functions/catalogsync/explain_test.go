package catalogsync_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/functions/catalogsync"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/press"
)

var question = event.ExplainRule{Request: "r1", User: "U1", Person: "aiko", Operation: "EditTags", Kind: "table", Name: "sales.orders"}

// Where nobody can say whose a table is, the answer says that nobody could.
func TestAnAnswerWithoutACatalogueSaysSo(t *testing.T) {
	for language, want := range map[string]string{
		"en": "No data catalogue is connected", "": "No data catalogue is connected", "ja": "データカタログが接続されていない",
	} {
		r := cloudfntest.New(t)
		r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("teams: [{name: data, type: Division}]\n")}}
		r.Variables["SLACK_CHANNEL"] = "#sekisho"
		q := question
		q.Language, q.At = language, r.Env().Now()
		if status := r.Do(r.Build(catalogsync.Function), r.Envelope(q)); status != http.StatusOK {
			t.Fatalf("status %d, want 200\n%s", status, r.Log)
		}
		p, err := press.Get(t.Context(), r.Store, q.Request)
		if err != nil || p.Outcome != press.Answered || p.User != "U1" || !strings.Contains(p.Text, want) {
			t.Errorf("%q: answered %+v, %v; want %q in it", language, p, err, want)
		}
		if got := r.Queue.Tasks(); len(got) != 1 || got[0].Queue != event.QueueSlack {
			t.Errorf("queued %v, want that the person is told", got)
		}
	}
}

// A catalogue that will never say it is not waited for; one that fails is.
func TestWhatTheCatalogueRefusesIsAnswered(t *testing.T) {
	for status, want := range map[int]struct {
		status int
		text   string
	}{
		http.StatusBadRequest:          {http.StatusOK, "does not say whose it is"},
		http.StatusUnauthorized:        {http.StatusOK, "does not say whose it is"},
		http.StatusServiceUnavailable:  {http.StatusServiceUnavailable, ""},
		http.StatusInternalServerError: {http.StatusServiceUnavailable, ""},
	} {
		r := rig(t)
		r.Outbound = sim.Transport{"catalog.test": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"code":1,"message":"Invalid field name domains"}`))
		})}
		q := question
		q.At = r.Env().Now()
		if got := r.Do(r.Build(catalogsync.Function), r.Envelope(q)); got != want.status {
			t.Errorf("catalogue says %d: status %d, want %d\n%s", status, got, want.status, r.Log)
		}
		p, err := press.Get(t.Context(), r.Store, q.Request)
		if answered := err == nil && strings.Contains(p.Text, want.text); answered != (want.text != "") {
			t.Errorf("catalogue says %d: answered %+v, %v; want %q", status, p, err, want.text)
		}
	}
}

// What the catalogue says of the person decides. Where it will never say it, the answer says so and is as
// if it knew nobody; where it fails, it is asked again.
func TestWhatTheCatalogueSaysOfThePerson(t *testing.T) {
	const user = `{"id": "u1", "name": "aiko", "email": "aiko@example.com", "version": 0.1, "updatedAt": 1, `
	for name, test := range map[string]struct {
		language   string
		status     int
		body       string
		want       int
		parts      []string
		unanswered bool
	}{
		"an administrator":     {"en", 200, user + `"isAdmin": true}`, 200, []string{"Yes: aiko@example.com", "administrators of the catalogue"}, false},
		"in the domain":        {"en", 200, user + `"domains": [{"id": "d1", "type": "domain", "name": "emea", "fullyQualifiedName": "sales.emea"}]}`, 200, []string{"Yes: aiko@example.com", "the domain sales.emea"}, false},
		"in one of that name":  {"en", 200, user + `"domains": [{"id": "d2", "type": "domain", "name": "emea", "fullyQualifiedName": "hr.emea"}]}`, 200, []string{"No: aiko@example.com", "the domain hr.emea"}, false},
		"a program":            {"en", 200, user + `"isBot": true}`, 200, []string{"No: aiko@example.com"}, false},
		"refused":              {"en", 403, `{"code": 403, "message": "Principal: operations not allowed"}`, 200, []string{"No: aiko@example.com", "does not say what the person is there"}, false},
		"refused, in Japanese": {"ja", 403, `{"code": 403, "message": "Principal: operations not allowed"}`, 200, []string{"いいえ: aiko@example.com", "この人のアカウントを確認できない"}, false},
		"failing":              {"en", 500, `{"code": 500, "message": "oops"}`, 503, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := rig(t)
			r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(`
catalog: {mode: auto}
teams: [{name: Organization, type: Organization, policies: [p]}]
policies: [{name: p, rules: [{name: r, effect: allow, operations: [EditTags], resources: [table], condition: hasDomain()}]}]
`)}}
			if err := mirror.New(r.Store).PutPeople(t.Context(), []group.Person{{ID: "aiko", Email: "aiko@example.com"}}, r.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			r.Outbound = sim.Transport{"catalog.test": http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				status, body := http.StatusOK, `{"domains": [{"id": "d1", "type": "domain", "name": "emea", "fullyQualifiedName": "sales.emea"}]}`
				if strings.HasPrefix(request.URL.Path, "/api/v1/users") {
					status, body = test.status, test.body
				}
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
			})}
			q := question
			q.Language, q.At = test.language, r.Env().Now()
			if got := r.Do(r.Build(catalogsync.Function), r.Envelope(q)); got != test.want {
				t.Errorf("status %d, want %d\n%s", got, test.want, r.Log)
			}
			p, err := press.Get(t.Context(), r.Store, q.Request)
			if (err != nil) != test.unanswered {
				t.Errorf("answered %+v, %v", p, err)
			}
			for _, part := range test.parts {
				if !strings.Contains(p.Text, part) {
					t.Errorf("%q is not in the answer:\n%s", part, p.Text)
				}
			}
			if said := strings.Contains(p.Text, "does not say"); said != (test.status == 403 && test.language == "en") {
				t.Errorf("what is not known:\n%s", p.Text)
			}
		})
	}
}

// A question without one of its parts will not be whole the next time either.
func TestAQuestionThatIsNotWholeIsPermanent(t *testing.T) {
	cloudfntest.RefuseBadMessages(t, catalogsync.Function, rig,
		func(*cloudfntest.Rig) event.Payload { return event.SyncCatalog{} },
		event.ExplainRule{}, event.ExplainRule{Request: "r1", Person: "aiko", Operation: "EditTags"})
}
