package pubsub_test

import (
	"context"
	"net"
	"strconv"
	"sync"
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// server is a Pub/Sub that keeps topics and subscriptions, answers Publish as it is told to,
// and delivers nothing.
type server struct {
	pubsubpb.UnimplementedPublisherServer
	pubsubpb.UnimplementedSubscriberServer

	// publish returns the answer to a call of Publish; nil means that all are accepted. It is
	// set before the first call.
	publish func() error

	mu            sync.Mutex
	topics        map[string]bool
	subscriptions map[string]*pubsubpb.Subscription
	published     int
}

func newServer() *server {
	return &server{topics: map[string]bool{}, subscriptions: map[string]*pubsubpb.Subscription{}}
}

// listen serves until the test ends and returns a connection.
func (s *server) listen(t *testing.T) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	serving := grpc.NewServer()
	pubsubpb.RegisterPublisherServer(serving, s)
	pubsubpb.RegisterSubscriberServer(serving, s)
	var running sync.WaitGroup
	running.Go(func() {
		if err := serving.Serve(listener); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(func() {
		serving.Stop()
		running.Wait()
	})
	conn, err := grpc.NewClient("passthrough:///pubsub",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// subscription returns a subscription by its full name, or nil.
func (s *server) subscription(name string) *pubsubpb.Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	return proto.CloneOf(s.subscriptions[name])
}

func (s *server) CreateTopic(_ context.Context, topic *pubsubpb.Topic) (*pubsubpb.Topic, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.topics[topic.Name] {
		return nil, status.Error(codes.AlreadyExists, topic.Name)
	}
	s.topics[topic.Name] = true
	return topic, nil
}

func (s *server) Publish(_ context.Context, r *pubsubpb.PublishRequest) (*pubsubpb.PublishResponse, error) {
	if s.publish != nil {
		if err := s.publish(); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.topics[r.Topic] {
		return nil, status.Error(codes.NotFound, r.Topic)
	}
	out := &pubsubpb.PublishResponse{}
	for range r.Messages {
		s.published++
		out.MessageIds = append(out.MessageIds, strconv.Itoa(s.published))
	}
	return out, nil
}

func (s *server) CreateSubscription(_ context.Context, want *pubsubpb.Subscription) (*pubsubpb.Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.subscriptions[want.Name] != nil:
		return nil, status.Error(codes.AlreadyExists, want.Name)
	case !s.topics[want.Topic]:
		return nil, status.Error(codes.NotFound, want.Topic)
	}
	s.subscriptions[want.Name] = want
	return proto.CloneOf(want), nil
}

func (s *server) UpdateSubscription(_ context.Context, r *pubsubpb.UpdateSubscriptionRequest) (*pubsubpb.Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.subscriptions[r.GetSubscription().GetName()]
	if got == nil {
		return nil, status.Error(codes.NotFound, r.GetSubscription().GetName())
	}
	from, to := r.GetSubscription().ProtoReflect(), got.ProtoReflect()
	for _, path := range r.GetUpdateMask().GetPaths() {
		field := from.Descriptor().Fields().ByTextName(path)
		switch {
		case field == nil || path == "topic" || path == "filter" || path == "enable_message_ordering":
			return nil, status.Errorf(codes.InvalidArgument, "%s cannot be changed", path)
		case from.Has(field):
			to.Set(field, from.Get(field))
		default:
			to.Clear(field)
		}
	}
	return proto.CloneOf(got), nil
}

func (s *server) DeleteSubscription(_ context.Context, r *pubsubpb.DeleteSubscriptionRequest) (*emptypb.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subscriptions[r.Subscription] == nil {
		return nil, status.Error(codes.NotFound, r.Subscription)
	}
	delete(s.subscriptions, r.Subscription)
	return &emptypb.Empty{}, nil
}
