package looker_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/looker"
)

const everyKind = `
looker:
  self: sekisho@example.com
  roles: [Admin, Developer, User]
  users:
  - {email: sekisho@example.com, roles: [Admin], created: 2024-01-01T00:00:00Z}
  - email: all@example.com
    roles: [User, Developer]
    created: 2025-01-10T00:00:00Z
    api3: true
    credentials:
      {email: null, embed: 2026-01-01T00:00:00Z, google: 2026-05-01T09:30:15Z, ldap: null, looker_openid: null, oidc: null, saml: null, totp: null, workforce: 2026-02-01T00:00:00Z}
  - {email: staff@looker.example, staff: true}
  - {email: old.staff@looker.example, presumed_staff: true}
`

func TestTokens(t *testing.T) {
	w := newWorld(t)
	if me := w.ok("GET", "/user?fields=id,email", nil).object(t); me["email"] != "sekisho@example.com" {
		t.Errorf("got %v", me)
	}
	for name, form := range map[string]url.Values{
		"a wrong secret": {"client_id": {"id"}, "client_secret": {"x"}}, "a wrong id": {"client_id": {"x"}, "client_secret": {"secret"}}, "nothing": {},
	} {
		if got := w.refused(404, "POST", "/login", form); got["message"] != "Not found" {
			t.Errorf("%s: got %v", name, got)
		}
	}
	w.refused(400, "POST", "/login?client_id=id&client_secret=secret", url.Values{})
	w.refused(400, "POST", "/login", `{"client_id": "id", "client_secret": "secret"}`)

	first := w.token
	w.signIn()
	if w.token == first {
		t.Error("two tokens are the same")
	}
	w.now = w.now.Add(time.Hour - time.Second)
	w.ok("GET", "/user", nil)
	w.now = w.now.Add(time.Second)
	w.refused(401, "GET", "/user", nil)
	w.signIn()
	w.ok("DELETE", "/logout", nil)
	w.refused(401, "GET", "/user", nil)
	w.signIn()
	w.looker.EndTokens()
	w.refused(401, "GET", "/user", nil)
	w.token = ""
	w.refused(401, "GET", "/users", nil)
	w.signIn()
	w.check(w.looker.SetDisabled("sekisho@example.com", true))
	w.refused(401, "GET", "/user", nil)
	w.refused(404, "POST", "/login", url.Values{"client_id": {"id"}, "client_secret": {"secret"}})
}

func TestBothFormsOfATokenAreTaken(t *testing.T) {
	w := newWorld(t)
	for scheme, want := range map[string]int{"Bearer": 200, "token": 200, "Basic": 401} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "https://looker.test/api/4.0/user", nil)
		w.check(err)
		r.Header.Set("Authorization", scheme+" "+w.token)
		resp, err := w.http.Do(r)
		w.check(err)
		w.check(resp.Body.Close())
		if resp.StatusCode != want {
			t.Errorf("%s: got %d, want %d", scheme, resp.StatusCode, want)
		}
	}
}

