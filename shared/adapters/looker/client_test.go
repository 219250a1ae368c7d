package looker_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/sim"
	simlooker "github.com/sekisho/sekisho/shared/sim/looker"
)

func TestRefusalsAreClassified(t *testing.T) {
	validation := `{"message": "Validation Failed", "errors": [{"field": "email", "code": "already_exists", "message": "it is taken by aiko@example.com"}]}`
	for _, test := range []struct {
		name      string
		status    int
		header    http.Header
		body      string
		kind      error
		permanent bool
		wait      time.Duration
	}{
		{"a request that is wrong", 400, nil, `{"message": "no"}`, looker.ErrInvalid, true, 0},
		{"no permission", 403, nil, `{"message": "no"}`, looker.ErrForbidden, true, 0},
		{"nobody", 404, nil, `{"message": "Not found"}`, looker.ErrNotFound, true, 0},
		{"a page for people", 404, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, "<html>", nil, false, 0},
		{"a method that is none", 405, nil, "", looker.ErrInvalid, true, 0},
		{"a request that took too long", 408, nil, "", nil, false, 0},
		{"something is there already", 409, nil, `{"message": "no"}`, looker.ErrConflict, false, 0},
		{"something is taken", 422, nil, validation, looker.ErrConflict, false, 0},
		{"a value that is wrong", 422, nil, `{"message": "no", "errors": [{"field": "x", "code": "invalid"}]}`, looker.ErrInvalid, true, 0},
		{"too many requests", 429, nil, `{"message": "no"}`, looker.ErrQuota, false, 0},
		{"too many, with a time", 429, http.Header{"Retry-After": {"17"}}, "", looker.ErrQuota, false, 17 * time.Second},
		{"too many, with a date", 429, http.Header{"Retry-After": {noon.Add(time.Minute).Format(http.TimeFormat)}}, "", looker.ErrQuota, false, time.Minute},
		{"too many, for years", 429, http.Header{"Retry-After": {"99999999"}}, "", looker.ErrQuota, false, 24 * time.Hour},
		{"too many, before now", 429, http.Header{"Retry-After": {"-5"}}, "", looker.ErrQuota, false, 0},
		{"not modified", 304, nil, "", nil, false, 0},
		{"an error", 500, nil, `{"message": "no"}`, nil, false, 0},
		{"no JSON", 502, nil, "<html>", nil, false, 0},
		{"down", 503, http.Header{"Retry-After": {"5"}}, "", nil, false, 5 * time.Second},
		{"an error that is a list", 500, nil, `[1]`, nil, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := client(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/4.0/login" {
					raw(nil, nil)(w, r)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				for name, values := range test.header {
					w.Header()[name] = values
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			})
			_, err := c.Account(t.Context(), "7")
			e := check(t, err, test.kind)
			if e.Code != test.status || e.Op != "user" || e.Permanent() != test.permanent || e.RetryAfter() != test.wait || e.NotFound() != (test.kind == looker.ErrNotFound) {
				t.Errorf("%v: status %d of %s, permanent %t, wait %s", e, e.Code, e.Op, e.Permanent(), e.RetryAfter())
			}
			if strings.Contains(err.Error(), "example.com") {
				t.Errorf("an address is in %v", err)
			}
		})
	}
}

func TestNotFoundWithoutAnAccountIsAboutTheKey(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message": "Not found"}`))
	})
	_, err := c.Account(t.Context(), "7")
	if e := check(t, err, looker.ErrForbidden); e.Op != "login" || !e.Permanent() {
		t.Errorf("got %v", err)
	}
	w := newWorld(t, func(_ *simlooker.Options, o *looker.Options) { o.ClientSecret = "another" })
	_, _, err = w.list()
	check(t, err, looker.ErrForbidden)
}

func TestNoAnswerIsTransient(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		cause error
	}{
		"a deadline": {hang, context.DeadlineExceeded},
		"a headline and then a deadline": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			_, _ = w.Write([]byte(`{"id":`))
			_ = http.NewResponseController(w).Flush()
			hang(w, r)
		}, context.DeadlineExceeded},
		"a dropped connection": {func(http.ResponseWriter, *http.Request) { sim.Drop() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/4.0/login" {
					raw(nil, nil)(w, r)
					return
				}
				test.serve(w, r)
			}))
			t.Cleanup(s.Close)
			c, err := looker.New(looker.Options{
				Client: s.Client(), BaseURL: s.URL, ClientID: "id", ClientSecret: "secret", Timeout: 50 * time.Millisecond,
				Now: func() time.Time { return noon },
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Account(t.Context(), "7")
			e := check(t, err, nil)
			if e.Permanent() || e.Code != 0 || test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "http") || strings.Contains(err.Error(), "fields") {
				t.Errorf("the request is in %v", err)
			}
		})
	}
	t.Run("the caller gives up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := client(t, raw(nil, nil)).Account(ctx, "7")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("in process", func(t *testing.T) {
		w := newWorld(t)
		w.fault(sim.FaultTimeout, 1, 1)
		_, err := w.Account(t.Context(), "1")
		if !errors.Is(err, sim.ErrDropped) {
			t.Errorf("got %v", err)
		}
	})
}

