package console

import (
	"context"
	"flag"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

var shotsTo = flag.String("screenshots", "", "write screenshots of the page to this `folder`")

// browser is a tab of a browser that looks at a page in which time passes.
type browser struct {
	t   *testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	problems []string // what the browser complained about, such as a broken policy
}

// open starts a world, its page and a browser that looks at it. The test is skipped where no
// browser is installed.
func open(t *testing.T) *browser {
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

	w, policy := startWorld(t, nil)
	live := NewLive(w)
	ticks := run(t, live)
	server := httptest.NewServer(New(live, Options{Policy: policy}))
	ctx, end := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections) // streams end with their connection
	pass(t, ticks)

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.WindowSize(1440, 900),
	)
	b := &browser{t: t, url: server.URL}
	allocated, endBrowser := chromedp.NewExecAllocator(ctx, options...)
	tab, closeTab := chromedp.NewContext(allocated, chromedp.WithListener(b.hear))
	b.ctx = tab
	t.Cleanup(func() {
		closeTab()
		endBrowser()
		end()
	})
	// The browser lives as long as the context in which it is first used.
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1440, 900)); err != nil {
		t.Fatal(err)
	}
	return b
}

// pass lets a second pass every tenth of one, so that the page is alive.
func pass(t *testing.T, ticks chan<- time.Time) {
	t.Helper()
	ticker := time.NewTicker(100 * time.Millisecond)
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		defer ticker.Stop()
		at := time.Unix(0, 0)
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				at = at.Add(time.Second)
				select {
				case ticks <- at:
				case <-stop:
					return
				}
			}
		}
	})
	t.Cleanup(func() { close(stop); done.Wait() })
}

// hear notes what the browser complains about.
func (b *browser) hear(event any) {
	if e, ok := event.(*cdplog.EventEntryAdded); ok && e.Entry.Level == cdplog.EntryLevelError {
		b.mu.Lock()
		b.problems = append(b.problems, e.Entry.Text)
		b.mu.Unlock()
	}
}

// do runs steps, each within 20 seconds.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for i, step := range steps {
		ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
		err := chromedp.Do(ctx, step)
		cancel()
		if err != nil {
			b.shoot("failed")
			b.t.Fatalf("step %d: %v\nthe browser says: %s", i+1, err, strings.Join(b.problems, "\n"))
		}
	}
}

