package looker_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

// Whatever a server answers, there is a listing or an [looker.Error], and never a stop of our
// own account or of one that shows itself as a program's or the vendor's.
func FuzzAccounts(f *testing.F) {
	for _, list := range [][]map[string]any{users(2), {aUser("1"), {"id": 7}}, {}} {
		text, err := json.Marshal(list)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`[{"id": "1", "is_disabled": null, "sessions": [{}, null], "credentials_embed": [null], "credentials_email": {}}]`))
	f.Add([]byte(`{`))
	j, err := idle.NewJudge(idle.Rule{After: 180 * day, Mode: change.Auto}, idle.Directory{}, noon)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		ordinary := raw(nil, nil)
		c := client(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/4.0/users" && r.URL.Query().Get("offset") == "0" {
				_, _ = w.Write(page)
				return
			}
			ordinary(w, r)
		})
		_, err := c.Accounts(t.Context(), func(a *idle.Account) error {
			if d := j.Decide(a, idle.Memory{}); d.Action == idle.Stop && (a.Self || a.Staff || a.Service || a.Email == "" || len(a.Unreadable) > 0) {
				t.Errorf("stopped: %+v", a)
			}
			return nil
		})
		if _, ok := errors.AsType[*looker.Error](err); err != nil && !ok {
			t.Errorf("got %v", err)
		}
	})
}
