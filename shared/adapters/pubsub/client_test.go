package pubsub_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/sekisho/sekisho/shared/adapters/pubsub"
	"github.com/sekisho/sekisho/shared/ports/bus"
)

type fake struct {
	server    *server
	publisher *pubsub.Publisher
	admin     *pubsub.Admin
}

// newFake connects publisher and admin to a server within the process.
func newFake(t *testing.T) fake {
	t.Helper()
	f := fake{server: newServer()}
	options := []option.ClientOption{option.WithGRPCConn(f.server.listen(t))}
	var err error
	if f.publisher, err = pubsub.Open(t.Context(), "test-project", options...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.publisher.Close() })
	if f.admin, err = pubsub.OpenAdmin(t.Context(), "test-project", options...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.admin.Close() })
	for _, topic := range []string{"change-events", "dead-letter"} {
		if err := f.admin.CreateTopic(t.Context(), topic); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func TestAnOrderingKeyGoesOnAfterAnError(t *testing.T) {
	f := newFake(t)
	var refuse atomic.Bool
	refuse.Store(true)
	f.server.publish = func() error {
		if refuse.Load() {
			return status.Error(codes.PermissionDenied, "not now")
		}
		return nil
	}
	m := bus.Message{Data: []byte("x"), OrderingKey: "C01"}
	if _, err := f.publisher.Publish(t.Context(), "change-events", m); status.Code(errors.Unwrap(err)) != codes.PermissionDenied {
		t.Errorf("got error %v, want %s", err, codes.PermissionDenied)
	}
	refuse.Store(false)
	if _, err := f.publisher.Publish(t.Context(), "change-events", m); err != nil {
		t.Errorf("after the error: %v", err)
	}
}

func TestPublishEndsWithItsContextAndTheKeyGoesOn(t *testing.T) {
	f := newFake(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	var calls atomic.Int64
	f.server.publish = func() error {
		if calls.Add(1) > 1 {
			return nil
		}
		close(arrived)
		<-release
		return status.Error(codes.PermissionDenied, "too late")
	}
	m := bus.Message{Data: []byte("x"), OrderingKey: "C01"}
	ctx, end := context.WithCancel(t.Context())
	go func() {
		<-arrived
		end()
	}()
	if _, err := f.publisher.Publish(ctx, "change-events", m); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	// The next message of the key is published all the same.
	close(release)
	if _, err := f.publisher.Publish(t.Context(), "change-events", m); err != nil {
		t.Errorf("after the end of another's context: %v", err)
	}
}

func TestSubscribeMakesWhatTerraformMakes(t *testing.T) {
	f := newFake(t)
	s := bus.Subscription{
		Name: "slacknotify", Topic: "change-events", Endpoint: "https://slacknotify.example/",
		Filter:     bus.Filter{"state": {"proposed", "applied"}},
		MinBackoff: 10 * time.Second, MaxBackoff: 600 * time.Second, MaxAttempts: 20, DeadLetter: "dead-letter",
	}
	identity := pubsub.Identity{ServiceAccount: "push@sekisho.example", Audience: "slacknotify"}
	if err := f.admin.Subscribe(t.Context(), s, identity); err != nil {
		t.Fatal(err)
	}
	s.Endpoint = "https://elsewhere.example/"
	if err := f.admin.Subscribe(t.Context(), s, identity); err != nil {
		t.Fatal(err)
	}
	got := f.server.subscription("projects/test-project/subscriptions/slacknotify")
	want := &pubsubpb.Subscription{
		Name:  "projects/test-project/subscriptions/slacknotify",
		Topic: "projects/test-project/topics/change-events",
		PushConfig: &pubsubpb.PushConfig{
			PushEndpoint: "https://elsewhere.example/",
			AuthenticationMethod: &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{
				ServiceAccountEmail: "push@sekisho.example", Audience: "slacknotify",
			}},
		},
		AckDeadlineSeconds: 600,
		Filter:             `attributes.state = "proposed" OR attributes.state = "applied"`,
		ExpirationPolicy:   &pubsubpb.ExpirationPolicy{},
		RetryPolicy:        &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(10 * time.Second), MaximumBackoff: durationpb.New(600 * time.Second)},
		DeadLetterPolicy:   &pubsubpb.DeadLetterPolicy{DeadLetterTopic: "projects/test-project/topics/dead-letter", MaxDeliveryAttempts: 20},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("subscription (-want +got):\n%s", diff)
	}
	s.Filter = nil
	if err := f.admin.Subscribe(t.Context(), s, identity); !errors.Is(err, bus.ErrInvalid) {
		t.Errorf("another filter: got error %v, want %v", err, bus.ErrInvalid)
	}
	for range 2 { // to remove again changes nothing
		if err := f.admin.Unsubscribe(t.Context(), s.Name); err != nil {
			t.Error(err)
		}
	}
	if got := f.server.subscription(got.Name); got != nil {
		t.Errorf("after its removal there is %v", got)
	}
}

func TestAnOrderedSubscriptionHasNoDeadLetters(t *testing.T) {
	f := newFake(t)
	s := bus.Subscription{
		Name: "in-order", Topic: "change-events", Endpoint: "https://work.example/", Ordered: true,
		MinBackoff: time.Second, MaxBackoff: time.Second, MaxAttempts: 5, DeadLetter: "dead-letter",
	}
	if err := f.admin.Subscribe(t.Context(), s, pubsub.Identity{}); err != nil {
		t.Fatal(err)
	}
	got := f.server.subscription("projects/test-project/subscriptions/in-order")
	if !got.EnableMessageOrdering || got.DeadLetterPolicy != nil || got.PushConfig.AuthenticationMethod != nil {
		t.Errorf("got %v, want an ordered subscription without dead letters and token", got)
	}
}

func TestAdminRefusesWhatCannotBe(t *testing.T) {
	f := newFake(t)
	if err := f.admin.CreateTopic(t.Context(), "1"); !errors.Is(err, bus.ErrInvalid) {
		t.Errorf("topic 1: got error %v, want %v", err, bus.ErrInvalid)
	}
	if err := f.admin.Subscribe(t.Context(), bus.Subscription{}, pubsub.Identity{}); !errors.Is(err, bus.ErrInvalid) {
		t.Errorf("nothing: got error %v, want %v", err, bus.ErrInvalid)
	}
	s := bus.Subscription{Name: "all", Topic: "unheard-of", Endpoint: "https://all.example/", MinBackoff: time.Second, MaxBackoff: time.Second}
	if err := f.admin.Subscribe(t.Context(), s, pubsub.Identity{}); err == nil {
		t.Error("unknown topic: got no error")
	}
}
