package grouprefresh

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/budget"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

const (
	// stalled is how long a walk may stand still before another may begin.
	stalled = time.Hour
	// turns is over how many nights the groups are spread of which nothing differs.
	turns = 7
	// overdue is how old a reading may be before a group is read out of turn.
	overdue = 8 * 24 * time.Hour
	// mostRestarts is how often a walk begins its lists anew.
	mostRestarts = 2
	// mostMissing bounds how many absences a walk remembers, whatever the brake says.
	mostMissing = 700
)

func walkTask(run string, page int) string { return fmt.Sprintf("walk-%s-page-%d", run, page) }

// walk does one page: first of the people, then of the groups in the order of their addresses.
// What is listed is stored as far as it differs; the members of a group that differs, of which
// news was perhaps not told, or whose turn it is, are read, the last of these when the day has room
// for what can wait. Whoever is in no list is asked for in the end.
func (h *handler) walk(ctx context.Context, e event.Walk) error {
	if e.Run == "" {
		// The walk that never was has no run either: such a walk would go on for ever.
		return cloudfn.Permanent(errors.New("a walk without a name"))
	}
	w, err := h.mirror.Walk(ctx)
	if err != nil {
		return err
	}
	from := w
	switch {
	case e.Page == 0 && w.Run != e.Run:
		if w.UnderWay() && h.now().Sub(w.Moved) < stalled {
			return fmt.Errorf("walk %s: walk %s is under way", e.Run, w.Run)
		}
		w = mirror.Walk{Run: e.Run, Phase: mirror.WalkPeople, Verify: e.Verify, Began: h.now(), Reached: w.Groups()}
	case e.Page < 0 || w.Run != e.Run || e.Page > w.Page:
		return nil // of a walk that is over, or that never was
	case e.Page < w.Page:
		return h.follow(ctx, w, e.Page) // done before, but perhaps it ended before it queued everything
	case !w.UnderWay():
		return nil
	}
	if err := h.budget.Spend(ctx, budget.Sweep); err != nil {
		return err
	}
	var step mirror.Step
	if w.Phase == mirror.WalkPeople {
		step, err = h.walkPeople(ctx, &w)
	} else {
		step, err = h.walkGroups(ctx, &w)
	}
	if errors.Is(err, workspace.ErrInvalid) && w.Token != "" {
		w, step, err = h.anew(ctx, w, err), mirror.Step{}, nil
	}
	if err != nil {
		return err
	}
	w.Page++
	w.Moved, step.Began = h.now(), w.Began
	if w.Phase == mirror.WalkDone {
		step.Groups = append(step.Groups, h.missing(ctx, &w)...)
	}
	err = h.mirror.PutStep(ctx, from, w, step)
	if errors.Is(err, mirror.ErrWalkMoved) {
		return h.walk(ctx, e) // the page is done, and this task sees to what follows like any late one
	}
	if err != nil {
		return err
	}
	return h.follow(ctx, w, w.Page-1)
}

// anew returns a walk of which the token of the next page is not good any more: all lists from
// their beginning. Where that has not helped before, Google refuses the page for another reason,
// and the walk ends; the next night tries again.
func (h *handler) anew(ctx context.Context, w mirror.Walk, why error) mirror.Walk {
	if w.Restarts == mostRestarts {
		h.log.ErrorContext(ctx, "a walk cannot go on", "run", w.Run, "page", w.Page, "restarts", w.Restarts, "error", why)
		w.Phase, w.Short = mirror.WalkDone, true
		return w
	}
	return mirror.Walk{
		Run: w.Run, Phase: mirror.WalkPeople, Verify: w.Verify, Page: w.Page, Restarts: w.Restarts + 1, Began: w.Began, Reached: w.Groups(),
	}
}

