package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/scripts/local/console"
	"github.com/sekisho/sekisho/scripts/local/demo"
	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// tick is how often the page's clock moves.
const tick = 500 * time.Millisecond

// serve serves the page until ctx ends.
func serve(ctx context.Context, args []string, out, log io.Writer) (err error) {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.Usage = func() {
		fmt.Fprint(log, "local serves the page. There is more that it does:\n\n"+
			"  local run FILE.txtar…   plays scenarios\n  local bench             measures the mirror of a large company\n\n"+
			"Each of these tells its flags with -h. Those of the page:\n\n")
		flags.PrintDefaults()
	}
	addr := flags.String("addr", "127.0.0.1:8080", "serve the page at `address`")
	var companies files
	flags.Var(&companies, "company", "load groups or people from `file`; may be given again, and further files may follow (default: the demo company)")
	policyAt := flags.String("policy", "", "the policy in force: a `file` or folder (default: the demo policy)")
	db := flags.String("db", "", "keep the database in a new `file` (default: in memory)")
	backend := flags.String("backend", "embedded", "where store, bus and queues are: `embedded or gcp` (the official emulators)")
	rest, err := interleaved(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(rest) > 0 && len(companies) == 0 {
		return fmt.Errorf("%q is no command: write run FILE.txtar…, or flags only to serve the page", rest[0])
	}
	options := world.Options{Path: *db, Backend: *backend, Seed: 1, Log: cloudfn.NewLog(log)}
	if options.Company, err = loadCompany(append(companies, rest...)); err != nil {
		return err
	}
	if options.Policy, err = openPolicy(*policyAt); err != nil {
		return err
	}
	policy, err := policyfile.Load(options.Policy)
	if err != nil {
		return err
	}
	if err := fresh(*db); err != nil {
		return err
	}
	// The address comes first: what cannot be served need not be built.
	listener, err := listen(ctx, *addr)
	if err != nil {
		return err
	}
	w, err := world.New(options)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := w.Start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintf(out, "Sekisho is at http://%s\n", listener.Addr())
	return hold(ctx, listener, console.NewLive(w), console.Options{Policy: policy, Log: options.Log})
}

// hold lets time pass in a world and serves its page, until ctx ends.
func hold(ctx context.Context, listener net.Listener, live *console.Live, o console.Options) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := &http.Server{
		Handler: console.New(live, o), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		// Streams last as long as the page is open, and end with ctx.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	passing := make(chan error, 1)
	go func() {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		passing <- live.Run(ctx, ticker.C)
	}()
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(listener) }()
	var err error
	select {
	case err = <-serving:
	case <-ctx.Done():
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = server.Shutdown(end)
	}
	stop()
	<-passing
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("another program serves at %s already: end it, or write -addr 127.0.0.1:0 for a free port", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("serve at %s: %w", addr, err)
	}
	return listener, nil
}

// fresh refuses a database of an earlier run: a world begins at the same time with the same
// company, and would not fit what the database remembers.
func fresh(path string) error {
	if path == "" {
		return nil
	}
	switch _, err := os.Stat(path); {
	case err == nil:
		return fmt.Errorf("%s exists already, and a world begins anew each time: name a new file", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return fmt.Errorf("look for database %s: %w", path, err)
	}
}

// loadCompany reads companies; a later file adds to the earlier ones. Without a file it is nil,
// which means the demo company.
func loadCompany(paths []string) (*org.Company, error) {
	var all *org.Company
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read company: %w", err)
		}
		c, err := org.Parse(path, data)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = c
			continue
		}
		all.Merge(c)
	}
	return all, nil
}

// openPolicy returns the policy at a path, a file or a folder; the demo policy for no path.
func openPolicy(path string) (fs.FS, error) {
	if path == "" {
		return demo.Policy(), nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	if info.IsDir() {
		return os.DirFS(path), nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return fstest.MapFS{filepath.Base(path): {Data: data}}, nil
}

// files is a flag that may be given several times.
type files []string

// String implements [flag.Value].
func (f *files) String() string { return strings.Join(*f, " ") }

// Set implements [flag.Value].
func (f *files) Set(path string) error {
	*f = append(*f, path)
	return nil
}
