package fivetran

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/sim/org"
)

// group is a destination group.
type group struct {
	id, name string
	created  time.Time
}

// connection is one data source.
type connection struct {
	id, group string
	service   *service
	schema    string
	paused    bool
	frequency int
	schedule  string
	naming    string // destination_schema_names
	config    map[string]any
	// secrets are what was entered on a connect card. No answer shows them.
	secrets map[string]string
	// authorized says that somebody has entered credentials.
	authorized bool
	trusted    bool // the source's certificate
	setup      string
	tests      []testResult
	script     [][]testResult // of the next runs; the last one stays
	card       *cardConfig

	created   time.Time
	succeeded time.Time
	failed    time.Time
	syncing   bool
	syncs     int // grows whenever what is planned for the agenda is not to happen any more
	historic  bool
	revoked   bool // the source does not take the credentials any more
	// slow is how long setup tests take, where that is longer than any caller waits.
	slow time.Duration
	// stumbles is how many of the next syncs end badly, trouble what is said about the latest one.
	stumbles int
	trouble  string
}

// cardConfig is how connect cards of a connection behave.
type cardConfig struct {
	RedirectURI    string `json:"redirect_uri"`
	HideSetupGuide *bool  `json:"hide_setup_guide,omitempty"`
	AllFields      *bool  `json:"all_fields,omitempty"`
}

// The setup states.
const (
	incomplete = "incomplete"
	connected  = "connected"
	broken     = "broken"
)

func (s *Server) seed(f org.Fivetran) {
	now := s.opt.Now()
	for _, g := range f.Groups {
		s.groups = append(s.groups, &group{id: g.ID, name: g.Name, created: now})
	}
	for _, in := range f.Connections {
		kind := serviceNamed(in.Service)
		if kind == nil { // one that the account has and the simulator does not know better
			kind = &service{id: in.Service, name: in.Service, kind: "API", naming: []string{"schema"}}
		}
		c := &connection{
			id: s.newID(), group: in.Group, service: kind, schema: in.Name, paused: in.Paused, frequency: 360, schedule: "auto",
			naming: "FIVETRAN_NAMING", config: kind.unnamed(in.Name), secrets: map[string]string{}, setup: in.Setup,
			authorized: in.Setup != incomplete, trusted: in.Setup != incomplete, revoked: in.Setup == broken, created: in.Created,
		}
		if c.created.IsZero() {
			c.created = now
		}
		if c.setup != incomplete {
			c.succeeded = c.created
		}
		s.connections = append(s.connections, c)
		s.schedule(c, now, time.Duration(c.frequency)*time.Minute)
	}
}

// group returns the group with an id, or nil. The caller holds the lock.
func (s *Server) group(id string) *group {
	for _, g := range s.groups {
		if g.id == id {
			return g
		}
	}
	return nil
}

// connection returns the connection with an id, or nil. The caller holds the lock.
func (s *Server) connection(id string) *connection {
	for _, c := range s.connections {
		if c.id == id {
			return c
		}
	}
	return nil
}

// status, task and the like are parts of answers, in the form of Fivetran's OpenAPI document.
type status struct {
	SetupState   string `json:"setup_state"`
	SyncState    string `json:"sync_state"`
	UpdateState  string `json:"update_state"`
	IsHistorical bool   `json:"is_historical_sync"`
	Tasks        []note `json:"tasks"`
	Warnings     []note `json:"warnings"`
}

type note struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Details string `json:"details,omitempty"`
}

