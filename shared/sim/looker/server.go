package looker

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
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

// Server is a simulated Looker instance. It is safe for concurrent use.
type Server struct {
	o      Options
	calls  *sim.Calls
	faults *sim.Faults
	mux    *http.ServeMux
	served []string // the names of all operations
	quota  sim.Quota

	mu sync.Mutex
	store
	tokens map[string]time.Time // → when it ends
	minted int
	month  string // the month that spent is about
	spent  int
	mails  []Mail
}

// New returns a server seeded with the company's Looker users. It is an error if the company's
// own account has no API key, or if two users have one address.
func New(o Options) (*Server, error) {
	if o.Company == nil || o.Now == nil || o.ClientID == "" || o.ClientSecret == "" {
		return nil, errors.New("new Looker: a company, a clock and an API key are needed")
	}
	o.TokenLife = cmp.Or(o.TokenLife, defaultTokenLife)
	s := &Server{o: o, calls: o.Calls, faults: o.Faults, tokens: map[string]time.Time{}}
	if s.calls == nil {
		s.calls = &sim.Calls{}
	}
	if s.faults == nil {
		s.faults = sim.NewFaults(o.Seed)
	}
	if err := s.seed(o.Company); err != nil {
		return nil, err
	}
	s.mux = s.routes()
	return s, nil
}

// Quota returns the instance's limit of calls in a time. There is none at first.
func (s *Server) Quota() *sim.Quota { return &s.quota }

// Methods returns the names of all operations that the simulator has, each with the API before
// it: looker.all_users. They are sorted.
func (s *Server) Methods() []string { return slices.Sorted(slices.Values(s.served)) }

// Administrative returns how many calls of this calendar month (UTC) count against the quota of
// the licence: all but signing in and out.
// https://docs.cloud.google.com/looker/docs/looker-core-edition-types
func (s *Server) Administrative() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turnMonth(s.o.Now())
	return s.spent
}

func (s *Server) turnMonth(now time.Time) {
	if month := now.UTC().Format("2006-01"); month != s.month {
		s.month, s.spent = month, 0
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// object is a JSON object.
type object = map[string]any

// operation is one operation of the API.
type operation struct {
	name      string
	open      bool     // needs no token
	params    []string // query parameters
	missing   []string // parameters that Looker has and this simulator does not
	writes    bool
	lists     bool
	conflicts bool  // can be answered with 409
	selects   shape // what the fields parameter selects from; nil where there is none
	answer    func(*call) (any, error)
}

// call is one request while it is answered.
type call struct {
	s     *Server
	r     *http.Request
	op    *operation
	query url.Values
	now   time.Time
	fault sim.FaultKind // one of those that change an answer, or none
}

func (s *Server) handler(op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, r: r, op: &op, query: r.URL.Query(), now: s.o.Now()}
		body, err := c.run()
		c.write(w, body, err)
	}
}

// run does what the request asks for, or what a fault makes of it.
func (c *call) run() (any, error) {
	if err := c.misbehave(); err != nil {
		return nil, err
	}
	if !c.s.quota.Allow(c.now) {
		e := tooMany("Too Many Requests")
		e.quota = true
		return nil, e
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if !c.op.open {
		if err := c.authenticate(); err != nil {
			return nil, err
		}
	}
	if err := c.countMonthly(); err != nil {
		return nil, err
	}
	if err := c.checkParameters(); err != nil {
		return nil, err
	}
	asked, err := c.selection()
	if err != nil {
		return nil, err
	}
	body, err := c.op.answer(c)
	if err != nil {
		return nil, err
	}
	if c.fault == sim.FaultAppliedBut500 {
		return nil, &apiError{status: http.StatusInternalServerError, message: "Internal Server Error"}
	}
	return asked.of(body), nil
}

// authenticate checks the token, in either of the two forms that Looker takes.
func (c *call) authenticate() error {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	ends, ok := c.s.tokens[token]
	if !strings.EqualFold(scheme, "Bearer") && scheme != "token" || !ok || !c.now.Before(ends) {
		return notAuthenticated()
	}
	if c.s.self.truth().disabled {
		return notAuthenticated()
	}
	return nil
}

// countMonthly counts what the licence counts, and refuses what exceeds it.
func (c *call) countMonthly() error {
	if c.op.open || c.op.name == "logout" {
		return nil
	}
	c.s.turnMonth(c.now)
	if c.s.o.Monthly > 0 && c.s.spent >= c.s.o.Monthly {
		e := tooMany("The quota of administrative API calls is spent")
		e.quota = true
		return e
	}
	c.s.spent++
	return nil
}

// checkParameters refuses query parameters that the operation does not have. What Looker does
// with them is not documented.
func (c *call) checkParameters() error {
	for _, name := range sortedKeys(c.query) {
		switch {
		case slices.Contains(c.op.missing, name):
			return unsupported("the parameter " + name)
		case name != "fields" && !slices.Contains(c.op.params, name), name == "fields" && c.op.selects == nil:
			return badRequest("unknown parameter " + name)
		case len(c.query[name]) > 1:
			return badRequest("the parameter " + name + " is there more than once")
		}
	}
	return nil
}

// write sends the answer and counts the call.
func (c *call) write(w http.ResponseWriter, body any, err error) {
	status := http.StatusOK
	if err == nil && body == nil {
		status = http.StatusNoContent
	}
	var refusal *apiError
	if err != nil && !errors.As(err, &refusal) {
		refusal = &apiError{status: http.StatusInternalServerError, message: "Internal Server Error"}
	}
	if refusal != nil {
		status, body = refusal.status, refusal.body()
	}
	dropped := errors.Is(err, sim.ErrDropped)
	if dropped {
		status = 0
	}
	c.s.calls.Add(sim.Call{API: API, Method: c.op.name, Status: status, Quota: refusal != nil && refusal.quota, At: c.now})
	if dropped {
		sim.Drop()
	}
	w.Header().Set("Date", c.now.Add(c.s.o.Skew).UTC().Format(http.TimeFormat))
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "encode the answer of "+c.op.name, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	// The client may be gone; there is nobody to tell.
	_, _ = w.Write(text)
}

// decode reads the body of a request as JSON.
func (c *call) decode(into any) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return badRequest("the body must be application/json")
	}
	text, err := io.ReadAll(http.MaxBytesReader(nil, c.r.Body, 1<<20))
	if err != nil {
		return badRequest("the body cannot be read")
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(into); err != nil {
		return badRequest("the body is no JSON of this form")
	}
	return nil
}

// flag reads a parameter that is true or false.
func (c *call) flag(name string) (value, given bool, err error) {
	switch text := c.query.Get(name); text {
	case "":
		return false, false, nil
	case "true", "false":
		return text == "true", true, nil
	default:
		return false, true, badRequest(name + " must be true or false")
	}
}

// number reads a parameter that is a whole number from zero.
func (c *call) number(name string, absent int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, badRequest(name + " must be a whole number from 0")
	}
	return int(n), nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
