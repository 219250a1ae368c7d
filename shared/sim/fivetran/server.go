package fivetran

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
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
)

// Server is a simulated Fivetran account. It is safe for concurrent use, and holds no lock while
// it sends a webhook.
type Server struct {
	opt    Options
	mux    *http.ServeMux
	served []string // the names of all operations
	agenda sim.Agenda
	limits map[limit][]*sim.Quota

	mu          sync.Mutex
	key, secret string
	groups      []*group
	connections []*connection // in the order of creation
	webhooks    []*webhook
	made        int // ids made so far
}

// New returns an account seeded with the company's groups and connections.
func New(o Options) (*Server, error) {
	if o.Company == nil || o.Now == nil || o.Key == "" || o.Secret == "" {
		return nil, errors.New("new fivetran: a company, a clock and an API key are needed")
	}
	if o.Cards == "" {
		o.Cards = "https://fivetran.com"
	}
	if o.Calls == nil {
		o.Calls = &sim.Calls{}
	}
	if o.Faults == nil {
		o.Faults = sim.NewFaults(o.Seed)
	}
	if o.SyncTime == 0 {
		o.SyncTime = 5 * time.Minute
	}
	s := &Server{opt: o, key: o.Key, secret: o.Secret, limits: documentedLimits()}
	s.seed(o.Company.Fivetran)
	s.mux = s.routes()
	return s, nil
}

// Agenda returns what the account will do later: it sends webhooks, and syncs.
func (s *Server) Agenda() *sim.Agenda { return &s.agenda }

// Quota returns the quota of all requests, 20,000 an hour at first.
func (s *Server) Quota() *sim.Quota { return s.limits[everyRequest][0] }

// Operations returns the names of all operations of the API that the server has, as Fivetran's
// OpenAPI document calls them, sorted.
func (s *Server) Operations() []string { return slices.Sorted(slices.Values(s.served)) }

// ServeHTTP answers a request to the API or to a connect card.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// limit is a class of requests that Fivetran limits
// (https://fivetran.com/docs/rest-api/rate-limiting).
type limit int

const (
	everyRequest limit = iota
	setupTests
	sourceInteraction
)

func documentedLimits() map[limit][]*sim.Quota {
	quota := func(n int, per time.Duration) *sim.Quota {
		q := &sim.Quota{}
		q.Set(n, per)
		return q
	}
	return map[limit][]*sim.Quota{
		everyRequest:      {quota(20_000, time.Hour)},
		setupTests:        {quota(250, time.Minute), quota(2_500, time.Hour)},
		sourceInteraction: {quota(500, time.Minute), quota(5_000, time.Hour)},
	}
}

// spend counts a request of a class, and refuses it where a limit is reached.
func (s *Server) spend(now time.Time, class limit) error {
	for _, q := range s.limits[class] {
		if !q.Allow(now) {
			_, per := q.Limit()
			e := tooMany("Too many requests. Please try again later.", per)
			e.quota = true
			return e
		}
	}
	return nil
}

// operation is one operation of the API.
type operation struct {
	name          string
	params        []string // query parameters
	writes, lists bool
	created       bool // answers with 201
	answer        func(*call) (answer, error)
}

// answer is what an operation answers with.
type answer struct {
	message string
	data    any // nil where the answer has none
}

// call is one request while it is answered.
type call struct {
	s     *Server
	r     *http.Request
	op    *operation
	query url.Values
	now   time.Time
	body  []byte
	fault sim.FaultKind // one of those that change an answer, or none
}

func (s *Server) handler(op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, r: r, op: &op, query: r.URL.Query(), now: s.opt.Now()}
		a, err := c.run()
		c.write(w, a, err)
	}
}

// run does what the request asks for, or what a fault makes of it.
func (c *call) run() (answer, error) {
	if err := c.authorize(); err != nil {
		return answer{}, err
	}
	if err := c.misbehave(); err != nil {
		return answer{}, err
	}
	if err := c.s.spend(c.now, everyRequest); err != nil {
		return answer{}, err
	}
	if err := c.checkHeaders(); err != nil {
		return answer{}, err
	}
	for name := range c.query {
		if !slices.Contains(c.op.params, name) {
			return answer{}, invalid("Unknown query parameter '%s'", name)
		}
	}
	a, err := c.op.answer(c)
	if err == nil && c.fault == sim.FaultAppliedBut500 {
		return answer{}, internalError()
	}
	return a, err
}

// authorize checks the API key.
func (c *call) authorize() error {
	key, secret, ok := c.r.BasicAuth()
	if !ok {
		return unauthorized("Missing authorization header")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	same := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	if !same(key, c.s.key) || !same(secret, c.s.secret) {
		return unauthorized("Invalid authorization credentials")
	}
	return nil
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
	switch kind := c.s.opt.Faults.Draw(c.now, API, kinds...); kind {
	case sim.FaultDown:
		return &apiError{status: http.StatusServiceUnavailable, code: "ServiceUnavailable", message: "Service is temporarily unavailable"}
	case sim.FaultTimeout:
		return sim.ErrDropped
	case sim.Fault429, sim.Fault403Quota: // Fivetran has no other way of saying so
		return tooMany("Too many requests. Please try again later.", time.Minute)
	case sim.Fault500:
		return internalError()
	case sim.FaultConflict:
		return conflict("The request conflicts with another one")
	default:
		c.fault = kind
		return nil
	}
}

// checkHeaders refuses what Fivetran cannot answer with or does not read.
func (c *call) checkHeaders() error {
	if accept := c.r.Header.Get("Accept"); accept != "" && !slices.ContainsFunc(strings.Split(accept, ","), acceptable) {
		return &apiError{status: http.StatusNotAcceptable, code: "NotAcceptable", message: "HTTP 406 Not Acceptable"}
	}
	if c.r.Method != http.MethodPost && c.r.Method != http.MethodPatch {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &apiError{status: http.StatusUnsupportedMediaType, code: "UnsupportedMediaType", message: "HTTP 415 Unsupported Media Type"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, c.r.Body, 1<<20))
	if err != nil {
		return invalid("Request body cannot be read")
	}
	c.body = body
	return nil
}

func acceptable(accept string) bool {
	kind, params, err := mime.ParseMediaType(accept)
	if err != nil || kind != "application/json" && kind != "*/*" && kind != "application/*" {
		return false
	}
	version, versioned := params["version"]
	return !versioned || version == "1" || version == "2"
}

// decode reads the body of a request.
func (c *call) decode(into any) error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return invalid("Request body is missing")
	}
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return invalid("Invalid request body: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.More() {
		return invalid("Invalid request body: more than one value")
	}
	return nil
}

// write sends the answer and counts the call.
func (c *call) write(w http.ResponseWriter, a answer, err error) {
	status := http.StatusOK
	if c.op.created {
		status = http.StatusCreated
	}
	var refusal *apiError
	if err != nil && !errors.As(err, &refusal) {
		refusal = internalError()
	}
	out := struct {
		Code    string `json:"code"`
		Message string `json:"message,omitempty"`
		Data    any    `json:"data,omitempty"`
	}{"Success", a.message, a.data}
	if refusal != nil {
		status = refusal.status
		out.Code, out.Message, out.Data = refusal.code, refusal.message, nil
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
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	// The client may be gone; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(out)
}