type testResult struct {
	Title   string `json:"title"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

type card struct {
	Token string `json:"token"`
	URI   string `json:"uri"`
}

// connectionAnswer is a connection as the API shows it.
type connectionAnswer struct {
	ID             string         `json:"id"`
	Service        string         `json:"service"`
	Schema         string         `json:"schema"`
	Paused         bool           `json:"paused"`
	Status         status         `json:"status"`
	GroupID        string         `json:"group_id"`
	ServiceVersion int            `json:"service_version"`
	ConnectedBy    string         `json:"connected_by"`
	CreatedAt      string         `json:"created_at"`
	SucceededAt    *string        `json:"succeeded_at"`
	FailedAt       *string        `json:"failed_at"`
	PauseAfter     bool           `json:"pause_after_trial"`
	SyncFrequency  int            `json:"sync_frequency"`
	Sensitivity    string         `json:"data_delay_sensitivity"`
	Networking     string         `json:"networking_method"`
	ScheduleType   string         `json:"schedule_type"`
	SchemaNames    string         `json:"destination_schema_names"`
	Config         map[string]any `json:"config,omitempty"`
	SetupTests     []testResult   `json:"setup_tests,omitempty"`
	ConnectCard    *card          `json:"connect_card,omitempty"`
	CardConfig     *cardConfig    `json:"connect_card_config,omitempty"`
}

// syncState is the sync state that the API shows.
func (c *connection) syncState() string {
	switch {
	case c.paused:
		return "paused"
	case c.syncing:
		return "syncing"
	}
	return "scheduled"
}

// show is a connection as the API shows it. The caller holds the lock.
func (c *connection) show() connectionAnswer {
	out := connectionAnswer{
		ID: c.id, Service: c.service.id, Schema: c.schema, Paused: c.paused, GroupID: c.group, ConnectedBy: owner,
		CreatedAt: stamp(c.created), SucceededAt: optional(c.succeeded), FailedAt: optional(c.failed), SyncFrequency: c.frequency,
		Sensitivity: "NORMAL", Networking: "Directly", ScheduleType: c.schedule, SchemaNames: c.naming, Config: maps.Clone(c.config), CardConfig: c.card,
		Status: status{SetupState: c.setup, SyncState: c.syncState(), UpdateState: "on_schedule", IsHistorical: c.historic, Tasks: []note{}, Warnings: []note{}},
	}
	if c.setup == broken {
		out.Status.UpdateState = "delayed"
		out.Status.Tasks = append(out.Status.Tasks, note{Code: "reconnect", Message: "Reconnect"})
	}
	if c.trouble != "" {
		out.Status.Warnings = append(out.Status.Warnings, note{Code: "sync_failure", Message: c.trouble})
	}
	for name := range c.secrets {
		out.Config[name] = masked
	}
	for _, name := range c.service.naming {
		delete(out.Config, name) // they are shown as the connection's schema
	}
	return out
}

// masked is what the API shows of a secret.
const masked = "******"

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func optional(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := stamp(t)
	return &text
}

func accountInfo(*call) (answer, error) {
	return answer{data: map[string]string{"account_id": "steady_account", "account_name": "Sekisho", "user_id": owner}}, nil
}

type groupAnswer struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	CreatedAt string `json:"created_at"`
}

func (g *group) show() any { return groupAnswer{g.id, g.name, stamp(g.created)} }

func listGroups(c *call) (answer, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return cut(c, c.s.groups, func(g *group) string { return g.id }, (*group).show)
}

func groupDetails(c *call) (answer, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	id := c.r.PathValue("id")
	if g := c.s.group(id); g != nil {
		return answer{data: g.show()}, nil
	}
	return answer{}, notFound("Group", "Group", id)
}

func listGroupConnections(c *call) (answer, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	id := c.r.PathValue("id")
	if c.s.group(id) == nil {
		return answer{}, notFound("Group", "Group", id)
	}
	return c.listConnections(id)
}

func listConnections(c *call) (answer, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.listConnections(c.query.Get("group_id"))
}

// listConnections lists connections of one group, or of all of them. The caller holds the lock.
func (c *call) listConnections(group string) (answer, error) {
	schema, wanted := c.query["schema"]
	list := slices.DeleteFunc(slices.Clone(c.s.connections), func(k *connection) bool {
		return group != "" && k.group != group || wanted && k.schema != schema[0]
	})
	return cut(c, list, func(k *connection) string { return k.id }, func(k *connection) any {
		out := k.show()
		out.Config = nil // listings have no settings
		return out
	})
}

func connectionDetails(c *call) (answer, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	k := c.s.connection(c.r.PathValue("id"))
	if k == nil {
		return answer{}, connectionNotFound(c.r.PathValue("id"))
	}
	out := k.show()
	out.SetupTests = k.tests
	return answer{data: out}, nil
}

func deleteConnection(c *call) (answer, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	id := c.r.PathValue("id")
	k := c.s.connection(id)
	if k == nil {
		return answer{}, connectionNotFound(id)
	}
	c.s.remove(k, c.now)
	return answer{message: "Connection with id '" + id + "' has been deleted"}, nil
}

// remove deletes a connection. The caller holds the lock.
func (s *Server) remove(c *connection, now time.Time) {
	c.syncs++
	s.connections = slices.DeleteFunc(s.connections, func(k *connection) bool { return k == c })
	s.tell(c, now, "delete_connector", "", nil)
}

// sameSchema compares names of schemas as destinations do.
func sameSchema(a, b string) bool { return strings.EqualFold(a, b) }
