package iam

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

// Policies reads and edits IAM policies. It needs the scope cloud-platform, and on each place the
// right to read and to set its policy: Project IAM Admin and its like, Storage Admin, BigQuery
// Data Owner. It is safe for concurrent use.
type Policies struct{ client }

// Policies is a [Backend] for every place but groups.
var _ Backend = (*Policies)(nil)

// NewPolicies returns a client of policies. It makes no request.
func NewPolicies(o Options) (*Policies, error) {
	c, err := o.client("policies")
	if err != nil {
		return nil, err
	}
	return &Policies{c}, nil
}

// Handle is a policy as it was read, and the way to write what becomes of it. Its zero value is
// none: nothing can be written that was not read before.
type Handle struct {
	scope  grant.Scope
	etag   string
	policy grant.Policy
}

// Policy returns what was read. It is not to be changed.
func (h Handle) Policy() grant.Policy { return h.policy }

// Read reads the policy of a place, with its conditions.
func (p *Policies) Read(ctx context.Context, scope grant.Scope) (Handle, error) {
	q, err := p.reading(scope)
	if err != nil {
		return Handle{}, err
	}
	answer, err := p.send(ctx, q)
	if err != nil {
		return Handle{}, fmt.Errorf("read the policy of %s: %w", scope, err)
	}
	etag, policy, err := decode(scope, q, answer)
	if err != nil {
		return Handle{}, fmt.Errorf("read the policy of %s: %w", scope, err)
	}
	return Handle{scope: scope, etag: etag, policy: policy}, nil
}

// Write writes what a pure function makes of the policy that was read, in one request. It is
// refused with [ErrConflict] where the policy is not any more what was read. Whether it was
// written is known only by reading again: an error that is not permanent may come after the
// change.
func (p *Policies) Write(ctx context.Context, h Handle, edit func(grant.Policy) (grant.Policy, error)) error {
	if h.etag == "" {
		return invalid("policies", "write", "no policy was read before")
	}
	next, err := edit(h.policy)
	if err != nil {
		return err
	}
	q, err := p.writing(h, next)
	if err != nil {
		return err
	}
	if _, err := p.send(ctx, q); err != nil {
		return fmt.Errorf("write the policy of %s: %w", h.scope, err)
	}
	return nil
}

// Edit sees to it that an edit is in effect in the policy of a place, and returns the policy in
// which it was seen. An edit that cannot be, such as a grant that would shorten another, is
// returned as the domain's error.
func (p *Policies) Edit(ctx context.Context, scope grant.Scope, e grant.Edit) (seen grant.Policy, err error) {
	err = p.persist(ctx, "edit the policy of "+scope.String(), func(mayWrite bool) (outcome, error) {
		h, err := p.Read(ctx, scope)
		if err != nil {
			return left, err
		}
		next, changed, err := e.Apply(h.policy)
		switch {
		case err != nil:
			return left, err
		case !changed:
			seen = h.policy
			return done, nil
		case !mayWrite:
			return left, nil
		}
		return wrote, p.Write(ctx, h, func(grant.Policy) (grant.Policy, error) { return next, nil })
	})
	return seen, err
}

// Give implements [Backend]: one binding for each role, under the condition of the grant. Dead
// bindings of ours go in the same write.
func (p *Policies) Give(ctx context.Context, g grant.Grant) (time.Time, error) {
	seen, err := p.Edit(ctx, g.Scope, grant.Edit{Give: []grant.Grant{g}, Now: p.now()})
	if err != nil {
		return time.Time{}, err
	}
	until, ok := seen.Ends(g)
	if !ok {
		return time.Time{}, invalid("policies", "give", "the grant has no roles")
	}
	return until, nil
}

// Take implements [Backend]. It takes away what carries the id of the grant's change, whatever
// others made of it meanwhile.
func (p *Policies) Take(ctx context.Context, g grant.Grant) error {
	_, err := p.Edit(ctx, g.Scope, grant.Edit{Take: []grant.Grant{g}, Now: p.now()})
	return err
}

// Has implements [Backend].
func (p *Policies) Has(ctx context.Context, g grant.Grant) (time.Time, bool, error) {
	h, err := p.Read(ctx, g.Scope)
	if err != nil {
		return time.Time{}, false, err
	}
	until, ok := h.policy.Ends(g)
	return until, ok, nil
}

// collections are the Resource Manager's names of the places whose policies it keeps.
var collections = map[grant.Kind]string{grant.Project: "projects", grant.Folder: "folders", grant.Organization: "organizations"}

// reading is the request that reads a policy. The versions stand here and in writing, and
// nowhere else.
func (p *Policies) reading(scope grant.Scope) (request, error) {
	if _, err := grant.ParseScope(scope.Kind, scope.Name); err != nil {
		return request{}, invalid("policies", "read", err.Error())
	}
	switch scope.Kind {
	case grant.Bucket:
		return request{
			api: "storage", op: "buckets.getIamPolicy", method: http.MethodGet,
			address: p.bucket(scope) + "?optionsRequestedPolicyVersion=3",
		}, nil
	case grant.Dataset:
		return request{
			api: "bigquery", op: "datasets.get", method: http.MethodGet,
			address: p.dataset(scope) + "?accessPolicyVersion=3&datasetView=ACL",
		}, nil
	case grant.Group:
		return request{}, invalid("policies", "read", "a group has no policy")
	}
	return request{
		api: "cloudresourcemanager", op: collections[scope.Kind] + ".getIamPolicy", method: http.MethodPost,
		address: p.managed(scope, "getIamPolicy"), body: []byte(`{"options":{"requestedPolicyVersion":3}}`),
	}, nil
}

// writing is the request that writes a policy in the place of the one that was read.
func (p *Policies) writing(h Handle, next grant.Policy) (request, error) {
	entries, err := encode(h.scope, next)
	if err != nil {
		return request{}, err
	}
	switch h.scope.Kind {
	case grant.Bucket:
		return request{
			api: "storage", op: "buckets.setIamPolicy", method: http.MethodPut, address: p.bucket(h.scope),
			body: wrap(`{"version":3,"etag":`, h.etag, `,"bindings":[`, entries, `]}`),
		}, nil
	case grant.Dataset:
		return request{
			api: "bigquery", op: "datasets.patch", method: http.MethodPatch, match: h.etag,
			address: p.dataset(h.scope) + "?accessPolicyVersion=3&updateMode=UPDATE_ACL",
			body:    slices.Concat([]byte(`{"access":[`), entries, []byte(`]}`)),
		}, nil
	}
	return request{
		api: "cloudresourcemanager", op: collections[h.scope.Kind] + ".setIamPolicy", method: http.MethodPost,
		address: p.managed(h.scope, "setIamPolicy"),
		body:    wrap(`{"policy":{"version":3,"etag":`, h.etag, `,"bindings":[`, entries, `]}}`),
	}, nil
}

func (p *Policies) managed(scope grant.Scope, verb string) string {
	return p.at("cloudresourcemanager") + "/v3/" + collections[scope.Kind] + "/" + scope.Name + ":" + verb
}

func (p *Policies) bucket(scope grant.Scope) string {
	return p.at("storage") + "/storage/v1/b/" + scope.Name + "/iam"
}

func (p *Policies) dataset(scope grant.Scope) string {
	i := strings.LastIndexByte(scope.Name, '.')
	return p.at("bigquery") + "/bigquery/v2/projects/" + scope.Name[:i] + "/datasets/" + scope.Name[i+1:]
}
