package signin_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/shared/sim/signin"
)

const audience = "https://portal.example"

// published answers for Google with the issuer's keys.
type published struct{ issuer *signin.Issuer }

func (p published) RoundTrip(*http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.issuer.Keys(w, nil)
	return &http.Response{StatusCode: http.StatusOK, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes()))}, nil
}

// Google's own library takes the tokens, by the keys that are published.
func TestGooglesLibraryTakesTheTokens(t *testing.T) {
	i := signin.New(time.Now)
	token, err := i.Token("aiko@example.com", audience)
	if err != nil {
		t.Fatal(err)
	}
	v, err := idtoken.NewValidator(t.Context(), option.WithHTTPClient(&http.Client{Transport: published{i}}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.Validate(t.Context(), token, audience)
	if err != nil {
		t.Fatalf("Validate: %v", err)
	}
	if p.Issuer != "https://accounts.google.com" || p.Claims["email"] != "aiko@example.com" || p.Claims["hd"] != "example.com" || p.Claims["email_verified"] != true {
		t.Errorf("got %+v", p)
	}
	if _, err := v.Validate(t.Context(), token, "https://other.example"); err == nil {
		t.Error("another audience: no error")
	}
}

func TestValidate(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	i := signin.New(func() time.Time { return now })
	token, err := i.Token("robot@p.iam.gserviceaccount.com", audience)
	if err != nil {
		t.Fatal(err)
	}
	good, err := i.Validate(t.Context(), token, audience)
	if err != nil || good.Claims["hd"] != nil {
		t.Fatalf("Validate: %v, %+v", err, good)
	}
	if _, err := i.Validate(t.Context(), token, ""); err != nil {
		t.Errorf("without an audience: %v", err)
	}
	parts := strings.Split(token, ".")
	other, err := i.Token("aiko@example.com", audience)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"no token": "x", "no signature": parts[0] + "." + parts[1] + ".", "not base64": parts[0] + "." + parts[1] + ".*",
		"the claims of another": parts[0] + "." + strings.Split(other, ".")[1] + "." + parts[2],
	} {
		if _, err := i.Validate(t.Context(), bad, audience); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := i.Validate(t.Context(), token, "https://other.example"); err == nil {
		t.Error("another audience: no error")
	}
	now = now.Add(signin.Life + time.Second)
	if _, err := i.Validate(t.Context(), token, audience); err == nil {
		t.Error("expired: no error")
	}
}
