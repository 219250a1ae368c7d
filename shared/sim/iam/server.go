package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
)

// Server is the simulated Google Cloud of one company. It is safe for concurrent use.
type Server struct {
	now         func() time.Time
	calls       *sim.Calls
	faults      *sim.Faults
	exists      func(member string) bool
	customRoles map[string][]string
	groupAdmins []string
	lag         Lag
	seed        uint64

	methods  []method
	agenda   sim.Agenda
	quotas   map[string]*sim.Quota
	language *language

	mu        sync.Mutex
	tokens    map[string]token
	resources map[string]*resource // by name: projects/etl-prj-prd
	root      *resource            // the organisation
	groups    Groups
	timed     map[membershipKey]*timed
	issued    int // tokens given out
}

// New returns a server seeded with the company. It is an error if the company contradicts
// itself, for example when a folder lies in one that there is not.
//
// Quotas start at those that Google publishes for IAM: 6,000 reads and 600 writes a minute are
// counted together here, as 6,000 requests, because the Resource Manager's own are not
// published; 60,000 tokens a minute; and 2,400 requests a minute for groups.
func New(o Options) (*Server, error) {
	if o.Company == nil || o.Now == nil {
		return nil, errors.New("new cloud: a company and a clock are needed")
	}
	env, err := theLanguage()
	if err != nil {
		return nil, fmt.Errorf("new cloud: %w", err)
	}
	s := &Server{
		now: o.Now, calls: o.Calls, faults: o.Faults, exists: o.Exists, customRoles: o.Roles,
		groupAdmins: slices.Clone(o.GroupAdministrators), lag: o.Lag, seed: o.Seed, language: env,
		quotas: map[string]*sim.Quota{Policies: {}, Credentials: {}, Identity: {}},
		tokens: map[string]token{}, resources: map[string]*resource{}, groups: o.Groups, timed: map[membershipKey]*timed{},
	}
	if s.calls == nil {
		s.calls = &sim.Calls{}
	}
	if s.faults == nil {
		s.faults = sim.NewFaults(o.Seed)
	}
	if s.groups == nil {
		s.groups = newCompanyGroups(o.Company, o.Seed)
	}
	for text, caller := range o.Tokens {
		s.tokens[text] = token{caller: Caller{Member: canonical(caller.Member), Scopes: slices.Clone(caller.Scopes)}}
	}
	s.quotas[Policies].Set(6_000, time.Minute)
	s.quotas[Credentials].Set(60_000, time.Minute)
	s.quotas[Identity].Set(2_400, time.Minute)
	if err := s.build(o.Company, o.Administrators); err != nil {
		return nil, fmt.Errorf("new cloud: %w", err)
	}
	s.methods = routes()
	return s, nil
}

// Agenda returns what the simulator will do later: it ends memberships.
func (s *Server) Agenda() *sim.Agenda { return &s.agenda }

// Quota returns the quota of one API: [Policies], [Credentials] or [Identity]. It is nil for any
// other name.
func (s *Server) Quota(api string) *sim.Quota { return s.quotas[api] }

// Scopes returns the OAuth scopes of a bearer token. The boolean is false for a token that does
// not exist or has expired.
func (s *Server) Scopes(text string) ([]string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[text]
	if !ok || t.over(s.now()) {
		return nil, false
	}
	return slices.Clone(t.caller.Scopes), true
}

