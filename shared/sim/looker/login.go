package looker

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// secret makes what looks random: tokens and one-time addresses. It depends on the seed and on
// what it is for.
func (s *Server) secret(parts ...any) string {
	d := sha256.Sum256(fmt.Appendln(nil, append([]any{s.o.Seed}, parts...)...))
	return hex.EncodeToString(d[:20])
}

// login answers login: an API key for a token. The key is taken from the body; from the query,
// where Looker still takes it in 2026, it is not. A wrong key is answered as something that
// does not exist.
func login(c *call) (any, error) {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, badRequest("the body must be application/x-www-form-urlencoded")
	}
	c.r.Body = http.MaxBytesReader(nil, c.r.Body, 1<<16)
	if err := c.r.ParseForm(); err != nil {
		return nil, badRequest("the body cannot be read")
	}
	same := func(given, wanted string) bool {
		return subtle.ConstantTimeCompare([]byte(given), []byte(wanted)) == 1
	}
	if !same(c.r.PostForm.Get("client_id"), c.s.o.ClientID) || !same(c.r.PostForm.Get("client_secret"), c.s.o.ClientSecret) ||
		c.s.self.truth().disabled {
		return nil, notFound()
	}
	c.s.minted++
	token := c.s.secret("token", c.s.minted)
	c.s.tokens[token] = c.now.Add(c.s.o.TokenLife)
	return object{"access_token": token, "token_type": "Bearer", "expires_in": int(c.s.o.TokenLife.Seconds()), "refresh_token": nil}, nil
}

// logout answers logout.
func logout(c *call) (any, error) {
	_, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	delete(c.s.tokens, token)
	return nil, nil
}

// EndTokens ends all tokens at once, as a restart of an instance does.
func (s *Server) EndTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}
