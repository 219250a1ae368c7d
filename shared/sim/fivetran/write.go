package fivetran

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// newConnection is the body of a request for a connection.
type newConnection struct {
	GroupID           string         `json:"group_id"`
	Service           string         `json:"service"`
	TrustCertificates bool           `json:"trust_certificates"`
	TrustFingerprints bool           `json:"trust_fingerprints"`
	RunSetupTests     *bool          `json:"run_setup_tests"`
	Paused            bool           `json:"paused"`
	PauseAfterTrial   bool           `json:"pause_after_trial"`
	SyncFrequency     *int           `json:"sync_frequency"`
	Sensitivity       string         `json:"data_delay_sensitivity"`
	DailySyncTime     string         `json:"daily_sync_time"`
	ScheduleType      string         `json:"schedule_type"`
	SchemaNames       string         `json:"destination_schema_names"`
	Networking        string         `json:"networking_method"`
	Card              *cardConfig    `json:"connect_card_config"`
	Config            map[string]any `json:"config"`
}

var (
	frequencies   = []int{1, 5, 15, 30, 60, 120, 180, 360, 480, 720, 1440}
	schedules     = []string{"auto", "manual"}
	schemaNamings = []string{"FIVETRAN_NAMING", "SOURCE_NAMING"}
)

func createConnection(c *call) (answer, error) {
	var in newConnection
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	kind := serviceNamed(in.Service)
	switch {
	case in.GroupID == "":
		return answer{}, invalid("Field 'group_id' is required")
	case c.s.group(in.GroupID) == nil:
		return answer{}, notFound("Group", "Group", in.GroupID)
	case in.Service == "":
		return answer{}, invalid("Field 'service' is required")
	case kind == nil:
		return answer{}, invalid("Unsupported connector service '%s'", in.Service)
	case in.SchemaNames == "":
		return answer{}, invalid("Field 'destination_schema_names' is required")
	case !slices.Contains(schemaNamings, in.SchemaNames):
		return answer{}, invalid("Invalid value of 'destination_schema_names'")
	}
	k := &connection{
		group: in.GroupID, service: kind, paused: in.Paused, frequency: 360, schedule: "auto", naming: in.SchemaNames,
		config: map[string]any{}, secrets: map[string]string{}, setup: incomplete, created: c.now, historic: true,
	}
	for _, err := range []error{k.schedules(in.SyncFrequency, in.ScheduleType), checkCard(in.Card), k.configure(in.Config, true)} {
		if err != nil {
			return answer{}, err
		}
	}
	k.card, k.schema = in.Card, kind.schemaName(k.config)
	for _, other := range c.s.connections {
		if other.group == k.group && sameSchema(other.schema, k.schema) {
			return answer{}, conflict("Connection with schema '" + k.schema + "' already exists in this destination")
		}
	}
	run := in.RunSetupTests == nil || *in.RunSetupTests
	if run {
		if err := c.spendTests(); err != nil {
			return answer{}, err
		}
	}
	k.id = c.s.newID()
	c.s.connections = append(c.s.connections, k)
	c.s.tell(k, c.now, "create_connector", "", nil)
	if run {
		c.s.runTests(k, c.now, in.TrustCertificates)
	}
	out := k.show()
	if run {
		out.SetupTests = k.tests
	}
	if k.card != nil {
		out.ConnectCard = c.s.newCard(k, k.card, c.now)
	}
	return answer{message: "Connection has been created", data: out}, nil
}

// schedules sets when syncs happen.
func (c *connection) schedules(frequency *int, schedule string) error {
	switch {
	case frequency != nil && !slices.Contains(frequencies, *frequency):
		return invalid("Invalid value of 'sync_frequency'")
	case schedule != "" && !slices.Contains(schedules, schedule):
		return invalid("Invalid value of 'schedule_type'")
	}
	if frequency != nil {
		c.frequency = *frequency
	}
	if schedule != "" {
		c.schedule = schedule
	}
	return nil
}

// checkCard refuses what a connect card cannot be.
func checkCard(card *cardConfig) error {
	switch {
	case card == nil:
		return nil
	case card.RedirectURI == "":
		return invalid("Field 'connect_card_config.redirect_uri' is required")
	case !strings.HasPrefix(card.RedirectURI, "https://") && !strings.HasPrefix(card.RedirectURI, "http://"):
		return invalid("'redirect_uri' must start with 'https' or 'http'")
	}
	return nil
}

