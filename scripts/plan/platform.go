package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/impersonate"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/grant"
)

// The OAuth scopes that are asked for, by what they are for. The Groups Settings API has no scope
// for reading alone; nothing here writes with it.
var (
	directoryScopes = []string{
		"https://www.googleapis.com/auth/admin.directory.group.readonly",
		"https://www.googleapis.com/auth/admin.directory.group.member.readonly",
		"https://www.googleapis.com/auth/admin.directory.user.readonly",
	}
	settingsScopes = []string{"https://www.googleapis.com/auth/apps.groups.settings"}
	reportsScopes  = []string{"https://www.googleapis.com/auth/admin.reports.audit.readonly"}
)

const cloudScope = "https://www.googleapis.com/auth/cloud-platform.read-only"

// storageScope is the smallest scope under which Cloud Storage shows a bucket's policy
// (https://cloud.google.com/storage/docs/json_api/v1/buckets/getIamPolicy). What it allows besides
// is still bounded by the administrator's roles.
const storageScope = "https://www.googleapis.com/auth/devstorage.full_control"

// cloudScopes returns the scopes for the access policies of a policy's places.
func cloudScopes(p *policyfile.Policy) []string {
	for _, e := range p.Access {
		if e.Scope.Kind == grant.Bucket {
			return []string{cloudScope, storageScope}
		}
	}
	return []string{cloudScope}
}

// config is what the environment says. The names are those of the functions.
type config struct {
	// Project is the project whose APIs are called and which pays for them.
	Project string `env:"GOOGLE_CLOUD_PROJECT"`
	// Account is the service account that is delegated to, Subject the administrator for whom it
	// acts. Without a subject the administrator's own credentials are used.
	Account   string `env:"SERVICE_ACCOUNT"`
	Subject   string `env:"WORKSPACE_SUBJECT"`
	Customer  string `env:"CUSTOMER_ID"`
	Workspace string `env:"WORKSPACE_URL"`
	Cloud     string `env:"CLOUD_URL"`

	LookerURL    string `env:"LOOKER_URL"`
	LookerID     string `env:"LOOKER_CLIENT_ID"`
	LookerSecret string `env:"LOOKER_CLIENT_SECRET"`

	SlackURL   string `env:"SLACK_URL, default=https://slack.com/api/"`
	SlackToken string `env:"SLACK_TOKEN"`

	FivetranURL    string `env:"FIVETRAN_URL"`
	FivetranKey    string `env:"FIVETRAN_KEY"`
	FivetranSecret string `env:"FIVETRAN_SECRET"`

	CatalogURL   string `env:"OPENMETADATA_URL"`
	CatalogToken string `env:"OPENMETADATA_TOKEN"`
	CatalogBot   string `env:"OPENMETADATA_BOT"`
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	var problems []error
	if c.Subject != "" && c.Account == "" {
		problems = append(problems, errors.New("WORKSPACE_SUBJECT needs SERVICE_ACCOUNT: the account that is delegated to"))
	}
	if c.LookerURL != "" {
		problems = append(problems, cloudfn.Missing(map[string]string{"LOOKER_CLIENT_ID": c.LookerID, "LOOKER_CLIENT_SECRET": c.LookerSecret})...)
	}
	if c.FivetranKey != "" {
		problems = append(problems, cloudfn.Missing(map[string]string{"FIVETRAN_SECRET": c.FivetranSecret})...)
	}
	if c.CatalogURL != "" {
		problems = append(problems, cloudfn.Missing(map[string]string{"OPENMETADATA_TOKEN": c.CatalogToken})...)
	}
	return errors.Join(problems...)
}

// platform is how the vendors are reached: on the internet with the administrator's credentials,
// or as simulators in this process.
type platform struct {
	config
	*cloudfn.Env
	// cloudTokens gives tokens for Google Cloud, where nobody's delegation is needed.
	cloudTokens func(ctx context.Context, scopes ...string) (oauth2.TokenSource, error)
	// pays is the project in whose name Google's APIs are called with somebody's own sign-in, and not
	// with a service account's, which has a project of its own; empty where none need be named.
	pays string
	// name tells tenants apart: what was remembered of one is not taken for another's.
	name string
}

// production returns the platform of the environment's own credentials.
func production(ctx context.Context) (*platform, error) {
	p := &platform{Env: &cloudfn.Env{
		Lookup: os.LookupEnv, Now: time.Now, Sleep: sleep, Random: rand.Float64, Outbound: http.DefaultTransport,
	}}
	if err := p.Load(ctx, &p.config); err != nil {
		return nil, err
	}
	p.cloudTokens = google.DefaultTokenSource
	if own, err := google.FindDefaultCredentials(ctx, cloudScope); err == nil { // otherwise said where they are needed
		p.pays = payer(own.JSON, p.Project)
	}
	p.Tokens = p.workspaceTokens
	p.name = fmt.Sprintf("%s as %s", cmp.Or(p.Customer, "my_customer"), cmp.Or(p.Subject, "the application default credentials"))
	return p, nil
}

// workspaceTokens returns the administrator's own tokens, or with a subject those of a service
// account that acts for them; neither needs a key.
func (p *platform) workspaceTokens(ctx context.Context, scopes ...string) (oauth2.TokenSource, error) {
	if p.Subject == "" {
		return google.DefaultTokenSource(ctx, scopes...)
	}
	return impersonate.CredentialsTokenSource(ctx, impersonate.CredentialsConfig{
		TargetPrincipal: p.Account, Scopes: scopes, Subject: p.Subject,
	})
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
