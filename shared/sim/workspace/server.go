package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
)

// Server is a simulated Google Workspace account. It is safe for concurrent use.
type Server struct {
	now    func() time.Time
	push   *http.Client
	calls  *sim.Calls
	faults *sim.Faults
	tokens map[string][]string
	robots map[string]string
	lag    Lag
	seed   uint64

	mux      *http.ServeMux
	served   []string // the names of all methods
	agenda   sim.Agenda
	quotas   map[string]*sim.Quota
	filtered sim.Quota // activities.list calls that filter

	mu sync.Mutex
	store
	audit
	domain     string
	customerID string
	created    int // groups made so far
}

// New returns a server seeded with the company. It is an error if the company contradicts
// itself, for example when one address belongs to two people.
//
// Quotas start at Google's documented ones: 2,400 requests a minute for the Directory and
// Reports APIs, and 100,000 a day for Groups Settings.
func New(o Options) (*Server, error) {
	if o.Company == nil || o.Now == nil {
		return nil, errors.New("new workspace: a company and a clock are needed")
	}
	s := &Server{
		now: o.Now, push: o.Push, calls: o.Calls, faults: o.Faults, tokens: o.Tokens, robots: o.Robots,
		lag: DefaultLag(), seed: o.Seed, domain: o.Company.Domain,
		quotas: map[string]*sim.Quota{Directory: {}, Settings: {}, Reports: {}},
	}
	if o.Lag != nil {
		s.lag = *o.Lag
	}
	if s.calls == nil {
		s.calls = &sim.Calls{}
	}
	if s.faults == nil {
		s.faults = sim.NewFaults(o.Seed)
	}
	s.quotas[Directory].Set(2_400, time.Minute)
	s.quotas[Reports].Set(2_400, time.Minute)
	s.SetDailyQuota(Settings, 100_000)
	s.filtered.Set(250, time.Minute)
	s.customerID = "C0" + base36(s.digest("customer", s.domain), 7)
	s.audit = audit{log: map[string][]*entry{}, usedIDs: map[string]bool{}}
	if err := s.seedFrom(o.Company); err != nil {
		return nil, err
	}
	s.mux = s.routes()
	return s, nil
}

// Agenda returns what the simulator will do later: it sends notifications and tries failed
// ones again.
func (s *Server) Agenda() *sim.Agenda { return &s.agenda }

// Quota returns the quota of one API: [Directory], [Settings] or [Reports]. It is nil for any
// other name.
func (s *Server) Quota(api string) *sim.Quota { return s.quotas[api] }

// CustomerID returns the immutable id of the Workspace account.
func (s *Server) CustomerID() string { return s.customerID }

// Scopes returns the OAuth scopes of a bearer token. The boolean is false for a token that does
// not exist.
func (s *Server) Scopes(token string) ([]string, bool) {
	scopes, ok := s.tokens[token]
	return slices.Clone(scopes), ok
}

// Methods returns the names of all methods that the simulator has, each with its API before
// it: directory.groups.list. They are sorted.
func (s *Server) Methods() []string { return slices.Sorted(slices.Values(s.served)) }

// ServeHTTP answers one request to any of the three APIs.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// method is one method of an API.
type method struct {
	api, name, service string
	scopes             []string // any of them is enough
	params             []string // query parameters besides the standard ones
	missing            []string // parameters that Google has and this simulator does not
	writes, lists      bool
	result             reflect.Type // what the fields parameter selects from, where it is a struct
	answer             func(*call) (any, error)
}

// call is one request while it is answered.
type call struct {
	s      *Server
	r      *http.Request
	method *method
	query  url.Values
	now    time.Time
	token  string
	fault  sim.FaultKind // one of those that change an answer, or none
}

// handler makes the HTTP handler of a method.
func (s *Server) handler(m method) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, r: r, method: &m, query: r.URL.Query(), now: s.now()}
		body, err := c.run()
		c.write(w, body, err)
	}
}

// run does what the request asks for, or what a fault makes of it.
func (c *call) run() (any, error) {
	s, m := c.s, c.method
	if err := c.authorize(); err != nil {
		return nil, err
	}
	if err := c.misbehave(); err != nil {
		return nil, err
	}
	if !s.quotas[m.api].Allow(c.now) {
		return nil, c.overQuota()
	}
	if err := c.checkParameters(); err != nil {
		return nil, err
	}
	body, err := m.answer(c)
	if err == nil && c.fault == sim.FaultAppliedBut500 {
		return nil, internalError()
	}
	return body, err
}

// authorize checks the bearer token and its scopes.
func (c *call) authorize() error {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return loginRequired()
	}
	scopes, ok := c.s.tokens[token]
	if !ok {
		return invalidCredentials()
	}
	c.token = token
	for _, scope := range c.method.scopes {
		if slices.Contains(scopes, scope) {
			return nil
		}
	}
	return missingScope(c.method.service, c.method.name)
}

