package scenario

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
)

func company(_ context.Context, s *stage, ts *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return mistaken("which file?")
	}
	if s.world != nil {
		return mistaken("the world exists already: companies come first")
	}
	for _, name := range args {
		data, err := s.read(ts, name)
		if err != nil {
			return err
		}
		c, err := org.Parse(name, data)
		if err != nil {
			return err
		}
		if s.company == nil {
			s.company = c
		} else {
			s.company.Merge(c)
		}
	}
	return nil
}

func generate(_ context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	plain, options := named(args, "groups", "memberships", "people", "seed")
	if len(plain) > 0 || s.world != nil {
		return mistaken("write generate groups=N memberships=N people=N [seed=N], before the world exists")
	}
	n := map[string]int{"seed": 1}
	for _, name := range []string{"groups", "memberships", "people", "seed"} {
		v, ok := options[name]
		if !ok && name != "seed" {
			return mistaken("generate needs %s=N", name)
		}
		if ok {
			i, err := strconv.Atoi(v)
			if err != nil || i < 0 {
				return mistaken("%s=%s is no number", name, v)
			}
			n[name] = i
		}
	}
	c, err := org.Generate(n["groups"], n["memberships"], n["people"], uint64(n["seed"]))
	if err != nil {
		return mistake{err}
	}
	s.company = c
	return nil
}

func putPolicy(_ context.Context, s *stage, ts *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return mistaken("which file?")
	}
	files := fstest.MapFS{}
	for _, name := range args {
		if info, err := os.Stat(ts.MkAbs(name)); err == nil && info.IsDir() {
			if err := addFolder(files, os.DirFS(ts.MkAbs(name))); err != nil {
				return mistake{err}
			}
			continue
		}
		data, err := s.read(ts, name)
		if err != nil {
			return err
		}
		maps.Copy(files, policyFS(name, data).(fstest.MapFS))
	}
	before := s.policy
	s.policy = files
	var err error
	if s.world != nil {
		err = s.world.SetPolicy(files)
	} else {
		_, err = s.built()
	}
	if err != nil {
		s.policy = before // what is refused does not come into force
	}
	return err
}

func addFolder(files fstest.MapFS, folder fs.FS) error {
	return fs.WalkDir(folder, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(folder, path)
		if err != nil {
			return err
		}
		files[path] = &fstest.MapFile{Data: data}
		return nil
	})
}

func start(ctx context.Context, s *stage, _ *testscript.TestScript, _ []string) error {
	_, err := s.running(ctx)
	return err
}

func at(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return mistaken("write at 2026-11-23T09:00:00Z")
	}
	t, err := time.Parse(time.RFC3339, args[0])
	if err != nil {
		return mistaken("%q is no time: write 2026-11-23T09:00:00Z", args[0])
	}
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	if t.Before(w.Clock.Now()) {
		return fmt.Errorf("the clock is at %s and does not go back", w.Clock.Now().Format(time.RFC3339))
	}
	return w.AdvanceAll(ctx, t)
}

func advance(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return mistaken("write advance 10m")
	}
	d, err := duration(args[0])
	if err != nil {
		return err
	}
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	return w.AdvanceAll(ctx, w.Clock.Now().Add(d))
}

func restart(ctx context.Context, s *stage, _ *testscript.TestScript, _ []string) error {
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	w.Restart()
	return nil
}

func crash(_ context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	if len(args) != 3 || args[1] != "at" {
		return mistaken("write crash FUNCTION at before-call, after-call or after-commit")
	}
	point := world.Point(args[2])
	switch point {
	case world.BeforeCall, world.AfterCall, world.AfterCommit:
	default:
		return mistaken("point %q is unknown: write before-call, after-call or after-commit", args[2])
	}
	w, err := s.built()
	if err != nil {
		return err
	}
	if err := w.Crash(args[0], point); err != nil {
		return mistake{err}
	}
	return nil
}

// faults that a script may ask for, by what they are faults of.
var faultKinds = []sim.FaultKind{
	sim.FaultLost, sim.FaultDuplicate, sim.FaultLate, sim.Fault429, sim.Fault403Quota, sim.Fault500, sim.FaultTimeout,
	sim.FaultAppliedBut500, sim.FaultPartial, sim.FaultEmpty, sim.FaultConflict, sim.FaultDown,
}

var apis = []string{"reports", "directory", "settings", "iam", "looker", "fivetran", "openmetadata", "slack"}

