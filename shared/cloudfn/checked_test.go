package cloudfn

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/idtoken"
)

func TestTokensThatCloudRunHasChecked(t *testing.T) {
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	signed := errors.New("the signature was looked at")
	check := checkedBefore(func(context.Context, string, string) (*idtoken.Payload, error) { return nil, signed }, func() time.Time { return now })
	const ours = "https://function.example.com"
	token := func(audience string, expires time.Time, signature string) string {
		claims := fmt.Sprintf(`{"iss":"https://accounts.google.com","aud":%q,"exp":%d,"email":"caller@example.com","email_verified":true}`, audience, expires.Unix())
		part := base64.RawURLEncoding.EncodeToString
		return part([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + part([]byte(claims)) + "." + signature
	}
	for _, test := range []struct {
		name, token, want string
	}{
		{"its signature was removed", token(ours, now.Add(time.Minute), signatureRemoved), ""},
		{"it has one", token(ours, now.Add(time.Minute), "c2lnbmF0dXJl"), signed.Error()},
		{"it has none", token(ours, now.Add(time.Minute), ""), signed.Error()},
		{"for another audience", token("https://other.example.com", now.Add(time.Minute), signatureRemoved), "another audience"},
		{"expired", token(ours, now, signatureRemoved), "expired"},
		{"no token at all", "canary." + signatureRemoved, "no token"},
	} {
		p, err := check(t.Context(), test.token, ours)
		switch {
		case test.want == "" && (err != nil || p.Claims["email"] != "caller@example.com"):
			t.Errorf("%s: %v, %v", test.name, p, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "canary")):
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	// What is public gets tokens as they were sent.
	open := &platform{Public: true}
	if err := errorOf(open.validate(func() time.Time { return now })(t.Context(), token(ours, now.Add(time.Minute), signatureRemoved), ours)); err == nil {
		t.Error("a public function believes a token without a signature")
	}
}

func errorOf(_ *idtoken.Payload, err error) error { return err }

func TestATokenWithoutASignatureBesideAnother(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.Header.Set("Authorization", "Bearer e30.e30."+signatureRemoved)
	if token, err := Bearer(r); err != nil || token == "" {
		t.Errorf("alone: got %q, %v", token, err)
	}
	r.Header.Set("X-Serverless-Authorization", "Bearer e30.e30."+signatureRemoved)
	if token, err := Bearer(r); err == nil {
		t.Errorf("what Cloud Run has not looked at is believed: %q", token)
	}
	r.Header.Set("Authorization", "Bearer e30.e30.c2lnbmF0dXJl")
	if token, err := Bearer(r); err != nil || token == "" {
		t.Errorf("signed: got %q, %v", token, err)
	}
}
