package grouprefresh_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim/org"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
)

// large is a company with one group of many members, and some small ones.
func large(tb testing.TB, members int) *org.Company {
	tb.Helper()
	c := &org.Company{Domain: "example.com", People: []org.Person{{Email: "root@example.com", Admin: true}}}
	all := org.Group{Email: "all@example.com", Owners: []string{"root@example.com"}}
	for i := range members - 1 {
		all.Members = append(all.Members, fmt.Sprintf("u%05d@example.com", i))
	}
	c.Groups = []org.Group{all}
	for i := range 300 {
		c.Groups = append(c.Groups, org.Group{Email: fmt.Sprintf("g%03d@example.com", i), Owners: []string{"root@example.com"}})
	}
	return c
}

func openCompany(tb testing.TB, c *org.Company) *tenant {
	tb.Helper()
	t := open(tb, cloudfntest.New(tb))
	var err error
	t.workspace, err = simworkspace.New(simworkspace.Options{
		Company: c, Now: t.Clock.Now, Faults: t.faults, Lag: &simworkspace.Lag{},
		Tokens: map[string][]string{cloudfntest.GoogleToken: {simworkspace.ScopeGroupReadonly, simworkspace.ScopeMemberReadonly, simworkspace.ScopeUserReadonly}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	t.through(t.workspace)
	return t
}

// through lets a handler answer for Google.
func (t *tenant) through(google http.Handler) {
	t.Outbound = roundTrip{google}
	t.handler = t.Build(grouprefresh.Function)
}

type roundTrip struct{ http.Handler }

func (h roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	w := &answered{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(w, in)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r, ContentLength: int64(w.body.Len())}, nil
}

type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answered) Header() http.Header         { return w.header }
func (w *answered) WriteHeader(status int)      { w.status = status }
func (w *answered) Write(p []byte) (int, error) { return w.body.Write(p) }

// work runs tasks until none is left and returns the most calls that one task made.
func (t *tenant) work(tb testing.TB) (most int) {
	tb.Helper()
	for range 500 {
		tasks := t.Queue.Take(event.QueueDirectory)
		if len(tasks) == 0 {
			return most
		}
		for _, task := range tasks {
			t.Clock.Advance(max(time.Millisecond, task.NotBefore.Sub(t.Clock.Now())))
			t.Calls.Made()
			if status := t.Do(t.handler, t.Task(task)); status != http.StatusOK {
				tb.Fatalf("task %s: status %d\n%s", task.Name, status, t.Log)
			}
			most = max(most, len(t.Calls.Made()))
		}
	}
	tb.Fatal("the work does not end")
	return 0
}

func (t *tenant) tick(tb testing.TB, job string) {
	tb.Helper()
	if status := t.Do(t.handler, t.Envelope(event.Tick{Job: job})); status != http.StatusOK {
		tb.Fatalf("status %d\n%s", status, t.Log)
	}
}

// The rate of the queue is the rate of the API only if no task makes two calls.
func TestOneTaskIsOneCall(t *testing.T) {
	r := openCompany(t, large(t, 700))
	r.tick(t, grouprefresh.JobWalk)
	if most := r.work(t); most != 1 {
		t.Errorf("a task made %d calls", most)
	}
	if got := r.members(t, "all@example.com"); len(got) != 700 {
		t.Errorf("%d members of the large group, want 700", len(got))
	}
	census, err := r.mirror.Census(context.Background())
	if err != nil || census.Groups != 301 || census.Memberships != 1000 || census.People != 1 || census.At.IsZero() {
		t.Errorf("census %+v, %v", census, err)
	}
}

// Each task is asked for twice, and every third dies after its work: nothing is read much more
// often than once.
func TestAKilledWalkGoesOn(t *testing.T) {
	r := openCompany(t, large(t, 700))
	r.tick(t, grouprefresh.JobWalk)
	calls, n := 0, 0
	for range 500 {
		tasks := r.Queue.Take(event.QueueDirectory)
		if len(tasks) == 0 {
			break
		}
		for _, task := range tasks {
			r.Clock.Advance(max(time.Millisecond, task.NotBefore.Sub(r.Clock.Now())))
			n++
			if n%50 == 0 { // dies before it can queue what follows
				r.Queue.Break(1)
				r.Do(r.handler, r.Task(task))
				r.Queue.Break(0)
			}
			r.Do(r.handler, r.Task(task))
			calls += len(r.Calls.Made())
		}
	}
	want := 1 + 2 + 4 + 300 // pages: of people, of groups, of the large group; small groups
	if calls < want || calls > want+want/20 {
		t.Errorf("%d calls, want %d and less than a twentieth more", calls, want)
	}
	if got := r.members(t, "all@example.com"); len(got) != 700 {
		t.Errorf("%d members of the large group, want 700", len(got))
	}
}

func TestAnAddressThatLeadsNowhereRemovesNobody(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	r.refresh("payroll@example.com")
	before := r.members(t, "payroll@example.com")
	id := r.workspace.GroupID("payroll@example.com")
	if err := r.workspace.RenameGroup("payroll@example.com", "pay@example.com", ""); err != nil {
		t.Fatal(err)
	}
	// Google forgets the former address.
	r.through(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.Contains(q.URL.Path, "payroll") {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error":{"code":404,"message":"Resource Not Found: groupKey","errors":[{"reason":"notFound"}]}}`)
			return
		}
		r.workspace.ServeHTTP(w, q)
	}))
	if status := r.refresh("payroll@example.com"); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	if got := r.members(t, "pay@example.com"); !slices.Equal(got, before) {
		t.Errorf("members %v, want %v", got, before)
	}
	if h, err := r.mirror.Find(context.Background(), id); err != nil || h.Group.Email != "pay@example.com" {
		t.Errorf("header %+v, %v", h, err)
	}
	// Gone is what has no group under its id.
	if err := r.workspace.DeleteGroup(id, ""); err != nil {
		t.Fatal(err)
	}
	r.refresh("pay@example.com")
	if got := r.members(t, id); got != nil {
		t.Errorf("a group that was deleted: %v", got)
	}
}

