package cloudfn

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/idtoken"
	"google.golang.org/api/impersonate"

	"github.com/sekisho/sekisho/shared/adapters/cloudtasks"
	"github.com/sekisho/sekisho/shared/adapters/firestore"
	"github.com/sekisho/sekisho/shared/adapters/pubsub"
)

// platform is the configuration that every function has in production. Terraform sets it.
type platform struct {
	// Project is the Google Cloud project, Database the Firestore database in it.
	Project  string `env:"GOOGLE_CLOUD_PROJECT"`
	Database string `env:"FIRESTORE_DATABASE, default=(default)"`
	// Location is where the queues are.
	Location string `env:"QUEUE_LOCATION"`
	// Queues lists name=URL,account of every queue in which the function puts work, separated
	// by spaces: the function that does the work, and the service account that may call it.
	Queues string `env:"QUEUES"`
	// Audience is the function's own address, Callers the service accounts that may call it.
	Audience string   `env:"AUDIENCE"`
	Callers  []string `env:"CALLERS"`
	// Public says that Cloud Run lets everybody in: then nobody has checked a token before.
	Public bool `env:"PUBLIC, default=true"`
	// IAPAudience is the backend in front of which the Identity-Aware Proxy signs people in;
	// empty for a function without a page.
	IAPAudience string `env:"IAP_AUDIENCE"`
	// Account is the function's own service account; Subject is the administrator for whom it
	// acts in Google Workspace by domain-wide delegation. Without a subject it acts as itself.
	Account string `env:"SERVICE_ACCOUNT"`
	Subject string `env:"WORKSPACE_SUBJECT"`
	// Policy is the folder of the policy, below the working directory. Without one there is no
	// policy.
	Policy string `env:"POLICY_DIR, default=policy"`
}

// Validate implements [Validator].
func (p *platform) Validate() error {
	problems := Missing(map[string]string{"GOOGLE_CLOUD_PROJECT": p.Project, "AUDIENCE": p.Audience, "CALLERS": strings.Join(p.Callers, "")})
	if p.Queues != "" {
		problems = append(problems, Missing(map[string]string{"QUEUE_LOCATION": p.Location})...)
	}
	if p.Subject != "" && p.Account == "" {
		problems = append(problems, errors.New("WORKSPACE_SUBJECT needs SERVICE_ACCOUNT: the account that is delegated to"))
	}
	if _, err := p.queues(); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (p *platform) queues() (map[string]cloudtasks.Destination, error) {
	out := map[string]cloudtasks.Destination{}
	for _, entry := range strings.Fields(p.Queues) {
		name, to, _ := strings.Cut(entry, "=")
		address, account, _ := strings.Cut(to, ",")
		if name == "" || !strings.HasPrefix(address, "https://") || !strings.Contains(account, "@") {
			return nil, fmt.Errorf("QUEUES has %q: name=https://…,account@… is wanted", entry)
		}
		out[name] = cloudtasks.Destination{URL: address, ServiceAccount: account, Audience: address}
	}
	return out, nil
}

// Production returns the platform on Google Cloud: Firestore, Pub/Sub and Cloud Tasks, as the
// environment configures them.
func Production(ctx context.Context, _ string) (*Env, error) {
	env := &Env{Lookup: os.LookupEnv, Now: time.Now, Sleep: sleep, Random: rand.Float64, Outbound: http.DefaultTransport}
	var p platform
	if err := env.Load(ctx, &p); err != nil {
		return nil, err
	}
	env.Log = NewProjectLog(os.Stderr, p.Project)
	queues, err := p.queues()
	if err != nil {
		return nil, err
	}
	if env.Store, err = firestore.Open(ctx, p.Project, p.Database, env.Now); err != nil {
		return nil, err
	}
	if env.Bus, err = pubsub.Open(ctx, p.Project); err != nil {
		return nil, err
	}
	// Without queues too: a function that needs one and was given none is told which.
	if env.Queue, err = cloudtasks.Open(ctx, p.Project, p.Location, queues, env.Now); err != nil {
		return nil, err
	}
	if info, err := os.Stat(p.Policy); err == nil && info.IsDir() {
		env.Policy = os.DirFS(p.Policy)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("policy folder: %w", err)
	}
	oidc := OIDC{Audience: p.Audience, Accounts: p.Callers, Validate: p.validate(env.Now)}
	env.Callers, env.Identify, env.Person = oidc, oidc.Identify, oidc.Person
	env.Visitors = IAP{Audience: p.IAPAudience, Validate: idtoken.Validate, Now: env.Now}
	env.Tokens = p.tokens
	return env, nil
}

// validate returns how tokens are checked in the Authorization header.
func (p *platform) validate(now func() time.Time) func(ctx context.Context, token, audience string) (*idtoken.Payload, error) {
	if p.Public {
		return idtoken.Validate
	}
	return checkedBefore(idtoken.Validate, now)
}

// sleep waits on the machine's own clock.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tokens returns the function's own tokens, or with a subject those of the administrator for
// whom it acts; neither needs a key.
func (p *platform) tokens(ctx context.Context, scopes ...string) (oauth2.TokenSource, error) {
	if p.Subject == "" {
		return google.DefaultTokenSource(ctx, scopes...)
	}
	return impersonate.CredentialsTokenSource(ctx, impersonate.CredentialsConfig{
		TargetPrincipal: p.Account, Scopes: scopes, Subject: p.Subject,
	})
}