// standardParameters are the query parameters of every Google API that have a meaning here or
// none that a caller could notice; otherParameters are those that the simulator lacks.
// https://cloud.google.com/apis/docs/system-parameters
var (
	standardParameters = []string{"alt", "fields", "key", "prettyPrint", "quotaUser"}
	otherParameters    = []string{"$.xgafv", "access_token", "callback", "oauth_token", "uploadType", "upload_protocol", "userIp"}
)

// checkParameters refuses query parameters that the method does not have, as Google's front
// end does.
func (c *call) checkParameters() error {
	for _, name := range sortedKeys(c.query) {
		switch {
		case slices.Contains(c.method.params, name), slices.Contains(standardParameters, name):
		case slices.Contains(c.method.missing, name), slices.Contains(otherParameters, name):
			return invalidParameter(name, "the simulator does not support the parameter "+name)
		default:
			return invalidParameter(name, fmt.Sprintf("Invalid JSON payload received. Unknown name %q: Cannot bind query parameter. Field '%s' could not be found in request message.", name, name))
		}
	}
	switch alt := c.query.Get("alt"); {
	case alt == "", alt == "json", alt == "atom" && c.method.api == Settings:
	default:
		return invalidParameter("alt", "the simulator does not support alt="+alt)
	}
	_, err := c.flag("prettyPrint")
	return err
}

// write sends the answer and counts the call.
func (c *call) write(w http.ResponseWriter, body any, err error) {
	status, out := http.StatusOK, []byte(nil)
	if err == nil && body == nil {
		status = http.StatusNoContent
	}
	if err == nil && body != nil {
		out, err = c.encode(body)
	}
	var refusal *apiError
	if err != nil && !errors.As(err, &refusal) {
		refusal = internalError()
	}
	if refusal != nil {
		status, out = refusal.code, c.encodeError(refusal)
	}
	dropped := errors.Is(err, sim.ErrDropped)
	if dropped {
		status = 0
	}
	c.s.calls.Add(sim.Call{API: c.method.api, Method: c.method.name, Status: status, Quota: refusal != nil && refusal.quota, At: c.now})
	if dropped {
		sim.Drop()
	}
	w.Header().Set("Date", c.now.UTC().Format(http.TimeFormat))
	if len(out) > 0 {
		w.Header().Set("Content-Type", c.contentType())
	}
	w.WriteHeader(status)
	// The client may be gone; there is nobody to tell.
	_, _ = w.Write(out)
}

// encode turns an answer into the body that the request asked for.
func (c *call) encode(body any) ([]byte, error) {
	out, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode the answer of %s: %w", c.method.name, err)
	}
	if mask := c.query.Get("fields"); mask != "" {
		sel, err := parseSelection(mask)
		if err != nil {
			return nil, invalidParameter("fields", "Invalid field selection "+mask)
		}
		bad := ""
		if c.method.api == Settings {
			bad = unknownSetting(sel)
		} else if c.method.result != nil {
			bad = sel.check(c.method.result)
		}
		if bad != "" {
			return nil, invalidParameter("fields", "Invalid field selection "+bad)
		}
		if out, err = sel.apply(out); err != nil {
			return nil, fmt.Errorf("select fields of %s: %w", c.method.name, err)
		}
	}
	if c.atom() {
		return atomEntry(out)
	}
	return out, nil
}

func (c *call) encodeError(e *apiError) []byte {
	if c.atom() {
		return atomError(e)
	}
	out, err := json.Marshal(e)
	if err != nil {
		return []byte(e.message)
	}
	return out
}

// atom reports whether the answer is XML, which the Groups Settings API sends unless asked
// for JSON.
func (c *call) atom() bool { return c.method.api == Settings && c.query.Get("alt") != "json" }

func (c *call) contentType() string {
	if c.atom() {
		return "application/atom+xml; charset=UTF-8"
	}
	return "application/json; charset=UTF-8"
}

// decode reads the body of a request. Google refuses fields that it does not know. What it makes
// of a body that does not say that it is JSON is not documented; the simulator refuses it.
func (c *call) decode(into any) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &apiError{
			code: http.StatusBadRequest, domain: "global", reason: "badContent",
			message: "Unsupported content with type: " + c.r.Header.Get("Content-Type"),
		}
	}
	d := json.NewDecoder(http.MaxBytesReader(nil, c.r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return &apiError{
			code: http.StatusBadRequest, domain: "global", reason: "badRequest", status: "INVALID_ARGUMENT",
			message: "Invalid JSON payload received. " + strings.TrimPrefix(err.Error(), "json: "),
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
