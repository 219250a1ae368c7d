package firestore

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sekisho/sekisho/shared/ports/store"
)

func TestEncodeFollowsTheIndexesAndTheTTLPolicy(t *testing.T) {
	expires := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	fields := map[string]any{"state": "open", "members": []string{"ada"}}
	got := encode(store.Record{Data: []byte(`{"a":1}`), Fields: fields, Expires: expires})
	want := map[string]any{"data": `{"a":1}`, "f": fields, "expires": expires}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("encode (-want +got):\n%s", diff)
	}
	if got := encode(store.Record{Data: []byte("1"), Fields: map[string]any{}}); len(got) != 2 {
		t.Errorf("encode without expiry = %v; want no field for it", got)
	}
}

func TestDecodeRefusesWhatNobodyEncoded(t *testing.T) {
	for name, doc := range map[string]map[string]any{
		"empty":                   {},
		"no data":                 {"f": map[string]any{}},
		"no fields":               {"data": "1"},
		"data of bytes":           {"data": []byte("1"), "f": map[string]any{}},
		"fields in a list":        {"data": "1", "f": []any{}},
		"a list of other things":  {"data": "1", "f": map[string]any{"a": []any{"x", int64(1)}}},
		"an expiry that is text":  {"data": "1", "f": map[string]any{}, "expires": "tomorrow"},
		"an expiry that is empty": {"data": "1", "f": map[string]any{}, "expires": nil},
	} {
		t.Run(name, func(t *testing.T) {
			if r, err := decode(store.Key{Collection: "things", ID: "one"}, doc); err == nil {
				t.Errorf("decode = %+v; want an error", r)
			}
		})
	}
}

func TestTranslatedErrorsMeanThePortsErrors(t *testing.T) {
	for _, test := range []struct {
		code codes.Code
		want error
	}{
		{codes.NotFound, store.ErrNotFound},
		{codes.AlreadyExists, store.ErrExists},
		{codes.Aborted, store.ErrContention},
		{codes.InvalidArgument, store.ErrInvalid},
		{codes.Canceled, context.Canceled},
		{codes.DeadlineExceeded, context.DeadlineExceeded},
	} {
		err := translated(status.Error(test.code, "said the server"))
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v; want %v", test.code, err, test.want)
		}
		// The client runs a transaction again when it finds Aborted in what decide returned.
		if status.Code(err) != test.code {
			t.Errorf("%s became %s", test.code, status.Code(err))
		}
	}
	other := status.Error(codes.FailedPrecondition, "The query requires an index")
	if got := translated(other); got != other { //nolint:errorlint // unchanged
		t.Errorf("translated(%v) = %v", other, got)
	}
}
