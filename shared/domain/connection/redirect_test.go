package connection_test

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/secret"
)

const (
	own      = "https://console.example.com"
	goodCard = "https://fivetran.com/connect-card/setup?redirect_uri=https%3A%2F%2Fconsole.example.com%2Fconnected%3Fstate%3Dx&auth=eyJ0.eyJk.sig&hide_setup_guide=true"
)

func targets(t testing.TB) connection.Targets {
	t.Helper()
	out, err := connection.NewTargets(own)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// payloads makes addresses that lead a browser, or a careless program, to somewhere else than
// the allowed host. The techniques are those of the OWASP cheat sheet on unvalidated redirects
// (https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html),
// of the OWASP test for client-side redirects (WSTG-CLNT-04), and what follows from the parser
// of the URL standard (https://url.spec.whatwg.org/#url-parsing).
func payloads(allowed string) []string {
	evils := []string{
		"evil.example", "EVIL.example", "evil.example:443", "evil.example.", "www.evil.example", "user:pw@evil.example", "evil%2eexample", "evil。example",
		"ｅｖｉｌ.example", "xn--80ak6aa92e.example", "2130706433", "0x7f.1", "017700000001", "127.0.0.1", "[::1]", "[::ffff:7f00:1]", "ev\til.example", "evil.example%00." + allowed,
		// The allowed host as a part of another one.
		allowed + ".evil.example", allowed + "evil.example", "evil" + allowed, "evil-" + allowed, "sub." + allowed, allowed + ".", allowed + "..", "." + allowed,
		strings.Replace(allowed, ".", "x", 1), strings.Replace(allowed, ".", "", 1), strings.Replace(allowed, "o", "0", 1), strings.Replace(allowed, "e", "е", 1),
		strings.Replace(allowed, ".", "。", 1), strings.Replace(allowed, ".", "．", 1), strings.Replace(allowed, ".", "%2e", 1), strings.ToUpper(allowed), strings.Replace(allowed, ".", ".\u200b", 1),
		strings.Replace(allowed, ".", ".\u00ad", 1), strings.Replace(allowed, "n", "ⁿ", 1), strings.Replace(allowed, "c", "ⅽ", 1), allowed + ":80", allowed + ":8443", allowed + ":0443", allowed + ":evil",
		// The allowed host as a user name before another one.
		allowed + "@evil.example", allowed + ":443@evil.example", allowed + ":x@evil.example", allowed + "%40evil.example", allowed + "%2f@evil.example", allowed + "\\@evil.example", allowed + "＠evil.example",
		allowed + "%00.evil.example", allowed + "%0d%0a.evil.example", allowed + "\x00.evil.example", allowed + ";.evil.example", allowed + ",evil.example", allowed + "&@evil.example", allowed + "[@evil.example",
		// A host that ends where somebody thinks that it does not.
		"evil.example\\." + allowed, "evil.example\\@" + allowed, "evil.example#@" + allowed, "evil.example?@" + allowed, "evil.example/" + allowed, "evil.example;@" + allowed, "evil.example／" + allowed, "evil.example⁄" + allowed,
		"evil.example%23@" + allowed, "evil.example%5c@" + allowed, "evil.example%2f" + allowed, "evil.example\n" + allowed, "evil.example " + allowed,
	}
	before := []string{
		"https://", "http://", "HTTPS://", "hTTps://", "https:/", "https:", "https:///", "https:////", "https:\\\\", "https:/\\", "https:\\/", "https:\t//", "https://\t", "\thttps://", " https://", "\x00https://", "\x01https://", "\u00a0https://", "\ufeffhttps://",
		"//", "///", "////", "\\\\", "/\\", "\\/", "/\t/", "/\n/", "\t//", " //", "/\x00/", "%2f%2f", "/%2f", "/%5c", "%5c%5c", "/%09/", "//%5c", "/.//", "/..//", "/;//", "/?//../", "〱", "／／", "https：//", "https%3a//", "https%3A%2F%2F", "%68ttps://",
		"javascript:alert(1)//", "JaVaScRiPt:alert(1)//", "java\nscript:alert(1)//", "javascript://%0aalert(1)//", "data:text/html,//", "data:;base64,//", "vbscript:x//", "file://", "ftp://", "blob:https://", "view-source:https://", "ws://", "wss://", "about:blank#//", "intent://", "x-evil://",
		"", "@", ".", "..", "?", "#", "&", ";", "https://https://", "https://@", "https://:@", "https://" + allowed + "@", "https://" + allowed + ":", "https://" + allowed + "\\", "https://" + allowed + "\t", "https://" + allowed + "%09",
	}
	var out []string
	for _, b := range before {
		for _, e := range evils {
			out = append(out, b+e, b+e+"/connect-card/setup?auth=x")
		}
	}
	return out
}

func TestNoPayloadGetsThrough(t *testing.T) {
	targets := targets(t)
	tried := map[string]bool{}
	for _, host := range []string{"console.example.com", "fivetran.com"} {
		for _, payload := range payloads(host) {
			if begins := strings.HasPrefix(payload, own+"/") || strings.HasPrefix(payload, connection.CardOrigin+"/"); begins {
				continue // its parts met by chance: on the list
			}
			tried[payload] = true
			if got, err := targets.Own(payload); !errors.Is(err, connection.ErrTarget) {
				t.Errorf("Own takes %q: %q, %v", payload, got, err)
			}
			if got, err := targets.Card(secret.New(payload)); !errors.Is(err, connection.ErrTarget) || !got.Empty() {
				t.Errorf("Card takes %q: %v", payload, err)
			}
			// As the address to which the card returns.
			card := connection.CardOrigin + "/connect-card/setup?auth=x&redirect_uri=" + url.QueryEscape(payload)
			if _, err := targets.Card(secret.New(card)); !errors.Is(err, connection.ErrTarget) {
				t.Errorf("Card takes one that returns to %q", payload)
			}
		}
	}
	if len(tried) < 5000 {
		t.Errorf("only %d payloads", len(tried))
	}
	t.Logf("%d payloads", len(tried))
}

func TestWhereBrowsersMayBeSent(t *testing.T) {
	targets := targets(t)
	for _, address := range []string{own + "/", own + "/connected", own + "/a/b?x=https://evil.example/#//evil.example", own + "//evil.example", own + "/@evil.example", own + "/%0d%0aLocation:x"} {
		if got, err := targets.Own(address); err != nil || got != address || browserOrigin(got) != own {
			t.Errorf("Own(%q) = %q, %v", address, got, err)
		}
	}
	for _, address := range []string{own, "", "/connected", own + "?x=1", own + "#x", own + "/a b", own + "/a\r\nSet-Cookie: x", own + "/é", own + "/<script>", own + "/" + strings.Repeat("a", 8000)} {
		if got, err := targets.Own(address); !errors.Is(err, connection.ErrTarget) {
			t.Errorf("Own(%q) = %q, %v", address, got, err)
		}
	}
	var none connection.Targets
	for _, address := range []string{"", "/", own + "/", goodCard} {
		if _, err := none.Own(address); err == nil {
			t.Errorf("without targets, Own takes %q", address)
		}
		if _, err := none.Card(secret.New(address)); err == nil {
			t.Errorf("without targets, Card takes %q", address)
		}
	}
}

func TestConnectCards(t *testing.T) {
	targets := targets(t)
	for _, card := range []string{goodCard, "https://fivetran.com/connect-card/setup?auth=eyJ", "https://fivetran.com/connect-card/v2/setup"} {
		if got, err := targets.Card(secret.New(card)); err != nil || got.Reveal() != card {
			t.Errorf("refused: %s", card)
		}
	}
	for _, card := range []string{
		"", "https://fivetran.com/", "https://fivetran.com/login?next=https://evil.example", "https://fivetran.com/connect-card/../logout", "https://fivetran.com/connect-card/..%2flogout",
		"https://fivetran.com/connect-card/%2e%2e/logout", "https://fivetran.com/connect-cards/setup", "https://fivetran.com/connect-card", "https://fivetran.com/connect-card/setup#//evil.example",
		"https://fivetran.com/connect-card/setup?auth=%zz", "https://fivetran.com/connect-card/setup?a=1;b=2",
		"https://fivetran.com/connect-card/setup?redirect_uri=" + url.QueryEscape(own+"/ok") + "&redirect_uri=https%3A%2F%2Fevil.example%2F", "https://www.fivetran.com/connect-card/setup", own + "/connect-card/setup",
	} {
		_, err := targets.Card(secret.New(card))
		if !errors.Is(err, connection.ErrTarget) {
			t.Errorf("taken: %s", card)
		}
		if err != nil && card != "" && strings.Contains(err.Error(), card) {
			t.Errorf("the error shows the address: %v", err)
		}
	}
	local, err := connection.NewTargets("http://localhost:8080", "http://127.0.0.1:9090", "https://fivetran.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, card := range []string{"http://127.0.0.1:9090/connect-card/setup?redirect_uri=http%3A%2F%2Flocalhost%3A8080%2F", "https://fivetran.com/connect-card/setup"} {
		if _, err := local.Card(secret.New(card)); err != nil {
			t.Errorf("refused: %s", card)
		}
	}
}

func TestOrigins(t *testing.T) {
	for _, origin := range []string{
		"", "console.example.com", "https://", "https://console.example.com/", "https://console.example.com/x", "https://Console.example.com", "http://console.example.com", "javascript:x", "https://u@console.example.com/..",
		"https://console.example.com?x", "https://console.example.com#x", "https://consolé.example.com", "https://console.example.com\\", "ftp://localhost", "http://localhost.example.com",
	} {
		if _, err := connection.NewTargets(origin); err == nil {
			t.Errorf("taken as our own: %q", origin)
		}
		if _, err := connection.NewTargets(own, origin); err == nil {
			t.Errorf("taken as the cards': %q", origin)
		}
	}
}

// However an address is mangled: if it is taken, a browser goes to a listed origin.
func TestWhatIsTakenIsOnTheList(t *testing.T) {
	targets := targets(t)
	pieces := []string{"/", "\\", "@", ":", ".", "?", "#", "%2f", "%5c", "%00", "\t", "\n", " ", "evil.example", "//", "https://", "javascript:", "。", "é", "..", "[", "]", ";", "&redirect_uri=https://evil.example", "connect-card/"}
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.SampledFrom([]string{goodCard, own + "/connected?x=1", "https://fivetran.com/connect-card/setup", ""}).Draw(t, "base")
		for range rapid.IntRange(0, 6).Draw(t, "edits") {
			at := rapid.IntRange(0, len(address)).Draw(t, "at")
			cut := rapid.IntRange(0, min(3, len(address)-at)).Draw(t, "cut")
			piece := rapid.OneOf(rapid.SampledFrom(pieces), rapid.StringN(0, 3, -1)).Draw(t, "piece")
			address = address[:at] + piece + address[at+cut:]
		}
		if got, err := targets.Own(address); err == nil && browserOrigin(got) != own {
			t.Fatalf("Own takes %q, which leads to %s", address, browserOrigin(got))
		}
		if got, err := targets.Card(secret.New(address)); err == nil && browserOrigin(got.Reveal()) != connection.CardOrigin {
			t.Fatalf("Card takes %q, which leads to %s", address, browserOrigin(got.Reveal()))
		}
	})
}

var schemeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// browserOrigin is where a browser goes with an address, after the parser of the URL standard
// (https://url.spec.whatwg.org/#concept-basic-url-parser), for addresses that are not relative.
func browserOrigin(address string) string {
	s := strings.TrimFunc(address, func(r rune) bool { return r <= ' ' })
	s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	scheme := strings.ToLower(schemeForm.FindString(s))
	rest := s[len(scheme):]
	if scheme != "https:" && scheme != "http:" {
		return fmt.Sprintf("somewhere (%s)", scheme)
	}
	rest = strings.TrimLeft(rest, `/\`)
	authority := rest
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		authority = rest[:end]
	}
	if user := strings.LastIndex(authority, "@"); user >= 0 {
		authority = authority[user+1:]
	}
	if decoded, err := url.PathUnescape(authority); err == nil {
		authority = decoded
	}
	return scheme + "//" + strings.ToLower(authority)
}
