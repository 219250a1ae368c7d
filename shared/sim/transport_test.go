package sim_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim"
)

// get makes a request of a client and returns the answer with its body.
func get(t *testing.T, c *http.Client, method, url, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatalf("request: %v", err)
	}
	r.Header.Set("X-Asked", "yes")
	resp, err := c.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return resp, string(got)
}

// discard takes what the server says of handlers that misbehave on purpose.
var discard = log.New(io.Discard, "", 0)

// handlers answer in the ways in which handlers do.
var handlers = map[string]http.HandlerFunc{
	"echo": func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Method", r.Method)
		w.Header().Set("X-Host", r.Host)
		w.Header().Set("X-Path", r.URL.Path+"?"+r.URL.RawQuery+" "+r.RequestURI)
		w.Header().Set("X-Got", r.Header.Get("X-Asked"))
		_, _ = w.Write(body)
	},
	"nothing": func(http.ResponseWriter, *http.Request) {},
	"status":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
	"announced": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
	},
	"twice": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "a")
		w.Header().Set("X-Late", "not sent")
		_, _ = io.WriteString(w, "b")
	},
	"error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
	"page":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html><body>x") },
	"typed": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	},
	"no content": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		_, _ = io.WriteString(w, "ignored")
	},
	"large": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) },
}

// In process a client sees what it would see over a socket.
func TestTransportIsLikeASocket(t *testing.T) {
	for name, h := range handlers {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead} {
			t.Run(method+" "+name, func(t *testing.T) {
				server := httptest.NewUnstartedServer(h)
				server.Config.ErrorLog = discard
				server.Start()
				defer server.Close()
				host := strings.TrimPrefix(server.URL, "http://")
				inProcess := &http.Client{Transport: sim.Transport{host: h}}

				url, body := server.URL+"/a%20b/c?d=e", "the body"
				want, wantBody := get(t, server.Client(), method, url, body)
				got, gotBody := get(t, inProcess, method, url, body)
				if got.StatusCode != want.StatusCode || got.Status != want.Status || gotBody != wantBody {
					t.Errorf("in process: %s %.50q; over a socket: %s %.50q", got.Status, gotBody, want.Status, wantBody)
				}
				for _, h := range []http.Header{want.Header, got.Header} {
					h.Del("Date")
					h.Del("Content-Length")
				}
				if method == http.MethodHead {
					want.Header.Del("Content-Type") // guessed by one of them only
					got.Header.Del("Content-Type")
				}
				if diff := cmp.Diff(want.Header, got.Header); diff != "" {
					t.Errorf("headers (-socket +in process):\n%s", diff)
				}
			})
		}
	}
}

func TestNothingReachesTheNetwork(t *testing.T) {
	c := &http.Client{Transport: sim.Transport{"known.example": handlers["nothing"]}}
	for _, url := range []string{"http://unknown.example/", "https://known.example:8443/", "https://www.known.example/"} {
		body := &closed{Reader: strings.NewReader("x")}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
		if err != nil {
			t.Fatalf("request: %v", err)
		}
		resp, err := c.Do(r)
		if err == nil {
			resp.Body.Close()
			t.Errorf("%s: %s", url, resp.Status)
		}
		if !body.closed {
			t.Errorf("%s: the body is left open", url)
		}
	}
}

type closed struct {
	io.Reader
	closed bool
}

func (c *closed) Close() error { c.closed = true; return nil }

func TestDrop(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half an ans")
		sim.Drop()
	})
	c := &http.Client{Transport: sim.Transport{"x.example": h}}
	resp, err := c.Get("https://x.example/")
	if err == nil {
		resp.Body.Close()
	}
	var timeout net.Error
	if !errors.Is(err, sim.ErrDropped) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("Get: %v; want ErrDropped, a timeout", err)
	}

	server := httptest.NewServer(h)
	defer server.Close()
	if resp, err := server.Client().Get(server.URL); err == nil {
		if _, err = io.ReadAll(resp.Body); err == nil {
			t.Error("over a socket: no error")
		}
		resp.Body.Close()
	}
}

func TestAHandlersOwnPanicIsNotHidden(t *testing.T) {
	defer func() {
		if p := recover(); p != "a mistake" {
			t.Errorf("recovered %v", p)
		}
	}()
	tr := sim.Transport{"x.example": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a mistake") })}
	r := httptest.NewRequest(http.MethodGet, "https://x.example/", nil)
	if resp, err := tr.RoundTrip(r); err == nil {
		resp.Body.Close()
	}
	t.Error("no panic")
}

func TestTheContextEnds(t *testing.T) {
	served := 0
	ctx, cancel := context.WithCancel(t.Context())
	c := &http.Client{Transport: sim.Transport{"x.example": http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		served++
		cancel() // while it is at work
	})}}
	for _, when := range []string{"during the request", "before the request"} {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://x.example/", strings.NewReader("x"))
		if err != nil {
			t.Fatalf("request: %v", err)
		}
		resp, err := c.Do(r)
		if err == nil {
			resp.Body.Close()
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v; want %v", when, err, context.Canceled)
		}
	}
	if served != 1 {
		t.Errorf("served %d requests, want the first one only", served)
	}
}

// What a handler does to its request is not seen by who sent it.
func TestTheRequestIsTheHandlersOwn(t *testing.T) {
	tr := sim.Transport{"x.example": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Changed", "yes")
		r.URL.Path = "/elsewhere"
		if r.RemoteAddr == "" || r.RequestURI != "/here" || r.Body == nil {
			t.Errorf("not as a server gets it: %+v", r)
		}
	})}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://x.example/here", nil)
	if err != nil {
		t.Fatalf("request: %v", err)
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatalf("RoundTrip: %v", err)
	}
	resp.Body.Close()
	if r.Header.Get("X-Changed") != "" || r.URL.Path != "/here" || resp.Request != r {
		t.Errorf("the request became %+v", r)
	}
}
