package cloudfn

import (
	"context"
	"fmt"

	"github.com/sethvargo/go-envconfig"
)

// Validator is a configuration that can say what is wrong with it: all problems at once,
// joined.
type Validator interface{ Validate() error }

// Load reads configuration variables into a struct with env tags, then validates it where it
// is a [Validator].
func (e *Env) Load(ctx context.Context, config any) error {
	err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: config, Lookuper: lookuper(e.Lookup)})
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	if v, ok := config.(Validator); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("configuration: %w", err)
		}
	}
	return nil
}

type lookuper func(string) (string, bool)

// Lookup implements [envconfig.Lookuper].
func (l lookuper) Lookup(name string) (string, bool) { return l(name) }

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
