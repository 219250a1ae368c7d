package firestore

import (
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// The names of a document's fields. Index definitions and the TTL policy name them too.
const (
	dataField    = "data"
	fieldsField  = "f"
	expiresField = "expires"
)

// encode returns a normalized record as a document.
func encode(r store.Record) map[string]any {
	doc := map[string]any{dataField: string(r.Data), fieldsField: r.Fields}
	if !r.Expires.IsZero() {
		doc[expiresField] = r.Expires
	}
	return doc
}

// record returns what reading a document gave: the record, or [store.ErrNotFound] where there
// is none or it has expired at now.
func record(key store.Key, doc *firestore.DocumentSnapshot, err error, now time.Time) (store.Record, error) {
	if err != nil {
		return store.Record{}, fmt.Errorf("read %s: %w", key, translated(err))
	}
	if !doc.Exists() {
		return store.Record{}, fmt.Errorf("read %s: %w", key, store.ErrNotFound)
	}
	r, err := decode(key, doc.Data())
	if err != nil {
		return store.Record{}, fmt.Errorf("read %s: %w", key, err)
	}
	if r.Expired(now) {
		return store.Record{}, fmt.Errorf("read %s: %w", key, store.ErrNotFound)
	}
	return r, nil
}

// decode returns the record that encode was given.
func decode(key store.Key, doc map[string]any) (store.Record, error) {
	data, ok := doc[dataField].(string)
	if !ok {
		return store.Record{}, fmt.Errorf("document field %s is %T, not a string", dataField, doc[dataField])
	}
	stored, ok := doc[fieldsField].(map[string]any)
	if !ok {
		return store.Record{}, fmt.Errorf("document field %s is %T, not a map", fieldsField, doc[fieldsField])
	}
	r := store.Record{Key: key, Data: []byte(data), Fields: make(map[string]any, len(stored))}
	for name, v := range stored {
		list, ok := v.([]any)
		if !ok {
			r.Fields[name] = v
			continue
		}
		texts := make([]string, len(list))
		for i, entry := range list {
			if texts[i], ok = entry.(string); !ok {
				return store.Record{}, fmt.Errorf("document field %s.%s has an entry of type %T", fieldsField, name, entry)
			}
		}
		r.Fields[name] = texts
	}
	if expires, there := doc[expiresField]; there {
		if r.Expires, ok = expires.(time.Time); !ok {
			return store.Record{}, fmt.Errorf("document field %s is %T, not a timestamp", expiresField, expires)
		}
	}
	return r, nil
}

// translated returns an error of Firestore with the error of the port, or of the context, that
// it means. The original stays in it, because the client decides by it what to try again.
func translated(err error) error {
	var meaning error
	switch status.Code(err) {
	case codes.NotFound:
		meaning = store.ErrNotFound
	case codes.AlreadyExists:
		meaning = store.ErrExists
	case codes.Aborted:
		meaning = store.ErrContention
	case codes.InvalidArgument:
		meaning = store.ErrInvalid
	case codes.Canceled:
		meaning = context.Canceled
	case codes.DeadlineExceeded:
		meaning = context.DeadlineExceeded
	default:
		return err
	}
	return fmt.Errorf("%w: %w", meaning, err)
}
