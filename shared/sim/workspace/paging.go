package workspace

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// cursor is where a page ended. A token carries it together with what was asked, so that a
// token of one listing is refused in another.
type cursor struct {
	after string
	begun bool
}

// pageToken makes the token for the page after the given item.
func (c *call) pageToken(after string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.listingKey() + "\n" + after))
}

// page reads the request's pageToken.
func (c *call) page() (cursor, error) {
	token := c.query.Get("pageToken")
	if token == "" {
		return cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	key, after, ok := strings.Cut(string(raw), "\n")
	if err != nil || !ok || key != c.listingKey() {
		return cursor{}, invalidParameter("pageToken", "Invalid Input: pageToken")
	}
	return cursor{after, true}, nil
}

// listingKey identifies a listing: the path and every parameter that selects.
func (c *call) listingKey() string {
	selecting := url.Values{}
	for name, values := range c.query {
		if !slices.Contains([]string{"pageToken", "maxResults", "fields", "alt", "prettyPrint", "key", "quotaUser"}, name) {
			selecting[name] = values
		}
	}
	d := c.s.digest("listing", c.r.URL.Path, selecting.Encode())
	return base64.RawURLEncoding.EncodeToString(d[:9])
}

// limit reads maxResults. Below 1 it is refused. Above most it is refused where Google's
// discovery document states a maximum, and lowered to most where it only says so in words.
func (c *call) limit(usual, most int, strict bool) (int, error) {
	text := c.query.Get("maxResults")
	if text == "" {
		return usual, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	switch {
	case err != nil:
		return 0, invalidParameter("maxResults", fmt.Sprintf("Invalid value at 'max_results' (TYPE_INT32), %q", text))
	case n < 1 || (strict && n > int64(most)):
		return 0, invalidParameter("maxResults", fmt.Sprintf("Invalid value '%d'. Values must be within the range: [1, %d]", n, most))
	}
	return min(int(n), most), nil
}

// cut returns the part of a sorted listing that fits on one page, and the token of the next
// page, or no token at the end. It looks for where the page begins instead of counting.
func cut[T any](c *call, list []T, limit int, key func(T) string) ([]T, string, error) {
	at, err := c.page()
	if err != nil {
		return nil, "", err
	}
	if at.begun {
		first, _ := slices.BinarySearchFunc(list, at.after, func(item T, after string) int {
			if key(item) <= after {
				return -1
			}
			return 1
		})
		list = list[first:]
	}
	token := ""
	if len(list) > limit {
		list = list[:limit]
		token = c.pageToken(key(list[limit-1]))
	}
	list, token = cutShort(c, list, token)
	return list, token, nil
}