func TestAnAddressThatPassedToAnotherGroup(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	r.refresh("payroll@example.com")
	id := r.workspace.GroupID("payroll@example.com")
	if err := r.workspace.DeleteGroup("payroll@example.com", ""); err != nil {
		t.Fatal(err)
	}
	if err := r.workspace.CreateGroup("payroll@example.com", ""); err != nil {
		t.Fatal(err)
	}
	r.refresh("payroll@example.com")
	if h, err := r.mirror.Find(context.Background(), "payroll@example.com"); err != nil || h.Group.ID == id {
		t.Errorf("the mirror has %+v, %v at the address", h, err)
	}
	if _, err := r.mirror.Find(context.Background(), id); err == nil {
		t.Error("the former group is still there")
	}
}

// A listing of members whose token comes back, and one whose token is refused, end in a new
// reading, not in a wrong one.
func TestPagesOfMembersThatGoRoundInACircle(t *testing.T) {
	r := openCompany(t, large(t, 700))
	r.refresh("all@example.com")
	if got := r.members(t, "all@example.com"); len(got) != 700 {
		t.Fatalf("%d members", len(got))
	}
	circle, asked := true, 0
	first := ""
	r.through(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, "/members") {
			asked++
		}
		if !circle || !strings.HasSuffix(q.URL.Path, "/members") {
			r.workspace.ServeHTTP(w, q)
			return
		}
		honest := &answered{header: http.Header{}, status: http.StatusOK}
		r.workspace.ServeHTTP(honest, q)
		var page map[string]any
		if err := json.Unmarshal(honest.body.Bytes(), &page); err != nil {
			t.Error(err)
		}
		if first == "" {
			first, _ = page["nextPageToken"].(string)
		}
		if token := q.URL.Query().Get("pageToken"); token != "" && token != first {
			page["nextPageToken"] = first // over two pages, which no single answer tells
			circle = false
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(page); err != nil {
			t.Error(err)
		}
	}))
	if status := r.refresh("all@example.com"); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	if got := r.members(t, "all@example.com"); len(got) != 700 {
		t.Errorf("%d members after a circle", len(got))
	}
	// Three pages until the token comes back, and all four anew.
	if circle || asked != 7 {
		t.Errorf("a circle: %t; %d pages were asked for, want 7", !circle, asked)
	}
}

