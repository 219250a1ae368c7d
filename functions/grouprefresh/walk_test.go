package grouprefresh_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// lists counts the calls for lists, and the groups whose members were read, since the last call.
func (t *tenant) lists() (pages int, members []string) {
	for _, c := range t.Calls.Made() {
		path := strings.TrimSuffix(c.Path, "/members")
		switch {
		case path != c.Path:
			members = append(members, path[strings.LastIndex(path, "/")+1:])
		case strings.HasSuffix(path, "/groups"), strings.HasSuffix(path, "/users"):
			pages++
		}
	}
	slices.Sort(members)
	return pages, members
}

// Every page of a walk is stored, and then the process dies before it queues what follows. It comes
// again, as does the very first task of the walk: no page is listed twice, and no group left out.
func TestAWalkThatDiesAfterEveryPage(t *testing.T) {
	r := openCompany(t, large(t, 50))
	first := event.Walk{Run: "first"}
	r.Queue.Break(1)
	if status := r.Do(r.handler, r.Envelope(first)); status != http.StatusServiceUnavailable {
		t.Fatalf("status %d, want 503: it died", status)
	}
	r.Queue.Break(0)
	r.Do(r.handler, r.Envelope(first))
	for range 50 {
		tasks := r.Queue.Take(event.QueueDirectory)
		if len(tasks) == 0 {
			break
		}
		for _, task := range tasks {
			r.Clock.Advance(time.Millisecond)
			if strings.Contains(task.Name, "-page-") {
				r.Queue.Break(1)
				r.Do(r.handler, r.Task(task)) // the last page of a walk queues readings only, or nothing
				r.Queue.Break(0)
			}
			if status := r.Do(r.handler, r.Task(task)); status != http.StatusOK {
				t.Fatalf("task %s: status %d\n%s", task.Name, status, r.Log)
			}
		}
		if status := r.Do(r.handler, r.Envelope(first)); status != http.StatusOK {
			t.Errorf("the first task again: status %d", status)
		}
	}
	pages, members := r.lists()
	if again := slices.Compact(slices.Clone(members)); pages != 3 || len(members) != 301 || len(again) != 301 {
		t.Errorf("%d lists and the members of %d groups were read, %d different; want 3, 301, 301", pages, len(members), len(again))
	}
	unread := 0
	if err := r.mirror.Groups(context.Background(), func(h mirror.Header) error {
		if h.Read.IsZero() {
			unread++
		}
		return nil
	}); err != nil || unread != 0 {
		t.Errorf("%d groups were never read, %v", unread, err)
	}
}

// during lets something else happen while an answer of a path that ends so is on its way.
type during struct {
	next http.RoundTripper
	path string
	skip int // so many answers first
	do   func()
}

func (d *during) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := d.next.RoundTrip(r)
	if do := d.do; do != nil && strings.HasSuffix(r.URL.Path, d.path) {
		if d.skip--; d.skip < 0 {
			d.do = nil
			do()
		}
	}
	return resp, err
}

// One page is delivered twice. While the first delivery waits for Google, the second does the page
// and the walk goes on to its end: the first must not set it back to where it began.
func TestAPageThatIsDeliveredTwiceSetsNoWalkBack(t *testing.T) {
	r := openCompany(t, large(t, 50))
	slow := &during{next: r.Outbound, path: "/groups"}
	r.Outbound = slow
	r.handler = r.Build(grouprefresh.Function)
	known := map[string]bool{}
	pages := func() (out []queue.Task) {
		for _, task := range r.Queue.Take(event.QueueDirectory) {
			if strings.Contains(task.Name, "-page-") && !known[task.Name] { // a queue remembers names
				known[task.Name] = true
				out = append(out, task)
			}
		}
		return out
	}
	deliver := func(task queue.Task) {
		if status := r.Do(r.handler, r.Task(task)); status != http.StatusOK {
			t.Fatalf("task %s: status %d\n%s", task.Name, status, r.Log)
		}
	}
	r.Do(r.handler, r.Envelope(event.Walk{Run: "first"}))
	toTheEnd := func() {
		for todo := pages(); len(todo) > 0; todo = pages() {
			deliver(todo[0])
		}
	}
	page := pages()[0]
	var done mirror.Walk
	slow.do = func() {
		deliver(page)
		toTheEnd()
		var err error
		if done, err = r.mirror.Walk(t.Context()); err != nil || done.Phase != mirror.WalkDone {
			t.Fatalf("the second delivery: walk %+v, %v; want the end", done, err)
		}
	}
	deliver(page)
	toTheEnd()
	if w, err := r.mirror.Walk(t.Context()); err != nil || w.Page != done.Page || w.Phase != mirror.WalkDone {
		t.Errorf("the walk stands at page %d in phase %s, %v; want page %d, done", w.Page, w.Phase, err, done.Page)
	}
}

