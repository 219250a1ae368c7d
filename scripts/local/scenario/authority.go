package scenario

import (
	"context"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// expectPolicy asks the policy engine: allow or deny, who, what, on which resource.
func expectPolicy(ctx context.Context, s *stage, args []string) error {
	want, person, operation := args[0], args[1], args[2]
	if want != "allow" && want != "deny" {
		return mistaken("write allow or deny, not %q", want)
	}
	kind, name, ok := strings.Cut(args[3], ":")
	if !ok {
		return mistaken("%q is no resource: write table:sample.fact_table", args[3])
	}
	p, err := policyfile.Load(s.policy)
	if err != nil {
		return mistake{err}
	}
	r, err := standing.New(mirror.New(s.world.Store()), p.Model())
	if err != nil {
		return mistake{err}
	}
	about := policy.Resource{Type: kind, Name: name}
	if err := s.owned(ctx, r, p, &about); err != nil {
		return mistake{err}
	}
	x, err := r.May(ctx, person, policy.Operation(operation), about)
	if err != nil {
		return mistake{err}
	}
	if x.Decision.Allowed != (want == "allow") {
		return fmt.Errorf("%s\n%s", x.Decision, x)
	}
	return nil
}

// owned fills in who owns a resource, and its tags: what the catalogue, the mirror, the policy and
// the hand-overs of connections say of it.
func (s *stage) owned(ctx context.Context, r *standing.Resolver, p *policyfile.Policy, about *policy.Resource) (err error) {
	owner := func(name string) {
		ref := policy.Reference{Type: policy.TypeUser, Name: name}
		for _, t := range p.Teams {
			if t.Name == name || t.Group != "" && strings.EqualFold(t.Group, name) {
				ref = policy.Reference{Type: policy.TypeTeam, Name: t.Name}
			}
		}
		about.Owners = append(about.Owners, ref)
	}
	switch about.Type {
	case "table":
		for _, t := range s.world.Company.OpenMetadata.Tables {
			if t.Name == about.Name {
				about.Tags = t.Tags
				for _, o := range t.Owners {
					owner(o)
				}
			}
		}
		return nil
	case policy.ConnectionResource:
		all, err := handover.New(s.world.Store(), p.Connections, s.world.Clock.Now).Named(ctx, about.Name)
		for _, h := range all {
			owner(h.Owner)
		}
		return err
	}
	about.Owners, err = r.OwnersOf(ctx, *about, p.Access)
	return err
}
