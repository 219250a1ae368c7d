package slackinteract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/slackinteract"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

const (
	secret     = "secret-" + cloudfntest.Canary
	former     = "former-" + cloudfntest.Canary
	slackToken = "xoxb-" + cloudfntest.Canary
	team       = "T0000000001"
)

// office is the function, a Slack workspace, and a mirror that knows its people.
type office struct {
	*cloudfntest.Rig
	handler http.Handler
	slack   *simslack.Server
	mirror  *mirror.Mirror
	ledger  *ledger.Ledger
	pressed int
}

// The people of the office. Ken and Lena own the group, Root is an administrator.
var directory = []group.Person{
	{ID: "1", Email: "ken@example.com", Aliases: []string{"k.mori@example.com"}},
	{ID: "2", Email: "lena@example.com"},
	{ID: "3", Email: "mia@example.com"},
	{ID: "4", Email: "root@example.com", Admin: true},
	{ID: "5", Email: "gone@example.com", Suspended: true},
	{ID: "6", Email: "guest@example.com"},
	{ID: "7", Email: "left@example.com"},
	{ID: "8", Email: "twin@example.com"},
	{ID: "9", Email: "other.twin@example.com", Aliases: []string{"twin@example.com"}},
}

func variables() map[string]string {
	return map[string]string{
		"SLACK_SIGNING_SECRET": secret, "SLACK_SIGNING_SECRET_FORMER": former, "SLACK_TOKEN": slackToken, "SLACK_TEAM_ID": team,
		"SLACK_URL": "http://slack.test/api/",
	}
}

func openOffice(tb testing.TB, rig *cloudfntest.Rig) *office {
	tb.Helper()
	return openOfficeWith(tb, rig, nil)
}

// openOfficeWith opens an office whose Slack misbehaves by a script.
func openOfficeWith(tb testing.TB, rig *cloudfntest.Rig, faults *sim.Faults) *office {
	tb.Helper()
	ctx := context.Background()
	o := &office{Rig: rig, mirror: mirror.New(rig.Store), ledger: ledger.New(rig.Store, rig.Bus, rig.Clock.Now)}
	o.slack = simslack.New(simslack.Options{
		Now: rig.Clock.Now, Token: slackToken, SigningSecret: secret, TeamID: team, Faults: faults,
		People: []simslack.Person{
			{Email: "ken@example.com"},
			{Email: "lena@example.com"},
			{Email: "mia@example.com"},
			{Email: "root@example.com"},
			{Email: "gone@example.com"},
			{Email: "nobody@example.com"},
			{Email: "twin@example.com"},
			{Email: "guest@example.com", Guest: true},
			{Email: "left@example.com", Deleted: true},
			{Email: "bot@example.com", Bot: true},
			{Email: "partner@example.com", Team: "T0000000002"},
		},
	})
	maps.Copy(rig.Variables, variables())
	rig.Outbound = sim.Transport{"slack.test": o.slack}
	if err := o.mirror.PutPeople(ctx, directory, time.Time{}); err != nil {
		tb.Fatal(err)
	}
	data := group.Snapshot{Group: group.Group{ID: "g1", Email: "data@example.com"}, Read: rig.Clock.Now()}
	for _, p := range directory {
		m := group.Member{ID: p.ID, Email: p.Email, Type: group.User, Role: group.Owner}
		if p.Email == "mia@example.com" || p.Admin {
			m.Role = group.Plain
		}
		data.Members = append(data.Members, m)
	}
	if _, err := o.mirror.Replace(ctx, data); err != nil {
		tb.Fatal(err)
	}
	o.handler = rig.Build(slackinteract.Function)
	return o
}

// ask proposes a change that waits for approvals.
func (o *office) ask(tb testing.TB, approvals int, requester change.Actor) change.Change {
	tb.Helper()
	o.pressed++
	c, _, err := o.ledger.Propose(context.Background(), change.Proposal{
		Kind: change.GroupSettings, Target: change.Target{ID: "g1", Name: "data@example.com"},
		Diff:   []change.Delta{{Field: "whoCanJoin", Before: "ANYONE_CAN_JOIN", After: "value " + strconv.Itoa(o.pressed)}},
		Reason: "reason " + cloudfntest.Canary, Requester: requester,
		Requirement: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: approvals, From: change.Approvers}}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

var rule = change.Actor{Kind: change.ByRule, ID: "settings-rules"}

// state reads how a change stands.
func (o *office) state(tb testing.TB, c change.Change) change.Change {
	tb.Helper()
	now, err := o.ledger.Get(context.Background(), c.ID)
	if err != nil {
		tb.Fatal(err)
	}
	return now
}

// id returns a person's id in Slack; somebody unknown has one too.
func (o *office) id(email string) string {
	if id, ok := o.slack.UserID(email); ok {
		return id
	}
	return "U0NOBODY"
}

// payload is what Slack sends for a press; fields replace its parts.
func (o *office) payload(person, action, value string, fields map[string]any) map[string]any {
	p := map[string]any{
		"type": "block_actions", "api_app_id": "A0000000001", "token": "verification-" + cloudfntest.Canary,
		"user":         map[string]any{"id": o.id(person), "username": cloudfntest.Canary, "team_id": team},
		"team":         map[string]any{"id": team, "domain": cloudfntest.Canary},
		"channel":      map[string]any{"id": "D0000000001", "name": "directmessage"},
		"trigger_id":   "trigger-" + cloudfntest.Canary,
		"response_url": "https://hooks.slack.com/actions/" + cloudfntest.Canary,
		"message":      map[string]any{"text": "Approved by everybody " + cloudfntest.Canary},
		"actions":      []any{map[string]any{"type": "button", "action_id": action, "value": value}},
	}
	maps.Copy(p, fields)
	return p
}

// signed returns a request as Slack sends it.
func (o *office) signed(tb testing.TB, payload any) *http.Request {
	tb.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		tb.Fatal(err)
	}
	return o.sign(secret, []byte(url.Values{"payload": {string(raw)}}.Encode()))
}

func (o *office) sign(key string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	stamp := strconv.FormatInt(o.Clock.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", simslack.Sign(key, stamp, body))
	return r
}

// press sends a press and lets it be decided. It returns the change as it stands afterwards.
func (o *office) press(tb testing.TB, person, action string, c change.Change, revision int) change.Change {
	tb.Helper()
	o.Clock.Advance(time.Second)
	r := o.signed(tb, o.payload(person, action, c.ID+" "+strconv.Itoa(revision), nil))
	if status := o.Do(o.handler, r); status != http.StatusOK {
		tb.Fatalf("press: status %d, want 200\n%s", status, o.Log)
	}
	o.Work(o.handler, "presses")
	return o.state(tb, c)
}
