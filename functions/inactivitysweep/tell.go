package inactivitysweep

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// ledgerPlan is the proposal that lets all stops of a night through.
func ledgerPlan(n *night, wanted []change.Proposal) (change.Proposal, error) {
	return ledger.PlanOf(change.Proposal{
		Kind: change.AccountDisablePlan, Target: n.planTarget(), Requester: rule, Channel: n.rule.Channel, Owners: desk.AccountOwners(n.name, ""),
		Reason:      fmt.Sprintf("%d accounts at once are more than the brake lets pass", len(wanted)),
		Requirement: n.policy.Asks(change.AccountDisablePlan, ""), Quiet: idle.KeepFor, Policy: n.policy.Hash,
	}, wanted)
}

// warningID names the warnings of one account: there is one message, which each step brings up to
// date, and a sign-in ends.
func (n *night) warningID(a idle.Account, step string) string {
	return fmt.Sprintf("account-warning-%s-%s", account.Name(n.name, a.ID), step)
}

// tell warns a person, or takes the warnings back where the account is in use again.
func (n *night) tell(ctx context.Context, a act) error {
	if a.decision.Ended {
		before, err := account.Get(ctx, n.store, n.name, a.account.ID)
		if err != nil {
			return err
		}
		for _, step := range before.Told {
			if err := notice.Withdraw(ctx, n.store, n.queue, n.warningID(a.account, step.String()), n.at); err != nil {
				return err
			}
		}
	}
	if a.decision.Action != idle.Warn {
		return nil
	}
	person, ok := n.people[group.Address(a.account.Email)]
	if !ok {
		return nil // nobody whom we could tell
	}
	last := ""
	if !a.decision.Last.At.IsZero() {
		last = day(a.decision.Last.At)
	}
	return notice.Post(ctx, n.store, n.queue, notice.Notice{
		ID: n.warningID(a.account, a.decision.Step.String()), Kind: notice.AccountWarning, Person: person.ID, Until: a.decision.StopAt, At: n.at,
		Facts: map[string]string{"system": title(n.name), "account": a.account.Email, "last": last, "url": n.addresses[n.name]},
	})
}

// title is how people call a system.
func title(system string) string {
	switch system {
	case "looker":
		return "Looker"
	case "workspace":
		return "Google Workspace"
	}
	return system
}

// sumUp stores what the night came to, and tells the channel.
func (n *night) sumUp(ctx context.Context) error {
	s := n.run.Summary()
	if err := account.Summarize(ctx, n.store, n.name, s); err != nil {
		return err
	}
	warned, asked, stopped, held := 0, 0, 0, 0
	for _, count := range s.Warned {
		warned += count
	}
	switch {
	case n.held:
		held = s.Stops
	case n.rule.Mode == change.Ask:
		asked = s.Stops
	default:
		stopped = s.Stops
	}
	unknown := 0
	for _, count := range s.Unknown {
		unknown += count
	}
	facts := map[string]string{"system": title(n.name)}
	for name, value := range map[string]int{
		"total": s.Total, "active": s.Active, "never": s.NeverSignedIn, "staff": s.Staff, "disabled": s.Disabled, "unknown": unknown,
		"falling": s.Forecast.Total, "warned": warned, "asked": asked, "stopped": stopped, "held": held, "reported": s.Reports,
		"used": s.Seats.Used,
	} {
		facts[name] = strconv.Itoa(value)
	}
	facts["stopping"] = names(s.Stopping)
	facts["seats"] = ""
	if s.Seats.Contract > 0 {
		facts["seats"] = strconv.Itoa(s.Seats.Contract)
	}
	var rows []map[string]string
	for _, r := range s.Roles {
		rows = append(rows, map[string]string{"role": r.Name, "total": strconv.Itoa(r.Enabled), "idle": strconv.Itoa(r.Enabled - r.Active)})
	}
	// One message a week, kept up to date.
	year, week := n.at.UTC().ISOWeek()
	return notice.Post(ctx, n.store, n.queue, notice.Notice{
		ID: fmt.Sprintf("account-summary-%s-%d-%02d", n.name, year, week), Kind: notice.AccountSummary, Channel: n.rule.Channel, At: n.at,
		Facts: facts, Rows: rows,
	})
}

// mostNamed is how many accounts a summary names.
const mostNamed = 20

// names lists accounts with their latest sign-in.
func names(all []idle.Entry) string {
	out := make([]string, 0, mostNamed+1)
	for i, e := range all {
		if i == mostNamed {
			out = append(out, "…")
			break
		}
		out = append(out, fmt.Sprintf("%s (%s)", cmp.Or(e.Email, e.ID), day(e.Last.At)))
	}
	return strings.Join(out, ", ")
}

// alert tells people that nothing was done tonight, and why.
func (n *night) alert(ctx context.Context, why string) error {
	return notice.Post(ctx, n.store, n.queue, notice.Notice{
		ID: "account-refused-" + n.name, Kind: notice.AccountRefused, Channel: n.rule.Channel, At: n.at,
		Facts: map[string]string{"system": title(n.name), "why": why},
	})
}
