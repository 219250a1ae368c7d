package iam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/api/cloudidentity/v1"
	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/ports/vendor"
)

// Memberships makes people members of Google Groups for a time. It needs the scope
// cloud-identity.groups, and the right to manage the groups. Memberships that end are there with
// Workspace Enterprise and Cloud Identity Premium only. It is safe for concurrent use.
//
// Google lets go of a member at the end by itself, and says that it can take hours until the
// access which hangs on the group is gone: for what is dangerous, bindings are better.
// https://cloud.google.com/iam/docs/access-change-propagation
type Memberships struct {
	client
	service *cloudidentity.Service
}

// Memberships is a [Backend] for groups.
var _ Backend = (*Memberships)(nil)

const identityAPI = "cloudidentity"

// NewMemberships returns a client of memberships. It makes no request.
func NewMemberships(ctx context.Context, o Options) (*Memberships, error) {
	c, err := o.client("memberships")
	if err != nil {
		return nil, err
	}
	m := &Memberships{client: c}
	if m.service, err = cloudidentity.NewService(ctx, option.WithHTTPClient(o.Client)); err != nil {
		return nil, fmt.Errorf("open memberships: %w", err)
	}
	if c.base != "" {
		m.service.BasePath = c.base + "/"
	}
	return m, nil
}

// Give implements [Backend]. Who is in the group for good, or manages it, has the access
// already: that is [grant.ErrNotOurs], and is left as it is.
func (m *Memberships) Give(ctx context.Context, g grant.Grant) (time.Time, error) {
	now := m.now()
	held, err := m.edit(ctx, g, func(h grant.Held) (grant.Step, error) { return g.GiveMembership(h, now) })
	return held.Until, err
}

// Take implements [Backend]. What lasts longer than the grant is [grant.ErrNotOurs], and is left
// as it is.
func (m *Memberships) Take(ctx context.Context, g grant.Grant) error {
	_, err := m.edit(ctx, g, g.TakeMembership)
	return err
}

// Has implements [Backend]. A membership for good is none that a grant gave.
func (m *Memberships) Has(ctx context.Context, g grant.Grant) (time.Time, bool, error) {
	group, err := m.group(ctx, g)
	if err != nil {
		return time.Time{}, false, err
	}
	_, held, err := m.held(ctx, group, g)
	return held.Until, err == nil && held.There && !held.Manages && !held.Until.IsZero(), err
}

// edit takes the steps that are decided on, until none is left to take.
func (m *Memberships) edit(ctx context.Context, g grant.Grant, decide func(grant.Held) (grant.Step, error)) (seen grant.Held, err error) {
	group, err := m.group(ctx, g)
	if err != nil {
		return grant.Held{}, err
	}
	err = m.persist(ctx, "change a membership of "+g.Scope.Name, func(mayWrite bool) (outcome, error) {
		name, held, err := m.held(ctx, group, g)
		if err != nil {
			return left, err
		}
		step, err := decide(held)
		switch {
		case err != nil:
			return left, err
		case step == grant.Keep:
			seen = held
			return done, nil
		case !mayWrite:
			return left, nil
		}
		err = m.take(ctx, step, group, name, g)
		if errors.Is(err, ErrNotFound) && step != grant.Create {
			return left, nil // it went in between: look again
		}
		return wrote, err
	})
	return seen, err
}

