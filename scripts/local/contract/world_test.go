package contract_test

import (
	"context"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/scripts/local/contract"
	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/sim"
	simcontract "github.com/sekisho/sekisho/shared/sim/contract"
	"github.com/sekisho/sekisho/shared/sim/org"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
)

func policy(text string) fs.FS { return fstest.MapFS{"policy.yaml": {Data: []byte(text)}} }

// stage is a world in which a test acts. What goes wrong there ends the test.
type stage struct {
	*testing.T
	*world.World
	ctx context.Context
}

func newStage(t *testing.T, o world.Options) (*stage, *contract.Judge) {
	t.Helper()
	j, err := contract.New(simcontract.Specs(t))
	if err != nil {
		t.Fatal(err)
	}
	o.Tap, o.Seed = j.Tap, 1
	w, err := world.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return &stage{t, w, t.Context()}, j
}

func (s *stage) do(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *stage) pass(d time.Duration) {
	s.Helper()
	s.do(s.Advance(s.ctx, s.Clock.Now().Add(d)))
}

func (s *stage) fault(api string, kind sim.FaultKind, rate float64, times int) {
	s.Faults.Add(sim.Fault{API: api, Kind: kind, Rate: rate, Left: times})
}

// verify reports what was asked for, and what the simulators have and nobody asked for.
func verify(t *testing.T, j *contract.Judge, w *world.World) {
	t.Helper()
	report := j.Report()
	report.Verify(t)
	var simulated []string
	for _, name := range w.Workspace.Methods() {
		name = strings.Replace(name, "settings.groups.", "groupsSettings.groups.", 1)
		simulated = append(simulated, strings.Replace(name, "reports.channels.", "admin.channels.", 1))
	}
	simulated = append(simulated, simslack.Methods()...)
	t.Logf("simulated, and not asked for by the functions here: %v", report.Missing(simulated))
}

// Some days of the demo company, in which everything is done that people can do, and everything
// goes wrong that can.
func TestTheFunctionsConform(t *testing.T) {
	s, j := newStage(t, world.Options{Policy: policy(`
settings:
  anchor: secure_anchor@example.com
  mode: ask
  rules:
    general:
      - {field: whoCanViewGroup, needles: [ANYONE_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW, mode: auto}
      - {field: whoCanJoin, needles: [ANYONE_CAN_JOIN, ALL_IN_DOMAIN_CAN_JOIN], replace: INVITED_CAN_JOIN}
`)})
	s.do(s.Start(s.ctx))
	s.changeGroups()
	s.decide()
	s.pass(13 * time.Hour) // the channels are renewed
	s.goWrong()
	s.pass(2 * 24 * time.Hour)
	verify(t, j, s.World)
	for _, needed := range []string{
		"directory.groups.list", "directory.groups.get", "directory.members.list", "directory.users.list",
		"groupsSettings.groups.get", "groupsSettings.groups.patch",
		"reports.activities.list", "reports.activities.watch", "admin.channels.stop", "reports.notification", "reports.notification.sync",
		"chat.postMessage", "chat.update", "chat.postEphemeral", "users.info", "users.lookupByEmail", "conversations.open",
		"slack.interaction.block_actions", "slack.command",
	} {
		if len(j.Report().Missing([]string{needed})) > 0 {
			t.Errorf("nobody asked for %s", needed)
		}
	}
}

// changeGroups does everything that people can do to groups.
func (s *stage) changeGroups() {
	g := s.Workspace
	s.do(g.SetSetting("data@example.com", "whoCanViewGroup", "ANYONE_CAN_VIEW", "ken@example.com"))
	s.do(g.SetSetting("data@example.com", "whoCanJoin", "ALL_IN_DOMAIN_CAN_JOIN", "ken@example.com"))
	s.do(g.SetSetting("etl-team@example.com", "whoCanJoin", "ALL_IN_DOMAIN_CAN_JOIN", "aiko@example.com"))
	s.do(g.SetSetting("etl-team@example.com", "description", "Loads <!channel> & more", "mika@example.com"))
	s.do(g.AddMember("data@example.com", "emma@example.com", "MEMBER", "ken@example.com"))
	s.do(g.AddMember("data@example.com", "friend@partner.example", "MEMBER", "mika@example.com"))
	s.do(g.SetRole("data@example.com", "emma@example.com", "MANAGER", "ken@example.com"))
	s.do(g.RemoveMember("data@example.com", "friend@partner.example", "ken@example.com"))
	s.do(g.CreateGroup("club@example.com", "noor@example.com"))
	s.do(g.RenameGroup("club@example.com", "circle@example.com", ""))
	s.do(g.CreateGroup("brief@example.com", ""))
	s.do(g.DeleteGroup("brief@example.com", ""))
	s.do(g.Suspend("tomas@example.com"))
	g.BulkUpload([]simworkspace.Upload{{Group: "data@example.com", Email: "grace@example.com", Role: "MEMBER"}})
	s.pass(30 * time.Minute)
}