func TestFaultsOfLookerAreToldApart(t *testing.T) {
	for kind, want := range map[sim.FaultKind]error{sim.Fault429: looker.ErrQuota, sim.Fault500: nil, sim.FaultDown: nil, sim.FaultTimeout: nil} {
		w := newWorld(t)
		w.fault(kind, 1, -1)
		_, _, err := w.list()
		if e := check(t, err, want); e.Permanent() {
			t.Errorf("%s: %v is permanent", kind, err)
		}
	}
	w := newWorld(t, func(so *simlooker.Options, _ *looker.Options) { so.Monthly = 1 })
	_, _, err := w.list()
	check(t, err, looker.ErrQuota)
}

func TestTokensAreReplacedWhenTheyEnd(t *testing.T) {
	w := newWorld(t)
	logins := func() int {
		n, _ := w.calls.Count(simlooker.API, "login")
		return n
	}
	w.mustList()
	w.mustList()
	if got := logins(); got != 1 {
		t.Errorf("signed in %d times for two listings", got)
	}
	w.now = w.now.Add(59*time.Minute - time.Second)
	w.mustList()
	if got := logins(); got != 1 {
		t.Errorf("signed in %d times within an hour", got)
	}
	w.now = w.now.Add(time.Second) // a minute before it ends
	w.mustList()
	if got := logins(); got != 2 {
		t.Errorf("signed in %d times in an hour", got)
	}
	w.looker.EndTokens() // before its time
	w.mustList()
	if got := logins(); got != 3 {
		t.Errorf("signed in %d times after a restart", got)
	}
	w.must(w.looker.SetDisabled("sekisho@example.com", true))
	_, _, err := w.list()
	check(t, err, looker.ErrForbidden)
}

func TestATokenThatIsNeverGoodIsAskedForOnce(t *testing.T) {
	logins := 0
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/4.0/login" {
			logins++
			raw(nil, nil)(w, r)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	})
	_, err := c.Account(t.Context(), "7")
	if e := check(t, err, looker.ErrForbidden); !e.Permanent() || logins != 2 {
		t.Errorf("%v after signing in %d times", err, logins)
	}
}

func TestManyAtOnceSignInOnce(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	var n atomic.Int32
	for range 20 {
		wg.Go(func() {
			if _, err := w.Accounts(t.Context(), func(*idle.Account) error { n.Add(1); return nil }); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := w.Find(t.Context(), "aiko@example.com"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, _ := w.calls.Count(simlooker.API, "login"); got != 1 || n.Load() != 240 {
		t.Errorf("signed in %d times, %d accounts", got, n.Load())
	}
}

// Neither the key, nor a token, nor a body shows in anything that might be printed.
func TestSecretsAreNotShown(t *testing.T) {
	const secret = "s3cr3t-of-the-key-which-is-long"
	o := looker.Options{BaseURL: "https://looker.test", ClientID: secret, ClientSecret: secret, Client: http.DefaultClient, Now: func() time.Time { return noon }}
	c, err := looker.New(o)
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %v %+v %#v %s", c, c, c, c, o, o, o, o)
	failing := client(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(400)
		_, _ = w.Write([]byte(`{"message": "the key ` + secret + ` is wrong"}`))
	}, func(o *looker.Options) { o.ClientSecret = secret })
	_, err = failing.Account(t.Context(), "7")
	shown += err.Error()
	if strings.Contains(shown, secret) {
		t.Errorf("the key is in %s", shown)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	now := func() time.Time { return noon }
	good := looker.Options{Client: http.DefaultClient, BaseURL: "https://looker.test", ClientID: "id", ClientSecret: "secret", Now: now}
	for name, change := range map[string]func(*looker.Options){
		"no client":           func(o *looker.Options) { o.Client = nil },
		"no clock":            func(o *looker.Options) { o.Now = nil },
		"no id":               func(o *looker.Options) { o.ClientID = "" },
		"no secret":           func(o *looker.Options) { o.ClientSecret = "" },
		"no address":          func(o *looker.Options) { o.BaseURL = "" },
		"half an address":     func(o *looker.Options) { o.BaseURL = "looker.test" },
		"another scheme":      func(o *looker.Options) { o.BaseURL = "ftp://looker.test" },
		"a secret in it":      func(o *looker.Options) { o.BaseURL = "https://id:secret@looker.test" },
		"an address to parse": func(o *looker.Options) { o.BaseURL = "https://looker.test:port" },
		"pages that are tiny": func(o *looker.Options) { o.PageSize = 10 },
	} {
		o := good
		change(&o)
		if _, err := looker.New(o); err == nil || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := looker.New(good); err != nil {
		t.Error(err)
	}
}
