package groupapi

import (
	"encoding/base64"
	"encoding/json"
	"slices"
)

// This file cuts answers into pages, and says by a cursor where the next one begins.

// The sizes of a page, in items.
const (
	usualPage = 100
	mostPage  = 1000
)

// encodeCursor and decodeCursor carry where a page begins. The kind keeps a cursor of one path
// from being used on another.
func encodeCursor(kind string, values ...string) string {
	data, err := json.Marshal(append([]string{kind}, values...))
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func decodeCursor(kind, cursor string, values int) ([]string, error) {
	bad := malformed("The cursor is none of this path's.")
	if len(cursor) > 2000 {
		return nil, bad
	}
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, bad
	}
	var all []string
	if json.Unmarshal(data, &all) != nil || len(all) != values+1 || all[0] != kind {
		return nil, bad
	}
	return all[1:], nil
}

// pageOf returns the part of a sorted list that follows a key, and the cursor of what is left.
func pageOf[T any](q *question, kind string, list []T, key func(T) string) ([]T, string, error) {
	if q.cursor != "" {
		after, err := decodeCursor(kind, q.cursor, 1)
		if err != nil {
			return nil, "", err
		}
		first, _ := slices.BinarySearchFunc(list, after[0], func(item T, after string) int {
			if key(item) <= after {
				return -1
			}
			return 1
		})
		list = list[first:]
	}
	next := ""
	if len(list) > q.limit {
		list = list[:q.limit]
		next = encodeCursor(kind, key(list[q.limit-1]))
	}
	if list == nil {
		list = []T{} // an empty list, not none
	}
	return list, next, nil
}
