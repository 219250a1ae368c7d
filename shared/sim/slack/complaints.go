package slack

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// complaints returns what the client shows beside fields, by block id, before it sends
// anything: required fields that are empty, and text that does not have the demanded form.
func (v *view) complaints() map[string]string {
	found := map[string]string{}
	for _, b := range v.blocks {
		block, _ := b.(map[string]any)
		if stringOf(block, "type") != "input" {
			continue
		}
		id := stringOf(block, "block_id")
		for _, e := range elementsOf(block) {
			value := v.state.valueOf(id, e)
			optional, _ := block["optional"].(bool)
			if value == nil {
				if !optional {
					found[id] = "Please complete this required field."
				}
				continue
			}
			if text, ok := value.(string); ok {
				if c := complaint(e, text); c != "" {
					found[id] = c
				}
			}
		}
	}
	return found
}

func complaint(e map[string]any, text string) string {
	switch stringOf(e, "type") {
	case "plain_text_input":
		n := int64(utf8.RuneCountInString(text))
		if least, ok := number(e["min_length"]); ok && n < least {
			return fmt.Sprintf("Please enter at least %d characters.", least)
		}
		most, ok := number(e["max_length"])
		if !ok {
			most = 3000
		}
		if n > most {
			return fmt.Sprintf("Please enter no more than %d characters.", most)
		}
	case "email_text_input":
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return "Please enter a valid email address."
		}
	case "url_text_input":
		if u, err := url.Parse(text); err != nil || u.Host == "" {
			return "Please enter a valid URL."
		}
	case "number_input":
		return numberComplaint(e, text)
	}
	return ""
}

func numberComplaint(e map[string]any, text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "Please enter a number."
	}
	if decimals, _ := e["is_decimal_allowed"].(bool); !decimals && strings.ContainsAny(text, ".eE") {
		return "Please enter a whole number."
	}
	if least, err := strconv.ParseFloat(stringOf(e, "min_value"), 64); err == nil && n < least {
		return fmt.Sprintf("Please enter a number of at least %v.", least)
	}
	if most, err := strconv.ParseFloat(stringOf(e, "max_value"), 64); err == nil && n > most {
		return fmt.Sprintf("Please enter a number of at most %v.", most)
	}
	return ""
}

func number(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}
