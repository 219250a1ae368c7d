// Package policyfile reads the policy: the YAML that says what is allowed.
//
// A policy is one file or a folder of files, which are read as one. It is meant to be written
// and reviewed by people, so whatever is not understood is refused, never skipped: unknown keys
// and names, values of the wrong kind, names given twice, references to nothing. All problems
// come back at once, each with its file, its line and what to write instead ([Problems]).
//
//	policy, err := policyfile.Load(os.DirFS("policy"))
//
// How a file becomes a policy, in the order of the steps: tree.go has the YAML parsed and
// follows aliases and merge keys; place.go reads values and remembers where they are; one file
// for each section makes the section's own types; reference.go checks names across files.
//
// The sections' types are plain data. Those whose domain package exists are that package's
// ([settingsrule.Rules], [idle.Rule], [grant.Entitlement], [connection.Policy], [policy.Team],
// [change.Requirement]).
package policyfile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

// Policy is what one policy says. Its zero value is no policy: everything is report-only. It
// is not changed after it is loaded and may be used concurrently.
type Policy struct {
	// Hash tells policies apart: 16 hexadecimal digits over the names and contents of the
	// files. Every audit entry carries it.
	Hash string
	// Files are the names that were read, sorted.
	Files []string
	// Warnings are what looks wrong and may be right.
	Warnings Problems

	// Settings is nil where no file has the section. See [Policy.SettingsRules].
	Settings    *settingsrule.Rules
	Inactivity  Inactivity
	Connections connection.Policy
	// Catalog is nil where no file has the section: then nothing is done about the catalogue.
	Catalog *Catalog
	// Access, Teams, Roles, Policies and Tags are sorted by name. The last four are about who may
	// do what: see [Policy.Model].
	Access   []grant.Entitlement
	Teams    []policy.Team
	Roles    []policy.Role
	Policies []policy.Policy
	// Tags are the catalogue's tags that conditions may name; empty where they may name any.
	Tags []string
	// SamePerson are the accounts of people who have several, in lower case: who asks with one does
	// not decide with another. See [Policy.Accounts].
	SamePerson [][]string
	// Approvals are in the order in which they count. See [Policy.Asks].
	Approvals []Approval
}

// SettingsRules returns the rules about groups' settings, in mode report and without any rule
// where the policy has none. It may be called on a nil policy.
func (p *Policy) SettingsRules() settingsrule.Rules {
	if p == nil || p.Settings == nil {
		return settingsrule.Rules{Mode: change.Report}
	}
	return *p.Settings
}

// Load reads every *.yaml and *.yml file of a file system, in all its folders, as one policy.
// What begins with a dot is not read, nor is any other file. A nil file system, and one
// without such files, is no policy. The error is [Problems] where the files have some, and
// another one where they cannot be read.
func Load(fsys fs.FS) (*Policy, error) {
	var l loading
	if fsys == nil {
		return l.finish()
	}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || !isYAML(name):
			return nil
		}
		data, err := read(fsys, name)
		if err != nil {
			return err
		}
		l.add(name, data)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load policy: %w", err)
	}
	return l.finish()
}

// Open loads the policy of a function that starts, and logs what looks wrong in it and may be right: who
// deployed it may not have read what was said then.
func Open(ctx context.Context, fsys fs.FS, log *slog.Logger) (*Policy, error) {
	p, err := Load(fsys)
	if err != nil {
		return nil, err
	}
	for _, w := range p.Warnings {
		log.WarnContext(ctx, "the policy loads with a warning", "warning", w.String())
	}
	return p, nil
}

// Parse reads one file as a policy. The name stands in problems and goes into the hash.
func Parse(name string, data []byte) (*Policy, error) {
	var l loading
	l.add(name, data)
	return l.finish()
}

func isYAML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

// read reads one file, and of one that is too large only as much as shows it.
func read(fsys fs.FS, name string) (data []byte, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}

// source is one file.
type source struct {
	name string
	data []byte
}

// loading gathers a policy from its files.
type loading struct {
	sources     []source
	policy      Policy
	problems    Problems
	warnings    Problems
	definitions map[kind]map[string]definition
	references  []reference
	// teams and approvals are those of the policy with their places.
	teams     []team
	approvals []approval
}

func (l *loading) add(name string, data []byte) {
	l.sources = append(l.sources, source{name, data})
}

func (l *loading) finish() (*Policy, error) {
	slices.SortFunc(l.sources, func(a, b source) int { return cmp.Compare(a.name, b.name) })
	complete := true
	for _, s := range l.sources {
		root, problems := grow(s.name, s.data)
		l.problems = append(l.problems, problems...)
		if root == nil {
			complete = false
			continue
		}
		l.sections(place{from: l, file: s.name, line: 1, node: root})
		l.policy.Files = append(l.policy.Files, s.name)
	}
	if complete {
		// A file that could not be read may define what the others refer to.
		l.useStandard()
		l.resolve()
	}
	l.impliedCatalog()
	l.checkRanks()
	l.checkOrder()
	if len(l.problems) > 0 {
		return nil, sorted(l.problems)
	}
	l.policy.Hash = hash(l.sources)
	l.policy.Warnings = sorted(l.warnings)
	slices.SortFunc(l.policy.Access, func(a, b grant.Entitlement) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(l.policy.Teams, func(a, b policy.Team) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(l.policy.Roles, func(a, b policy.Role) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(l.policy.Policies, func(a, b policy.Policy) int { return cmp.Compare(a.Name, b.Name) })
	slices.Sort(l.policy.Tags)
	return &l.policy, nil
}

// sections reads one file.
func (l *loading) sections(root place) {
	t := root.table("version", "settings", "inactivity", "access", "connections", "catalog", "tags", "teams", "roles", "policies", "approvals", "same_person")
	if v := t.at("version"); v.given() && v.word() != "1" {
		v.problem("%s is not known here: write version: 1", quote(v.node.text))
	}
	sections := []struct {
		key  string
		read func(place)
	}{
		{"settings", l.readSettings},
		{"inactivity", l.readInactivity},
		{"access", l.readAccess},
		{"connections", l.readConnections},
		{"catalog", l.readCatalog},
		{"tags", l.readTags},
		{"teams", l.readTeams},
		{"roles", l.readRoles},
		{"policies", l.readPolicies},
		{"approvals", l.readApprovals},
		{"same_person", l.readSamePerson},
	}
	for _, s := range sections {
		if p := t.at(s.key); p.given() {
			s.read(p)
		}
	}
}

// hash is the beginning of SHA-256 over the names and contents of the files, each with its
// length before it.
func hash(sources []source) string {
	h := sha256.New()
	for _, s := range sources {
		fmt.Fprintf(h, "%d:%s%d:", len(s.name), s.name, len(s.data))
		h.Write(s.data)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
