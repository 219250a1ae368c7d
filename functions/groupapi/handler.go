package groupapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/cursor"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/webapi"
)

const (
	// deadline is how long one question may take; an export has exportDeadline.
	deadline       = 15 * time.Second
	exportDeadline = 5 * time.Minute
)

type handler struct {
	mirror       *mirror.Mirror
	store        store.Store
	queue        queue.Queue
	identify     func(ctx context.Context, token, audience string) (string, error)
	now          func() time.Time
	log          *slog.Logger
	audience     string
	clients      clients
	applications []string
	people       *memory
}

// question is one request, after it is known whose it is.
type question struct {
	*http.Request
	client Client
	limit  int
	cursor string
	maxAge time.Duration // zero where any age will do
}

// serve returns the handler of all routes.
func (h *handler) serve() http.Handler {
	mux := http.NewServeMux()
	all := h.routes()
	document := describe(all)
	for _, r := range all {
		mux.Handle("GET "+r.Path, h.ask(r))
	}
	mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		webapi.Write(w, r, document)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			problem(http.StatusMethodNotAllowed, "method", "This API only answers questions: GET.", "").Write(w)
			return
		}
		absent().Write(w)
	})
	return mux
}

// ask answers one route.
func (h *handler) ask(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		limit := deadline
		if r.Stream != nil {
			limit = exportDeadline
		}
		ctx, cancel := context.WithTimeout(cloudfn.WithTrace(req), limit)
		defer cancel()
		ctx = cloudfn.WithLog(ctx, slog.String("function", "groupapi"))
		q, err := h.question(ctx, req, r)
		if err == nil && r.Stream != nil {
			h.stream(ctx, w, q, r)
			return
		}
		var answer any
		if err == nil {
			answer, err = r.Answer(ctx, q)
		}
		var body []byte
		if err == nil {
			body, err = json.Marshal(answer)
		}
		if err != nil {
			h.refuse(ctx, w, err)
			return
		}
		webapi.Write(w, req, append(body, '\n'))
	})
}

func (h *handler) refuse(ctx context.Context, w http.ResponseWriter, err error) {
	p, ok := errors.AsType[*webapi.Problem](err)
	switch {
	case ok:
	case errors.Is(err, mirror.ErrUnknown):
		p = absent()
	case errors.Is(err, store.ErrInvalid):
		p = malformed("A part of it is no name of anything.") // it came with the question: what is stored has been valid
	default:
		h.log.ErrorContext(ctx, "question", "error", err.Error())
		p = problem(http.StatusServiceUnavailable, "unavailable", "The mirror does not answer just now.", "")
		p.After = 5 * time.Second
	}
	p.Write(w)
}

// question finds out whose request it is and what all requests have in common.
func (h *handler) question(ctx context.Context, r *http.Request, to route) (*question, error) {
	token, err := cloudfn.Bearer(r)
	if err != nil {
		return nil, h.turnAway(ctx, err, http.StatusUnauthorized, "token", "A bearer token is needed.", "An OIDC token of the client's service account, for this API's audience.")
	}
	account, err := h.identify(ctx, token, h.audience)
	if err != nil {
		return nil, h.turnAway(ctx, err, http.StatusUnauthorized, "token", "The token is not good here.", "")
	}
	client, ok := h.clients[group.Address(account)]
	if !ok || !client.May(to.Scope) {
		err := fmt.Errorf("%s has no scope %q", account, to.Scope)
		return nil, h.turnAway(ctx, err, http.StatusForbidden, "client", "This client may not ask this.", fmt.Sprintf("It would need the scope %q.", to.Scope))
	}
	q := &question{Request: r, client: client, limit: usualPage, cursor: r.URL.Query().Get("cursor")}
	for name, values := range r.URL.Query() {
		if !to.takes(name) {
			return nil, malformed(fmt.Sprintf("There is no parameter %.40q here.", name))
		}
		if len(values) > 1 {
			return nil, malformed(fmt.Sprintf("The parameter %s stands there more than once.", name))
		}
	}
	if text := r.URL.Query().Get("limit"); text != "" {
		if q.limit, err = strconv.Atoi(text); err != nil || q.limit < 1 || q.limit > mostPage {
			return nil, malformed(fmt.Sprintf("A page has 1 to %d items.", mostPage))
		}
	}
	if text := r.URL.Query().Get("max_age"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 1 || seconds > 365*86400 {
			return nil, malformed("max_age is a number of seconds, from 1 to a year.")
		}
		q.maxAge = time.Duration(seconds) * time.Second
	}
	return q, nil
}

