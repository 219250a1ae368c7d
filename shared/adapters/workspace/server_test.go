package workspace_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
)

// noon is the clock of the tests: a day in winter, 04:00 in California.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// serve starts a server and returns the options of clients that call it.
func serve(t *testing.T, h http.HandlerFunc) workspace.Options {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return workspace.Options{Client: s.Client(), BaseURL: s.URL, Now: func() time.Time { return noon }}
}

func newDirectory(t *testing.T, o workspace.Options) *workspace.Directory {
	t.Helper()
	d, err := workspace.NewDirectory(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newSettings(t *testing.T, o workspace.Options) *workspace.Settings {
	t.Helper()
	s, err := workspace.NewSettings(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newReports(t *testing.T, o workspace.Options) *workspace.Reports {
	t.Helper()
	r, err := workspace.NewReports(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// say answers with a status and a body as Google's servers do.
func say(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// refuse answers with an error as the Admin SDK and the Groups Settings API write it.
func refuse(w http.ResponseWriter, status int, reason, message string) {
	text, err := json.Marshal(map[string]any{"error": map[string]any{
		"code": status, "message": message,
		"errors": []map[string]string{{"domain": "global", "reason": reason, "message": message}},
	}})
	if err != nil {
		panic(err)
	}
	say(w, status, string(text))
}

// show answers with a value.
func show(w http.ResponseWriter, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	say(w, http.StatusOK, string(text))
}

// object is a JSON object.
type object = map[string]any

// without drops the parameters that the vendor's library adds to each request.
func without(query url.Values) url.Values {
	query.Del("alt")
	query.Del("prettyPrint")
	return query
}
