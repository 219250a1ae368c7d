// Command local runs Sekisho in one process, with simulated vendors.
//
//	go run ./scripts/local                        serves the page
//	go run ./scripts/local run FILE.txtar…        plays scenarios
//	go run ./scripts/local bench                  measures the mirror of a large company
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/sekisho/sekisho/scripts/local/scenario"
	"github.com/sekisho/sekisho/shared/cloudfn"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var errScenarios = errors.New("not every scenario holds")

func run(ctx context.Context, args []string, out, log io.Writer) error {
	switch {
	case len(args) > 0 && args[0] == "bench":
		return measure(ctx, args[1:], out, log)
	case len(args) == 0 || args[0] != "run":
		return serve(ctx, args, out, log)
	}
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	backend := flags.String("backend", "embedded", "where store, bus and queues are: `embedded or gcp` (the official emulators)")
	reportTo := flags.String("report", "", "write a report as JSON to `file`")
	verbose := flags.Bool("v", false, "say everything that is done")
	flags.SetOutput(log)
	files, err := interleaved(flags, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("which scenarios? run FILE.txtar…")
	}
	if err := writable(*reportTo); err != nil {
		return err
	}
	o := scenario.Options{Backend: *backend, Out: out, Verbose: *verbose, Log: slog.New(slog.DiscardHandler)}
	if *verbose {
		o.Log = cloudfn.NewLog(log)
	}
	report, err := scenario.Play(files, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", report.Passed, report.Failed)
	if *reportTo != "" {
		if err := report.WriteFile(*reportTo); err != nil {
			return err
		}
	}
	if report.Failed > 0 {
		return errScenarios
	}
	return nil
}

// writable refuses a report that could not be written, before anything is done for it; the empty path is
// none.
func writable(path string) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return file.Close()
}

// interleaved parses flags wherever they stand among the other arguments.
func interleaved(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
}
