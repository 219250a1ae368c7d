package fivetran

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// Group is a destination group.
type Group struct {
	ID   string
	Name string
}

// Connection is one data source of the account.
type Connection struct {
	ID      string
	Group   string
	Service string
	// Schema is how Fivetran calls the connection, unique in its group.
	Schema string
	Status connection.Status
	// Tests are the latest results of setup tests, where the answer has them. Of which run they are
	// is not said.
	Tests   []connection.Test
	Created time.Time
	// CreatedBy is Fivetran's id of the user who made it; empty where nobody is known.
	CreatedBy string
}

// connectionAnswer is what is read of a connection. Settings and the connect card, which the
// answer has too, are left where they are.
type connectionAnswer struct {
	ID          string    `json:"id"`
	Group       string    `json:"group_id"`
	Service     string    `json:"service"`
	Schema      string    `json:"schema"`
	Paused      bool      `json:"paused"`
	CreatedAt   time.Time `json:"created_at"`
	CreatedBy   string    `json:"connected_by"`
	SucceededAt time.Time `json:"succeeded_at"`
	FailedAt    time.Time `json:"failed_at"`
	Status      struct {
		Setup    string            `json:"setup_state"`
		Sync     string            `json:"sync_state"`
		Tasks    []connection.Note `json:"tasks"`
		Warnings []connection.Note `json:"warnings"`
	} `json:"status"`
	SetupTests []connection.Test `json:"setup_tests"`
}

// whole reports whether an answer has what decisions are made by.
func (a connectionAnswer) whole() bool {
	return a.ID != "" && a.Group != "" && a.Service != "" && a.Schema != "" && a.Status.Setup != "" && a.Status.Sync != "" && !a.CreatedAt.IsZero()
}

func (a connectionAnswer) connection() Connection {
	return Connection{
		ID: a.ID, Group: a.Group, Service: a.Service, Schema: a.Schema, Created: a.CreatedAt, CreatedBy: a.CreatedBy, Tests: results(a.SetupTests),
		Status: connection.Status{
			Setup: a.Status.Setup, Paused: a.Paused,
			Succeeded: a.SucceededAt, Failed: a.FailedAt, Tasks: notes(a.Status.Tasks), Warnings: notes(a.Status.Warnings),
		},
	}
}

// notes makes what the vendor writes for people fit to be shown and kept.
func notes(in []connection.Note) []connection.Note {
	var out []connection.Note
	for _, n := range in {
		out = append(out, connection.Note{Code: vendor.Reason(n.Code), Message: vendor.Clean(n.Message)})
	}
	return out
}

// results makes setup tests fit to be shown and kept.
func results(in []connection.Test) []connection.Test {
	var out []connection.Test
	for _, t := range in {
		out = append(out, connection.Test{Title: vendor.Clean(t.Title), Status: t.Status, Message: vendor.Clean(t.Message)})
	}
	return out
}

