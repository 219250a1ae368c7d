package cloudtasks

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
)

// Dial returns a connection to the server within the process, for the vendor's client
// (option.WithGRPCConn), and a function that ends both ends of it.
func (s *Server) Dial() (*grpc.ClientConn, func(), error) {
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	cloudtaskspb.RegisterCloudTasksServer(server, s)
	served := make(chan struct{})
	go func() {
		defer close(served)
		// It returns when Stop is called, and an in-process listener has no other end.
		_ = server.Serve(listener)
	}()
	stop := func() {
		server.Stop()
		<-served
	}
	conn, err := grpc.NewClient("passthrough:///cloudtasks",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("dial the simulated Cloud Tasks: %w", err)
	}
	return conn, func() {
		conn.Close()
		stop()
	}, nil
}

// Next reports when the earliest try of a task may start, which may be in the past. The
// boolean is false when no task waits, or none can start before one that runs has ended.
func (s *Server) Next(context.Context) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, t, start := s.first()
	return start, t != nil
}

// RunNext sends the task that may start first at the server's clock, and of several the one
// made first. It returns after the answer, and reports whether there was a task. The error is
// always nil: it gives RunNext the form that other drivers of deliveries have.
func (s *Server) RunNext(ctx context.Context, client *http.Client) (ran bool, err error) {
	s.mu.Lock()
	now := s.now()
	q, t, start := s.first()
	if t == nil || start.After(now) {
		s.mu.Unlock()
		return false, nil
	}
	q.begin(now)
	request := s.request(q, t)
	s.mu.Unlock()

	httpStatus := send(ctx, client, request)

	s.mu.Lock()
	defer s.mu.Unlock()
	q.end(t, httpStatus, s.now())
	return true, nil
}

// first returns the task of all queues that may start first. It is called with the lock held.
func (s *Server) first() (q *queue, t *task, start time.Time) {
	for _, candidate := range s.queues {
		next, at := candidate.next()
		if next == nil {
			continue
		}
		if t == nil || at.Before(start) || (at.Equal(start) && next.seq < t.seq) {
			q, t, start = candidate, next, at
		}
	}
	return q, t, start
}

// outgoing is one try as it is sent.
type outgoing struct {
	method, url string
	header      http.Header
	body        []byte
}

// request returns what is sent to a task's target
// (https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler). It is called with
// the lock held, after the try was counted.
func (s *Server) request(q *queue, t *task) outgoing {
	target := t.GetHttpRequest()
	out := outgoing{method: http.MethodPost, url: target.GetUrl(), header: http.Header{}, body: target.GetBody()}
	if m := target.GetHttpMethod(); m != cloudtaskspb.HttpMethod_HTTP_METHOD_UNSPECIFIED {
		out.method = m.String()
	}
	for name, value := range target.GetHeaders() {
		out.header.Set(name, value)
	}
	out.header.Set("User-Agent", "Google-Cloud-Tasks")
	out.header.Set("X-CloudTasks-QueueName", shortName(q.settings.Name))
	out.header.Set("X-CloudTasks-TaskName", shortName(t.Name))
	out.header.Set("X-CloudTasks-TaskRetryCount", strconv.Itoa(t.tries-1))
	out.header.Set("X-CloudTasks-TaskExecutionCount", strconv.Itoa(t.responses))
	out.header.Set("X-CloudTasks-TaskETA", fmt.Sprintf("%d.%06d", t.due.Unix(), t.due.Nanosecond()/1000))
	if t.previous != 0 {
		out.header.Set("X-CloudTasks-TaskPreviousResponse", strconv.Itoa(t.previous))
	}
	if oidc := target.GetOidcToken(); oidc != nil && s.Token != nil {
		audience := oidc.GetAudience()
		if audience == "" {
			audience = target.GetUrl()
		}
		out.header.Set("Authorization", "Bearer "+s.Token(oidc.GetServiceAccountEmail(), audience))
	}
	return out
}

// send sends one try and returns the status of the answer, or 0 where there is none.
func send(ctx context.Context, client *http.Client, out outgoing) int {
	r, err := http.NewRequestWithContext(ctx, out.method, out.url, bytes.NewReader(out.body))
	if err != nil {
		return 0 // the address was looked at when the task was made
	}
	r.Header = out.header
	straight := *client
	straight.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := straight.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	return resp.StatusCode
}
