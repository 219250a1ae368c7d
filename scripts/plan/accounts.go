package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// systemReport is about the accounts of one system, as the first night would treat them.
type systemReport struct {
	System string      `json:"system"`
	Mode   change.Mode `json:"mode"`
	// Refused says why the listing would not be acted on; empty where it would.
	Refused string          `json:"refused,omitempty"`
	Summary idle.Summary    `json:"summary"`
	Held    bool            `json:"held"`
	Steps   []accountReport `json:"steps"`
}

// accountReport is one account on a step of the ladder.
type accountReport struct {
	Step    string    `json:"step"`
	Account string    `json:"account"`
	Roles   []string  `json:"roles,omitempty"`
	Since   time.Time `json:"since"`
	StopAt  time.Time `json:"stop_at,omitzero"`

	order int
}

// The order of the steps, the last of the ladder first.
const (
	stepStop = iota
	stepReport
	stepWarn
	stepUnknown
)

// judgeAccounts runs one night over a listing, with an empty memory: nobody was warned yet.
func judgeAccounts(system string, l listing, rule idle.Rule, d idle.Directory, now time.Time) (systemReport, error) {
	out := systemReport{System: system, Mode: rule.Mode}
	judge, err := idle.NewJudge(rule, d, now)
	if err != nil {
		return out, fmt.Errorf("judge the accounts of %s: %w", system, err)
	}
	run := judge.NewRun()
	for i := range l.Accounts {
		a := &l.Accounts[i]
		decision := judge.Decide(a, idle.Memory{})
		run.Add(a, decision)
		if step, order, ok := stepOf(decision); ok {
			out.Steps = append(out.Steps, accountReport{
				Step: step, Account: cmp.Or(a.Email, a.Name, a.ID), Roles: a.Roles, Since: decision.Since, StopAt: decision.StopAt, order: order,
			})
		}
	}
	slices.SortStableFunc(out.Steps, func(a, b accountReport) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Step, b.Step), a.Since.Compare(b.Since), cmp.Compare(a.Account, b.Account))
	})
	out.Summary = run.Summary()
	out.Held = rule.Brake.Check(out.Summary.Enabled, 0, out.Summary.Stops).Held
	if err := idle.CheckClock(l.Reading.Ours, l.Reading.Theirs); err != nil {
		out.Refused = err.Error()
	} else if doubts := run.Census().Doubts(nil); len(doubts) > 0 {
		out.Refused = "the listing is not believed: " + joined(doubts)
	}
	return out, nil
}

// stepOf names the step of the ladder on which an account is. The boolean is false where nothing
// is to be done or to be looked at.
func stepOf(d idle.Decision) (step string, order int, ok bool) {
	switch {
	case d.Action == idle.Stop:
		return "stop", stepStop, true
	case d.Action == idle.Report:
		return "would stop (report)", stepReport, true
	case d.Action == idle.Warn:
		return "warn " + inDays(d.Step) + " before", stepWarn, true
	case d.Verdict == idle.Unknown:
		return "unknown: " + string(d.Why), stepUnknown, true
	}
	return "", 0, false
}

func inDays(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	return d.String()
}

// spared returns who is in the groups that a rule spares, by what was read of them.
func spared(ctx context.Context, mem *memory, m *mirror.Mirror, groups []string) (idle.Directory, error) {
	d := idle.Directory{Aliases: map[string]string{}}
	for _, p := range mem.People {
		for _, alias := range p.Aliases {
			d.Aliases[alias] = p.Email
		}
	}
	var err error
	d.Groups, err = account.Spared(ctx, m, groups)
	return d, err
}

func (r systemReport) section() section {
	s := section{Title: "Accounts of " + r.System + " by ladder step", Lines: []string{
		fmt.Sprintf("Mode %s. %s enabled, %d disabled: %d active, %d idle, %d never signed in. This is the first night; nobody was warned yet.",
			r.Mode, counted(r.Summary.Enabled, "account"), r.Summary.Disabled, r.Summary.Active, r.Summary.Idle, r.Summary.NeverSignedIn),
	}}
	if r.Refused != "" {
		s.Lines = append(s.Lines, "Nothing would be done: "+r.Refused+".")
	}
	if r.Held {
		s.Lines = append(s.Lines, fmt.Sprintf("The brake would hold all %d stops until people have agreed.", r.Summary.Stops))
	}
	if n := r.Summary.Forecast.Total; n > 0 {
		s.Lines = append(s.Lines, fmt.Sprintf("%s would fall idle within 30 days.", counted(n, "further account")))
	}
	s.Head = []string{"Step", "Account", "Unused since", "Stop", "Roles"}
	for _, a := range r.Steps {
		s.Rows = append(s.Rows, []string{a.Step, a.Account, clockDay(a.Since), clockDay(a.StopAt), strings.Join(a.Roles, ", ")})
	}
	return s
}

func clockDay(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateOnly)
}