// The buttons as people in Japan see them.
const (
	approve = "承認する"
	deny    = "却下する"
	undo    = "元に戻す"
)

// decide has people press buttons, also those that they may not press.
func (s *stage) decide() {
	refused := func(err error) {
		s.Helper()
		if err == nil {
			s.Error("it was accepted")
		}
	}
	s.do(s.Click(s.ctx, "ken@example.com", approve, regexp.MustCompile("data@example.com")))
	refused(s.Click(s.ctx, "ken@example.com", deny, regexp.MustCompile("data@example.com")))
	_ = s.Replay(s.ctx, "ken@example.com") // taken or not, once or twice: what counts is its form
	refused(s.Forge(s.ctx, "ken@example.com"))
	// The owner is one no more by the time she presses.
	s.do(s.Workspace.SetRole("etl-team@example.com", "aiko@example.com", "MEMBER", "mika@example.com"))
	s.pass(10 * time.Minute)
	refused(s.Click(s.ctx, "aiko@example.com", approve, regexp.MustCompile("etl-team@example.com")))
	s.do(s.Click(s.ctx, "ken@example.com", undo, nil))
	_ = s.Command(s.ctx, "ken@example.com", "/why", "ken@example.com data@example.com") // there may be no such command
	s.pass(10 * time.Minute)
}

// goWrong has every API fail in every way while there is something to do.
func (s *stage) goWrong() {
	rules := []sim.FaultKind{
		sim.Fault429, sim.Fault403Quota, sim.Fault500, sim.FaultTimeout, sim.FaultDown, sim.FaultPartial, sim.FaultEmpty,
		sim.FaultConflict, sim.FaultAppliedBut500, sim.FaultLost, sim.FaultDuplicate, sim.FaultLate,
	}
	for i, kind := range rules {
		for _, api := range []string{"directory", "reports", "settings", "slack"} {
			s.fault(api, kind, 1, 2)
		}
		value := []string{"ANYONE_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW"}[i%2]
		s.do(s.Workspace.SetSetting("analysts@example.com", "whoCanViewGroup", value, "yui@example.com"))
		s.do(s.Workspace.SetSetting("backoffice@example.com", "whoCanJoin", []string{"ANYONE_CAN_JOIN", "INVITED_CAN_JOIN"}[i%2], "grace@example.com"))
		s.pass(time.Hour)
	}
	s.Crash("SlackNotify", world.AfterCall) // what was posted is looked for before it is posted again
	s.do(s.Workspace.SetSetting("board@example.com", "whoCanJoin", "ANYONE_CAN_JOIN", ""))
	s.pass(time.Hour)
	for _, api := range []string{"directory", "reports", "settings"} {
		s.Quota(api).Set(1, time.Minute)
	}
	s.do(s.Workspace.SetSetting("product@example.com", "whoCanViewGroup", "ANYONE_CAN_VIEW", "emma@example.com"))
	s.pass(time.Hour)
	for _, api := range []string{"directory", "reports", "settings"} {
		s.Quota(api).Set(2_400, time.Minute)
	}
}

// A company of more groups, members and people than one page holds.
func TestALargerCompanyConforms(t *testing.T) {
	company, err := org.Generate(250, 2_500, 600, 1)
	if err != nil {
		t.Fatal(err)
	}
	s, j := newStage(t, world.Options{Company: company, Policy: policy(`
settings:
  mode: report
  rules:
    general:
      - {field: whoCanViewGroup, needles: [ANYONE_CAN_VIEW, ALL_IN_DOMAIN_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW}
`)})
	s.do(s.Start(s.ctx))
	for _, g := range company.Groups[:20] {
		s.do(s.Workspace.SetSetting(g.Email, "whoCanViewGroup", "ANYONE_CAN_VIEW", ""))
		s.do(s.Workspace.AddMember(g.Email, "new@partner.example", "MEMBER", ""))
	}
	s.pass(30 * time.Minute)
	report := j.Report()
	report.Verify(t)
	if i := slices.IndexFunc(report.Operations, func(c simcontract.Coverage) bool { return c.Operation == "directory.groups.list" }); i < 0 ||
		report.Operations[i].Outcomes[0].Count < 2 {
		t.Errorf("the groups were not listed page by page: %v", report.Operations)
	}
}