// Google says of a group that it has more members than it lists, and goes on saying so. Who is added
// is taken in all the same; who is missing stays, until the two agree again.
func TestACountThatStaysAboveTheListing(t *testing.T) {
	c := large(t, 20)
	c.People = append(c.People, org.Person{Email: "new@example.com"})
	r := openCompany(t, c)
	r.refresh("all@example.com")
	r.told(t)
	before := r.members(t, "all@example.com")
	gone := before[1]
	excess := 3
	r.through(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, "/members") || !strings.HasPrefix(q.URL.Path, "/admin/directory/v1/groups/") {
			r.workspace.ServeHTTP(w, q)
			return
		}
		honest := &answered{header: http.Header{}, status: http.StatusOK}
		r.workspace.ServeHTTP(honest, q)
		var g map[string]any
		if err := json.Unmarshal(honest.body.Bytes(), &g); err != nil {
			t.Error(err)
		}
		count, err := strconv.Atoi(fmt.Sprint(g["directMembersCount"]))
		if err != nil {
			t.Error(err)
		}
		g["directMembersCount"] = strconv.Itoa(count + excess)
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(g); err != nil {
			t.Error(err)
		}
	}))
	if err := r.workspace.RemoveMember("all@example.com", gone, ""); err != nil {
		t.Fatal(err)
	}
	if err := r.workspace.AddMember("all@example.com", "new@example.com", "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	if status := r.refresh("all@example.com"); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	got := r.members(t, "all@example.com")
	if len(got) != 21 || !slices.Contains(got, "new@example.com") || !slices.Contains(got, gone) {
		t.Errorf("members %v, want one more and nobody less", got)
	}
	if diff := cmp.Diff([][]string{{"members"}}, r.told(t)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if h, err := r.mirror.Find(t.Context(), "all@example.com"); err != nil || h.Complete() || !h.Pending() {
		t.Errorf("header %+v, %v; want one that waits for a reading", h, err)
	}
	excess = 0
	r.refresh("all@example.com")
	if got := r.members(t, "all@example.com"); len(got) != 20 || slices.Contains(got, gone) {
		t.Errorf("members %v, want those that Google lists", got)
	}
}

// Nothing but the listing tells of nested groups: one that lies is found out by asking.
func TestNestedGroupsAreAskedForBeforeTheyAreTakenAway(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	const outer, inner = "analysts@example.com", "board@example.com"
	if err := r.workspace.AddMember(outer, inner, "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	r.refresh(outer)
	if got := r.members(t, outer); !slices.Contains(got, inner) {
		t.Fatalf("members %v", got)
	}
	lies := 2
	r.through(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		honest := &answered{header: http.Header{}, status: http.StatusOK}
		r.workspace.ServeHTTP(honest, q)
		body := honest.body.Bytes()
		if strings.HasSuffix(q.URL.Path, "/members") && lies > 0 {
			lies--
			var page struct {
				Members []map[string]any `json:"members"`
			}
			if err := json.Unmarshal(body, &page); err != nil {
				t.Error(err)
			}
			page.Members = slices.DeleteFunc(page.Members, func(m map[string]any) bool { return m["type"] == "GROUP" })
			var err error
			if body, err = json.Marshal(page); err != nil {
				t.Error(err)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(honest.status)
		_, _ = w.Write(body)
	}))
	r.refresh(outer)
	if got := r.members(t, outer); !slices.Contains(got, inner) || lies != 0 {
		t.Errorf("after %d lies: members %v", 2-lies, got)
	}
	if err := r.workspace.RemoveMember(outer, inner, ""); err != nil {
		t.Fatal(err)
	}
	r.refresh(outer)
	if got := r.members(t, outer); slices.Contains(got, inner) {
		t.Errorf("after it was taken out: members %v", got)
	}
}

func TestACallThatTheDayHasNoRoomForWaits(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	r.Variables["CALLS_PER_DAY"] = "20"
	r.handler = r.Build(grouprefresh.Function)
	for i := range 60 {
		if status := r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: fmt.Sprintf("nothing%d@example.com", i)})); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
	}
	if calls := len(r.Calls.Made()); calls != 16 {
		t.Errorf("%d calls, want 16: refreshes have four fifths", calls)
	}
	tasks := r.Queue.Take(event.QueueDirectory)
	if len(tasks) != 44 {
		t.Errorf("%d tasks wait, want 44", len(tasks))
	}
	midnight := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	if r.Clock.Now().Hour() < 8 {
		midnight = midnight.Add(-24 * time.Hour)
	}
	for _, task := range tasks {
		if task.NotBefore.Before(midnight) || task.NotBefore.After(midnight.Add(time.Hour)) {
			t.Errorf("task %s waits until %s, want midnight on the Pacific coast", task.Name, task.NotBefore)
		}
	}
	// The same again waits once.
	r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: "nothing59@example.com"}))
	r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: "nothing59@example.com"}))
	if tasks := r.Queue.Take(event.QueueDirectory); len(tasks) > 1 {
		t.Errorf("the same work waits %d times", len(tasks))
	}
}

