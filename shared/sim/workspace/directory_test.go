package workspace_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	admin "google.golang.org/api/admin/directory/v1"
	"google.golang.org/api/googleapi"

	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

const nested = `
domain: example.com
people: [{email: a@example.com, aliases: [alias-a@example.com]}, {email: b@example.com, suspended: true}, {email: c@example.com}]
groups:
  - {email: outer@example.com, name: Outer, description: All of it, owners: [A@example.com], members: [inner@example.com, guest@else.example, robot@prj.iam.gserviceaccount.com]}
  - {email: inner@example.com, owners: [b@example.com], managers: [alias-a@example.com], members: [core@example.com]}
  - {email: core@example.com, owners: [c@example.com]}
  - {email: sub@other.example, owners: [c@example.com]}
`

func groupEmails(list []*admin.Group) []string {
	out := []string{}
	for _, g := range list {
		out = append(out, g.Email)
	}
	return out
}

func TestGroupsListSelects(t *testing.T) {
	w := newWorld(t, company(t, nested))
	list := w.directory.Groups.List
	a := w.google.Users()[0].ID
	tests := map[string]struct {
		call *admin.GroupsListCall
		want []string
	}{
		"the whole customer":        {list().Customer("my_customer"), []string{"core@example.com", "inner@example.com", "outer@example.com", "sub@other.example"}},
		"the customer by id":        {list().Customer(w.google.CustomerID()).OrderBy("email"), []string{"core@example.com", "inner@example.com", "outer@example.com", "sub@other.example"}},
		"one domain":                {list().Domain("Other.example"), []string{"sub@other.example"}},
		"direct groups of a person": {list().UserKey("A@Example.com"), []string{"inner@example.com", "outer@example.com"}},
		"by an alias":               {list().UserKey("alias-a@example.com"), []string{"inner@example.com", "outer@example.com"}},
		"by the user's id":          {list().UserKey(a), []string{"inner@example.com", "outer@example.com"}},
		"a person in one domain":    {list().UserKey("c@example.com").Domain("other.example"), []string{"sub@other.example"}},
		"of somebody outside":       {list().UserKey("guest@else.example"), []string{"outer@example.com"}},
		"direct groups of a group":  {list().UserKey("core@example.com"), []string{"inner@example.com"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := must[*admin.Groups](t)(test.call.Do())
			if diff := cmp.Diff(test.want, groupEmails(got.Groups)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGroupsListRefuses(t *testing.T) {
	w := newWorld(t, company(t, nested))
	list := w.directory.Groups.List
	tests := map[string]struct {
		call *admin.GroupsListCall
		code int
	}{
		"nothing selected":         {list(), 400},
		"a user and a customer":    {list().UserKey("a@example.com").Customer("my_customer"), 400},
		"a customer and a domain":  {list().Domain("example.com").Customer("my_customer"), 400},
		"another customer":         {list().Customer("C0elsewhere"), 400},
		"an unknown domain":        {list().Domain("nowhere.example"), 404},
		"an unknown user":          {list().UserKey("nobody@example.com"), 404},
		"a malformed page token":   {list().Customer("my_customer").PageToken("%%%"), 400},
		"a token out of thin air":  {list().Customer("my_customer").PageToken("bm9wZQ"), 400},
		"no results at all":        {list().Customer("my_customer").MaxResults(-1), 400},
		"a query":                  {list().Customer("my_customer").Query("email:a*"), 400},
		"an order it lacks":        {list().Customer("my_customer").SortOrder("DESCENDING"), 400},
		"an unknown field":         {list().Customer("my_customer").Fields("groups(id,colour)"), 400},
		"an unreadable field mask": {list().Customer("my_customer").Fields("groups(id"), 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := test.call.Do()
			refused(t, err, test.code)
		})
	}
}

func TestPagesHoldAtMost200(t *testing.T) {
	c := must[*org.Company](t)(org.Generate(450, 2_000, 300, 3))
	w := newWorld(t, func(o *workspace.Options) { o.Company = c })
	var sizes []int
	seen := map[string]bool{}
	err := w.directory.Groups.List().Customer("my_customer").MaxResults(500).Pages(t.Context(), func(page *admin.Groups) error {
		sizes = append(sizes, len(page.Groups))
		for _, g := range page.Groups {
			seen[g.Id] = true
		}
		return nil
	})
	check(t, err)
	if diff := cmp.Diff([]int{200, 200, 50}, sizes); diff != "" {
		t.Errorf("page sizes (-want +got):\n%s", diff)
	}
	if len(seen) != 450 {
		t.Errorf("got %d different groups, want 450", len(seen))
	}
}

func TestPagesAreExactWhenTheLastOneIsFull(t *testing.T) {
	c := must[*org.Company](t)(org.Generate(400, 800, 50, 3))
	w := newWorld(t, func(o *workspace.Options) { o.Company = c })
	pages := 0
	check(t, w.directory.Groups.List().Customer("my_customer").Pages(t.Context(), func(*admin.Groups) error { pages++; return nil }))
	if pages != 2 {
		t.Errorf("got %d pages, want 2", pages)
	}
}

func TestPagingSurvivesChangesBetweenPages(t *testing.T) {
	w := newWorld(t)
	first := must[*admin.Groups](t)(w.directory.Groups.List().Customer("my_customer").MaxResults(3).Do())
	check(t, w.google.DeleteGroup(first.Groups[2].Email, ""))
	check(t, w.google.CreateGroup("aaa@example.com", ""))
	second := must[*admin.Groups](t)(w.directory.Groups.List().Customer("my_customer").MaxResults(3).PageToken(first.NextPageToken).Do())
	all := groupEmails(must[*admin.Groups](t)(w.directory.Groups.List().Customer("my_customer").Do()).Groups)
	if diff := cmp.Diff(all[3:6], groupEmails(second.Groups)); diff != "" {
		t.Errorf("the second page repeats or skips (-want +got):\n%s", diff)
	}
}

func TestATokenIsGoodForItsListingOnly(t *testing.T) {
	w := newWorld(t)
	page := must[*admin.Groups](t)(w.directory.Groups.List().Customer("my_customer").MaxResults(1).Do())
	_, err := w.directory.Groups.List().Domain("example.com").PageToken(page.NextPageToken).Do()
	refused(t, err, 400)
	_, err = w.directory.Users.List().Customer("my_customer").PageToken(page.NextPageToken).Do()
	refused(t, err, 400)
}

func TestAFieldMaskDropsThePageTokenUnlessItNamesIt(t *testing.T) {
	w := newWorld(t)
	list := func(mask ...googleapi.Field) *admin.Groups {
		return must[*admin.Groups](t)(w.directory.Groups.List().Customer("my_customer").MaxResults(2).Fields(mask...).Do())
	}
	without, with := list("groups(id,email)"), list("groups(id,email)", "nextPageToken")
	if without.NextPageToken != "" || with.NextPageToken == "" {
		t.Errorf("tokens: got %q without the field, %q with it", without.NextPageToken, with.NextPageToken)
	}
	if g := without.Groups[0]; g.Id == "" || g.Email == "" || g.Name != "" || g.Etag != "" || without.Kind != "" {
		t.Errorf("got %+v, want id and email alone", g)
	}
}

func TestGroupsGetFindsByIDAddressAndAlias(t *testing.T) {
	w := newWorld(t, company(t, nested))
	get := func(key string) *admin.Group { return must[*admin.Group](t)(w.directory.Groups.Get(key).Do()) }
	byAddress := get("Outer@example.com")
	want := &admin.Group{
		Kind: "admin#directory#group", Id: byAddress.Id, Email: "outer@example.com", Name: "Outer", Description: "All of it",
		AdminCreated: true, DirectMembersCount: 3,
	}
	ignore := cmpopts.IgnoreFields(admin.Group{}, "Etag", "ServerResponse", "ForceSendFields")
	if diff := cmp.Diff(want, byAddress, ignore); diff != "" {
		t.Errorf("members that are groups do not count (-want +got):\n%s", diff)
	}
	check(t, w.google.RenameGroup("outer@example.com", "whole@example.com", ""))
	want.Email, want.Aliases = "whole@example.com", []string{"outer@example.com"}
	for _, key := range []string{want.Id, "whole@example.com", "outer@example.com"} {
		if diff := cmp.Diff(want, get(key), ignore); diff != "" {
			t.Errorf("%s after the rename (-want +got):\n%s", key, diff)
		}
	}
	for _, key := range []string{"nobody@example.com", "a@example.com", strings.ToUpper("0123")} {
		_, err := w.directory.Groups.Get(key).Do()
		if got := refused(t, err, 404); got != "notFound" {
			t.Errorf("%s: got the reason %s", key, got)
		}
	}
}

func TestMembersList(t *testing.T) {
	w := newWorld(t, company(t, nested))
	type row struct{ Email, Role, Type, Status string }
	list := func(call *admin.MembersListCall) []row {
		var out []row
		last := ""
		for _, m := range must[*admin.Members](t)(call.Do()).Members {
			if m.Id <= last {
				t.Errorf("ids out of order: %s after %s", m.Id, last)
			}
			last = m.Id
			out = append(out, row{m.Email, m.Role, m.Type, m.Status})
		}
		return out
	}
	byEmail := cmpopts.SortSlices(func(a, b row) bool { return a.Email < b.Email })
	call := w.directory.Members.List
	tests := map[string]struct {
		call *admin.MembersListCall
		want []row
	}{
		"direct": {call("outer@example.com"), []row{
			{"a@example.com", "OWNER", "USER", "ACTIVE"},
			{"guest@else.example", "MEMBER", "USER", ""},
			{"inner@example.com", "MEMBER", "GROUP", "ACTIVE"},
			{"robot@prj.iam.gserviceaccount.com", "MEMBER", "USER", ""},
		}},
		"an alias stands for its owner": {call("inner@example.com"), []row{
			{"a@example.com", "MANAGER", "USER", "ACTIVE"},
			{"b@example.com", "OWNER", "USER", "SUSPENDED"},
			{"core@example.com", "MEMBER", "GROUP", "ACTIVE"},
		}},
		"with derived ones": {call("outer@example.com").IncludeDerivedMembership(true), []row{
			{"a@example.com", "OWNER", "USER", "ACTIVE"},
			{"b@example.com", "MEMBER", "USER", "SUSPENDED"},
			{"c@example.com", "MEMBER", "USER", "ACTIVE"},
			{"core@example.com", "MEMBER", "GROUP", "ACTIVE"},
			{"guest@else.example", "MEMBER", "USER", ""},
			{"inner@example.com", "MEMBER", "GROUP", "ACTIVE"},
			{"robot@prj.iam.gserviceaccount.com", "MEMBER", "USER", ""},
		}},
		"two roles": {call("inner@example.com").Roles("OWNER,MANAGER"), []row{
			{"a@example.com", "MANAGER", "USER", "ACTIVE"},
			{"b@example.com", "OWNER", "USER", "SUSPENDED"},
		}},
		"nobody in that role": {call("core@example.com").Roles("MANAGER"), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, list(test.call), byEmail); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMembersListRefuses(t *testing.T) {
	w := newWorld(t, company(t, nested))
	call := w.directory.Members.List
	for name, test := range map[string]struct {
		call *admin.MembersListCall
		code int
	}{
		"an unknown group":       {call("nobody@example.com"), 404},
		"a person":               {call("a@example.com"), 404},
		"an unknown role":        {call("inner@example.com").Roles("BOSS"), 400},
		"roles in small letters": {call("inner@example.com").Roles("owner"), 400},
		"a foreign token":        {call("inner@example.com").PageToken("AAAA"), 400},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.call.Do()
			refused(t, err, test.code)
		})
	}
}

func TestMembersPages(t *testing.T) {
	var text strings.Builder
	text.WriteString("groups:\n- email-id: big@example.com\n  members:\n")
	for i := range 401 {
		fmt.Fprintf(&text, "  - u%03d@example.com\n", i)
	}
	w := newWorld(t, company(t, text.String()))
	seen := map[string]bool{}
	pages := 0
	check(t, w.directory.Members.List("big@example.com").MaxResults(1_000).Pages(t.Context(), func(m *admin.Members) error {
		pages++
		for _, one := range m.Members {
			seen[one.Email] = true
		}
		return nil
	}))
	if pages != 3 || len(seen) != 401 {
		t.Errorf("got %d members on %d pages, want 401 on 3", len(seen), pages)
	}
}

func TestMembersGetAndHasMember(t *testing.T) {
	w := newWorld(t, company(t, nested))
	m := must[*admin.Member](t)(w.directory.Members.Get("inner@example.com", "alias-a@example.com").Do())
	if m.Email != "a@example.com" || m.Role != "MANAGER" || m.DeliverySettings != "ALL_MAIL" {
		t.Errorf("got %+v", m)
	}
	_, err := w.directory.Members.Get("outer@example.com", "c@example.com").Do()
	refused(t, err, 404) // nested is not direct
	for key, want := range map[string]bool{"a@example.com": true, "c@example.com": true, "core@example.com": true, "outer@example.com": false} {
		got := must[*admin.MembersHasMember](t)(w.directory.Members.HasMember("outer@example.com", key).Do())
		if got.IsMember != want {
			t.Errorf("%s: got %v, want %v", key, got.IsMember, want)
		}
	}
	_, err = w.directory.Members.HasMember("outer@example.com", "guest@else.example").Do()
	refused(t, err, 400) // Google does not answer for somebody outside
}

func TestUsersList(t *testing.T) {
	w := newWorld(t)
	var got []string
	check(t, w.directory.Users.List().Customer("my_customer").OrderBy("email").MaxResults(5).Pages(t.Context(), func(page *admin.Users) error {
		for _, u := range page.Users {
			got = append(got, u.PrimaryEmail)
		}
		return nil
	}))
	var want []string
	for _, p := range org.Demo().People {
		want = append(want, p.Email)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	u := must[*admin.User](t)(w.directory.Users.Get("k.suzuki@example.com").Do())
	if u.PrimaryEmail != "ken@example.com" || u.Name.FullName != "鈴木 健" || u.Name.FamilyName != "鈴木" || u.Name.GivenName != "健" ||
		u.IsAdmin || u.Suspended || len(u.Aliases) != 1 || u.Id == "" {
		t.Errorf("got %+v %+v", u, u.Name)
	}
	if u := must[*admin.User](t)(w.directory.Users.Get("olga@example.com").Do()); !u.Suspended || u.Name.GivenName != "Olga" {
		t.Errorf("got %+v", u)
	}
	if u := must[*admin.User](t)(w.directory.Users.Get("mika@example.com").Do()); !u.IsAdmin {
		t.Errorf("got %+v", u)
	}
}

func TestUsersListRefuses(t *testing.T) {
	w := newWorld(t)
	list := w.directory.Users.List
	for name, call := range map[string]*admin.UsersListCall{
		"neither customer nor domain": list(),
		"more than 500":               list().Customer("my_customer").MaxResults(501),
		"another order":               list().Customer("my_customer").OrderBy("familyName"),
		"a query":                     list().Customer("my_customer").Query("isAdmin=true"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := call.Do()
			refused(t, err, 400)
		})
	}
	_, err := w.directory.Users.Get("nobody@example.com").Do()
	refused(t, err, 404)
}

func TestAccessIsRefused(t *testing.T) {
	w := newWorld(t)
	hosts := map[string]string{"no token": "", "an unknown token": "stolen"}
	for name, tok := range hosts {
		t.Run(name, func(t *testing.T) {
			directory, settings, audit := clients(t, map[string]http.Handler{"admin.googleapis.com": w.google, "www.googleapis.com": w.google}, tok)
			_, err := directory.Groups.Get("data@example.com").Do()
			refused(t, err, 401)
			_, err = settings.Groups.Get("data@example.com").Do()
			refused(t, err, 401)
			_, err = audit.Activities.List("all", "admin").Do()
			refused(t, err, 401)
		})
	}
	t.Run("a missing scope", func(t *testing.T) {
		w := newWorld(t, func(o *workspace.Options) { o.Tokens = map[string][]string{token: {workspace.ScopeMemberReadonly}} })
		_, err := w.directory.Groups.Get("data@example.com").Do()
		if got := refused(t, err, 403); got != "insufficientPermissions" {
			t.Errorf("got the reason %s", got)
		}
		if !strings.Contains(err.Error(), "ACCESS_TOKEN_SCOPE_INSUFFICIENT") {
			t.Errorf("no detail in %v", err)
		}
		must[*admin.Members](t)(w.directory.Members.List("data@example.com").Do())
		_, err = w.settings.Groups.Get("data@example.com").Do()
		refused(t, err, 403)
	})
}

func TestUnknownPathsAndParametersAreRefused(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]int{
		"/admin/directory/v1/groups?customer=my_customer&maxresults=5":                   400,
		"/admin/directory/v1/orgunits":                                                   404,
		"/admin/directory/v1/groups/data@example.com/members?includeDerivedMembership=1": 400,
		"/admin/directory/v1/groups?customer=my_customer&maxResults=many":                400,
	} {
		resp := w.get(path)
		defer resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: got %d, want %d", path, resp.StatusCode, want)
		}
	}
}

func TestIDsFollowFromTheSeed(t *testing.T) {
	show := func(seed uint64) string {
		w := newWorld(t, func(o *workspace.Options) { o.Seed = seed })
		check(t, w.google.CreateGroup("new@example.com", ""))
		return fmt.Sprint(w.google.CustomerID(), w.google.Groups(), w.google.Users(), w.google.Members("board@example.com"))
	}
	first, again, other := show(1), show(1), show(2)
	if first != again {
		t.Error("one seed, two directories")
	}
	if first == other {
		t.Error("two seeds, one directory")
	}
}

func TestACompanyThatContradictsItselfIsRefused(t *testing.T) {
	// Each file is sound by itself; together they give one address to two people.
	c := must[*org.Company](t)(org.Parse("a", []byte("people: [{email: p@example.com, aliases: [x@example.com]}]")))
	c.Merge(must[*org.Company](t)(org.Parse("b", []byte("people: [{email: x@example.com}]"))))
	if _, err := workspace.New(workspace.Options{Company: c, Now: func() time.Time { return begin }}); err == nil {
		t.Error("no error")
	}
	if _, err := workspace.New(workspace.Options{}); err == nil {
		t.Error("no error without a company")
	}
}

func TestACircleOfGroupsFromFormerTimesEnds(t *testing.T) {
	w := newWorld(t, company(t, "groups:\n- {email-id: a@example.com, members: [b@example.com]}\n- {email-id: b@example.com, members: [a@example.com, p@example.com]}\n"))
	var got []string
	for _, m := range must[*admin.Members](t)(w.directory.Members.List("a@example.com").IncludeDerivedMembership(true).Do()).Members {
		got = append(got, m.Email)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"b@example.com", "p@example.com"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	check(t, w.google.CreateGroup("c@example.com", ""))
	check(t, w.google.AddMember("a@example.com", "c@example.com", "MEMBER", ""))
}
