package grant_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const aiko, ken = "user:aiko@example.com", "user:ken@example.com"

var (
	prj    = grant.Scope{Kind: grant.Project, Name: "etl-prj-prd"}
	etl    = []change.Selector{"group:etl-team@example.com"}
	maint  = entitlement("etl-maintenance", "roles/bigquery.dataOwner", "roles/run.admin")
	member = grant.Entitlement{
		Name: "on-call", Scope: grant.Scope{Kind: grant.Group, Name: "prod-admins@example.com"}, Eligible: etl,
		Max: 8 * time.Hour, Approval: grant.BySelf,
	}
)

func entitlement(name string, roles ...string) grant.Entitlement {
	return grant.Entitlement{
		Name: name, Scope: prj, Roles: roles, Eligible: etl, Max: 8 * time.Hour,
		Reason:   regexp.MustCompile(`^https://example\.com/some-task-board/\d+$`),
		Approval: grant.BySelf,
	}
}

const because = "https://example.com/some-task-board/42"

// change ids, in the form in which they are made.
func id(n int) string { return change.ChangeID("abcdefghijklmnopqrstuvwx", n) }

// given is a grant of the maintenance entitlement to aiko at noon.
func given(t *testing.T, n int, d time.Duration, roles ...string) grant.Grant {
	t.Helper()
	g, problem := grant.Plan(grant.Request{Entitlement: maint, Roles: roles, For: d, Reason: because}, id(n), aiko, nil, noon)
	if problem != nil {
		t.Fatal(problem)
	}
	return g
}

// foreign are bindings of others, each in its own bytes.
func foreign() []grant.Binding {
	return []grant.Binding{
		{Role: "roles/viewer", Members: []string{ken, "group:data@example.com"}, Raw: []byte(`{"role":"roles/viewer" , "members":["user:ken@example.com","group:data@example.com"]}`)},
		{
			Role: "roles/run.admin", Members: []string{aiko},
			Condition: &grant.Condition{Title: "office hours", Expression: `request.time.getHours("Asia/Tokyo") < 18`},
			Raw:       []byte(`{"members":["user:aiko@example.com"],"role":"roles/run.admin","condition":{"title":"office hours","expression":"request.time.getHours(\"Asia/Tokyo\") < 18"},"new":1}`),
		},
		{
			Role: "roles/run.admin", Members: []string{ken},
			Condition: &grant.Condition{Title: "until", Description: "not a change", Expression: grant.Expression(noon.Add(-30*24*time.Hour), "")},
			Raw:       []byte(`{"role":"roles/run.admin","members":["user:ken@example.com"],"condition":{}}`),
		},
	}
}

// apply edits, and checks what holds of every edit.
func apply(t *testing.T, e grant.Edit, p grant.Policy) grant.Policy {
	t.Helper()
	before := fmt.Sprint(p)
	next, changed, err := e.Apply(p)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p); got != before {
		t.Errorf("the policy that was given has changed: %s, was %s", got, before)
	}
	if changed == cmp.Equal(p, next) {
		t.Errorf("changed is %t from %v to %v", changed, p, next)
	}
	if again, changed, err := e.Apply(next); err != nil || changed {
		t.Errorf("applied again it becomes %v, error %v", again, err)
	}
	return next
}

func give(gs ...grant.Grant) grant.Edit { return grant.Edit{Give: gs, Now: noon} }
func take(gs ...grant.Grant) grant.Edit { return grant.Edit{Take: gs, Now: noon} }
