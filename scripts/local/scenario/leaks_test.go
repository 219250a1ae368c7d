package scenario

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const aCard = "https://fivetran.com/connect-card/setup?auth=x"

// Wherever a function would say the address of a card, it is seen; what Fivetran is sent may have it.
func TestAddressesOfCardsAreSeen(t *testing.T) {
	var out strings.Builder
	for name, say := range map[string]func(w *watch, log *slog.Logger){
		"a log's line":     func(_ *watch, log *slog.Logger) { log.Info("to " + aCard) },
		"an attribute":     func(_ *watch, log *slog.Logger) { log.Debug("visit", "error", aCard) },
		"a kept attribute": func(_ *watch, log *slog.Logger) { log.With("to", aCard).WithGroup("g").Info("visit") },
		"a request":        func(w *watch, _ *slog.Logger) { w.ask("slack.test", "/api", "text="+aCard) },
		"an encoded one":   func(w *watch, _ *slog.Logger) { w.ask("slack.test", "/api", "connect-card%2Fsetup%3Fauth%3Dx") },
		"a token": func(w *watch, _ *slog.Logger) {
			w.ask("slack.test", "/api", `{"a":"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.x.y"}`)
		},
		"an address":            func(w *watch, _ *slog.Logger) { w.ask("slack.test", "/connect-card/setup?auth=x", "") },
		"nothing":               nil,
		"our own address":       func(w *watch, log *slog.Logger) { log.Info("https://console.example.com/connected?handover=1") },
		"a request to Fivetran": func(w *watch, _ *slog.Logger) { w.ask("fivetran.test", "/v1", aCard) },
	} {
		var w watch
		if say != nil {
			say(&w, w.log(slog.New(slog.NewTextHandler(&out, nil))))
		}
		want := 1
		if slices.Contains([]string{"nothing", "our own address", "a request to Fivetran"}, name) {
			want = 0
		}
		if got := w.leaks(); len(got) != want {
			t.Errorf("%s: seen in %q", name, got)
		}
	}
	if !strings.Contains(out.String(), "visit") || strings.Contains(out.String(), "DEBUG") {
		t.Errorf("the other log has %s", strings.ReplaceAll(out.String(), aCard, "(card)"))
	}
}

// ask sends a request through a tap, and makes sure that it arrives whole.
func (w *watch) ask(host, path, body string) {
	h := w.tap(nil)(host, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		got := make([]byte, len(body)+1)
		n, _ := r.Body.Read(got)
		if string(got[:n]) != body {
			panic("the request is not whole")
		}
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
}

// A scenario in which one gets out fails, though all its commands hold.
func TestALeakFailsAScenario(t *testing.T) {
	company, err := filepath.Abs("../testdata/company.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	file := filepath.Join(t.TempDir(), "leak.txtar")
	line := "company " + company + "\nslack command ken@example.com /why 'mia@example.com https://fivetran.com/connect-card/setup?auth=x'\n"
	if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := Play([]string{file}, Options{Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	if report.Failed != 1 || !slices.ContainsFunc(strings.Split(out.String(), "\n"), func(s string) bool { return strings.HasPrefix(s, "the address of a connect card is in ") }) {
		t.Errorf("%d failed", report.Failed)
	}
}
