package workspace_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// masked serves a listing as Google does: the largest page is 200, and the token of the next
// page is there only if the mask of fields names it.
func masked(name string, items []object) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		from, _ := strconv.Atoi(query.Get("pageToken"))
		size, _ := strconv.Atoi(query.Get("maxResults"))
		to := min(from+min(size, 200), len(items))
		answer := object{name: items[from:to]}
		if to < len(items) && strings.Contains(query.Get("fields"), "nextPageToken") {
			answer["nextPageToken"] = strconv.Itoa(to)
		}
		show(w, answer)
	}
}

func TestListingsDoNotEndAfterTheFirstPage(t *testing.T) {
	many := func(make func(i int) object) []object {
		var items []object
		for i := range 450 {
			items = append(items, make(i))
		}
		return items
	}
	handlers := http.NewServeMux()
	handlers.HandleFunc("GET /admin/directory/v1/groups", masked("groups", many(func(i int) object {
		return object{"id": fmt.Sprint("g", i), "email": fmt.Sprintf("g%d@example.com", i)}
	})))
	handlers.HandleFunc("GET /admin/directory/v1/groups/data@example.com/members", masked("members", many(func(i int) object {
		return object{"id": fmt.Sprint("m", i), "email": fmt.Sprintf("m%d@example.com", i), "role": "MEMBER", "type": "USER"}
	})))
	handlers.HandleFunc("GET /admin/directory/v1/users", masked("users", many(func(i int) object {
		return object{"id": fmt.Sprint("u", i), "primaryEmail": fmt.Sprintf("u%d@example.com", i)}
	})))
	d := newDirectory(t, serve(t, handlers.ServeHTTP))

	for name, page := range map[string]func(token string) (ids []string, next string, err error){
		"groups": func(token string) (ids []string, next string, err error) {
			p, err := d.Groups(t.Context(), token)
			for _, g := range p.Groups {
				ids = append(ids, g.ID)
			}
			return ids, p.Next, err
		},
		"groups of a person": func(token string) (ids []string, next string, err error) {
			p, err := d.GroupsOf(t.Context(), "aiko@example.com", token)
			for _, g := range p.Groups {
				ids = append(ids, g.ID)
			}
			return ids, p.Next, err
		},
		"members": func(token string) (ids []string, next string, err error) {
			p, err := d.Members(t.Context(), "data@example.com", token)
			for _, m := range p.Members {
				ids = append(ids, m.ID)
			}
			return ids, p.Next, err
		},
		"people": func(token string) (ids []string, next string, err error) {
			p, err := d.People(t.Context(), token)
			for _, u := range p.People {
				ids = append(ids, u.ID)
			}
			return ids, p.Next, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]bool{}
			token, pages := "", 0
			for {
				ids, next, err := page(token)
				if err != nil {
					t.Fatal(err)
				}
				for _, id := range ids {
					seen[id] = true
				}
				if pages++; next == "" {
					break
				}
				token = next
			}
			if len(seen) != 450 || pages != 3 {
				t.Errorf("%d items on %d pages, want 450 on 3", len(seen), pages)
			}
		})
	}
}

func TestWhatIsAskedOfTheDirectory(t *testing.T) {
	var path string
	var query url.Values
	d := newDirectory(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		path, query = r.Method+" "+r.URL.EscapedPath(), without(r.URL.Query())
		show(w, object{"id": "1", "email": "data@example.com"})
	}))
	const groups = "nextPageToken,groups(id,email,name,description,aliases,nonEditableAliases,directMembersCount)"
	for _, test := range []struct {
		name, path string
		query      url.Values
		do         func() error
	}{
		{
			"groups", "GET /admin/directory/v1/groups",
			url.Values{"customer": {"my_customer"}, "maxResults": {"200"}, "orderBy": {"email"}, "fields": {groups}},
			func() error { _, err := d.Groups(t.Context(), ""); return err },
		},
		{
			"the second page of groups", "GET /admin/directory/v1/groups",
			url.Values{"customer": {"my_customer"}, "maxResults": {"200"}, "orderBy": {"email"}, "pageToken": {"p2"}, "fields": {groups}},
			func() error { _, err := d.Groups(t.Context(), "p2"); return err },
		},
		{
			// The parameters customer and userKey exclude each other.
			"groups of a member", "GET /admin/directory/v1/groups",
			url.Values{"userKey": {"aiko+x@example.com"}, "maxResults": {"200"}, "orderBy": {"email"}, "fields": {groups}},
			func() error { _, err := d.GroupsOf(t.Context(), "aiko+x@example.com", ""); return err },
		},
		{
			"a group", "GET /admin/directory/v1/groups/a%2Fb%40example.com",
			url.Values{"fields": {"id,email,name,description,aliases,nonEditableAliases,directMembersCount"}},
			func() error { _, err := d.Group(t.Context(), "a/b@example.com"); return err },
		},
		{
			// No roles: the filter is known to answer wrongly.
			"members", "GET /admin/directory/v1/groups/03abc/members",
			url.Values{"maxResults": {"200"}, "fields": {"nextPageToken,members(id,email,role,type,status)"}},
			func() error { _, err := d.Members(t.Context(), "03abc", ""); return err },
		},
		{
			"a member", "GET /admin/directory/v1/groups/03abc/members/m1",
			url.Values{"fields": {"id,email,role,type,status"}},
			func() error { _, err := d.Member(t.Context(), "03abc", "m1"); return err },
		},
		{
			"people", "GET /admin/directory/v1/users",
			url.Values{
				"customer": {"my_customer"}, "maxResults": {"500"}, "orderBy": {"email"}, "projection": {"full"},
				"fields": {"nextPageToken,users(id,primaryEmail,name/fullName,aliases,nonEditableAliases,suspended,archived,isAdmin,relations,languages)"},
			},
			func() error { _, err := d.People(t.Context(), ""); return err },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.do(); err != nil {
				t.Fatal(err)
			}
			if path != test.path {
				t.Errorf("request %s, want %s", path, test.path)
			}
			if diff := cmp.Diff(test.query, query); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCustomerOfTheOptionsIsAskedFor(t *testing.T) {
	var got string
	o := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Query().Get("customer")
		show(w, object{})
	})
	o.Customer = "C02example"
	if _, err := newDirectory(t, o).Groups(t.Context(), ""); err != nil || got != "C02example" {
		t.Errorf("customer %q, error %v", got, err)
	}
}

