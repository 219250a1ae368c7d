package fivetran

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/shared/sim"
)

// page is the data of a listing
// (https://fivetran.com/docs/rest-api/getting-started/pagination).
type page struct {
	Items      []any  `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// cut returns the part of a listing that the request asks for. A cursor carries the listing that
// it is of, so that it is refused in another one.
func cut[T any](c *call, list []T, key func(T) string, show func(T) any) (answer, error) {
	limit := 100
	if text, ok := c.query["limit"]; ok {
		n, err := strconv.Atoi(text[0])
		if err != nil || n < 1 || n > 1000 {
			return answer{}, invalid("'limit' must be in the range 1..1000")
		}
		limit = n
	}
	listing := strings.Join([]string{c.r.URL.Path, c.query.Get("group_id"), c.query.Get("schema")}, "\n")
	if cursor := c.query.Get("cursor"); cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		of, after, ok := strings.Cut(string(raw), "\x00")
		if err != nil || !ok || of != listing {
			return answer{}, invalid("Invalid cursor")
		}
		for i, item := range list {
			if key(item) == after {
				list = list[i+1:]
				break
			}
		}
	}
	out := page{Items: []any{}}
	if len(list) > limit {
		list = list[:limit]
		out.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(listing + "\x00" + key(list[limit-1])))
	}
	switch c.fault {
	case sim.FaultPartial:
		list, out.NextCursor = list[:len(list)/2], ""
	case sim.FaultEmpty:
		list, out.NextCursor = nil, ""
	}
	for _, item := range list {
		out.Items = append(out.Items, show(item))
	}
	return answer{data: out}, nil
}