// A walk begins with the people. While it is there a group is read, and loses a member after that of
// whom nobody is told: when the walk comes to the group it sees that the count differs, and has it read.
func TestAGroupThatDiffersIsReadAlsoWhereItWasReadSinceTheWalkBegan(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	const g, leaver = "analysts@example.com", "noor@example.com"
	if err := r.workspace.AddMember(g, leaver, "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	r.refresh(g)
	r.Clock.Advance(time.Hour)
	r.tick(t, grouprefresh.JobWalk)
	people := r.Queue.Take(event.QueueDirectory)
	if len(people) != 1 || r.Do(r.handler, r.Task(people[0])) != http.StatusOK {
		t.Fatalf("%d tasks, want the page of the people\n%s", len(people), r.Log)
	}
	groups := r.Queue.Take(event.QueueDirectory)
	r.refresh(g)
	if err := r.workspace.RemoveMember(g, leaver, ""); err != nil {
		t.Fatal(err)
	}
	for _, task := range groups {
		r.Clock.Advance(time.Second)
		if status := r.Do(r.handler, r.Task(task)); status != http.StatusOK {
			t.Fatalf("%s: status %d\n%s", task.Name, status, r.Log)
		}
	}
	r.work(t)
	if got := r.members(t, g); slices.Contains(got, leaver) {
		t.Errorf("after the walk the members are %v", got)
	}
}

// What a walk finds to have changed is as urgent as what an event tells of; whose turn it is can wait, as
// can everything while the mirror is being filled.
func TestWhatAWalkFindsChangedDoesNotWait(t *testing.T) {
	r := openCompany(t, large(t, 50))
	const changed = "all@example.com"
	// readings returns which groups are to be read, each with whether that can wait.
	readings := func() map[string]bool {
		t.Helper()
		r.tick(t, grouprefresh.JobWalk)
		out := map[string]bool{}
		for range 20 {
			for _, task := range r.Queue.Take(event.QueueDirectory) {
				r.Clock.Advance(time.Millisecond)
				var e event.Envelope
				var p event.ReadMembers
				if err := errors.Join(json.Unmarshal(task.Body, &e), json.Unmarshal(e.Data, &p)); err != nil {
					t.Fatal(err)
				}
				if e.Type == p.Type() {
					out[p.Group] = p.Sweep
				}
				if status := r.Do(r.handler, r.Task(task)); status != http.StatusOK {
					t.Fatalf("%s: status %d\n%s", task.Name, status, r.Log)
				}
			}
		}
		return out
	}
	for id, waits := range readings() {
		if !waits {
			t.Errorf("filling: the reading of %s does not wait", id)
		}
	}
	r.Clock.Advance(24 * time.Hour)
	if err := r.workspace.RemoveMember(changed, "u00001@example.com", ""); err != nil {
		t.Fatal(err)
	}
	g, err := r.mirror.Find(t.Context(), changed)
	if err != nil {
		t.Fatal(err)
	}
	night := readings()
	if len(night) < 2 {
		t.Errorf("%d readings, want the group that changed and those whose turn it is", len(night))
	}
	for id, waits := range night {
		if waits != (id != g.Group.ID) {
			t.Errorf("the reading of %s waits: %t; it changed: %t", id, waits, id == g.Group.ID)
		}
	}
}

// Where nothing differs, every group is read once in seven nights, about as many in each.
func TestEveryGroupHasItsTurnInAWeek(t *testing.T) {
	r := openCompany(t, large(t, 50))
	r.tick(t, grouprefresh.JobWalk)
	r.walkAll(t)
	r.lists()
	var week []string
	for night := range 7 {
		r.Clock.Advance(24 * time.Hour)
		r.tick(t, grouprefresh.JobWalk)
		r.walkAll(t)
		_, members := r.lists()
		if len(members) < 301/14 || len(members) > 301*2/7 {
			t.Errorf("night %d: the members of %d groups were read, want about %d", night, len(members), 301/7)
		}
		week = append(week, members...)
	}
	slices.Sort(week)
	if different := len(slices.Compact(slices.Clone(week))); len(week) != 301 || different != 301 {
		t.Errorf("%d readings of %d groups in a week, want each of 301 once", len(week), different)
	}
}

// withSomebody returns a mirror that is filled, a person in it, and the groups of which they are a member.
func withSomebody(t *testing.T) (r *tenant, who group.Person, groups []string) {
	t.Helper()
	r = open(t, cloudfntest.New(t))
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	who, err := r.mirror.PersonAt(t.Context(), "aiko@example.com")
	if err != nil {
		t.Fatal(err)
	}
	groups, err = r.mirror.GroupsOf(t.Context(), who.ID)
	if err != nil || len(groups) < 2 {
		t.Fatalf("groups %v, %v; want more than one", groups, err)
	}
	return r, who, groups
}

// carried has the mirror and all groups in it know somebody as read just now, and everybody told.
func (t *tenant) carried(tb testing.TB, p group.Person) {
	tb.Helper()
	if err := t.mirror.PutPeople(context.Background(), []group.Person{p}, t.Clock.Now()); err != nil {
		tb.Fatal(err)
	}
	err := t.mirror.CarryPerson(context.Background(), p.ID, func(groups []string, read time.Time) error {
		for _, id := range groups {
			if err := t.mirror.Told(context.Background(), id, read, []group.Part{group.Details}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// Somebody has a new address and the news of the first of their groups cannot be published. The next
// try finds the address in the mirror's groups already and tells of all of them nevertheless.
func TestNewsOfANewAddressThatIsTriedAgain(t *testing.T) {
	r, who, groups := withSomebody(t)
	// The mirror has the address from before.
	r.Clock.Advance(time.Second)
	former := who
	former.Email = "former@example.com"
	r.carried(t, former)
	r.told(t)
	r.Clock.Advance(time.Hour)
	p := event.RefreshPerson{Person: who.ID}
	r.Bus.Break(1)
	if status := r.Do(r.handler, r.Envelope(p)); status != http.StatusServiceUnavailable {
		t.Fatalf("without a bus: status %d, want 503", status)
	}
	r.Clock.Advance(time.Second)
	for range 2 { // the second time there is nothing left to tell
		if status := r.Do(r.handler, r.Envelope(p)); status != http.StatusOK {
			t.Fatalf("again: status %d, want 200\n%s", status, r.Log)
		}
	}
	if told := r.told(t); len(told) != len(groups) {
		t.Errorf("told %v, want each of %d groups once", told, len(groups))
	}
}

// A walk stores that somebody is suspended and cannot tell of it. That Google's list says nothing new on the
// next try does not matter: what was not carried into the groups is carried then.
func TestWhatAWalkDidNotCarryIsCarriedOnItsNextTry(t *testing.T) {
	r, who, groups := withSomebody(t)
	r.Clock.Advance(24 * time.Hour)
	if err := r.workspace.Suspend(who.Email); err != nil {
		t.Fatal(err)
	}
	r.told(t)
	r.tick(t, grouprefresh.JobWalk)
	task := r.Queue.Take(event.QueueDirectory)[0]
	r.Bus.Break(1)
	for _, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
		if status := r.Do(r.handler, r.Task(task)); status != want {
			t.Fatalf("status %d, want %d\n%s", status, want, r.Log)
		}
		r.Clock.Advance(time.Minute)
	}
	for _, id := range groups {
		s, err := r.mirror.Snapshot(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(s.Members, func(m group.Member) bool { return m.ID == who.ID && m.Status == "SUSPENDED" }) {
			t.Errorf("members of %s: %v, want %s suspended", s.Group.Email, s.Members, who.Email)
		}
	}
	if told := r.told(t); len(told) != len(groups) {
		t.Errorf("told %v, want each of %d groups once", told, len(groups))
	}
}

// Of somebody whose account was never read, groups may have been.
func TestTheStateOfAMemberWhoIsNewHere(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	const g, who = "analysts@example.com", "noor@example.com"
	if err := r.workspace.AddMember(g, who, "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	r.refresh(g)
	if err := r.workspace.Suspend(who); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(time.Minute)
	if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: who})); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	s, err := r.mirror.Snapshot(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(s.Members, func(m group.Member) bool { return m.Email == who && m.Status == "SUSPENDED" }) {
		t.Errorf("members %v, want %s suspended", s.Members, who)
	}
}

// Google lists whoever is suspended as such in each of their groups from then on, and as before when that
// ends; no group is read for it.
func TestTheStateOfAMemberFollowsTheAccount(t *testing.T) {
	r, who, groups := withSomebody(t)
	for _, step := range []struct {
		do   func(string) error
		want string
	}{{r.workspace.Suspend, "SUSPENDED"}, {r.workspace.Unsuspend, "ACTIVE"}} {
		r.Clock.Advance(time.Hour)
		if err := step.do(who.Email); err != nil {
			t.Fatal(err)
		}
		r.told(t)
		r.lists()
		r.Store.Written()
		if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: who.ID})); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		// As docs/decisions/0012 has it.
		if got, want := len(r.Store.Written()), 3+4*len(groups); got != want {
			t.Errorf("%d documents written for %d groups, want %d", got, len(groups), want)
		}
		for _, id := range groups {
			s, err := r.mirror.Snapshot(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range s.Members {
				if m.ID == who.ID && m.Status != step.want {
					t.Errorf("in %s: %s, want %s", s.Group.Email, m.Status, step.want)
				}
			}
		}
		if told := r.told(t); len(told) != len(groups) {
			t.Errorf("told %v, want each of %d groups once", told, len(groups))
		}
		if _, members := r.lists(); len(members) > 0 {
			t.Errorf("the members of %v were read, want none", members)
		}
	}
}

// Somebody's account is read twice at once, and Google answers the slower reading from before they
// had a new address: their groups keep the new one.
func TestALateAnswerCarriesNoFormerAddress(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	who, err := r.mirror.PersonAt(t.Context(), "aiko@example.com")
	if err != nil {
		t.Fatal(err)
	}
	r.Outbound = &during{next: r.Outbound, path: "/users/" + who.ID, do: func() {
		r.Clock.Advance(time.Second)
		later := who
		later.Email = "aiko.n@example.com"
		r.carried(t, later)
	}}
	r.handler = r.Build(grouprefresh.Function)
	if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: who.ID})); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	groups, err := r.mirror.GroupsOf(t.Context(), who.ID)
	if err != nil || len(groups) == 0 {
		t.Fatal(groups, err)
	}
	for _, id := range groups {
		if got := r.members(t, id); !slices.Contains(got, "aiko.n@example.com") {
			t.Errorf("members of %s: %v, want the new address", id, got)
		}
	}
}

