// Package groupwebhook receives what Google notifies of changes to groups.
//
// Trigger: HTTP, from Google's push channels (Admin SDK Reports, activities.watch). Public:
// Google cannot sign in, so a secret token of each channel stands for the sender. The topic
// workspace-audit, to which Cloud Logging exports the same audit log.
//
// Reads: channels.
//
// Writes: audit (what was turned away).
//
// Calls: no Google API. It queues readings: membership to the queue directory, settings to the
// queue groups-settings.
//
// Permissions: roles/datastore.user, roles/cloudtasks.enqueuer on directory and groups-settings,
// roles/iam.serviceAccountUser on their callers.
//
// On failure: 503, and Google sends the notification again; what is lost all the same is found
// by groupwatch in the audit log.
package groupwebhook

import (
	"context"
	"net/http"

	"github.com/sekisho/sekisho/shared/cloudfn"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "GroupWebhook", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// Robot is the address under which Sekisho itself writes settings: such changes need no
	// second look.
	Robot string `env:"ROBOT_EMAIL"`
	// Customer is the id of the Workspace account. A notification about another one is turned
	// away; my_customer stands for an account whose id is not configured.
	Customer string `env:"CUSTOMER_ID, default=my_customer"`
}

func build(ctx context.Context, env *cloudfn.Env) (http.Handler, error) {
	var cfg config
	if err := env.Load(ctx, &cfg); err != nil {
		return nil, err
	}
	h := &handler{store: env.Store, queue: env.Queue, now: env.Now, log: env.Log, robot: cfg.Robot, customer: cfg.Customer}
	return intakes{pushed: h, exported: cloudfn.Messages("groupwebhook", env, cloudfn.Else(h.exported))}, nil
}
