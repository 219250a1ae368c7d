package inactivitysweep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// warningID names one warning of one account: each step is a message of its own, and where the
// steps begin anew they are new messages. Of is a memory with these warnings.
func (n *night) warningID(a idle.Account, step time.Duration, of idle.Memory) string {
	return fmt.Sprintf("account-warning-%s-%s-%s", account.Name(n.name, a.ID), step, day(of.Begun))
}

// tell takes back what a person was told that is void, and warns them. It reports whether it has warned
// them.
func (n *night) tell(ctx context.Context, a act) (bool, error) {
	if err := n.takeBack(ctx, a); err != nil {
		return false, err
	}
	if a.decision.Action != idle.Warn {
		return false, nil
	}
	person, known, err := n.person(ctx, a.account.Email)
	if err != nil {
		return false, err
	}
	if !known {
		n.run.Untold(&a.account, a.decision) // nobody whom we could tell
		return false, nil
	}
	warning := n.warningID(a.account, a.decision.Step, a.decision.Next)
	if first(a) {
		err := account.BeginTelling(ctx, n.store, account.Telling{
			System: n.name, Account: a.account.ID, Warning: warning, Step: a.decision.Step, Begun: a.decision.Next.Begun, At: n.at,
		})
		if err != nil {
			return false, err
		}
	}
	last := ""
	if !a.decision.Last.At.IsZero() {
		last = day(a.decision.Last.At)
	}
	err = notice.Post(ctx, n.store, n.queue, notice.Notice{
		ID:   warning,
		Kind: notice.AccountWarning, Person: person.ID, Until: a.decision.StopAt, At: n.at,
		Facts: map[string]string{"system": account.Title(n.name), "account": a.account.Email, "last": last, "url": n.addresses[n.name], "channel": n.rule.Channel},
	})
	return err == nil, err
}

// first reports whether a warning is the first one of an account: only those after it are looked for by what is
// remembered.
func first(a act) bool { return a.decision.Action == idle.Warn && len(a.decision.Next.Told) == 1 }

// anotherNight is after how long a warning that is being told is of a night that has ended.
const anotherNight = 12 * time.Hour

// orphans ends the first warnings of nights before that were told and are not remembered, because the night ended in
// between: whatever has become of the account, nobody would end them.
func (n *night) orphans(ctx context.Context) error {
	all, err := account.Tellings(ctx, n.store, n.name)
	if err != nil {
		return err
	}
	for _, t := range all {
		if n.at.Sub(t.At) < anotherNight {
			continue // this night tells it, and may tell it once more
		}
		stands, err := account.Get(ctx, n.store, n.name, t.Account)
		if err != nil {
			return err
		}
		if !stands.Begun.Equal(t.Begun) || !slices.Contains(stands.Told, t.Step) {
			if err := n.end(ctx, t.Warning, "moved"); err != nil {
				return err
			}
		}
		if err := account.EndTelling(ctx, n.store, t.Warning); err != nil {
			return err
		}
	}
	return nil
}

// takeBack ends the warnings of an account that is in use again, or spared, or not stopped on the
// day that they named.
func (n *night) takeBack(ctx context.Context, a act) error {
	if !a.decision.Ended && !a.decision.Void && !a.decision.Moved {
		return nil
	}
	why := ""
	switch {
	case a.decision.Void:
		why = "spared"
	case a.decision.Moved:
		why = "moved"
	}
	for _, step := range a.before.Told {
		if err := n.end(ctx, n.warningID(a.account, step, a.before), why); err != nil {
			return err
		}
	}
	return nil
}

// end ends a warning, because the account is spared or the day has moved; or because it is in use again, if neither
// is why.
func (n *night) end(ctx context.Context, warning, why string) error {
	w, err := notice.Get(ctx, n.store, warning)
	if errors.Is(err, notice.ErrUnknown) || err == nil && w.Over {
		return nil
	}
	if err != nil {
		return err
	}
	w.Over, w.At = true, n.at
	if why != "" {
		w.Facts[why] = "yes"
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
