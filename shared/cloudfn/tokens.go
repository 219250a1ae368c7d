package cloudfn

import (
	"errors"
	"time"

	"golang.org/x/oauth2"
)

// tokenTimeout bounds how long a token may take. Sources have no context of the request that needs
// the token, so its deadline does not reach them.
const tokenTimeout = 15 * time.Second

var errTokenTimeout = errors.New("no token within 15 seconds")

// bounded is a source of tokens whose callers wait no longer than tokenTimeout.
type bounded struct{ source oauth2.TokenSource }

// Token implements [oauth2.TokenSource].
func (b bounded) Token() (*oauth2.Token, error) {
	type result struct {
		token *oauth2.Token
		err   error
	}
	done := make(chan result, 1)
	go func() {
		token, err := b.source.Token()
		done <- result{token, err}
	}()
	timer := time.NewTimer(tokenTimeout)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.token, r.err
	case <-timer.C:
		return nil, errTokenTimeout
	}
}