func TestTheSecureSetIsComparedByTheAnchor(t *testing.T) {
	rig := cloudfntest.New(t)
	rig.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("settings: {anchor: noor@example.com}\n")}}
	r := open(t, rig)
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	for _, address := range []string{"analysts@example.com", "board@example.com"} {
		if err := r.workspace.AddMember(address, "noor@example.com", "MEMBER", ""); err != nil {
			t.Fatal(err)
		}
	}
	r.Clock.Advance(15 * time.Minute)
	r.Calls.Made()
	r.tick(t, grouprefresh.JobSecure)
	r.work(t)
	for _, address := range []string{"analysts@example.com", "board@example.com"} {
		if got := r.members(t, address); !slices.Contains(got, "noor@example.com") {
			t.Errorf("%s has %v in the mirror", address, got)
		}
	}
	if err := r.workspace.RemoveMember("board@example.com", "noor@example.com", ""); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(15 * time.Minute)
	r.tick(t, grouprefresh.JobSecure)
	r.work(t)
	if got := r.members(t, "board@example.com"); slices.Contains(got, "noor@example.com") {
		t.Errorf("board still has %v", got)
	}
	// Nothing differs: one call.
	r.Clock.Advance(15 * time.Minute)
	r.tick(t, grouprefresh.JobSecure)
	for _, task := range r.Queue.Take(event.QueueDirectory) {
		r.Calls.Made()
		r.Do(r.handler, r.Task(task))
		if calls := len(r.Calls.Made()); calls != 1 {
			t.Errorf("%d calls, want one", calls)
		}
	}
}

// The anchor gets another main address and keeps the policy's as an alias: the same groups are secure,
// and people are told to mend the policy before somebody gives the alias up.
func TestAnAnchorWithAnotherMainAddressIsToldOf(t *testing.T) {
	rig := cloudfntest.New(t)
	rig.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("settings: {anchor: board@example.com}\n")}}
	r := open(t, rig)
	if err := r.workspace.AddMember("analysts@example.com", "board@example.com", "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	compared := func(told int) {
		t.Helper()
		r.Clock.Advance(15 * time.Minute)
		r.tick(t, grouprefresh.JobSecure)
		r.work(t)
		const line = `"message":"the anchor has another main address than the policy's","anchor":"board@example.com","main":"board-2026@example.com"`
		if got := strings.Count(r.Log.String(), line); got != told {
			t.Errorf("told %d times, want %d\n%s", got, told, r.Log)
		}
	}
	compared(0)
	if err := r.workspace.RenameGroup("board@example.com", "board-2026@example.com", ""); err != nil {
		t.Fatal(err)
	}
	r.refresh("board@example.com")
	r.work(t)
	compared(1)
}

// An event names somebody whom Google does not know. The watch finds that the address was asked
// for, and does not have it asked for again.
func TestAnAddressOfNobodyIsRemembered(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	for range 2 { // each message comes twice
		if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: "Stranger@example.com"})); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
	}
	if got, err := r.mirror.PersonRead(t.Context(), "stranger@example.com"); err != nil || !got.Equal(r.Clock.Now()) {
		t.Errorf("read at %s, %v; want %s", got, err, r.Clock.Now())
	}
	if tasks := r.Queue.Tasks(); len(tasks) != 0 {
		t.Errorf("tasks %v, want none", tasks)
	}
}

func TestSomebodyWhoseAddressChanged(t *testing.T) {
	r := open(t, cloudfntest.New(t))
	ctx := context.Background()
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	p, err := r.mirror.PersonAt(ctx, "aiko@example.com")
	if err != nil {
		t.Fatal(err)
	}
	// The mirror has somebody under an address that Google does not know.
	stale := p
	stale.Email = "former@example.com"
	r.Clock.Advance(time.Second)
	if err := r.mirror.PutPeople(ctx, []group.Person{stale}, r.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(time.Second)
	if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: "former@example.com"})); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	r.work(t)
	if got, err := r.mirror.PersonAt(ctx, "aiko@example.com"); err != nil || got.Suspended || got.ID != p.ID {
		t.Errorf("after an address that leads nowhere: %+v, %v", got, err)
	}
}
