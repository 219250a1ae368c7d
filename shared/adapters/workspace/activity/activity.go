// Package activity reads Google Workspace audit activities, as the Admin SDK Reports API pushes
// and lists them and as Cloud Logging exports them, and turns them into signals for the mirror of
// Google Groups.
//
// An activity is one entry of an audit log: who did something, when, and one or more events.
// Three applications report what happens to groups
// (https://support.google.com/cloudidentity/answer/6270454): "admin" what administrators do,
// "groups" what people do in Google Groups, and "groups_enterprise" both. The same act can so
// arrive two or three times under different names, late, or not at all.
//
// An event is therefore a pointer, never a fact. What is kept of it is which group it is about
// and what part of that group is worth reading again; the values it carries, old or new, are
// dropped while it is read. The only exception is the new address of a renamed group, which
// serves to find the group.
//
// The package depends on the standard library and the domain alone, so that the function which
// receives notifications stays small.
package activity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// The audit applications that report changes of groups.
const (
	Admin      = "admin"
	Groups     = "groups"
	Enterprise = "groups_enterprise"
)

// What Parse accepts. Real activities have a few kilobytes and a nesting of seven.
const (
	// MaxBytes is the size of the largest activity that [Parse] reads.
	MaxBytes = 1 << 20
	maxDepth = 32
	// maxWord is the length in bytes of the longest name, identifier or address.
	maxWord = 320
)

// Activity is one entry of an audit log. It holds nothing of the vendor's encoding, so that
// the same entry read from another source is the same Activity.
type Activity struct {
	// Application is the audit application, for example [Enterprise].
	Application string
	// Customer is the id of the Workspace account that the entry belongs to. It is empty where
	// the entry does not say. Whoever receives activities from outside compares it.
	Customer string
	// Time is when it happened, by Google's clock, in UTC.
	Time time.Time
	// Qualifier tells activities of the same time apart: a signed 64-bit number in decimal.
	Qualifier string
	// Actor is the address of who did it, in lower case; empty where the entry does not say.
	Actor string
	// Client is the OAuth client id of the application that did it in the actor's name; empty
	// where no application did.
	Client string
	Events []Event
}

// Event is one event of an activity, reduced to what may be believed of it.
type Event struct {
	// Name is the event's own name, for example "ADD_GROUP_MEMBER".
	Name string
	// Group is the address, in lower case, or the id of the group that the event names. It is
	// empty where the event names none, or none that could exist.
	Group string
	// Renamed is the group's new address where the event is a change of address.
	Renamed string
	// Person is the address of the account that a change of accounts names.
	Person string
	// OfGroup says that a change of settings names what belongs to the group itself: its address, its name
	// or its description.
	OfGroup bool
}

// wire is the form of https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list#Activity,
// as far as it is read.
type wire struct {
	ID struct {
		Time            string          `json:"time"`
		UniqueQualifier json.RawMessage `json:"uniqueQualifier"`
		ApplicationName string          `json:"applicationName"`
		CustomerID      string          `json:"customerId"`
	} `json:"id"`
	Actor struct {
		Email           string `json:"email"`
		ApplicationInfo struct {
			OAuthClientID string `json:"oauthClientId"`
		} `json:"applicationInfo"`
	} `json:"actor"`
	Events []struct {
		Name       string      `json:"name"`
		Parameters []parameter `json:"parameters"`
	} `json:"events"`
}

type parameter struct {
	Name string `json:"name"`
	// Value is left undecoded: only the parameters that name a group must be strings.
	Value json.RawMessage `json:"value"`
}