func (b *browser) number(expression string) int {
	b.t.Helper()
	n, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// shoot takes a screenshot where they are wanted.
func (b *browser) shoot(name string) {
	if *shotsTo == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(*shotsTo, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Error(err)
	}
}

func setting(field, value string) string {
	return `li[data-field="` + field + `"][data-value="` + value + `"]`
}

func TestStory(t *testing.T) {
	b := open(t)
	const product = `a[href^="/?group=product"]`
	b.do(chromedp.Navigate(b.url), chromedp.WaitVisible(`.groups `+product))
	b.shoot("1-arrived")
	b.do(chromedp.Click(`.groups `+product), chromedp.WaitVisible(setting("whoCanViewGroup", "ALL_MEMBERS_CAN_VIEW")))
	b.do(
		chromedp.SetValue("#set-whoCanViewGroup", "ALL_IN_DOMAIN_CAN_VIEW"),
		chromedp.WaitVisible(setting("whoCanViewGroup", "ALL_IN_DOMAIN_CAN_VIEW")),
		chromedp.WaitVisible(`.notice.done`),
	)
	b.shoot("2-opened")
	b.do(chromedp.Click(`button[value="5m"]`), chromedp.WaitVisible(setting("whoCanViewGroup", "ALL_MEMBERS_CAN_VIEW")))
	b.shoot("3-corrected")

	// Emma owns the group, so her Slack is shown.
	b.do(
		chromedp.WaitVisible(`.slackhead strong`),
		chromedp.WaitVisible(`.message button[value$=" Undo"]:not(:disabled)`),
		chromedp.Click(`.message button[value$=" Undo"]:not(:disabled)`),
		chromedp.WaitVisible(`.change.proposed[data-undoes][data-target="product@example.com"]`),
	)
	b.shoot("4-asked")
	// Mika, an administrator, may decide too.
	b.do(
		chromedp.SetValue(`select[name="reader"]`, "mika@example.com"),
		chromedp.WaitVisible(`.message button[value$=" 承認する"]`),
	)
	b.shoot("5-decides")
	b.do(
		chromedp.Click(`.message button[value$=" 承認する"]`),
		chromedp.WaitVisible(`.change.undone[data-target="product@example.com"]`),
		chromedp.WaitVisible(setting("whoCanViewGroup", "ALL_IN_DOMAIN_CAN_VIEW")),
		chromedp.Click(`.change.undone[data-target="product@example.com"] .toggle`),
		chromedp.WaitVisible(`.change.undone .audit`),
	)
	b.shoot("6-undone")
	if len(b.problems) > 0 {
		t.Errorf("the browser complains: %q", b.problems)
	}
}

// Access is asked for with a click, and given back with another.
func TestAskingForAccess(t *testing.T) {
	b := open(t)
	b.do(
		chromedp.Navigate(b.url+"/?reader=sora@example.com"),
		chromedp.WaitVisible(`.shortcuts button[value="/access"]`),
		chromedp.Click(`.shortcuts button[value="/access"]`),
		chromedp.WaitVisible(`.modal [name="field.entitlement"]`),
	)
	b.shoot("7-asks")
	b.do(
		chromedp.SetValue(`.modal [name="field.entitlement"]`, "etl-maintenance"),
		chromedp.WaitVisible(`.modal [name="field.roles"]`), // the form follows what is chosen
		chromedp.SetValue(`.modal [name="field.duration"]`, "2h"),
		chromedp.SetValue(`.modal [name="field.reason"]`, "because"),
		chromedp.Click(`.modal .primary`),
		chromedp.WaitVisible(`.modal .problem`),
	)
	b.shoot("8-wrong")
	b.do(
		chromedp.SetValue(`.modal [name="field.duration"]`, "2h"),
		chromedp.SetValue(`.modal [name="field.reason"]`, "https://example.com/tasks/7"),
		chromedp.Click(`.modal .primary`),
		chromedp.WaitVisible(`.change.applied[data-target="etl-maintenance"]`),
		chromedp.WaitVisible(`.message button[value$=" 使い終わりました"]`),
	)
	b.shoot("9-has")
	b.do(
		chromedp.Click(`.message button[value$=" 使い終わりました"]`),
		chromedp.WaitVisible(`.change.undone[data-target="etl-maintenance"]`),
	)
	if len(b.problems) > 0 {
		t.Errorf("the browser complains: %q", b.problems)
	}
}

// What a form asks follows the field on which it depends, and what was entered before stays.
func TestAFormFollowsWhatIsChosen(t *testing.T) {
	b := open(t)
	b.do(
		chromedp.Navigate(b.url+"/?reader=sora@example.com"),
		chromedp.WaitVisible(`.shortcuts button[value="/connect"]`),
		chromedp.Click(`.shortcuts button[value="/connect"]`),
		chromedp.WaitVisible(`.modal [name="field.service"]`),
		chromedp.SetValue(`.modal [name="field.reason"]`, "Newsletters"),
	)
	for _, choice := range [][2]string{{"sql_server_rds", "host"}, {"klaviyo", "schema"}} {
		service, setting := choice[0], choice[1]
		b.number(`(() => {
			const menu = document.querySelector('.modal [name="field.service"]')
			menu.value = "` + service + `"
			menu.dispatchEvent(new Event("change", {bubbles: true}))
			return 0
		})()`)
		b.do(chromedp.WaitVisible(`.modal [name="field.` + setting + `"]`))
		if b.number(`document.querySelector('.modal [name="field.reason"]').value == "Newsletters" ? 1 : 0`) != 1 {
			t.Errorf("after %s was chosen the reason is another one", service)
		}
	}
	b.shoot("10-connect")
	if len(b.problems) > 0 {
		t.Errorf("the browser complains: %q", b.problems)
	}
}

// The owner of a data source enters its credentials in the browser that her link opens.
func TestAConnectCardInTheBrowser(t *testing.T) {
	b := open(t)
	b.do(
		chromedp.Navigate(b.url+"/?reader=sora@example.com"),
		chromedp.WaitVisible(`.command input[name="command"]`),
		chromedp.SendKeys(`.command input[name="command"]`, "/connect sql_server_rds\r"),
		chromedp.WaitVisible(`.modal [name="field.host"]`),
	)
	for field, value := range map[string]string{
		"name": "sales_db", "group": "thicket_confronted", "owner": "emma@example.com", "host": "db.example.com", "port": "1433", "database": "sales", "schema_prefix": "sales_db", "reason": "Sales reports",
	} {
		b.do(chromedp.SetValue(`.modal [name="field.`+field+`"]`, value))
	}
	b.do(
		chromedp.Click(`.modal .primary`),
		chromedp.WaitVisible(`.change.proposed[data-target="sales_db"]`),
		chromedp.SetValue(`select[name="reader"]`, "emma@example.com"),
		chromedp.WaitVisible(`.message button[value$=" Approve"]`),
		chromedp.Click(`.message button[value$=" Approve"]`),
		chromedp.WaitVisible(`.message button[value$=" Enter credentials"]:not(:disabled)`),
		chromedp.Click(`.message button[value$=" Enter credentials"]`),
		chromedp.WaitVisible(`.window input[name="card.password"]`),
	)
	b.shoot("11-card")
	b.do(
		chromedp.SendKeys(`.window input[name="card.user"]`, "reader"),
		chromedp.Click(`.window .send`),
		chromedp.WaitVisible(`.window .tests .FAILED`),
	)
	b.shoot("12-card-refused")
	if b.number(`(() => {
		const panel = document.getElementById("slackview").getBoundingClientRect()
		const bar = document.querySelector(".window .bar").getBoundingClientRect()
		return bar.top >= panel.top && bar.bottom <= panel.bottom ? 1 : 0
	})()`) != 1 {
		t.Error("the card that is shown again is out of sight")
	}
	if b.number(`document.querySelector('.window input[name="card.user"]').value == "reader" ? 1 : 0`) != 1 {
		t.Error("the card that is shown again does not have what was entered")
	}
	b.do(chromedp.EmulateViewport(390, 844))
	if got := b.number(`document.documentElement.scrollWidth`); got > 390 {
		t.Errorf("with a card the page is %d pixels wide on a screen of 390", got)
	}
	b.do(chromedp.ScrollIntoView(`.window .bar`))
	b.shoot("13-card-phone")
	b.do(
		chromedp.EmulateViewport(1440, 900),
		chromedp.SetValue(`.window [name="to"]`, "mika@example.com"),
		chromedp.Click(`.window .pass button`),
		chromedp.WaitVisible(`.notice.refused`),
		chromedp.SetValue(`select[name="reader"]`, "mika@example.com"),
		chromedp.WaitVisible(`//div[@class="window"]//h3[text()="このリンクは利用できません"]`),
	)
	b.shoot("14-passed-on")
	b.do(
		chromedp.SetValue(`select[name="reader"]`, "emma@example.com"),
		chromedp.WaitVisible(`.window input[name="card.password"]`),
		chromedp.SendKeys(`.window input[name="card.password"]`, "what only Emma knows\r"),
		chromedp.WaitVisible(`//h3[text()="Thank you"]`),
	)
	b.shoot("15-thanks")
	b.do(
		chromedp.Click(`.window button[formaction="/window/close"]`),
		chromedp.WaitNotPresent(`.window`),
		chromedp.Click(`button[value="5m"]`),
		chromedp.Click(`button[value="5m"]`),
		chromedp.WaitVisible(`//div[@data-connection="sales_db"]//b[text()="connected"]`),
		chromedp.WaitVisible(`//li[contains(@class, "message")][contains(., "first data has arrived")]`),
	)
	b.shoot("16-data")
	if len(b.problems) > 0 {
		t.Errorf("the browser complains: %q", b.problems)
	}
}

func TestNarrowScreen(t *testing.T) {
	b := open(t)
	b.do(
		chromedp.EmulateViewport(390, 844),
		chromedp.Navigate(b.url+"/?group=payroll@example.com"),
		chromedp.WaitVisible(`.settings`),
	)
	if got := b.number(`document.documentElement.scrollWidth`); got > 390 {
		t.Errorf("the page is %d pixels wide on a screen of 390", got)
	}
	if *shotsTo == "" {
		return
	}
	b.full("phone")
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.full("phone-dark")
	b.do(chromedp.EmulateViewport(1440, 900))
	b.shoot("desktop-dark")
	b.do(chromedp.EmulateViewport(1100, 900))
	b.full("tablet-dark")
}

// full takes a screenshot of the whole length of the page.
func (b *browser) full(name string) {
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(*shotsTo, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Error(err)
	}
}
