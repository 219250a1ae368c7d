package fivetran

import (
	"context"
	"net/http"

	"github.com/sekisho/sekisho/shared/domain/secret"
)

// card is how a connect card behaves.
type card struct {
	Redirect string `json:"redirect_uri"`
}

// Card makes a connect card for a connection, whose page returns to an address. Whoever has what
// it returns can set the connection up, for a day.
func (c *Client) Card(ctx context.Context, id string, redirect secret.Text) (secret.Text, error) {
	r := request{op: "connect_card", method: http.MethodPost, path: connectionPath(id, "connect-card"), body: struct {
		Card card `json:"connect_card_config"`
	}{card{redirect.Reveal()}}}
	var a struct {
		Connection string `json:"connector_id"`
		Card       struct {
			URI string `json:"uri"`
		} `json:"connect_card"`
	}
	if err := c.call(ctx, r, &a); err != nil {
		return secret.Text{}, err
	}
	if a.Connection != id || a.Card.URI == "" {
		return secret.Text{}, c.incomplete(r, "there is no card in the answer, or one of another connection")
	}
	return secret.New(a.Card.URI), nil
}
