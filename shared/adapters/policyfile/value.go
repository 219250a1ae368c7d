package policyfile

import (
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/span"
)

// This file reads the kinds of value that several sections share.

func nameRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r)
}

// address reads an e-mail address, in lower case.
func (p place) address() string {
	s := p.text()
	if s == "" {
		return ""
	}
	if !looksLikeAddress(s) {
		p.problem("%s is not an address: write name@your-domain", quote(s))
		return ""
	}
	return group.Address(s)
}

func looksLikeAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.Contains(domain, "@") &&
		strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) < 0
}

// duration reads a length of time, longer than none.
func (p place) duration() time.Duration {
	if !p.is(scalar, "a length of time such as 180d or 8h") {
		return 0
	}
	d, err := span.Parse(p.node.text)
	if err == nil && d == 0 {
		err = errors.New("is no time at all")
	}
	if err != nil {
		p.problem("%s %v: write a length of time such as 180d, 8h or 30m", quote(p.node.text), err)
	}
	return d
}

// until reads the end of something that holds for a time: an instant, or a day through the
// whole of which it still holds, in UTC.
func (p place) until() time.Time {
	if !p.is(scalar, "a day such as 2027-03-31") {
		return time.Time{}
	}
	if date, err := time.Parse(time.DateOnly, p.node.text); err == nil {
		return date.AddDate(0, 0, 1)
	}
	t, err := time.Parse(time.RFC3339, p.node.text)
	if err != nil {
		p.problem("%s is neither a day nor an instant: write 2027-03-31 or 2027-03-31T09:00:00Z", quote(p.node.text))
		return time.Time{}
	}
	return t.UTC()
}

// mode reads auto, ask or report; absent means report.
func (p place) mode() change.Mode {
	if m := oneOf(p, change.Auto, change.Ask, change.Report); m != "" {
		return m
	}
	return change.Report
}

// channel reads the name of a Slack channel.
func (p place) channel() string {
	s := p.text()
	if s == "" {
		return ""
	}
	name, ok := strings.CutPrefix(s, "#")
	bad := func(r rune) bool {
		return unicode.IsUpper(r) || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_'
	}
	if !ok || name == "" || strings.IndexFunc(name, bad) >= 0 {
		p.problem("%s is not a Slack channel: write \"#name\" in quotes, in small letters, digits, - and _", quote(s))
		return ""
	}
	return s
}

// brake reads the bounds {percent, max}. A bound of 0 is refused: no bound is what leaving it
// out means, and nothing at all is what mode: ask means.
func (p place) brake() brake.Brake {
	t := p.table("percent", "max")
	b := brake.Brake{Percent: t.at("percent").percent(), Max: t.at("max").whole(1)}
	if t.whole && len(p.node.fields) == 0 {
		p.problem("bounds nothing: write {percent: 2, max: 50}")
	}
	return b
}

func (p place) percent() float64 {
	if !p.is(scalar, "a percentage such as 2") {
		return 0
	}
	f, err := strconv.ParseFloat(p.node.text, 64)
	if _, quoted := p.node.value.(string); err != nil || quoted || !(f > 0 && f <= 100) {
		p.problem("%s is not a percentage: write a number over 0 and up to 100", quote(p.node.text))
		return 0
	}
	return f
}

// link reads the address of a web page.
func (p place) link() string {
	s := p.text()
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		p.problem("%s is not a link: write https://…", quote(s))
		return ""
	}
	return s
}

// pattern reads a regular expression in Go's syntax (https://pkg.go.dev/regexp/syntax).
func (p place) pattern() *regexp.Regexp {
	s := p.text()
	if s == "" {
		return nil
	}
	re, err := regexp.Compile(s)
	if err != nil {
		p.problem("%s is not a regular expression: %v", quote(s), err)
		return nil
	}
	return re
}
