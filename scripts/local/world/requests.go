package world

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// This file is what people do in another tool of the company, a portal in which they are signed in,
// and which asks for them.

// portal is the tool, as an audience of people's tokens.
const portal = "https://portal.world"

// Request lets a person ask for something in the portal, at a desk, by FIELD=VALUE; a field that
// stands there several times has several values. Without a key the portal makes a new one. It waits
// for what follows. The error is a [Refused] when the system says no.
func (w *World) Request(ctx context.Context, person, desk string, fields []string, key string) error {
	values := map[string][]string{}
	for _, f := range fields {
		name, value, ok := strings.Cut(f, "=")
		if !ok {
			return fmt.Errorf("%q is no FIELD=VALUE", f)
		}
		values[name] = append(values[name], value)
	}
	body, err := json.Marshal(map[string]any{"desk": desk, "fields": values})
	if err != nil {
		return fmt.Errorf("encode a request: %w", err)
	}
	return w.send(ctx, person, "/v1/requests", body, key)
}

// GiveBack lets a person give the access of a name back in the portal.
func (w *World) GiveBack(ctx context.Context, person, name string) error {
	return w.held(ctx, person, name, "give-back")
}

// Extend lets a person ask in the portal for the access of a name for longer.
func (w *World) Extend(ctx context.Context, person, name string) error {
	return w.held(ctx, person, name, "extend")
}

// held does something with the newest access of a name that the portal shows to a person.
func (w *World) held(ctx context.Context, person, name, verb string) error {
	text, err := w.portal(ctx, person, http.MethodGet, "/v1/requests", nil, "")
	if err != nil {
		return err
	}
	var list struct {
		Requests []struct {
			ID, Name string
			Can      []string
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("read the list of requests: %w", err)
	}
	for _, r := range list.Requests {
		if r.Name == name && slices.Contains(r.Can, verb) {
			return w.send(ctx, person, "/v1/requests/"+r.ID+"/"+verb, nil, "")
		}
	}
	return &Refused{Text: fmt.Sprintf("the portal shows %s no %s for %s", person, verb, name)}
}

// errNoAnswer says that nobody knows what came of a request.
var errNoAnswer = errors.New("no answer")

// send asks for something and waits for what follows. As tools should, the portal sends what had no
// answer once more under the same key.
func (w *World) send(ctx context.Context, person, path string, body []byte, key string) error {
	if key == "" {
		w.requests++
		key = fmt.Sprintf("request-%d", w.requests)
	}
	_, err := w.portal(ctx, person, http.MethodPost, path, body, key)
	if errors.Is(err, errNoAnswer) {
		_, err = w.portal(ctx, person, http.MethodPost, path, body, key)
	}
	if err != nil {
		return err
	}
	return w.Quiet(ctx)
}

// portal sends one request of the portal for a person and returns the answer.
func (w *World) portal(ctx context.Context, person, method, path string, body []byte, key string) ([]byte, error) {
	token, err := w.signin.Token(person, portal)
	if err != nil {
		return nil, fmt.Errorf("sign %s in: %w", person, err)
	}
	r, err := http.NewRequestWithContext(ctx, method, url("RequestAPI")+path, strings.NewReader(string(body)))
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", person, err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w: %w", person, errNoAnswer, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask for %s: %w", person, err)
	case resp.StatusCode >= http.StatusInternalServerError:
		return nil, errors.New("the system does not answer now: " + string(text))
	case resp.StatusCode >= http.StatusBadRequest:
		return nil, &Refused{Text: string(text)}
	}
	return text, nil
}