func TestAGroupAsTheMirrorSeesIt(t *testing.T) {
	d := newDirectory(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, 200, `{"kind":"admin#directory#group","id":"03abc","email":"data@example.com","name":"Data",
			"description":"All data","directMembersCount":"12","aliases":["z@example.com","b@example.com"],
			"nonEditableAliases":["data@example.com.test-google-a.com","b@example.com"]}`)
	}))
	got, err := d.Group(t.Context(), "data@example.com")
	if err != nil {
		t.Fatal(err)
	}
	want := group.Group{
		ID: "03abc", Email: "data@example.com", Name: "Data", Description: "All data", Count: 12,
		Aliases: []string{"b@example.com", "data@example.com.test-google-a.com", "z@example.com"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("group (-want +got):\n%s", diff)
	}
}

func TestMembersAsTheMirrorSeesThem(t *testing.T) {
	d := newDirectory(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, 200, `{"members":[
			{"id":"1","email":"ken@example.com","role":"OWNER","type":"USER","status":"ACTIVE"},
			{"id":"2","email":"etl-team@example.com","role":"MEMBER","type":"GROUP","status":"ACTIVE"},
			{"id":"3","email":"someone@example.org","role":"MANAGER","type":"EXTERNAL"},
			{"id":"C02example","role":"MEMBER","type":"CUSTOMER"},
			{"email":"Nobody@example.org","type":"SOMETHING_NEW"}]}`)
	}))
	got, err := d.Members(t.Context(), "data@example.com", "")
	if err != nil {
		t.Fatal(err)
	}
	want := workspace.MemberPage{Members: []group.Member{
		{ID: "1", Email: "ken@example.com", Role: group.Owner, Type: group.User, Status: "ACTIVE"},
		{ID: "2", Email: "etl-team@example.com", Role: group.Plain, Type: group.Nested, Status: "ACTIVE"},
		{ID: "3", Email: "someone@example.org", Role: group.Manager, Type: group.External},
		{ID: "C02example", Role: group.Plain, Type: group.Customer},
		{ID: "nobody@example.org", Email: "Nobody@example.org", Role: group.Plain, Type: "SOMETHING_NEW"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestPeopleAsTheMirrorSeesThem(t *testing.T) {
	d := newDirectory(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, 200, `{"users":[
			{"id":"1","primaryEmail":"aiko@example.com","name":{"fullName":"佐藤 愛子","givenName":"愛子"},"isAdmin":true,
			 "aliases":["a.sato@example.com"],"nonEditableAliases":["aiko@example.com.test-google-a.com"],
			 "relations":[{"type":"assistant","value":"x@example.com"},{"type":"manager","value":"Ken@example.com"}],
			 "languages":[{"languageCode":"en","preference":"not_preferred"},{"customLanguage":"Klingon"},{"languageCode":"ja","preference":"preferred"}]},
			{"id":"2","primaryEmail":"ken@example.com","suspended":true,
			 "relations":[{"type":"manager","value":"the board"}],"languages":[{"languageCode":"en-GB"}]},
			{"id":"3","primaryEmail":"old@example.com","archived":true,"relations":"none","languages":{"languageCode":"ja"}}]}`)
	}))
	got, err := d.People(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	want := workspace.PersonPage{People: []group.Person{
		{
			ID: "1", Email: "aiko@example.com", Name: "佐藤 愛子", Admin: true, Manager: "ken@example.com", Language: "ja",
			Aliases: []string{"a.sato@example.com", "aiko@example.com.test-google-a.com"},
		},
		{ID: "2", Email: "ken@example.com", Suspended: true, Language: "en-GB"},
		{ID: "3", Email: "old@example.com", Suspended: true},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}

func TestAnswersThatAreNotWholeAreRefused(t *testing.T) {
	for _, test := range []struct{ name, body string }{
		{"a group without an id", `{"email":"data@example.com","groups":[{"email":"data@example.com"}]}`},
		{"a group without an address", `{"id":"1","groups":[{"id":"1"}]}`},
		{"null", `{"groups":[null]}`},
		{"a page that follows itself", `{"groups":[],"nextPageToken":"p2"}`},
		{"an answer that breaks off", `{"groups":[{"id":"1","email":"data@exa`},
		{"a page for people", `<html><title>Sign in</title></html>`},
		{"another type", `{"id":7,"groups":7}`},
		{"nothing", ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDirectory(t, serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 200, test.body) }))
			page, err := d.Groups(t.Context(), "p2")
			check(t, err, workspace.ErrIncomplete)
			if diff := cmp.Diff(workspace.GroupPage{}, page); diff != "" {
				t.Errorf("a page came with the error: %s", diff)
			}
			if test.name != "a page that follows itself" && test.name != "null" {
				_, err = d.Group(t.Context(), "data@example.com")
				check(t, err, workspace.ErrIncomplete)
			}
		})
	}

	t.Run("a page of any list that follows itself", func(t *testing.T) {
		d := newDirectory(t, serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 200, `{"nextPageToken":"p2"}`) }))
		_, err := d.Members(t.Context(), "data@example.com", "p2")
		check(t, err, workspace.ErrIncomplete)
		_, err = d.People(t.Context(), "p2")
		check(t, err, workspace.ErrIncomplete)
		_, err = d.GroupsOf(t.Context(), "data@example.com", "p2")
		check(t, err, workspace.ErrIncomplete)
	})
	t.Run("a member without id and address", func(t *testing.T) {
		d := newDirectory(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
			say(w, 200, `{"role":"OWNER","members":[{"role":"OWNER"}]}`)
		}))
		_, err := d.Members(t.Context(), "data@example.com", "")
		check(t, err, workspace.ErrIncomplete)
		_, err = d.Member(t.Context(), "data@example.com", "m1")
		check(t, err, workspace.ErrIncomplete)
	})
	t.Run("an account without an id", func(t *testing.T) {
		d := newDirectory(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
			say(w, 200, `{"users":[{"primaryEmail":"aiko@example.com"}]}`)
		}))
		_, err := d.People(t.Context(), "")
		check(t, err, workspace.ErrIncomplete)
	})
}

