package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// question is what is asked with why.
type question struct {
	person, operation, resource string
	// owners and tags stand in place of what is read of the resource.
	owners, tags []string
}

// because is an answer with its reasons.
type because struct {
	Person    string `json:"person"`
	Operation string `json:"operation"`
	Resource  string `json:"resource"`
	// Answer is what the text begins with. Allowed says that it is a yes.
	Answer  policy.Answer `json:"answer"`
	Allowed bool          `json:"allowed"`
	// Reason is that of the rules, or, where people are asked and the rules do not refuse it, whether the
	// person counts; of something new, that it depends on the owner.
	Reason policy.Reason `json:"reason"`
	Why    string        `json:"why"`
	// Notes say what was not read, and what the answer takes in its place.
	Notes []string `json:"notes,omitempty"`
}

// Whether somebody counts where people are asked, in place of what the rules say alone.
const (
	countsInAll  policy.Reason = "counts where people are asked"
	countsInPart policy.Reason = "counts for a part of what people are asked"
	countsNot    policy.Reason = "does not count where people are asked"
)

// byOwner is the reason where somebody may ask for something new with some owners and not with others.
const byOwner policy.Reason = "depends on the owner whom the request names"

// reasonOf returns the reason of an answer.
func reasonOf(x policy.Explanation) policy.Reason {
	answer := x.Answer()
	switch {
	case len(x.Named) > 0 && answer == policy.InPart:
		return byOwner
	case len(x.Deciding) == 0 || x.Decision.Allowed == (answer == policy.Yes) && answer != policy.InPart:
		return x.Decision.Reason
	case answer == policy.Yes:
		return countsInAll
	case answer == policy.InPart:
		return countsInPart
	}
	return countsNot
}

func (b because) sections() []section {
	return []section{{Title: fmt.Sprintf("%s, %s, %s", b.Person, b.Operation, b.Resource), Lines: append(strings.Split(b.Why, "\n"), b.Notes...)}}
}

// why asks the policy, with everybody in the groups that the directory has them in now. What cannot be
// meant as it is written is an error, so that nobody takes the answer about a slip of the pen for a fact.
func (t *tenant) why(ctx context.Context, p *policyfile.Policy, q question) (printable, error) {
	kind, name, ok := strings.Cut(q.resource, ":")
	if !ok || kind == "" {
		return nil, fmt.Errorf("%q is no resource: write type:name, such as group:data@example.com", q.resource)
	}
	if slip, some := standing.Slip(policy.Operation(q.operation), kind, name); some {
		return nil, errors.New(slip.English) // before the company is read for it
	}
	m, closeStore, err := t.everybody(ctx)
	if err != nil {
		return nil, err
	}
	defer closeStore()
	r, err := standing.New(m, p.Model())
	if err != nil {
		return nil, err
	}
	from, err := t.sources(p)
	if err != nil {
		return nil, err
	}
	doubt, some, err := r.Doubt(ctx, policy.Operation(q.operation), kind, name, from)
	if err != nil {
		return nil, err
	}
	if some {
		return nil, errors.New(doubt.English)
	}
	about, described, err := describe(ctx, r, kind, name, from)
	if err != nil {
		return nil, err
	}
	account, err := r.Account(ctx, q.person, kind, from)
	if err != nil {
		return nil, err
	}
	if len(q.owners) > 0 {
		about.Owners = nil
		for _, address := range q.owners {
			about.Owners = append(about.Owners, policy.Reference{Type: policy.TypeUser, Name: address})
		}
	}
	if len(q.tags) > 0 {
		about.Tags = q.tags
	}
	x, err := r.Why(ctx, q.person, account, policy.Operation(q.operation), about, p.Asks)
	if err != nil {
		return nil, err
	}
	answer := x.Answer()
	return because{
		Person: q.person, Operation: q.operation, Resource: q.resource,
		Answer: answer, Allowed: answer == policy.Yes, Reason: reasonOf(x), Why: x.String(), Notes: q.unread(kind, from.Catalog != nil, described),
	}, nil
}

// sources knows whose things are. Connections in the making are in the store, which is not read here.
func (t *tenant) sources(p *policyfile.Policy) (standing.Sources, error) {
	from := standing.Sources{Entitlements: p.Access, Systems: policyfile.AccountSystems()}
	if t.platform.CatalogURL == "" || t.platform.CatalogToken == "" {
		return from, nil
	}
	client, err := t.platform.catalog()
	if err != nil {
		return standing.Sources{}, err
	}
	from.Catalog = client
	return from, nil
}

// describe says whose a thing is. What the catalogue does not describe is nobody's, and the boolean is
// false.
func describe(ctx context.Context, r *standing.Resolver, kind, name string, from standing.Sources) (policy.Resource, bool, error) {
	about, err := r.Describe(ctx, kind, name, from)
	if errors.Is(err, openmetadata.ErrNotDescribed) {
		return policy.Resource{Type: kind, Name: name}, false, nil
	}
	return about, true, err
}

// unread says of a thing in the data catalogue what nobody read there. The rules are asked about it as
// about a thing that has none of it, and say so in the words for one that has none.
func (q question) unread(kind string, connected, described bool) []string {
	if !standing.InCatalog(kind) || connected && described {
		return nil
	}
	var as []string
	if len(q.owners) == 0 {
		as = append(as, "no owner")
	}
	if len(q.tags) == 0 {
		as = append(as, "no tag")
	}
	if !connected {
		account := "as if nobody had an account there"
		if len(as) > 0 {
			account = "as if it had " + strings.Join(as, " and ") + ", and " + account
		}
		return []string{"The data catalogue was not read, for OPENMETADATA_URL or OPENMETADATA_TOKEN is not set: what is said here is " + account + "."}
	}
	if len(as) == 0 {
		return nil
	}
	return []string{"The data catalogue does not say whose it is: what is said here is as if it had " + strings.Join(as, " and ") + "."}
}

// everybody reads all people and all groups with their members into a mirror in memory.
func (t *tenant) everybody(ctx context.Context) (*mirror.Mirror, func() error, error) {
	if err := t.listPeople(ctx); err != nil {
		return nil, nil, err
	}
	if err := t.listGroups(ctx); err != nil {
		return nil, nil, err
	}
	if err := t.readMembers(ctx); err != nil {
		return nil, nil, err
	}
	return t.mirror(ctx)
}
