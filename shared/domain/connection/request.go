package connection

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Request is what a person asks for.
type Request struct {
	Service string
	// Group is the vendor's id of the destination group in which the connection is made.
	Group string
	// Name is how people call the connection. It names the schema in the destination too, where
	// the service's settings do not name that.
	Name string
	// Settings are the service's settings as they were typed in.
	Settings map[string]string
	// Owner is the immutable id of the person who has the credentials.
	Owner  string
	Reason string
}

// Code says what is wrong with a field, for those who must tell people in their own language.
type Code string

// The codes.
const (
	Missing        Code = "missing"
	UnknownService Code = "unknown-service" // the policy does not have the service
	NotASetting    Code = "not-a-setting"   // the service has no such setting, or it is not asked for
	SecretName     Code = "secret-name"     // the setting is a credential: its owner enters it on the connect card
	SecretValue    Code = "secret-value"    // what was typed in looks like a credential
	BadName        Code = "name"            // lower-case letters, digits and underscores, a letter first, 63 at most
	BadHost        Code = "host"            // the name or the address of a computer, and nothing else
	BadPort        Code = "port"            // a number from 1 to 65535
	BadNumber      Code = "number"          // a number, whole where the setting is
	BadChoice      Code = "choice"          // one of Problem.Choices
	BadText        Code = "text"            // one line without control characters
	TooLong        Code = "too-long"        // more than MaxText characters
	NoRedirect     Code = "no-redirect"     // the policy does not say where browsers return to
)

// Codes lists all codes.
func Codes() []Code {
	return []Code{
		Missing, UnknownService, NotASetting, SecretName, SecretValue, BadName, BadHost, BadPort, BadNumber, BadChoice, BadText, TooLong, NoRedirect,
	}
}

// MaxText is how many characters a setting or a reason may have.
const MaxText = 1000

// The fields of a request that a [Problem] can be about, besides settings, which have a prefix.
const (
	FieldService = "service"
	FieldGroup   = "group"
	FieldName    = "name"
	FieldOwner   = "owner"
	FieldReason  = "reason"
	// FieldSettings stands before the name of a setting: "settings.host".
	FieldSettings = "settings."
)

// Problem is one thing that is wrong with a request.
type Problem struct {
	Field string
	Code  Code
	// Choices are what could be written instead, sorted, where the code is [BadChoice] or
	// [UnknownService].
	Choices []string
}

// Error implements error, in English. What was typed in is not in it: it may be a credential.
func (p Problem) Error() string {
	text := map[Code]string{
		Missing: "is missing", UnknownService: "is not a service that the policy has",
		NotASetting: "is not asked for by this service",
		SecretName:  "is a credential: its owner gives it to the vendor on the connect card",
		SecretValue: "looks like a credential: its owner gives it to the vendor on the connect card",
		BadName:     "must have up to 63 lower-case letters, digits and underscores, a letter first",
		BadHost:     "must be the name or the address of a computer", BadPort: "must be a number from 1 to 65535",
		BadNumber: "must be a number, and whole where the setting is", BadChoice: "must be one of those there are",
		BadText: "must be one line of text", TooLong: fmt.Sprintf("must have at most %d characters", MaxText),
		NoRedirect: "cannot be handed over: the policy names no address to return to",
	}[p.Code]
	if len(p.Choices) > 0 {
		text += ": " + strings.Join(p.Choices, ", ")
	}
	return p.Field + " " + text
}

// Check says what is wrong with a request before anybody is asked about it; nothing if it may
// be sent on. The problems are sorted by field.
func (p Policy) Check(r Request) []Problem {
	var problems []Problem
	add := func(field string, code Code, choices ...string) {
		problems = append(problems, Problem{Field: field, Code: code, Choices: choices})
	}
	for field, value := range map[string]string{FieldGroup: r.Group, FieldOwner: r.Owner, FieldReason: r.Reason} {
		if strings.TrimSpace(value) == "" {
			add(field, Missing)
		} else if code := checkText(value); code != "" {
			add(field, code)
		}
	}
	if LooksSecretValue(r.Reason) {
		add(FieldReason, SecretValue)
	}
	if r.Name == "" {
		add(FieldName, Missing)
	} else if !validName(r.Name) {
		add(FieldName, BadName)
	}
	service, known := p.Services[r.Service]
	switch {
	case r.Service == "":
		add(FieldService, Missing)
	case !known:
		add(FieldService, UnknownService, slices.Sorted(maps.Keys(p.Services))...)
	default:
		problems = append(problems, service.check(r.Settings)...)
	}
	if p.Redirect == "" {
		add(FieldService, NoRedirect)
	}
	return sorted(problems)
}

// check says what is wrong with the settings of a request.
func (s Service) check(settings map[string]string) []Problem {
	var problems []Problem
	for _, name := range s.Required {
		if strings.TrimSpace(settings[name]) == "" {
			problems = append(problems, Problem{Field: FieldSettings + name, Code: Missing})
		}
	}
	for name, value := range settings {
		var code Code
		switch {
		case LooksSecret(name): // first: whatever else is wrong, people must hear of this
			code = SecretName
		case !slices.Contains(s.Required, name):
			code = NotASetting
		case strings.TrimSpace(value) != "":
			code = checkSetting(name, value)
		}
		if code != "" {
			problems = append(problems, Problem{Field: FieldSettings + name, Code: code})
		}
	}
	return problems
}

// checkSetting says what is wrong with a value, as far as the name of its setting tells.
func checkSetting(name, value string) Code {
	if code := checkText(value); code != "" {
		return code
	}
	if LooksSecretValue(value) {
		return SecretValue
	}
	switch last := lastWord(name); {
	case slices.Contains(schemaSettings, name) && !validName(value):
		return BadName
	case last == "port":
		if n, err := strconv.Atoi(value); err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != value {
			return BadPort
		}
	case (last == "host" || last == "hostname") && !validHost(value):
		return BadHost
	}
	return ""
}

// checkText says what is wrong with text of any kind.
func checkText(value string) Code {
	switch {
	case !utf8.ValidString(value), strings.ContainsFunc(value, unicode.IsControl), strings.ContainsAny(value, "\u2028\u2029"):
		return BadText
	case utf8.RuneCountInString(value) > MaxText:
		return TooLong
	}
	return ""
}

// schemaSettings name what the connection makes in the destination. Together they are how the
// vendor calls the connection, and they cannot be changed later.
var schemaSettings = []string{"schema", "schema_prefix", "table", "table_group_name"}

// nameForm is compiled when it is needed first.
var nameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`) })

// validName reports whether every destination takes a name as it is, so that people find the
// connection under the name that they asked for.
func validName(name string) bool { return nameForm().MatchString(name) }

// hostForm is a name in the DNS: labels of letters, digits, hyphens and underscores.
// It is compiled when it is needed first.
var hostForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$`)
})

func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return len(host) <= 253 && hostForm().MatchString(host)
}

func sorted(problems []Problem) []Problem {
	slices.SortFunc(problems, func(a, b Problem) int {
		return strings.Compare(a.Field+"\x00"+string(a.Code), b.Field+"\x00"+string(b.Code))
	})
	return problems
}
