package standing_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Cy administers the catalogue, flo and bo are in domains there, and ada's account is a program's. Zoe
// administers the directory, and has no account.
var accounts = map[string]catalog.Account{
	"cy@example.com": {Admin: true}, "flo@example.com": {Domains: []string{"sales", "hr"}}, "bo@example.com": {Domains: []string{"hr"}},
	"ada@example.com": {Bot: true}, "old@example.com": {Admin: true},
}

// asked is a catalogue that counts whom it is asked about.
type asked struct {
	shown
	about []string
}

// Account implements [standing.Catalog].
func (a *asked) Account(ctx context.Context, address string) (catalog.Account, error) {
	a.about = append(a.about, address)
	return a.shown.Account(ctx, address)
}

// may asks as every face of /why does.
func may(t *testing.T, r *standing.Resolver, person string, o policy.Operation, about policy.Resource, from standing.Sources) policy.Explanation {
	t.Helper()
	account, err := r.Account(t.Context(), person, about.Type, from)
	if err != nil {
		t.Fatal(err)
	}
	x, err := r.May(t.Context(), person, account, o, about)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// An administrator of the catalogue and one of the directory are two people, and neither is the other.
func TestWhatTheCatalogueKnowsOfWhoAsks(t *testing.T) {
	m := model(
		rule(t, policy.Allow, "EditTags", "table", "hasDomain()"), rule(t, policy.Deny, "Delete", "all", ""),
		rule(t, policy.Allow, "ViewBasic", "table", ""), rule(t, policy.Allow, policy.ReadAudit, "audit", ""),
	)
	m.Teams = []policy.Team{{Name: "Organization", Type: policy.Organization, Policies: []string{"p"}}}
	r := harbour(t, m)
	table := policy.Resource{Type: "table", Name: "a.b", Domains: []string{"sales"}}
	bare := policy.Resource{Type: "table", Name: "a.c"}
	list := policy.Resource{Type: "table"}
	group := policy.Resource{Type: "group", Name: "eng@example.com"}
	access := policy.Resource{Type: "access", Name: "etl"}
	for name, test := range map[string]struct {
		person string
		o      policy.Operation
		about  policy.Resource
		want   policy.Reason
		asked  string
	}{
		"an administrator is not asked":                     {"cy", "EditTags", table, policy.Administrator, "cy@example.com"},
		"an administrator, not even by a deny":              {"cy", "Delete", table, policy.Administrator, "cy@example.com"},
		"an administrator, by the address":                  {"cy@example.com", "EditTags", bare, policy.Administrator, "cy@example.com"},
		"an administrator, of a listing":                    {"cy", "Delete", list, policy.Administrator, "cy@example.com"},
		"an administrator, of another type of asset":        {"cy", "EditTags", policy.Resource{Type: "glossary", Name: "x"}, policy.Administrator, "cy@example.com"},
		"an administrator, of an operation of ours":         {"cy", policy.ApproveAccess, table, policy.NotAllowed, "cy@example.com"},
		"an administrator, of a thing of ours":              {"cy", "EditTags", group, policy.NotAllowed, ""},
		"an administrator, of what is ours altogether":      {"cy", policy.ApproveAccess, access, policy.NotAllowed, ""},
		"an administrator whose account is suspended":       {"old", "EditTags", table, policy.Suspended, "old@example.com"},
		"the directory's administrator, of the table":       {"zoe", "EditTags", table, policy.NotAllowed, "zoe@example.com"},
		"the directory's administrator, of a thing of ours": {"zoe", "EditTags", group, policy.NotAllowed, ""},
		"the directory's administrator, and the deny":       {"zoe", "Delete", table, policy.Denied, "zoe@example.com"},
		"who is in its domain":                              {"flo", "EditTags", table, policy.Allowed, "flo@example.com"},
		"who is in another domain":                          {"bo", "EditTags", table, policy.NotAllowed, "bo@example.com"},
		"who is in another domain, by an alias":             {"b@example.com", "EditTags", table, policy.NotAllowed, "bo@example.com"},
		"who is in a domain, of what is in none":            {"flo", "EditTags", bare, policy.NotAllowed, "flo@example.com"},
		"who is in none, of what is in none":                {"zoe", "EditTags", bare, policy.Allowed, "zoe@example.com"},
		"who has a program's account, by the team":          {"ada", "ViewBasic", table, policy.NotAllowed, "ada@example.com"},
		"who has a program's account, of a thing ours":      {"ada", policy.ReadAudit, policy.Resource{Type: "audit"}, policy.Allowed, ""},
		"who is not in the directory is not asked about":    {"kim@example.com", "EditTags", table, policy.Unknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := &asked{shown: shown{accounts: accounts}}
			x := may(t, r, test.person, test.o, test.about, standing.Sources{Catalog: c})
			if x.Decision.Reason != test.want {
				t.Errorf("%s, want %s\n%s", x.Decision.Reason, test.want, x)
			}
			want := []string{test.asked}
			if test.asked == "" {
				want = nil
			}
			if diff := cmp.Diff(want, c.about); diff != "" {
				t.Errorf("asked about (-want +got):\n%s", diff)
			}
		})
	}
	if x := may(t, r, "cy", "Delete", table, standing.Sources{}); x.Decision.Reason != policy.Denied {
		t.Errorf("where there is no catalogue: %s, want that nobody administers it", x.Decision.Reason)
	}
}

// An account counts for nothing that is Sekisho's, whoever hands it over, and makes nobody known.
func TestAnAccountCountsInTheCatalogueOnly(t *testing.T) {
	r := harbour(t, model(rule(t, policy.Deny, policy.All, "all", "")))
	admin := catalog.Account{Admin: true}
	x, err := r.May(t.Context(), "flo", admin, "EditTags", policy.Resource{Type: "group", Name: "eng@example.com"})
	if err != nil || x.Decision.Allowed {
		t.Errorf("%s, %v; want a no", x.Decision, err)
	}
	owned := policy.Resource{Type: "table", Name: "a.b", Owners: []policy.Reference{{Type: policy.TypeUser, Name: "cy@example.com"}}}
	if x, err := r.May(t.Context(), "kim@example.com", admin, "EditTags", owned); err != nil || x.Decision.Reason != policy.Unknown {
		t.Errorf("a stranger: %s, %v", x.Decision, err)
	}
	if may, err := r.MayChangePolicy(t.Context(), "cy"); err != nil || may {
		t.Errorf("the catalogue's administrator changes the policy: %t, %v", may, err)
	}
}

func TestACatalogueThatDoesNotSayWhoSomebodyIs(t *testing.T) {
	r := harbour(t, policy.Model{})
	away := errors.New("the catalogue is away")
	from := standing.Sources{Catalog: shown{err: away}}
	if _, err := r.Account(t.Context(), "cy", "table", from); !errors.Is(err, away) {
		t.Errorf("got %v", err)
	}
	for person, kind := range map[string]string{"cy": "group", "kim@example.com": "table"} {
		if got, err := r.Account(t.Context(), person, kind, from); err != nil || !cmp.Equal(got, catalog.Account{}) {
			t.Errorf("%s about a %s: %+v, %v; want that it is not asked", person, kind, got, err)
		}
	}
}