// take takes one step.
func (m *Memberships) take(ctx context.Context, step grant.Step, group, name string, g grant.Grant) error {
	plain := &cloudidentity.MembershipRole{
		Name: "MEMBER", ExpiryDetail: &cloudidentity.ExpiryDetail{ExpireTime: g.Until.UTC().Truncate(time.Second).Format(time.RFC3339)},
	}
	service := m.service.Groups.Memberships
	op := map[grant.Step]string{grant.Create: "create", grant.Extend: "modifyMembershipRoles", grant.Remove: "delete"}[step]
	return m.call(ctx, identityAPI, "memberships."+op, func(ctx context.Context) error {
		switch step {
		case grant.Create:
			return finished(service.Create(group, &cloudidentity.Membership{
				PreferredMemberKey: &cloudidentity.EntityKey{Id: g.Address()}, Roles: []*cloudidentity.MembershipRole{plain},
			}).Context(ctx).Do())
		case grant.Extend:
			_, err := service.ModifyMembershipRoles(name, &cloudidentity.ModifyMembershipRolesRequest{
				UpdateRolesParams: []*cloudidentity.UpdateMembershipRolesParams{{FieldMask: "expiry_detail.expire_time", MembershipRole: plain}},
			}).Context(ctx).Do()
			return err
		case grant.Remove:
			return finished(service.Delete(name).Context(ctx).Do())
		}
		return invalid(identityAPI, "memberships", "the step "+string(step)+" is unknown")
	})
}

// finished is the error of an operation that ended with one. One that goes on is looked after
// like every other step: by looking again.
func finished(o *cloudidentity.Operation, err error) error {
	if err != nil || o.Error == nil {
		return err
	}
	return &Error{API: identityAPI, Op: "operations", Code: int(o.Error.Code), Message: vendor.Clean(o.Error.Message)}
}

// group looks up the name of the grant's group.
func (m *Memberships) group(ctx context.Context, g grant.Grant) (string, error) {
	if g.Scope.Kind != grant.Group {
		return "", invalid(identityAPI, "groups.lookup", "a "+string(g.Scope.Kind)+" has no memberships")
	}
	var name string
	err := m.call(ctx, identityAPI, "groups.lookup", func(ctx context.Context) error {
		answer, err := m.service.Groups.Lookup().GroupKeyId(g.Scope.Name).Context(ctx).Do()
		if err == nil {
			name = answer.Name
		}
		return err
	})
	if err == nil && name == "" {
		err = incomplete(identityAPI, "groups.lookup", "the group has no name")
	}
	if err != nil {
		return "", fmt.Errorf("look up %s: %w", g.Scope.Name, err)
	}
	return name, nil
}

// held looks at what somebody is in a group.
func (m *Memberships) held(ctx context.Context, group string, g grant.Grant) (name string, held grant.Held, err error) {
	err = m.call(ctx, identityAPI, "memberships.lookup", func(ctx context.Context) error {
		answer, err := m.service.Groups.Memberships.Lookup(group).MemberKeyId(g.Address()).Context(ctx).Do()
		if err == nil {
			name = answer.Name
		}
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return "", grant.Held{}, nil
	}
	if err != nil {
		return "", grant.Held{}, fmt.Errorf("look up a membership of %s: %w", g.Scope.Name, err)
	}
	var one *cloudidentity.Membership
	err = m.call(ctx, identityAPI, "memberships.get", func(ctx context.Context) (err error) {
		one, err = m.service.Groups.Memberships.Get(name).Context(ctx).Do()
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return "", grant.Held{}, nil // it went in between
	}
	if err != nil {
		return "", grant.Held{}, fmt.Errorf("read a membership of %s: %w", g.Scope.Name, err)
	}
	held, err = heldOf(one)
	if err != nil {
		return "", grant.Held{}, fmt.Errorf("read a membership of %s: %w", g.Scope.Name, err)
	}
	return name, held, nil
}

func heldOf(one *cloudidentity.Membership) (grant.Held, error) {
	held := grant.Held{There: true}
	if len(one.Roles) == 0 {
		return grant.Held{}, incomplete(identityAPI, "memberships.get", "the membership has no roles")
	}
	for _, role := range one.Roles {
		if role.Name != "MEMBER" {
			held.Manages = true
			continue
		}
		if role.ExpiryDetail == nil || role.ExpiryDetail.ExpireTime == "" {
			continue
		}
		until, err := time.Parse(time.RFC3339Nano, role.ExpiryDetail.ExpireTime)
		if err != nil {
			return grant.Held{}, incomplete(identityAPI, "memberships.get", "the membership ends at no time")
		}
		held.Until = until.UTC()
	}
	return held, nil
}
