package looker_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/sim"
)

// raw serves users as given, page by page, without a simulator.
func raw(users []map[string]any, more func(offset int, page []map[string]any) []map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		var out any
		switch r.URL.Path {
		case "/api/4.0/login":
			out = map[string]any{"access_token": "t", "expires_in": 3600}
		case "/api/4.0/user":
			out = map[string]any{"id": "1"}
		case "/api/4.0/roles":
			out = []map[string]any{{"id": "1", "name": "User"}}
		default:
			offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
			page := users[min(offset, len(users)):]
			page = page[:min(limit, len(page))]
			if more != nil {
				page = more(offset, page)
			}
			if page == nil {
				page = []map[string]any{}
			}
			out = page
		}
		text, err := json.Marshal(out)
		if err != nil {
			panic(err)
		}
		_, _ = w.Write(text)
	}
}

func client(t testing.TB, h http.HandlerFunc, change ...func(*looker.Options)) *looker.Client {
	t.Helper()
	o := looker.Options{
		Client: &http.Client{Transport: sim.Transport{"looker.test": h}}, BaseURL: "https://looker.test/", ClientID: "id", ClientSecret: "secret",
		Now: func() time.Time { return noon },
	}
	for _, c := range change {
		c(&o)
	}
	c, err := looker.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// aUser is a user without anything odd, who has signed in long ago.
func aUser(id string) map[string]any {
	return map[string]any{
		"id": id, "email": "u" + id + "@example.com", "display_name": "U", "is_disabled": false, "role_ids": []string{"1"},
		"is_service_account": false, "verified_looker_employee": false, "presumed_looker_employee": false,
		"credentials_email": nil, "credentials_ldap": nil, "credentials_saml": nil, "credentials_oidc": nil, "credentials_workforce": nil,
		"credentials_looker_openid": nil, "credentials_totp": nil, "credentials_embed": []any{}, "credentials_api3": []any{}, "sessions": []any{},
		"credentials_google": map[string]any{"created_at": "2024-01-01T00:00:00.000+00:00", "logged_in_at": "2025-01-01T00:00:00.000+00:00", "is_disabled": false},
	}
}

func users(n int) []map[string]any {
	var out []map[string]any
	for i := range n {
		out = append(out, aUser(strconv.Itoa(i+1)))
	}
	return out
}
