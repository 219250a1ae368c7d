package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// This file turns errors of the adapters into what is wrong, in words, and the commands that mend
// it. Commands are for a shell in which gcloud is signed in as an administrator.

// googleAPI is one API with what it needs.
type googleAPI struct {
	service string
	scopes  []string
	// privileges are what an administrator's role has to hold.
	privileges string
}

var (
	directoryAPI = googleAPI{"admin.googleapis.com", directoryScopes, "Admin API privileges: Users > Read and Groups > Read"}
	settingsAPI  = googleAPI{"groupssettings.googleapis.com", settingsScopes, "Admin API privileges: Groups"}
	reportsAPI   = googleAPI{"admin.googleapis.com", reportsScopes, "Admin console privileges: Reports"}
)

// Pages of consoles.
const (
	delegationPage = "https://admin.google.com/ac/owl/domainwidedelegation"
	rolesPage      = "https://admin.google.com/ac/roles"
	clientsPage    = "https://console.cloud.google.com/apis/credentials"
	fivetranPage   = "https://fivetran.com/dashboard/user/api-config"
)

// signInScope is one that gcloud insists on.
const signInScope = "https://www.googleapis.com/auth/cloud-platform"

// me is whoever gcloud is signed in as.
const me = `"user:$(gcloud config get-value account)"`

// Google's words for the causes that are told apart. The older form stands in an answer's errors,
// the newer one in its details; the adapters hand over the first.
var (
	disabled = []string{"accessNotConfigured", "SERVICE_DISABLED"}
	unscoped = []string{"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
)

// isScope reports whether a refusal is about the token's scopes. Google calls both a missing scope
// and a missing right insufficientPermissions; only the sentence tells.
func isScope(reason, message string) bool {
	return reason == unscoped[1] || slices.Contains(unscoped, reason) && strings.Contains(message, "scope")
}

func enable(p *platform, service string) string {
	return fmt.Sprintf("gcloud services enable %s --project=%s", service, projectOf(p))
}

func projectOf(p *platform) string {
	if p.Project == "" {
		return `"$(gcloud config get-value project)"`
	}
	return p.Project
}

// delegate tells how to delegate to the service account, or for an administrator's own credentials
// how to sign in with the scopes.
func delegate(p *platform) []string {
	all := slices.Concat(directoryScopes, settingsScopes, reportsScopes)
	if p.Subject == "" {
		// gcloud lets nobody sign in without its own scope, and its own client not ask for those of
		// Workspace.
		return []string{
			"open " + clientsPage + ", press Create credentials, OAuth client ID, Desktop app, and download the client as CLIENT.json",
			"gcloud auth application-default login --client-id-file=CLIENT.json --scopes=openid," + signInScope + "," + strings.Join(all, ","),
		}
	}
	return []string{
		"gcloud iam service-accounts describe " + p.Account + " --format='value(uniqueId)'",
		"open " + delegationPage + ", press Add new, enter that number as the client ID and these scopes: " + strings.Join(all, ","),
	}
}

// mendToken is about errors on the way to a token.
func mendToken(p *platform, err error) (string, []string) {
	text := err.Error()
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
	}
	switch {
	case has("unauthorized_client"):
		return "the scope is not delegated to " + p.Account, delegate(p)
	case has("invalid_grant", "Invalid email or User ID"):
		return "the administrator " + p.Subject + " is not known, or the sign-in has ended",
			[]string{"set WORKSPACE_SUBJECT to the address of an administrator of the company", "gcloud auth application-default login"}
	case has("could not find default credentials"):
		return "there are no application default credentials", delegateOrLogin(p)
	case has("SERVICE_DISABLED", "accessNotConfigured", "has not been used in project"):
		return "the IAM Service Account Credentials API is not enabled", []string{enable(p, "iamcredentials.googleapis.com")}
	case has("signJwt", "getAccessToken", "IAM_PERMISSION_DENIED", "status code 403"):
		return "the credentials may not act as " + p.Account, []string{
			"gcloud iam service-accounts add-iam-policy-binding " + p.Account + " --member=" + me + " --role=roles/iam.serviceAccountTokenCreator",
		}
	}
	return "there is no token: " + text, []string{"gcloud auth application-default login"}
}

