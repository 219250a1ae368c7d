package shared_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// canaries are what a vendor, or the way to one, may say and nobody may print. The first is what
// we sent it ourselves.
var canaries = []string{
	"canary0token1canary2token3", "xoxb-555-666-canary7slack8", "aiko.canary@example.com", "ken.canary%40example.com",
	"https://canary.example.com/card", "117000000000000000002",
}

// transport answers every request, or fails.
type transport func(r *http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// answering says the same to everybody, in the form of every vendor.
func answering(status int, contentType string, body func(text string) string) transport {
	text := strings.Join(canaries, " ") + " \"" + strings.Join(canaries, "\",") + "\x1b[31m"
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Status: fmt.Sprintf("%d %s", status, canaries[0]), Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body(text))),
		}, nil
	}
}

// What a vendor says reaches the logs, the audit and people through the text of errors. None of
// the adapters may let a token, a link or an address through.
func TestNoAdapterPrintsACanary(t *testing.T) {
	inJSON := func(text string) string {
		out, err := json.Marshal(map[string]any{
			"code": text, "message": text, "ok": false, "error": text, "id": text, "data": text, "items": text,
			"errors": []any{map[string]string{"field": text, "code": text, "message": text}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	google := func(text string) string {
		out, err := json.Marshal(map[string]any{"error": map[string]any{
			"code": 400, "message": text, "status": text, "errors": []any{map[string]string{"domain": text, "reason": text, "message": text}},
			"details": []any{map[string]any{"reason": text, "metadata": map[string]string{"quota_limit": text}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	asIs := func(text string) string { return text }
	worlds := map[string]transport{
		"no way": func(r *http.Request) (*http.Response, error) {
			return nil, errors.New("dial " + r.URL.String() + ": " + strings.Join(canaries, " "))
		},
		"no time": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%s: %w", strings.Join(canaries, " "), context.DeadlineExceeded)
		},
	}
	for _, status := range []int{200, 302, 400, 401, 403, 404, 409, 412, 418, 422, 429, 500, 503} {
		worlds[fmt.Sprint(status)] = answering(status, "application/json", inJSON)
		worlds[fmt.Sprint(status, " of Google")] = answering(status, "application/json", google)
		worlds[fmt.Sprint(status, " as a page")] = answering(status, "text/html", asIs)
	}
	for name, way := range worlds {
		t.Run(name, func(t *testing.T) {
			found := failures(t, way)
			if len(found) < 6 {
				t.Errorf("only %d adapters fail", len(found))
			}
			for adapter, errs := range found {
				for _, err := range errs {
					if _, ok := errors.AsType[*vendor.Error](err); !ok {
						t.Errorf("%s: %v is none of the adapters' errors", adapter, err)
					}
					silent(t, adapter, err)
				}
			}
		})
	}
}

// failures asks every adapter for some things that cannot be had.
func failures(t *testing.T, way http.RoundTripper) map[string][]error {
	t.Helper()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	now := func() time.Time { return noon }
	client := &http.Client{Transport: way}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, own, token := t.Context(), "https://vendor.example.com", secret.New(canaries[0])
	all := map[string][]error{}
	note := func(adapter string, err error) {
		if err != nil { // a success may well be without words
			all[adapter] = append(all[adapter], err)
		}
	}

	o := workspace.Options{Client: client, BaseURL: own, Customer: "C1", Now: now}
	directory, err := workspace.NewDirectory(ctx, o)
	must(err)
	_, err = directory.Members(ctx, "g1", "")
	note("workspace", err)
	settings, err := workspace.NewSettings(ctx, o)
	must(err)
	note("workspace", settings.Patch(ctx, "data@example.com", map[string]string{"name": "Data"}))
	reports, err := workspace.NewReports(ctx, o)
	must(err)
	_, err = reports.Watch(ctx, workspace.Channel{ID: "c", Token: canaries[0], Address: canaries[4], Application: "admin", Expires: noon.Add(time.Hour)})
	note("workspace", err)
	users, err := workspace.NewUsers(ctx, o, "sekisho@example.com")
	must(err)
	_, err = users.Accounts(ctx, func(*idle.Account) error { return nil })
	note("workspace", err)

	policies, err := iam.NewPolicies(iam.Options{
		Client: client, BaseURL: own, Now: now, Random: func() float64 { return 0 },
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	must(err)
	for _, scope := range []grant.Scope{{Kind: grant.Project, Name: "etl-prj-prd"}, {Kind: grant.Bucket, Name: "etl-bucket"}, {Kind: grant.Dataset, Name: "etl-prj-prd.sales"}} {
		_, err = policies.Read(ctx, scope)
		note("iam", err)
	}
	impersonated, err := iam.Impersonate(ctx, iam.ImpersonationOptions{
		Client: client, Base: way, Account: "sekisho@etl-prj-prd.iam.gserviceaccount.com", Scopes: []string{"s"}, BaseURL: own, Now: now,
	})
	must(err)
	o.Client = impersonated
	directory, err = workspace.NewDirectory(ctx, o)
	must(err)
	_, err = directory.Group(ctx, "g1")
	note("workspace through iam", err)

	bi, err := looker.New(looker.Options{Client: client, BaseURL: own, ClientID: "id", ClientSecret: canaries[0], Now: now})
	must(err)
	note("looker", bi.Disable(ctx, "7"))
	_, err = bi.Roles(ctx)
	note("looker", err)

	pipes, err := fivetran.New(fivetran.Options{Client: client, BaseURL: own + "/", Key: "key", Secret: token, Now: now})
	must(err)
	_, err = pipes.Card(ctx, "a", token)
	note("fivetran", err)
	_, err = pipes.Create(ctx, connection.Plan{}, noon)
	note("fivetran", err)
	_, err = pipes.Subscribe(ctx, canaries[4], token)
	note("fivetran", err)

	data, err := openmetadata.New(openmetadata.Options{Client: client, BaseURL: own, Token: token, Now: now})
	must(err)
	_, err = data.Read(ctx)
	note("openmetadata", err)
	note("openmetadata", data.Apply(ctx, catalog.Step{Verb: catalog.Create, Kind: catalog.KindUser, Name: "yui@example.com"}, catalog.Present{}))

	chat := slack.New(slack.Options{Token: canaries[1], HTTP: client})
	_, err = chat.UserByEmail(ctx, canaries[2])
	note("slack", err)
	_, _, err = chat.Post(ctx, "C1", "k", slack.Message{Heading: canaries[4]})
	note("slack", err)
	return all
}

// silent checks that an error shows no canary, however it is printed, logged or encoded.
func silent(t *testing.T, adapter string, err error) {
	t.Helper()
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("seen", "error", err)
	slog.New(slog.NewTextHandler(&log, nil)).Info("seen", "error", err)
	texts := []string{log.String()}
	if e, ok := errors.AsType[*vendor.Error](err); ok {
		encoded, jsonErr := json.Marshal(e)
		texts = append(texts, string(encoded), fmt.Sprint(jsonErr), fmt.Sprintf("%#v", e), e.Reason, e.Message)
	}
	for _, format := range []string{"%v", "%+v", "%s", "%q"} {
		texts = append(texts, fmt.Sprintf(format, err))
	}
	for _, text := range texts {
		for _, canary := range append(canaries, "canary", "\x1b") {
			if strings.Contains(text, canary) {
				t.Errorf("%s shows %q: %s", adapter, canary, text)
			}
		}
	}
}
