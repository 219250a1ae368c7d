package workspace

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	reports "google.golang.org/api/admin/reports/v1"

	"github.com/sekisho/sekisho/shared/sim"
)

// longestChannel is how long a Reports channel lives at most, and lives when the request does
// not say.
const longestChannel = 6 * time.Hour

// lateBy is how much later than its entry a notification comes under the fault late.
const lateBy = 2 * time.Hour

// retries are the waits after which a notification that met a server error is sent again.
// After the last one it is lost. Google documents a backoff, not its length.
var retries = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute}

// channel is one watch channel.
type channel struct {
	id, token, address string
	app                string
	payload            bool
	wanted             func(*reports.Activity) bool // nil for everything
	resourceID         string
	resourceURI        string
	ends               time.Time
	stopped            bool
}

func (ch *channel) alive(now time.Time) bool { return !ch.stopped && now.Before(ch.ends) }

var channelID = regexp.MustCompile(`^[A-Za-z0-9\-_+/=]{1,64}$`)

// checkChannel refuses what a channel cannot be.
func checkChannel(in *reports.Channel) error {
	refuse := func(reason, message string) error {
		e := invalid(message)
		e.reason = reason
		return e
	}
	switch {
	case in.Id == "":
		return refuse("required", "entity.id: Required")
	case !channelID.MatchString(in.Id):
		return refuse("channelIdInvalid", "Invalid channel id")
	case in.Type != "web_hook":
		return refuse("invalid", "Unknown channel type")
	case len(in.Token) > 256:
		return refuse("invalid", "Channel token is longer than 256 characters")
	case !acceptableAddress(in.Address):
		return refuse("push.webhookUrlNotHttps", "WebHook callback must be HTTPS: "+in.Address)
	}
	return nil
}

// acceptableAddress reports whether notifications may go to an address. Google wants HTTPS; a
// world in one process has hosts on the loopback and under .local, which need none.
func acceptableAddress(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".local") || (ip != nil && ip.IsLoopback())
	return u.Scheme == "https" || (u.Scheme == "http" && local)
}

// channelEnd reads when a channel is to end: expiration in Unix milliseconds or params.ttl in
// seconds. What is longer than Google allows is shortened without a word.
func (c *call) channelEnd(in *reports.Channel) (time.Time, error) {
	ends := c.now.Add(longestChannel)
	if text, ok := in.Params["ttl"]; ok {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil || seconds < 1 {
			return ends, invalid("Invalid Value: params.ttl")
		}
		if asked := c.now.Add(time.Duration(seconds) * time.Second); asked.Before(ends) {
			ends = asked
		}
	}
	if in.Expiration != 0 {
		asked := time.UnixMilli(in.Expiration)
		if !asked.After(c.now) {
			return ends, invalid("Invalid Value: expiration must be in the future, in milliseconds")
		}
		if asked.Before(ends) {
			ends = asked
		}
	}
	return ends.Truncate(time.Millisecond), nil
}

// greet sends the first message of a channel, which says only that it is open.
func (s *Server) greet(ch *channel) func(context.Context) {
	return func(ctx context.Context) { s.send(ctx, ch, message{state: "sync", number: 1}, 0) }
}

// notify tells every channel that is alive of an entry that has become visible.
func (s *Server) notify(e *entry) func(context.Context) {
	return func(ctx context.Context) {
		now := s.now()
		s.mu.Lock()
		channels := s.channelsFor(now, e.activity)
		s.mu.Unlock()
		m := message{state: e.activity.Events[0].Name, activity: e.activity, number: 2_000_000 + e.seq*37}
		for _, ch := range channels {
			switch s.faults.Draw(now, Reports, sim.FaultLost, sim.FaultDuplicate, sim.FaultLate) {
			case sim.FaultLost:
			case sim.FaultLate:
				s.agenda.At(now.Add(lateBy), func(ctx context.Context) { s.send(ctx, ch, m, 0) })
			case sim.FaultDuplicate:
				s.send(ctx, ch, m, 0)
				s.send(ctx, ch, m, 0)
			default:
				s.send(ctx, ch, m, 0)
			}
		}
	}
}

// message is what one notification says.
type message struct {
	state    string
	activity *reports.Activity // nil in the first message of a channel
	number   int64             // large and not consecutive, except for the first message
}

// send posts one notification. A server error or no answer at all has it sent again later; any
// other refusal loses it. A channel that has ended sends nothing.
func (s *Server) send(ctx context.Context, ch *channel, m message, tries int) {
	now := s.now()
	s.mu.Lock()
	alive := ch.alive(now)
	s.mu.Unlock()
	if !alive || s.push == nil || s.post(ctx, ch, m) || tries == len(retries) {
		return
	}
	s.agenda.At(now.Add(retries[tries]), func(ctx context.Context) { s.send(ctx, ch, m, tries+1) })
}

// post reports whether there is nothing more to do about a notification.
func (s *Server) post(ctx context.Context, ch *channel, m message) bool {
	var body []byte
	if m.activity != nil && ch.payload {
		var err error
		if body, err = json.Marshal(m.activity); err != nil {
			return true
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, ch.address, bytes.NewReader(body))
	if err != nil {
		return true
	}
	r.Header.Set("User-Agent", "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)")
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json; charset=UTF-8")
	}
	r.Header.Set("X-Goog-Channel-ID", ch.id)
	if ch.token != "" {
		r.Header.Set("X-Goog-Channel-Token", ch.token)
	}
	r.Header.Set("X-Goog-Channel-Expiration", ch.ends.UTC().Format(http.TimeFormat))
	r.Header.Set("X-Goog-Resource-ID", ch.resourceID)
	r.Header.Set("X-Goog-Resource-URI", ch.resourceURI)
	r.Header.Set("X-Goog-Resource-State", m.state)
	r.Header.Set("X-Goog-Message-Number", strconv.FormatInt(m.number, 10))
	resp, err := s.push.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection can be used again
	return resp.StatusCode < http.StatusInternalServerError
}
