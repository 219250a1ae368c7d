// Package slack speaks Slack's Web API and reads what Slack sends: signed interactions and
// commands.
package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// MaxSkew is how far a request's timestamp may be from our clock
// (https://docs.slack.dev/authentication/verifying-requests-from-slack/).
const MaxSkew = 5 * time.Minute

// Reasons for which a request does not count as sent by Slack.
var (
	ErrNoSignature  = errors.New("no signature")
	ErrBadSignature = errors.New("wrong signature")
	ErrBadTimestamp = errors.New("timestamp too far from now")
)

// Verifier tells requests that Slack signed from others. It takes the clock as a parameter,
// which the verifier of slack-go does not.
type Verifier struct {
	// Secrets are the signing secrets that hold now: one, or two while they are exchanged.
	Secrets []string
	Now     func() time.Time
}

// Verify checks the signature on the raw body. A valid request passes again within
// [MaxSkew]: whoever acts on it must remember its [RequestID].
func (v Verifier) Verify(header http.Header, body []byte) error {
	got, stamp := header.Get("X-Slack-Signature"), header.Get("X-Slack-Request-Timestamp")
	if got == "" || stamp == "" {
		return ErrNoSignature
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return ErrBadTimestamp
	}
	if v.Now().Sub(time.Unix(seconds, 0)).Abs() > MaxSkew {
		return ErrBadTimestamp
	}
	for _, secret := range v.Secrets {
		if secret == "" {
			continue
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte("v0:" + stamp + ":"))
		mac.Write(body)
		if hmac.Equal([]byte("v0="+hex.EncodeToString(mac.Sum(nil))), []byte(got)) {
			return nil
		}
	}
	return ErrBadSignature
}

// RequestID names a signed request: a repetition of the same one has the same name.
func RequestID(header http.Header) string {
	sum := sha256.Sum256([]byte(header.Get("X-Slack-Request-Timestamp") + ":" + header.Get("X-Slack-Signature")))
	return hex.EncodeToString(sum[:16])
}
