package fivetran_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/domain/secret"
	vendor "github.com/sekisho/sekisho/shared/sim/fivetran"
)

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestVerify(t *testing.T) {
	const body = `{"event":"sync_end","connector_id":"c"}`
	good := sign("shared", body)
	for name, tt := range map[string]struct {
		body, signature string
		secrets         []string
		ok              bool
	}{
		"good":                         {body, good, []string{"shared"}, true},
		"in capitals":                  {body, strings.ToUpper(good), []string{"shared"}, true},
		"as the vendor signs":          {body, vendor.Sign("shared", []byte(body)), []string{"shared"}, true},
		"with the newer of two":        {body, good, []string{"old", "shared"}, true},
		"with the older of two":        {body, good, []string{"shared", "new"}, true},
		"another secret":               {body, good, []string{"other"}, false},
		"no secret":                    {body, good, nil, false},
		"an empty secret":              {body, sign("", body), []string{""}, false},
		"an empty one besides":         {body, sign("", body), []string{"shared", ""}, false},
		"another body":                 {body + " ", good, []string{"shared"}, false},
		"the same JSON, other spaces":  {strings.ReplaceAll(body, ":", ": "), good, []string{"shared"}, false},
		"no signature":                 {body, "", []string{"shared"}, false},
		"half a signature":             {body, good[:32], []string{"shared"}, false},
		"a signature with more":        {body, good + "00", []string{"shared"}, false},
		"a signature with a word":      {body, "sha256=" + good, []string{"shared"}, false},
		"a signature that is no digit": {body, strings.Repeat("z", 64), []string{"shared"}, false},
		"a space before":               {body, " " + good, []string{"shared"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var secrets []secret.Text
			for _, s := range tt.secrets {
				secrets = append(secrets, secret.New(s))
			}
			err := fivetran.Verify([]byte(tt.body), tt.signature, secrets...)
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, fivetran.ErrSignature) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestParseEvent(t *testing.T) {
	got, err := fivetran.ParseEvent([]byte(`{"event":"sync_end","created":"2026-05-22T00:06:08.638Z","connector_type":"postgres","connector_id":"lofty_meadow","connector_name":"sales","sync_id":"1","destination_group_id":"g","data":{"status":"SUCCESSFUL"},"new":1}`))
	want := fivetran.Event{Name: "sync_end", Created: time.Date(2026, 5, 22, 0, 6, 8, 638e6, time.UTC), Connection: "lofty_meadow", Group: "g"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"", "null", "[]", "{", `{"event":"sync_end"}`, `{"connector_id":"c"}`, `{"event":1,"connector_id":"c"}`, `{"event":"e","connector_id":"c","created":"secret-canary"}`, `{"event":"e","connector_id":"c","x":"` + strings.Repeat("a", 300<<10) + `"}`} {
		if got, err := fivetran.ParseEvent([]byte(bad)); err == nil || got != (fivetran.Event{}) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%.40s: got %+v, %v", bad, got, err)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(`{"event":"sync_end","created":"2026-05-22T00:06:08.638Z","connector_id":"c"}`), "00")
	f.Fuzz(func(t *testing.T, body []byte, signature string) {
		e, err := fivetran.ParseEvent(body)
		if err == nil && (e.Name == "" || e.Connection == "") {
			t.Errorf("half an event: %+v", e)
		}
		if fivetran.Verify(body, signature, secret.New("a secret that nobody has")) == nil {
			t.Errorf("forged")
		}
	})
}

func TestSubscribe(t *testing.T) {
	w := newWorld(t)
	shared := secret.New("shared")
	first, err := w.client.Subscribe(t.Context(), "https://hook.example.com/", shared)
	check(t, err)
	again, err := w.client.Subscribe(t.Context(), "https://hook.example.com/", shared)
	if err != nil || again != first {
		t.Errorf("again: %s, %v, first %s", again, err, first)
	}
	other, err := w.client.Subscribe(t.Context(), "https://hook.example.com/other", shared)
	if err != nil || other == first {
		t.Errorf("another address: %s, %v", other, err)
	}
	w.hooks, w.bodies = nil, nil
	made, err := w.client.Create(t.Context(), plan(), noon)
	check(t, err)
	card, err := w.client.Card(t.Context(), made.ID, secret.New(own+"/"))
	check(t, err)
	_, err = w.vendor.SubmitCard(card.Reveal(), nil)
	check(t, err)
	_, err = w.client.Unpause(t.Context(), made.ID)
	check(t, err)
	w.advance(time.Hour)
	var names []string
	for i, r := range w.hooks {
		check(t, fivetran.Verify(w.bodies[i], r.Header.Get(fivetran.SignatureHeader), shared))
		e, err := fivetran.ParseEvent(w.bodies[i])
		check(t, err)
		if r.URL.Path == "/" {
			names = append(names, e.Name)
		}
		if e.Connection != made.ID {
			t.Errorf("event of %s", e.Connection)
		}
	}
	if diff := cmp.Diff([]string{"connection_successful", "resume_connector", "sync_end"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = w.client.Subscribe(t.Context(), "https://nobody.example/", shared)
	is(t, err, fivetran.ErrInvalid)
}
