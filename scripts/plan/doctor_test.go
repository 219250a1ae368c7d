package main

import (
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

func examined(t *testing.T, d *demoCompany) (checkup, error) {
	t.Helper()
	answer, err := examine(t.Context(), &d.platform, loaded(t, "testdata/policy"))
	c, ok := answer.(checkup)
	if !ok {
		t.Fatalf("the doctor said %v, %v", answer, err)
	}
	return c, err
}

func TestDoctorFindsNothingWhereAllIsThere(t *testing.T) {
	c, err := examined(t, company(t))
	if err != nil {
		t.Errorf("got %v: %v", err, c)
	}
	for _, x := range c.Checks {
		if x.State != isFine {
			t.Errorf("%s: %s: %s", x.Name, x.State, x.Problem)
		}
	}
	everyFormat(t, "doctor", c)
}

// Every vendor of the world is in the demo, and the doctor speaks to it.
func TestDoctorSpeaksToEveryVendor(t *testing.T) {
	vendors := func(files string) []string {
		paths, err := filepath.Glob(files)
		if err != nil || len(paths) == 0 {
			t.Fatal(err, len(paths))
		}
		all := map[string]bool{}
		for _, path := range paths {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range regexp.MustCompile(`shared/sim/([a-z]+)"`).FindAllStringSubmatch(string(source), -1) {
				all[match[1]] = true
			}
		}
		for _, platform := range []string{"cloudtasks", "emulator", "iap", "signin"} {
			delete(all, platform)
		}
		return slices.Sorted(maps.Keys(all))
	}
	if diff := cmp.Diff(vendors("../local/world/*.go"), vendors("demo.go")); diff != "" {
		t.Errorf("vendors (-world +demo):\n%s", diff)
	}
	d := company(t)
	called := map[string]bool{}
	for host, next := range d.transport {
		d.transport[host] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			called[host] = true
			next.ServeHTTP(w, r)
		})
	}
	if _, err := examined(t, d); err != nil {
		t.Error(err)
	}
	for host := range d.transport {
		if !called[host] {
			t.Errorf("the doctor did not speak to %s", host)
		}
	}
}

func path(part string) func(string) bool {
	return func(p string) bool { return strings.Contains(p, part) }
}

// fault is something that the doctor finds.
type fault struct {
	spoil func(*demoCompany)
	// check is the one that fails, mend what its mending holds.
	check, mend string
}

