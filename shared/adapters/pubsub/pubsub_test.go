package pubsub_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/sekisho/sekisho/shared/adapters/pubsub"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/bus/bustest"
	"github.com/sekisho/sekisho/shared/sim/emulator"
)

func TestMain(m *testing.M) { os.Exit(emulator.Main(m)) }

// emulated returns a publisher and an admin of a new project on the emulator.
func emulated(t *testing.T) (*pubsub.Publisher, *pubsub.Admin) {
	t.Helper()
	options := []option.ClientOption{
		option.WithEndpoint(emulator.PubSub(t)), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
	project := emulator.Project(t)
	publisher, err := pubsub.Open(t.Context(), project, options...)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := pubsub.OpenAdmin(t.Context(), project, options...)
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

// What the port calls valid fits into a request to Pub/Sub.
func TestTheLargestMessageIsAccepted(t *testing.T) {
	publisher, admin := emulated(t)
	if err := admin.CreateTopic(t.Context(), "large"); err != nil {
		t.Fatal(err)
	}
	m := bus.Message{
		Data: make([]byte, bus.MaxData), OrderingKey: strings.Repeat("k", bus.MaxOrderingKey),
		Attributes: map[string]string{},
	}
	for i := range bus.MaxAttributes {
		m.Attributes[fmt.Sprintf("%0*d", bus.MaxAttributeName, i)] = strings.Repeat("v", bus.MaxAttributeValue)
	}
	if _, err := publisher.Publish(t.Context(), "large", m); err != nil {
		t.Error(err)
	}
}
