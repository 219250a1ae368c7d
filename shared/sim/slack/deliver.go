package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// ErrNothingSent is returned when a request is to be sent again and there was none.
var ErrNothingSent = errors.New("no request was sent for this person")

// Outcome is what a person gets to know of something they did.
type Outcome struct {
	// Status is the HTTP status of the app's answer; 0 when the client refused to send.
	Status int
	Body   string
	// Errors are what a modal shows beside its fields, by block id.
	Errors map[string]string
	// Notice is what the client tells the person when something went wrong. It is empty when
	// nothing did.
	Notice string
	// URL is where the pressed button led in the browser.
	URL string
	// TS is the timestamp of the deed, for [Server.Ephemerals].
	TS string
}

// OK reports whether the app accepted what the person did.
func (o Outcome) OK() bool {
	return o.Status == http.StatusOK && len(o.Errors) == 0 && o.Notice == ""
}

// signedRequest is a request to the app, as it went over the wire.
type signedRequest struct {
	header http.Header
	body   []byte
}

// Sign returns Slack's signature of a request body: version 0, HMAC-SHA256 over
// "v0:timestamp:body", in hexadecimal.
// See https://docs.slack.dev/authentication/verifying-requests-from-slack.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:", timestamp)
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

func (s *Server) sign(secret, contentType string, body []byte) *signedRequest {
	timestamp := strconv.FormatInt(s.opt.Now().Unix(), 10)
	h := http.Header{}
	h.Set("Content-Type", contentType)
	h.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	h.Set("Accept", "application/json,*/*")
	h.Set("X-Slack-Request-Timestamp", timestamp)
	h.Set("X-Slack-Signature", Sign(secret, timestamp, body))
	return &signedRequest{header: h, body: body}
}

// send POSTs a request to the app, byte for byte.
func (s *Server) send(ctx context.Context, req *signedRequest) (Outcome, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.opt.Interact, bytes.NewReader(req.body))
	if err != nil {
		return Outcome{}, fmt.Errorf("post to the app: %w", err)
	}
	r.Header = req.header.Clone()
	resp, err := s.opt.Client.Do(r)
	if err != nil {
		return Outcome{Notice: "operation_timeout"}, fmt.Errorf("post to the app: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return Outcome{Status: resp.StatusCode, Notice: "operation_timeout"}, fmt.Errorf("read the app's answer: %w", err)
	}
	o := Outcome{Status: resp.StatusCode, Body: string(body)}
	if resp.StatusCode != http.StatusOK {
		o.Notice = fmt.Sprintf("the app answered with status %d", resp.StatusCode)
	}
	return o, nil
}

// sendPayload sends the payload of an interaction and remembers the request for the person.
func (s *Server) sendPayload(ctx context.Context, p *person, payload map[string]any) (Outcome, error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return Outcome{}, fmt.Errorf("encode the payload: %w", err)
	}
	return s.sendForm(ctx, p, url.Values{"payload": {string(raw)}})
}

func (s *Server) sendForm(ctx context.Context, p *person, form url.Values) (Outcome, error) {
	req := s.sign(s.opt.SigningSecret, "application/x-www-form-urlencoded", []byte(form.Encode()))
	s.mu.Lock()
	p.last = req
	s.mu.Unlock()
	return s.send(ctx, req)
}

// Replay sends the person's last interaction or command again, byte for byte and with the same
// headers, as an eavesdropper would. The client shows nothing of the answer.
func (s *Server) Replay(ctx context.Context, person string) (Outcome, error) {
	req, err := s.lastRequest(person)
	if err != nil {
		return Outcome{}, err
	}
	return s.send(ctx, req)
}

// Forge sends the body of the person's last interaction or command again, with a fresh
// timestamp and a signature made without the signing secret.
func (s *Server) Forge(ctx context.Context, person string) (Outcome, error) {
	last, err := s.lastRequest(person)
	if err != nil {
		return Outcome{}, err
	}
	wrong := "not " + s.opt.SigningSecret
	return s.send(ctx, s.sign(wrong, last.header.Get("Content-Type"), last.body))
}

func (s *Server) lastRequest(email string) (*signedRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.actor(email)
	if err != nil {
		return nil, err
	}
	if p.last == nil {
		return nil, fmt.Errorf("%w: %s", ErrNothingSent, email)
	}
	return p.last, nil
}
