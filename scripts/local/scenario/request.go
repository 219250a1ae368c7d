package scenario

import (
	"context"
	"errors"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho/sekisho/scripts/local/world"
)

const requestForm = "write request PERSON access|account|connect FIELD=VALUE… [key=KEY], or request PERSON give-back|extend NAME"

// request is what people ask for in another tool, which sends it to the HTTP API for them. A "!"
// before it says that the API refuses; that it breaks is never what was meant.
func request(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	plain, options := named(args, "key")
	if len(plain) < 3 {
		return mistaken(requestForm)
	}
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	person, kind, rest := plain[0], plain[1], plain[2:]
	switch kind {
	case "access", "account", "connect":
		err = w.Request(ctx, person, kind, rest, options["key"])
	case "give-back":
		err = w.GiveBack(ctx, person, rest[0])
	case "extend":
		err = w.Extend(ctx, person, rest[0])
	default:
		return mistaken(requestForm)
	}
	var refused *world.Refused
	if err != nil && !errors.As(err, &refused) {
		return mistake{err}
	}
	return err
}
