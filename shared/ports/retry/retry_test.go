package retry_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/retry"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/ports/vendor"
)

func TestWhatIsPermanent(t *testing.T) {
	plain := errors.New("plain")
	final, passing := &vendor.Error{Final: true}, &vendor.Error{Cause: retry.Permanent(plain)}
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"nothing", nil, false},
		{"nothing, marked", retry.Permanent(nil), false},
		{"an error that says nothing", plain, false},
		{"a marked one", retry.Permanent(plain), true},
		{"a marked one, wrapped", fmt.Errorf("a: %w", fmt.Errorf("b: %w", retry.Permanent(plain))), true},
		{"a vendor's that is final", fmt.Errorf("a: %w", final), true},
		{"a vendor's that passes, whatever its cause", passing, false},
		{"a vendor's that passes, marked", retry.Permanent(passing), true},

		{"a store's rule", fmt.Errorf("a: %w", store.ErrInvalid), true},
		{"a queue's rule", queue.ErrInvalid, true},
		{"a bus's rule", bus.ErrInvalid, true},
		{"a rule, with the reason", fmt.Errorf("%w: %w", store.ErrInvalid, plain), true},
		{"a record that is not there", store.ErrNotFound, false},

		{"joined, all permanent", errors.Join(final, retry.Permanent(plain)), true},
		{"joined, one that passes", errors.Join(final, passing), false},
		{"joined, one that says nothing", errors.Join(plain, final), false},
		{"joined, one that says nothing, the other way round", errors.Join(final, plain), false},
		{"joined and wrapped", fmt.Errorf("a: %w", errors.Join(plain, final)), false},
		{"joined in a joined one", errors.Join(final, errors.Join(final, plain)), false},
		{"joined, all permanent, in a joined one", errors.Join(final, errors.Join(final, final)), true},

		{"wrapped together, one permanent", fmt.Errorf("%w: %w", plain, final), true},
		{"wrapped together, one that passes", fmt.Errorf("%w: %w", final, passing), false},
		{"wrapped together, none that says anything", fmt.Errorf("%w: %w", plain, plain), false},
		{"joined ones wrapped together", fmt.Errorf("%w: %w", errors.Join(plain, final), final), true},
		{"joined, one that wraps one that passes", errors.Join(final, fmt.Errorf("%w: %w", plain, passing)), false},
	} {
		if got := retry.IsPermanent(test.err); got != test.want {
			t.Errorf("%s: got %t, want %t", test.name, got, test.want)
		}
	}
}

func TestAMarkHidesNothing(t *testing.T) {
	plain := errors.New("plain")
	if err := retry.Permanent(plain); !errors.Is(err, plain) || err.Error() != "plain" {
		t.Errorf("got %v", err)
	}
}