// turnAway returns the problem of a caller who is not heard, and logs why: this function writes
// nothing to the store, the audit log included.
func (h *handler) turnAway(ctx context.Context, why error, status int, sort, title, detail string) error {
	h.log.WarnContext(ctx, "turned away", "status", status, "error", why.Error())
	return problem(status, sort, title, detail)
}

// flag reads a parameter that is true or false.
func (q *question) flag(name string) (bool, error) {
	switch q.URL.Query().Get(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, malformed(name + " is true or false.")
}

// find returns the group that the path names, if the client may see it.
func (h *handler) find(ctx context.Context, q *question) (mirror.Header, error) {
	head, err := h.mirror.Find(ctx, q.PathValue("group"))
	if errors.Is(err, mirror.ErrUnknown) || err == nil && !q.client.Sees(head.Group.Email) {
		return mirror.Header{}, absent()
	}
	return head, err
}

// group returns the same, if the mirror has it fresh enough. A group that is too old is read; the
// client asks again.
func (h *handler) group(ctx context.Context, q *question) (mirror.Header, error) {
	head, err := h.find(ctx, q)
	if err != nil || !q.tooOld(head.Read, h.now()) {
		return head, err
	}
	return mirror.Header{}, h.readAgain(ctx, event.QueueDirectory, event.RefreshGroup{Group: head.Group.ID, Noticed: h.now()}, head.Group.ID, head.Read)
}

// tooOldOf returns the problem where one of the groups that an answer is made of is older than the
// client accepts. All of these are read, as far as one question may have it.
func (h *handler) tooOldOf(ctx context.Context, q *question, groups []mirror.Header) error {
	var problem error
	oldest := slices.SortedFunc(slices.Values(groups), func(a, b mirror.Header) int { return a.Read.Compare(b.Read) })
	for _, g := range oldest[:min(len(oldest), mostAsked)] {
		if !q.tooOld(g.Read, h.now()) {
			break
		}
		err := h.readAgain(ctx, event.QueueDirectory, event.RefreshGroup{Group: g.Group.ID, Noticed: h.now()}, g.Group.ID, g.Read)
		if _, ok := errors.AsType[*webapi.Problem](err); !ok {
			return err
		}
		problem = cmp.Or(problem, err)
	}
	return problem
}

// mostAsked bounds how many groups one question has read.
const mostAsked = 50

// tooOld reports whether the client wants something fresher.
func (q *question) tooOld(read, now time.Time) bool { return q.maxAge > 0 && now.Sub(read) > q.maxAge }

// readAgain queues what the client wants fresher, and returns the problem that says so: one reading a
// minute for each group, however many ask.
func (h *handler) readAgain(ctx context.Context, to string, p event.Payload, id string, read time.Time) error {
	name := fmt.Sprintf("asked-%s-%d", id, h.now().Unix()/60)
	if err := queue.Order(ctx, h.queue, queue.Task{Queue: to, Name: name}, p); err != nil {
		return fmt.Errorf("queue the reading of group %s: %w", id, err)
	}
	return stale(read, 5*time.Second)
}

// watched returns up to when all audit logs were followed; zero before the first poll.
func (h *handler) watched(ctx context.Context) (time.Time, error) {
	var until time.Time
	for i, application := range h.applications {
		c, err := cursor.Get(ctx, h.store, "poll-"+application)
		if err != nil {
			return time.Time{}, err
		}
		if i == 0 || c.At.Before(until) {
			until = c.At
		}
	}
	return until, nil
}

// extent is what is known of the whole directory, for answers about any group.
type extent struct {
	// asOf is when all of it was last listed, watched up to when it was followed since; complete says
	// that the list was believed.
	asOf, watched time.Time
	complete      bool
}

// whole returns the extent, if it is fresh enough for the client.
func (h *handler) whole(ctx context.Context, q *question) (extent, error) {
	c, err := h.mirror.Census(ctx)
	if err != nil {
		return extent{}, err
	}
	watched, err := h.watched(ctx)
	if err != nil {
		return extent{}, err
	}
	return extent{c.At, watched, !c.At.IsZero() && !c.Short}, q.fresh(c.At, watched, h.now())
}

// fresh returns the problem where an answer about any group is older than the client accepts. What
// was listed, or followed since, by then is known. Nobody lists everything anew for a question: the
// logs are read every few minutes.
func (q *question) fresh(listed, watched, now time.Time) error {
	if watched.After(listed) {
		listed = watched
	}
	if q.tooOld(listed, now) {
		return stale(listed, time.Minute)
	}
	return nil
}
