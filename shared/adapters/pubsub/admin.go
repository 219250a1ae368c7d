package pubsub

import (
	"context"
	"errors"
	"fmt"

	"cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/sekisho/sekisho/shared/ports/bus"
)

// ackDeadline is how long a function may take over one message: the longest that Pub/Sub waits.
const ackDeadline = 600 // seconds

// Admin makes topics and push subscriptions on the emulator. In production Terraform does.
//
// The emulator (version 0.8.20) falls short of Pub/Sub in four ways that matter here.
// It accepts filters and ignores them. It waits at least one second before it delivers again.
// It ends one of its few threads when a message of an ordered subscription becomes a dead
// letter, so Admin gives an ordered subscription no dead letters. And subscriptions whose
// endpoint is gone use up the same threads, so they must be removed with [Admin.Unsubscribe].
type Admin struct {
	topics        *pubsub.TopicAdminClient
	subscriptions *pubsub.SubscriptionAdminClient
	project       string
}

// OpenAdmin connects to the topics and subscriptions of a project.
func OpenAdmin(ctx context.Context, project string, options ...option.ClientOption) (*Admin, error) {
	topics, err := pubsub.NewTopicAdminClient(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("open Pub/Sub of project %s: %w", project, err)
	}
	subscriptions, err := pubsub.NewSubscriptionAdminClient(ctx, options...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open Pub/Sub of project %s: %w", project, err), topics.Close())
	}
	return &Admin{topics: topics, subscriptions: subscriptions, project: project}, nil
}

// Close closes the connections.
func (a *Admin) Close() error { return errors.Join(a.topics.Close(), a.subscriptions.Close()) }

// CreateTopic makes a topic unless it exists.
func (a *Admin) CreateTopic(ctx context.Context, name string) error {
	if err := bus.ValidateName(name); err != nil {
		return fmt.Errorf("create topic: %w", err)
	}
	_, err := a.topics.CreateTopic(ctx, &pubsubpb.Topic{Name: topicName(a.project, name)})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("create topic %s: %w", name, err)
	}
	return nil
}

// Identity is the service account in whose name Pub/Sub pushes. Its token, in the
// Authorization header of a push, is for Audience, or for the endpoint where that is empty
// (https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions). The emulator sends
// no token.
type Identity struct {
	ServiceAccount string
	Audience       string
}

// Subscribe makes a push subscription to a topic that exists, or changes the subscription of
// that name. Pub/Sub cannot change the topic, filter and order of a subscription: to ask for
// others is an error that is [bus.ErrInvalid]. No token is sent where the identity is zero.
func (a *Admin) Subscribe(ctx context.Context, s bus.Subscription, as Identity) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	want := a.subscription(s, as)
	got, err := a.subscriptions.CreateSubscription(ctx, want)
	if status.Code(err) == codes.AlreadyExists {
		got, err = a.subscriptions.UpdateSubscription(ctx, &pubsubpb.UpdateSubscriptionRequest{
			Subscription: want,
			UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"push_config", "ack_deadline_seconds", "retry_policy", "dead_letter_policy"}},
		})
	}
	if err != nil {
		return fmt.Errorf("subscribe %s to %s: %w", s.Name, s.Topic, err)
	}
	if got.Topic != want.Topic || got.Filter != want.Filter || got.EnableMessageOrdering != want.EnableMessageOrdering {
		return fmt.Errorf("subscribe %s: %w change of topic, filter or order: they are %s, %q, %v", s.Name, bus.ErrInvalid,
			got.Topic, got.Filter, got.EnableMessageOrdering)
	}
	return nil
}

// Unsubscribe removes a subscription, with the messages that wait for it, if it exists.
func (a *Admin) Unsubscribe(ctx context.Context, name string) error {
	err := a.subscriptions.DeleteSubscription(ctx, &pubsubpb.DeleteSubscriptionRequest{Subscription: a.name(name)})
	if err != nil && status.Code(err) != codes.NotFound {
		return fmt.Errorf("unsubscribe %s: %w", name, err)
	}
	return nil
}

// subscription returns s as Pub/Sub describes it.
func (a *Admin) subscription(s bus.Subscription, as Identity) *pubsubpb.Subscription {
	out := &pubsubpb.Subscription{
		Name:                  a.name(s.Name),
		Topic:                 topicName(a.project, s.Topic),
		PushConfig:            &pubsubpb.PushConfig{PushEndpoint: s.Endpoint},
		AckDeadlineSeconds:    ackDeadline,
		EnableMessageOrdering: s.Ordered,
		Filter:                s.Filter.String(),
		ExpirationPolicy:      &pubsubpb.ExpirationPolicy{}, // never
		RetryPolicy: &pubsubpb.RetryPolicy{
			MinimumBackoff: durationpb.New(s.MinBackoff),
			MaximumBackoff: durationpb.New(s.MaxBackoff),
		},
	}
	if as != (Identity{}) {
		out.PushConfig.AuthenticationMethod = &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{
			ServiceAccountEmail: as.ServiceAccount, Audience: as.Audience,
		}}
	}
	if s.MaxAttempts > 0 && !s.Ordered {
		out.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{
			DeadLetterTopic: topicName(a.project, s.DeadLetter), MaxDeliveryAttempts: int32(s.MaxAttempts),
		}
	}
	return out
}

func (a *Admin) name(subscription string) string {
	return fmt.Sprintf("projects/%s/subscriptions/%s", a.project, subscription)
}
