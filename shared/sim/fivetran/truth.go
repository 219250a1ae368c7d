package fivetran

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// TestResult is one result of a setup test, in a script.
type TestResult struct {
	Title   string
	Status  string // [Passed], [Skipped], [Warning], [Failed] or [JobFailed]
	Message string
}

// Connection is the truth about a connection.
type Connection struct {
	ID, Name, Service, Group string
	// Setup is incomplete, connected or broken; Sync is paused, syncing or scheduled.
	Setup, Sync string
	Paused      bool
	// Authorized says that somebody has entered credentials.
	Authorized bool
	Config     map[string]any
	Created    time.Time
	// Succeeded is when the latest sync ended well; zero for never.
	Succeeded time.Time
}

// Is reports whether a word describes the connection: its setup state, its sync state, or paused.
func (c Connection) Is(word string) bool {
	return word == c.Setup || word == c.Sync || word == "paused" && c.Paused
}

// Connection returns the connection of that name. The boolean is false without one; where groups
// have the same name it is the one that was made last.
func (s *Server) Connection(name string) (Connection, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.named(name)
	if err != nil {
		return Connection{}, false
	}
	return c.truth(), true
}

// Connections returns all connections, sorted by name and group.
func (s *Server) Connections() []Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Connection
	for _, c := range s.connections {
		out = append(out, c.truth())
	}
	slices.SortFunc(out, func(a, b Connection) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Group, b.Group)) })
	return out
}

func (c *connection) truth() Connection {
	shown := c.show()
	return Connection{
		ID: c.id, Name: c.schema, Service: c.service.id, Group: c.group, Setup: c.setup, Sync: c.syncState(), Paused: c.paused,
		Authorized: c.authorized, Config: shown.Config, Created: c.created, Succeeded: c.succeeded,
	}
}

// named returns the newest connection of that name. The caller holds the lock.
func (s *Server) named(name string) (*connection, error) {
	for _, c := range slices.Backward(s.connections) {
		if sameSchema(c.schema, name) {
			return c, nil
		}
	}
	return nil, fmt.Errorf("connection %s: %w", name, ErrNotFound)
}

// OpenCard returns what a person sees who opens a connect card. A card that is too old, or whose
// connection is gone, says so itself. The error is [ErrInvalid] for an address that is none of a card;
// it does not hold the address.
func (s *Server) OpenCard(uri string) (Card, error) {
	c, query, err := s.open(uri)
	if errors.Is(err, ErrInvalid) {
		return Card{}, fmt.Errorf("open a connect card: %w", err)
	}
	if err != nil {
		text, _ := over(err)
		return Card{Over: text}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.view(query, nil), nil
}

// Submission is what a person sees after they sent a connect card.
type Submission struct {
	// Redirect is where the browser was sent; empty when the card was shown again.
	Redirect string
	// Tests are the results of the setup tests.
	Tests []TestResult
}

// SubmitCard does what an owner does who opens a connect card, fills it in and sends it. Without
// values each secret setting of the service is filled in with something.
func (s *Server) SubmitCard(uri string, values map[string]string) (Submission, error) {
	c, query, err := s.open(uri)
	if err != nil {
		return Submission{}, fmt.Errorf("submit a connect card: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if values == nil {
		values = map[string]string{}
		for _, f := range c.service.fields {
			if f.secret {
				values[f.name] = "entered by the owner"
			}
		}
	}
	out := Submission{Redirect: s.enter(c, query, values, s.opt.Now())}
	for _, t := range c.tests {
		out.Tests = append(out.Tests, TestResult(t))
	}
	return out, nil
}

// AbandonCard does what an owner does who opens a connect card, looks at it and goes away.
func (s *Server) AbandonCard(uri string) error {
	if _, _, err := s.open(uri); err != nil {
		return fmt.Errorf("open a connect card: %w", err)
	}
	return nil
}

// open returns the connection of a card's address. The error is [ErrNotFound], [ErrExpired] or
// [ErrInvalid]; it does not hold the address.
func (s *Server) open(uri string) (*connection, url.Values, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme+"://"+u.Host != s.opt.Cards || u.Path != "/connect-card/setup" {
		return nil, nil, fmt.Errorf("it is none of a connect card: %w", ErrInvalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cardOf(u.Query().Get("auth"), s.opt.Now())
	return c, u.Query(), err
}

// ScriptTests sets the results of the next runs of a connection's setup tests, one list for each
// run; the last one stays. Without any, results follow from the connection again.
func (s *Server) ScriptTests(name string, runs ...[]TestResult) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.named(name)
	if err != nil {
		return fmt.Errorf("script setup tests: %w", err)
	}
	c.script = nil
	for _, run := range runs {
		var results []testResult
		for _, t := range run {
			results = append(results, testResult(t))
		}
		c.script = append(c.script, results)
	}
	return nil
}

// SlowTests lets setup tests through the API take so long that no caller waits for them: the
// request is not answered, and what follows from the tests happens after that time. Zero lets them
// be quick again.
func (s *Server) SlowTests(name string, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.named(name)
	if err != nil {
		return fmt.Errorf("slow setup tests: %w", err)
	}
	c.slow = d
	return nil
}

// FailSyncs lets the next syncs of a connection end badly although its credentials work. Each is
// tried again soon. The message is what Fivetran says about it until a sync ends well.
func (s *Server) FailSyncs(name string, n int, message string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.named(name)
	if err != nil {
		return fmt.Errorf("fail syncs: %w", err)
	}
	c.stumbles, c.trouble = n, message
	return nil
}

// Revoke lets the source refuse the credentials from now on, as it does when somebody changes a
// password there. Fivetran finds out at the next sync or test.
func (s *Server) Revoke(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.named(name)
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	c.revoked = true
	return nil
}

// Break is [Server.Revoke], and Fivetran finds out at once.
func (s *Server) Break(name string) error {
	if err := s.Revoke(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.named(name)
	if err != nil {
		return fmt.Errorf("break: %w", err)
	}
	now := s.opt.Now()
	c.failed, c.syncing = now, false
	c.syncs++
	if c.setup == connected {
		c.setup = broken
	}
	s.tell(c, now, "connection_failure", "", nil)
	return nil
}

// DeleteGroup removes a destination and all that belongs to it.
func (s *Server) DeleteGroup(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.group(id) == nil {
		return fmt.Errorf("delete group %s: %w", id, ErrNotFound)
	}
	s.groups = slices.DeleteFunc(s.groups, func(g *group) bool { return g.id == id })
	for _, c := range slices.Clone(s.connections) {
		if c.group == id {
			s.remove(c, s.opt.Now())
		}
	}
	return nil
}

// DeleteConnection removes a connection, as somebody does in Fivetran's own pages.
func (s *Server) DeleteConnection(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.named(name)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	s.remove(c, s.opt.Now())
	return nil
}

// Pause pauses or unpauses a connection, as somebody does in Fivetran's own pages.
func (s *Server) Pause(name string, paused bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.named(name)
	if err != nil {
		return fmt.Errorf("pause: %w", err)
	}
	s.pause(c, paused, s.opt.Now())
	return nil
}

// Rotate replaces the API key: the old one is refused from now on.
func (s *Server) Rotate(key, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key, s.secret = key, secret
}

// RunNext runs what is due next on the agenda at the server's clock and reports whether there was
// anything.
func (s *Server) RunNext(ctx context.Context) bool { return s.agenda.RunNext(ctx, s.opt.Now()) }
