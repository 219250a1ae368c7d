package connectcard_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// later is a handler that is not known yet when its server starts.
type later struct{ http.Handler }

// browser returns a tab of a real browser. The test is skipped where none is installed.
func browser(t *testing.T, hear func(event any)) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no browser: neither chromium, chromium-browser nor google-chrome is in PATH")
	}
	ctx, end := context.WithTimeout(context.Background(), 90*time.Second)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocated, endBrowser := chromedp.NewExecAllocator(ctx, options...)
	tab, closeTab := chromedp.NewContext(allocated, chromedp.WithListener(hear))
	t.Cleanup(func() {
		closeTab()
		endBrowser()
		end()
	})
	// The browser lives as long as the context in which it is first used.
	if err := chromedp.Do(tab, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return tab
}

// The whole hand-over in a browser: from our link over the vendor's page and back.
func TestAHandoverInABrowser(t *testing.T) {
	var pages, cards later
	ours := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pages.ServeHTTP(w, r) }))
	t.Cleanup(ours.Close)
	theirs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { cards.ServeHTTP(w, r) }))
	t.Cleanup(theirs.Close)

	o := openWith(t, ours.URL+"/connected", []string{theirs.URL})
	cards.Handler = o.vendor
	signedIn := olga.Email
	// What the Identity-Aware Proxy does: it takes away what a browser says of itself, and adds
	// who is signed in.
	pages.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/connected" {
			http.NotFound(w, r)
			return
		}
		r.Header.Del(cloudfn.HeaderAssertion)
		assertion, err := o.proxy.Assertion(signedIn)
		if err != nil {
			t.Error(err)
		}
		r.Header.Set(cloudfn.HeaderAssertion, assertion)
		o.handler.ServeHTTP(w, r)
	})
	h := o.handed(t, "letters")

	var mu sync.Mutex
	var referrers []string
	requests := 0
	tab := browser(t, func(e any) {
		if sent, ok := e.(*network.EventRequestWillBeSent); ok {
			mu.Lock()
			defer mu.Unlock()
			requests++
			for name, value := range sent.Request.Headers {
				if text, _ := value.(string); strings.EqualFold(name, "Referer") && strings.HasPrefix(text, ours.URL) {
					referrers = append(referrers, text)
				}
			}
		}
	})
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		for i, step := range steps {
			ctx, cancel := context.WithTimeout(tab, 20*time.Second)
			err := chromedp.Do(ctx, step)
			cancel()
			if err != nil {
				t.Fatalf("step %d: %v\n%s", i+1, err, o.Log)
			}
		}
	}
	reads := func(expression string) string {
		t.Helper()
		out, err := chromedp.Run(tab, chromedp.Evaluate[string](expression))
		check(t, err)
		return out
	}
	// fits checks a page at the widths of a desk and of a phone: nothing is cut off, and the text
	// does not touch the edge of the screen.
	fits := func(page string) {
		t.Helper()
		for _, width := range []int64{1280, 360} {
			do(chromedp.EmulateViewport(width, 740))
			if got := reads("String(document.documentElement.scrollWidth - innerWidth)"); got != "0" {
				t.Errorf("%s at %d: it is %s wider than the screen", page, width, got)
			}
			if got := reads("String(Math.min(...[...document.querySelectorAll('main')].map(e => e.getBoundingClientRect().left)) >= 16)"); got != "true" {
				t.Errorf("%s at %d: it touches the edge", page, width)
			}
		}
	}
	address := ours.URL + "/connected?handover=" + url.QueryEscape(h.ID)

	signedIn = mia.Email
	do(chromedp.Navigate(address), chromedp.WaitVisible("main h1"))
	if got := reads("document.querySelector('h1').textContent"); got != "This link is not for you" {
		t.Errorf("to somebody else it says %q", got)
	}
	if got := reads("getComputedStyle(document.querySelector('main')).borderRadius"); got != "8px" {
		t.Errorf("the page's own style is not taken: %q", got)
	}
	fits("the refusal")
	o.handover(t, h.ID, connection.Handed)

	signedIn = olga.Email
	do(chromedp.Navigate(address), chromedp.WaitVisible(`input[name="api_key"]`))
	fits("the card")
	if at := reads("location.origin + location.pathname"); at != theirs.URL+"/connect-card/setup" {
		t.Errorf("the browser is at %s", at)
	}
	if got := reads("document.referrer"); got != "" {
		t.Errorf("the vendor is told where the browser comes from: %s", got)
	}
	o.handover(t, h.ID, connection.Opened)
	do(
		chromedp.SendKeys(`input[name="api_key"]`, "what only olga knows"),
		chromedp.Click(`button[type="submit"]`),
		chromedp.WaitVisible(`//h1[text()="Thank you"]`),
	)
	fits("the page after")
	o.handover(t, h.ID, connection.Submitted)

	// Back and forth: what was used up stays so.
	do(chromedp.Reload(), chromedp.WaitVisible(`//h1[contains(text(), "opened before")]`))
	o.Work(o.handler, event.QueueFivetran)
	o.pass(10 * time.Minute)
	o.round(connectcard.JobWatch)
	o.handover(t, h.ID, connection.Done)
	do(chromedp.Navigate(address), chromedp.WaitVisible(`//h1[text()="There is nothing to do"]`))
	mu.Lock()
	defer mu.Unlock()
	if requests < 5 {
		t.Errorf("%d requests were seen: the test is blind", requests)
	}
	if len(referrers) > 0 {
		t.Errorf("our addresses were told on as referrers: %d", len(referrers))
	}
}
