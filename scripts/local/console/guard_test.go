package console

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/sim/org"
)

// serve returns the page on a world; a nil company is the demo company.
func serve(t *testing.T, company *org.Company) *Console {
	t.Helper()
	w, policy := startWorld(t, company)
	return New(NewLive(w), Options{Policy: policy})
}

// visitor is a browser without JavaScript.
type visitor struct {
	t      *testing.T
	to     http.Handler
	cookie *http.Cookie
	token  string
}

// visit loads the page and keeps what it gives to a browser.
func visit(t *testing.T, to http.Handler) *visitor {
	t.Helper()
	v := &visitor{t: t, to: to}
	answer := v.get("/")
	cookies := answer.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies, want 1", len(cookies))
	}
	v.cookie = cookies[0]
	_, rest, ok := strings.Cut(answer.Body.String(), `name="token" value="`)
	if !ok {
		t.Fatal("the page has no form")
	}
	v.token, _, _ = strings.Cut(rest, `"`)
	return v
}

func (v *visitor) get(path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil)
	return v.send(r)
}

// post sends a form with the token, changed by the options.
func (v *visitor) post(path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	if form == nil {
		form = url.Values{}
	}
	if !form.Has("token") {
		form.Set("token", v.token)
	}
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	for _, c := range change {
		c(r)
	}
	return v.send(r)
}

func (v *visitor) send(r *http.Request) *httptest.ResponseRecorder {
	if v.cookie != nil && r.Method == http.MethodGet {
		r.AddCookie(v.cookie)
	}
	w := httptest.NewRecorder()
	v.to.ServeHTTP(w, r)
	return w
}

func TestCookieStaysWithThePage(t *testing.T) {
	c := visit(t, serve(t, small(t))).cookie
	if c.SameSite != http.SameSiteStrictMode || !c.HttpOnly || c.Path != "/" {
		t.Errorf("cookie %v, want SameSite=Strict, HttpOnly and the path /", c)
	}
}

func TestWhatChangesSomethingRefusesStrangers(t *testing.T) {
	c := serve(t, small(t))
	mine, other := visit(t, c), visit(t, c)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name   string
		form   url.Values
		change func(*http.Request)
		want   int
	}{
		{"no token", url.Values{"token": {""}}, nil, http.StatusForbidden},
		{"a token that is made up", url.Values{"token": {strings.Repeat("0", 64)}}, nil, http.StatusForbidden},
		{"the token of another browser", url.Values{"token": {other.token}}, nil, http.StatusForbidden},
		{"no cookie", nil, func(r *http.Request) { r.Header.Del("Cookie") }, http.StatusForbidden},
		{"the origin of another site", nil, header("Origin", "https://evil.example"), http.StatusForbidden},
		{"another port of this machine", nil, header("Origin", "http://127.0.0.1:9999"), http.StatusForbidden},
		{"no origin at all", nil, header("Origin", "null"), http.StatusForbidden},
		{"begun by another site", nil, header("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{"begun by a sister site", nil, header("Sec-Fetch-Site", "same-site"), http.StatusForbidden},
		{"a foreign name", nil, func(r *http.Request) { r.Host = "evil.example" }, http.StatusMisdirectedRequest},
		{"a form without end", url.Values{"x": {strings.Repeat("x", 2*maxForm)}}, nil, http.StatusBadRequest},
	}
	mutating := 0
	for _, r := range c.routes() {
		method, path, _ := strings.Cut(r.pattern, " ")
		switch method {
		case http.MethodGet:
			continue
		case http.MethodPost:
			mutating++
		default:
			t.Fatalf("route %q: this test knows only GET and POST", r.pattern)
		}
		for _, tt := range tests {
			t.Run(path+" "+tt.name, func(t *testing.T) {
				var change []func(*http.Request)
				if tt.change != nil {
					change = append(change, tt.change)
				}
				form := url.Values{}
				for name, values := range tt.form {
					form[name] = values
				}
				if got := mine.post(path, form, change...).Code; got != tt.want {
					t.Errorf("status %d, want %d", got, tt.want)
				}
			})
		}
	}
	if mutating == 0 {
		t.Error("no route changes anything: the test sees none")
	}
}

func TestNothingChangesByReading(t *testing.T) {
	c := serve(t, small(t))
	v := visit(t, c)
	for _, r := range c.routes() {
		if method, path, _ := strings.Cut(r.pattern, " "); method == http.MethodPost {
			if got := v.get(path).Code; got != http.StatusMethodNotAllowed {
				t.Errorf("GET %s: status %d, want %d", path, got, http.StatusMethodNotAllowed)
			}
		}
	}
}

func TestOwnName(t *testing.T) {
	tests := map[string]bool{
		"127.0.0.1:8080": true, "localhost:8080": true, "localhost": true, "[::1]:8080": true, "[::1]": true,
		"192.168.1.7:80": true, "page.localhost:1": true, "LOCALHOST:1": true,
		"evil.example": false, "evil.example:8080": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "": false,
	}
	for host, want := range tests {
		if got := ownName(host); got != want {
			t.Errorf("ownName(%q) is %t, want %t", host, got, want)
		}
	}
}

func TestForeignNameSeesNothing(t *testing.T) {
	c := serve(t, small(t))
	r := httptest.NewRequest(http.MethodGet, "http://evil.example/", nil)
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	if w.Code != http.StatusMisdirectedRequest || strings.Contains(w.Body.String(), "token") {
		t.Errorf("status %d and %q", w.Code, w.Body)
	}
}
