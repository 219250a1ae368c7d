package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// tenant reads a company.
type tenant struct {
	*reader
	platform *platform
	pace     *pace
	policies *iam.Policies
}

// openTenant makes the clients and loads what an earlier run remembered.
func openTenant(ctx context.Context, p *platform, policy *policyfile.Policy, state string, perSecond float64, log io.Writer) (*tenant, error) {
	r := &reader{state: state, now: p.Now, sleep: p.Sleep, progress: &progress{out: log, now: p.Now, live: terminal(log)}, saved: p.Now()}
	var again bool
	var err error
	if r.memory, again, err = loadMemory(state, p.name, p.Now()); err != nil {
		return nil, err
	}
	if again {
		r.progress.say("going on with what was read since %s", clockTime(r.memory.Began))
	}
	t := &tenant{reader: r, platform: p, pace: newPace(perSecond, p.Now, p.Sleep)}
	client, err := p.google(ctx, t.pace, directoryScopes...)
	if err != nil {
		return nil, err
	}
	if r.directory, err = workspace.NewDirectory(ctx, p.workspaceOptions(client)); err != nil {
		return nil, err
	}
	if client, err = p.google(ctx, t.pace, settingsScopes...); err != nil {
		return nil, err
	}
	if r.settings, err = workspace.NewSettings(ctx, p.workspaceOptions(client)); err != nil {
		return nil, err
	}
	if client, err = p.cloud(ctx, t.pace, policy); err != nil {
		return nil, err
	}
	t.policies, err = iam.NewPolicies(iam.Options{Client: client, BaseURL: p.Cloud, Now: p.Now, Sleep: p.Sleep, Random: p.Random})
	return t, err
}

func (p *platform) workspaceOptions(client *http.Client) workspace.Options {
	return workspace.Options{Client: client, BaseURL: p.Workspace, Customer: p.Customer, Now: p.Now}
}

// looker returns the client of the company's Looker.
func (p *platform) looker() (*looker.Client, error) {
	return looker.New(looker.Options{
		Client: &http.Client{Transport: p.Outbound}, BaseURL: p.LookerURL, ClientID: p.LookerID, ClientSecret: p.LookerSecret, Now: p.Now,
	})
}

// plan reads what the policy is about and says what it would change. Live are the grants that are
// known.
func (t *tenant) plan(ctx context.Context, policy *policyfile.Policy, live []grant.Grant) (report, error) {
	out := report{Tenant: t.platform.name, Policy: policy.Hash, Systems: []systemReport{}}
	rules := policy.SettingsRules()
	if err := t.listGroups(ctx); err != nil {
		return out, err
	}
	if err := t.listSecure(ctx, rules.Anchor); err != nil {
		return out, err
	}
	if err := t.readSettings(ctx); err != nil {
		return out, err
	}
	out.Read, out.Judged = t.memory.Began, t.now()
	out.Groups = judgeGroups(t.memory, rules, out.Judged)
	for _, system := range slices.Sorted(maps.Keys(policy.Inactivity.Systems)) {
		from, missing, err := t.system(ctx, system)
		if err != nil {
			return out, err
		}
		if missing != "" {
			out.Notes = append(out.Notes, "The accounts of "+system+" were not read: "+missing+".")
			continue
		}
		s, err := t.planAccounts(ctx, policy, system, from, out.Judged)
		if err != nil {
			return out, err
		}
		out.Systems = append(out.Systems, s)
	}
	if len(live) == 0 && len(policy.Access) > 0 {
		out.Notes = append(out.Notes, "No record of grants was read (-store), so that a binding of ours that is still in force counts as stray.")
	}
	out.Places = readAccess(ctx, t.reader, t.policies, places(policy, live), live, out.Judged)
	return out, nil
}

// system returns a system of accounts, or what is missing to reach it.
func (t *tenant) system(ctx context.Context, name string) (from accounts, missing string, err error) {
	switch {
	case name == policyfile.LookerAccounts && t.platform.LookerURL == "":
		return nil, "LOOKER_URL, LOOKER_CLIENT_ID and LOOKER_CLIENT_SECRET are not set", nil
	case name == policyfile.LookerAccounts:
		from, err = t.platform.looker()
		return from, "", err
	case name != policyfile.WorkspaceAccounts:
		return nil, "nothing here knows how", nil
	case t.platform.Subject == "":
		return nil, "WORKSPACE_SUBJECT is not set, the administrator whose own account is spared", nil
	}
	client, err := t.platform.google(ctx, t.pace, directoryScopes...)
	if err != nil {
		return nil, "", err
	}
	from, err = workspace.NewUsers(ctx, t.platform.workspaceOptions(client), t.platform.Subject)
	return from, "", err
}

func (t *tenant) planAccounts(ctx context.Context, policy *policyfile.Policy, system string, from accounts, now time.Time) (systemReport, error) {
	rule := policy.Inactivity.Systems[system]
	if err := t.listAccounts(ctx, system, from); err != nil {
		return systemReport{}, err
	}
	if err := t.listPeople(ctx); err != nil {
		return systemReport{}, err
	}
	if err := t.readWithin(ctx, rule.Spare.Groups); err != nil {
		return systemReport{}, err
	}
	m, closeStore, err := t.mirror(ctx)
	if err != nil {
		return systemReport{}, err
	}
	defer closeStore()
	d, err := spared(ctx, t.memory, m, rule.Spare.Groups)
	if err != nil {
		return systemReport{}, err
	}
	return judgeAccounts(system, t.memory.Accounts[system], rule, d, now)
}

// mirror puts what was read into a mirror in memory, so that the same code looks people up as in
// production. Groups whose members were not read are left out.
func (t *tenant) mirror(ctx context.Context) (m *mirror.Mirror, closeStore func() error, err error) {
	db, err := embedded.Open("", t.now)
	if err != nil {
		return nil, nil, err
	}
	m = mirror.New(db.Store())
	if err = m.PutPeople(ctx, t.memory.People, t.memory.Began); err != nil {
		db.Close()
		return nil, nil, fmt.Errorf("keep people: %w", err)
	}
	for _, g := range t.memory.present() {
		members, read := t.memory.Members[g.ID]
		if !read {
			continue
		}
		if _, err = m.Replace(ctx, group.Snapshot{Group: g, Members: members, Read: t.memory.Began}); err != nil {
			db.Close()
			return nil, nil, fmt.Errorf("keep %s: %w", g.Email, err)
		}
	}
	return m, db.Close, nil
}
