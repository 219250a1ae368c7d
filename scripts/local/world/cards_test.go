package world_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// In a whole world, too, nothing of a connect card is kept or said: not in the database with its
// store, queues and messages, not in a log, not in Slack.
func TestNoCardGetsOut(t *testing.T) {
	const folder = "../testdata/scenarios/connections"
	data, err := os.ReadFile(filepath.Join(folder, "company.yaml"))
	check(t, err)
	company, err := org.Parse("company.yaml", data)
	check(t, err)
	policy, err := os.ReadFile(filepath.Join(folder, "policy.yaml"))
	check(t, err)
	file := filepath.Join(t.TempDir(), "world.db")
	var log bytes.Buffer
	w, err := world.New(world.Options{Company: company, Policy: folderOf(policy), Path: file, Seed: 1, Log: cloudfn.NewLog(&log)})
	check(t, err)
	ctx := t.Context()
	const kai, olga = "kai@example.com", "olga@example.com"
	check(t, errors.Join(
		w.Start(ctx), w.Command(ctx, kai, "/connect", "klaviyo"),
		w.Submit(ctx, kai, []string{"name=letters", "group=Snowflake_prod", "owner=" + olga, "schema=letters", "reason=Newsletters"}),
		w.Click(ctx, olga, "Approve", nil),
	))
	var refused *world.Refused
	for name, visit := range map[string]func() error{
		"nobody":        func() error { return w.BorrowCard(ctx, "", olga) },
		"somebody else": func() error { return w.BorrowCard(ctx, "mia@example.com", olga) },
	} {
		if err := visit(); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	check(t, errors.Join(w.AbandonCard(ctx, olga), w.SubmitCard(ctx, olga), w.Advance(ctx, w.Clock.Now().Add(48*time.Hour))))
	if c, ok := w.Fivetran.Connection("letters"); !ok || !c.Is("connected") || c.Paused {
		t.Fatalf("the connection is %+v", c)
	}

	texts := map[string]string{"the log": log.String()}
	for _, p := range company.People {
		for _, m := range w.Slack.Visible(p.Email) {
			texts["Slack of "+p.Email] += m.Text + m.Notification + string(m.Blocks)
		}
	}
	for _, m := range w.Slack.Visible(world.AlertChannel) {
		texts["the channel"] += m.Text + m.Notification + string(m.Blocks)
	}
	check(t, w.Close())
	files, err := filepath.Glob(file + "*")
	check(t, err)
	for _, f := range files {
		data, err := os.ReadFile(f)
		check(t, err)
		texts[filepath.Base(f)] = string(data)
	}
	if !strings.Contains(texts[filepath.Base(file)], "letters") || !strings.Contains(texts["Slack of "+olga], "letters") {
		t.Fatal("there is nothing in what is searched")
	}
	for where, text := range texts {
		for what, secret := range map[string]string{
			"the token of a card": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9", "the address of a card": "connect-card/setup", "a credential": "entered by the owner",
			"the token of a return": "state=", "Fivetran's key": "fivetran-secret-of-this-world", "the webhook's secret": "webhook-secret-of-this-world",
		} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
	}
}
