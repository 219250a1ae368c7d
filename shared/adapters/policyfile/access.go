package policyfile

import (
	"regexp"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Entitlement is access that people may have for a time: some roles on one project.
type Entitlement struct {
	Name    string
	Project string
	// Roles are IAM role names as the Resource Manager takes them.
	Roles []string
	// Eligible says who may ask for it.
	Eligible []change.Selector
	// Max is the longest time for which it is given at once.
	Max time.Duration
	// Reason is what the reason has to match. Nil takes any reason but none.
	Reason   *regexp.Regexp
	Approval Approver
}

// Approver says who lets a person have an entitlement.
type Approver string

// The approvers.
const (
	// BySelf gives it at once: who is eligible chooses the time; reason and end are required
	// all the same.
	BySelf Approver = "self"
	// ByQuorum waits for the people whom the approvals of the policy name.
	ByQuorum Approver = "quorum"
	// BreakGlass gives it at once, tells everybody concerned and has it reviewed afterwards.
	BreakGlass Approver = "break-glass"
)

var (
	projectForm = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]*[a-z0-9]$`)
	roleForm    = regexp.MustCompile(`^((projects|organizations)/[a-z0-9.:-]+/)?roles/[A-Za-z0-9_.-]+$`)
)

// basicRoles cannot be bound under a condition, so they could not expire
// (https://cloud.google.com/iam/docs/conditions-overview).
var basicRoles = []string{"roles/owner", "roles/editor", "roles/viewer"}

func (l *loading) readAccess(at place) {
	for _, item := range at.list("- {name: …, project: …, roles: […], eligible: […], max: 8h}") {
		t := item.table("name", "project", "roles", "eligible", "max", "reason", "approval")
		e := Entitlement{
			Name:    t.need("name", "etl-maintenance").name(),
			Project: t.need("project", "my-project").project(),
			Max:     t.need("max", "8h").duration(),
			Reason:  t.at("reason").pattern(),
		}
		e.Roles = distinct(t.need("roles", "[roles/run.admin]").filled("[roles/run.admin]"), place.role)
		e.Eligible = distinct(t.need("eligible", "[group:team@your-domain]").filled("[group:team@your-domain]"),
			func(p place) change.Selector { return p.selector(named) })
		if e.Approval = oneOf(t.at("approval"), BySelf, ByQuorum, BreakGlass); e.Approval == "" {
			e.Approval = ByQuorum
		}
		if l.define(kindEntitlement, e.Name, t.at("name")) {
			l.policy.Access = append(l.policy.Access, e)
		}
	}
}

func (p place) project() string {
	s := p.text()
	if s != "" && !projectForm.MatchString(s) {
		p.problem("%s is not a project id: write its small letters, digits and hyphens, not its title or number", quote(s))
		return ""
	}
	return s
}

func (p place) role() string {
	s := p.text()
	if s == "" {
		return ""
	}
	for _, basic := range basicRoles {
		if s == basic {
			p.problem("%s is a basic role, which IAM binds under no condition, so that it could not expire: write a predefined or custom role", s)
			return ""
		}
	}
	if !roleForm.MatchString(s) {
		hint := ""
		if !strings.Contains(s, "/") {
			hint = " such as roles/" + strings.ToLower(s)
		}
		p.problem("%s is not an IAM role: write its full name%s", quote(s), hint)
		return ""
	}
	return s
}
