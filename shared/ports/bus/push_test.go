package bus_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/ports/bus"
)

// text draws valid UTF-8, odd characters included.
func text(longest int) *rapid.Generator[string] { return rapid.StringN(0, longest/4, longest) }

func TestDecodePushReadsWhatEncodePushWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := bus.Message{
			ID:          rapid.StringMatching(`[0-9]{1,20}`).Draw(t, "id"),
			OrderingKey: text(100).Draw(t, "ordering key"),
			Published:   time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "seconds"), rapid.Int64Range(0, 1e9-1).Draw(t, "nanoseconds")).UTC(),
			Attempt:     rapid.IntRange(0, 100).Draw(t, "attempt"),
		}
		if data := rapid.SliceOf(rapid.Byte()).Draw(t, "data"); len(data) > 0 {
			want.Data = data
		}
		if attributes := rapid.MapOf(text(50), text(50)).Draw(t, "attributes"); len(attributes) > 0 {
			want.Attributes = attributes
		}
		wantSubscription := rapid.StringN(1, 50, -1).Draw(t, "subscription")
		body, err := bus.EncodePush(wantSubscription, want)
		if err != nil {
			t.Fatal(err)
		}
		got, subscription, err := bus.DecodePush(body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || subscription != wantSubscription {
			t.Errorf("subscription %q, want %q; message (-want +got):\n%s", subscription, wantSubscription, diff)
		}
	})
}

// The bodies in testdata are what the vendor's service and its emulator send.
func TestDecodePushReadsTheVendorsBodies(t *testing.T) {
	want := bus.Message{
		ID: "7041862195530877", Data: []byte(`{"group":"C01"}`),
		Attributes: map[string]string{"kind": "group.settings"}, Published: time.Date(2026, 11, 22, 9, 13, 55, 749_000_000, time.UTC),
	}
	service := want
	service.OrderingKey, service.Attempt = "C01", 5
	for file, want := range map[string]bus.Message{"service.json": service, "emulator.json": want} {
		body, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		got, subscription, err := bus.DecodePush(body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || subscription != "projects/sekisho/subscriptions/groupsettings" {
			t.Errorf("%s: subscription %q, message (-want +got):\n%s", file, subscription, diff)
		}
	}
}

func TestDecodePushRefusesWhatIsNotAPush(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":          ``,
		"not JSON":         `hello`,
		"another document": `{"kind":"admin#reports#activity"}`,
		"no message id":    `{"message":{"data":"eA=="},"subscription":"s"}`,
		"no subscription":  `{"message":{"data":"eA==","messageId":"1"}}`,
		"data not base64":  `{"message":{"data":"!","messageId":"1"},"subscription":"s"}`,
		"time not a time":  `{"message":{"publishTime":"soon","messageId":"1"},"subscription":"s"}`,
		"wrong types":      `{"message":[],"subscription":1}`,
		"two documents":    `{"message":{"messageId":"1"},"subscription":"s"}{}`,
	} {
		if m, _, err := bus.DecodePush([]byte(body)); !errors.Is(err, bus.ErrNotPush) {
			t.Errorf("%s: got %+v and error %v, want %v", name, m, err, bus.ErrNotPush)
		}
	}
}

func TestEncodePushReportsATimeThatJSONCannotCarry(t *testing.T) {
	if body, err := bus.EncodePush("s", bus.Message{ID: "1", Published: time.Unix(1<<40, 0)}); err == nil {
		t.Errorf("got %s, want an error", body)
	}
}

// FuzzDecodePush: no body makes DecodePush panic, and what it accepts survives another round.
func FuzzDecodePush(f *testing.F) {
	for _, file := range []string{"service.json", "emulator.json"} {
		body, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"message":{"messageId":"1","attributes":{"\ud800":"\u0000"}},"subscription":"s"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		want, wantSubscription, err := bus.DecodePush(body)
		if err != nil {
			if !errors.Is(err, bus.ErrNotPush) {
				t.Errorf("got error %v, want %v", err, bus.ErrNotPush)
			}
			return
		}
		again, err := bus.EncodePush(wantSubscription, want)
		if err != nil {
			t.Fatal(err)
		}
		got, subscription, err := bus.DecodePush(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || subscription != wantSubscription {
			t.Errorf("subscription %q, want %q; message (-want +got):\n%s", subscription, wantSubscription, diff)
		}
	})
}
