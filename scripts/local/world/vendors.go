package world

import (
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	simfivetran "github.com/sekisho/sekisho/shared/sim/fivetran"
	simiam "github.com/sekisho/sekisho/shared/sim/iam"
	simiap "github.com/sekisho/sekisho/shared/sim/iap"
	simlooker "github.com/sekisho/sekisho/shared/sim/looker"
	simopenmetadata "github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// This file makes the vendors besides Google Workspace and Slack, and tells the functions where
// they are.

// Accounts of a world, none of which exists outside of it.
const (
	granter        = "granter@sekisho.iam.gserviceaccount.com"
	accessFunction = "accessgrant@sekisho.iam.gserviceaccount.com"
	lookerID       = "looker-id-of-this-world"
	lookerSecret   = "looker-secret-of-this-world"
	fivetranKey    = "fivetran-key-of-this-world"
	fivetranSecret = "fivetran-secret-of-this-world"
	webhookSecret  = "webhook-secret-of-this-world"
	catalogToken   = "catalog-token-of-this-world"
	catalogBot     = "sekisho-bot"
)

// audience is the page that the world's Identity-Aware Proxy stands in front of.
const audience = "/projects/1/global/backendServices/1"

// otherVariables are the functions' configuration for these vendors.
var otherVariables = map[string]string{
	"CLOUD_URL": "http://" + hostCloud, "GRANTER": granter,
	"LOOKER_URL": "http://" + hostLooker, "LOOKER_CLIENT_ID": lookerID, "LOOKER_CLIENT_SECRET": lookerSecret,
	"FIVETRAN_URL": "http://" + hostFivetran, "FIVETRAN_KEY": fivetranKey, "FIVETRAN_SECRET": fivetranSecret,
	"OPENMETADATA_URL": "http://" + hostCatalog + "/api", "OPENMETADATA_TOKEN": catalogToken, "OPENMETADATA_BOT": catalogBot,
	"FIVETRAN_WEBHOOK_URL": "https://" + hostFunctions + "/ConnectCard", "FIVETRAN_WEBHOOK_SECRET": webhookSecret,
}

func (w *World) simulateOthers(o Options, policy *policyfile.Policy) error {
	var err error
	w.Looker, err = simlooker.New(simlooker.Options{
		Company: o.Company, Now: w.Clock.Now, Calls: w.Calls, Faults: w.Faults, ClientID: lookerID, ClientSecret: lookerSecret, Seed: o.Seed,
	})
	if err != nil {
		return err
	}
	// The project's own accounts live beside the company's projects. Who may change policies may
	// not yet change access lists of data sets, for which BigQuery asks more.
	company := *o.Company
	company.Organization.Bindings = append(slices.Clone(company.Organization.Bindings),
		org.Binding{Role: "roles/bigquery.dataOwner", Members: []string{"serviceAccount:" + granter}})
	company.Merge(&org.Company{Projects: []org.Project{{
		ID: "sekisho", ServiceAccounts: []org.ServiceAccount{{Email: granter, TokenCreators: []string{"serviceAccount:" + accessFunction}}, {Email: accessFunction}},
	}}})
	w.Cloud, err = simiam.New(simiam.Options{
		Company: &company, Now: w.Clock.Now, Calls: w.Calls, Faults: w.Faults, Seed: o.Seed,
		Tokens: map[string]simiam.Caller{"token-accessgrant": {
			Member: "serviceAccount:" + accessFunction, Scopes: []string{simiam.ScopeCloudPlatform},
		}},
		Administrators: []string{"serviceAccount:" + granter}, GroupAdministrators: []string{"serviceAccount:" + granter},
		Groups: simiam.WorkspaceGroups(w.Workspace),
	})
	if err != nil {
		return err
	}
	w.Fivetran, err = simfivetran.New(simfivetran.Options{
		Company: o.Company, Now: w.Clock.Now, Key: fivetranKey, Secret: fivetranSecret, Push: w.client, Calls: w.Calls, Faults: w.Faults, Seed: o.Seed,
	})
	if err != nil {
		return err
	}
	w.Catalog, err = simopenmetadata.New(simopenmetadata.Options{
		Company: catalogued(o.Company, policy), Now: w.Clock.Now, Calls: w.Calls, Faults: w.Faults, Seed: o.Seed,
		Tokens: map[string]simopenmetadata.Bot{catalogToken: {Name: catalogBot, Admin: true}}, TeamOf: w.teamOf,
	})
	if err != nil {
		return err
	}
	if w.proxy, err = simiap.New(audience, w.Clock.Now, o.Seed); err != nil {
		return err
	}
	w.transport[hostLooker], w.transport[hostCloud], w.transport[hostFivetran] = w.Looker, w.Cloud, w.Fivetran
	w.transport[hostCatalog] = w.Catalog
	return nil
}

// catalogued returns the company as the data catalogue knows it. Where the company does not say who
// has an account there, of people whose accounts would have one name the first has it: people of
// many companies may be in one world. Where the policy does not want a catalogue either, nobody has.
func catalogued(c *org.Company, policy *policyfile.Policy) *org.Company {
	o := c.OpenMetadata
	if o.Users != nil || o.Admins != nil || o.Domains != nil || o.Teams != nil || o.Tables != nil {
		return c
	}
	out := *c
	out.OpenMetadata.Users = []string{}
	taken := map[string]bool{}
	for _, p := range c.People {
		name := simopenmetadata.UserName(p.Email)
		if policy.Catalog != nil && !p.Suspended && !taken[name] {
			taken[name] = true
			out.OpenMetadata.Users = append(out.OpenMetadata.Users, p.Email)
		}
	}
	return &out
}

// teamOf returns the name of the team that the policy in force gives to a group; empty where it gives
// none.
func (w *World) teamOf(address string) string {
	policy, err := policyfile.Load(w.policy)
	if err != nil {
		return ""
	}
	name, _ := TeamOf(policy, address)
	return name
}

// TeamOf returns the name of a team that is meant by its name, or by the address of its group.
func TeamOf(policy *policyfile.Policy, nameOrGroup string) (string, bool) {
	for _, t := range policy.Teams {
		if t.Name == nameOrGroup || t.Group != "" && group.Address(t.Group) == group.Address(nameOrGroup) {
			return t.Name, true
		}
	}
	return "", false
}

// agendas are those of the vendors that do something by themselves.
func (w *World) agendas() []*sim.Agenda {
	return []*sim.Agenda{w.Workspace.Agenda(), w.Cloud.Agenda(), w.Fivetran.Agenda()}
}

// random is a seeded source that several functions may ask at once.
type random struct {
	mu     sync.Mutex
	source *rand.Rand
}

func newRandom(seed uint64) *random { return &random{source: rand.New(rand.NewPCG(seed, 7))} }

// Float64 returns a number from 0 up to 1.
func (r *random) Float64() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Float64()
}
