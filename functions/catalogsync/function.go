// Package catalogsync makes the data catalogue say what the policy says: its teams with the
// people of their Google Groups, its roles and its policies.
//
// Trigger: change-events (a plan for the catalogue was approved), group-changed (a group of a
// team or a role has other members), tasks of the queue openmetadata (carry out one plan,
// compare, explain a rule), Cloud Scheduler: job "sync" every night (propose what has to change),
// job "drift" every hour (tell what was changed in the catalogue by hand).
//
// Reads: policy; census, changes, groups, members, notices, people.
//
// Writes: notices; presses (answers); changes and audit through the ledger; tasks of its own
// queue and of the queue slack.
//
// Calls: OpenMetadata API (teams, users, roles, policies; owners, tags and domains of what somebody
// asks about, and of whom), as the only one.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events,
// roles/cloudtasks.enqueuer on openmetadata and slack, roles/iam.serviceAccountUser on their
// callers, roles/secretmanager.secretAccessor on openmetadata-token; the token is that of a bot
// which may administer the catalogue.
//
// On failure: the queue tries again; what an earlier attempt did is seen in the catalogue itself,
// and the rest is done. A catalogue or a directory that cannot be read whole changes nothing.
package catalogsync

import (
	"context"
	"errors"
	"net/http"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "CatalogSync", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// URL is the address of the catalogue's API: https://catalog.example.com/api. It is empty
	// where there is no catalogue.
	URL string `env:"OPENMETADATA_URL"`
	// Token is the bot's, Bot its name: what others changed last is told by it.
	Token string `env:"OPENMETADATA_TOKEN"`
	Bot   string `env:"OPENMETADATA_BOT"`
	// Channel is asked about plans, and hears what was changed by hand.
	Channel string `env:"SLACK_CHANNEL"`
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	required := map[string]string{"SLACK_CHANNEL": c.Channel}
	if c.URL != "" {
		required["OPENMETADATA_TOKEN"], required["OPENMETADATA_BOT"] = c.Token, c.Bot
	}
	return errors.Join(cloudfn.Missing(required)...)
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
		policy: policy, standing: who, us: cfg.Bot, channel: cfg.Channel, now: env.Now, log: env.Log,
	}
	if policy.Catalog != nil && (cfg.URL != "" || !policy.Catalog.Implied) {
		h.catalog, err = openmetadata.New(openmetadata.Options{
			Client: &http.Client{Transport: env.Outbound}, BaseURL: cfg.URL, Token: secret.New(cfg.Token), Now: env.Now,
		})
		if err != nil {
			return nil, err
		}
	}
	h.carrier = &ledger.Carrier{
		Ledger: h.ledger, Queue: env.Queue, Name: event.QueueCatalog, By: robot, Authority: who.Standing, Asking: who.MayStillAsk, Log: env.Log,
		Appliers: map[change.Kind]ledger.Applier{change.CatalogApply: applying{h}},
	}
	return cloudfn.Messages("catalogsync", env, cloudfn.On(h.carrier.Moved), cloudfn.On(h.apply), cloudfn.On(h.groupChanged), cloudfn.On(h.follow), cloudfn.On(h.explain), cloudfn.On(h.tick)), nil
}
