// Command bundle assembles what is uploaded of a function: a folder that Google's Go buildpack
// can build by itself, in one zip file.
//
//	go run ./scripts/bundle [-out DIR] [-policy DIR] FUNCTION…      or all
//
// It is run from the top of the repository. Each function becomes DIR/FUNCTION.zip; beside
// them bundles.tfvars.json holds the SHA-256 of every bundle in the folder, for Terraform. The same
// code and policy give the same bytes on every machine, and nothing else changes them: a
// function is deployed anew only when something of it is new.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/scripts/describe"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// manifest is the file that lists the bundles of a folder, as Terraform reads variables.
const manifest = "bundles.tfvars.json"

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bundle", flag.ContinueOnError)
	root := flags.String("root", ".", "the top of the repository, as a `directory`")
	to := flags.String("out", "terraform/bundles", "the `directory` for the bundles")
	policy := flags.String("policy", "terraform/policy", "the policy, as a `directory` of YAML files")
	if err := flags.Parse(args); err != nil {
		return err
	}
	names := flags.Args()
	all, err := functions(*root)
	if err != nil {
		return err
	}
	switch {
	case len(names) == 0:
		return fmt.Errorf("which function? all, or some of %s", strings.Join(all, " "))
	case slices.Equal(names, []string{"all"}):
		names = all
	}
	if _, err := policyfile.Load(os.DirFS(*policy)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("a policy with a mistake starts nothing: %w", err)
	}
	if err := os.MkdirAll(*to, 0o755); err != nil {
		return fmt.Errorf("make the folder for the bundles: %w", err)
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("no function %q: there are %s", name, strings.Join(all, " "))
		}
		files, err := assemble(ctx, *root, *policy, name)
		if err != nil {
			return fmt.Errorf("bundle %s: %w", name, err)
		}
		archive, err := pack(files)
		if err != nil {
			return fmt.Errorf("bundle %s: %w", name, err)
		}
		path := filepath.Join(*to, name+".zip")
		if err := os.WriteFile(path, archive, 0o644); err != nil {
			return fmt.Errorf("write the bundle: %w", err)
		}
		fmt.Fprintf(out, "%s  %s\n", hash(archive), path)
	}
	return list(*to)
}

// functions returns the names of all functions, sorted.
func functions(root string) ([]string, error) {
	all, err := describe.Functions(root)
	if err != nil {
		return nil, fmt.Errorf("%w: run it from the top of the repository", err)
	}
	names := make([]string, 0, len(all))
	for _, f := range all {
		names = append(names, f.Name)
	}
	return names, nil
}

func hash(archive []byte) string {
	sum := sha256.Sum256(archive)
	return hex.EncodeToString(sum[:])
}

// list writes the manifest of a folder of bundles.
func list(dir string) error {
	found, err := filepath.Glob(filepath.Join(dir, "*.zip"))
	if err != nil {
		return fmt.Errorf("look for bundles: %w", err)
	}
	bundles := map[string]string{}
	for _, f := range found {
		archive, err := os.ReadFile(f)
		if err != nil {
			return fmt.Errorf("list the bundles: %w", err)
		}
		bundles[strings.TrimSuffix(filepath.Base(f), ".zip")] = hash(archive)
	}
	text, err := json.MarshalIndent(map[string]any{"bundles": bundles}, "", "  ")
	if err != nil {
		return fmt.Errorf("list the bundles: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, manifest), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("list the bundles: %w", err)
	}
	return nil
}