func delegateOrLogin(p *platform) []string {
	if p.Subject == "" {
		return delegate(p)
	}
	return []string{"gcloud auth application-default login"}
}

// mendPayer is about the project in whose name Google is asked with somebody's own sign-in; the problem
// is empty where it is none. Google says both with reasons that mean other things too.
func mendPayer(p *platform, e *vendor.Error) (problem string, mend []string) {
	switch {
	case strings.Contains(e.Message, "requires a quota project"):
		return "no project is named in whose name Google is asked", []string{"export GOOGLE_CLOUD_PROJECT=" + projectOf(p)}
	case strings.Contains(e.Message, "permission to use project"):
		return "whoever is signed in may not ask in the name of the project: " + e.Message, []string{
			"gcloud projects add-iam-policy-binding " + projectOf(p) + " --member=" + me + " --role=roles/serviceusage.serviceUsageConsumer",
		}
	}
	return "", nil
}

// mendWorkspace is about errors of Google Workspace's APIs.
func mendWorkspace(p *platform, api googleAPI, err error) (string, []string) {
	var e *workspace.Error
	if !errors.As(err, &e) {
		return err.Error(), []string{"curl -sSI https://" + api.service}
	}
	wrongCustomer := []string{
		"gcloud organizations list --format='table(displayName,owner.directoryCustomerId)'",
		"set CUSTOMER_ID to the customer id of your company, or unset it",
	}
	if problem, mend := mendPayer(p, e); problem != "" {
		return problem, mend
	}
	switch {
	case slices.Contains(disabled, e.Reason):
		return api.service + " is not enabled in the project", []string{enable(p, api.service)}
	case isScope(e.Reason, e.Message):
		return "the token lacks a scope: " + e.Message, delegate(p)
	case strings.Contains(e.Message, "unauthorized_client"):
		return "the scopes are not delegated to " + p.Account, delegate(p)
	case p.Customer != "" && api.service == directoryAPI.service &&
		(e.Code == http.StatusNotFound || e.Code == http.StatusBadRequest && strings.Contains(e.Message, "customer")):
		return "CUSTOMER_ID " + p.Customer + " is not the customer of the administrator", wrongCustomer
	case errors.Is(err, workspace.ErrQuota):
		return "the quota is spent: " + e.Message, []string{"wait, or look at https://console.cloud.google.com/apis/api/" + api.service + "/quotas?project=" + p.Project}
	case e.Code == http.StatusUnauthorized:
		return "the token is not taken: " + e.Message, delegateOrLogin(p)
	case errors.Is(err, workspace.ErrForbidden):
		who := p.Subject
		if who == "" {
			who = "whoever is signed in"
		}
		mend := []string{"open " + rolesPage + " and give " + who + " a role with " + api.privileges}
		if e.Reason == "" { // the Groups Settings API can refuse in XML, without a reason
			mend = append(mend, enable(p, api.service))
		}
		return who + " may not do this: " + e.Message, mend
	}
	return mendVendor(e, "Google", "https://"+api.service, workspaceStatus)
}

// mendCloud is about errors of Google Cloud's APIs at one place.
func mendCloud(p *platform, at grant.Scope, err error) (string, []string) {
	var e *iam.Error
	service := map[grant.Kind]string{grant.Bucket: "storage.googleapis.com", grant.Dataset: "bigquery.googleapis.com"}[at.Kind]
	if service == "" {
		service = "cloudresourcemanager.googleapis.com"
	}
	if !errors.As(err, &e) {
		return err.Error(), []string{"curl -sSI https://" + service}
	}
	if problem, mend := mendPayer(p, e); problem != "" {
		return problem, mend
	}
	switch {
	case e.Code == http.StatusUnauthorized:
		return "the token is not taken: " + e.Message, []string{"gcloud auth application-default login"}
	case slices.Contains(disabled, e.Reason):
		return service + " is not enabled in the project", []string{enable(p, service)}
	case isScope(e.Reason, e.Message):
		return "the token lacks a scope: " + e.Message, []string{"gcloud auth application-default login"}
	case errors.Is(err, iam.ErrNotFound):
		return "there is no " + at.String() + ", or nobody says so to strangers", []string{"correct the " + string(at.Kind) + " in the access section of the policy"}
	case errors.Is(err, iam.ErrForbidden):
		return "the credentials may not read it, or it does not exist: " + e.Message, []string{bind(p, at)}
	}
	return mendVendor(e, "Google Cloud", "https://"+service, cloudStatus)
}

