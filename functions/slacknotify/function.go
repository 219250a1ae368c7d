// Package slacknotify tells people in Slack what is to be decided and what was done.
//
// Trigger: change-events, which it queues; tasks of the queue slack.
//
// Reads: policy; changes, groups, listings, members, messages, notices, people, presses,
// slack-accounts, slack-channels.
//
// Writes: messages (what it posted where), notices (who could not be warned), slack-accounts (whom to
// reach how), slack-channels (which id a name stands for).
//
// Calls: Slack Web API, as the only one that posts: chat.postMessage, chat.update,
// chat.postEphemeral, conversations.open, conversations.history, conversations.list, conversations.info, users.info,
// users.lookupByEmail.
//
// Permissions: roles/datastore.user, roles/cloudtasks.enqueuer on slack,
// roles/iam.serviceAccountUser on its caller, roles/secretmanager.secretAccessor on slack-token;
// Slack scopes chat:write, im:write, im:history, channels:read, channels:history, groups:read,
// groups:history, users:read, users:read.email.
//
// On failure: the queue tries again. A message whose posting was not recorded is looked for
// before it is posted again. No decision depends on Slack.
package slacknotify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/zone"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "SlackNotify", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// Token is the app's own, with which it calls Slack.
	Token string `env:"SLACK_TOKEN"`
	// BaseURL is where the API is; empty means at the vendor.
	BaseURL string `env:"SLACK_URL"`
	// Channel hears what nobody else can be told, and alerts.
	Channel string `env:"SLACK_CHANNEL"`
	// Language is that of channels, "en" or "ja"; empty means English. A person is told in their
	// own.
	Language string `env:"SLACK_LANGUAGE"`
	// TimeZone is that of times in channels, by its IANA name, such as "Asia/Tokyo"; empty means
	// UTC. A person is told in their own, which Slack knows.
	TimeZone string `env:"SLACK_TIME_ZONE"`
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	problems := cloudfn.Missing(map[string]string{"SLACK_TOKEN": c.Token, "SLACK_CHANNEL": c.Channel})
	if !slices.Contains([]string{"", "en", "ja"}, c.Language) {
		problems = append(problems, fmt.Errorf("SLACK_LANGUAGE is %q: write en or ja", c.Language))
	}
	if _, err := zone.Parse(c.TimeZone); err != nil {
		problems = append(problems, fmt.Errorf("SLACK_TIME_ZONE is %q: write the IANA name of a time zone, such as Asia/Tokyo", c.TimeZone))
	}
	return errors.Join(problems...)
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
	h := &handler{
		store: env.Store, queue: env.Queue, mirror: m, ledger: ledger.New(env.Store, env.Bus, env.Now),
		standing: who, channel: cfg.Channel, rooms: languageOf(cfg.Language).at(zone.Of(cfg.TimeZone)), now: env.Now, log: env.Log,
		slack: slack.New(slack.Options{Token: cfg.Token, BaseURL: cfg.BaseURL, HTTP: &http.Client{Transport: env.Outbound}}),
	}
	return cloudfn.Messages("slacknotify", env, cloudfn.On(h.changeMoved), cloudfn.On(h.notify)), nil
}
