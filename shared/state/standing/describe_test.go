package standing_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// shelf has the connections of one name.
type shelf []connection.Handover

// Named implements [standing.Connections].
func (s shelf) Named(_ context.Context, name string) ([]connection.Handover, error) {
	if name != "sales_db" {
		return nil, nil
	}
	return s, nil
}

// shown is a catalogue that says the same of everything, and of people what it knows by an address.
type shown struct {
	thing    policy.Resource
	accounts map[string]catalog.Account
	err      error
}

// Describe implements [standing.Catalog].
func (s shown) Describe(context.Context, string, string) (policy.Resource, error) {
	return s.thing, s.err
}

// Account implements [standing.Catalog].
func (s shown) Account(_ context.Context, address string) (catalog.Account, error) {
	return s.accounts[address], s.err
}

func TestWhatAThingIs(t *testing.T) {
	m := model(rule(t, policy.Allow, policy.ReadAudit, "audit", ""))
	m.Teams = []policy.Team{{Name: "company", Type: policy.Organization}, {Name: "etl", Type: policy.Department}}
	r := harbour(t, m)
	user, team := policy.TypeUser, policy.TypeTeam
	from := standing.Sources{
		Connections: shelf{{ID: "1", Owner: "ada"}, {ID: "2", Owner: "bo"}},
		Catalog: shown{thing: policy.Resource{
			Type: "x", Name: "y", Tags: []string{"Tier.Tier1"}, Domains: []string{"sales"},
			Owners: []policy.Reference{{Type: team, Name: "Organization"}, {Type: team, Name: "etl"}, {Type: user, Name: "flo@example.com"}},
		}},
	}
	for name, test := range map[string]struct {
		kind, name string
		from       standing.Sources
		want       policy.Resource
	}{
		"a group, by who owns it":               {"group", "eng@example.com", from, policy.Resource{Owners: []policy.Reference{{Type: user, Name: "ada@example.com"}}}},
		"connections, by whose data they carry": {"connection", "sales_db", from, policy.Resource{Owners: []policy.Reference{{Type: user, Name: "ada"}, {Type: user, Name: "bo"}}}},
		"a connection that is not there":        {"connection", "crm", from, policy.Resource{}},
		"a connection where there are none":     {"connection", "sales_db", standing.Sources{}, policy.Resource{}},
		"what is of Sekisho and of nobody":      {"brake", "group.settings", from, policy.Resource{}},
		"a table where there is no catalogue":   {"table", "a.b", standing.Sources{}, policy.Resource{}},
		"a table, with the team above all as we name it": {"table", "a.b", from, policy.Resource{
			Tags: []string{"Tier.Tier1"}, Domains: []string{"sales"},
			Owners: []policy.Reference{{Type: team, Name: "company"}, {Type: team, Name: "etl"}, {Type: user, Name: "flo@example.com"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			test.want.Type, test.want.Name = test.kind, test.name
			got, err := r.Describe(t.Context(), test.kind, test.name, test.from)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	away := errors.New("the catalogue is away")
	if _, err := r.Describe(t.Context(), "table", "a.b", standing.Sources{Catalog: shown{err: away}}); !errors.Is(err, away) {
		t.Errorf("a catalogue that cannot be asked: %v", err)
	}
}

func TestWhatIsInTheCatalogue(t *testing.T) {
	for kind, want := range map[string]bool{"table": true, "glossary": true, "": false, "group": false, "audit": false, "connection": false, "policy": false} {
		if got := standing.InCatalog(kind); got != want {
			t.Errorf("InCatalog(%q) = %t, want %t", kind, got, want)
		}
	}
}
