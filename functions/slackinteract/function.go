// Package slackinteract receives what people press in Slack and decides whether it counts.
//
// Trigger: HTTP, from Slack (public: Slack cannot sign in, its signature stands for it); tasks of
// the queue presses, which it queues itself.
//
// Reads: policy; answered, changes, destinations, groups, handovers, listings, members, people,
// places, presses, services; audit (was the same turned away before?).
//
// Writes: answered, presses; handovers, where a new link is asked for; changes and audit through
// the ledger; tasks of its own queue and of slack, and of the queues fivetran, iam and
// openmetadata, whose functions answer what only they can read.
//
// Calls: Slack Web API: users.info, views.open, views.update.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events,
// roles/cloudtasks.enqueuer on presses, slack, iam, fivetran and openmetadata,
// roles/iam.serviceAccountUser on their callers, roles/secretmanager.secretAccessor on
// slack-token and slack-signing-secret; Slack scopes commands, users:read, users:read.email.
//
// On failure: a press that is recorded is decided, if need be later; one that could not be
// recorded is answered with 503, and the message stays as it is for another press.
package slackinteract

import (
	"context"
	"errors"
	"net/http"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "SlackInteract", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// Secret signs Slack's requests; Former is the one before, while both hold.
	Secret string `env:"SLACK_SIGNING_SECRET"`
	Former string `env:"SLACK_SIGNING_SECRET_FORMER"`
	// Token is the app's own, with which it calls Slack.
	Token string `env:"SLACK_TOKEN"`
	// Team is the id of the workspace whose people count.
	Team string `env:"SLACK_TEAM_ID"`
	// BaseURL is where the API is; empty means at the vendor.
	BaseURL string `env:"SLACK_URL"`
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	return errors.Join(cloudfn.Missing(map[string]string{
		"SLACK_SIGNING_SECRET": c.Secret, "SLACK_TOKEN": c.Token, "SLACK_TEAM_ID": c.Team,
	})...)
}

func build(ctx context.Context, env *cloudfn.Env) (http.Handler, error) {
	var cfg config
	if err := env.Load(ctx, &cfg); err != nil {
		return nil, err
	}
	policy, err := policyfile.Open(ctx, env.Policy, env.Log)
	if err != nil {
		return nil, err
	}
	m := mirror.New(env.Store)
	who, err := standing.New(m, policy.Model())
	if err != nil {
		return nil, err
	}
	d := &decider{
		store: env.Store, queue: env.Queue, mirror: m, ledger: ledger.New(env.Store, env.Bus, env.Now),
		standing: who, policy: policy, team: cfg.Team, now: env.Now, log: env.Log,
		slack: slack.New(slack.Options{Token: cfg.Token, BaseURL: cfg.BaseURL, HTTP: &http.Client{Transport: env.Outbound}}),
	}
	counter := desk.Counter{Ledger: d.ledger, Standing: who, Asks: policy.Asks, Policy: policy.Hash}
	desks := desk.Open(counter, desk.Rules{
		Access: policy.Access, Accounts: policy.Inactivity.Requests, Connections: policy.Connections,
	}, env.Store, env.Queue, env.Now)
	d.shelf, d.desks = desks.Connection.Shelf, map[string]desk.Desk{}
	for word, one := range desks.ByWord() {
		d.desks["/"+word] = one
	}
	d.pressers = map[string]presser{event.ButtonExtend: desks.Access, event.ButtonNewLink: desks.Connection}
	d.undoers = map[change.Kind]undoer{change.AccountDisable: desks.Account}
	return &receiver{
		store: env.Store, queue: env.Queue, now: env.Now, log: env.Log,
		verifier: slack.Verifier{Secrets: []string{cfg.Secret, cfg.Former}, Now: env.Now}, decider: d,
		messages: cloudfn.Messages("slackinteract", env, cloudfn.On(d.decide), cloudfn.On(d.asked), cloudfn.On(d.submitted)),
	}, nil
}
