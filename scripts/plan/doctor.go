package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/secret"
)

// errSick says that something is missing.
var errSick = errors.New("not everything is there")

// slackScopesHeader is where Slack says on every answer what the token may
// (https://docs.slack.dev/authentication/installing-with-oauth).
const slackScopesHeader = "X-OAuth-Scopes"

// slackScopes are those of the app's manifest, docs/slack-app.yaml.
var slackScopes = []string{
	"channels:history", "channels:read", "chat:write", "commands", "groups:history", "groups:read", "im:history", "im:write", "users:read", "users:read.email",
}

// state is what came of a check.
type state string

const (
	isFine    state = "ok"
	isMissing state = "missing"
	isSkipped state = "skipped"
)

// check is one thing that has to be there.
type check struct {
	Name  string `json:"name"`
	State state  `json:"state"`
	// Problem says what is wrong, or why it was not looked at; Mend lists commands and pages that
	// mend it, in their order.
	Problem string   `json:"problem,omitempty"`
	Mend    []string `json:"mend,omitempty"`
}

// checkup is what the doctor found.
type checkup struct {
	Checks []check `json:"checks"`
}

func (c *checkup) fine(name string) { c.Checks = append(c.Checks, check{Name: name, State: isFine}) }

func (c *checkup) skip(name, why string) {
	c.Checks = append(c.Checks, check{Name: name, State: isSkipped, Problem: why})
}

func (c *checkup) missing(name, problem string, mend ...string) {
	c.Checks = append(c.Checks, check{Name: name, State: isMissing, Problem: problem, Mend: mend})
}

// found adds what came of a call to one of Google's APIs.
func (c *checkup) found(name string, err error, mend func(error) (string, []string)) bool {
	if err == nil {
		c.fine(name)
		return true
	}
	problem, commands := mend(err)
	c.missing(name, problem, commands...)
	return false
}

func (c checkup) sick() int {
	n := 0
	for _, x := range c.Checks {
		if x.State == isMissing {
			n++
		}
	}
	return n
}

func (c checkup) sections() []section {
	s := section{Title: "What is there and what is missing", Head: []string{"", "What", "Problem"}}
	if n := c.sick(); n > 0 {
		s.Lines = []string{fmt.Sprintf("%d of %s failed.", n, counted(len(c.Checks), "check"))}
	} else {
		s.Lines = []string{"Everything that was looked at is there."}
	}
	out := []section{s}
	for _, x := range c.Checks {
		out[0].Rows = append(out[0].Rows, []string{string(x.State), x.Name, x.Problem})
		if last := &out[len(out)-1]; len(x.Mend) > 0 && slices.Equal(last.Lines, x.Mend) {
			last.Title += ", " + x.Name // mended by the same
		} else if len(x.Mend) > 0 {
			out = append(out, section{Title: "To mend: " + x.Name, Lines: x.Mend})
		}
	}
	return out
}

// examine checks one by one what is needed. What rests on something that is missing is skipped, so
// that one cause is told once.
func examine(ctx context.Context, p *platform, policy *policyfile.Policy) (printable, error) {
	c := &checkup{}
	if examineTokens(ctx, p, c) {
		if err := examineWorkspace(ctx, p, c); err != nil {
			return nil, err
		}
	} else {
		c.skip("Google Workspace", "there is no token for it")
	}
	if err := examineCloud(ctx, p, policy, c); err != nil {
		return nil, err
	}
	examineSlack(ctx, p, c)
	examineLooker(ctx, p, c)
	examineFivetran(ctx, p, c)
	examineCatalog(ctx, p, c)
	if c.sick() > 0 {
		return *c, errSick
	}
	return *c, nil
}

// examineTokens asks for a token of each scope by itself: asked together, one that was not delegated
// would stand for all.
func examineTokens(ctx context.Context, p *platform, c *checkup) bool {
	all := true
	for _, scope := range slices.Concat(directoryScopes, settingsScopes, reportsScopes) {
		source, err := p.Tokens(ctx, scope)
		if err == nil {
			_, err = source.Token()
		}
		ok := c.found("token for "+scope, err, func(err error) (string, []string) { return mendToken(p, err) })
		all = all && ok
	}
	return all
}

// examineWorkspace makes one call to each API of Google Workspace.
func examineWorkspace(ctx context.Context, p *platform, c *checkup) error {
	client, err := p.google(ctx, nil, directoryScopes...)
	if err != nil {
		return err
	}
	directory, err := workspace.NewDirectory(ctx, p.workspaceOptions(client))
	if err != nil {
		return err
	}
	mend := func(api googleAPI) func(error) (string, []string) {
		return func(err error) (string, []string) { return mendWorkspace(p, api, err) }
	}
	groups, err := directory.Groups(ctx, "")
	c.found("groups of the directory", err, mend(directoryAPI))
	_, err = directory.People(ctx, "")
	c.found("people of the directory", err, mend(directoryAPI))
	var first group.Group
	if len(groups.Groups) > 0 {
		first = groups.Groups[0]
		_, err = directory.Members(ctx, first.ID, "")
		c.found("members of a group", err, mend(directoryAPI))
	} else {
		c.skip("members of a group", "there is no group to ask for")
	}

	if client, err = p.google(ctx, nil, settingsScopes...); err != nil {
		return err
	}
	settings, err := workspace.NewSettings(ctx, p.workspaceOptions(client))
	if err != nil {
		return err
	}
	if first.ID != "" {
		_, err = settings.Get(ctx, first.Email)
		c.found("settings of a group", err, mend(settingsAPI))
	} else {
		c.skip("settings of a group", "there is no group to ask for")
	}

	if client, err = p.google(ctx, nil, reportsScopes...); err != nil {
		return err
	}
	reports, err := workspace.NewReports(ctx, p.workspaceOptions(client))
	if err != nil {
		return err
	}
	_, err = reports.List(ctx, "admin", p.Now().Add(-time.Hour), "")
	c.found("audit log", err, mend(reportsAPI))
	return nil
}

