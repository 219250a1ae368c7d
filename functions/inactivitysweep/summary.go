package inactivitysweep

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// sumUp stores what the night came to, and tells the channel. It tells what was done, by this attempt and
// by another one of the night; not what was to be done.
func (n *night) sumUp(ctx context.Context) error {
	s := n.run.Summary()
	s.Held, s.Begun, s.Warned, s.Ended = n.held, n.begun, n.warned, n.ended
	s, err := account.Summarize(ctx, n.store, n.name, s, n.began)
	if err != nil {
		return err
	}
	// One message a week, kept up to date.
	year, week := n.at.UTC().ISOWeek()
	return notice.Post(ctx, n.store, n.queue, notice.Notice{
		ID: fmt.Sprintf("account-summary-%s-%d-%02d", n.name, year, week), Kind: notice.AccountSummary, Channel: n.rule.Channel, At: n.at,
		Facts: n.facts(s), Rows: rows(s),
	})
}

// facts are the numbers of a summary, and the lists of those whom it names.
func (n *night) facts(s idle.Summary) map[string]string {
	asked, stopped := 0, 0
	if n.rule.Mode == change.Ask {
		asked = s.Begun
	} else {
		stopped = s.Begun
	}
	facts := map[string]string{"system": account.Title(n.name), "days": strconv.Itoa(int(n.rule.After / (24 * time.Hour))), "seats": ""}
	for name, value := range map[string]int{
		"total": s.Total, "active": s.Active, "never": s.NeverSignedIn, "staff": s.Staff, "disabled": s.Disabled, "unknown": sum(s.Unknown),
		"idle": s.Idle, "spared": sum(s.Spared), "falling": s.Forecast.Total, "used": s.Seats.Used, "warned": sum(s.Warned), "ended": s.Ended,
		"asked": asked, "stopped": stopped, "held": s.Held, "reported": s.Reports, "postponed": s.Postponed, "untold": len(s.Untold), "doubtful": len(s.Doubtful),
	} {
		facts[name] = strconv.Itoa(value)
	}
	if s.Seats.Contract > 0 {
		facts["seats"] = strconv.Itoa(s.Seats.Contract)
	}
	facts["stopping"], facts["unreached"] = names(s.Stopping, lastDay), names(s.Untold, lastDay)
	facts["doubts"] = names(s.Doubtful, lastDay)
	facts["next"] = names(s.Forecast.Named, func(e idle.Entry) string { return day(e.At) })
	return facts
}

func sum[K comparable](counts map[K]int) int {
	total := 0
	for _, count := range counts {
		total += count
	}
	return total
}

// mostRoles is how many roles a chart shows: those with the most accounts.
const mostRoles = 15

// rows are the bars of the chart: each role, and the weeks in which accounts fall idle.
func rows(s idle.Summary) []map[string]string {
	roles := slices.Clone(s.Roles)
	slices.SortStableFunc(roles, func(a, b idle.RoleCount) int { return cmp.Compare(b.Enabled, a.Enabled) })
	var out []map[string]string
	for _, r := range roles[:min(len(roles), mostRoles)] {
		out = append(out, map[string]string{"role": r.Name, "total": strconv.Itoa(r.Enabled), "active": strconv.Itoa(r.Active)})
	}
	const week = 7
	weeks := map[int]int{}
	for ahead, count := range s.Forecast.Days {
		weeks[ahead/week] += count
	}
	for _, w := range slices.Sorted(maps.Keys(weeks)) {
		from, to := s.At.Add(time.Duration(w*week)*24*time.Hour), s.At.Add(time.Duration(min(w*week+week, len(s.Forecast.Days))-1)*24*time.Hour)
		out = append(out, map[string]string{"from": day(from), "to": day(to), "count": strconv.Itoa(weeks[w])})
	}
	return out
}

// mostNamed is how many accounts a message names.
const mostNamed = 20

// names lists accounts, each with a day.
func names(all []idle.Entry, of func(idle.Entry) string) string {
	out := make([]string, 0, mostNamed+1)
	for i, e := range all {
		if i == mostNamed {
			out = append(out, "…")
			break
		}
		out = append(out, fmt.Sprintf("%s (%s)", cmp.Or(e.Email, e.ID), of(e)))
	}
	return strings.Join(out, ", ")
}

// lastDay is when an account was used last.
func lastDay(e idle.Entry) string { return day(e.Last.At) }
