package requestapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/requestkey"
)

// This file is how something is asked for, once for each key, whatever breaks in between. What is not
// filled in rightly uses up no key: it can be put right and sent under the same one.

// headerKey names a request; mostKey is how long its value may be.
const (
	headerKey = "Idempotency-Key"
	mostKey   = 200
)

func (h *handler) check(ctx context.Context, q *question) (any, error) {
	s, err := h.submission(q)
	if err != nil {
		return nil, err
	}
	if err := h.desks[s.Desk].Check(ctx, q.asker, desk.Values(s.Fields)); err != nil {
		return nil, q.asRefusal(err)
	}
	return Checked{Valid: true}, nil
}

func (h *handler) submit(ctx context.Context, q *question) (any, error) {
	s, err := h.submission(q)
	if err != nil {
		return nil, err
	}
	d, v := h.desks[s.Desk], desk.Values(s.Fields)
	return h.once(ctx, q, order{
		what:  s,
		check: func() error { return d.Check(ctx, q.asker, v) },
		do:    func(name string) error { return d.Submit(ctx, name, q.asker, v) },
	})
}

func (h *handler) giveBack(ctx context.Context, q *question) (any, error) {
	return h.kept(ctx, q, "give-back", keeper.GiveBack)
}

func (h *handler) extend(ctx context.Context, q *question) (any, error) {
	return h.kept(ctx, q, "extend", keeper.Press)
}

// kept does something with what the person was given.
func (h *handler) kept(ctx context.Context, q *question, verb string, do func(keeper, context.Context, string, desk.Asker, change.Change) error) (any, error) {
	c, err := h.own(ctx, q)
	if err != nil {
		return nil, err
	}
	k, ok := h.keepers[c.Kind]
	if !ok {
		return nil, q.refuse(http.StatusConflict, sortNotNow, "")
	}
	answer, err := h.once(ctx, q, order{
		what: []string{verb, c.ID},
		do:   func(name string) error { return do(k, ctx, name, q.asker, c) },
	})
	// It is the person's own: why it is not possible is for them to know.
	if no, ok := errors.AsType[*desk.Refused](err); ok {
		r := q.refuse(http.StatusConflict, sortNotNow, no.Text)
		r.cause = err
		return nil, r
	}
	return answer, err
}

// order is something that is asked for.
type order struct {
	// what is what a key stands for.
	what any
	// check says what is wrong before a key is used; nil where do does.
	check func() error
	// do proposes it under a name.
	do func(name string) error
}

// once does what an order says unless that was done under the same key already. Either way it returns
// the receipt.
//
// The ledger remembers the name in the transaction that proposes. So whatever happens between, the
// same request finds what was proposed, or proposes it.
func (h *handler) once(ctx context.Context, q *question, o order) (any, error) {
	id, err := q.key()
	if err != nil {
		return nil, err
	}
	what, err := json.Marshal(o.what)
	if err != nil {
		return nil, fmt.Errorf("encode what a key stands for: %w", err)
	}
	request, name := hash(what), "api-"+id
	before := func() (any, bool, error) {
		// In this order: what is found was proposed after the key was claimed for it.
		answer, found, err := h.receipt(ctx, q, name)
		if err == nil {
			err = q.asRefusal(requestkey.Look(ctx, h.store, id, request))
		}
		return answer, found, err
	}
	if answer, found, err := before(); err != nil || found {
		return answer, err
	}
	var refused error
	if o.check != nil {
		refused = o.check()
	}
	if refused == nil {
		if err := requestkey.Claim(ctx, h.store, id, request, h.now()); err != nil {
			return nil, q.asRefusal(err)
		}
		refused = o.do(name)
	}
	// Where the same request came twice at once, the other one may have been faster, and this one
	// refused because of it.
	if answer, found, err := before(); err != nil || found {
		return answer, err
	}
	if refused == nil {
		return nil, errors.New("what was proposed is not to be found")
	}
	if o.check == nil {
		return nil, refused
	}
	return nil, q.asRefusal(refused)
}

// key returns a hash of whose key it is and of what it is.
func (q *question) key() (string, error) {
	given := q.Header.Values(headerKey)
	if len(given) != 1 || given[0] == "" || len(given[0]) > mostKey {
		return "", q.refuse(http.StatusBadRequest, sortKey, "")
	}
	for _, r := range given[0] {
		if r < '!' || r > '~' {
			return "", q.refuse(http.StatusBadRequest, sortKey, "")
		}
	}
	return hash([]byte(q.asker.Person.ID + "\x00" + given[0])), nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// receipt returns the receipt of what was asked for under a name; the boolean is false where nothing
// was.
func (h *handler) receipt(ctx context.Context, q *question, name string) (any, bool, error) {
	c, found, err := h.ledger.Asked(ctx, name)
	if err != nil || !found {
		return nil, false, err
	}
	if !q.asker.Actor().Same(c.Requester) {
		return nil, false, q.refuse(http.StatusConflict, sortTaken, "")
	}
	return Receipt{ID: c.ID, Kind: string(c.Kind), Name: c.Target.Name, Proposed: c.Proposed.UTC(), Link: "/v1/requests/" + c.ID}, true, nil
}

// asRefusal turns the errors of desks and of keys into refusals. What the person may not ask for has
// one answer, whether it is there or not.
func (q *question) asRefusal(err error) error {
	if wrong, ok := errors.AsType[*desk.Invalid](err); ok {
		return q.invalid(wrong.Fields)
	}
	if _, ok := errors.AsType[*desk.Refused](err); ok {
		r := q.refuse(http.StatusForbidden, sortNot, "")
		r.cause = err
		return r
	}
	if errors.Is(err, requestkey.ErrOther) {
		return q.refuse(http.StatusConflict, sortKeyUsed, "")
	}
	return err
}