// Groups reads all destination groups, sorted by name. It makes one request for each thousand.
func (c *Client) Groups(ctx context.Context) ([]Group, error) {
	type item struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	items, err := list(ctx, c, "list_all_groups", "groups", nil, func(i item) string { return i.ID })
	if err != nil {
		return nil, err
	}
	var out []Group
	for _, i := range items {
		out = append(out, Group(i))
	}
	slices.SortFunc(out, func(a, b Group) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	return out, nil
}

// Get reads one connection.
func (c *Client) Get(ctx context.Context, id string) (Connection, error) {
	return c.one(ctx, request{op: "connection_details", method: http.MethodGet, path: connectionPath(id)})
}

// one makes a request that answers with a connection.
func (c *Client) one(ctx context.Context, r request) (Connection, error) {
	a, err := c.answer(ctx, r)
	return a.connection(), err
}

func (c *Client) answer(ctx context.Context, r request) (connectionAnswer, error) {
	var a connectionAnswer
	if err := c.call(ctx, r, &a); err != nil {
		return connectionAnswer{}, err
	}
	if !a.whole() {
		return connectionAnswer{}, c.incomplete(r, "the connection is not whole")
	}
	return a, nil
}

func connectionPath(id string, more ...string) string {
	return strings.Join(append([]string{"connections", url.PathEscape(id)}, more...), "/")
}

// Connections reads all connections of a group, or of all groups where that is empty, sorted by
// schema. It makes one request for each thousand.
func (c *Client) Connections(ctx context.Context, group string) ([]Connection, error) {
	query := url.Values{}
	if group != "" {
		query.Set("group_id", group)
	}
	return c.connections(ctx, query)
}

func (c *Client) connections(ctx context.Context, query url.Values) ([]Connection, error) {
	const op = "list_connections"
	items, err := list(ctx, c, op, "connections", query, func(a connectionAnswer) string { return a.ID })
	if err != nil {
		return nil, err
	}
	var out []Connection
	for _, a := range items {
		if !a.whole() || query.Has("group_id") && a.Group != query.Get("group_id") {
			return nil, c.incomplete(request{op: op, method: http.MethodGet}, "a connection is not whole, or of another group")
		}
		out = append(out, a.connection())
	}
	slices.SortFunc(out, func(a, b Connection) int { return strings.Compare(a.Schema+"\x00"+a.ID, b.Schema+"\x00"+b.ID) })
	return out, nil
}

// newConnection is the body of a request for a connection
// (https://fivetran.com/docs/rest-api/api-reference/connections/create-connection).
type newConnection struct {
	Group             string         `json:"group_id"`
	Service           string         `json:"service"`
	Paused            bool           `json:"paused"`
	RunSetupTests     bool           `json:"run_setup_tests"`
	TrustCertificates bool           `json:"trust_certificates"`
	TrustFingerprints bool           `json:"trust_fingerprints"`
	SyncFrequency     int            `json:"sync_frequency,omitempty"`
	SchemaNames       string         `json:"destination_schema_names"`
	Card              card           `json:"connect_card_config"`
	Config            map[string]any `json:"config"`
}

// clockSkew is by how much Fivetran's clock may be behind ours.
const clockSkew = 5 * time.Minute

// Create makes a paused connection without running its setup tests, or finds the one that an
// earlier call made. Since is when the connection was approved: an older one of the same schema,
// or one that somebody else made, is [ErrConflict].
//
// It makes up to four requests. It looks first, because what became of an earlier call may not be
// known. Where the result of its own request is not known it looks again, and returns the error
// only if there is no connection. That there are never two rests on Fivetran, which refuses a
// second connection with the same schema in a group.
func (c *Client) Create(ctx context.Context, p connection.Plan, since time.Time) (Connection, error) {
	if found, ok, err := c.Find(ctx, p, since); err != nil || ok {
		return found, err
	}
	made, err := c.one(ctx, request{op: "create_connection", method: http.MethodPost, path: "connections", body: newConnection{
		Group: p.Group, Service: p.Service, Paused: true, RunSetupTests: false,
		TrustCertificates: p.TrustCertificates, TrustFingerprints: p.TrustFingerprints, SyncFrequency: p.SyncFrequency,
		SchemaNames: "FIVETRAN_NAMING", Card: card{p.Redirect}, Config: p.Config,
	}})
	// That another call was faster may be a conflict or an invalid request: Fivetran does not say.
	e, ok := errors.AsType[*Error](err)
	if !ok || !e.Unknown() && e.Code != http.StatusConflict && e.Code != http.StatusBadRequest {
		return made, err
	}
	found, ok, lookErr := c.Find(context.WithoutCancel(ctx), p, since)
	switch {
	case lookErr != nil && errors.Is(lookErr, ErrConflict):
		return Connection{}, lookErr
	case ok:
		return found, nil
	}
	return Connection{}, err
}

// Find looks for the connection that a plan asks for and [Client.Create] has made. The boolean is
// false where nothing has its schema. What has it and is not ours is [ErrConflict]. It makes two
// requests at most, and one more for each further thousand connections.
func (c *Client) Find(ctx context.Context, p connection.Plan, since time.Time) (Connection, bool, error) {
	const op = "create_connection"
	all, err := c.connections(ctx, url.Values{"group_id": {p.Group}, "schema": {p.Schema}})
	if err != nil {
		return Connection{}, false, err
	}
	all = slices.DeleteFunc(all, func(k Connection) bool { return !strings.EqualFold(k.Schema, p.Schema) })
	if len(all) == 0 {
		return Connection{}, false, nil
	}
	found := all[0]
	switch {
	case len(all) > 1:
		return Connection{}, false, c.conflict(op, "the group has more than one connection with this schema")
	case found.Service != p.Service:
		return Connection{}, false, c.conflict(op, "the group has a connection with this schema to another service")
	case found.Created.Before(since.Add(-clockSkew)):
		return Connection{}, false, c.conflict(op, "the group had a connection with this schema before")
	}
	user, err := c.account(ctx)
	if err != nil {
		return Connection{}, false, err
	}
	if found.CreatedBy != "" && user != "" && found.CreatedBy != user {
		return Connection{}, false, c.conflict(op, "somebody else has made a connection with this schema")
	}
	return found, true, nil
}

// account returns the user to whom the API key belongs; empty for a system key, which has none.
// It asks once.
func (c *Client) account(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.user != "" {
		return c.user, nil
	}
	var a struct {
		User string `json:"user_id"`
	}
	err := c.call(ctx, request{op: "get_account_info", method: http.MethodGet, path: "account/info"}, &a)
	c.user = a.User
	return a.User, err
}

// Test runs the setup tests of a connection, and returns it with their results. It may take minutes.
func (c *Client) Test(ctx context.Context, id string, trustCertificates, trustFingerprints bool) (Connection, error) {
	return c.one(ctx, request{
		op: "run_setup_tests", method: http.MethodPost, path: connectionPath(id, "test"), slow: true,
		body: struct {
			TrustCertificates bool `json:"trust_certificates"`
			TrustFingerprints bool `json:"trust_fingerprints"`
		}{trustCertificates, trustFingerprints},
	})
}

// Unpause lets a connection sync. Doing it twice does no harm.
func (c *Client) Unpause(ctx context.Context, id string) (Connection, error) {
	return c.one(ctx, request{op: "modify_connection", method: http.MethodPatch, path: connectionPath(id), body: struct {
		Paused        bool `json:"paused"`
		RunSetupTests bool `json:"run_setup_tests"`
	}{}})
}
