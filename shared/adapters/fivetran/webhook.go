package fivetran

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/domain/secret"
)

// SignatureHeader is the header with the signature of a webhook's body.
const SignatureHeader = "X-Fivetran-Signature-256"

// ErrSignature says that a webhook was not signed with the shared secret.
var ErrSignature = errors.New("the webhook's signature is wrong")

// Verify checks the signature of a webhook: HMAC-SHA256 over the body as it came, in hexadecimal
// digits of either case. More than one secret may be in use while it is replaced. Without a
// secret nothing is taken. A signature does not tell when the webhook was sent: the same one
// passes again, so an event is a hint to look, never a fact.
func Verify(body []byte, signature string, secrets ...secret.Text) error {
	got, err := hex.DecodeString(signature)
	if err != nil || len(got) != sha256.Size {
		return ErrSignature
	}
	verified := false
	for _, shared := range secrets {
		mac := hmac.New(sha256.New, []byte(shared.Reveal()))
		mac.Write(body)
		if hmac.Equal(got, mac.Sum(nil)) && !shared.Empty() {
			verified = true
		}
	}
	if !verified {
		return ErrSignature
	}
	return nil
}

// Event is a webhook's body, as far as it is of use: it says which connection to look at.
type Event struct {
	// Name is Fivetran's: sync_end, connection_successful, …
	Name       string
	Created    time.Time
	Connection string
	Group      string
}

// maxEvent is the size of the largest body of a webhook that is read.
const maxEvent = 256 << 10

// ParseEvent reads a webhook's body. Fields that Fivetran adds are no error.
func ParseEvent(body []byte) (Event, error) {
	if len(body) > maxEvent {
		return Event{}, errors.New("read a webhook: it is too long")
	}
	var in struct {
		Event      string    `json:"event"`
		Created    time.Time `json:"created"`
		Connection string    `json:"connector_id"`
		Group      string    `json:"destination_group_id"`
	}
	// What a decoder says may quote the body, so it is not passed on.
	if err := json.Unmarshal(body, &in); err != nil || in.Event == "" || in.Connection == "" {
		return Event{}, errors.New("read a webhook: it names no event, or no connection")
	}
	return Event{Name: in.Event, Created: in.Created, Connection: in.Connection, Group: in.Group}, nil
}

// Events are those that tell of a hand-over: a source that was tested, syncs, and changes that
// somebody makes in Fivetran's own pages
// (https://fivetran.com/docs/rest-api/getting-started/webhooks).
func Events() []string {
	return []string{"connection_failure", "connection_successful", "delete_connector", "pause_connector", "resume_connector", "sync_end"}
}

// Subscribe has Fivetran post [Events] to an address of ours, signed with a secret, and returns
// the webhook's id. A webhook of that address that is there already is changed instead. Fivetran
// posts a test to the address before it answers.
func (c *Client) Subscribe(ctx context.Context, address string, shared secret.Text) (string, error) {
	type webhook struct {
		ID  string `json:"id"`
		URL string `json:"url"`
	}
	all, err := list(ctx, c, "list_all_webhooks", "webhooks", nil, func(w webhook) string { return w.ID })
	if err != nil {
		return "", err
	}
	body := struct {
		URL    string   `json:"url"`
		Events []string `json:"events"`
		Active bool     `json:"active"`
		Secret string   `json:"secret"`
	}{address, Events(), true, shared.Reveal()}
	r := request{op: "create_account_webhook", method: http.MethodPost, path: "webhooks/account", body: body}
	for _, w := range all {
		if w.URL == address {
			r = request{op: "modify_webhook", method: http.MethodPatch, path: fmt.Sprintf("webhooks/%s", w.ID), body: body}
		}
	}
	var made webhook
	if err := c.call(ctx, r, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", c.incomplete(r, "the webhook has no id")
	}
	return made.ID, nil
}
