package workspace_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admin "google.golang.org/api/admin/directory/v1"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

const people = `
domain: example.com
people:
- {email: admin@example.com, admin: true, last_login: 2026-11-20T08:00:00Z}
- {email: gone@example.com, created: 2024-02-03T04:05:06Z, last_login: 2025-01-02T03:04:05Z}
- {email: new@example.com, last_login: never}
- {email: usual@example.com}
`

// mayWrite gives the program the scope to change users.
func mayWrite(o *workspace.Options) { o.Tokens = map[string][]string{token: {workspace.ScopeUser}} }

func TestWhenPeopleSignedIn(t *testing.T) {
	w := newWorld(t, company(t, people))
	check(t, w.google.SignIn("admin@example.com"))
	type dates struct{ Created, LastLogin string }
	got := map[string]dates{}
	for _, u := range must[*admin.Users](t)(w.directory.Users.List().Customer("my_customer").Do()).Users {
		got[u.PrimaryEmail] = dates{u.CreationTime, u.LastLoginTime}
	}
	const now, made = "2026-11-22T00:00:00.000Z", "2020-04-01T00:00:00.000Z"
	want := map[string]dates{
		"admin@example.com": {made, now}, "gone@example.com": {"2024-02-03T04:05:06.000Z", "2025-01-02T03:04:05.000Z"},
		"new@example.com": {made, "1970-01-01T00:00:00.000Z"}, "usual@example.com": {made, now},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := w.google.SignIn("x@example.com"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("somebody unknown signs in: %v", err)
	}
}

func TestProgramsSuspendUsers(t *testing.T) {
	w := newWorld(t, company(t, people), mayWrite)
	id := must[*admin.User](t)(w.directory.Users.Get("gone@example.com").Do()).Id
	for _, key := range []string{id, "GONE@example.com"} {
		got := must[*admin.User](t)(w.directory.Users.Update(key, &admin.User{Suspended: true}).Do())
		if !got.Suspended || got.SuspensionReason != "ADMIN" {
			t.Errorf("got %+v", got)
		}
	}
	if err := w.google.SignIn("gone@example.com"); !errors.Is(err, workspace.ErrInvalid) {
		t.Errorf("who is suspended signs in: %v", err)
	}
	back := must[*admin.User](t)(w.directory.Users.Patch(id, &admin.User{ForceSendFields: []string{"Suspended"}}).Do())
	if back.Suspended {
		t.Errorf("got %+v", back)
	}
	if got := must[*admin.User](t)(w.directory.Users.Update(id, &admin.User{}).Do()); got.Suspended {
		t.Errorf("without a change: got %+v", got)
	}
	w.advance(time.Hour)
	w.directory, _, w.reports = clients(t, w.hosts, token) // the scope to change users does not read the log
	_, err := w.directory.Users.Update("x@example.com", &admin.User{Suspended: true}).Do()
	refused(t, err, http.StatusNotFound)
	_, err = w.directory.Users.Update(id, &admin.User{OrgUnitPath: "/gone"}).Do()
	refused(t, err, http.StatusBadRequest)
}

func TestSuspensionsAreInTheLog(t *testing.T) {
	w := newWorld(t, company(t, people), func(o *workspace.Options) {
		o.Tokens[token] = append(o.Tokens[token], workspace.ScopeUser)
	})
	must[*admin.User](t)(w.directory.Users.Update("gone@example.com", &admin.User{Suspended: true}).Do())
	must[*admin.User](t)(w.directory.Users.Update("gone@example.com", &admin.User{Suspended: true}).Do()) // nothing happens
	check(t, w.google.Unsuspend("gone@example.com"))
	w.advance(time.Hour)
	if diff := cmp.Diff([]string{"UNSUSPEND_USER", "SUSPEND_USER"}, w.names("admin")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOnlyWhoMayWriteSuspends(t *testing.T) {
	w := newWorld(t, company(t, people))
	_, err := w.directory.Users.Update("gone@example.com", &admin.User{Suspended: true}).Do()
	refused(t, err, http.StatusForbidden)
}

func TestBodiesThatAreNoUsers(t *testing.T) {
	w := newWorld(t, company(t, people), mayWrite)
	for name, body := range map[string]string{
		"a name that is none": `{"suspnded": true}`, "a value that is none": `{"suspended": "true"}`, "no object": `[]`, "no JSON": `{`,
		"what may only be read": `{"isAdmin": true}`,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://admin.googleapis.com/admin/directory/v1/users/gone@example.com", strings.NewReader(body))
		check(t, err)
		r.Header.Set("Content-Type", "application/json")
		resp, err := (bearer{token, w.hosts}).RoundTrip(r)
		check(t, err)
		text, err := io.ReadAll(resp.Body)
		check(t, err)
		check(t, resp.Body.Close())
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", name, resp.StatusCode, text)
		}
	}
	for _, fault := range []sim.FaultKind{sim.FaultConflict, sim.FaultAppliedBut500} {
		w.faults.Add(sim.Fault{API: workspace.Directory, Kind: fault, Rate: 1, Left: 1})
		if _, err := w.directory.Users.Update("gone@example.com", &admin.User{Suspended: true}).Do(); err == nil {
			t.Errorf("%s: no error", fault)
		}
	}
	if u := must[*admin.User](t)(w.directory.Users.Get("gone@example.com").Do()); !u.Suspended {
		t.Error("applied-but-500 was not applied")
	}
}

func TestUsersFromTheLastToTheFirst(t *testing.T) {
	w := newWorld(t, company(t, people))
	list := func() *admin.UsersListCall {
		return w.directory.Users.List().Customer("my_customer").OrderBy("email").SortOrder("DESCENDING")
	}
	if got := must[*admin.Users](t)(list().MaxResults(1).Do()); len(got.Users) != 1 || got.Users[0].PrimaryEmail != "usual@example.com" || got.NextPageToken != "" {
		t.Errorf("got %+v", got)
	}
	if got := must[*admin.Users](t)(list().Do()); len(got.Users) != 4 || got.Users[3].PrimaryEmail != "admin@example.com" {
		t.Errorf("got %+v", got)
	}
	_, err := list().MaxResults(3).Do()
	refused(t, err, http.StatusBadRequest)
	_, err = w.directory.Users.List().Customer("my_customer").SortOrder("DESCENDING").Do()
	refused(t, err, http.StatusBadRequest)
}
