// Package requestapi takes requests from other tools of the company, such as a portal or a command
// line, on behalf of the person who is signed in there. It is the HTTP side of the desks at which
// people ask with slash commands in Slack.
//
// Trigger: HTTP, from tools of the company. Each request carries two tokens: that of the tool in
// X-Serverless-Authorization, by which Cloud Run lets it in, and the person's own ID token in
// Authorization, by which this function knows who asks. The document at /v1/openapi.json describes
// every path.
//
// Reads: policy; answered and request-keys (what was asked for under which key), changes,
// destinations, groups, members, people, places, services; handovers and listings (what is called so
// already, and whose something is where a rule asks for its owners); audit (was the same turned away
// before?).
//
// Writes: answered, request-keys; changes and audit through the ledger.
//
// Calls: no Google API, except for the keys with which Google signs tokens.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events.
//
// On failure: a problem as of RFC 9457. What is not there and what the person may not see or ask for
// have the same answer. 503 where the store does not answer: sending the same again under the same
// key is right, and asks for nothing twice.
package requestapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "RequestAPI", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// Audiences are what people's tokens may be for: the OAuth clients of the tools in which they
	// sign in, or addresses. Whoever has a token for one of them can ask for its person, so an
	// audience that other services take too does not belong here.
	Audiences []string `env:"REQUESTS_AUDIENCES"`
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	return errors.Join(cloudfn.Missing(map[string]string{"REQUESTS_AUDIENCES": strings.Join(c.Audiences, "")})...)
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
	counter := desk.Counter{Ledger: ledger.New(env.Store, env.Bus, env.Now), Standing: who, Asks: policy.Asks, Policy: policy.Hash}
	desks := desk.Open(counter, desk.Rules{
		Access: policy.Access, Accounts: policy.Inactivity.Requests, Connections: policy.Connections,
	}, env.Store, env.Queue, env.Now)
	h := &handler{
		store: env.Store, ledger: counter.Ledger, directory: desk.Directory{Mirror: m, Accounts: policy.Accounts},
		person: env.Person, audiences: cfg.Audiences, now: env.Now, log: env.Log,
		desks:   desks.ByWord(),
		words:   desks.Words(),
		keepers: map[change.Kind]keeper{change.AccessGrant: desks.Access},
	}
	return h.serve(), nil
}