// Methods returns the names of all methods that the simulator has, each with its API before
// it: iam.projects.setIamPolicy. They are sorted.
func (s *Server) Methods() []string {
	var out []string
	for _, m := range s.methods {
		out = append(out, m.api+"."+m.name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// token is a bearer token.
type token struct {
	caller Caller
	ends   time.Time // zero for one that does not end
}

func (t token) over(now time.Time) bool { return !t.ends.IsZero() && !now.Before(t.ends) }

// call is one request while it is answered. From the moment at which its answer is made, the
// server's lock is held.
type call struct {
	s      *Server
	r      *http.Request
	method *method
	args   []string // what stands in the placeholders of the path
	query  url.Values
	now    time.Time
	caller Caller
	fault  sim.FaultKind // one of those that change an answer, or none
}

// ServeHTTP answers one request to any of the APIs.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, args := s.route(r)
	if m == nil {
		send(w, http.StatusNotFound, notFound("The requested URL "+r.Method+" "+r.URL.Path+" was not found on this server."))
		return
	}
	c := &call{s: s, r: r, method: m, args: args, query: r.URL.Query(), now: s.now()}
	body, err := c.run()
	c.write(w, body, err)
}

// route finds the method that a request asks for.
func (s *Server) route(r *http.Request) (*method, []string) {
	for i, m := range s.methods {
		if m.verb != r.Method {
			continue
		}
		if found := m.path.FindStringSubmatch(r.URL.EscapedPath()); found != nil {
			args := make([]string, len(found)-1)
			for j, text := range found[1:] {
				arg, err := url.PathUnescape(text)
				if err != nil {
					return nil, nil
				}
				args[j] = arg
			}
			return &s.methods[i], args
		}
	}
	return nil, nil
}

// run does what the request asks for, or what a fault makes of it.
func (c *call) run() (any, error) {
	s, m := c.s, c.method
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	if err := c.misbehave(); err != nil {
		return nil, err
	}
	if !s.quotas[m.api].Allow(c.now) {
		e := tooManyRequests(m.service)
		e.quota = true
		return nil, e
	}
	if err := c.checkParameters(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endMemberships(c.now)
	body, err := m.answer(c)
	if err == nil && c.fault == sim.FaultAppliedBut500 {
		return nil, internalError()
	}
	return body, err
}

// authenticate checks the bearer token and its scopes.
func (c *call) authenticate() error {
	scheme, text, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return loginRequired()
	}
	c.s.mu.Lock()
	t, ok := c.s.tokens[text]
	c.s.mu.Unlock()
	if !ok || t.over(c.now) {
		return invalidCredentials()
	}
	c.caller = t.caller
	for _, scope := range c.method.scopes {
		if slices.Contains(t.caller.Scopes, scope) {
			return nil
		}
	}
	return missingScope(c.method.service, c.method.name)
}

// standardParameters are the query parameters of every Google API that have a meaning here or
// none that a caller could notice. https://cloud.google.com/apis/docs/system-parameters
var standardParameters = []string{"alt", "key", "prettyPrint", "quotaUser"}

// otherParameters are those that the simulator lacks.
var otherParameters = []string{"$.xgafv", "access_token", "callback", "fields", "oauth_token", "uploadType", "upload_protocol", "userIp"}

// checkParameters refuses query parameters that the method does not have, as Google's front
// end does.
func (c *call) checkParameters() error {
	names := make([]string, 0, len(c.query))
	for name := range c.query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch {
		case slices.Contains(c.method.params, name), slices.Contains(standardParameters, name):
		case slices.Contains(c.method.missing, name), slices.Contains(otherParameters, name):
			return invalid("the simulator does not support the parameter " + name)
		default:
			return invalid(fmt.Sprintf("Invalid JSON payload received. Unknown name %q: Cannot bind query parameter. Field '%s' could not be found in request message.", name, name))
		}
	}
	if alt := c.query.Get("alt"); alt != "" && alt != "json" {
		return invalid("the simulator does not support alt=" + alt)
	}
	return nil
}

// write sends the answer and counts the call.
func (c *call) write(w http.ResponseWriter, body any, err error) {
	var refusal *apiError
	if err != nil && !errors.As(err, &refusal) {
		refusal = internalError()
	}
	status, out := http.StatusOK, body
	if refusal != nil {
		status, out = refusal.code, refusal
	}
	dropped := errors.Is(err, sim.ErrDropped)
	if dropped {
		status = 0
	}
	c.s.calls.Add(sim.Call{API: c.method.api, Method: c.method.name, Status: status, Quota: refusal != nil && refusal.quota, At: c.now})
	if dropped {
		sim.Drop()
	}
	send(w, status, out)
}

func send(w http.ResponseWriter, status int, body any) {
	out, err := json.Marshal(body)
	if err != nil { // all bodies are made of texts, numbers and lists of them
		status, out = http.StatusInternalServerError, []byte(`{"error":{"code":500}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(out) // the client may be gone; there is nobody to tell
}

// decode reads the body of a request. Google refuses fields that it does not know, and bodies
// that do not say that they are JSON.
func (c *call) decode(into any) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return invalid("Unsupported content with type: " + c.r.Header.Get("Content-Type"))
	}
	d := json.NewDecoder(http.MaxBytesReader(nil, c.r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return invalid("Invalid JSON payload received. " + strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
