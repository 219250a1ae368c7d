// Package accessgrant gives access for a time, and takes it back.
//
// Trigger: change-events (access was approved, or is given back), group-changed (somebody may have
// left a group), tasks of the queue iam (carry out one change, explain access, look who may have
// what), Cloud Scheduler: job "ending" every minute (warn before the end, clear away what has
// ended), job "places" every hour (clear away what is left and read the policies of all places), job
// "clean" every night (take away from who may not have it any more, then as "places", and find what
// others did).
//
// Reads: policy; census, changes, groups, members, notices, people, places.
//
// Writes: notices, places (policies as read last), presses (answers to /why); changes and audit
// through the ledger; tasks of its own queue and of the queue slack.
//
// Calls: Resource Manager API, Cloud Storage API, BigQuery API (IAM policies) and Cloud Identity
// API (memberships), as the only one, and only as the service account that may change them; IAM
// Service Account Credentials API, to become it.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events,
// roles/cloudtasks.enqueuer on iam and slack, roles/iam.serviceAccountUser on their callers,
// roles/iam.serviceAccountTokenCreator on granter; the service account granter alone holds
// Project IAM Admin and its like on the targets, and has no key.
//
// On failure: the queue tries again; what became of a write is read in the policy itself, by the
// id of the change. Access ends by its own condition, whatever happens here.
package accessgrant

import (
	"context"
	"errors"
	"net/http"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "AccessGrant", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// Granter is the address of the service account that may change policies.
	Granter string `env:"GRANTER"`
	// Channel hears of what was taken in an emergency, and of what no request explains.
	Channel string `env:"SLACK_CHANNEL"`
	// BaseURL is where Google Cloud's APIs are; empty means at Google.
	BaseURL string `env:"CLOUD_URL"`
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	return errors.Join(cloudfn.Missing(map[string]string{"GRANTER": c.Granter, "SLACK_CHANNEL": c.Channel})...)
}

// scopes are those of the granting account's tokens.
var scopes = []string{
	"https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/cloud-identity.groups",
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
	own, err := env.Google(ctx, "https://www.googleapis.com/auth/cloud-platform")
	if err != nil {
		return nil, err
	}
	granter, err := iam.Impersonate(ctx, iam.ImpersonationOptions{
		Client: own, Base: env.Outbound, Account: cfg.Granter, Scopes: scopes, BaseURL: cfg.BaseURL, Now: env.Now,
	})
	if err != nil {
		return nil, err
	}
	options := iam.Options{Client: granter, BaseURL: cfg.BaseURL, Now: env.Now, Sleep: env.Sleep, Random: env.Random}
	h := &handler{
		store: env.Store, queue: env.Queue, mirror: m, ledger: ledger.New(env.Store, env.Bus, env.Now), standing: who, policy: policy,
		channel: cfg.Channel, now: env.Now, log: env.Log,
	}
	if h.policies, err = iam.NewPolicies(options); err != nil {
		return nil, err
	}
	if h.memberships, err = iam.NewMemberships(ctx, options); err != nil {
		return nil, err
	}
	h.carrier = &ledger.Carrier{
		Ledger: h.ledger, Queue: env.Queue, Name: event.QueueIAM, By: robot, Authority: who.Standing, Asking: who.MayStillAsk, Log: env.Log,
		Appliers: map[change.Kind]ledger.Applier{
			change.AccessGrant: granting{h}, change.AccessRevoke: revoking{h}, change.AccessReview: reviewing{},
		},
	}
	return cloudfn.Messages("accessgrant", env, cloudfn.On(h.moved), cloudfn.On(h.apply), cloudfn.On(h.explain), cloudfn.On(h.recheck), cloudfn.On(h.groupChanged), cloudfn.Within(roundTime, cloudfn.On(h.tick))), nil
}