// examineCloud reads the access policy of each place at which the policy gives access.
func examineCloud(ctx context.Context, p *platform, policy *policyfile.Policy, c *checkup) error {
	at := places(policy, nil)
	if len(at) == 0 {
		c.skip("Google Cloud", "the policy gives access at no place with bindings")
		return nil
	}
	source, err := p.cloudTokens(ctx, cloudScopes(policy)...)
	if err == nil {
		_, err = source.Token()
	}
	if err != nil {
		problem, commands := mendToken(p, err)
		c.missing("token for Google Cloud", problem, commands...)
		return nil
	}
	client, err := p.cloud(ctx, nil, policy)
	if err != nil {
		return err
	}
	policies, err := iam.NewPolicies(iam.Options{Client: client, BaseURL: p.Cloud, Now: p.Now, Sleep: p.Sleep, Random: p.Random})
	if err != nil {
		return err
	}
	for _, scope := range at {
		_, err := policies.Read(ctx, scope)
		c.found("access policy of "+scope.String(), err, func(err error) (string, []string) { return mendCloud(p, scope, err) })
	}
	return nil
}

// slackTimeout is how long Slack may take to say who we are.
const slackTimeout = 10 * time.Second

// examineSlack asks Slack whose token it is, and compares what it may with what is needed.
func examineSlack(ctx context.Context, p *platform, c *checkup) {
	const name = "Slack token"
	if p.SlackToken == "" {
		c.skip(name, "SLACK_TOKEN is not set")
		return
	}
	has, code, err := slackToken(ctx, p)
	switch {
	case err != nil:
		c.missing(name, "Slack was not reached: "+err.Error(), "curl -sS "+p.SlackURL+"api.test")
	case code != "":
		c.missing(name, "Slack does not take it: "+code,
			"open https://api.slack.com/apps, choose the app, and copy the Bot User OAuth Token of OAuth & Permissions into SLACK_TOKEN")
	case has == nil:
		c.skip("Slack scopes", "Slack did not say what the token may")
	default:
		c.fine(name)
		for _, scope := range slackScopes {
			if slices.Contains(has, scope) {
				c.fine("Slack scope " + scope)
				continue
			}
			c.missing("Slack scope "+scope, "the token does not have it",
				"open https://api.slack.com/apps, choose the app, add "+scope+" to Bot Token Scopes of OAuth & Permissions, and press Reinstall to Workspace")
		}
	}
}

// slackToken returns the scopes of the token, nil where Slack does not tell them, or the error code
// with which Slack refuses it. Errors hold nothing of the token.
func slackToken(ctx context.Context, p *platform) (scopes []string, code string, err error) {
	ctx, cancel := context.WithTimeout(ctx, slackTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(p.SlackURL, "/")+"/auth.test", nil)
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Authorization", "Bearer "+p.SlackToken)
	answer, err := p.Outbound.RoundTrip(request)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	var body struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&body); err != nil {
		return nil, "", fmt.Errorf("answer %d cannot be read", answer.StatusCode)
	}
	if !body.OK {
		if body.Error == "" {
			body.Error = answer.Status
		}
		return nil, body.Error, nil
	}
	if header := answer.Header.Get(slackScopesHeader); header != "" {
		scopes = words(header)
	}
	return scopes, "", nil
}

func examineLooker(ctx context.Context, p *platform, c *checkup) {
	const name = "Looker key"
	if p.LookerURL == "" {
		c.skip(name, "LOOKER_URL is not set")
		return
	}
	client, err := p.looker()
	if err == nil {
		_, err = client.Roles(ctx)
	}
	c.found(name, err, func(err error) (string, []string) { return mendLooker(p, err) })
}

func examineFivetran(ctx context.Context, p *platform, c *checkup) {
	const name = "Fivetran key"
	if p.FivetranKey == "" {
		c.skip(name, "FIVETRAN_KEY is not set")
		return
	}
	client, err := fivetran.New(fivetran.Options{
		Client: &http.Client{Transport: p.Outbound}, BaseURL: p.FivetranURL, Key: p.FivetranKey, Secret: secret.New(p.FivetranSecret), Now: p.Now,
	})
	if err == nil {
		_, err = client.Groups(ctx)
	}
	c.found(name, err, mendFivetran)
}
