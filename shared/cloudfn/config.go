package cloudfn

import (
	"context"
	"errors"
	"fmt"

	"github.com/sethvargo/go-envconfig"
)

// Validator is a configuration that can say what is wrong with it: all problems at once,
// joined.
type Validator interface{ Validate() error }

// Load reads configuration variables into a struct with env tags, then validates it where it
// is a [Validator]. The error names every variable that is wrong, not only the first.
func (e *Env) Load(ctx context.Context, config any) error {
	var problems []error
	variables := &variables{lookup: e.Lookup, unreadable: map[string]bool{}}
	for {
		err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: config, Lookuper: variables})
		if err == nil {
			break
		}
		problems = append(problems, fmt.Errorf("%s cannot be read: %w", variables.last, err))
		if variables.last == "" || variables.unreadable[variables.last] {
			break // not a matter of a variable's value
		}
		// Once more without it, to find what else is wrong.
		variables.unreadable[variables.last], variables.last = true, ""
	}
	if v, ok := config.(Validator); ok {
		problems = append(problems, v.Validate())
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return nil
}

// variables looks variables up, and remembers which one was looked up last.
type variables struct {
	lookup     func(name string) (string, bool)
	unreadable map[string]bool
	last       string
}

// Lookup implements [envconfig.Lookuper].
func (v *variables) Lookup(name string) (string, bool) {
	if v.unreadable[name] {
		return "", false
	}
	v.last = name
	return v.lookup(name)
}

// Missing returns an error for each named variable whose value is empty, for use in Validate.
func Missing(values map[string]string) []error {
	var out []error
	for _, name := range sortedKeys(values) {
		if values[name] == "" {
			out = append(out, fmt.Errorf("%s is not set", name))
		}
	}
	return out
}
