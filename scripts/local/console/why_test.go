package console

import (
	"html"
	"net/url"
	"strings"
	"testing"
)

// Whoever is looked at in the page can ask why, and reads the answer there.
func TestWhyIsAnsweredInThePage(t *testing.T) {
	w, policy := startWorld(t, nil)
	v := visit(t, New(NewLive(w), Options{Policy: policy}))
	body := v.get("/?reader=emma%40example.com").Body.String()
	if !strings.Contains(body, "/why") {
		t.Error("the page does not offer /why")
	}
	v.post("/command", url.Values{"reader": {"emma@example.com"}, "command": {"/why emma@example.com ApproveSettings group:product@example.com"}, "view": {"reader=emma%40example.com"}})
	body = html.UnescapeString(v.get("/?reader=emma%40example.com").Body.String())
	if want := "emma@example.com, ApproveSettings on group:product@example.com"; !strings.Contains(body, want) {
		t.Errorf("the page does not say %q:\n%s", want, body)
	}
}
