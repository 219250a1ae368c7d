package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// This file keeps, of every account that somebody has begun to stop or to give back, which roles it has to have
// again if nothing comes of it. A vendor takes roles and the enabling of an account by two calls. Whoever
// dies between them, or finds then that the request is not wanted any more, leaves a stopped account with
// roles that nobody decided about; and a second request must not take these for what the account had.

// HoldFor is how long one writer has the roles of an account, or an address for which one is made, to itself.
const HoldFor = 2 * time.Minute

// ErrHeld says that another is setting the roles of an account at the moment.
var ErrHeld = errors.New("the roles of the account are being set for another request")

// Unfinished is what is known of a stopped account whose roles somebody has begun to set. Where Request is empty
// nobody has.
type Unfinished struct {
	// Request is whose setting is the latest.
	Request string `json:"request,omitempty"`
	// Had are the roles that the account had before the first of the settings that are not finished.
	Had []idle.Role `json:"had,omitempty"`
	// Found are the roles before the latest setting, Set those that it gives. One or the other the account
	// has as long as nobody else has set its roles.
	Found []idle.Role `json:"found,omitempty"`
	Set   []idle.Role `json:"set,omitempty"`
	// Tries counts how often it was tried in vain to give Had back.
	Tries int `json:"tries,omitempty"`

	// Gave is the request that gave the account back last, until it is stopped. As long as it is known the rest does
	// not expire: people may take it back at any time.
	Gave string `json:"gave,omitempty"`
	// Stop is the change that was the last to begin stopping the account since then, and has not come to nothing; where
	// it is stopped, it was stopped by that one.
	Stop string `json:"stop,omitempty"`

	// Holder is who may set the roles now, and nobody else until then.
	Holder  string    `json:"holder,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Updated time.Time `json:"updated"`
}

var unfinished = store.Collection[Unfinished]{
	Name: "unfinished",
	Expires: func(u Unfinished) time.Time {
		if u.Gave != "" {
			return time.Time{}
		}
		return u.Updated.Add(begunFor)
	},
}

// Unsettled reports whether somebody has begun to give an account other roles than it had.
func (u Unfinished) Unsettled() bool {
	return !idle.SameRoles(u.Had, u.Found) || !idle.SameRoles(u.Had, u.Set)
}

// Before returns the roles that count as those of an account which has some of all roles that there are: what it had
// before the settings that are not finished, as long as it has what these set, or what they found. If not, an
// administrator has seen to it since, and that stands. A role that was deleted is no word about the others: a
// vendor takes it from everybody who has it. Of what the account had such roles are lost.
func (u Unfinished) Before(has, all []idle.Role) (had []idle.Role, lost []string) {
	had, lost = idle.RolesThere(all, u.Had)
	found, _ := idle.RolesThere(all, u.Found)
	set, _ := idle.RolesThere(all, u.Set)
	if u.Request == "" || !idle.SameRoles(has, set) && !idle.SameRoles(has, found) {
		return has, nil
	}
	return had, lost
}

// Setting is what becomes of the roles of a stopped account by a request.
type Setting struct {
	// Had are those that count as what the account has, see [Unfinished.Before]; Found those that it has
	// now, Set those that the request gives it.
	Had, Found, Set []idle.Role
	// Lost are those that the account had and that there are not any more.
	Lost []string
	// Stops says that the request stops the account.
	Stops bool
}

// GetUnfinished returns what is known of the roles of an account.
func GetUnfinished(ctx context.Context, r store.Reader, system, id string) (Unfinished, error) {
	u, err := unfinished.Get(ctx, r, Name(system, id))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Unfinished{}, fmt.Errorf("read which roles %s had in %s: %w", id, system, err)
	}
	return u, nil
}

// Hold gives one writer the roles of an account for [HoldFor], or an address in place of an id, for which an account is
// to be made; or it returns [ErrHeld]. Roles that are looked up after that nobody else here sets before [Release]. Who
// holds them may hold them again: a holder's name is that of one process.
func Hold(ctx context.Context, s store.Store, system, id, holder string, now time.Time) (Unfinished, error) {
	var held Unfinished
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		if err != nil {
			return err
		}
		if u.Holder != holder && now.Before(u.Until) {
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
		if r.Stops {
			u.Stop = request
		}
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

// Finish forgets what a request has begun with an account: either it is given back, which is remembered, or it has
// again what it had. What a later request has begun with it stays.
func Finish(ctx context.Context, s store.Store, system, id, request string, gave bool, now time.Time) error {
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
			then := Unfinished{Holder: u.Holder, Until: u.Until, Gave: u.Gave, Stop: u.Stop}
			if !now.Before(u.Until) {
				then.Holder, then.Until = "", time.Time{} // whoever held it has died
			}
			if gave {
				then.Gave, then.Stop = request, ""
			}
			if err := then.put(tx, system, id, now); err != nil {
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

// StopBegins is for an account in use that a change is about to stop. It forgets what the account had before an earlier
// stop. Who gave it back stays known, which is the latest request, though that may not have come to its end.
func StopBegins(ctx context.Context, s store.Store, system, id, stop string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		if err != nil || u.Request == "" && u.Gave == "" {
			return err
		}
		then := Unfinished{Holder: u.Holder, Until: u.Until, Gave: u.Gave, Stop: stop}
		if u.Request != "" && u.Request != u.Stop {
			then.Gave = u.Request
		}
		return then.put(tx, system, id, now)
	})
	if err != nil {
		return fmt.Errorf("forget the roles that %s in %s had: %w", id, system, err)
	}
	return nil
}

// StopFails forgets a stop of an account that is in use all the same, and which roles it was to have then: whoever finds
// the account stopped later finds what somebody else did.
func StopFails(ctx context.Context, s store.Store, system, id, stop string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		if err != nil || u.Stop != stop {
			return err
		}
		if u.Stop = ""; u.Request == stop {
			u = Unfinished{Holder: u.Holder, Until: u.Until, Gave: u.Gave}
		}
		return u.put(tx, system, id, now)
	})
	if err != nil {
		return fmt.Errorf("forget the stop of %s in %s: %w", id, system, err)
	}
	return nil
}

// StopEnds forgets who gave an account back that a change has stopped, unless it was given back once more since. A change
// that takes a request back may find the account stopped by somebody else.
func StopEnds(ctx context.Context, s store.Store, system, id, stop, takenBack string, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		found := u.Stop == "" && takenBack != "" && u.Gave == takenBack
		if err != nil || u.Stop != stop && !found {
			return err
		}
		u.Gave, u.Stop = "", ""
		return u.put(tx, system, id, now)
	})
	if err != nil {
		return fmt.Errorf("forget who gave %s back in %s: %w", id, system, err)
	}
	return nil
}

// Tried records how often it was tried in vain to give an account back what it had before a request.
func Tried(ctx context.Context, s store.Store, system, id, request string, tries int, now time.Time) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		u, err := GetUnfinished(ctx, tx, system, id)
		if err != nil || u.Request != request {
			return err
		}
		u.Tries = max(u.Tries, tries)
		return u.put(tx, system, id, now)
	})
	if err != nil {
		return fmt.Errorf("count the tries to restore the roles of %s in %s: %w", id, system, err)
	}
	return nil
}

// put stores what is known of the roles of an account; nothing is not stored.
func (u Unfinished) put(tx store.Tx, system, id string, now time.Time) error {
	if u.Request == "" && u.Holder == "" && u.Gave == "" {
		return unfinished.Delete(tx, Name(system, id))
	}
	u.Updated = now
	return unfinished.Put(tx, Name(system, id), u)
}
