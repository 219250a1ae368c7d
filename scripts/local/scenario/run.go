// Package scenario plays scenarios: testscript files whose commands act in a world and say
// what must hold there.
package scenario

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho/sekisho/scripts/local/world"
)

// Options say how scenarios are played.
type Options struct {
	// Backend is "embedded" or "gcp"; empty means embedded.
	Backend string
	// Out receives what is said about each scenario.
	Out io.Writer
	// Verbose says everything that was done, also of scenarios that hold.
	Verbose bool
	Log     *slog.Logger
	// Tap is that of the worlds.
	Tap func(host string, next http.Handler) http.Handler
}

// Play plays each file in a fresh world, one after the other, and returns what became of
// them.
func Play(files []string, o Options) (*Report, error) {
	if o.Backend == "gcp" {
		stop, err := world.StartEmulators(context.Background())
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	report := &Report{Backend: o.Backend}
	if report.Backend == "" {
		report.Backend = "embedded"
	}
	cwd, err := os.Getwd()
	if err != nil {
		cwd = "."
	}
	for _, file := range files {
		began := time.Now()
		s := &stage{options: o, cwd: cwd, dir: filepath.Dir(file)}
		root := &playing{out: &strings.Builder{}}
		root.Run(file, func(t testscript.T) {
			testscript.RunT(t, testscript.Params{Files: []string{file}, Cmds: s.commands(), Setup: func(env *testscript.Env) error {
				env.Defer(s.close)
				return nil
			}})
		})
		for _, where := range s.watch.leaks() {
			fmt.Fprintf(root.out, "the address of a connect card is in %s\n", where)
			root.failed = true
		}
		if !s.played && !root.failed {
			fmt.Fprintln(root.out, "there is no command in it: a scenario that does nothing shows nothing")
			root.failed = true
		}
		result := s.result(file, !root.failed, time.Since(began))
		report.add(result)
		if root.failed {
			fmt.Fprintf(o.Out, "FAIL %s\n%s\n", file, strings.TrimRight(root.out.String(), "\n"))
			continue
		}
		if o.Verbose {
			fmt.Fprintln(o.Out, strings.TrimRight(root.out.String(), "\n"))
		}
		fmt.Fprintf(o.Out, "ok   %s (%.2f s)\n", file, time.Since(began).Seconds())
	}
	return report, nil
}

// playing implements [testscript.T] outside of a test.
type playing struct {
	out    *strings.Builder
	failed bool
}

// Run implements [testscript.T]. As in package testing, what fails ends its own goroutine.
func (p *playing) Run(_ string, f func(testscript.T)) {
	inner := &playing{out: p.out}
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		f(inner)
	}()
	if panicked := <-done; panicked != nil {
		fmt.Fprintf(p.out, "panic: %v\n", panicked)
		inner.failed = true
	}
	p.failed = p.failed || inner.failed
}

// Log implements [testscript.T].
func (p *playing) Log(args ...any) { fmt.Fprintln(p.out, args...) }

// Fatal implements [testscript.T].
func (p *playing) Fatal(args ...any) {
	p.Log(args...)
	p.FailNow()
}

// FailNow implements [testscript.T].
func (p *playing) FailNow() {
	p.failed = true
	runtime.Goexit()
}

// Skip implements [testscript.T].
func (p *playing) Skip(args ...any) {
	p.Log(args...)
	runtime.Goexit()
}

// Parallel implements [testscript.T]: scenarios are played one after the other.
func (*playing) Parallel() {}

// Verbose implements [testscript.T].
func (*playing) Verbose() bool { return false }
