package accountaction

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/vendor"
	"github.com/sekisho/sekisho/shared/state/account"
)

// This file gives stopped accounts the roles again that they had before a request of which nothing came.

// restoreAfter are the waits between the tries to restore the roles of an account, a day in all. Each try is
// calls that Looker counts, and what stands in the way is mostly for people to mend.
var restoreAfter = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour}

// skew is how far the queue's clock may be ahead of ours: a task that seems to come early is the one that was ordered.
const skew = 10 * time.Second

// underWay reports whether a request will come to an end by itself, which then sees to its accounts. One that
// people are to decide about once more may never be heard of again.
func underWay(s change.State) bool { return s == change.Approved || s == change.Applying }

// gaveBack reports whether a request has given an account back.
func gaveBack(c change.Change, id string) (bool, error) {
	if c.State != change.Applied && c.State != change.Undone {
		return false, nil
	}
	made, err := idle.DecodeMade(c.Result)
	return c.Kind == change.AccountEnable || made.Account == id, err
}

// settle sees to the accounts that a request has begun with and that it did not give back, or that were taken back.
// They have the roles again that they had: whoever takes the stop back later gives it back as it was.
func (h *handler) settle(ctx context.Context, c change.Change) error {
	switch c.Kind {
	case change.AccountCreate, change.AccountEnable, change.AccountDisable:
	default:
		return nil
	}
	if underWay(c.State) {
		return nil
	}
	if c.Kind == change.AccountDisable {
		s, id, there, err := h.existing(ctx, c)
		switch {
		case errors.Is(err, errUnconfigured): // it may be configured again
			err = h.unseen(ctx, c, err)
		case err != nil:
			return err
		case !there:
		case c.State == change.Applied:
			err = h.stopped(ctx, c, id)
		case c.State != change.Undone:
			err = h.notStopped(ctx, s, c, id)
		}
		if err != nil && !errors.Is(err, errUnconfigured) {
			return err
		}
	}
	begun, err := account.Begun(ctx, h.store, c.ID)
	if err != nil || len(begun) == 0 {
		return err
	}
	name, _ := account.Split(c.Target.ID)
	for _, id := range begun {
		done, err := gaveBack(c, id)
		switch {
		case err != nil:
		case done:
			err = account.Finish(ctx, h.store, name, id, c.ID, true, h.now())
		default:
			err = h.restore(ctx, c, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stopped sees to what is known of an account that a change has stopped. Where a request was to be taken back, and it
// is not written down which roles there were before, these could not be read: that nobody has them again is said.
func (h *handler) stopped(ctx context.Context, c change.Change, id string) error {
	name, _ := account.Split(c.Target.ID)
	unfinished, err := account.GetUnfinished(ctx, h.store, name, id)
	if err != nil {
		return err
	}
	byOthers := unfinished.Stop != "" && unfinished.Stop != c.ID
	if c.UndoOf != "" && unfinished.Gave == c.UndoOf && unfinished.Request != c.ID && !byOthers {
		made, err := h.madeBy(ctx, c.UndoOf)
		if err != nil {
			return err
		}
		if made.Unlike() {
			h.log.ErrorContext(ctx, "a stopped account does not have the roles again that a request took",
				"change_id", c.ID, "account", id, "took", idle.Names(made.Withheld), "gave", made.Given.Name, "error", errPartOfRoles.Error())
		}
	}
	return account.StopEnds(ctx, h.store, name, id, c.ID, c.UndoOf, h.now())
}

// unseen sees to what is known of an account that a change has stopped, or was to stop, in a system that is not
// configured for now.
func (h *handler) unseen(ctx context.Context, c change.Change, cause error) error {
	name, id := account.Split(c.Target.ID)
	if strings.Contains(id, "@") { // the undo of a request
		made, err := h.madeBy(ctx, c.UndoOf)
		if err != nil {
			return err
		}
		id = made.Account
	}
	switch unfinished, err := account.GetUnfinished(ctx, h.store, name, id); {
	case err != nil || id == "" || unfinished.Stop != c.ID:
		return err
	case c.State == change.Applied:
		return h.stopped(ctx, c, id)
	case c.State != change.Undone:
		return h.askLater(ctx, c, id, cause)
	}
	return nil
}

// notStopped sees to what is known of an account that a change was to stop, and has not: whoever stops it later by hand
// is not taken for that change. One that is stopped may have been so by the change, which did not see it.
func (h *handler) notStopped(ctx context.Context, s system, c change.Change, id string) error {
	name, _ := account.Split(c.Target.ID)
	unfinished, err := account.GetUnfinished(ctx, h.store, name, id)
	if err != nil || unfinished.Stop != c.ID {
		return err
	}
	holder := "settling " + c.ID + " " + rand.Text() // people may just have it tried again
	if _, err := account.Hold(ctx, h.store, name, id, holder, h.now()); err != nil {
		return err
	}
	defer h.release(ctx, c, id, holder)
	now, err := h.ledger.Get(ctx, c.ID)
	if err != nil || underWay(now.State) || now.State == change.Applied || now.State == change.Undone {
		return err
	}
	found, err := s.Account(ctx, id)
	switch {
	case isGone(err): // or it cannot be seen for a while; if it is stopped after that, then by somebody else
	case errors.Is(err, vendor.ErrForbidden):
		return h.askLater(ctx, c, id, err)
	case err != nil:
		return fmt.Errorf("read %s, which was not stopped: %w", c.Target.Name, err)
	case found.Disabled:
		return nil
	}
	return account.StopFails(ctx, h.store, name, id, c.ID, h.now())
}

// askLater orders that an account which a change was to stop is looked at later, when nobody may for now. When a day is
// over, nobody knows who has stopped the account, if it is.
func (h *handler) askLater(ctx context.Context, c change.Change, id string, cause error) error {
	at := c.Updated
	for i, wait := range restoreAfter {
		if at = at.Add(wait); at.After(h.now().Add(skew)) {
			h.log.InfoContext(ctx, "an account that was not stopped is looked at later", "change_id", c.ID, "account", id, "at", at, "cause", cause.Error())
			task := queue.Task{Queue: event.QueueLooker, Name: fmt.Sprintf("settle-%s-%d-%s-%d", c.ID, c.Seq, id, i), NotBefore: at}
			return queue.Order(ctx, h.carrier.Queue, task, event.ApplyChange{Change: c.ID})
		}
	}
	h.log.ErrorContext(ctx, "nobody may look whether an account was stopped after all", "change_id", c.ID, "account", id, "error", cause.Error())
	return nil
}

// restore gives a stopped account the roles again that it had before a request, or orders that it is tried
// again later. It holds the account meanwhile: people may just approve the request once more.
func (h *handler) restore(ctx context.Context, c change.Change, id string) error {
	during, cancel := context.WithTimeout(ctx, account.HoldFor)
	defer cancel()
	name, _ := account.Split(c.Target.ID)
	holder := "restoring after " + c.ID + " " + rand.Text() // the same task may be carried out twice at once
	unfinished, err := account.Hold(ctx, h.store, name, id, holder, h.now())
	if err != nil {
		return err
	}
	defer h.release(ctx, c, id, holder)
	now, err := h.ledger.Get(ctx, c.ID)
	if err != nil || underWay(now.State) {
		return err
	}
	if unfinished.Request == c.ID { // else a later request sees to it
		if unfinished.Tries > len(restoreAfter) {
			return nil
		}
		if !unfinished.Unsettled() {
			return nil // the request may be tried again, and then tell what it has made of the account
		}
		s, _, err := h.system(c)
		if err != nil {
			return h.later(ctx, c, id, unfinished, err) // it may be configured again
		}
		lost, err := giveRolesBack(during, s, id, unfinished)
		if errors.Is(err, errSettled) {
			return nil // the request may be tried again, and then tell what it has made of the account
		}
		if err != nil {
			return h.later(ctx, c, id, unfinished, err)
		}
		if len(lost) > 0 {
			h.log.ErrorContext(ctx, "a stopped account has lost roles that do not exist any more", "change_id", c.ID, "account", id, "roles", lost)
		}
	}
	return account.Finish(ctx, h.store, name, id, c.ID, false, h.now())
}

// errSettled says that there is nothing to give back: the account has what it had, or is in use. The request may have
// given it back without having seen that.
var errSettled = errors.New("the account has its roles")

// giveRolesBack gives a stopped account the roles that it had, and returns those that it cannot have again. One
// whose roles are others by now than were set is left alone: somebody has seen to it.
func giveRolesBack(ctx context.Context, s system, id string, unfinished account.Unfinished) (lost []string, err error) {
	if !unfinished.Unsettled() {
		return nil, errSettled
	}
	found, err := look(ctx, s, id)
	switch {
	case isGone(err):
		return nil, nil
	case err != nil:
		return nil, err
	case !found.Disabled:
		return nil, errSettled
	case found.PartOfRoles:
		return nil, errPartOfRoles
	}
	had, lost := unfinished.Before(found.has, found.all)
	return lost, found.setRoles(ctx, s, had)
}

// later orders that it is tried again to restore the roles of an account, whatever the error was: somebody may
// mend it. When a day is over people have to. What the account had stays known, for who gives it back.
func (h *handler) later(ctx context.Context, c change.Change, id string, unfinished account.Unfinished, cause error) error {
	name, _ := account.Split(c.Target.ID)
	if unfinished.Tries == len(restoreAfter) {
		h.log.ErrorContext(ctx, "a stopped account does not have the roles again that a request took",
			"change_id", c.ID, "account", id, "roles", idle.Names(unfinished.Had), "error", cause.Error())
	} else {
		at := h.now().Add(restoreAfter[unfinished.Tries])
		h.log.InfoContext(ctx, "roles are restored later", "change_id", c.ID, "at", at, "cause", cause.Error())
		task := queue.Task{Queue: event.QueueLooker, Name: fmt.Sprintf("restore-%s-%d-%s-%d", c.ID, c.Seq, id, unfinished.Tries), NotBefore: at}
		if err := queue.Order(ctx, h.carrier.Queue, task, event.ApplyChange{Change: c.ID}); err != nil {
			return err
		}
	}
	return account.Tried(ctx, h.store, name, id, c.ID, unfinished.Tries+1, h.now())
}
