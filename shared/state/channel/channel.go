// Package channel keeps the push channels through which Google notifies us: one function opens
// and renews them, another holds incoming notifications against them.
package channel

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// Channel is one push channel. Its token is a secret that only Google and we know; the store
// holds its hash.
type Channel struct {
	ID          string `json:"id"`
	Application string `json:"application"`
	TokenHash   string `json:"token_hash"`
	// Resource is Google's id of what is watched; empty until the channel is known to be open.
	Resource string    `json:"resource,omitempty"`
	Opened   time.Time `json:"opened"`
	// Expires is when Google stops sending. The channel is forgotten an hour later.
	Expires time.Time `json:"expires"`
}

var channels = store.Collection[Channel]{
	Name:    "channels",
	Fields:  func(c Channel) map[string]any { return map[string]any{"expires": c.Expires} },
	Expires: func(c Channel) time.Time { return c.Expires.Add(time.Hour) },
}

// ErrUnknown says that there is no such channel.
var ErrUnknown = errors.New("no such channel")

// New returns a channel that is yet to be opened, and its token.
func New(application string, opened, expires time.Time) (c Channel, token string) {
	token = rand.Text() + rand.Text() // 260 bits
	return Channel{ID: "sekisho-" + rand.Text(), Application: application, TokenHash: hash(token), Opened: opened, Expires: expires}, token
}

// Knows reports, in constant time, whether a token is the channel's.
func (c Channel) Knows(token string) bool {
	return subtle.ConstantTimeCompare([]byte(hash(token)), []byte(c.TokenHash)) == 1
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Get returns a channel, or [ErrUnknown]. The id may be anything that a stranger sent.
func Get(ctx context.Context, s store.Store, id string) (Channel, error) {
	if channels.Key(id).Validate() != nil {
		return Channel{}, ErrUnknown
	}
	c, err := channels.Get(ctx, s, id)
	if errors.Is(err, store.ErrNotFound) {
		return Channel{}, ErrUnknown
	}
	if err != nil {
		return Channel{}, fmt.Errorf("read channel %s: %w", id, err)
	}
	return c, nil
}

// Put stores a channel.
func Put(ctx context.Context, s store.Store, c Channel) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return channels.Put(tx, c.ID, c) })
	if err != nil {
		return fmt.Errorf("store channel %s: %w", c.ID, err)
	}
	return nil
}

// Delete forgets a channel. One that is not there is forgotten already.
func Delete(ctx context.Context, s store.Store, id string) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return channels.Delete(tx, id) })
	if err != nil {
		return fmt.Errorf("forget channel %s: %w", id, err)
	}
	return nil
}

// All returns all channels, the one that ends first before the others.
func All(ctx context.Context, s store.Store) ([]Channel, error) {
	var out []Channel
	err := channels.Each(ctx, s, store.Query{OrderBy: "expires"}, func(c Channel) error {
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the channels: %w", err)
	}
	return out, nil
}
