package firestore

import (
	"fmt"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// fewestDocuments is how many documents are asked for at least where a page lacks some because
// of expired ones.
const fewestDocuments = 20

// page reads one page of records as they are at now. It asks Firestore again where expired
// documents leave room on the page.
func (s *Store) page(q store.Query, now time.Time, run func(firestore.Query) *firestore.DocumentIterator) (store.Page, error) {
	if err := q.Validate(); err != nil {
		return store.Page{}, err
	}
	q = q.Normalize()
	cursor, err := q.Cursor()
	if err != nil {
		return store.Page{}, err
	}
	var page store.Page
	for ask := q.Limit; ; ask = max(q.Limit-len(page.Records), fewestDocuments) {
		documents, err := run(s.query(q, cursor).Limit(ask)).GetAll()
		if err != nil {
			return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, translated(err))
		}
		for _, doc := range documents {
			if len(page.Records) == q.Limit {
				page.Next = cursor.String()
				return page, nil
			}
			key := store.Key{Collection: q.Collection, ID: doc.Ref.ID}
			r, err := decode(key, doc.Data())
			if err != nil {
				return store.Page{}, fmt.Errorf("query %s: %s: %w", q.Collection, key.ID, err)
			}
			cursor = &store.Cursor{ID: key.ID}
			if q.OrderBy != "" {
				cursor.Value = r.Fields[q.OrderBy]
			}
			if !r.Expired(now) {
				page.Records = append(page.Records, r)
			}
		}
		if len(documents) < ask {
			return page, nil
		}
		if len(page.Records) == q.Limit {
			page.Next = cursor.String()
			return page, nil
		}
	}
}

// query returns a query as Firestore's client builds it, from behind cursor on.
func (s *Store) query(q store.Query, cursor *store.Cursor) firestore.Query {
	query := s.client.Collection(q.Collection).Query
	for _, c := range q.Where {
		query = query.WherePath(firestore.FieldPath{fieldsField, c.Field}, string(c.Op), c.Value)
	}
	if q.OrderBy == "" {
		query = query.OrderBy(firestore.DocumentID, firestore.Asc)
		if cursor != nil {
			query = query.StartAfter(cursor.ID)
		}
		return query
	}
	direction := firestore.Asc
	if q.Desc {
		direction = firestore.Desc
	}
	query = query.OrderByPath(firestore.FieldPath{fieldsField, q.OrderBy}, direction).OrderBy(firestore.DocumentID, direction)
	// Lists come behind all single values, and the empty bytes, which nobody stores, between
	// them (https://firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering).
	behindValues, anyID := []byte{}, "0"
	switch {
	case cursor != nil && q.Desc:
		return query.StartAfter(cursor.Value, cursor.ID)
	case cursor != nil:
		return query.StartAfter(cursor.Value, cursor.ID).EndBefore(behindValues, anyID)
	case q.Desc:
		return query.StartAt(behindValues, anyID)
	default:
		return query.EndBefore(behindValues, anyID)
	}
}
