package requestapi

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
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/trail"
	"github.com/sekisho/sekisho/shared/webapi"
)

// deadline is how long one request may take.
const deadline = 15 * time.Second

type handler struct {
	store     store.Store
	ledger    *ledger.Ledger
	directory desk.Directory
	// person tells who is signed in by a token for one of the audiences.
	person    func(ctx context.Context, token string, audiences []string) (string, error)
	audiences []string
	// desks take requests, by the word for each, which words lists; keepers know what can be done
	// with what was given.
	desks   map[string]desk.Desk
	words   []string
	keepers map[change.Kind]keeper
	now     func() time.Time
	log     *slog.Logger
}

// keeper knows what can be done with what a kind of change gave to somebody. The name is that of the
// request; the error is a [desk.Refused] where it cannot be done.
type keeper interface {
	Press(ctx context.Context, name string, a desk.Asker, c change.Change) error
	GiveBack(ctx context.Context, name string, a desk.Asker, c change.Change) error
}

// question is one request, after it is known who asks.
type question struct {
	*http.Request
	asker desk.Asker
}

// refusal is the error of a request that is turned down: what is answered, and what the audit says
// of it. That holds no part of the request.
type refusal struct {
	problem *webapi.Problem
	audit   string
	// cause is what the desk said; nil where none was asked.
	cause error
}

// Error implements error.
func (r *refusal) Error() string { return r.audit }

// Unwrap returns what the desk said.
func (r *refusal) Unwrap() error { return r.cause }

// refuse returns a refusal in the asker's language. The detail is for the asker.
func (q *question) refuse(status int, sort, detail string) *refusal {
	title := titles[sort]
	return &refusal{webapi.NewProblem(status, sort, q.asker.Says(title[0], title[1]), detail), sort, nil}
}

// formFields are the names of fields that may stand in the audit; further ones are settings of
// services, or whatever was sent.
var formFields = []string{"desk", "duration", "entitlement", "fields", "group", "name", "owner", "reason", "role", "roles", "service", "system"}

// invalid returns the refusal of what is not filled in rightly, by field.
func (q *question) invalid(fields map[string]string) *refusal {
	r := q.refuse(http.StatusUnprocessableEntity, sortInvalid, "")
	var known []string
	for field, text := range fields {
		r.problem.Errors = append(r.problem.Errors, webapi.Wrong{Field: field, Detail: text})
		if slices.Contains(formFields, field) {
			known = append(known, field)
		}
	}
	slices.SortFunc(r.problem.Errors, func(a, b webapi.Wrong) int { return cmp.Compare(a.Field, b.Field) })
	slices.Sort(known)
	r.audit = fmt.Sprintf("%d fields are not filled in rightly", len(fields))
	if len(known) > 0 {
		r.audit += ", among them " + strings.Join(known, ", ")
	}
	return r
}

// serve returns the handler of all routes.
func (h *handler) serve() http.Handler {
	mux := http.NewServeMux()
	all := h.routes()
	document := describe(all)
	for _, r := range all {
		mux.Handle(r.Method+" "+r.Path, h.route(r))
	}
	mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		webapi.Write(w, r, document)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		q := &question{r, desk.Asker{Language: spoken(r)}}
		status, sort := http.StatusNotFound, sortNotFound
		if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
			w.Header().Set("Allow", "GET, HEAD, POST")
			status, sort = http.StatusMethodNotAllowed, sortMethod
		}
		q.refuse(status, sort, "").problem.Write(w)
	})
	return mux
}

// route answers one route.
func (h *handler) route(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(cloudfn.WithTrace(req), deadline)
		defer cancel()
		ctx = cloudfn.WithLog(ctx, slog.String("function", "requestapi"))
		q := &question{req, desk.Asker{Language: cmp.Or(spoken(req), "en")}}
		err := h.identify(ctx, q)
		var answer any
		if err == nil {
			answer, err = r.Answer(ctx, q)
		}
		var body []byte
		if err == nil {
			body, err = json.Marshal(answer)
		}
		w.Header().Set("Content-Language", q.asker.Language)
		w.Header().Set("Vary", "Accept-Language, Authorization")
		if err != nil {
			h.refuse(ctx, w, q, r, err)
			return
		}
		body = append(body, '\n')
		if r.Method == http.MethodGet {
			webapi.Write(w, req, body)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if receipt, ok := answer.(Receipt); ok {
			w.Header().Set("Location", receipt.Link)
			w.WriteHeader(http.StatusCreated)
		}
		// The client may be gone; there is nobody to tell.
		_, _ = w.Write(body)
	})
}

// refuse answers with a problem, and writes down who was turned away.
func (h *handler) refuse(ctx context.Context, w http.ResponseWriter, q *question, r route, err error) {
	w.Header().Set("Cache-Control", "no-store")
	no, ok := errors.AsType[*refusal](err)
	if !ok {
		h.log.ErrorContext(ctx, "request", "verb", r.Verb, "error", err.Error())
		no = q.refuse(http.StatusServiceUnavailable, sortTrouble, "")
		no.problem.After = 5 * time.Second
		no.problem.Write(w)
		return
	}
	// A check is only a question: what is wrong with it is the answer, and nobody is turned away.
	if r.Verb != "check" || q.asker.Person.ID == "" {
		t := trail.Turned{
			Function: "requestapi", Verb: r.Verb, Actor: cmp.Or(q.asker.Person.ID, q.asker.Person.Email), ActorName: q.asker.Person.Email, Text: no.audit,
		}
		cloudfn.TurnAway(ctx, h.log, h.store, h.now(), desk.Turned(t, no))
	}
	no.problem.Write(w)
}

// identify finds out who asks: the one active person to whom the address of a good token belongs.
// Everybody else has one answer, and only the audit says why.
func (h *handler) identify(ctx context.Context, q *question) error {
	token, err := cloudfn.Bearer(q.Request)
	if err != nil {
		return q.refuse(http.StatusUnauthorized, sortToken, "")
	}
	stranger := func(email, why string) error {
		q.asker.Person.Email = email // for the audit; without an id nobody asks
		r := q.refuse(http.StatusForbidden, sortStranger, "")
		r.audit = why
		return r
	}
	email, err := h.person(ctx, token, h.audiences)
	switch {
	case errors.Is(err, cloudfn.ErrNoPerson):
		return stranger(email, err.Error())
	case err != nil:
		h.log.WarnContext(ctx, "token", "error", err.Error())
		return q.refuse(http.StatusUnauthorized, sortToken, "")
	}
	a, err := h.directory.Asker(ctx, email)
	switch {
	case errors.Is(err, desk.ErrNobody), errors.Is(err, desk.ErrSuspended):
		return stranger(email, err.Error())
	case err != nil:
		return err
	}
	a.Language = cmp.Or(spoken(q.Request), a.Language, "en")
	q.asker = a
	return nil
}

// spoken returns which of our languages a client would rather have, or empty where it does not say
// (https://www.rfc-editor.org/rfc/rfc9110#field.accept-language).
func spoken(r *http.Request) string {
	best, weight := "", 0.0
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, parameter, weighed := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		q := 1.0
		if weighed {
			_, number, _ := strings.Cut(parameter, "=")
			var err error
			if q, err = strconv.ParseFloat(strings.TrimSpace(number), 64); err != nil {
				continue
			}
		}
		if (primary == "en" || primary == "ja") && q > weight {
			best, weight = primary, q
		}
	}
	return best
}