// bind is the command that gives the right to read the access policy of a place, and little else.
func bind(p *platform, at grant.Scope) string {
	const reviewer = "roles/iam.securityReviewer"
	tail := " --member=" + me + " --role="
	switch at.Kind {
	case grant.Folder:
		return "gcloud resource-manager folders add-iam-policy-binding " + at.Name + tail + reviewer
	case grant.Organization:
		return "gcloud organizations add-iam-policy-binding " + at.Name + tail + reviewer
	case grant.Dataset:
		project, _, _ := strings.Cut(at.Name, ".")
		return "gcloud projects add-iam-policy-binding " + project + tail + "roles/bigquery.metadataViewer"
	case grant.Bucket: // in a project that the policy does not name
		return "gcloud projects add-iam-policy-binding " + projectOf(p) + tail + reviewer
	}
	return "gcloud projects add-iam-policy-binding " + at.Name + tail + reviewer
}

// A vendor's page on which it says that it is down.
const (
	workspaceStatus = "https://www.google.com/appsstatus/dashboard/"
	cloudStatus     = "https://status.cloud.google.com" // of Looker too
	fivetranStatus  = "https://status.fivetran.com"
)

// mendVendor is about what can happen at every vendor: it is not reached at an address, it has had
// enough, or it is out of order.
func mendVendor(e *vendor.Error, name, address, status string) (string, []string) {
	switch {
	case e.Code == 0:
		return name + " was not reached: " + e.Message, []string{"curl -sSI " + address}
	case errors.Is(e, vendor.ErrQuota):
		return name + " has had enough requests: " + e.Message, []string{"wait, and run it again: go run ./scripts/plan -doctor"}
	case e.Code >= http.StatusInternalServerError:
		return name + " is out of order: " + e.Message, []string{"open " + status + ", and run it again: go run ./scripts/plan -doctor"}
	}
	return e.Error(), []string{"curl -sSI " + address}
}

func mendLooker(p *platform, err error) (string, []string) {
	var e *looker.Error
	if !errors.As(err, &e) {
		return err.Error(), []string{"set LOOKER_URL to the address of the API: https://company.cloud.looker.com"}
	}
	base := strings.TrimSuffix(p.LookerURL, "/")
	page := "open " + base + "/admin/users"
	switch {
	case e.Op == "login" && e.Code != 0 && errors.Is(err, looker.ErrForbidden):
		return "Looker does not take the key: " + e.Message,
			[]string{page + ", edit the account, make an API key, and set LOOKER_CLIENT_ID and LOOKER_CLIENT_SECRET to it"}
	case errors.Is(err, looker.ErrForbidden), errors.Is(err, looker.ErrNotFound):
		return "the key's account is no administrator: " + e.Message, []string{page + " and give the key's account the role Admin"}
	case e.Code == 0:
		return "Looker was not reached: " + e.Message, []string{"set LOOKER_URL to the address of the API: https://company.cloud.looker.com", "curl -sSI " + base}
	}
	return mendVendor(e, "Looker", base, cloudStatus)
}

func mendFivetran(err error) (string, []string) {
	var e *fivetran.Error
	switch {
	case !errors.As(err, &e):
		return err.Error(), []string{"unset FIVETRAN_URL"}
	case errors.Is(err, fivetran.ErrForbidden):
		return "Fivetran does not take the key: " + e.Message, []string{"open " + fivetranPage + ", make an API key, and set FIVETRAN_KEY and FIVETRAN_SECRET to it"}
	}
	return mendVendor(e, "Fivetran", "https://api.fivetran.com/v1/groups", fivetranStatus)
}
