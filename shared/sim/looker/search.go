package looker

import (
	"strings"
	"unicode/utf8"
)

// searchUsers answers search_users. Who may not see details cannot search by them.
func searchUsers(c *call) (any, error) {
	var conditions []func(*account) bool
	texts := map[string]func(*account) string{
		"first_name": func(a *account) string { return a.first },
		"last_name":  func(a *account) string { return a.last },
		"full_name":  fullName,
		"email":      func(a *account) string { return a.email },
	}
	for _, name := range sortedKeys(texts) {
		if pattern := c.query.Get(name); pattern != "" {
			of := texts[name]
			conditions = append(conditions, func(a *account) bool { return matches(pattern, of(a)) })
		}
	}
	if ids := c.query.Get("id"); ids != "" {
		conditions = append(conditions, func(a *account) bool {
			for id := range strings.SplitSeq(ids, ",") {
				if id == a.id {
					return true
				}
			}
			return false
		})
	}
	flags := map[string]func(*account) bool{
		"is_disabled":              func(a *account) bool { return a.disabled },
		"verified_looker_employee": func(a *account) bool { return a.staff },
		"is_service_account":       func(a *account) bool { return a.service },
	}
	for _, name := range sortedKeys(flags) {
		wanted, given, err := c.flag(name)
		if err != nil {
			return nil, err
		}
		if given {
			of := flags[name]
			conditions = append(conditions, func(a *account) bool { return of(a) == wanted })
		}
	}
	for _, name := range []string{"email", "is_disabled", "verified_looker_employee", "is_service_account"} {
		if c.query.Has(name) && !c.s.admin() {
			return nil, badRequest("the filter " + name + " is not available to you")
		}
	}
	either, _, err := c.flag("filter_or")
	if err != nil {
		return nil, err
	}
	return c.listUsers(func(a *account) bool {
		for _, holds := range conditions {
			if holds(a) == either {
				return either
			}
		}
		return !either || len(conditions) == 0
	})
}

// matches compares as Looker's searches do: by SQL's LIKE without regard to case, and for two
// words by whether there is anything at all.
func matches(pattern, text string) bool {
	switch strings.ToUpper(pattern) {
	case "IS NULL":
		return text == ""
	case "NOT NULL":
		return text != ""
	}
	return like(strings.ToLower(pattern), strings.ToLower(text))
}

// like is SQL's LIKE: % stands for any text, _ for one character.
func like(pattern, text string) bool {
	// Where the latest % was, and how much of the text it stands for so far.
	star, taken := -1, 0
	p, t := 0, 0
	for t < len(text) {
		_, size := utf8.DecodeRuneInString(text[t:])
		switch {
		case p < len(pattern) && pattern[p] == '%':
			star, taken = p, t
			p++
		case p < len(pattern) && pattern[p] == '_':
			p++
			t += size
		case p < len(pattern) && strings.HasPrefix(pattern[p:], text[t:t+size]):
			p += size
			t += size
		case star >= 0:
			_, size := utf8.DecodeRuneInString(text[taken:])
			taken += size
			p, t = star+1, taken
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "%") == ""
}