// walkAll does all tasks, without forgetting the calls.
func (t *tenant) walkAll(tb testing.TB) {
	tb.Helper()
	for range 50 {
		tasks := t.Queue.Take(event.QueueDirectory)
		if len(tasks) == 0 {
			return
		}
		for _, task := range tasks {
			t.Clock.Advance(time.Millisecond)
			if status := t.Do(t.handler, t.Task(task)); status != http.StatusOK {
				tb.Fatalf("task %s: status %d\n%s", task.Name, status, t.Log)
			}
		}
	}
	tb.Fatal("the work does not end")
}

// A group that has another address has it wherever it is a member, and no other group is read for
// that: no audit log tells of those.
func TestANewAddressOfANestedGroup(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	const outer, inner, after = "analysts@example.com", "board@example.com", "direction@example.com"
	if err := r.workspace.AddMember(outer, inner, "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	r.refresh(outer)
	held, err := r.mirror.Find(context.Background(), inner)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.workspace.RenameGroup(inner, after, ""); err != nil {
		t.Fatal(err)
	}
	r.lists()
	r.refresh(held.Group.ID)
	if got := r.members(t, outer); !slices.Contains(got, after) || slices.Contains(got, inner) {
		t.Errorf("members of %s: %v, want %s", outer, got, after)
	}
	if now, err := r.mirror.Find(context.Background(), after); err != nil || now.Group.ID != held.Group.ID {
		t.Errorf("%s is %+v, %v; want the same group", after, now.Group, err)
	}
	if _, members := r.lists(); !slices.Equal(members, []string{held.Group.ID}) {
		t.Errorf("the members of %v were read, want of the renamed alone", members)
	}
}

// Nobody walks for nine nights: every group had its turn in one of them, and no group waits for the next.
func TestAGroupThatMissedItsTurnIsReadOutOfTurn(t *testing.T) {
	r := openCompany(t, large(t, 50))
	r.tick(t, grouprefresh.JobWalk)
	r.walkAll(t)
	for _, night := range []struct{ after, most, least int }{{9, 301, 301}, {1, 301 * 2 / 7, 301 / 14}} {
		r.lists()
		r.Clock.Advance(time.Duration(night.after) * 24 * time.Hour)
		r.tick(t, grouprefresh.JobWalk)
		r.walkAll(t)
		if _, members := r.lists(); len(members) < night.least || len(members) > night.most {
			t.Errorf("after %d nights the members of %d groups were read, want %d to %d", night.after, len(members), night.least, night.most)
		}
	}
}
