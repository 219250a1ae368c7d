package groupapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/groupapi"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/webapi"
)

// desk is the function and the mirror that it serves.
type desk struct {
	*cloudfntest.Rig
	handler http.Handler
	mirror  *mirror.Mirror
}

const (
	all    = "all@clients.example"
	narrow = "narrow@clients.example"
	mute   = "mute@clients.example"
)

const policy = `[
	{"account": "all@clients.example", "groups": [""], "scopes": ["groups", "members", "people", "settings", "changes", "export"]},
	{"account": "narrow@clients.example", "groups": ["data", "inner@"], "scopes": ["groups", "members", "people", "changes", "export"]},
	{"account": "mute@clients.example", "groups": [""], "scopes": []}
]`

func open(tb testing.TB) *desk { return openOn(tb, cloudfntest.New(tb)) }

func openOn(tb testing.TB, rig *cloudfntest.Rig) *desk {
	tb.Helper()
	d := &desk{Rig: rig, mirror: mirror.New(rig.Store).Fed(brake.Brake{Percent: 2, Max: 2000, Least: 50}, rig.Clock.Now)}
	rig.Variables["API_AUDIENCE"] = "https://groupapi.test"
	rig.Variables["API_CLIENTS"] = policy
	d.handler = rig.Build(groupapi.Function)
	return d
}

