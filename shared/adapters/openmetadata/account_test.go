package openmetadata_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/sim"
)

func TestAnAccountIsRead(t *testing.T) {
	w := newWorld(t)
	for _, made := range []map[string]any{
		{"name": "kana-the-admin", "email": "kana@example.com", "isAdmin": true},
		{"name": "yui", "email": "yui@other.example", "isAdmin": true},
		{"name": "yui-here", "email": yui},
		{"name": "gone", "email": "gone@example.com", "isAdmin": true},
	} {
		w.send("POST", "users", made)
	}
	for _, u := range w.read().Users {
		if u.Name == "gone" {
			w.send("DELETE", "users/"+u.ID, nil)
		}
	}
	for address, want := range map[string]struct {
		account  catalog.Account
		requests int // besides that by name
	}{
		aiko: {catalog.Account{Domains: []string{"sales"}}, 0},
		// By the teams that he is in, of which one is in another. The domain has its full name.
		ken:                {catalog.Account{Admin: true, Domains: []string{"sales.emea", "hr"}}, 0},
		"Ken@Example.com":  {catalog.Account{Admin: true, Domains: []string{"sales.emea", "hr"}}, 0},
		taro:               {catalog.Account{}, 0},
		"kana@example.com": {catalog.Account{Admin: true}, 1},
		// Somebody else has the name that yui would have.
		yui:                        {catalog.Account{}, 1},
		"yui@other.example":        {catalog.Account{Admin: true}, 0},
		"gone@example.com":         {catalog.Account{}, 0},
		"nobody@example.com":       {catalog.Account{}, 0},
		"reader@open-metadata.org": {catalog.Account{Bot: true}, 0},
		us + "@open-metadata.org":  {catalog.Account{Admin: true, Bot: true}, 0},
		"":                         {catalog.Account{}, 0},
	} {
		before := w.count("getUserByID")
		got, err := w.client.Account(t.Context(), address)
		if diff := cmp.Diff(want.account, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", address, err, diff)
		}
		if n := w.count("getUserByID") - before; n != want.requests {
			t.Errorf("%s: %d requests by an id, want %d", address, n, want.requests)
		}
	}
}

// Who has no account is told apart from what cannot be read: a failure must not look like nobody.
func TestAnAccountThatCannotBeRead(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.FaultDown, sim.Fault429, sim.Fault500, sim.FaultTimeout} {
		for _, address := range []string{ken, "nobody@example.com"} {
			w := newProvokingWorld(t)
			w.fault(kind, 1)
			got, err := w.client.Account(t.Context(), address)
			if err == nil || !cmp.Equal(got, catalog.Account{}) {
				t.Errorf("%s, %s: %+v, %v; want an error", kind, address, got, err)
			}
		}
	}
	stolen := serve(t, say(http.StatusUnauthorized, `{"code": 401, "message": "no"}`))
	_, err := stolen.Account(t.Context(), ken)
	if e := is(t, err, openmetadata.ErrForbidden); !e.Permanent() {
		t.Errorf("%v can be tried again", e)
	}
	// Neither does a wrong base address.
	wrong := serve(t, http.NotFound)
	if got, err := wrong.Account(t.Context(), ken); err == nil {
		t.Errorf("no such path: %+v", got)
	}
}

// The list may fail after the name was not found, and the account go after it was listed.
func TestAnAccountThatGoesMeanwhile(t *testing.T) {
	const missing, page = `{"code": 404, "message": "user instance for kana not found"}`, `{"data": [{"id": "u1", "name": "k", "email": "kana@example.com"}], "paging": {"total": 1}}`
	for name, test := range map[string]struct {
		list, one int
		fails     bool
	}{
		"the list fails":      {http.StatusInternalServerError, http.StatusOK, true},
		"the account is gone": {http.StatusOK, http.StatusNotFound, false},
		"the account fails":   {http.StatusOK, http.StatusServiceUnavailable, true},
	} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/v1/users":
				say(test.list, page)(w, r)
			case "/v1/users/u1":
				say(test.one, missing)(w, r)
			default:
				say(http.StatusNotFound, missing)(w, r)
			}
		})
		if got, err := c.Account(t.Context(), "kana@example.com"); (err != nil) != test.fails || !cmp.Equal(got, catalog.Account{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