func TestAUserWithEveryKindOfCredential(t *testing.T) {
	w := newWorld(t, company(t, everyKind))
	w.ok("GET", "/users", nil) // all fields, for the judge
	u := w.ok("GET", "/users/"+w.id("all@example.com"), nil).object(t)
	dates := map[string]any{}
	for name, value := range u {
		switch value := value.(type) {
		case map[string]any:
			if strings.HasPrefix(name, "credentials_") {
				dates[name] = value["logged_in_at"]
				if _, there := value["logged_in_at"]; !there {
					dates[name] = "no such field"
				}
				if value["created_at"] != "2025-01-10T00:00:00.000+00:00" {
					t.Errorf("%s was made at %v", name, value["created_at"])
				}
			}
		}
	}
	want := map[string]any{
		"credentials_email": "", "credentials_google": "2026-05-01T09:30:15.000+00:00", "credentials_ldap": nil,
		"credentials_looker_openid": nil, "credentials_oidc": nil, "credentials_saml": nil,
		"credentials_totp": "no such field", "credentials_workforce": "2026-02-01T00:00:00.000+00:00",
	}
	if diff := cmp.Diff(want, dates); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	keys, _ := u["credentials_api3"].([]any)
	embeds, _ := u["credentials_embed"].([]any)
	if len(keys) != 1 || len(embeds) != 1 || !cmp.Equal(u["role_ids"], []any{"3", "2"}) {
		t.Errorf("got %d keys, %d embeds, roles %v", len(keys), len(embeds), u["role_ids"])
	}
	none := w.ok("GET", "/users/"+w.id("staff@looker.example")+"?fields=credentials_google,credentials_embed,sessions", nil).object(t)
	if diff := cmp.Diff(map[string]any{"credentials_google": nil, "credentials_embed": []any{}, "sessions": []any{}}, none); diff != "" {
		t.Errorf("without credentials (-want +got):\n%s", diff)
	}
	for email, want := range map[string][2]any{
		"staff@looker.example": {true, true}, "old.staff@looker.example": {false, true}, "all@example.com": {false, false},
	} {
		u := w.ok("GET", "/users/"+w.id(email), nil).object(t)
		if got := [2]any{u["verified_looker_employee"], u["presumed_looker_employee"]}; got != want {
			t.Errorf("%s: got %v, want %v", email, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	all := emails(w.ok("GET", "/users?fields=email", nil).list(t))
	if len(all) != 12 {
		t.Fatalf("got %d users", len(all))
	}
	var paged []string
	for offset := 0; ; offset += 5 {
		list := w.ok("GET", "/users?fields=id,email&sorts=id&limit=5&offset="+string(rune('0'+offset/10))+string(rune('0'+offset%10)), nil).list(t)
		if len(list) == 0 {
			break
		}
		paged = append(paged, emails(list)...)
	}
	if diff := cmp.Diff(all, paged); diff != "" {
		t.Errorf("(-all +paged):\n%s", diff)
	}
	if got := w.ok("GET", "/users?fields=id&limit=5&offset=100", nil).list(t); len(got) != 0 {
		t.Errorf("past the end: got %v", got)
	}
	if got := emails(w.ok("GET", "/users?fields=email&ids=2,4,99", nil).list(t)); !cmp.Equal(got, []string{all[1], all[3]}) {
		t.Errorf("by ids: got %v", got)
	}
	capped := newWorld(t, func(o *looker.Options) { o.PageLimit = 4 })
	if got := capped.ok("GET", "/users?limit=500&fields=id", nil).list(t); len(got) != 4 {
		t.Errorf("a page of at most 4 has %d", len(got))
	}
}

func TestWhatIsRefused(t *testing.T) {
	w := newWorld(t)
	id := w.id("aiko@example.com")
	tests := map[string]struct {
		status             int
		method, path, body string
	}{
		"a field that does not exist":         {400, "GET", "/users?fields=id,emial", ""},
		"a field inside that does not exist":  {400, "GET", "/users?fields=credentials_google(logged_in)", ""},
		"a field inside of text":              {400, "GET", "/users?fields=email(x)", ""},
		"fields that do not end":              {400, "GET", "/users?fields=credentials_google(logged_in_at", ""},
		"fields that go on":                   {400, "GET", "/users?fields=id)", ""},
		"no field":                            {400, "GET", "/users?fields=id,", ""},
		"a parameter that does not exist":     {400, "GET", "/users?offest=5", ""},
		"a parameter twice":                   {400, "GET", "/users?limit=5&limit=6", ""},
		"a number below nothing":              {400, "GET", "/users?limit=-1", ""},
		"no number":                           {400, "GET", "/users?offset=ten", ""},
		"another order":                       {400, "GET", "/users?sorts=email", ""},
		"a page of the old form":              {400, "GET", "/users?page=1&per_page=10", ""},
		"a flag that is none":                 {400, "GET", "/users/search?is_disabled=maybe", ""},
		"either flag that is none":            {400, "GET", "/users/search?filter_or=maybe", ""},
		"a filter of Looker's that is absent": {400, "GET", "/users/search?group_id=1", ""},
		"nobody":                              {404, "GET", "/users/999", ""},
		"nobody at all":                       {404, "GET", "/users/0", ""},
		"no id":                               {404, "GET", "/users/aiko@example.com", ""},
		"an id with a zero":                   {404, "GET", "/users/01", ""},
		"a path that does not exist":          {404, "GET", "/usrs", ""},
		"a change of nobody":                  {404, "PATCH", "/users/999", `{"is_disabled": true}`},
		"a name that does not exist":          {422, "PATCH", "/users/" + id, `{"disabled": true}`},
		"a value of another type":             {422, "PATCH", "/users/" + id, `{"is_disabled": "true"}`},
		"a body that is no object":            {400, "PATCH", "/users/" + id, `[]`},
		"a body that is null":                 {400, "PATCH", "/users/" + id, `null`},
		"a body that is no JSON":              {400, "PATCH", "/users/" + id, `{`},
		"roles that are none":                 {422, "PUT", "/users/" + id + "/roles", `["99"]`},
		"a role twice":                        {422, "PUT", "/users/" + id + "/roles", `["1", "1"]`},
		"roles by number":                     {400, "PUT", "/users/" + id + "/roles", `[1]`},
		"roles of nobody":                     {404, "PUT", "/users/999/roles", `["1"]`},
		"a session that is none":              {404, "DELETE", "/users/" + id + "/sessions/9", ""},
		"sessions of nobody":                  {404, "GET", "/users/999/sessions", ""},
		"an address a second time":            {409, "POST", "/users/" + id + "/credentials_email", `{"email": "new@example.com"}`},
		"a reset without an address":          {404, "POST", "/users/" + w.id("ken@example.com") + "/credentials_email/send_password_reset", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := w.looker.Users()
			var body any
			if test.body != "" {
				body = test.body
			}
			w.refused(test.status, test.method, test.path, body)
			if diff := cmp.Diff(before, w.looker.Users()); diff != "" {
				t.Errorf("what is refused leaves a trace: %s", diff)
			}
		})
	}
}

func TestChangesOfUsers(t *testing.T) {
	w := newWorld(t)
	id := w.id("aiko@example.com")
	whole := w.ok("GET", "/users/"+id, nil).object(t)
	whole["is_disabled"] = true
	// Names that may only be read are left aside.
	if got := w.ok("PATCH", "/users/"+id+"?fields=id,is_disabled", `{"is_disabled": true}`).object(t); !cmp.Equal(got, map[string]any{"id": id, "is_disabled": true}) {
		t.Errorf("got %v", got)
	}
	if u, _ := w.looker.User("aiko@example.com"); !u.Disabled {
		t.Error("she is not disabled")
	}
	w.ok("PATCH", "/users/"+id, `{"is_disabled": false, "email": "other@example.com", "first_name": "Ai"}`)
	if u, ok := w.looker.User("aiko@example.com"); !ok || u.Disabled || !strings.HasPrefix(u.Name, "Ai ") {
		t.Errorf("got %+v", u)
	}
	w.ok("PUT", "/users/"+id+"/roles", `["1", "3"]`)
	if got, want := w.ok("GET", "/users/"+id+"/roles?fields=id,name", nil).list(t), []map[string]any{{"id": "1", "name": "Admin"}, {"id": "3", "name": "User"}}; !cmp.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestRoles(t *testing.T) {
	w := newWorld(t)
	w.ok("GET", "/roles", nil)
	w.ok("GET", "/roles/search/with_user_count", nil)
	if got, want := w.ok("GET", "/roles?fields=id,name", nil).list(t), []map[string]any{{"id": "1", "name": "Admin"}, {"id": "2", "name": "Developer"}, {"id": "3", "name": "User"}}; !cmp.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got, want := w.ok("GET", "/roles/search/with_user_count?fields=name,user_count&name=d%25", nil).list(t), []map[string]any{{"name": "Developer", "user_count": 2.0}}; !cmp.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got := w.ok("GET", "/roles?ids=3,9&fields=name", nil).list(t); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestSearchComparesByLike(t *testing.T) {
	w := newWorld(t, company(t, `
looker:
  users:
  - {email: a_b@example.com, credentials: {email: null}}
  - {email: axb@example.com, disabled: true}
  - {email: AZ@example.com}
  - {email: robot@example.com, service_account: true}
  - {email: help@looker.example, staff: true}
`))
	search := func(query string) []string {
		t.Helper()
		got := emails(w.ok("GET", "/users/search?fields=email&"+query, nil).list(t))
		slices.Sort(got)
		return got
	}
	for query, want := range map[string][]string{
		"email=a_b@example.com":             {"a_b@example.com", "axb@example.com"},
		"email=A_B@EXAMPLE.com":             {"a_b@example.com", "axb@example.com"},
		"email=a%25":                        {"a_b@example.com", "axb@example.com", "az@example.com"},
		"email=%25z%25":                     {"az@example.com"},
		"email=z":                           nil,
		"email=NOT+NULL&is_disabled=true":   {"axb@example.com"},
		"email=a%25&is_disabled=false":      {"a_b@example.com", "az@example.com"},
		"email=IS+NULL":                     nil,
		"is_service_account=true":           {"robot@example.com", "sekisho@example.com"},
		"verified_looker_employee=true":     {"help@looker.example"},
		"is_disabled=true&filter_or=true":   {"axb@example.com"},
		"filter_or=true&email=az%25&id=1,2": {"a_b@example.com", "axb@example.com", "az@example.com"},
		"limit=1&offset=1":                  {"axb@example.com"},
		"first_name=a%25&sorts=id":          {"a_b@example.com", "axb@example.com", "az@example.com"},
		"last_name=NOT+NULL":                nil,
		"full_name=robot":                   {"robot@example.com"},
	} {
		if got := search(query); !cmp.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	if got := search(""); len(got) != 6 {
		t.Errorf("without a condition: got %v", got)
	}
}

func TestNewUsers(t *testing.T) {
	w := newWorld(t)
	made := w.ok("POST", "/users?fields=id,email,is_disabled,first_name,role_ids", `{"first_name": "Nia", "last_name": "Ito", "is_disabled": true}`).object(t)
	id, _ := made["id"].(string)
	if diff := cmp.Diff(map[string]any{"id": id, "email": nil, "is_disabled": true, "first_name": "Nia", "role_ids": []any{}}, made); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	path := "/users/" + id + "/credentials_email"
	w.refused(404, "GET", path, nil)
	for body, code := range map[string]string{
		`{"email": "nia"}`: "invalid", `{"email": "aiko@example.com"}`: "already_exists", `{"emial": "nia@example.com"}`: "invalid", `{}`: "missing_field", `{"email": 3}`: "missing_field",
	} {
		errs, _ := w.refused(422, "POST", path, body)["errors"].([]any)
		if len(errs) != 1 || errs[0].(map[string]any)["code"] != code {
			t.Errorf("%s: got %v, want %s", body, errs, code)
		}
	}
	given := w.ok("POST", path, `{"email": "Nia@example.com"}`).object(t)
	if given["email"] != "nia@example.com" || given["account_setup_url_expired"] != false || given["password_reset_url"] != nil {
		t.Errorf("got %v", given)
	}
	w.refused(409, "POST", path, `{"email": "nia@example.com"}`)
	w.ok("POST", path+"/send_password_reset", nil)
	w.ok("GET", path, nil)
	mails := w.looker.Mails()
	if len(mails) != 1 || !mails[0].Setup || mails[0].To != "nia@example.com" || mails[0].Link != given["account_setup_url"] {
		t.Errorf("got %+v", mails)
	}
	if err := w.looker.Login("nia@example.com", "email"); err == nil {
		t.Error("who is disabled signs in")
	}
	w.ok("PATCH", "/users/"+id, `{"is_disabled": false}`)
	w.check(w.looker.Login("nia@example.com", "email"))
	if after := w.ok("GET", path, nil).object(t); after["account_setup_url"] != nil || after["logged_in_at"] != "2026-11-22T00:00:00.000+00:00" {
		t.Errorf("after the first sign-in: got %v", after)
	}
	w.ok("POST", path+"/send_password_reset", nil)
	if mails := w.looker.Mails(); mails[1].Setup || mails[1].Link == "" {
		t.Errorf("got %+v", mails[1])
	}
	w.ok("POST", path+"/password_reset?expires=true", nil)
	w.now = w.now.Add(time.Hour)
	w.signIn()
	if after := w.ok("GET", path+"?fields=password_reset_url,password_reset_url_expired", nil).object(t); after["password_reset_url"] != nil || after["password_reset_url_expired"] != true {
		t.Errorf("an hour later: got %v", after)
	}
	w.ok("POST", path+"/password_reset?expires=false", nil)
	w.now = w.now.Add(59 * time.Minute)
	if after := w.ok("GET", path, nil).object(t); after["password_reset_url_expired"] != false {
		t.Errorf("one that does not end: got %v", after)
	}
}

func TestWhoIsNoAdministratorSeesNamesOnly(t *testing.T) {
	w := newWorld(t)
	w.check(w.looker.SetRoles("sekisho@example.com", "User"))
	for _, u := range w.ok("GET", "/users", nil).list(t) {
		for _, name := range []string{"email", "is_disabled", "credentials_google", "sessions", "verified_looker_employee"} {
			if _, there := u[name]; there {
				t.Errorf("%s is shown", name)
			}
		}
	}
	id := w.id("aiko@example.com")
	w.refused(403, "PATCH", "/users/"+id, `{"is_disabled": true}`)
	w.refused(403, "PUT", "/users/"+id+"/roles", `[]`)
	w.refused(403, "GET", "/users/"+id+"/sessions", nil)
	w.refused(403, "DELETE", "/users/"+id+"/sessions/1", nil)
	w.refused(403, "GET", "/users/"+id+"/credentials_email", nil)
	w.refused(403, "POST", "/users/"+id+"/credentials_email", `{"email": "x@example.com"}`)
	w.refused(404, "POST", "/users", `{"first_name": "x"}`)
	w.refused(400, "GET", "/users/search?email=a%25", nil)
}
