// Package groupapi serves the mirror to other systems.
//
// Trigger: HTTP, from services of the company, each with an OIDC token of its own service
// account. The document at /v1/openapi.json describes every path.
//
// Reads: census, cursors (how far the audit log was followed), feed, groups, members, people, removals-held,
// settings.
//
// Writes: nothing but tasks of the queues directory and groups-settings, where somebody asks for
// something fresher than the mirror has.
//
// Calls: no Google API, except for the keys with which Google signs tokens.
//
// Permissions: roles/datastore.viewer, roles/cloudtasks.enqueuer on directory and groups-settings,
// roles/iam.serviceAccountUser on their callers.
//
// On failure: a problem as of RFC 9457. What a client may not see and what does not exist have
// the same answer. 503 where the store does not answer: asking again is right.
package groupapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "GroupAPI", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// Audience is what tokens must be for: the address under which clients call.
	Audience string `env:"API_AUDIENCE"`
	// Clients says who may ask for what, as JSON; see [Client].
	Clients string `env:"API_CLIENTS"`
	// Applications are the audit logs by which the mirror is kept fresh.
	Applications []string `env:"APPLICATIONS, default=admin,groups_enterprise"`

	clients clients
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	problems := cloudfn.Missing(map[string]string{"API_AUDIENCE": c.Audience, "API_CLIENTS": c.Clients})
	var err error
	if c.clients, err = parseClients(c.Clients); err != nil && c.Clients != "" {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func build(ctx context.Context, env *cloudfn.Env) (http.Handler, error) {
	var cfg config
	if err := env.Load(ctx, &cfg); err != nil {
		return nil, err
	}
	h := &handler{
		mirror: mirror.New(env.Store), store: env.Store, queue: env.Queue, identify: env.Identify, now: env.Now, log: env.Log,
		audience: cfg.Audience, clients: cfg.clients, applications: cfg.Applications, people: newMemory(),
	}
	return h.serve(), nil
}
