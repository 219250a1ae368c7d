package slack

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
)

// Options describe a workspace. Only Now is required.
type Options struct {
	// People are the first members; [Server.AddPerson] adds more.
	People []Person
	// Channels are public channels such as "#looker-admins" in which the app is a member and
	// nobody else yet; see [Server.Join] and [Server.AddChannel].
	Channels []string
	// Now is the controlled clock. It must be safe for concurrent use.
	Now func() time.Time
	// Token is the bot token that the API accepts.
	Token string
	// Scopes are what the token may. Nil is everything.
	Scopes []string
	// SigningSecret signs what is POSTed to the app.
	SigningSecret string
	// Interact is the URL to which interactions, slash commands and events are POSTed.
	Interact string
	// Client sends those POSTs. Nil means [http.DefaultClient].
	Client *http.Client
	// Hooks is the base of response URLs, without a final slash. Empty means
	// "https://hooks.slack.com": the Server must then be reachable under that host.
	Hooks string
	// Calls, if not nil, counts requests as API "slack" with Slack's names of methods, and
	// "response_url" for response URLs.
	Calls *sim.Calls
	// Faults, if not nil, is drawn from as API "slack": once for each request, once more for
	// each page of a listing (partial, empty), and once for each event (lost, duplicate).
	Faults *sim.Faults
	// TeamID and AppID default to "T0000000001" and "A0000000001".
	TeamID, AppID string
	// EditWindow is how long after posting a message can be updated. Zero is for ever.
	EditWindow time.Duration
}

// Server is a simulated workspace. It is safe for concurrent use, and holds no lock while it
// POSTs to the app, which may call the API before it answers.
type Server struct {
	opt Options

	mu         sync.Mutex
	bot        *person
	botID      string
	people     []*person // in the order of joining, with Slackbot and the app's own user
	byID       map[string]*person
	byEmail    map[string]*person // addresses in lower case
	channels   []*channel
	channelIDs map[string]*channel
	messages   []*message // oldest first
	byTS       map[string]*message
	broadcasts []Message
	triggers   map[string]*trigger
	responses  map[string]*responseURL
	views      map[string]*view
	groups     []UserGroup
	limits     map[string]*window
	posts      map[string]*bucket // by channel id
	made       int64              // when the app and the user groups were made, seconds since 1970
	lastTS     int64              // microseconds since 1970
	seq        int                // last number given to a trigger, view, event or response URL
}

// New returns a workspace with the app installed.
func New(o Options) *Server {
	if o.TeamID == "" {
		o.TeamID = "T0000000001"
	}
	if o.AppID == "" {
		o.AppID = "A0000000001"
	}
	if o.Hooks == "" {
		o.Hooks = "https://hooks.slack.com"
	}
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	s := &Server{
		opt:        o,
		made:       o.Now().Unix(),
		botID:      hashedID("B", o.AppID),
		byID:       map[string]*person{},
		byEmail:    map[string]*person{},
		channelIDs: map[string]*channel{},
		byTS:       map[string]*message{},
		triggers:   map[string]*trigger{},
		responses:  map[string]*responseURL{},
		views:      map[string]*view{},
		limits:     map[string]*window{},
		posts:      map[string]*bucket{},
	}
	s.enrol(&person{Person: Person{Name: "Slackbot"}, id: slackbotID, handle: "slackbot"})
	s.bot = s.enrol(&person{Person: Person{Name: "Sekisho", Bot: true}, id: hashedID("U", o.AppID), handle: "sekisho"})
	for _, p := range o.People {
		s.AddPerson(p)
	}
	for _, name := range o.Channels {
		s.addChannel(Channel{Name: name})
	}
	return s
}

// BotUserID returns the user id of the app's bot.
func (s *Server) BotUserID() string { return s.bot.id }

// Methods returns the names of the Web API's methods that are imitated, sorted.
func Methods() []string { return slices.Sorted(maps.Keys(methods)) }

// ServeHTTP serves the Web API below /api/ and response URLs below /actions/ and /commands/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var name string
	var a answer
	now := s.opt.Now()
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/"):
		name = strings.TrimPrefix(r.URL.Path, "/api/")
		if s.opt.Scopes != nil {
			w.Header().Set(scopesHeader, strings.Join(s.opt.Scopes, ","))
		}
		a = s.serveFaults(now, func() answer { return s.serveAPI(r, name, now) })
	case strings.HasPrefix(r.URL.Path, "/actions/"), strings.HasPrefix(r.URL.Path, "/commands/"):
		name = "response_url"
		a = s.serveFaults(now, func() answer { return s.serveResponseURL(r, now) })
	default:
		http.NotFound(w, r)
		return
	}
	if s.opt.Calls != nil {
		s.opt.Calls.Add(sim.Call{API: "slack", Method: name, Status: a.status, Quota: a.status == http.StatusTooManyRequests, At: now})
	}
	a.write(w)
}

// serveFaults lets the fault script have its say before and after a request is served.
func (s *Server) serveFaults(now time.Time, serve func() answer) answer {
	broken := answer{status: http.StatusInternalServerError, text: "<html><body>Server Error</body></html>"}
	switch s.draw(now, sim.FaultDown, sim.FaultTimeout, sim.Fault500, sim.Fault429, sim.FaultAppliedBut500) {
	case sim.FaultDown:
		broken.status = http.StatusServiceUnavailable
		return broken
	case sim.FaultTimeout:
		return answer{}
	case sim.Fault500:
		return broken
	case sim.Fault429:
		return refusal(&apiError{code: "ratelimited", wait: 30 * time.Second})
	case sim.FaultAppliedBut500:
		serve()
		return broken
	}
	return serve()
}

func (s *Server) draw(now time.Time, kinds ...sim.FaultKind) sim.FaultKind {
	if s.opt.Faults == nil {
		return ""
	}
	return s.opt.Faults.Draw(now, "slack", kinds...)
}

// answer is what goes back over HTTP. The zero answer drops the connection.
type answer struct {
	status int
	wait   time.Duration  // Retry-After
	body   map[string]any // sent as JSON
	text   string         // sent as it is where body is nil
}

func (a answer) write(w http.ResponseWriter) {
	if a.status == 0 {
		sim.Drop()
	}
	if a.wait > 0 {
		seconds := (a.wait + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	if a.body == nil {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte(a.text))
		return
	}
	raw, err := json.Marshal(a.body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(raw)
}
