package console

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// cookieName is the cookie that ties a form to the browser for which it was made.
const cookieName = "sekisho_console"

// guard lets only the page itself change anything.
//
// A request that is not GET or HEAD needs a token that belongs to the browser's cookie, which
// a browser sends to no request that another site began (SameSite=Strict), and must not say by
// Origin or Sec-Fetch-Site that it comes from elsewhere. A name that is not this machine's is
// refused for every request, or a foreign name that leads here would be taken for the page
// itself (DNS rebinding).
type guard struct {
	key    []byte
	origin *http.CrossOriginProtection
}

func newGuard() *guard {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails: it ends the program instead
	return &guard{key: key, origin: http.NewCrossOriginProtection()}
}

// maxForm bounds the body of a request.
const maxForm = 64 << 10

// protect is the only way to the handlers.
func (g *guard) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
		if !ownName(r.Host) {
			http.Error(w, "This page is reached under an address of this machine only.", http.StatusMisdirectedRequest)
			return
		}
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		if err := g.origin.Check(r); err != nil {
			http.Error(w, "The request comes from another site.", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "The form cannot be read.", http.StatusBadRequest)
			return
		}
		cookie, err := r.Cookie(cookieName)
		if err != nil || !hmac.Equal([]byte(r.PostForm.Get("token")), []byte(g.tokenFor(cookie.Value))) {
			http.Error(w, "The form belongs to no page that this browser has open. Load the page again.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// token returns the token for a browser's forms, and gives the browser its cookie if it has
// none.
func (g *guard) token(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(cookieName); err == nil && len(c.Value) == 32 {
		return g.tokenFor(c.Value)
	}
	value := random()
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	return g.tokenFor(value)
}

func (g *guard) tokenFor(cookie string) string {
	mac := hmac.New(sha256.New, g.key)
	mac.Write([]byte(cookie))
	return hex.EncodeToString(mac.Sum(nil))
}

// random returns 128 random bits as 32 hexadecimal digits.
func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return hex.EncodeToString(b)
}

// ownName reports whether a Host is an address, or a name that always means this machine.
func ownName(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	_, err = netip.ParseAddr(name)
	return err == nil
}

// pagePolicy is the Content-Security-Policy of the page: its own script and style with this
// nonce, its own icon, stream and forms, and nothing else.
func pagePolicy(nonce string) string {
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; img-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}
