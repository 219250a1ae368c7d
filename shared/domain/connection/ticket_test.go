package connection_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/secret"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// dice are random bytes that are always the same.
func dice(b byte) *bytes.Reader { return bytes.NewReader(bytes.Repeat([]byte{b}, 32)) }

func ticket(t testing.TB) (secret.Text, connection.Ticket) {
	t.Helper()
	token, ticket, err := connection.NewTicket(dice(7), "1001", "h1", noon)
	if err != nil {
		t.Fatal(err)
	}
	return token, ticket
}

func TestATicketIsGoodOnce(t *testing.T) {
	token, ticket := ticket(t)
	at := noon.Add(time.Minute)
	used, err := ticket.Redeem(token, "1001", "h1", at)
	if err != nil || !used.Used.Equal(at) || used.Hash != ticket.Hash {
		t.Fatalf("got %+v, %v", used, err)
	}
	for range 3 {
		again, err := used.Redeem(token, "1001", "h1", at)
		if !errors.Is(err, connection.ErrTicketUsed) {
			t.Errorf("used again: %v", err)
		}
		if diff := cmp.Diff(used, again); diff != "" {
			t.Errorf("a refused token changed the ticket (-want +got):\n%s", diff)
		}
	}
}

func TestATicketIsRefused(t *testing.T) {
	token, good := ticket(t)
	other, _, err := connection.NewTicket(dice(8), "1001", "h1", noon)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		ticket           connection.Ticket
		token            secret.Text
		person, handover string
		at               time.Time
		want             error
	}{
		"another token":                   {good, other, "1001", "h1", noon, connection.ErrTicketWrong},
		"another person":                  {good, token, "1002", "h1", noon, connection.ErrTicketWrong},
		"another hand-over":               {good, token, "1001", "h2", noon, connection.ErrTicketWrong},
		"person and hand-over run on":     {good, token, "1001h", "1", noon, connection.ErrTicketWrong},
		"no token":                        {good, secret.Text{}, "1001", "h1", noon, connection.ErrTicketWrong},
		"no ticket":                       {connection.Ticket{}, token, "1001", "h1", noon, connection.ErrTicketWrong},
		"neither":                         {connection.Ticket{}, secret.Text{}, "", "", noon, connection.ErrTicketWrong},
		"the hash for the token":          {good, secret.New(good.Hash), "1001", "h1", noon, connection.ErrTicketWrong},
		"the token in other letters":      {good, secret.New(strings.ToLower(token.Reveal())), "1001", "h1", noon, connection.ErrTicketWrong},
		"a token with more behind it":     {good, secret.New(token.Reveal() + "="), "1001", "h1", noon, connection.ErrTicketWrong},
		"at the end of its life":          {good, token, "1001", "h1", noon.Add(connection.TicketLife), connection.ErrTicketExpired},
		"just before":                     {good, token, "1001", "h1", noon.Add(connection.TicketLife - 1), nil},
		"the wrong one, and too late too": {good, other, "1001", "h1", noon.Add(time.Hour), connection.ErrTicketWrong},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := tt.ticket.Redeem(tt.token, tt.person, tt.handover, tt.at); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestOnlyAHashIsKept(t *testing.T) {
	token, ticket := ticket(t)
	kept, err := json.Marshal(ticket)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(kept), token.Reveal()) || len(token.Reveal()) != 43 || len(ticket.Hash) != 64 {
		t.Errorf("kept %s of a token of %d characters", kept, len(token.Reveal()))
	}
	if _, _, err := connection.NewTicket(bytes.NewReader(make([]byte, 31)), "1001", "h1", noon); err == nil {
		t.Error("a token was made of too few random bytes")
	}
}

func TestReturnAddress(t *testing.T) {
	token, _ := ticket(t)
	got, err := connection.ReturnAddress(own+"/connected?lang=ja", "h 1&x", token)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(got.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Host != "console.example.com" || u.Path != "/connected" || q.Get("lang") != "ja" ||
		q.Get(connection.ParameterHandover) != "h 1&x" || q.Get(connection.ParameterState) != token.Reveal() {
		t.Errorf("got %s", got.Reveal())
	}
	if _, err := targets(t).Own(got.Reveal()); err != nil {
		t.Errorf("it is none of our own pages: %v", err)
	}
	for _, redirect := range []string{"", "/connected", own + "/#x", "%"} {
		if _, err := connection.ReturnAddress(redirect, "h1", token); err == nil || strings.Contains(err.Error(), token.Reveal()) {
			t.Errorf("%q: %v", redirect, err)
		}
	}
}
