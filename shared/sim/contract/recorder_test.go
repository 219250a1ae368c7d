package contract

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim"
)

// librarian answers every request with the status and the body.
func librarian(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got, err := io.ReadAll(r.Body); err != nil || (r.Method == http.MethodPost && len(got) == 0) {
			http.Error(w, "the body is gone", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // a recorder takes everything
	})
}

const refusal = `{"error": {"code": 400, "message": "no"}}`

// violations sends one request through a tap, in both ways in which one can tap, and returns
// the places of the violations.
func violations(t *testing.T, tap Tap, next http.Handler, method, path, body string, exceptions ...Exception) []string {
	t.Helper()
	places := func(send func(*Recorder, sim.Transport) http.RoundTripper) []string {
		r := NewRecorder(exceptions...)
		transport := send(r, sim.Transport{"library.googleapis.com": next})
		req, err := http.NewRequestWithContext(t.Context(), method, host+path, strings.NewReader(body))
		check(t, err)
		req.Header.Set("Authorization", "Bearer writer")
		req.Header.Set("Content-Type", "application/json")
		resp, err := transport.RoundTrip(req)
		if err == nil {
			defer resp.Body.Close()
			if _, err := io.ReadAll(resp.Body); err != nil {
				t.Errorf("read the answer: %v", err)
			}
		}
		var out []string
		for _, v := range r.Report().Violations {
			out = append(out, v.At+": "+v.Text)
		}
		return out
	}
	front := places(func(r *Recorder, hosts sim.Transport) http.RoundTripper { return r.RoundTripper(tap, hosts) })
	behind := places(func(r *Recorder, hosts sim.Transport) http.RoundTripper {
		return sim.Transport{"library.googleapis.com": r.Handler(tap, hosts["library.googleapis.com"])}
	})
	if diff := cmp.Diff(front, behind); diff != "" {
		t.Errorf("a handler and a transport judge differently (-transport +handler):\n%s", diff)
	}
	return front
}