func (d *desk) ask(account, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if account != "" {
		r.Header.Set("Authorization", "Bearer "+cloudfntest.Canary+":"+account)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

// answer asks and decodes the answer's data into data.
func (d *desk) answer(tb testing.TB, account, path string, data any) (answer struct {
	Data         json.RawMessage
	AsOf         time.Time `json:"as_of"`
	WatchedUntil time.Time `json:"watched_until"`
	Complete     bool
	Next         string
},
) {
	tb.Helper()
	w := d.ask(account, path)
	if w.Code != http.StatusOK {
		tb.Fatalf("GET %s: status %d: %s", path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		tb.Fatal(err)
	}
	reflect.ValueOf(data).Elem().SetZero() // what an answer leaves out is not what the last one said
	if err := json.Unmarshal(answer.Data, data); err != nil {
		tb.Fatalf("GET %s: %v in %s", path, err, w.Body)
	}
	return answer
}

func (d *desk) put(tb testing.TB, id, email string, members ...group.Member) {
	tb.Helper()
	d.Clock.Advance(time.Second)
	s := group.Snapshot{Group: group.Group{ID: id, Email: email, Name: "The " + id}, Members: members, Read: d.Clock.Now()}
	if _, err := d.mirror.Replace(context.Background(), s); err != nil {
		tb.Fatal(err)
	}
}

func user(id string) group.Member {
	return group.Member{ID: id, Email: id + "@example.com", Role: group.Plain, Type: group.User, Status: "ACTIVE"}
}

func nested(id, email string) group.Member {
	return group.Member{ID: id, Email: email, Role: group.Plain, Type: group.Nested, Status: "ACTIVE"}
}

// company fills the mirror: data holds inner, inner holds deep, and deep holds data again.
func (d *desk) company(tb testing.TB) {
	tb.Helper()
	owner := user("ken")
	owner.Role = group.Owner
	d.put(tb, "g1", "data@example.com", owner, user("aiko"), nested("g2", "inner@example.com"))
	d.put(tb, "g2", "inner@example.com", user("lena"), nested("g3", "deep@example.com"))
	d.put(tb, "g3", "deep@example.com", user("mia"), user("aiko"), nested("g1", "data@example.com"))
	d.put(tb, "g4", "board@example.com", user("ken"))
	var people []group.Person
	for _, id := range []string{"ken", "aiko", "lena", "mia", "noor"} {
		people = append(people, group.Person{ID: id, Email: id + "@example.com", Aliases: []string{id + ".alias@example.com"}})
	}
	if err := d.mirror.PutPeople(context.Background(), people, d.Clock.Now()); err != nil {
		tb.Fatal(err)
	}
	if err := d.mirror.PutCensus(context.Background(), mirror.Census{Groups: 4, Memberships: 9, People: 5, At: d.Clock.Now()}); err != nil {
		tb.Fatal(err)
	}
}

func TestGroups(t *testing.T) {
	d := open(t)
	d.company(t)
	var groups []groupapi.Group
	var seen []string
	path := "/v1/groups?limit=3"
	for pages := 0; ; pages++ {
		answer := d.answer(t, all, path, &groups)
		for _, g := range groups {
			seen = append(seen, g.Email)
		}
		if !answer.Complete || answer.AsOf.IsZero() {
			t.Errorf("complete %t as of %s", answer.Complete, answer.AsOf)
		}
		if answer.Next == "" || pages > 5 {
			break
		}
		path = "/v1/groups?limit=3&cursor=" + answer.Next
	}
	if diff := cmp.Diff([]string{"board@example.com", "data@example.com", "deep@example.com", "inner@example.com"}, seen); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	d.answer(t, narrow, "/v1/groups", &groups)
	if len(groups) != 2 || groups[0].Email != "data@example.com" || groups[1].Email != "inner@example.com" {
		t.Errorf("a client with two beginnings of addresses sees %v", groups)
	}
	var one groupapi.Group
	answer := d.answer(t, all, "/v1/groups/DATA@example.com", &one)
	if one.ID != "g1" || one.Members != 3 || !answer.Complete || !answer.AsOf.Equal(one.AsOf) {
		t.Errorf("data: %+v, as of %s", one, answer.AsOf)
	}
}

// Two groups have one address for a while where one of them is deleted and held, and the other made anew.
func TestGroupsAtOneAddressAreAllListed(t *testing.T) {
	d := open(t)
	d.put(t, "h1", "crowd@example.com", user("aiko"))
	d.put(t, "h2", "crowd@example.com", user("ken"))
	var got []string
	for path := "/v1/groups?limit=1"; path != "" && len(got) < 5; {
		var groups []groupapi.Group
		answer := d.answer(t, all, path, &groups)
		for _, g := range groups {
			got = append(got, g.ID)
		}
		if path = ""; answer.Next != "" {
			path = "/v1/groups?limit=1&cursor=" + answer.Next
		}
	}
	if !slices.Equal(got, []string{"h1", "h2"}) {
		t.Errorf("page by page %q, want both", got)
	}
}

func TestMembers(t *testing.T) {
	d := open(t)
	d.company(t)
	var members []groupapi.Member
	d.answer(t, all, "/v1/groups/g1/members", &members)
	var got []string
	for _, m := range members {
		got = append(got, fmt.Sprint(m.Email, " ", m.Role))
	}
	if diff := cmp.Diff([]string{"aiko@example.com MEMBER", "inner@example.com MEMBER", "ken@example.com OWNER"}, got); diff != "" {
		t.Errorf("direct (-want +got):\n%s", diff)
	}
	// The groups go round in a circle; each person is there once, by the nearest way.
	got = nil
	next := ""
	for range 10 {
		answer := d.answer(t, all, "/v1/groups/g1/members?effective=true&limit=2&cursor="+next, &members)
		for _, m := range members {
			got = append(got, fmt.Sprint(m.Email, " ", m.Role, " ", strings.Join(m.Path, ">")))
		}
		if next = answer.Next; next == "" {
			break
		}
	}
	want := []string{
		"aiko@example.com MEMBER ",
		"deep@example.com MEMBER data@example.com>inner@example.com",
		"inner@example.com MEMBER ",
		"ken@example.com OWNER ",
		"lena@example.com MEMBER data@example.com>inner@example.com",
		"mia@example.com MEMBER data@example.com>inner@example.com>deep@example.com",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("effective (-want +got):\n%s", diff)
	}
	// Who may not see a group on the way does not learn its address from the path.
	d.answer(t, narrow, "/v1/groups/g1/members?effective=true", &members)
	at := slices.IndexFunc(members, func(m groupapi.Member) bool { return m.ID == "mia" })
	if at < 0 || !slices.Equal(members[at].Path, []string{"data@example.com", "inner@example.com", "(hidden)"}) {
		t.Errorf("the path of mia: %+v", members)
	}
}

func TestGroupsOfAPerson(t *testing.T) {
	d := open(t)
	d.company(t)
	groupsOf := func(account, person, query string) []string {
		t.Helper()
		var list []groupapi.Membership
		d.answer(t, account, "/v1/people/"+person+"/groups"+query, &list)
		var out []string
		for _, m := range list {
			out = append(out, strings.TrimSpace(fmt.Sprint(m.Email, " ", strings.Join(m.Through, ">"))))
		}
		return out
	}
	for _, name := range []string{"aiko", "Aiko@example.com", "aiko.alias@example.com"} {
		if diff := cmp.Diff([]string{"data@example.com", "deep@example.com"}, groupsOf(all, name, "")); diff != "" {
			t.Errorf("of %s (-want +got):\n%s", name, diff)
		}
	}
	want := []string{"data@example.com inner@example.com>deep@example.com", "deep@example.com", "inner@example.com deep@example.com"}
	if diff := cmp.Diff(want, groupsOf(all, "mia", "?effective=true")); diff != "" {
		t.Errorf("effective (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"data@example.com"}, groupsOf(narrow, "aiko", "")); diff != "" {
		t.Errorf("of a client that sees less (-want +got):\n%s", diff)
	}
	// What is remembered is forgotten when it changes.
	d.put(t, "g4", "board@example.com", user("ken"), user("aiko"))
	d.Clock.Advance(2 * time.Second)
	if diff := cmp.Diff([]string{"board@example.com", "data@example.com", "deep@example.com"}, groupsOf(all, "aiko", "")); diff != "" {
		t.Errorf("after a change (-want +got):\n%s", diff)
	}
	d.put(t, "g1", "data2@example.com", user("aiko"), nested("g2", "inner@example.com"))
	if _, _, err := d.mirror.Remove(context.Background(), "g4", d.Clock.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(2 * time.Second)
	if diff := cmp.Diff([]string{"data2@example.com", "deep@example.com"}, groupsOf(all, "aiko", "")); diff != "" {
		t.Errorf("after a rename and a deletion (-want +got):\n%s", diff)
	}
	if got := groupsOf(all, "noor", ""); len(got) != 0 {
		t.Errorf("of somebody in no group: %v", got)
	}
}

// An address that passes from one person to another leads to the groups of whoever has it now.
func TestAnAddressThatPassedToSomebodyElse(t *testing.T) {
	d := open(t)
	d.company(t)
	var list []groupapi.Membership
	if d.answer(t, all, "/v1/people/noor@example.com/groups", &list); len(list) != 0 {
		t.Fatalf("groups of somebody in none: %v", list)
	}
	d.Clock.Advance(time.Minute)
	if err := d.mirror.RemovePerson(t.Context(), "noor", d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	heir := group.Person{ID: "noor2", Email: "noor@example.com"}
	if err := d.mirror.PutPeople(t.Context(), []group.Person{heir}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	d.put(t, "g4", "board@example.com", user("ken"), group.Member{ID: heir.ID, Email: heir.Email, Role: group.Plain, Type: group.User, Status: "ACTIVE"})
	d.Clock.Advance(2 * time.Second)
	if d.answer(t, all, "/v1/people/noor@example.com/groups", &list); len(list) != 1 || list[0].Email != "board@example.com" {
		t.Errorf("groups of the one who has the address now: %v, want board@example.com", list)
	}
	if d.answer(t, all, "/v1/people/noor/groups", &list); len(list) != 0 {
		t.Errorf("groups of the one who had it: %v, want none", list)
	}
}

// Somebody from outside is nobody of the directory, and is asked for as the members of groups have
// them: by the id, or by the address where there is none. Who may see none of their groups does not learn
// that there is such a member.
func TestSomebodyFromOutside(t *testing.T) {
	d := open(t)
	d.company(t)
	d.put(t, "g4", "board@example.com", user("ken"),
		group.Member{ID: "auditor", Email: "auditor@partner.example", Role: group.Plain, Type: group.External},
		group.Member{ID: "list@partner.example", Email: "List@partner.example", Role: group.Manager, Type: group.External})
	d.Clock.Advance(time.Minute)
	for _, person := range []string{"auditor", "list@partner.example", "List@Partner.example"} {
		var list []groupapi.Membership
		if d.answer(t, all, "/v1/people/"+person+"/groups", &list); len(list) != 1 || list[0].ID != "g4" {
			t.Errorf("groups of %s: %v, want the board", person, list)
		}
		var paths []groupapi.Path
		if d.answer(t, all, "/v1/groups/g4/why/"+person, &paths); len(paths) != 1 || !slices.Equal(paths[0].Groups, []string{"board@example.com"}) {
			t.Errorf("why %s is in the board: %v", person, paths)
		}
		for account, path := range map[string]string{
			narrow: "/v1/people/" + person + "/groups?max_age=1", all: "/v1/groups/g1/why/" + person + "?max_age=10000",
		} {
			if w := d.ask(account, path); w.Code != http.StatusNotFound {
				t.Errorf("%s asks %s: status %d, want 404", account, path, w.Code)
			}
		}
	}
	d.put(t, "g4", "board@example.com", user("ken"))
	d.Clock.Advance(time.Minute)
	if w := d.ask(all, "/v1/people/auditor/groups"); w.Code != http.StatusNotFound {
		t.Errorf("of somebody who is a member no more: status %d, want 404", w.Code)
	}
}

func TestWhy(t *testing.T) {
	d := open(t)
	d.company(t)
	for _, test := range []struct {
		group, person string
		want          []groupapi.Path
	}{
		{"data@example.com", "ken@example.com", []groupapi.Path{{Groups: []string{"data@example.com"}, Role: group.Owner}}},
		{"data@example.com", "aiko", []groupapi.Path{
			{Groups: []string{"data@example.com"}, Role: group.Plain},
			{Groups: []string{"deep@example.com", "inner@example.com", "data@example.com"}, Role: group.Plain},
		}},
		{"inner@example.com", "mia", []groupapi.Path{{Groups: []string{"deep@example.com", "inner@example.com"}, Role: group.Plain}}},
		{"board@example.com", "mia", []groupapi.Path{}},
	} {
		var paths []groupapi.Path
		d.answer(t, all, "/v1/groups/"+test.group+"/why/"+test.person, &paths)
		if diff := cmp.Diff(test.want, paths); diff != "" {
			t.Errorf("why is %s in %s (-want +got):\n%s", test.person, test.group, diff)
		}
	}
}

func TestChanges(t *testing.T) {
	d := open(t)
	d.company(t)
	var list []groupapi.Change
	d.Clock.Advance(2 * time.Minute)
	cursor := d.answer(t, all, "/v1/changes", &list).Next
	if len(list) != 0 || cursor == "" {
		t.Fatalf("from now on: %v, cursor %q", list, cursor)
	}
	d.Clock.Advance(time.Minute)
	d.put(t, "g1", "data@example.com", user("aiko"), user("noor"))
	d.put(t, "g4", "board@example.com", user("ken"), user("noor"))
	d.put(t, "g4", "board@example.com", user("noor"))
	d.Clock.Advance(time.Minute)
	var got []string
	for range 10 {
		answer := d.answer(t, all, "/v1/changes?limit=1&cursor="+cursor, &list)
		for _, c := range list {
			got = append(got, fmt.Sprint(c.Email, " +", c.Added, " -", c.Removed))
		}
		cursor = answer.Next
		if answer.Complete {
			break
		}
	}
	want := []string{"data@example.com +[noor] -[g2 ken]", "board@example.com +[noor] -[]", "board@example.com +[] -[ken]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if again := d.answer(t, all, "/v1/changes?cursor="+cursor, &list); len(list) != 0 || !again.Complete {
		t.Errorf("at the end: %v", list)
	}
	d.answer(t, narrow, "/v1/changes?since="+cloudfntest.Begin.Format(time.RFC3339), &list)
	for _, c := range list {
		if c.Email == "board@example.com" {
			t.Errorf("a client hears of a group that it may not see: %+v", c)
		}
	}
	d.Clock.Advance(40 * 24 * time.Hour)
	if w := d.ask(all, "/v1/changes?cursor="+cursor); w.Code != http.StatusGone {
		t.Errorf("a cursor into what is forgotten: status %d, want 410", w.Code)
	}
}

func TestExport(t *testing.T) {
	d := open(t)
	d.company(t)
	w := d.ask(narrow, "/v1/export")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/x-ndjson" {
		t.Fatalf("status %d, %s", w.Code, w.Header())
	}
	var got []string
	var end *groupapi.End
	for s := bufio.NewScanner(w.Body); s.Scan(); {
		var line groupapi.Exported
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.End != nil {
			end = line.End
			continue
		}
		got = append(got, fmt.Sprint(line.Group.Email, " ", len(line.Members)))
	}
	if diff := cmp.Diff([]string{"data@example.com 3", "inner@example.com 2"}, got); diff != "" || end == nil || end.Groups != 2 || !end.Complete {
		t.Errorf("end %+v (-want +got):\n%s", end, diff)
	}
}

// interrupted is a response in whose first piece something happens.
type interrupted struct {
	*httptest.ResponseRecorder
	happens func()
}

func (w *interrupted) Write(p []byte) (int, error) {
	if w.happens != nil {
		w.happens()
		w.happens = nil
	}
	return w.ResponseRecorder.Write(p)
}

// A group that is removed while the export is written is not in it; all others are.
func TestAGroupThatGoesDuringTheExport(t *testing.T) {
	d := open(t)
	d.company(t)
	var crowd []group.Member
	for i := range 1000 {
		crowd = append(crowd, user(fmt.Sprint("u", i)))
	}
	for range 2 { // so many who join are believed when they are listed once more
		d.Clock.Advance(time.Second)
		d.put(t, "g0", "all@example.com", crowd...) // the first, and more than is written at once
	}
	if w := d.ask(all, "/v1/export"); strings.Count(w.Body.String(), "\n") != 6 {
		t.Fatalf("an export at rest has %d lines", strings.Count(w.Body.String(), "\n"))
	}
	r := httptest.NewRequest(http.MethodGet, "/v1/export", nil)
	r.Header.Set("Authorization", "Bearer "+cloudfntest.Canary+":"+all)
	w := &interrupted{httptest.NewRecorder(), func() {
		if _, _, err := d.mirror.Remove(t.Context(), "g3", d.Clock.Now()); err != nil {
			t.Error(err)
		}
	}}
	d.handler.ServeHTTP(w, r)
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	var last groupapi.Exported
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 5 || last.End == nil || last.End.Groups != 4 || !last.End.Complete || strings.Contains(w.Body.String(), `"id":"g3","email":"deep@example.com","name"`) {
		t.Errorf("%d lines, the last %+v; want 5 with an end of 4 groups", len(lines), last)
	}
}

func TestSettings(t *testing.T) {
	d := open(t)
	d.company(t)
	if w := d.ask(all, "/v1/groups/g1/settings"); w.Code != http.StatusNotFound {
		t.Errorf("settings that were never read: status %d, want 404", w.Code)
	}
	err := d.mirror.UpdateSettings(context.Background(), "g1", func(s *mirror.Settings) {
		s.Values, s.Read = map[string]string{"whoCanJoin": "INVITED_CAN_JOIN"}, d.Clock.Now()
	})
	if err != nil {
		t.Fatal(err)
	}
	var s groupapi.Settings
	if answer := d.answer(t, all, "/v1/groups/g1/settings", &s); s.Values["whoCanJoin"] != "INVITED_CAN_JOIN" || !answer.AsOf.Equal(d.Clock.Now()) {
		t.Errorf("%+v as of %s", s, answer.AsOf)
	}
}

func TestETagAndAge(t *testing.T) {
	d := open(t)
	d.company(t)
	w := d.ask(all, "/v1/groups/g1")
	tag := w.Header().Get("ETag")
	if w := d.ask(all, "/v1/groups/g1", "If-None-Match", `"other", W/`+tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("what the client has: status %d, %d bytes", w.Code, w.Body.Len())
	}
	d.put(t, "g1", "data@example.com", user("aiko"))
	if w := d.ask(all, "/v1/groups/g1", "If-None-Match", tag); w.Code != http.StatusOK || w.Header().Get("ETag") == tag {
		t.Errorf("what has changed: status %d", w.Code)
	}
	d.Clock.Advance(time.Hour)
	if w := d.ask(all, "/v1/groups/g1?max_age=7200"); w.Code != http.StatusOK {
		t.Errorf("young enough: status %d", w.Code)
	}
	for range 3 {
		if w := d.ask(all, "/v1/groups/g1?max_age=60"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("too old: status %d", w.Code)
		}
	}
	if tasks := d.Queue.Take(event.QueueDirectory); len(tasks) != 1 {
		t.Errorf("%d readings were planned, want one", len(tasks))
	}
}

// Every bad question is answered with a problem that says what is wrong, and what may not be
// seen like what does not exist.
func TestBadQuestions(t *testing.T) {
	d := open(t)
	d.company(t)
	for _, test := range []struct {
		name, account, path string
		status              int
	}{
		{"no token", "", "/v1/groups", 401},
		{"a foreign client", "stranger@clients.example", "/v1/groups", 403},
		{"a client without the scope", mute, "/v1/groups/g1", 403},
		{"a scope that the client lacks", narrow, "/v1/groups/g1/settings", 403},
		{"no such path", all, "/v1/nothing", 404},
		{"no such group", all, "/v1/groups/nothing@example.com", 404},
		{"a strange group", all, "/v1/groups/%00%ff", 404},
		{"an endless group", all, "/v1/groups/" + strings.Repeat("x", 5000), 404},
		{"no such person", all, "/v1/people/nobody@example.com/groups", 404},
		{"a strange person", all, "/v1/people/%00%ff/groups", 404},
		{"an endless person", all, "/v1/people/" + strings.Repeat("x", 5000) + "/groups", 404},
		{"a group as a person", all, "/v1/people/g2/groups", 404},
		{"a group that may not be seen", narrow, "/v1/groups/board@example.com", 404},
		{"members that may not be seen", narrow, "/v1/groups/g4/members", 404},
		{"a page that is too large", all, "/v1/groups?limit=1001", 400},
		{"a page of nothing", all, "/v1/groups?limit=0", 400},
		{"a page in words", all, "/v1/groups?limit=many", 400},
		{"a cursor that is none", all, "/v1/groups?cursor=%25%25", 400},
		{"a cursor of another path", all, "/v1/groups/g1/members?cursor=WyJncm91cHMiLCJhIl0", 400},
		{"a cursor to no name of anything", all, "/v1/groups?cursor=WyJncm91cHMiLCJcdTAwMDAiXQ", 400},
		{"an endless cursor", all, "/v1/groups?cursor=" + strings.Repeat("A", 4000), 400},
		{"an unknown parameter", all, "/v1/groups?order=name", 400},
		{"a parameter twice", all, "/v1/groups?limit=1&limit=2", 400},
		{"an age that is none", all, "/v1/groups?max_age=soon", 400},
		{"an age of nothing", all, "/v1/groups?max_age=0", 400},
		{"an age of less than nothing", all, "/v1/groups?max_age=-60", 400},
		{"an age beyond a year", all, "/v1/groups?max_age=31536001", 400},
		{"a flag that is none", all, "/v1/groups/g1/members?effective=perhaps", 400},
		{"a time that is none", all, "/v1/changes?since=yesterday", 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			logged := strings.Count(d.Log.String(), "turned away")
			w := d.ask(test.account, test.path)
			if got, want := strings.Count(d.Log.String(), "turned away")-logged, test.status == 401 || test.status == 403; (got == 1) != want {
				t.Errorf("%d lines about somebody who was turned away, want one: %t", got, want)
			}
			var p webapi.Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatalf("status %d: %v in %s", w.Code, err, w.Body)
			}
			if w.Code != test.status || p.Status != test.status || p.Title == "" || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("status %d: %+v, want %d", w.Code, p, test.status)
			}
		})
	}
	missing, hidden := d.ask(narrow, "/v1/groups/nothing@example.com"), d.ask(narrow, "/v1/groups/board@example.com")
	if diff := cmp.Diff(missing.Body.String(), hidden.Body.String()); diff != "" {
		t.Errorf("a client can tell what it may not see from what does not exist:\n%s", diff)
	}
	r := httptest.NewRequest(http.MethodPost, "/v1/groups", nil)
	w := httptest.NewRecorder()
	if d.handler.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d, want 405", w.Code)
	}
}

func TestPolicyOfClientsThatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		``:  "API_CLIENTS is not set",
		`{`: "no list of clients",
		`[{"account": "a@b", "groups": [""], "scopez": []}]`: "scopez",
		`[{"groups": [""]}]`:                                        "client 1 has no account",
		`[{"account": "a@b", "scopes": ["groups"]}]`:                "a@b sees no group",
		`[{"account": "a@b", "groups": [""], "scopes": ["write"]}]`: `scope "write"`,
		`[{"account": "a@b", "groups": [""], "scopes": []}, {"account": "A@b", "groups": [""], "scopes": []}]`: "names a@b twice",
	} {
		rig := cloudfntest.New(t)
		rig.Variables["API_AUDIENCE"], rig.Variables["API_CLIENTS"] = "https://groupapi.test", text
		if _, err := groupapi.Function.Build(context.Background(), rig.Env()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}

func TestAMirrorThatDoesNotAnswer(t *testing.T) {
	d := open(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := httptest.NewRequest(http.MethodGet, "/v1/groups", nil).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+cloudfntest.Canary+":"+all)
	w := httptest.NewRecorder()
	if d.handler.ServeHTTP(w, r); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "does not answer") || !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}
