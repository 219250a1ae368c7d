package slack_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	api "github.com/slack-go/slack"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	sim "github.com/sekisho/sekisho/shared/sim/slack"
)

const (
	secret    = "the signing secret"
	newSecret = "the one that follows"
)

func header(signature, stamp string) http.Header {
	h := http.Header{}
	h.Set("X-Slack-Signature", signature)
	h.Set("X-Slack-Request-Timestamp", stamp)
	return h
}

func TestVerify(t *testing.T) {
	body := []byte("payload=%7B%7D")
	stamp := strconv.FormatInt(start.Unix(), 10)
	at := func(d time.Duration) string { return strconv.FormatInt(start.Add(d).Unix(), 10) }
	signed := func(secret, stamp string) http.Header { return header(sim.Sign(secret, stamp, body), stamp) }
	good := sim.Sign(secret, stamp, body)
	for _, test := range []struct {
		name    string
		secrets []string
		header  http.Header
		body    []byte
		want    error
	}{
		{"valid", []string{secret}, signed(secret, stamp), body, nil},
		{"by the older of two secrets", []string{newSecret, secret}, signed(secret, stamp), body, nil},
		{"by the newer of two secrets", []string{newSecret, secret}, signed(newSecret, stamp), body, nil},
		{"five minutes ago", []string{secret}, signed(secret, at(-5*time.Minute)), body, nil},
		{"in five minutes", []string{secret}, signed(secret, at(5*time.Minute)), body, nil},
		{"an empty body", []string{secret}, header(sim.Sign(secret, stamp, nil), stamp), nil, nil},
		{"longer ago", []string{secret}, signed(secret, at(-5*time.Minute-time.Second)), body, slack.ErrBadTimestamp},
		{"later", []string{secret}, signed(secret, at(5*time.Minute+time.Second)), body, slack.ErrBadTimestamp},
		{"at the end of time", []string{secret}, signed(secret, "9223372036854775807"), body, slack.ErrBadTimestamp},
		{"before the beginning", []string{secret}, signed(secret, "-9223372036854775808"), body, slack.ErrBadTimestamp},
		{"at no time", []string{secret}, signed(secret, "now"), body, slack.ErrBadTimestamp},
		{"at a broken time", []string{secret}, signed(secret, stamp+".5"), body, slack.ErrBadTimestamp},
		{"by another secret", []string{secret}, signed(newSecret, stamp), body, slack.ErrBadSignature},
		{"another body", []string{secret}, signed(secret, stamp), []byte("payload=%7B%7D "), slack.ErrBadSignature},
		{"another time", []string{secret}, header(good, at(time.Second)), body, slack.ErrBadSignature},
		{"the same time in other digits", []string{secret}, header(good, "0"+stamp), body, slack.ErrBadSignature},
		{"no secret", nil, signed("", stamp), body, slack.ErrBadSignature},
		{"an empty secret", []string{""}, signed("", stamp), body, slack.ErrBadSignature},
		{"an empty secret beside one", []string{"", secret}, signed("", stamp), body, slack.ErrBadSignature},
		{"without its version", []string{secret}, header(strings.TrimPrefix(good, "v0="), stamp), body, slack.ErrBadSignature},
		{"of another version", []string{secret}, header("v1="+strings.TrimPrefix(good, "v0="), stamp), body, slack.ErrBadSignature},
		// One signature has one form, or the same request could arrive under two names.
		{"in capitals", []string{secret}, header("v0="+strings.ToUpper(strings.TrimPrefix(good, "v0=")), stamp), body, slack.ErrBadSignature},
		{"with a space", []string{secret}, header(good+" ", stamp), body, slack.ErrBadSignature},
		{"in part", []string{secret}, header(good[:20], stamp), body, slack.ErrBadSignature},
		{"no hexadecimals", []string{secret}, header("v0="+strings.Repeat("x", 64), stamp), body, slack.ErrBadSignature},
		{"no signature", []string{secret}, header("", stamp), body, slack.ErrNoSignature},
		{"no time", []string{secret}, header(good, ""), body, slack.ErrNoSignature},
		{"no header", []string{secret}, http.Header{}, body, slack.ErrNoSignature},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := slack.Verifier{Secrets: test.secrets, Now: func() time.Time { return start }}
			if err := v.Verify(test.header, test.body); !errors.Is(err, test.want) {
				t.Errorf("Verify: %v; want %v", err, test.want)
			}
		})
	}
}

// On the real clock, the only one that slack-go's verifier knows, both say the same of every
// request, whatever was done to it.
func TestVerifyAgreesWithSlackGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]string{secret, newSecret}).Draw(t, "secret")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		// Not close to five minutes: the clock goes on between the two.
		skew := rapid.OneOf(rapid.IntRange(-290, 290), rapid.IntRange(310, 1<<40), rapid.IntRange(-1<<40, -310)).Draw(t, "skew")
		stamp := strconv.FormatInt(time.Now().Unix()+int64(skew), 10)
		signature := sim.Sign(key, stamp, body)
		switch rapid.IntRange(0, 6).Draw(t, "damage") {
		case 0:
			raw, err := hex.DecodeString(strings.TrimPrefix(signature, "v0="))
			if err != nil {
				t.Fatalf("decode: %v", err)
			}
			raw[rapid.IntRange(0, len(raw)-1).Draw(t, "byte")] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
			signature = "v0=" + hex.EncodeToString(raw)
		case 1:
			body = append(body, rapid.Byte().Draw(t, "more"))
		case 2:
			stamp = rapid.SampledFrom([]string{"", "x", " " + stamp, "0" + stamp, "+" + stamp, stamp + "0"}).Draw(t, "stamp")
		case 3:
			signature = rapid.SampledFrom([]string{"", "v0=", "v0", signature[3:], signature[:66], signature + "00"}).Draw(t, "signature")
		}
		h := header(signature, stamp)
		ours := slack.Verifier{Secrets: []string{secret}, Now: time.Now}.Verify(h, body)
		theirs, err := api.NewSecretsVerifier(h, secret)
		if err == nil {
			if _, err := theirs.Write(body); err != nil {
				t.Fatalf("write: %v", err)
			}
			err = theirs.Ensure()
		}
		if (ours == nil) != (err == nil) {
			t.Fatalf("ours: %v; slack-go's: %v", ours, err)
		}
	})
}

func TestRequestID(t *testing.T) {
	base := header("v0=aa", "100")
	same := header("v0=aa", "100")
	same.Set("X-Slack-Retry-Num", "1")
	id := slack.RequestID(base)
	if id != slack.RequestID(same) {
		t.Error("the same request, sent again, has another name")
	}
	// A name becomes part of the names of tasks and records.
	if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		t.Errorf("the name %q", id)
	}
	for i, h := range []http.Header{header("v0=ab", "100"), header("v0=aa", "101"), header("aa", "100:v0="), {}} {
		if slack.RequestID(h) == id {
			t.Errorf("%s: another request has the same name", fmt.Sprint(i))
		}
	}
}
