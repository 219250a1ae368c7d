package fivetran

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// webhook is an address that hears of events.
type webhook struct {
	id, group, url, secret string // no group for one of the whole account
	events                 []string
	active                 bool
	created                time.Time
}

// events are those that a webhook can ask for
// (https://fivetran.com/docs/rest-api/getting-started/webhooks).
var events = []string{
	"sync_start", "sync_end", "status", "dbt_run_start", "dbt_run_succeeded", "dbt_run_failed", "connection_successful", "connection_failure",
	"create_connector", "pause_connector", "resume_connector", "edit_connector", "delete_connector", "force_update_connector", "resync_connector", "resync_table",
}

type webhookAnswer struct {
	ID        string   `json:"id"`
	Type      string   `json:"type"`
	GroupID   string   `json:"group_id,omitempty"`
	URL       string   `json:"url"`
	Events    []string `json:"events"`
	Active    bool     `json:"active"`
	Secret    string   `json:"secret,omitempty"`
	CreatedAt string   `json:"created_at"`
	CreatedBy string   `json:"created_by"`
}

func (w *webhook) show() any {
	out := webhookAnswer{ID: w.id, Type: "account", GroupID: w.group, URL: w.url, Events: w.events, Active: w.active, CreatedAt: stamp(w.created), CreatedBy: owner}
	if w.group != "" {
		out.Type = "group"
	}
	if w.secret != "" {
		out.Secret = masked
	}
	return out
}

// webhookBody is the body of a request that makes or changes a webhook.
type webhookBody struct {
	URL    *string  `json:"url"`
	Events []string `json:"events"`
	Active *bool    `json:"active"`
	Secret *string  `json:"secret"`
}

// into puts what a request says into a webhook.
func (in webhookBody) into(w *webhook) error {
	if in.URL != nil {
		w.url = *in.URL
	}
	if in.Events != nil {
		w.events = in.Events
	}
	if in.Active != nil {
		w.active = *in.Active
	}
	if in.Secret != nil {
		w.secret = *in.Secret
	}
	u, err := url.Parse(w.url)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https":
		return invalid("'url' must be a secure URL")
	case len(w.events) == 0:
		return invalid("Field 'events' is required")
	}
	for _, e := range w.events {
		if !slices.Contains(events, e) {
			return invalid("Unknown event '%s'", e)
		}
	}
	return nil
}

func createWebhook(c *call) (answer, error) {
	var in webhookBody
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	s, w := c.s, &webhook{group: c.r.PathValue("group"), active: true, created: c.now}
	s.mu.Lock()
	known := w.group == "" || s.group(w.group) != nil
	s.mu.Unlock()
	if !known {
		return answer{}, notFound("Group", "Group", w.group)
	}
	if err := in.into(w); err != nil {
		return answer{}, err
	}
	if w.active && !s.reaches(c, w) {
		return answer{}, invalid("The endpoint did not answer the test request with success")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.id = s.newID()
	s.webhooks = append(s.webhooks, w)
	return answer{message: "Webhook has been created", data: w.show()}, nil
}

// reaches posts a test to a webhook that is to become active. The caller does not hold the lock.
func (s *Server) reaches(c *call, w *webhook) bool {
	status := s.post(c.r.Context(), w, s.dummy(w, c.now, w.events[0]))
	return status >= 200 && status < 300
}

// webhook returns the webhook of the request's path, as a copy. The caller does not hold the lock.
func (c *call) webhook() (*webhook, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	id := c.r.PathValue("id")
	for _, w := range c.s.webhooks {
		if w.id == id {
			copied := *w
			return &copied, nil
		}
	}
	return nil, notFound("Webhook", "Webhook", id)
}

func listWebhooks(c *call) (answer, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return cut(c, c.s.webhooks, func(w *webhook) string { return w.id }, (*webhook).show)
}

func webhookDetails(c *call) (answer, error) {
	w, err := c.webhook()
	if err != nil {
		return answer{}, err
	}
	return answer{data: w.show()}, nil
}

func modifyWebhook(c *call) (answer, error) {
	var in webhookBody
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	w, err := c.webhook()
	if err != nil {
		return answer{}, err
	}
	was := w.active
	if err := in.into(w); err != nil {
		return answer{}, err
	}
	if w.active && !was && !c.s.reaches(c, w) {
		return answer{}, invalid("The endpoint did not answer the test request with success")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for i := range c.s.webhooks {
		if c.s.webhooks[i].id == w.id {
			*c.s.webhooks[i] = *w
		}
	}
	return answer{message: "Webhook has been updated", data: w.show()}, nil
}

func deleteWebhook(c *call) (answer, error) {
	w, err := c.webhook()
	if err != nil {
		return answer{}, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.webhooks = slices.DeleteFunc(c.s.webhooks, func(k *webhook) bool { return k.id == w.id })
	return answer{message: "Webhook with id '" + w.id + "' has been deleted"}, nil
}

// testWebhook sends an event of a connection that does not exist.
func testWebhook(c *call) (answer, error) {
	var in struct {
		Event string `json:"event"`
	}
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	w, err := c.webhook()
	if err != nil {
		return answer{}, err
	}
	if !slices.Contains(events, in.Event) {
		return answer{}, invalid("Unknown event '%s'", in.Event)
	}
	status := c.s.post(c.r.Context(), w, c.s.dummy(w, c.now, in.Event))
	return answer{message: "Webhook has been sent", data: map[string]any{
		"succeed": status >= 200 && status < 300, "status": status, "message": http.StatusText(status),
	}}, nil
}
