package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
)

// google returns a client for Google Workspace with a token of these scopes, at most so many requests
// a second.
func (p *platform) google(ctx context.Context, pace *pace, scopes ...string) (*http.Client, error) {
	pays := p.pays
	if p.Subject != "" {
		pays = "" // a service account asks, in the name of its own project
	}
	return p.client(ctx, p.Tokens, pays, pace, scopes)
}

// cloud returns a client for the access policies of a policy's places in Google Cloud.
func (p *platform) cloud(ctx context.Context, pace *pace, policy *policyfile.Policy) (*http.Client, error) {
	return p.client(ctx, p.cloudTokens, p.pays, pace, cloudScopes(policy))
}

func (p *platform) client(ctx context.Context, tokens func(context.Context, ...string) (oauth2.TokenSource, error), pays string, pace *pace, scopes []string) (*http.Client, error) {
	env := *p.Env
	env.Tokens = tokens
	if pays != "" {
		env.Outbound = paidBy{pays, env.Outbound}
	}
	if pace != nil {
		env.Outbound = paced{pace, env.Outbound}
	}
	return env.Google(ctx, scopes...)
}

// paidBy makes requests in the name of a project. Without one, what is asked with a sign-in of gcloud
// counts as asked by gcloud's own project, in which the APIs are not enabled
// (https://cloud.google.com/docs/quotas/set-quota-project).
type paidBy struct {
	project string
	next    http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (p paidBy) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Goog-User-Project", p.project)
	return p.next.RoundTrip(r)
}

// payer returns the project in whose name requests with application default credentials are made:
// the one that is wanted, or the one that gcloud wrote down when somebody signed in. It is empty for
// credentials that are not a person's: a service account has a project of its own.
func payer(credentials []byte, wanted string) string {
	var own struct {
		Type    string `json:"type"`
		Project string `json:"quota_project_id"`
	}
	if json.Unmarshal(credentials, &own) != nil || own.Type != "authorized_user" {
		return ""
	}
	return cmp.Or(wanted, own.Project)
}
