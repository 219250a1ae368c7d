package channel_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/channel"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func newStore(t *testing.T, now *time.Time) store.Store {
	t.Helper()
	db, err := embedded.Open("", func() time.Time { return *now })
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db.Store().Rehearsed()
}

func TestNewChannelsAreSecretAndDifferent(t *testing.T) {
	a, tokenA := channel.New("groups", start, start.Add(6*time.Hour))
	b, tokenB := channel.New("groups", start, start.Add(6*time.Hour))
	if a.ID == b.ID || tokenA == tokenB {
		t.Errorf("two channels share the id %s or the token", a.ID)
	}
	// Google takes ids of 64 characters and tokens of 256
	// (https://developers.google.com/workspace/admin/reports/v1/guides/push).
	if len(a.ID) > 64 || len(tokenA) > 256 || len(tokenA) < 40 {
		t.Errorf("an id of %d characters, a token of %d", len(a.ID), len(tokenA))
	}
	if strings.Contains(a.TokenHash, tokenA) || a.TokenHash == "" {
		t.Error("the channel holds the token itself")
	}
}

func TestKnows(t *testing.T) {
	c, token := channel.New("groups", start, start.Add(time.Hour))
	_, other := channel.New("groups", start, start.Add(time.Hour))
	if !c.Knows(token) {
		t.Error("the channel does not know its token")
	}
	for name, guess := range map[string]string{
		"nothing": "", "another's": other, "the hash": c.TokenHash, "a part": token[:len(token)-1], "more": token + "x",
		"other letters": strings.ToLower(token),
	} {
		if c.Knows(guess) {
			t.Errorf("the channel knows %s", name)
		}
	}
	if (channel.Channel{}).Knows("") {
		t.Error("no channel knows the empty token")
	}
}

func TestAChannelsLife(t *testing.T) {
	now := start
	s := newStore(t, &now)
	c, token := channel.New("groups", start, start.Add(6*time.Hour))
	put := func(c channel.Channel) {
		t.Helper()
		if err := channel.Put(t.Context(), s, c); err != nil {
			t.Fatalf("Put: %v", err)
		}
	}
	put(c)
	c.Resource, c.Expires = "r1", start.Add(5*time.Hour)
	put(c)
	got, err := channel.Get(t.Context(), s, c.ID)
	if diff := cmp.Diff(c, got); diff != "" || err != nil {
		t.Errorf("Get: %v (-want +got):\n%s", err, diff)
	}
	if !got.Knows(token) {
		t.Error("the stored channel does not know its token")
	}
	now = c.Expires.Add(time.Hour - time.Second)
	if _, err := channel.Get(t.Context(), s, c.ID); err != nil {
		t.Errorf("Get within the hour after its end: %v", err)
	}
	now = c.Expires.Add(time.Hour)
	if _, err := channel.Get(t.Context(), s, c.ID); !errors.Is(err, channel.ErrUnknown) {
		t.Errorf("Get an hour after its end: %v; want ErrUnknown", err)
	}
}

func TestUnknownChannels(t *testing.T) {
	now := start
	s := newStore(t, &now)
	c, _ := channel.New("groups", start, start.Add(time.Hour))
	for range 2 { // twice: what is not there is forgotten already
		if err := channel.Delete(t.Context(), s, c.ID); err != nil {
			t.Errorf("Delete: %v", err)
		}
	}
	for _, id := range []string{c.ID, "", ".", "..", "a/b", "../channels/x", "__x__", "a\x00", "\xff", strings.Repeat("x", 5000), "%2e%2e", "関所"} {
		if _, err := channel.Get(t.Context(), s, id); !errors.Is(err, channel.ErrUnknown) {
			t.Errorf("Get(%.20q): %v; want ErrUnknown", id, err)
		}
	}
}

func TestAllBeginsWithTheOneThatEndsFirst(t *testing.T) {
	now := start
	s := newStore(t, &now)
	var want []string
	for _, hours := range []int{2, 3, 5} {
		c, _ := channel.New("groups", start, start.Add(time.Duration(hours)*time.Hour))
		want = append([]string{c.ID}, want...)
		c.Expires = start.Add(time.Duration(10-hours) * time.Hour)
		if err := channel.Put(t.Context(), s, c); err != nil {
			t.Fatalf("Put: %v", err)
		}
	}
	all, err := channel.All(t.Context(), s)
	var got []string
	for _, c := range all {
		got = append(got, c.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("All: %v (-want +got):\n%s", err, diff)
	}
}
