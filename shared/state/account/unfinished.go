package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// This file keeps, of every stopped account that somebody has begun to give back, which roles it has to have
// again if nothing comes of it. A vendor takes roles and the enabling of an account by two calls. Whoever
// dies between them, or finds then that the request is not wanted any more, leaves a stopped account with
// roles that nobody decided about; and a second request must not take these for what the account had.

// HoldFor is how long one writer has the roles of a stopped account to itself.
const HoldFor = 2 * time.Minute

// ErrHeld says that another is setting the roles of an account at the moment.
var ErrHeld = errors.New("the roles of the account are being set for another request")

// Unfinished is what is known of a stopped account whose roles somebody has begun to set. The zero value
// says that nobody has.
type Unfinished struct {
	// Request is whose setting is the latest.
	Request string `json:"request,omitempty"`
	// Had are the roles that the account had before the first of the settings that are not finished.
	Had []string `json:"had,omitempty"`
	// Found are the roles before the latest setting, Set those that it gives. One or the other the account
	// has as long as nobody else has set its roles.
	Found []string `json:"found,omitempty"`
	Set   []string `json:"set,omitempty"`
	// Tries counts how often it was tried in vain to give Had back.
	Tries int `json:"tries,omitempty"`

	// Holder is who may set the roles now, and nobody else until then.
	Holder  string    `json:"holder,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Updated time.Time `json:"updated"`
}

var unfinished = store.Collection[Unfinished]{
	Name:    "unfinished",
	Expires: func(u Unfinished) time.Time { return u.Updated.Add(begunFor) },
}

// Ours reports whether an account that has these roles has them of a setting that is not finished. If not,
// an administrator has seen to it since, and that stands. Capitals do not matter.
func (u Unfinished) Ours(roles []string) bool {
	return u.Request != "" && (SameRoles(roles, u.Set) || SameRoles(roles, u.Found))
}

// Before returns the roles that count as those of an account which has these: what it had before the settings
// that are not finished.
func (u Unfinished) Before(roles []string) []string {
	if u.Ours(roles) {
		return u.Had
	}
	return roles
}

// Among leaves out the roles that are not among these. A vendor takes one that is deleted from everybody
// who has it, which is no word about the others.
func (u Unfinished) Among(all []string) Unfinished {
	there := func(roles []string) []string {
		return slices.DeleteFunc(slices.Clone(roles), func(role string) bool { return !names(all, role) })
	}
	u.Had, u.Found, u.Set = there(u.Had), there(u.Found), there(u.Set)
	return u
}

// Lost returns which of the roles that the account had are not known by their names any more, or not to be told from
// what an administrator has set, because one was deleted or called otherwise: of an account that counts as
// having some of all roles that there are.
func (u Unfinished) Lost(had, all []string) []string {
	if !slices.ContainsFunc(slices.Concat(u.Had, u.Found, u.Set), func(role string) bool { return !names(all, role) }) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(u.Had), func(role string) bool { return names(had, role) })
}

// names reports whether a role is among some. Capitals do not matter.
func names(roles []string, role string) bool {
	return slices.ContainsFunc(roles, func(other string) bool { return strings.EqualFold(role, other) })
}

// SameRoles reports whether two lists name the same roles. Capitals do not matter.
func SameRoles(a, b []string) bool {
	lower := func(roles []string) []string {
		var out []string
		for _, r := range roles {
			out = append(out, strings.ToLower(r))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(lower(a), lower(b))
}

// Setting is what becomes of the roles of a stopped account by a request.
type Setting struct {
	// Had are those that count as what the account has, see [Unfinished.Before]; Found those that it has
	// now, Set those that the request gives it, and Withheld those of Had that do not come back with it.
	Had, Found, Set, Withheld []string
	// Lost are those that it had and that there are not any more; Given is the one of Set that it did not have.
	Lost  []string
	Given string
}

// GetUnfinished returns what is known of the roles of a stopped account.
func GetUnfinished(ctx context.Context, r store.Reader, system, id string) (Unfinished, error) {
	u, err := unfinished.Get(ctx, r, Name(system, id))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Unfinished{}, fmt.Errorf("read which roles %s had in %s: %w", id, system, err)
	}
	return u, nil
}

// Hold gives one writer the roles of a stopped account for [HoldFor], or returns [ErrHeld]. Roles that are
// looked up after that nobody else here sets before [Release]. Who holds them may hold them again: a request is
// carried out by one at a time.
func Hold(ctx context.Context, s store.Store, system, id, holder string, now time.Time) (Unfinished, error) {
	return hold(ctx, s, system, id, holder, now, func(u Unfinished) bool { return u.Holder == holder })
}

// HoldOnce is [Hold] for a writer that several processes may be at once: one of them.
func HoldOnce(ctx context.Context, s store.Store, system, id, holder string, now time.Time) (Unfinished, error) {
	return hold(ctx, s, system, id, holder, now, func(Unfinished) bool { return false })
}

func hold(ctx context.Context, s store.Store, system, id, holder string, now time.Time, again func(Unfinished) bool) (Unfinished, error) {
	var held Unfinished
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		if err != nil {
			return err
		}
		if !again(u) && now.Before(u.Until) {
			return ErrHeld
		}
		u.Holder, u.Until, u.Updated = holder, now.Add(HoldFor), now
		held = u
		return unfinished.Put(tx, Name(system, id), u)
	})
	if err != nil {
		return Unfinished{}, fmt.Errorf("hold the roles of %s in %s: %w", id, system, err)
	}
	return held, nil
}

// Release lets others set the roles that somebody holds.
func Release(ctx context.Context, s store.Store, system, id, holder string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		if err != nil || u.Holder != holder {
			return err
		}
		u.Holder, u.Until = "", time.Time{}
		return u.put(tx, system, id, now)
	})
	if err != nil {
		return fmt.Errorf("release the roles of %s in %s: %w", id, system, err)
	}
	return nil
}

// Begin writes down what a request that holds the roles of a stopped account is about to do with them. It is
// for the moment before they are set: afterwards nobody could say what they were, if whoever sets them dies
// there. The request has the account until [Finish], or until a later one begins with it.
func Begin(ctx context.Context, s store.Store, system, id, request string, r Setting, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		if err != nil {
			return err
		}
		if u.Holder != request || !now.Before(u.Until) {
			return ErrHeld
		}
		q, err := getRequest(ctx, tx, request)
		if err != nil {
			return err
		}
		u.Request, u.Had, u.Found, u.Set, u.Tries = request, r.Had, r.Found, r.Set, 0
		if err := u.put(tx, system, id, now); err != nil {
			return err
		}
		return requests.Put(tx, request, q.begin(id, r, now))
	})
	if err != nil {
		return fmt.Errorf("remember the roles of %s in %s for request %s: %w", id, system, request, err)
	}
	return nil
}

// Finish forgets what a request has begun with an account: either it is given back, or it has again what it
// had. What a later request has begun with it stays.
func Finish(ctx context.Context, s store.Store, system, id, request string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		if err != nil {
			return err
		}
		q, err := getRequest(ctx, tx, request)
		if err != nil {
			return err
		}
		if u.Request == request {
			held := Unfinished{Holder: u.Holder, Until: u.Until}
			if !now.Before(u.Until) {
				held = Unfinished{} // whoever held it has died
			}
			if err := held.put(tx, system, id, now); err != nil {
				return err
			}
		}
		if q = q.finish(id); len(q.Accounts) == 0 {
			return requests.Delete(tx, request)
		}
		return requests.Put(tx, request, q)
	})
	if err != nil {
		return fmt.Errorf("forget the roles of %s in %s for request %s: %w", id, system, request, err)
	}
	return nil
}

// Drop forgets what an account had before a stop: it was in use since.
func Drop(ctx context.Context, s store.Store, system, id string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		if err != nil || u.Request == "" {
			return err
		}
		return Unfinished{Holder: u.Holder, Until: u.Until}.put(tx, system, id, now)
	})
	if err != nil {
		return fmt.Errorf("forget the roles that %s in %s had: %w", id, system, err)
	}
	return nil
}

// Tried counts that it was tried in vain to give an account back what it had before a request.
func Tried(ctx context.Context, s store.Store, system, id, request string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		if err != nil || u.Request != request {
			return err
		}
		u.Tries++
		return u.put(tx, system, id, now)
	})
	if err != nil {
		return fmt.Errorf("count the tries to restore the roles of %s in %s: %w", id, system, err)
	}
	return nil
}

// put stores what is known of the roles of an account; nothing is not stored.
func (u Unfinished) put(tx store.Tx, system, id string, now time.Time) error {
	if u.Request == "" && u.Holder == "" {
		return unfinished.Delete(tx, Name(system, id))
	}
	u.Updated = now
	return unfinished.Put(tx, Name(system, id), u)
}