func fault(_ context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	plain, options := named(args, "rate", "for", "n")
	if len(plain) != 2 {
		return mistaken("write fault API KIND [rate=R] [for=DURATION] [n=N]")
	}
	f := sim.Fault{API: plain[0], Kind: sim.FaultKind(plain[1]), Rate: 1, Left: -1}
	if !contains(apis, f.API) {
		return mistaken("API %q is unknown: write one of %s", f.API, strings.Join(apis, ", "))
	}
	if !contains(faultKinds, f.Kind) {
		return mistaken("fault %q is unknown", f.Kind)
	}
	w, err := s.built()
	if err != nil {
		return err
	}
	if v, ok := options["rate"]; ok {
		if f.Rate, err = strconv.ParseFloat(v, 64); err != nil || f.Rate <= 0 || f.Rate > 1 {
			return mistaken("rate=%s: more than 0, at most 1", v)
		}
	}
	if v, ok := options["n"]; ok {
		if f.Left, err = strconv.Atoi(v); err != nil || f.Left < 0 {
			return mistaken("n=%s is no number", v)
		}
	}
	if v, ok := options["for"]; ok {
		d, err := duration(v)
		if err != nil {
			return err
		}
		f.Until = w.Clock.Now().Add(d)
	}
	w.Faults.Add(f)
	return nil
}

var periods = map[string]time.Duration{
	"s": time.Second, "second": time.Second, "m": time.Minute, "min": time.Minute, "minute": time.Minute,
	"h": time.Hour, "hour": time.Hour, "d": 24 * time.Hour, "day": 24 * time.Hour,
}

func quota(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return mistaken("write quota directory 40/s")
	}
	count, period, ok := strings.Cut(args[1], "/")
	n, err := strconv.Atoi(count)
	per, known := periods[period]
	if !ok || err != nil || n < 0 {
		return mistaken("%q is no rate: write 40/s or 100000/day", args[1])
	}
	if !known {
		if per, err = duration(period); err != nil || per == 0 {
			return mistaken("%q is no rate: write 40/s or 100000/day", args[1])
		}
	}
	w, err := s.built()
	if err != nil {
		return err
	}
	if w.Quota(args[0]) == nil {
		return mistaken("API %q has no quota here", args[0])
	}
	return w.SetQuota(ctx, args[0], n, per)
}

func mark(ctx context.Context, s *stage, _ *testscript.TestScript, _ []string) error {
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	w.Calls.Reset()
	return nil
}

func workspace(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	plain, options := named(args, "by", "role")
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	if len(plain) == 0 {
		return mistaken("what is done?")
	}
	what, rest := plain[0], plain[1:]
	need := func(n int) error {
		if len(rest) != n {
			return mistaken("%s takes %d words, %d were given", what, n, len(rest))
		}
		return nil
	}
	by, role := options["by"], options["role"]
	if role == "" {
		role = "MEMBER"
	}
	var do func() error
	n := 1
	switch what {
	case "set-setting":
		n, do = 3, func() error { return w.Workspace.SetSetting(rest[0], lowerFirst(rest[1]), rest[2], by) }
	case "add-member":
		n, do = 2, func() error { return w.Workspace.AddMember(rest[0], rest[1], strings.ToUpper(role), by) }
	case "remove-member":
		n, do = 2, func() error { return w.Workspace.RemoveMember(rest[0], rest[1], by) }
	case "set-role":
		n, do = 2, func() error { return w.Workspace.SetRole(rest[0], rest[1], strings.ToUpper(role), by) }
	case "create-group":
		do = func() error { return w.Workspace.CreateGroup(rest[0], by) }
	case "delete-group":
		do = func() error { return w.Workspace.DeleteGroup(rest[0], by) }
	case "rename-group":
		n, do = 2, func() error { return w.Workspace.RenameGroup(rest[0], rest[1], by) }
	case "suspend":
		do = func() error { return w.Workspace.Suspend(rest[0]) }
	case "unsuspend":
		do = func() error { return w.Workspace.Unsuspend(rest[0]) }
	default:
		return mistaken("%q is nothing that is done in Google Workspace here", what)
	}
	if err := need(n); err != nil {
		return err
	}
	return errors.Join(do(), w.Settle(ctx))
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func slack(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	plain, options := named(args, "on")
	if len(plain) < 2 {
		return mistaken("write slack click PERSON LABEL [on=REGEXP], slack replay PERSON or slack forge PERSON")
	}
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	person := plain[1]
	switch plain[0] {
	case "click":
		if len(plain) != 3 {
			return mistaken("which button?")
		}
		var on *regexp.Regexp
		if pattern := options["on"]; pattern != "" {
			if on, err = regexp.Compile(pattern); err != nil {
				return mistake{err}
			}
		}
		return click(ctx, w, person, plain[2], on)
	case "replay":
		return replay(ctx, w, person)
	case "forge":
		return forged(w.Forge(ctx, person))
	case "command":
		if len(plain) < 3 {
			return mistaken("which command?")
		}
		return w.Command(ctx, person, plain[2], strings.Join(plain[3:], " "))
	case "submit":
		return w.Submit(ctx, person, plain[2:])
	}
	return mistaken("%q is nothing that is done in Slack here", plain[0])
}

// forged turns the outcome of a forged request round: it holds when the request was refused.
// A "!" before it says the same, so both are taken.
func forged(err error) error {
	if err != nil {
		return err
	}
	return mistaken("a forged request was accepted")
}

func contains[T comparable](all []T, one T) bool {
	for _, x := range all {
		if x == one {
			return true
		}
	}
	return false
}
