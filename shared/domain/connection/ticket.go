package connection

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/sekisho/sekisho/shared/domain/secret"
)

// TicketLife is how long a browser may stay away on the connect card and still be known when it
// comes back. Who takes longer loses nothing: the vendor is asked about the connection anyway.
const TicketLife = 15 * time.Minute

// Ticket is what is kept of a token that was sent along with an owner's browser: enough to know
// the token again, and not enough to make one. A ticket is good once, for one person and one
// hand-over.
type Ticket struct {
	// Hash is of the token, the person and the hand-over, in hexadecimal digits.
	Hash    string    `json:"hash"`
	Expires time.Time `json:"expires"`
	// Used is when the token came back.
	Used time.Time `json:"used,omitzero"`
}

// Why a token is not taken. People are told one thing for all of them.
var (
	ErrTicketWrong   = errors.New("the token is not the one of this person's hand-over")
	ErrTicketUsed    = errors.New("the token was used before")
	ErrTicketExpired = errors.New("the token is too old")
)

// tokenBytes is the length of a token before it is encoded: 256 bits.
const tokenBytes = 32

// NewTicket makes a token for one person and one hand-over out of random bytes, and the ticket
// to keep of it.
func NewTicket(random io.Reader, person, handover string, now time.Time) (secret.Text, Ticket, error) {
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return secret.Text{}, Ticket{}, fmt.Errorf("make a token: %w", err)
	}
	token := secret.New(base64.RawURLEncoding.EncodeToString(raw))
	return token, Ticket{Hash: ticketHash(token, person, handover), Expires: now.Add(TicketLife)}, nil
}

// Redeem takes a token that came back, and returns the ticket as it has to be kept from now on.
// The error is one of [ErrTicketWrong], [ErrTicketUsed] and [ErrTicketExpired].
func (t Ticket) Redeem(token secret.Text, person, handover string, now time.Time) (Ticket, error) {
	got := ticketHash(token, person, handover)
	switch same := subtle.ConstantTimeCompare([]byte(got), []byte(t.Hash)) == 1; {
	case !same:
		return t, ErrTicketWrong
	case !t.Used.IsZero():
		return t, ErrTicketUsed
	case !now.Before(t.Expires):
		return t, ErrTicketExpired
	}
	t.Used = now
	return t, nil
}

// ticketHash binds a token to a person and a hand-over. Each part goes in with its length, so
// that no two triples have the same hash.
func ticketHash(token secret.Text, person, handover string) string {
	h := sha256.New()
	for _, part := range []string{"connection ticket", token.Reveal(), person, handover} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The parameters that [ReturnAddress] adds. The vendor adds its own id of the connection as id.
const (
	ParameterHandover = "handover"
	ParameterState    = "state"
)

// ReturnAddress is where the vendor sends the owner's browser after the connect card: the
// policy's address with the hand-over and the token. It is as secret as the token.
func ReturnAddress(redirect, handover string, token secret.Text) (secret.Text, error) {
	u, err := url.Parse(redirect)
	if err != nil || u.Host == "" || u.Fragment != "" {
		return secret.Text{}, errors.New("make the address to return to: the policy's redirect is not an address without a fragment")
	}
	q := u.Query()
	q.Set(ParameterHandover, handover)
	q.Set(ParameterState, token.Reveal())
	u.RawQuery = q.Encode()
	return secret.New(u.String()), nil
}
