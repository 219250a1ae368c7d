package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// Phase is where a walk is.
type Phase string

// The phases of a walk.
const (
	WalkPeople Phase = "people"
	WalkGroups Phase = "groups"
	WalkDone   Phase = "done"
)

// Walk is how far a walk through the lists of the whole directory has come. There is one at a
// time, and it remembers the one before only by [Census].
type Walk struct {
	Run   string `json:"run"`
	Phase Phase  `json:"phase"`
	// Verify says that a seventh of the groups is read although nothing about them differs.
	Verify bool `json:"verify,omitempty"`
	// Page counts the pages done, over both lists; Token is that of the next one.
	Page  int    `json:"page"`
	Token string `json:"token,omitempty"`
	// Last is the highest address listed so far.
	Last  string    `json:"last,omitempty"`
	Began time.Time `json:"began"`
	Moved time.Time `json:"moved"`
	// Restarts counts how often the lists were begun anew because a page's token was refused.
	Restarts int `json:"restarts,omitempty"`
	// Counted is what has been listed so far. Reached is the most groups that were listed before the
	// lists were begun anew, by this walk or by the ones before it.
	Counted Census `json:"counted"`
	Reached int    `json:"reached,omitempty"`
	// Missing are the ids of those whom the mirror holds and the list did not have where it
	// should: asked for one by one in the end, if they are few enough to be believed.
	Missing []string `json:"missing,omitempty"`
	// Short says that they are not, or that the walk could not come to the end: the list is taken
	// for one that ended early.
	Short bool `json:"short,omitempty"`
}

// Groups returns how many groups the mirror has from lists at least: of those that were listed before the
// lists were begun anew hardly any is gone.
func (w Walk) Groups() int { return max(w.Counted.Groups, w.Reached) }

// UnderWay reports whether the walk has begun and not ended.
func (w Walk) UnderWay() bool { return w.Phase == WalkPeople || w.Phase == WalkGroups }

// Step is what one page of a walk found to be read, kept until it was queued: a process that
// ends in between finds it here, without another call.
type Step struct {
	// Members are the ids of groups whose members are to be read because something changed, Turn of
	// those that can wait: nothing is known to have changed, or the mirror is being filled. Groups
	// and People are those who are to be asked for themselves.
	Members []string  `json:"members,omitempty"`
	Turn    []string  `json:"turn,omitempty"`
	Groups  []string  `json:"groups,omitempty"`
	People  []string  `json:"people,omitempty"`
	Began   time.Time `json:"began"`
}

const (
	theWalk = "directory"
	// stepsFor is how long steps are kept: longer than a queue tries.
	stepsFor = 3 * 24 * time.Hour
)

var (
	walks = store.Collection[Walk]{Name: "walks"}
	steps = store.Collection[Step]{Name: "walk-steps", Expires: func(s Step) time.Time { return s.Began.Add(stepsFor) }}
)

func stepID(run string, page int) string { return fmt.Sprintf("%s.%d", run, page) }

// Walk returns the walk that is under way, or the last one; the zero Walk before the first.
func (m *Mirror) Walk(ctx context.Context) (Walk, error) {
	w, err := walks.Get(ctx, m.store, theWalk)
	if errors.Is(err, store.ErrNotFound) {
		return Walk{}, nil
	}
	if err != nil {
		return Walk{}, fmt.Errorf("read how far the walk is: %w", err)
	}
	return w, nil
}

// ErrWalkMoved says that another process has done the page meanwhile, or begun another walk.
var ErrWalkMoved = errors.New("the walk has moved meanwhile")

// PutStep stores how far a walk has come from where it was, and what its page found. Where it is
// not there any more, nothing is stored and the error is [ErrWalkMoved]: one page may be under way
// twice, and the slower of the two must not set the walk back. Where the walk is done, its count
// becomes the census.
func (m *Mirror) PutStep(ctx context.Context, from, w Walk, s Step) error {
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		stored, err := walks.Get(ctx, tx, theWalk)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if stored.Run != from.Run || stored.Page != from.Page {
			return ErrWalkMoved
		}
		if w.Phase == WalkDone {
			before, err := readCensus(ctx, tx)
			if err != nil {
				return err
			}
			after := w.Counted
			after.At = w.Began
			if w.Short {
				after = before
				after.Short = true
			}
			if err := censuses.Put(tx, theCensus, after); err != nil {
				return err
			}
		}
		if err := walks.Put(tx, theWalk, w); err != nil {
			return err
		}
		return steps.Put(tx, stepID(w.Run, w.Page-1), s)
	})
	if err != nil {
		return fmt.Errorf("store page %d of walk %s: %w", w.Page-1, w.Run, err)
	}
	return nil
}

// Step returns what a page of a walk found; the zero Step where that is unknown, or not any
// more.
func (m *Mirror) Step(ctx context.Context, run string, page int) (Step, error) {
	s, err := steps.Get(ctx, m.store, stepID(run, page))
	if errors.Is(err, store.ErrNotFound) {
		return Step{}, nil
	}
	if err != nil {
		return Step{}, fmt.Errorf("read page %d of walk %s: %w", page, run, err)
	}
	return s, nil
}
