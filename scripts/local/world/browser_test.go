package world_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	simfivetran "github.com/sekisho/sekisho/shared/sim/fivetran"
	"github.com/sekisho/sekisho/shared/sim/org"
)

const (
	kai  = "kai@example.com"
	olga = "olga@example.com"
	mia  = "mia@example.com"
)

// handed is a world in which Olga has the link to the connect card of letters, and that link.
func handed(t *testing.T) (*world.World, string) {
	t.Helper()
	const folder = "../testdata/scenarios/connections"
	data, err := os.ReadFile(filepath.Join(folder, "company.yaml"))
	check(t, err)
	data = []byte(strings.Replace(string(data), "name: Mia Tan", "name: Mia Tan, locale: ja", 1))
	company, err := org.Parse("company.yaml", data)
	check(t, err)
	policy, err := os.ReadFile(filepath.Join(folder, "policy.yaml"))
	check(t, err)
	w, err := world.New(world.Options{Company: company, Policy: folderOf(policy), Seed: 1})
	check(t, err)
	t.Cleanup(func() { check(t, w.Close()) })
	ctx := t.Context()
	check(t, errors.Join(
		w.Start(ctx), w.Command(ctx, kai, "/connect", "klaviyo"),
		w.Submit(ctx, kai, []string{"name=letters", "group=Snowflake_prod", "owner=" + olga, "schema=letters", "reason=Newsletters"}),
		w.Click(ctx, olga, "Approve", nil),
	))
	for _, m := range slices.Backward(w.Slack.Visible(olga)) {
		for _, b := range m.Buttons {
			if b.URL != "" {
				return w, b.URL
			}
		}
	}
	t.Fatal("Olga has no link")
	return nil, ""
}

func window(t *testing.T, w *world.World, person string) world.Window {
	t.Helper()
	shown, ok := w.Window(person)
	if !ok {
		t.Fatalf("the browser of %s is closed", person)
	}
	return shown
}

func TestAnOwnerFillsInACard(t *testing.T) {
	w, link := handed(t)
	ctx := t.Context()
	check(t, w.OpenLink(ctx, olga, link))
	shown := window(t, w, olga)
	if shown.Host != "fivetran.com" || shown.Card == nil || shown.Card.Service != "Klaviyo" || shown.Card.Schema != "letters" {
		t.Fatalf("the browser shows %+v", shown)
	}
	first := shown.Load

	check(t, w.EnterCard(ctx, olga, first, nil))
	if shown = window(t, w, olga); shown.Card == nil || len(shown.Card.Tests) != 1 || shown.Card.Tests[0].Status != simfivetran.Failed {
		t.Fatalf("without credentials the browser shows %+v", shown)
	}
	if err := w.EnterCard(ctx, olga, first, map[string]string{"api_key": "k"}); !errors.Is(err, world.ErrNoWindow) {
		t.Errorf("a load of the card that is not shown any more: %v", err)
	}
	check(t, w.EnterCard(ctx, olga, shown.Load, map[string]string{"api_key": "k"}))
	if shown = window(t, w, olga); shown.Card != nil || shown.Host != "console.example.com" || shown.Page.Title != "Thank you" || shown.Page.Text == "" {
		t.Errorf("at the end the browser shows %+v", shown)
	}
	check(t, w.Advance(ctx, w.Clock.Now().Add(time.Hour)))
	if c, ok := w.Fivetran.Connection("letters"); !ok || !c.Is("connected") || c.Paused {
		t.Errorf("the connection is %+v", c)
	}
	w.CloseWindow(olga)
	if _, ok := w.Window(olga); ok {
		t.Error("the browser is not closed")
	}
	if err := w.EnterCard(ctx, olga, shown.Load, nil); !errors.Is(err, world.ErrNoWindow) {
		t.Errorf("a browser that is closed: %v", err)
	}
}

// A link that was passed on leads nobody else anywhere. The page says so in their language.
func TestALinkThatWasPassedOn(t *testing.T) {
	w, link := handed(t)
	ctx := t.Context()
	if err := w.PassLink(ctx, olga, mia); !errors.Is(err, world.ErrNoWindow) {
		t.Errorf("a link that nobody has open: %v", err)
	}
	check(t, w.OpenLink(ctx, olga, link))
	check(t, errors.Join(w.PassLink(ctx, olga, kai), w.PassLink(ctx, olga, mia)))
	for person, want := range map[string]string{kai: "This link is not for you", mia: "このリンクは利用できません"} {
		shown := window(t, w, person)
		if shown.Card != nil || shown.Page.Status != 403 || shown.Page.Title != want {
			t.Errorf("the browser of %s shows %+v", person, shown)
		}
		if err := w.EnterCard(ctx, person, shown.Load, map[string]string{"api_key": "k"}); !errors.Is(err, world.ErrNoWindow) {
			t.Errorf("%s enters something: %v", person, err)
		}
	}
	if window(t, w, olga).Card == nil {
		t.Error("Olga's own browser does not show the card any more")
	}
}

func TestACardThatIsTooOld(t *testing.T) {
	w, link := handed(t)
	ctx := t.Context()
	check(t, errors.Join(w.OpenLink(ctx, olga, link), w.Advance(ctx, w.Clock.Now().Add(25*time.Hour))))
	check(t, w.EnterCard(ctx, olga, window(t, w, olga).Load, map[string]string{"api_key": "k"}))
	if shown := window(t, w, olga); shown.Card == nil || shown.Card.Over == "" {
		t.Errorf("the browser shows %+v", shown)
	}
	check(t, w.OpenLink(ctx, olga, link))
	if shown := window(t, w, olga); shown.Card != nil || shown.Page.Title != "This link is too old" {
		t.Errorf("the link leads to %+v", shown)
	}
}

func TestLinksThatLeadOutOfTheWorld(t *testing.T) {
	w, link := handed(t)
	page, _, _ := strings.Cut(link, "?")
	for _, bad := range []string{"", "%", "https://looker.example.com/", page, page + "x?handover=1", "https://evil.example/?" + link} {
		if err := w.OpenLink(t.Context(), olga, bad); !errors.Is(err, world.ErrElsewhere) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if shown, ok := w.Window(olga); ok {
		t.Errorf("the browser shows %+v", shown)
	}
}

// However a window is printed, the address of the card is not in it.
func TestAWindowHidesTheCardsAddress(t *testing.T) {
	w, link := handed(t)
	check(t, w.OpenLink(t.Context(), olga, link))
	shown := window(t, w, olga)
	encoded, err := json.Marshal(shown)
	check(t, err)
	for _, text := range []string{fmt.Sprint(shown), fmt.Sprintf("%+v", shown), fmt.Sprintf("%#v", shown), string(encoded)} {
		if strings.Contains(text, "connect-card") || strings.Contains(text, "eyJ") {
			t.Errorf("it is in %s", text)
		}
	}
}
