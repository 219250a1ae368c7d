package scenario

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	simfivetran "github.com/sekisho/sekisho/shared/sim/fivetran"
)

// This file is what owners of data do with connect cards, and what happens at Fivetran besides.

func card(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 2 && args[0] == "submit":
		return w.SubmitCard(ctx, args[1])
	case len(args) == 2 && args[0] == "abandon":
		return w.AbandonCard(ctx, args[1])
	case len(args) == 3 && args[0] == "borrow":
		return w.BorrowCard(ctx, args[1], args[2])
	case len(args) == 2 && args[0] == "unfurl":
		return w.BorrowCard(ctx, "", args[1])
	}
	return mistaken("write card submit PERSON, card abandon PERSON, card borrow PERSON FROM or card unfurl FROM")
}

// fivetran lets something happen to a connection that does not come from us.
func fivetran(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	if len(args) < 2 {
		return mistaken("write fivetran tests|slow-tests|fail-syncs|pause|resume|break|delete|delete-group|rotate-key NAME")
	}
	name := args[1]
	if args[0] != "delete-group" && args[0] != "rotate-key" {
		if name, err = vendorsName(ctx, w, name); err != nil {
			return mistake{err}
		}
	}
	switch args[0] {
	case "tests":
		// The results of one run each, such as PASSED or FAILED; the last one stays, and none at all
		// lets them follow from the connection again.
		var runs [][]simfivetran.TestResult
		for _, status := range args[2:] {
			runs = append(runs, []simfivetran.TestResult{{Title: "Validating permissions", Status: strings.ToUpper(status), Message: "the user may not read"}})
		}
		err = w.Fivetran.ScriptTests(name, runs...)
	case "slow-tests":
		// How long they take, which is longer than anybody waits for an answer; 0s for quick ones.
		if len(args) != 3 {
			return mistaken("write fivetran slow-tests NAME DURATION")
		}
		d, parseErr := duration(args[2])
		if parseErr != nil {
			return mistake{parseErr}
		}
		err = w.Fivetran.SlowTests(name, d)
	case "fail-syncs":
		if len(args) != 3 {
			return mistaken("write fivetran fail-syncs NAME N")
		}
		n, parseErr := strconv.Atoi(args[2])
		if parseErr != nil {
			return mistake{parseErr}
		}
		err = w.Fivetran.FailSyncs(name, n, "the warehouse is full")
	case "pause", "resume":
		err = w.Fivetran.Pause(name, args[0] == "pause")
	case "break":
		err = w.Fivetran.Break(name)
	case "delete":
		err = w.Fivetran.DeleteConnection(name)
	case "delete-group":
		err = w.Fivetran.DeleteGroup(args[1])
	case "rotate-key":
		w.Fivetran.Rotate("another-key", args[1])
	default:
		return mistaken("%q is nothing that happens at Fivetran here", args[0])
	}
	return errors.Join(err, w.Settle(ctx))
}
