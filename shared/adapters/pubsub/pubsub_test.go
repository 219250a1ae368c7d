package pubsub_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/pubsub"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/bus/bustest"
)

// projects counts the projects that tests have used: each has its own on the emulator.
var projects atomic.Int64

// emulated returns a publisher and an admin of a new project on the emulator.
func emulated(t *testing.T) (*pubsub.Publisher, *pubsub.Admin) {
	t.Helper()
	if os.Getenv("PUBSUB_EMULATOR_HOST") == "" {
		t.Skip("PUBSUB_EMULATOR_HOST is not set")
	}
	project := fmt.Sprintf("test-%d-%d", time.Now().UnixNano(), projects.Add(1))
	publisher, err := pubsub.Open(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := pubsub.OpenAdmin(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := publisher.Close(); err != nil {
			t.Error(err)
		}
		if err := admin.Close(); err != nil {
			t.Error(err)
		}
	})
	return publisher, admin
}

func TestBusOnTheEmulator(t *testing.T) {
	bustest.Run(t, func(t *testing.T) bustest.Harness {
		publisher, admin := emulated(t)
		return bustest.Harness{
			Publisher:   publisher,
			CreateTopic: func(name string) error { return admin.CreateTopic(t.Context(), name) },
			Subscribe: func(s bus.Subscription) error {
				t.Cleanup(func() {
					if err := admin.Unsubscribe(context.Background(), s.Name); err != nil {
						t.Error(err)
					}
				})
				return admin.Subscribe(t.Context(), s, pubsub.Identity{ServiceAccount: "push@sekisho.example"})
			},
			Now:            time.Now,
			WithoutFilters: true, WithoutOrderedDeadLetters: true,
		}
	})
}
