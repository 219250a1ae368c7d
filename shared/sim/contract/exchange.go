package contract

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// Exchange is one request and its answer, as they travelled.
type Exchange struct {
	Method string
	// URL has the host that the request was sent to.
	URL    *url.URL
	Header http.Header
	Body   []byte
	// Status is 0 where no answer came.
	Status       int
	AnswerHeader http.Header
	Answer       []byte
}

// mediaType returns the media type of a Content-Type header, without its parameters.
func mediaType(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// Tap says what passes at one place, and by what it is judged.
type Tap struct {
	// Specs are asked in this order whether an exchange is theirs.
	Specs []Spec
	// Provoking says that requests are sent to see them refused. They may break the rules, and
	// must then be refused.
	Provoking bool
	// Others says that traffic passes here too which belongs to none of the specs. Without it
	// such a request counts as one for an operation that the vendor does not have.
	Others bool
}

// Handler returns a handler that lets next answer, and judges what passes.
func (r *Recorder) Handler(tap Tap, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		x := &Exchange{Method: in.Method, Header: in.Header.Clone()}
		u := *in.URL
		if u.Host == "" {
			u.Host = in.Host
		}
		x.URL = &u
		if in.Body != nil {
			body, err := io.ReadAll(in.Body)
			if err != nil {
				http.Error(w, fmt.Sprintf("read the request: %v", err), http.StatusBadRequest)
				return
			}
			x.Body = body
			in.Body = io.NopCloser(bytes.NewReader(body))
		}
		copied := &copyingWriter{ResponseWriter: w}
		answered := false
		// A handler that drops the connection panics; that is an exchange without an answer.
		defer func() {
			if answered {
				copied.WriteHeader(http.StatusOK)
				x.Status, x.AnswerHeader, x.Answer = copied.status, copied.sent, copied.body.Bytes()
			}
			r.judge(tap, x)
		}()
		next.ServeHTTP(copied, in)
		answered = true
	})
}

// RoundTripper returns a transport that sends through next, and judges what passes.
func (r *Recorder) RoundTripper(tap Tap, next http.RoundTripper) http.RoundTripper {
	return tappedTransport{r, tap, next}
}

type tappedTransport struct {
	recorder *Recorder
	tap      Tap
	next     http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t tappedTransport) RoundTrip(out *http.Request) (*http.Response, error) {
	x := &Exchange{Method: out.Method, URL: out.URL, Header: out.Header.Clone()}
	if out.Body != nil {
		body, err := io.ReadAll(out.Body)
		_ = out.Body.Close() // a body of bytes that were read to the end
		if err != nil {
			return nil, fmt.Errorf("read the request: %w", err)
		}
		x.Body = body
		out = out.Clone(out.Context())
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := t.next.RoundTrip(out)
	if err == nil {
		answer, readErr := io.ReadAll(resp.Body)
		_ = resp.Body.Close() // it was read to the end
		if readErr != nil {
			return nil, fmt.Errorf("read the answer: %w", readErr)
		}
		resp.Body = io.NopCloser(bytes.NewReader(answer))
		x.Status, x.AnswerHeader, x.Answer = resp.StatusCode, resp.Header.Clone(), answer
	}
	t.recorder.judge(t.tap, x)
	return resp, err
}

// copyingWriter keeps a copy of what is written.
type copyingWriter struct {
	http.ResponseWriter
	status int
	sent   http.Header
	body   bytes.Buffer
}

func (w *copyingWriter) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	w.status, w.sent = status, w.Header().Clone()
	w.ResponseWriter.WriteHeader(status)
}

func (w *copyingWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.body.Write(p)
	return w.ResponseWriter.Write(p)
}
