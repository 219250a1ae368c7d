package world_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
)

func TestSettingIsCorrected(t *testing.T) {
	policy := fstest.MapFS{"policy.yaml": {Data: []byte(`
settings:
  mode: auto
  rules:
    general:
      - {field: whoCanViewGroup, needles: [ANYONE_CAN_VIEW, ALL_IN_DOMAIN_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW}
`)}}
	w, err := world.New(world.Options{Policy: policy, Seed: 1, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx := context.Background()
	start := time.Now()
	if err := w.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("started in %v, clock %v", time.Since(start), w.Clock.Now())
	for _, c := range w.Calls.Tallies() {
		t.Logf("%s.%s %d refused %d %v", c.API, c.Method, c.Calls, c.Refused, c.ByStatus)
	}
	g := w.Company.Groups[0]
	if err := w.Workspace.SetSetting(g.Email, "whoCanViewGroup", "ANYONE_CAN_VIEW", g.Owners[0]); err != nil {
		t.Fatal(err)
	}
	start = time.Now()
	if err := w.Advance(ctx, w.Clock.Now().Add(10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	t.Logf("advanced in %v", time.Since(start))
	for _, c := range w.Calls.Tallies() {
		t.Logf("%s.%s %d refused %d %v", c.API, c.Method, c.Calls, c.Refused, c.ByStatus)
	}
	if got, _ := w.Workspace.Setting(g.Email, "whoCanViewGroup"); got != "ALL_MEMBERS_CAN_VIEW" {
		t.Errorf("whoCanViewGroup is %s", got)
	}
	for _, m := range w.Slack.Visible(g.Owners[0]) {
		t.Logf("%s", m.Text)
	}
}
