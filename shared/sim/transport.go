package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// ErrDropped is what a client sees of a request that got no answer: the simulator dropped the
// connection. It is a timeout in the sense of [net.Error].
var ErrDropped error = droppedError{}

type droppedError struct{}

// Error implements error.
func (droppedError) Error() string { return "no answer before the deadline" }

// Timeout implements [net.Error].
func (droppedError) Timeout() bool { return true }

// Temporary implements [net.Error].
func (droppedError) Temporary() bool { return true }

// Drop ends the current request without an answer. Over a socket the client sees a closed
// connection, in process [ErrDropped].
func Drop() { panic(http.ErrAbortHandler) }

// Transport is an [http.RoundTripper] that hands each request to the handler of its host, in
// process, so that a whole world can run on a controlled clock without a socket.
type Transport map[string]http.Handler

// RoundTrip implements [http.RoundTripper]. A host without a handler is an error: nothing in
// a world may reach the network. Where the request's context ends while the handler is at
// work, the client sees that and no answer; the handler does not notice.
func (t Transport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if r.Body != nil {
		defer r.Body.Close() // a round tripper must, on errors too
	}
	h := t[r.URL.Host]
	if h == nil {
		return nil, fmt.Errorf("no such host in this world: %s", r.URL.Host)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); ok && errors.Is(e, http.ErrAbortHandler) {
				resp, err = nil, ErrDropped
				return
			}
			panic(p)
		}
	}()
	w := &recorder{header: http.Header{}}
	h.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.response(r), nil
}

type recorder struct {
	header http.Header
	sent   http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 { // what is below announces an answer that is to come
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead || w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		w.body.Reset() // such an answer has no body, whatever the handler wrote
	}
	if w.sent.Get("Content-Type") == "" && w.body.Len() > 0 {
		w.sent.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}
}
