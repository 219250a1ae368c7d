package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/account"
)

// runs are what the latest nightly run through each system of accounts came to, as the function
// inactivitysweep has stored it: what it found and what it did.
type runs struct {
	Systems map[string]idle.Summary `json:"systems"`
}

// summarize reads the latest runs where they are: in the store that -store names, or in a demo company
// that lives for a night.
func (o options) summarize(ctx context.Context, p *platform, inForce fs.FS) (printable, error) {
	switch {
	case o.store != "":
		db, err := openStore(ctx, o.store, p.Now)
		if err != nil {
			return nil, err
		}
		defer db.Close()
		return latestRuns(ctx, db.Store)
	case o.demo:
		return demoRuns(ctx, inForce)
	}
	return nil, errors.New("which store? Write -store firestore:PROJECT/sekisho, or -demo")
}

// latestRuns reads the runs of all systems that policy may look after. One that had none is left
// out; where no system had any, the error is [account.ErrNoRun].
func latestRuns(ctx context.Context, s store.Store) (runs, error) {
	out := runs{Systems: map[string]idle.Summary{}}
	for _, system := range []string{policyfile.LookerAccounts, policyfile.WorkspaceAccounts} {
		summary, err := account.Summary(ctx, s, system)
		if errors.Is(err, account.ErrNoRun) {
			continue
		}
		if err != nil {
			return out, err
		}
		out.Systems[system] = summary
	}
	if len(out.Systems) == 0 {
		return out, account.ErrNoRun
	}
	return out, nil
}

// demoRuns lets a demo company live for a day under a policy.
func demoRuns(ctx context.Context, inForce fs.FS) (printable, error) {
	w, err := world.New(world.Options{Policy: inForce, Seed: demoSeed})
	if err != nil {
		return nil, err
	}
	defer w.Close()
	if err := errors.Join(w.Start(ctx), w.AdvanceAll(ctx, w.Clock.Now().Add(24*time.Hour))); err != nil {
		return nil, err
	}
	return latestRuns(ctx, w.Store())
}

func (r runs) sections() []section {
	var out []section
	for _, system := range slices.Sorted(maps.Keys(r.Systems)) {
		out = append(out, sectionOf(system, r.Systems[system]))
	}
	return out
}

func sectionOf(system string, s idle.Summary) section {
	contract := ""
	if s.Seats.Contract > 0 {
		contract = fmt.Sprintf(" of %d in the contract", s.Seats.Contract)
	}
	out := section{
		Title: fmt.Sprintf("Accounts of %s on %s", system, s.At.UTC().Format(time.RFC3339)),
		Lines: []string{
			fmt.Sprintf("%s: %d enabled, %d active, %d idle, %d never signed in, %d disabled, %d of the vendor's staff.",
				counted(s.Total, "account"), s.Enabled, s.Active, s.Idle, s.NeverSignedIn, s.Disabled, s.Staff),
			fmt.Sprintf("Seats: %d%s. %s within 30 days.", s.Seats.Used, contract, counted(s.Forecast.Total, "account")+" would fall idle"),
			fmt.Sprintf("This run: %d warned, %d back after a warning, %d to be stopped, %d held by the brake, %d reported, %d left to later nights.",
				total(s.Warned), s.Ended, s.Stops, s.Held, s.Reports, s.Postponed),
		},
		Head: []string{"Role", "Enabled", "Active"},
	}
	for what, list := range map[string][]idle.Entry{"Stop": s.Stopping, "Nobody could be warned": s.Untold} {
		if len(list) > 0 {
			out.Lines = append(out.Lines, what+": "+addresses(list)+".")
		}
	}
	slices.Sort(out.Lines[3:])
	for _, r := range s.Roles {
		out.Rows = append(out.Rows, []string{r.Name, fmt.Sprint(r.Enabled), fmt.Sprint(r.Active)})
	}
	return out
}

func total(counts map[string]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}

func addresses(list []idle.Entry) string {
	var out []string
	for _, e := range list {
		out = append(out, e.Email)
	}
	return strings.Join(out, ", ")
}