func TestDoctorNamesWhatMendsIt(t *testing.T) {
	google := func(d *demoCompany, when func(string) bool, code int, reason, detail, message string) {
		d.transport["google.demo"] = refusing(d.transport["google.demo"], when, code, reason, detail, message)
	}
	const notUsed = "Admin SDK API has not been used in project 1 before or it is disabled."
	tests := map[string]fault{
		"the Directory API is not enabled": {
			func(d *demoCompany) {
				google(d, path("/groups"), 403, "accessNotConfigured", "SERVICE_DISABLED", notUsed)
			},
			"groups of the directory", "gcloud services enable admin.googleapis.com --project=sekisho-demo",
		},
		"the Groups Settings API is not enabled": {
			func(d *demoCompany) {
				google(d, path("/groups/v1/"), 403, "accessNotConfigured", "SERVICE_DISABLED", notUsed)
			},
			"settings of a group", "gcloud services enable groupssettings.googleapis.com --project=sekisho-demo",
		},
		"only the new form of the reason": {
			func(d *demoCompany) { google(d, path("/reports/"), 403, "SERVICE_DISABLED", "", notUsed) },
			"audit log", "gcloud services enable admin.googleapis.com",
		},
		"a scope is not delegated": {
			func(d *demoCompany) {
				d.refuse = func(scope string) error {
					if strings.HasSuffix(scope, "apps.groups.settings") {
						return &oauth2.RetrieveError{ErrorCode: "unauthorized_client", ErrorDescription: "Client is unauthorized to retrieve access tokens using this method"}
					}
					return nil
				}
			},
			"token for https://www.googleapis.com/auth/apps.groups.settings",
			"open https://admin.google.com/ac/owl/domainwidedelegation, press Add new, enter that number as the client ID and these scopes: " + strings.Join(directoryScopes, ","),
		},
		"nobody is signed in": {
			func(d *demoCompany) {
				d.Subject = ""
				d.refuse = func(string) error { return errors.New("google: could not find default credentials") }
			},
			"token for " + directoryScopes[0],
			"\ngcloud auth application-default login --client-id-file=CLIENT.json --scopes=openid,https://www.googleapis.com/auth/cloud-platform,https://www.googleapis.com/auth/admin.directory.group.readonly,",
		},
		"the subject is nobody": {
			func(d *demoCompany) {
				d.refuse = func(string) error {
					return errors.New("impersonate: status code 400: invalid_grant: Invalid email or User ID")
				}
			},
			"token for " + directoryScopes[0], "set WORKSPACE_SUBJECT",
		},
		"the service account may not be acted as": {
			func(d *demoCompany) {
				d.refuse = func(string) error {
					return errors.New("impersonate: status code 403: Permission 'iam.serviceAccounts.signJwt' denied")
				}
			},
			"token for " + directoryScopes[0],
			"gcloud iam service-accounts add-iam-policy-binding plan@sekisho-demo.iam.gserviceaccount.com --member=\"user:$(gcloud config get-value account)\" --role=roles/iam.serviceAccountTokenCreator",
		},
		"a token without the scope": {
			func(d *demoCompany) {
				google(d, path("/users"), 403, "insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "Request had insufficient authentication scopes.")
			},
			"people of the directory", "domainwidedelegation",
		},
		"the administrator has no rights": {
			func(d *demoCompany) {
				d.transport["google.demo"] = failing(d.transport["google.demo"], path("/members"))
			},
			"members of a group", "open https://admin.google.com/ac/roles and give mika@example.com",
		},
		"the wrong customer": {
			func(d *demoCompany) { d.Customer = "C0stranger" },
			"groups of the directory", "gcloud organizations list",
		},
		"the wrong customer, not found": {
			func(d *demoCompany) {
				d.Customer = "C0stranger"
				google(d, path("/groups"), 404, "notFound", "", "Resource Not Found: customer")
			},
			"groups of the directory", "gcloud organizations list",
		},
		"no right to read a project's policy": {
			func(d *demoCompany) {
				d.transport["cloud.demo"] = failing(d.transport["cloud.demo"], path("getIamPolicy"))
			},
			"access policy of project etl-prj-prd",
			"gcloud projects add-iam-policy-binding etl-prj-prd --member=\"user:$(gcloud config get-value account)\" --role=roles/iam.securityReviewer",
		},
		"the Resource Manager is not enabled": {
			func(d *demoCompany) {
				d.transport["cloud.demo"] = refusing(d.transport["cloud.demo"], path("getIamPolicy"), 403, "SERVICE_DISABLED", "SERVICE_DISABLED", notUsed)
			},
			"access policy of project etl-prj-prd", "gcloud services enable cloudresourcemanager.googleapis.com",
		},
		"a Slack scope is missing": {
			func(d *demoCompany) {
				d.transport["slack.demo"] = d.slackWith([]string{"chat:write", "im:write", "users:read"})
			},
			"Slack scope users:read.email", "add users:read.email to Bot Token Scopes",
		},
		"the Slack token is wrong": {
			func(d *demoCompany) { d.SlackToken = "xoxb-old" },
			"Slack token", "open https://api.slack.com/apps",
		},
		"without the scope of slash commands": {
			func(d *demoCompany) {
				d.transport["slack.demo"] = d.slackWith(slices.DeleteFunc(slices.Clone(slackScopes), func(s string) bool { return s == "commands" }))
			},
			"Slack scope commands", "add commands to Bot Token Scopes",
		},
		"Slack is not reached": {
			func(d *demoCompany) { delete(d.transport, "slack.demo") },
			"Slack token", "curl",
		},
		"the Looker key is wrong": {
			func(d *demoCompany) { d.LookerSecret = "old" },
			"Looker key", "open http://looker.demo/admin/users",
		},
		"the key's account in Looker is no administrator": {
			func(d *demoCompany) {
				d.transport["looker.demo"] = failing(d.transport["looker.demo"], path("/roles"))
			},
			"Looker key", "give the key's account the role Admin",
		},
		"Looker is not reached": {
			func(d *demoCompany) { delete(d.transport, "looker.demo") },
			"Looker key", "curl -sSI http://looker.demo",
		},
		"Looker is out of order": {
			func(d *demoCompany) { down(d, "looker.demo", http.StatusBadGateway) },
			"Looker key", "open https://status.cloud.google.com, and run it again: go run ./scripts/plan -doctor",
		},
		"Fivetran is not reached": {
			func(d *demoCompany) { delete(d.transport, "fivetran.demo") },
			"Fivetran key", "curl -sSI https://api.fivetran.com/v1/groups",
		},
		"Fivetran has had enough": {
			func(d *demoCompany) { down(d, "fivetran.demo", http.StatusTooManyRequests) },
			"Fivetran key", "wait, and run it again",
		},
		"the Fivetran key is wrong": {
			func(d *demoCompany) { d.FivetranSecret = "old" },
			"Fivetran key", "open https://fivetran.com/dashboard/user/api-config",
		},
	}
	maps.Copy(tests, catalogFaults)
	maps.Copy(tests, faultsOfGoogle)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := company(t)
			tt.spoil(d)
			c, err := examined(t, d)
			if !errors.Is(err, errSick) || status(err) != 1 {
				t.Errorf("got %v, want errSick", err)
			}
			for _, x := range c.Checks {
				if x.Name != tt.check {
					continue
				}
				if x.State != isMissing || !strings.Contains(strings.Join(x.Mend, "\n"), tt.mend) {
					t.Errorf("%s is %s (%s), to mend:\n%s\nwant\n%s", x.Name, x.State, x.Problem, strings.Join(x.Mend, "\n"), tt.mend)
				}
				return
			}
			t.Errorf("nothing was said of %s: %v", tt.check, c)
		})
	}
}

// Whatever else is wrong, no secret is printed.
func TestDoctorKeepsSecrets(t *testing.T) {
	d := company(t)
	for host := range d.transport {
		d.transport[host] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.Header.Get("Authorization"), http.StatusInternalServerError)
		})
	}
	c, _ := examined(t, d)
	for _, x := range c.Checks {
		if all := x.Problem + strings.Join(x.Mend, ""); strings.Contains(all, demoSecret) || strings.Contains(all, demoCloudToken) {
			t.Errorf("%s: %s", x.Name, all)
		}
	}
}