// configure sets settings. Those that name the schema are needed at first and fixed later.
func (c *connection) configure(config map[string]any, first bool) error {
	for name, value := range config {
		f, ok := c.service.field(name)
		naming := slices.Contains(c.service.naming, name)
		switch {
		case !ok:
			return invalid("Unknown field 'config.%s'", name)
		case !f.takes(value):
			return invalid("Invalid value of 'config.%s'", name)
		case naming && !first && value != c.config[name]:
			return invalid("Field 'config.%s' cannot be changed", name)
		}
	}
	for _, name := range c.service.naming {
		if text, _ := config[name].(string); first && text == "" {
			return invalid("Field '%s' is required", name)
		}
	}
	for name, value := range config {
		if f, _ := c.service.field(name); f.secret {
			text, _ := value.(string)
			c.secrets[name], c.authorized = text, true
			continue
		}
		c.config[name] = value
	}
	return nil
}

// takes reports whether a setting can have a value.
func (f field) takes(value any) bool {
	switch f.kind {
	case "string":
		text, ok := value.(string)
		return ok && (len(f.choices) == 0 || slices.Contains(f.choices, text))
	case "integer":
		n, ok := value.(json.Number)
		if !ok {
			return false
		}
		_, err := n.Int64()
		return err == nil
	case "boolean":
		_, ok := value.(bool)
		return ok
	case "array":
		_, ok := value.([]any)
		return ok
	}
	return false
}

// change is the body of a request to change a connection.
type change struct {
	Config            map[string]any `json:"config"`
	Paused            *bool          `json:"paused"`
	TrustCertificates bool           `json:"trust_certificates"`
	TrustFingerprints bool           `json:"trust_fingerprints"`
	SyncFrequency     *int           `json:"sync_frequency"`
	ScheduleType      string         `json:"schedule_type"`
	DailySyncTime     *string        `json:"daily_sync_time"`
	PauseAfterTrial   *bool          `json:"pause_after_trial"`
	Historical        *bool          `json:"is_historical_sync"`
	RunSetupTests     *bool          `json:"run_setup_tests"`
}

func modifyConnection(c *call) (answer, error) {
	var in change
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	k := c.s.connection(c.r.PathValue("id"))
	if k == nil {
		return answer{}, connectionNotFound(c.r.PathValue("id"))
	}
	if in.Config == nil && in.Paused == nil && in.SyncFrequency == nil && in.ScheduleType == "" && in.DailySyncTime == nil && in.PauseAfterTrial == nil && in.Historical == nil {
		return answer{}, invalid("At least one persistent parameter must be specified")
	}
	run := in.RunSetupTests == nil || *in.RunSetupTests
	if run {
		if err := c.spendTests(); err != nil {
			return answer{}, err
		}
	}
	if err := (&connection{}).schedules(in.SyncFrequency, in.ScheduleType); err != nil {
		return answer{}, err
	}
	if err := k.configure(in.Config, false); err != nil {
		return answer{}, err
	}
	_ = k.schedules(in.SyncFrequency, in.ScheduleType) // it was tried: all changes or none
	if in.Config != nil || in.SyncFrequency != nil {
		c.s.tell(k, c.now, "edit_connector", "", nil)
	}
	if in.Paused != nil {
		c.s.pause(k, *in.Paused, c.now)
	}
	out := k.show()
	if run {
		c.s.runTests(k, c.now, in.TrustCertificates)
		out = k.show()
		out.SetupTests = k.tests
	}
	return answer{message: "Connection has been updated", data: out}, nil
}

// pause stops syncs, or lets them begin. The caller holds the lock.
func (s *Server) pause(c *connection, paused bool, now time.Time) {
	if c.paused == paused {
		return
	}
	c.paused = paused
	c.syncs++
	c.syncing = false
	if paused {
		s.tell(c, now, "pause_connector", "", nil)
		return
	}
	s.tell(c, now, "resume_connector", "", nil)
	s.schedule(c, now, 0)
}
