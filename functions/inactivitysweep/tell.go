package inactivitysweep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// ledgerPlan is the proposal that lets all stops of a night through.
func ledgerPlan(n *night, wanted []change.Proposal) (change.Proposal, error) {
	return ledger.PlanOf(change.Proposal{
		Kind: change.AccountDisablePlan, Target: n.planTarget(), Requester: rule, Channel: n.rule.Channel, Owners: idle.Owners(n.name, ""),
		Reason:      fmt.Sprintf("%d accounts at once are more than the brake lets pass", len(wanted)),
		Requirement: n.policy.Asks(change.AccountDisablePlan, ""), Quiet: idle.KeepFor, Policy: n.policy.Hash,
	}, wanted)
}

// warningID names one warning of one account: each step is a message of its own, and after a
// sign-in the steps begin anew, with new messages. From is the use that they count from.
func (n *night) warningID(a idle.Account, step time.Duration, from time.Time) string {
	return fmt.Sprintf("account-warning-%s-%s-%s", account.Name(n.name, a.ID), step, from.UTC().Format("20060102T150405"))
}

// tell warns a person, or takes the warnings back where the account is in use again.
func (n *night) tell(ctx context.Context, a act) error {
	if a.decision.Ended || a.decision.Void {
		for _, step := range a.before.Told {
			if err := n.takeBack(ctx, n.warningID(a.account, step, a.before.From), a.decision.Void); err != nil {
				return err
			}
		}
	}
	if a.decision.Action != idle.Warn {
		return nil
	}
	person, known, err := n.person(ctx, a.account.Email)
	if err != nil {
		return err
	}
	if !known {
		n.run.Untold(&a.account, a.decision) // nobody whom we could tell
		return nil
	}
	last := ""
	if !a.decision.Last.At.IsZero() {
		last = day(a.decision.Last.At)
	}
	return notice.Post(ctx, n.store, n.queue, notice.Notice{
		ID:   n.warningID(a.account, a.decision.Step, a.decision.Next.From),
		Kind: notice.AccountWarning, Person: person.ID, Until: a.decision.StopAt, At: n.at,
		Facts: map[string]string{"system": account.Title(n.name), "account": a.account.Email, "last": last, "url": n.addresses[n.name], "channel": n.rule.Channel},
	})
}

// takeBack ends one warning: the account is in use again, or spared.
func (n *night) takeBack(ctx context.Context, id string, spared bool) error {
	w, err := notice.Get(ctx, n.store, id)
	if errors.Is(err, notice.ErrUnknown) || err == nil && w.Over {
		return nil
	}
	if err != nil {
		return err
	}
	w.Over, w.At = true, n.at
	if spared {
		w.Facts["spared"] = "yes"
	}
	return notice.Post(ctx, n.store, n.queue, w)
}

// clocks says to people what our clock and the vendor's show.
func clocks(r idle.Reading) map[string]string {
	out := map[string]string{"why": idle.ErrClock.Error(), "ours": r.Ours.UTC().Format(time.RFC3339)}
	if !r.Theirs.IsZero() {
		out["theirs"] = r.Theirs.UTC().Format(time.RFC3339)
	}
	return out
}

// alert tells people that nothing was done tonight, and why.
func (n *night) alert(ctx context.Context, why []map[string]string) error {
	return notice.Post(ctx, n.store, n.queue, notice.Notice{
		ID: "account-refused-" + n.name + "-" + day(n.at), Kind: notice.AccountRefused, Channel: n.rule.Channel, At: n.at,
		Facts: map[string]string{"system": account.Title(n.name)}, Rows: why,
	})
}