// follow queues what follows from a page that is done: first the next page, so that the queue
// never runs dry while this one's groups are queued, then the readings.
func (h *handler) follow(ctx context.Context, w mirror.Walk, page int) error {
	if page+1 < w.Page || w.UnderWay() {
		if err := h.ensure(ctx, event.Walk{Run: w.Run, Page: page + 1}, walkTask(w.Run, page+1), time.Time{}); err != nil {
			return err
		}
	}
	step, err := h.mirror.Step(ctx, w.Run, page)
	if err != nil {
		return err
	}
	for _, id := range step.Members {
		if err := h.ensure(ctx, event.ReadMembers{Group: id, Since: w.Began}, "walk-"+w.Run+"-"+id, time.Time{}); err != nil {
			return err
		}
	}
	for _, id := range step.Turn {
		if err := h.ensure(ctx, event.ReadMembers{Group: id, Since: w.Began, Sweep: true}, "walk-"+w.Run+"-"+id, time.Time{}); err != nil {
			return err
		}
	}
	for _, id := range step.Groups {
		if err := h.ensure(ctx, event.RefreshGroup{Group: id, Noticed: w.Began}, "walk-"+w.Run+"-missing-"+id, time.Time{}); err != nil {
			return err
		}
	}
	for _, id := range step.People {
		if err := h.ensure(ctx, event.RefreshPerson{Person: id}, "walk-"+w.Run+"-person-"+id, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

func (h *handler) walkPeople(ctx context.Context, w *mirror.Walk) (mirror.Step, error) {
	began := h.now()
	page, err := h.directory.People(ctx, w.Token)
	if err != nil {
		return mirror.Step{}, fmt.Errorf("list people: %w", err)
	}
	var step mirror.Step
	upTo := w.Last
	for _, p := range page.People {
		upTo = max(upTo, group.Address(p.Email))
	}
	if len(page.People) > 0 && upTo == w.Last && page.Next != "" {
		h.log.ErrorContext(ctx, "the list of people goes round in a circle", "page", w.Page)
		w.Phase, w.Short = mirror.WalkDone, true
		return mirror.Step{}, nil
	}
	if end := page.Next == ""; end || len(page.People) > 0 {
		held, err := h.mirror.PeopleBetween(ctx, w.Last, unless(end, upTo))
		if err != nil {
			return mirror.Step{}, err
		}
		var changed []group.Person
		changed, step.People = compare(page.People, held, func(p group.Person) string { return p.ID }, group.Person.Equal)
		if err := h.mirror.PutPeople(ctx, changed, began); err != nil {
			return mirror.Step{}, err
		}
		if err := h.carryPeople(ctx); err != nil {
			return mirror.Step{}, err
		}
	}
	w.Counted.People += len(page.People)
	limit, bound := h.brake.Limit(w.Counted.People)
	if nobody := w.Counted.People == 0 && page.Next == ""; len(step.People) > 0 && (nobody || bound && len(step.People) > limit) {
		h.log.ErrorContext(ctx, "a list of people is too short to be believed", "missing", len(step.People), "limit", limit)
		step.People, w.Short = nil, true
	}
	w.Token, w.Last = page.Next, upTo
	if page.Next == "" {
		w.Phase, w.Last = mirror.WalkGroups, ""
	}
	return step, nil
}

// unless returns nothing where the end is open.
func unless(open bool, end string) string {
	if open {
		return ""
	}
	return end
}

// compare returns what is listed and new or different from what is held, and the ids of what
// is held and not listed.
func compare[T any](listed, held []T, id func(T) string, equal func(a, b T) bool) (changed []T, missing []string) {
	have := make(map[string]T, len(held))
	for _, x := range held {
		have[id(x)] = x
	}
	for _, x := range listed {
		if was, ok := have[id(x)]; !ok || !equal(was, x) {
			changed = append(changed, x)
		}
		delete(have, id(x))
	}
	for _, x := range held {
		if _, left := have[id(x)]; left {
			missing = append(missing, id(x))
		}
	}
	return changed, missing
}

func (h *handler) walkGroups(ctx context.Context, w *mirror.Walk) (mirror.Step, error) {
	began := h.now()
	page, err := h.directory.Groups(ctx, w.Token)
	if err != nil {
		return mirror.Step{}, fmt.Errorf("list groups: %w", err)
	}
	upTo := w.Last
	for _, g := range page.Groups {
		upTo = max(upTo, group.Address(g.Email))
	}
	if len(page.Groups) > 0 && upTo == w.Last && page.Next != "" {
		// Lists are in the order of addresses: one that does not get on goes round in a circle.
		h.log.ErrorContext(ctx, "the list of groups goes round in a circle", "page", w.Page)
		w.Phase, w.Short = mirror.WalkDone, true
		return mirror.Step{}, nil
	}
	census, err := h.mirror.Census(ctx) // zero while the mirror is being filled
	if err != nil {
		return mirror.Step{}, err
	}
	held, err := h.heldBetween(ctx, w.Last, upTo, page.Next == "")
	if err != nil {
		return mirror.Step{}, err
	}
	have := make(map[string]mirror.Header, len(held))
	for _, one := range held {
		have[one.Group.ID] = one
	}
	var step mirror.Step
	var changed []group.Group
	for _, g := range page.Groups {
		one, ok := have[g.ID]
		if !ok { // new, or held under another address
			if one, err = h.mirror.Header(ctx, g.ID); err != nil && !errors.Is(err, mirror.ErrUnknown) {
				return mirror.Step{}, err
			}
		}
		delete(have, g.ID)
		w.Missing = slices.DeleteFunc(w.Missing, func(id string) bool { return id == g.ID })
		differs := one.Gone || one.Whole || !one.Group.Equal(g)
		if differs {
			changed = append(changed, g)
		}
		switch wanted := differs || one.Pending() || len(one.Untold) > 0; {
		case wanted && !census.At.IsZero():
			step.Members = append(step.Members, g.ID)
		case wanted || w.Verify && (turn(g.ID, w.Began) || w.Began.Sub(one.Read) > overdue):
			step.Turn = append(step.Turn, g.ID)
		}
		w.Counted.Memberships += int(g.Count)
	}
	if err := h.mirror.PutDetails(ctx, changed, began); err != nil {
		return mirror.Step{}, err
	}
	for _, one := range held { // in order
		if _, left := have[one.Group.ID]; left && len(w.Missing) <= mostMissing {
			w.Missing = append(w.Missing, one.Group.ID)
		}
	}
	w.Counted.Groups += len(page.Groups)
	w.Token, w.Last = page.Next, upTo
	if page.Next == "" {
		w.Phase = mirror.WalkDone
	}
	return step, nil
}

// heldBetween returns the groups of the mirror that should be on a page. After the last page
// there are at most as many as an absence is believed of, and one more.
func (h *handler) heldBetween(ctx context.Context, last, upTo string, end bool) ([]mirror.Header, error) {
	if end {
		return h.mirror.Page(ctx, last, groupsAtEnd)
	}
	if upTo == last {
		return nil, nil // an empty page with a successor says nothing
	}
	return h.mirror.Between(ctx, last, upTo)
}

// groupsAtEnd is how many groups of the mirror are looked at after the last page began: a page
// full, and more than can be missing.
const groupsAtEnd = mostMissing + 1 + 200

// missing returns the groups that are in no list, to be asked for one by one: the list itself
// removes nobody. Where there are too many of them the list is not believed, and the next walk
// looks again.
func (h *handler) missing(ctx context.Context, w *mirror.Walk) []string {
	if w.Short {
		return nil
	}
	limit, bound := h.brake.Limit(w.Counted.Groups)
	if !bound || limit > mostMissing {
		limit = mostMissing
	}
	if len(w.Missing) <= limit {
		return w.Missing
	}
	h.log.ErrorContext(ctx, "the list of groups is too short to be believed", "listed", w.Counted.Groups, "missing", len(w.Missing), "limit", limit)
	w.Short = true
	return nil
}

// turn reports whether it is a group's turn to be read in the night of a walk.
func turn(id string, night time.Time) bool {
	hash := fnv.New32a()
	hash.Write([]byte(id))
	return int64(hash.Sum32()%turns) == night.Unix()/86400%turns
}
