package grant

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Kind says what sort of place access is given at. The names are those of the keys in a policy.
type Kind string

// The kinds of place. At a [Group] access is a membership that ends, everywhere else it is a
// binding under a condition.
const (
	Project      Kind = "project"
	Folder       Kind = "folder"
	Organization Kind = "organization"
	Dataset      Kind = "dataset" // of BigQuery
	Bucket       Kind = "bucket"  // of Cloud Storage
	Group        Kind = "group"   // of Google Groups
)

// Kinds lists all kinds in the order in which they are explained to people.
var Kinds = []Kind{Project, Folder, Organization, Dataset, Bucket, Group}

// Scope is one place at which access is given.
type Scope struct {
	Kind Kind `json:"kind"`
	// Name is the id of a project, the number of a folder or an organisation, a data set as
	// project.dataset, the name of a bucket, or the address of a group.
	Name string `json:"name"`
}

// String is the scope in words: project etl-prj-prd.
func (s Scope) String() string { return string(s.Kind) + " " + s.Name }

// ID is the scope as the target of a change: project:etl-prj-prd.
func (s Scope) ID() string { return string(s.Kind) + ":" + s.Name }

// form is how the name of one kind of place is written.
type form struct {
	pattern *regexp.Regexp
	// what is the noun for the name, write the advice to who wrote another one.
	what, write string
}

// The forms of names. Projects may belong to a domain (example.com:prj).
// https://cloud.google.com/resource-manager/docs/creating-managing-projects,
// https://cloud.google.com/bigquery/docs/datasets#dataset-naming,
// https://cloud.google.com/storage/docs/buckets#naming
//
// They are compiled when the first one is needed: a function that starts has no time to lose.
var forms = sync.OnceValue(func() map[Kind]form {
	return map[Kind]form{
		Project: {
			regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]*[a-z0-9]$`), "a project id",
			"its small letters, digits and hyphens, not its title or number",
		},
		Folder:       {regexp.MustCompile(`^[1-9][0-9]{0,18}$`), "the number of a folder", "its digits, such as 415104041262"},
		Organization: {regexp.MustCompile(`^[1-9][0-9]{0,18}$`), "the number of an organisation", "its digits, such as 415104041262"},
		Dataset: {
			regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]*[a-z0-9]\.[A-Za-z0-9_]+$`), "a data set",
			"the project's id and the data set's with a dot between them, such as my-project.sales",
		},
		Bucket: {regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`), "the name of a bucket", "it without gs:// and without folders"},
		Group: {
			regexp.MustCompile(`^[^@\s\x00-\x1f:]+@[^@\s\x00-\x1f:]+$`), "the address of a group",
			"group@your-domain",
		},
	}
})

// ErrScope says that a name does not fit its kind of place.
var ErrScope = errors.New("no such place can be")

// ParseScope checks a name and makes a scope of it; the address of a group comes out in lower
// case. The error says what to write instead.
func ParseScope(kind Kind, name string) (Scope, error) {
	f, ok := forms()[kind]
	if !ok {
		return Scope{}, fmt.Errorf("%w: %q is no kind of place", ErrScope, kind)
	}
	if kind == Group {
		name = strings.ToLower(name)
	}
	if !f.pattern.MatchString(name) {
		return Scope{}, &scopeError{fmt.Sprintf("%s is not %s: write %s", strconv.Quote(name), f.what, f.write)}
	}
	return Scope{Kind: kind, Name: name}, nil
}

// scopeError has a text for people, without the sentinel in it.
type scopeError struct{ text string }

func (e *scopeError) Error() string { return e.text }
func (e *scopeError) Unwrap() error { return ErrScope }

// Conditional reports whether access at the scope is a binding under a condition. If not, it is
// a membership that ends.
func (s Scope) Conditional() bool { return s.Kind != Group }
