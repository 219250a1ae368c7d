package desk

import (
	"context"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Counter is what all desks have.
type Counter struct {
	Ledger   *ledger.Ledger
	Standing *standing.Resolver
	// Asks says what is needed where people decide on a kind of change, and on one that is about
	// an entitlement.
	Asks func(kind change.Kind, entitlement string) change.Requirement
	// Policy is the hash of the policy in force.
	Policy string

	// from knows whose a thing is that is asked for.
	from standing.Sources
}

// may refuses who may not ask for a kind of change by the policy's roles and rules, with a [Barred]. The
// name is that of what is asked for.
func (c Counter) may(ctx context.Context, a Asker, kind change.Kind, name string) error {
	ok, err := c.Standing.MayAsk(ctx, a.Person.ID, kind, name, c.from)
	if err != nil || ok {
		return err
	}
	no := &Refused{a.Says("The policy does not let you ask for this.", "ポリシーにより、この依頼はできません。")}
	return &Barred{Refused: no, Kind: kind, About: name}
}

// propose proposes under the name of the request.
func (c Counter) propose(ctx context.Context, name string, p change.Proposal) error {
	_, err := c.Ledger.ProposeOnce(ctx, name, p)
	return err
}
