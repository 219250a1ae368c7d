// Package connectcard makes connections to data sources and hands them to the owners of the data,
// who enter the credentials on Fivetran's own page. Nobody else sees them, and neither does this
// function.
//
// Trigger: change-events (a connection was approved), tasks of the queue fivetran (carry out one
// change, follow one hand-over), the scheduler (jobs watch, list, check); HTTP from browsers of
// owners (behind Google's Identity-Aware Proxy), HTTP from Fivetran (public: the signature stands
// for it).
//
// Reads: policy; changes, destinations, groups, handovers, members, notices, people, schemas,
// services; audit (was the same turned away before?).
//
// Writes: destinations, handovers, notices, schemas, services; changes and audit through the ledger;
// tasks of its own queue and of the queue slack.
//
// Calls: Fivetran REST API, as the only one: groups, metadata, connections, connect cards, setup
// tests, webhooks.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events,
// roles/cloudtasks.enqueuer on fivetran and slack, roles/iam.serviceAccountUser on their callers,
// roles/secretmanager.secretAccessor on fivetran-key, fivetran-secret and fivetran-webhook-secret;
// the key belongs to a role of Fivetran that may make and change connections.
//
// On failure: the queue tries again; what became of a request whose answer was lost is looked up
// before it is made again. A hand-over is looked at every five minutes while somebody waits for
// it, so that nothing hangs on a browser that comes back or on a webhook. Setup tests that come to
// no result are run again, more and more rarely; people hear of it after half an hour.
package connectcard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "ConnectCard", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// Key and Secret are those with which Fivetran is called.
	Key    string `env:"FIVETRAN_KEY"`
	Secret string `env:"FIVETRAN_SECRET"`
	// BaseURL is where the API is; empty means at the vendor.
	BaseURL string `env:"FIVETRAN_URL"`
	// Cards are the origins at which connect cards are; empty means Fivetran's own.
	Cards []string `env:"FIVETRAN_CARDS"`
	// WebhookURL is this function's address for Fivetran's webhooks; empty means that there are
	// none. WebhookSecret signs them, WebhookFormer is the one before, while both hold.
	WebhookURL    string `env:"FIVETRAN_WEBHOOK_URL"`
	WebhookSecret string `env:"FIVETRAN_WEBHOOK_SECRET"`
	WebhookFormer string `env:"FIVETRAN_WEBHOOK_SECRET_FORMER"`
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	problems := cloudfn.Missing(map[string]string{"FIVETRAN_KEY": c.Key, "FIVETRAN_SECRET": c.Secret})
	if c.WebhookURL != "" {
		problems = append(problems, cloudfn.Missing(map[string]string{"FIVETRAN_WEBHOOK_SECRET": c.WebhookSecret})...)
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
	client, err := fivetran.New(fivetran.Options{
		Client: &http.Client{Transport: env.Outbound}, BaseURL: cfg.BaseURL, Key: cfg.Key, Secret: secret.New(cfg.Secret), Now: env.Now,
	})
	if err != nil {
		return nil, err
	}
	targets, err := targetsOf(policy.Connections.Redirect, cfg.Cards)
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
		shelf:  handover.New(env.Store, policy.Connections, env.Now),
		policy: policy, vendor: client, now: env.Now, log: env.Log, webhookURL: cfg.WebhookURL,
		webhookSecret: secret.New(cfg.WebhookSecret),
	}
	h.carrier = &ledger.Carrier{
		Ledger: h.ledger, Queue: env.Queue, Name: event.QueueFivetran, By: robot, Authority: who.Standing, Asking: who.MayStillAsk, Log: env.Log,
		Appliers: map[change.Kind]ledger.Applier{change.ConnectionCreate: creating{h}, change.ConnectionRenew: renewing{h}},
	}
	messages := cloudfn.Messages("connectcard", env,
		cloudfn.On(h.carrier.Moved), cloudfn.On(h.apply), cloudfn.Within(followTime, cloudfn.On(h.follow)), cloudfn.On(h.tick))
	return &door{
		messages: messages,
		visits:   &visits{handler: h, visitors: env.Visitors, targets: targets},
		webhooks: &webhooks{handler: h, secrets: []secret.Text{h.webhookSecret, secret.New(cfg.WebhookFormer)}},
	}, nil
}

// targetsOf returns the places to which the owner's browser may be sent: the vendor's cards, and
// back to the address that the policy names.
func targetsOf(redirect string, cards []string) (connection.Targets, error) {
	if redirect == "" {
		return connection.Targets{}, nil // nothing can be handed over
	}
	u, err := url.Parse(redirect)
	if err != nil {
		return connection.Targets{}, fmt.Errorf("read the policy's redirect: %w", err)
	}
	return connection.NewTargets(u.Scheme+"://"+u.Host, cards...)
}

// door tells those who come to the one address of the function apart.
type door struct{ messages, visits, webhooks http.Handler }

// ServeHTTP implements [http.Handler]. Whoever pretends to be another finds that one's lock.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Query().Has(connection.ParameterHandover):
		d.visits.ServeHTTP(w, r)
	case r.Header.Get(fivetran.SignatureHeader) != "":
		d.webhooks.ServeHTTP(w, r)
	default:
		d.messages.ServeHTTP(w, r)
	}
}