func TestWhatCounts(t *testing.T) {
	g := library(t)
	strict := Tap{Specs: []Spec{g}}
	provoking := Tap{Specs: []Spec{g}, Provoking: true}
	const good, bad = `{"name": "a"}`, `{"name": 1}`
	for name, tt := range map[string]struct {
		tap    Tap
		next   http.Handler
		path   string
		body   string
		except []Exception
		want   []string
	}{
		"nothing":                       {strict, librarian(200, good), "shelves", good, nil, nil},
		"a wrong request":               {strict, librarian(400, refusal), "shelves", bad, nil, []string{"body.name: it is a number, not a string"}},
		"a wrong request, accepted":     {strict, librarian(200, good), "shelves", bad, nil, []string{"body.name: it is a number, not a string"}},
		"provoked and refused":          {provoking, librarian(400, refusal), "shelves", bad, nil, nil},
		"provoked and accepted":         {provoking, librarian(200, good), "shelves", bad, nil, []string{"body.name: accepted, although it is a number, not a string"}},
		"provoked, and a wrong refusal": {provoking, librarian(400, `{}`), "shelves", bad, nil, []string{"error: it is not an object with the single field error"}},
		"a wrong answer":                {strict, librarian(200, bad), "shelves", good, nil, []string{"answer.name: it is a number, not a string"}},
		"an exception":                  {strict, librarian(200, bad), "shelves", good, []Exception{{Operation: "library.*", At: "answer.*", Text: "*number*"}}, nil},
		"an exception for another":      {strict, librarian(200, bad), "shelves", good, []Exception{{Operation: "library.*", At: "body.*", Text: "*"}}, []string{"answer.name: it is a number, not a string"}},
		"no operation":                  {strict, librarian(404, refusal), "books", good, nil, []string{"POST /library/books: the vendor has no such operation"}},
		"no operation, provoked":        {provoking, librarian(404, refusal), "books", good, nil, nil},
		"no operation, accepted":        {provoking, librarian(200, good), "books", good, nil, []string{"POST /library/books: accepted, although the vendor has no such operation"}},
		"other traffic":                 {Tap{Specs: []Spec{g}, Others: true}, librarian(200, good), "books", good, nil, nil},
		"no answer":                     {strict, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sim.Drop() }), "shelves", good, nil, nil},
		"no answer to a wrong request":  {strict, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sim.Drop() }), "shelves", bad, nil, []string{"body.name: it is a number, not a string"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, violations(t, tt.tap, tt.next, http.MethodPost, tt.path, tt.body, tt.except...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReport(t *testing.T) {
	r := NewRecorder(
		Exception{Operation: "library.shelves.insert", At: "answer.colour", Text: "*", Reason: "known"},
		Exception{Operation: "never", Reason: "forgotten"},
	)
	tap := Tap{Specs: []Spec{library(t)}}
	send := func(status int, answer, body string) {
		t.Helper()
		hosts := sim.Transport{"library.googleapis.com": r.Handler(tap, librarian(status, answer))}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, host+"shelves", strings.NewReader(body))
		check(t, err)
		req.Header.Set("Authorization", "Bearer writer")
		req.Header.Set("Content-Type", "application/json")
		resp, err := hosts.RoundTrip(req)
		check(t, err)
		check(t, resp.Body.Close())
	}
	send(200, `{"name": "short"}`, `{"name": "a"}`)
	send(200, `{"name": "the longest of the good ones"}`, `{"name": "a"}`)
	send(200, `{"name": "wrong", "size": "so that it is longer than all of the others here"}`, `{"name": "a"}`)
	send(200, `{"colour": "red", "size": 2}`, `{"name": "a"}`)
	send(400, refusal, `{"name": "a"}`)
	got := r.Report()
	want := Report{
		Violations: []Violation{{
			Operation: "library.shelves.insert", At: "answer.size", Text: "there is no such field", Count: 2,
			Example: "POST https://library.googleapis.com/library/shelves, answered 200",
		}},
		Excepted:   []Excepted{{r.exceptions[0], 1}},
		Unused:     []Exception{r.exceptions[1]},
		Operations: []Coverage{{"library.shelves.insert", []Outcome{{"200", 4}, {"400", 1}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := got.Coverage(), "library.shelves.insert: 200 ×4, 400 ×1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := got.Exceptions(), "library.shelves.insert: answer.colour: * (×1): known\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if diff := cmp.Diff([]string{"b", "c"}, got.Missing([]string{"c", "library.shelves.insert", "b", "c"})); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if s := r.Samples()["library.shelves.insert"]; s == nil || string(s.Exchange.Answer) != `{"name": "the longest of the good ones"}` {
		t.Errorf("got the sample %+v", s)
	}
}

// A test double of a test: what it is told is what is looked at.
type told struct {
	testing.TB
	errors []string
}

func (t *told) Helper()                   {}
func (t *told) Logf(string, ...any)       {}
func (t *told) Error(args ...any)         { t.errors = append(t.errors, args[0].(string)) }
func (t *told) Errorf(f string, _ ...any) { t.errors = append(t.errors, f) }

func TestVerifyFails(t *testing.T) {
	for name, tt := range map[string]struct {
		report Report
		want   int
	}{
		"nothing passed":     {Report{}, 1},
		"everything is fine": {Report{Operations: []Coverage{{}}}, 0},
		"a violation":        {Report{Operations: []Coverage{{}}, Violations: []Violation{{}}}, 1},
	} {
		got := &told{}
		tt.report.Verify(got)
		if len(got.errors) != tt.want {
			t.Errorf("%s: got %v, want %d errors", name, got.errors, tt.want)
		}
	}
}

func TestLike(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true},
		{"a", "ab", false},
		{"", "", true},
		{"*", "", true},
		{"*", "anything", true},
		{"a*", "ab", true},
		{"a*", "ba", false},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"a*c*e", "abcde", true},
		{"a*c*e", "abde", false},
		{"a*a", "a", false},
		{"*.view.*", "answer.view.title", true},
	} {
		if got := like(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%q, %q: got %v", tt.pattern, tt.text, got)
		}
	}
}

// What a tap hands on is what came, byte for byte.
func TestTapsChangeNothing(t *testing.T) {
	r := NewRecorder()
	next := http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(in.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Got", in.Header.Get("X-Sent"))
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(body) // a recorder takes everything
	})
	hosts := sim.Transport{"x.example": r.Handler(Tap{Others: true}, next)}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://x.example/a?b=c", strings.NewReader("\x00 body"))
	check(t, err)
	req.Header.Set("X-Sent", "this")
	resp, err := r.RoundTripper(Tap{Others: true}, hosts).RoundTrip(req)
	check(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	check(t, err)
	if string(body) != "\x00 body" || resp.StatusCode != http.StatusTeapot || resp.Header.Get("X-Got") != "this" {
		t.Errorf("got %d %q %v", resp.StatusCode, body, resp.Header)
	}
}

type broken struct{}

var errBroken = errors.New("broken")

func (broken) Read([]byte) (int, error) { return 0, errBroken }
func (broken) Close() error             { return nil }

func TestBodiesThatBreak(t *testing.T) {
	r := NewRecorder()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://x.example/", broken{})
	check(t, err)
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was handed on") })
	if resp, err := r.RoundTripper(Tap{}, sim.Transport{"x.example": next}).RoundTrip(req); !errors.Is(err, errBroken) {
		if err == nil {
			_ = resp.Body.Close()
		}
		t.Errorf("got %v", err)
	}
	resp, err := sim.Transport{"x.example": r.Handler(Tap{}, next)}.RoundTrip(req)
	check(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("got %d", resp.StatusCode)
	}
}
