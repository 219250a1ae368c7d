package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

const module = "github.com/sekisho/sekisho"

// policyReader is the package through which a function reads the policy. A function that does
// without it has no policy in its bundle.
const policyReader = module + "/shared/adapters/policyfile"

// entry is the package at the top of a bundle, where the buildpack looks for the function
// (https://github.com/GoogleCloudPlatform/buildpacks, cmd/go/functions_framework). It imports
// the framework's own packages so that the buildpack takes its declarative way, and finds in
// go.mod everything that the main package needs which it writes.
const entry = `// Package function is what the buildpack builds. Written by scripts/bundle.
package function

import (
	_ "github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	_ "github.com/GoogleCloudPlatform/functions-framework-go/functions"
	_ "` + module + `/functions/%s"
)
`

// assemble returns the files of a function's bundle by their names in it.
func assemble(ctx context.Context, root, policy, function string) (map[string][]byte, error) {
	packages, err := dependencies(ctx, root, "./functions/"+function)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"function.go": fmt.Appendf(nil, entry, function)}
	for _, p := range packages {
		if err := p.read(files); err != nil {
			return nil, err
		}
		if p.ImportPath == policyReader {
			if err := readPolicy(policy, files); err != nil {
				return nil, err
			}
		}
	}
	return files, requirements(ctx, root, files)
}

// pkg is a package as go list describes it.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	SFiles     []string
	CgoFiles   []string
	EmbedFiles []string
	Module     *struct{ Main bool }
}

// dependencies returns the packages of this module that a package is made of, itself included,
// as they are for the platform that functions run on.
func dependencies(ctx context.Context, root, path string) ([]pkg, error) {
	out, err := goCommand(ctx, root, "list", "-deps", "-json=ImportPath,Dir,GoFiles,SFiles,CgoFiles,EmbedFiles,Module", path)
	if err != nil {
		return nil, err
	}
	var own []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return own, nil
		}
		if err != nil {
			return nil, fmt.Errorf("decode the list of packages: %w", err)
		}
		if p.Module != nil && p.Module.Main {
			own = append(own, p)
		}
	}
}

// read adds the package's files. Its tests are not among them.
func (p pkg) read(files map[string][]byte) error {
	if len(p.CgoFiles) > 0 {
		return fmt.Errorf("package %s needs a C compiler", p.ImportPath)
	}
	dir := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
	for _, names := range [][]string{p.GoFiles, p.SFiles, p.EmbedFiles} {
		for _, name := range names {
			content, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(name)))
			if err != nil {
				return fmt.Errorf("read package %s: %w", p.ImportPath, err)
			}
			files[path.Join(dir, name)] = content
		}
	}
	return nil
}

// readPolicy adds the policy's files, which are those that the policy's reader would read. No
// policy is one too: everything is only reported then.
func readPolicy(dir string, files map[string][]byte) error {
	policy := os.DirFS(dir)
	err := fs.WalkDir(policy, ".", func(name string, d fs.DirEntry, err error) error {
		switch ext := path.Ext(name); {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || ext != ".yaml" && ext != ".yml":
			return nil
		}
		content, err := fs.ReadFile(policy, name)
		files[path.Join("policy", name)] = content
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the policy: %w", err)
	}
	return nil
}

// requirements adds go.mod and go.sum, reduced to what the files need, so that a new version
// of a module changes the bundles of those functions that use it.
func requirements(ctx context.Context, root string, files map[string][]byte) error {
	dir, err := os.MkdirTemp("", "bundle-")
	if err != nil {
		return fmt.Errorf("make a folder to build in: %w", err)
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"go.mod", "go.sum"} {
		if files[name], err = os.ReadFile(filepath.Join(root, name)); err != nil {
			return fmt.Errorf("read the requirements: %w", err)
		}
	}
	if err := unpack(dir, files); err != nil {
		return err
	}
	if _, err := goCommand(ctx, dir, "mod", "tidy"); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if files[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("read the reduced requirements: %w", err)
		}
	}
	return nil
}

// unpack writes files into a folder.
func unpack(dir string, files map[string][]byte) error {
	for name, content := range files {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("unpack %s: %w", name, err)
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			return fmt.Errorf("unpack %s: %w", name, err)
		}
	}
	return nil
}

// goCommand runs the go command for the platform that functions run on.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOWORK=off")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args[:2], " "), err, problems.Bytes())
	}
	return out, nil
}
