package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/sekisho/sekisho/scripts/local/bench"
)

// measure runs the bench and prints what it measured.
func measure(ctx context.Context, args []string, out, log io.Writer) error {
	o, reportTo, err := benchOptions(args, log)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := writable(reportTo); err != nil {
		return err
	}
	o.Progress = log
	result, err := bench.Run(ctx, o)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(result); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	if reportTo != "" {
		return result.WriteFile(reportTo)
	}
	return nil
}

// benchOptions reads what is to be measured, which without arguments is a company of the size of Greep's,
// and the file for the result, if it is to be in one.
func benchOptions(args []string, log io.Writer) (o bench.Options, reportTo string, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.IntVar(&o.Groups, "groups", 44_512, "how many groups")
	flags.IntVar(&o.Memberships, "memberships", 373_211, "how many direct memberships")
	flags.IntVar(&o.People, "people", 5_000, "how many people")
	flags.IntVar(&o.Changes, "changes", 2_000, "how many changes people make in a day")
	flags.IntVar(&o.Days, "days", 1, "how many days")
	rate := flags.String("rate", "40/s", "how many calls the Directory API grants: 40/s, 2400/m")
	flags.Float64Var(&o.FaultRate, "fault-rate", 0, "the share of calls to Google that fail, for example 0.05")
	flags.Float64Var(&o.Lost, "lost", 0, "the share of notifications that never arrive, for example 0.10")
	flags.StringVar(&o.Backend, "backend", "embedded", "where store, bus and queues are: `embedded or gcp` (the official emulators)")
	flags.Uint64Var(&o.Seed, "seed", 1, "what the company and its people follow from")
	flags.StringVar(&reportTo, "report", "", "write the result as JSON to `file`")
	if err := flags.Parse(args); err != nil {
		return bench.Options{}, "", err
	}
	if flags.NArg() > 0 {
		return bench.Options{}, "", fmt.Errorf("%q is nothing that bench knows: write flags only", flags.Arg(0))
	}
	o.Rate, err = bench.Rate(*rate)
	return o, reportTo, err
}
