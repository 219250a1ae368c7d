package org_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestTheCloudOfACompany(t *testing.T) {
	c := parse(t, `
domain: example.com
organization:
  id: 123456789012
  bindings: [{role: roles/iam.securityAdmin, members: ["group:security@example.com"]}]
folders:
  - {id: "415104041262", bindings: [{role: roles/browser, members: ["domain:example.com"]}]}
projects:
  - id: etl-prj-prd
    parent: folders/415104041262
    bindings:
      - role: roles/run.admin
        members: ["user:ken@example.com"]
        condition: {title: t, description: d, expression: 'request.time < timestamp("2027-01-01T00:00:00Z")'}
    datasets: [{id: sales, bindings: [{role: roles/bigquery.dataViewer, members: ["user:ken@example.com"]}]}]
    buckets: [{name: etl-dumps}, {name: etl-old, fine: true}]
    service_accounts: [{email: Grants@etl-prj-prd.iam.gserviceaccount.com, token_creators: ["serviceAccount:fn@etl-prj-prd.iam.gserviceaccount.com"]}]
`)
	ken := []string{"user:ken@example.com"}
	want := &org.Company{
		Domain: "example.com",
		Organization: org.Organization{
			ID: "123456789012", Bindings: []org.Binding{{Role: "roles/iam.securityAdmin", Members: []string{"group:security@example.com"}}},
		},
		Folders: []org.Folder{{ID: "415104041262", Bindings: []org.Binding{{Role: "roles/browser", Members: []string{"domain:example.com"}}}}},
		Projects: []org.Project{{
			ID: "etl-prj-prd", Parent: "folders/415104041262",
			Bindings: []org.Binding{{
				Role: "roles/run.admin", Members: ken,
				Condition: &org.Condition{Title: "t", Description: "d", Expression: `request.time < timestamp("2027-01-01T00:00:00Z")`},
			}},
			Datasets: []org.Dataset{{ID: "sales", Bindings: []org.Binding{{Role: "roles/bigquery.dataViewer", Members: ken}}}},
			Buckets:  []org.Bucket{{Name: "etl-dumps"}, {Name: "etl-old", Fine: true}},
			ServiceAccounts: []org.ServiceAccount{{
				Email: "grants@etl-prj-prd.iam.gserviceaccount.com", TokenCreators: []string{"serviceAccount:fn@etl-prj-prd.iam.gserviceaccount.com"},
			}},
		}},
	}
	c.People, c.Groups = nil, nil
	want.Looker = c.Looker
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("company (-want +got):\n%s", diff)
	}

	c.Merge(parse(t, "organization: {bindings: [{role: roles/browser}]}\nfolders: [{id: 415104041262}, {id: 7, parent: folders/415104041262}]\n"))
	if c.Organization.ID != "123456789012" || len(c.Organization.Bindings) != 2 || len(c.Folders) != 2 || c.Folders[0].Bindings != nil {
		t.Errorf("merged: %+v, %+v", c.Organization, c.Folders)
	}
}

func TestWhatIsWrongWithACloud(t *testing.T) {
	for in, want := range map[string]string{
		"organization:\n  id: example.com\n":                                                                 `f.yaml:2: "example.com" is not the number of an organisation`,
		"organization:\n  bindings:\n  - {members: []}\n":                                                    "f.yaml:3: the binding has no role",
		"folders:\n- {parent: folders/1}\n":                                                                  "f.yaml:2: the folder has no name",
		"folders:\n- {id: x}\n":                                                                              `f.yaml:2: "x" is not the number of a folder`,
		"folders:\n- {id: 1}\n- {id: 1}\n":                                                                   "f.yaml:3: the folder 1 is in the file twice",
		"projects:\n- {id: p, parent: home}\n":                                                               `f.yaml:2: "home" is no parent`,
		"projects:\n- id: p\n  datasets:\n  - {bindings: []}\n":                                              "f.yaml:4: the data set has no name",
		"projects:\n- id: p\n  datasets:\n  - {id: d}\n  - {id: d}\n":                                        "f.yaml:5: the data set p.d is in the file twice",
		"projects:\n- id: p\n  buckets:\n  - {name: b}\n- id: q\n  buckets:\n  - {name: b}\n":                "f.yaml:7: the bucket b is in the file twice",
		"projects:\n- id: p\n  service_accounts:\n  - {email: x}\n":                                          `f.yaml:4: "x" is not an e-mail address`,
		"projects:\n- id: p\n  service_accounts:\n  - {email: a@b.example, token_creators: [c@b.example]}\n": `f.yaml:4: "c@b.example" is not an IAM member`,
		"projects:\n- id: p\n  bindings:\n  - {role: r, condition: {title: t}}\n":                            "f.yaml:4: the condition has no expression",
		"projects:\n- id: p\n  buckets:\n  - {name: b, bindings: [{role: r, members: [x]}]}\n":               `f.yaml:4: "x" is not an IAM member`,
	} {
		if _, err := org.Parse("f.yaml", []byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q in it", in, err, want)
		}
	}
}
