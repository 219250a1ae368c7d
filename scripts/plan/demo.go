package main

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/sim"
	simfivetran "github.com/sekisho/sekisho/shared/sim/fivetran"
	simiam "github.com/sekisho/sekisho/shared/sim/iam"
	simlooker "github.com/sekisho/sekisho/shared/sim/looker"
	simopenmetadata "github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
)

// demoCompany is a company on simulators, as an administrator with credentials for reading sees it. Its
// clock stands at the beginning of every world and moves only while something waits.
type demoCompany struct {
	platform
	clock     time.Time
	calls     *sim.Calls
	faults    *sim.Faults
	transport sim.Transport
	workspace *simworkspace.Server
	cloud     *simiam.Server
	// refuse, if not nil, says why no token of a scope is to be had.
	refuse func(scope string) error
}

// What opens the simulators, and nothing else.
const (
	demoCloudToken = "administrator-of-google-cloud"
	demoKey        = "key-of-the-demo"
	demoSecret     = "secret-of-the-demo"
	demoBot        = "plan-bot"
	demoSeed       = 1
)

// newDemo returns a demo of a company; nil means the one that the project tells its stories of.
func newDemo(company *org.Company) (*demoCompany, error) {
	if company == nil {
		company = org.Demo()
	}
	admin := administrator(company)
	d := &demoCompany{clock: world.Begin, calls: &sim.Calls{}, faults: sim.NewFaults(demoSeed), transport: sim.Transport{}}
	d.name = "the demo company"
	d.Env = &cloudfn.Env{
		Now:      func() time.Time { return d.clock },
		Sleep:    func(ctx context.Context, wait time.Duration) error { d.clock = d.clock.Add(wait); return ctx.Err() },
		Random:   func() float64 { return 0.5 },
		Outbound: d.transport,
		Tokens:   d.tokens,
	}
	d.cloudTokens = func(context.Context, ...string) (oauth2.TokenSource, error) {
		return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: demoCloudToken}), nil
	}
	if err := d.simulate(company, admin); err != nil {
		return nil, err
	}
	variables := map[string]string{
		"GOOGLE_CLOUD_PROJECT": "sekisho-demo", "SERVICE_ACCOUNT": "plan@sekisho-demo.iam.gserviceaccount.com", "WORKSPACE_SUBJECT": admin,
		"WORKSPACE_URL": "http://google.demo", "CLOUD_URL": "http://cloud.demo",
		"LOOKER_URL": "http://looker.demo", "LOOKER_CLIENT_ID": demoKey, "LOOKER_CLIENT_SECRET": demoSecret,
		"SLACK_URL": "http://slack.demo/api/", "SLACK_TOKEN": demoSecret,
		"FIVETRAN_URL": "http://fivetran.demo", "FIVETRAN_KEY": demoKey, "FIVETRAN_SECRET": demoSecret,
		"OPENMETADATA_URL": "http://catalog.demo/api", "OPENMETADATA_TOKEN": demoSecret, "OPENMETADATA_BOT": demoBot,
	}
	d.Lookup = func(name string) (string, bool) { v, ok := variables[name]; return v, ok }
	return d, d.Load(context.Background(), &d.config)
}

// administrator returns the first administrator of a company.
func administrator(company *org.Company) string {
	for _, p := range company.People {
		if p.Admin {
			return p.Email
		}
	}
	return "administrator@" + cmp.Or(company.Domain, "example.com")
}

func (d *demoCompany) simulate(company *org.Company, admin string) error {
	tokens := map[string][]string{}
	for _, scopes := range [][]string{directoryScopes, settingsScopes, reportsScopes} {
		tokens[tokenOf(scopes)] = scopes
	}
	for _, scopes := range [][]string{directoryScopes, settingsScopes, reportsScopes} {
		for _, scope := range scopes {
			tokens[tokenOf([]string{scope})] = []string{scope}
		}
	}
	var err error
	d.workspace, err = simworkspace.New(simworkspace.Options{
		Company: company, Now: d.Now, Calls: d.calls, Faults: d.faults, Tokens: tokens, Seed: demoSeed,
	})
	if err != nil {
		return err
	}
	looker, err := simlooker.New(simlooker.Options{
		Company: company, Now: d.Now, Calls: d.calls, Faults: d.faults, ClientID: demoKey, ClientSecret: demoSecret, Seed: demoSeed,
	})
	if err != nil {
		return err
	}
	d.cloud, err = simiam.New(simiam.Options{
		Company: company, Now: d.Now, Calls: d.calls, Faults: d.faults, Seed: demoSeed, Administrators: []string{"user:" + admin},
		Tokens: map[string]simiam.Caller{demoCloudToken: {Member: "user:" + admin, Scopes: []string{cloudScope, storageScope}}},
		Groups: simiam.WorkspaceGroups(d.workspace),
	})
	if err != nil {
		return err
	}
	fivetran, err := simfivetran.New(simfivetran.Options{
		Company: company, Now: d.Now, Key: demoKey, Secret: demoSecret, Calls: d.calls, Faults: d.faults, Seed: demoSeed,
	})
	if err != nil {
		return err
	}
	catalog, err := simopenmetadata.New(simopenmetadata.Options{
		Company: company, Now: d.Now, Calls: d.calls, Faults: d.faults, Seed: demoSeed,
		Tokens: map[string]simopenmetadata.Bot{demoSecret: {Name: demoBot, Admin: true}},
	})
	if err != nil {
		return err
	}
	d.transport["catalog.demo"] = catalog
	d.transport["google.demo"], d.transport["cloud.demo"] = d.workspace, d.cloud
	d.transport["looker.demo"], d.transport["fivetran.demo"] = looker, fivetran
	d.transport["slack.demo"] = d.slackWith(slackScopes)
	return nil
}

// tokenOf names the token of some scopes.
func tokenOf(scopes []string) string {
	short := make([]string, len(scopes))
	for i, s := range scopes {
		short[i] = s[strings.LastIndexByte(s, '/')+1:]
	}
	return strings.Join(short, "+")
}

// tokens gives a token for scopes, as Google does for an account that is delegated to.
func (d *demoCompany) tokens(_ context.Context, scopes ...string) (oauth2.TokenSource, error) {
	return tokenFunc(func() (*oauth2.Token, error) {
		for _, s := range scopes {
			if d.refuse == nil {
				continue
			}
			if err := d.refuse(s); err != nil {
				return nil, err
			}
		}
		return &oauth2.Token{AccessToken: tokenOf(scopes)}, nil
	}), nil
}

type tokenFunc func() (*oauth2.Token, error)

// Token implements [oauth2.TokenSource].
func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }

// slackWith returns a workspace that gave the app these scopes.
func (d *demoCompany) slackWith(scopes []string) http.Handler {
	return simslack.New(simslack.Options{Now: d.Now, Token: demoSecret, Scopes: scopes, Calls: d.calls, Faults: d.faults})
}