func TestRequestsWithoutAKeyAreNotSent(t *testing.T) {
	d := newDirectory(t, serve(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("a request for %s", r.URL) }))
	for name, do := range map[string]func() error{
		"group":     func() error { _, err := d.Group(t.Context(), ""); return err },
		"members":   func() error { _, err := d.Members(t.Context(), "", ""); return err },
		"member":    func() error { _, err := d.Member(t.Context(), "03abc", ""); return err },
		"groups of": func() error { _, err := d.GroupsOf(t.Context(), "", ""); return err },
	} {
		t.Run(name, func(t *testing.T) { check(t, do(), workspace.ErrInvalid) })
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := serve(t, func(http.ResponseWriter, *http.Request) {})
	for name, change := range map[string]func(*workspace.Options){
		"no client":          func(o *workspace.Options) { o.Client = nil },
		"no clock":           func(o *workspace.Options) { o.Now = nil },
		"no scheme":          func(o *workspace.Options) { o.BaseURL = "admin.googleapis.com" },
		"another scheme":     func(o *workspace.Options) { o.BaseURL = "ftp://admin.googleapis.com" },
		"not an address":     func(o *workspace.Options) { o.BaseURL = "http://[" },
		"with a query":       func(o *workspace.Options) { o.BaseURL = "http://localhost/?a=b" },
		"nothing but scheme": func(o *workspace.Options) { o.BaseURL = "https://" },
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			change(&o)
			if _, err := workspace.NewDirectory(t.Context(), o); err == nil {
				t.Error("the directory opened")
			}
			if _, err := workspace.NewSettings(t.Context(), o); err == nil {
				t.Error("the settings opened")
			}
			if _, err := workspace.NewReports(t.Context(), o); err == nil {
				t.Error("the reports opened")
			}
		})
	}
}

// check checks that an error is one of the package's, of this kind, or of no kind if it is nil.
func check(t *testing.T, err, kind error) *workspace.Error {
	t.Helper()
	var e *workspace.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want one of the package", err)
	}
	for _, sentinel := range []error{
		workspace.ErrNotFound, workspace.ErrQuota, workspace.ErrDailyQuota, workspace.ErrForbidden,
		workspace.ErrIncomplete, workspace.ErrConflict, workspace.ErrInvalid,
	} {
		want := sentinel == kind || kind == workspace.ErrDailyQuota && sentinel == workspace.ErrQuota
		if errors.Is(err, sentinel) != want {
			t.Errorf("error %v is %v: %t, want %t", err, sentinel, !want, want)
		}
	}
	return e
}
