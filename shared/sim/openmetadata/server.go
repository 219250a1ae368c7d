package openmetadata

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// API is the name under which calls are counted, faults are drawn and the quota is kept.
const API = "openmetadata"

// Bot is an account for programs.
type Bot struct {
	// Name is the bot's user name; changes are recorded under it.
	Name string
	// Admin lets the bot change everything. Without it the bot may only read.
	Admin bool
}

// Options says what a Server is made of. Company and Now are required.
type Options struct {
	// Company seeds users, tables and teams. It is not changed.
	Company *org.Company
	// Now is the clock. It must not run backwards.
	Now func() time.Time
	// Tokens maps bearer tokens to bots. It may not change while the server is in use.
	Tokens map[string]Bot
	// Calls counts what is asked, Faults makes it go wrong. Both may be nil.
	Calls  *sim.Calls
	Faults *sim.Faults
	// TeamOf returns the name of the team that has its people from a group, by which the company may
	// say that a team owns a table; empty for no team. It may be nil.
	TeamOf func(group string) string
	// Seed makes ids; the same seed and the same requests give the same answers.
	Seed uint64
}

// Server is a simulated OpenMetadata server. It is safe for concurrent use.
type Server struct {
	opt    Options
	mux    *http.ServeMux
	served []string
	quota  sim.Quota

	mu       sync.Mutex
	entities map[string]*entity // by id
	made     int
}

// New returns a server seeded with the company. It is an error if the company contradicts
// itself.
func New(o Options) (*Server, error) {
	if o.Company == nil || o.Now == nil {
		return nil, errors.New("new openmetadata: a company and a clock are needed")
	}
	if o.Calls == nil {
		o.Calls = &sim.Calls{}
	}
	if o.Faults == nil {
		o.Faults = sim.NewFaults(o.Seed)
	}
	s := &Server{opt: o, entities: map[string]*entity{}}
	if err := s.seed(); err != nil {
		return nil, fmt.Errorf("new openmetadata: %w", err)
	}
	s.mux = s.routes()
	return s, nil
}

// Quota returns the quota of all requests. It allows everything at first.
func (s *Server) Quota() *sim.Quota { return &s.quota }

// Operations returns the names of all operations that the server has, as OpenMetadata's own
// description calls them, sorted.
func (s *Server) Operations() []string { return slices.Sorted(slices.Values(s.served)) }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// operation is one operation of the API.
type operation struct {
	name          string
	kind          *kind
	params        []string
	writes, lists bool
	media         string // the type of the request's body; empty for none
	answer        func(*call) (int, any, error)
}

// call is one request while it is answered. The server's lock is held while it is.
type call struct {
	s     *Server
	r     *http.Request
	op    *operation
	kind  *kind
	query url.Values
	now   time.Time
	bot   Bot
	body  []byte
	fault sim.FaultKind
}

func (s *Server) handler(op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, r: r, op: &op, kind: op.kind, query: r.URL.Query(), now: s.opt.Now()}
		status, body, err := c.run()
		c.write(w, status, body, err)
	}
}

// run does what the request asks for, or what a fault makes of it.
func (c *call) run() (int, any, error) {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	bot, ok := c.s.opt.Tokens[token]
	switch {
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return 0, nil, refuse(http.StatusUnauthorized, "Not Authorized! Token not present")
	case !ok:
		return 0, nil, refuse(http.StatusUnauthorized, "Not Authorized! Invalid Token")
	}
	c.bot = bot
	if err := c.misbehave(); err != nil {
		return 0, nil, err
	}
	if !c.s.quota.Allow(c.now) {
		e := refuse(http.StatusTooManyRequests, "Too many requests")
		_, e.wait = c.s.quota.Limit()
		e.quota = true
		return 0, nil, e
	}
	if c.op.writes && !bot.Admin {
		return 0, nil, refuse(http.StatusForbidden, "Principal: CatalogPrincipal{name='%s'} operations not allowed", bot.Name)
	}
	for name := range c.query {
		if !slices.Contains(c.op.params, name) {
			return 0, nil, refuse(http.StatusBadRequest, "query param %s is unknown", name)
		}
	}
	if err := c.read(); err != nil {
		return 0, nil, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	status, body, err := c.op.answer(c)
	if err == nil && c.fault == sim.FaultAppliedBut500 {
		return 0, nil, internalError()
	}
	return status, body, err
}

// misbehave draws from the fault script and returns the error that a fault makes of this request,
// if any. Faults that change an answer instead are kept in the call.
func (c *call) misbehave() error {
	kinds := []sim.FaultKind{sim.FaultDown, sim.FaultTimeout, sim.Fault429, sim.Fault403Quota, sim.Fault500}
	if c.op.writes {
		kinds = append(kinds, sim.FaultConflict, sim.FaultAppliedBut500)
	}
	if c.op.lists {
		kinds = append(kinds, sim.FaultPartial, sim.FaultEmpty)
	}
	switch drawn := c.s.opt.Faults.Draw(c.now, API, kinds...); drawn {
	case sim.FaultDown:
		return refuse(http.StatusServiceUnavailable, "Service Unavailable")
	case sim.FaultTimeout:
		return sim.ErrDropped
	case sim.Fault429, sim.Fault403Quota: // there is no other way of saying so here
		e := refuse(http.StatusTooManyRequests, "Too many requests")
		e.wait = 30 * time.Second
		return e
	case sim.Fault500:
		return internalError()
	case sim.FaultConflict:
		return refuse(http.StatusConflict, "Conflict")
	default:
		c.fault = drawn
		return nil
	}
}

// read reads the body and checks its type.
func (c *call) read() error {
	if c.op.media == "" {
		return nil
	}
	if media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || media != c.op.media {
		return refuse(http.StatusUnsupportedMediaType, "HTTP 415 Unsupported Media Type")
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, c.r.Body, 4<<20))
	if err != nil {
		return refuse(http.StatusBadRequest, "Unable to process JSON")
	}
	c.body = body
	return nil
}

// decodeStrictly reads JSON into a value. What the value has no place for is an error.
func decodeStrictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || d.More() {
		text := "more than one value"
		if err != nil {
			text = strings.TrimPrefix(err.Error(), "json: ")
		}
		return refuse(http.StatusBadRequest, "Unable to process JSON: %s", text)
	}
	return nil
}

// write sends the answer and counts the call.
func (c *call) write(w http.ResponseWriter, status int, body any, err error) {
	var refusal *apiError
	if err != nil && !errors.As(err, &refusal) {
		refusal = internalError()
	}
	if refusal != nil {
		status, body = refusal.Code, refusal
	}
	dropped := errors.Is(err, sim.ErrDropped)
	if dropped {
		status = 0
	}
	c.s.opt.Calls.Add(sim.Call{API: API, Method: c.op.name, Status: status, Quota: refusal != nil && refusal.quota, At: c.now})
	if dropped {
		sim.Drop()
	}
	if refusal != nil && refusal.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(refusal.wait.Seconds()))))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		// The client may be gone; there is nobody to tell.
		_ = json.NewEncoder(w).Encode(body)
	}
}

// apiError is an answer that refuses, in OpenMetadata's form.
type apiError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`

	wait  time.Duration
	quota bool
}

// Error implements error.
func (e *apiError) Error() string { return e.Message }

func refuse(code int, format string, args ...any) *apiError {
	return &apiError{Code: code, Message: fmt.Sprintf(format, args...)}
}

func internalError() *apiError {
	return refuse(http.StatusInternalServerError, "An exception was thrown")
}

func notFound(kind, name string) *apiError {
	return refuse(http.StatusNotFound, "%s instance for %s not found", kind, name)
}
