package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/catalog"
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
	from := standing.Sources{
		Entitlements: p.Access, Catalog: tables{s, p},
		Connections: handover.New(s.world.Store(), p.Connections, s.world.Clock.Now),
	}
	about, err := r.Describe(ctx, kind, name, from)
	if err != nil {
		return mistake{err}
	}
	account, err := r.Account(ctx, person, kind, from)
	if err != nil {
		return mistake{err}
	}
	x, err := r.May(ctx, person, account, policy.Operation(operation), about)
	if err != nil {
		return mistake{err}
	}
	if x.Decision.Allowed != (want == "allow") {
		return fmt.Errorf("%s\n%s", x.Decision, x)
	}
	return nil
}

// tables describes the tables of the company file, and the accounts in the catalogue, without a request
// to the catalogue: what is expected is neither counted among its calls nor kept from it by its faults.
type tables struct {
	stage  *stage
	policy *policyfile.Policy
}

// Describe implements [standing.Catalog]. An owner may be written as the group of a team.
func (t tables) Describe(_ context.Context, kind, name string) (policy.Resource, error) {
	out := policy.Resource{Type: kind, Name: name}
	for _, table := range t.stage.world.Company.OpenMetadata.Tables {
		if kind != "table" || table.Name != name {
			continue
		}
		out.Tags, out.Domains = slices.Clone(table.Tags), table.Domains
		for _, column := range table.Columns {
			out.Tags = append(out.Tags, column.Tags...)
		}
		for _, o := range table.Owners {
			ref := policy.Reference{Type: policy.TypeUser, Name: o}
			if team, ok := world.TeamOf(t.policy, o); ok {
				ref = policy.Reference{Type: policy.TypeTeam, Name: team}
			}
			out.Owners = append(out.Owners, ref)
		}
	}
	return out, nil
}

// Account implements [standing.Catalog].
func (t tables) Account(_ context.Context, address string) (catalog.Account, error) {
	return catalog.Account(t.stage.world.Catalog.Account(address)), nil
}