// Parse reads one activity in the JSON form of the Reports API. It returns an error for
// anything that is not one whole activity with an application, a time, a unique qualifier and
// names for its events; members that it does not know are ignored. The qualifier may be a
// number or a number in a string.
//
// The error says what is wrong and never repeats what was sent.
func Parse(body []byte) (Activity, error) {
	if len(body) > MaxBytes {
		return Activity{}, fmt.Errorf("activity has %d bytes, more than %d", len(body), MaxBytes)
	}
	if !shallow(body) {
		return Activity{}, fmt.Errorf("activity is nested deeper than %d", maxDepth)
	}
	var w wire
	if err := json.Unmarshal(body, &w); err != nil {
		return Activity{}, fmt.Errorf("decode activity: %w", plain(err))
	}
	a := Activity{
		Application: w.ID.ApplicationName,
		Customer:    w.ID.CustomerID,
		Actor:       actor(w.Actor.Email),
		Client:      w.Actor.ApplicationInfo.OAuthClientID,
	}
	if !word(a.Application) {
		return Activity{}, errors.New("activity without a usable application name")
	}
	if a.Customer != "" && !word(a.Customer) {
		return Activity{}, errors.New("activity without a usable customer id")
	}
	if a.Client != "" && !word(a.Client) {
		a.Client = ""
	}
	at, err := time.Parse(time.RFC3339, w.ID.Time)
	if err != nil || at.IsZero() {
		return Activity{}, errors.New("activity without a usable time")
	}
	a.Time = at.UTC()
	if a.Qualifier, err = qualifier(w.ID.UniqueQualifier); err != nil {
		return Activity{}, err
	}
	for i, e := range w.Events {
		if !word(e.Name) {
			return Activity{}, fmt.Errorf("event %d of the activity has no usable name", i)
		}
		a.Events = append(a.Events, a.event(e.Name, e.Parameters))
	}
	return a, nil
}

// event returns what is kept of an event of the activity.
func (a Activity) event(name string, parameters []parameter) Event {
	event := Event{Name: name, Group: named(parameters, "group_email", "group_id"), OfGroup: ofGroup(parameters)}
	if a.Application == Admin && name == renaming {
		event.Renamed = named(parameters, "new_value")
	}
	if a.Application == Admin && accounts[name] {
		event.Person = named(parameters, "user_email")
	}
	return event
}

// ofGroup reports whether parameters say that what was changed belongs to a group itself, and not to its settings.
func ofGroup(parameters []parameter) bool {
	what := named(parameters, "info_setting", "basic_setting", "setting_name")
	return slices.Contains([]string{"email", "name", "description"}, strings.ToLower(what))
}

// shallow reports whether no value is nested deeper than maxDepth, whatever else is wrong.
func shallow(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}

// plain drops the parts of a decoding error that quote the input.
func plain(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not JSON at byte %d", syntax.Offset)
	}
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		return fmt.Errorf("a value of another JSON type than expected, at byte %d", typ.Offset)
	}
	return errors.New("not JSON")
}

func qualifier(raw json.RawMessage) (string, error) {
	text := string(raw)
	if bytes.HasPrefix(raw, []byte{'"'}) {
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", errors.New("activity without a usable unique qualifier")
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "", errors.New("activity without a usable unique qualifier")
	}
	return strconv.FormatInt(n, 10), nil
}

// named returns the first usable address or id of a group among the parameters of these names,
// which the applications write in different cases.
func named(parameters []parameter, names ...string) string {
	for _, p := range parameters {
		for _, name := range names {
			var value string
			if strings.EqualFold(p.Name, name) && json.Unmarshal(p.Value, &value) == nil {
				if key := key(value); key != "" {
					return key
				}
			}
		}
	}
	return ""
}

// key returns the address or the id of a group, or "" for what can be neither. An id may come
// as Cloud Identity's resource name, "groups/…".
func key(value string) string {
	value = strings.TrimSpace(value)
	if strings.Contains(value, "@") {
		return address(value)
	}
	if id := strings.TrimPrefix(value, "groups/"); word(id) {
		return id
	}
	return ""
}

// address returns an address as the project compares it, or "" for what cannot be one.
func address(value string) string {
	local, domain, ok := strings.Cut(value, "@")
	if !ok || local == "" || domain == "" || strings.Contains(domain, "@") ||
		len(value) > maxWord || !utf8.ValidString(value) ||
		strings.ContainsFunc(value, func(r rune) bool {
			return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`/\<>"`, r)
		}) {
		return ""
	}
	return group.Address(value)
}

func actor(email string) string { return address(strings.TrimSpace(email)) }

// word reports whether s is a name or an identifier as Google writes them: short, and made of
// characters that mean nothing in a key, an address or a log.
func word(s string) bool {
	if s == "" || len(s) > maxWord {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			r == '_' || r == '-' || r == '.')
	})
}
