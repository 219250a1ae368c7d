package scenario

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/domain/span"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// stage is the world of one scenario, made when the first command needs it.
type stage struct {
	options Options
	// cwd and dir are where paths are looked for that are no sections of the scenario.
	cwd, dir string

	company *org.Company
	policy  fs.FS
	world   *world.World
	stages  map[string]Latency
	// watch sees whether the address of a connect card gets out.
	watch watch
	// negated says that the command under way has a "!" before it.
	negated bool
	// played says that there was a command at all.
	played bool
}

// command is one command of a scenario. It returns an error when it does not hold.
type command func(ctx context.Context, s *stage, ts *testscript.TestScript, args []string) error

func (s *stage) commands() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]command{
		"company": company, "generate": generate, "policy": putPolicy, "start": start, "at": at, "advance": advance,
		"restart": restart, "crash": crash, "fault": fault, "quota": quota,
		"workspace": workspace, "slack": slack, "looker": looker, "iam": cloud,
		"card": card, "fivetran": fivetran, "catalog": catalogue, "request": request,
		"expect": expect, "mark": mark, "show": show,
	}
	out := map[string]func(*testscript.TestScript, bool, []string){}
	for name, run := range all {
		out[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			s.negated, s.played = neg, true
			err := run(context.Background(), s, ts, args)
			switch {
			case errors.Is(err, errToNothing):
			case err != nil && isMistake(err):
				ts.Fatalf("%s: %v", name, err)
			case err != nil && !neg:
				ts.Fatalf("%s", err)
			case err == nil && neg:
				ts.Fatalf("%s %s: it holds, and should not", name, strings.Join(args, " "))
			}
		}
	}
	return out
}

// mistake is a command that is written wrongly. A "!" before it does not excuse it.
type mistake struct{ error }

func mistaken(format string, args ...any) error { return mistake{fmt.Errorf(format, args...)} }

func isMistake(err error) bool {
	_, ok := err.(mistake)
	return ok
}

// built returns the world, and makes it if there is none yet.
func (s *stage) built() (*world.World, error) {
	if s.world != nil {
		return s.world, nil
	}
	w, err := world.New(world.Options{Company: s.company, Policy: s.policy, Backend: s.options.Backend, Seed: 1, Log: s.watch.log(s.options.Log), Tap: s.watch.tap(s.options.Tap)})
	if err != nil {
		return nil, err
	}
	s.world = w
	return w, nil
}

// running returns the world, and starts it if nobody has.
func (s *stage) running(ctx context.Context) (*world.World, error) {
	w, err := s.built()
	if err != nil {
		return nil, err
	}
	return w, w.Start(ctx)
}

func (s *stage) close() {
	if s.world != nil {
		s.measure(context.Background())
		s.readAudit(context.Background())
		_ = s.world.Close()
	}
}

func (s *stage) ledger() *ledger.Ledger { return ledger.New(s.world.Store(), nil, s.world.Clock.Now) }

// read returns a section of the scenario, or a file.
func (s *stage) read(ts *testscript.TestScript, name string) ([]byte, error) {
	for _, path := range []string{ts.MkAbs(name), filepath.Join(s.cwd, name), filepath.Join(s.cwd, s.dir, name), filepath.Join(s.dir, name)} {
		data, err := os.ReadFile(path)
		if err == nil {
			return data, nil
		}
		if !os.IsNotExist(err) {
			return nil, mistake{err}
		}
	}
	return nil, mistaken("%s is neither a section of the scenario nor a file", name)
}

// options splits arguments into those that stand by themselves and those that have a name.
func named(args []string, names ...string) (plain []string, byName map[string]string) {
	byName = map[string]string{}
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		known := false
		for _, n := range names {
			known = known || (ok && n == name)
		}
		if known {
			byName[name] = value
		} else {
			plain = append(plain, a)
		}
	}
	return plain, byName
}

// duration reads Go's durations with days.
func duration(s string) (time.Duration, error) {
	d, err := span.Parse(s)
	if err != nil {
		return 0, mistaken("%q %v: write 10m, 6h or 180d", s, err)
	}
	return d, nil
}

func policyFS(name string, data []byte) fs.FS {
	base := filepath.Base(name)
	if ext := filepath.Ext(base); ext != ".yaml" && ext != ".yml" {
		base += ".yaml"
	}
	return fstest.MapFS{base: {Data: data}}
}
