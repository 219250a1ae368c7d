// Package desk is where people ask for something: access for a time, an account, a connection.
//
// Each kind of request has a [Desk]. It says who may ask for what, makes the form that is filled
// in, checks what was entered, and proposes the change. It speaks no vendor's language: the same desks
// stand behind Slack's commands and the HTTP API, within the limits that the narrower of both has.
package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// Asker is who asks.
type Asker struct {
	Person group.Person
	// Also lists the ids of further accounts of the same person.
	Also []string
	// Language is "en" or "ja", in which the asker reads.
	Language string
	// Zone is the IANA name of the time zone in which the asker lives; empty where none is known.
	Zone string
}

// Actor returns the asker as an actor.
func (a Asker) Actor() change.Actor {
	return change.Actor{Kind: change.ByPerson, ID: a.Person.ID, Name: a.Person.Email, Also: a.Also}
}

// Says chooses between the English and the Japanese way to say something.
func (a Asker) Says(english, japanese string) string {
	if a.Language == "ja" {
		return japanese
	}
	return english
}

// Values are what was entered, by the name of the field.
type Values map[string][]string

// One returns the value of a field that takes one; empty where it was left so.
func (v Values) One(field string) string {
	if len(v[field]) == 0 {
		return ""
	}
	return strings.TrimSpace(v[field][0])
}

// Desk takes one kind of request. It is safe for concurrent use.
type Desk interface {
	// Word names the field that is filled from what is typed behind the command: "entitlement"
	// in /access etl-maintenance.
	Word() string
	// Form returns the form as it looks with some fields filled in already. The error is a
	// [Refused] where the asker may not ask for it.
	Form(ctx context.Context, a Asker, v Values) (Form, error)
	// Offers returns what the asker may ask for now, by name; none where that is nothing.
	Offers(ctx context.Context, a Asker) ([]Offer, error)
	// Check says what is wrong with what was entered: an [Invalid], or a [Refused] where the
	// asker may not ask for it. It writes nothing.
	Check(ctx context.Context, a Asker, v Values) error
	// Submit checks once more and proposes. The name is that of the request: the same request
	// again proposes nothing new.
	Submit(ctx context.Context, name string, a Asker, v Values) error
}

// Lister is a desk that tells what was asked for there.
type Lister interface {
	// List returns one line for each thing. The error is a [Refused] where the asker may not see it.
	List(ctx context.Context, a Asker) ([]string, error)
}

// Form is what somebody fills in.
type Form struct {
	// Title has 24 characters at most, the limit of Slack's modals.
	Title  string
	Lines  []string
	Fields []Field
	// Submit is the label of the button that sends it.
	Submit string
}

// FieldKind says how a field is filled in.
type FieldKind string

// The kinds of field.
const (
	Text   FieldKind = "text"
	Long   FieldKind = "long"   // text of several lines
	Choice FieldKind = "choice" // one of the options
	Many   FieldKind = "many"   // some of the options
	People FieldKind = "people" // one person; its value is the person's address
)

// Field is one field of a form.
type Field struct {
	Name, Label, Hint string
	Kind              FieldKind
	Options           []Option
	// Value is what is filled in already.
	Value    []string
	Optional bool
	// Live says that what else the form asks depends on this field, so that it is made anew when
	// the field has been filled in.
	Live bool
}

// Option is one thing to choose.
type Option struct{ Label, Value string }

// Refused is the error of a request that the asker may not make. Its text is for the asker, in
// the asker's language.
type Refused struct{ Text string }

// Error implements error.
func (r *Refused) Error() string { return r.Text }

// Invalid is the error of a request that is not filled in rightly: what is wrong, by the name of
// the field, in the asker's language.
type Invalid struct{ Fields map[string]string }

// Error implements error. It is for logs; see [Invalid.Text].
func (i *Invalid) Error() string {
	var parts []string
	for _, f := range slices.Sorted(maps.Keys(i.Fields)) {
		parts = append(parts, fmt.Sprintf("%s: %s", f, i.Fields[f]))
	}
	return strings.Join(parts, "; ")
}

// Text returns what is wrong for the asker, a line for each field, where there is no form that it could
// stand beside: the fields' own names, which no person knows, are not in it.
func (i *Invalid) Text() string {
	var lines []string
	for _, f := range slices.Sorted(maps.Keys(i.Fields)) {
		if text := i.Fields[f]; !slices.Contains(lines, text) {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// complaints gathers what is wrong with a request.
type complaints map[string]string

// unknown complains about fields that a form does not have.
func (c complaints) unknown(a Asker, v Values, known ...string) {
	for field := range v {
		if !slices.Contains(known, field) {
			c.about(field, a.Says("There is no such field.", "この項目はありません。"))
		}
	}
}

// about adds a complaint about a field that has none yet.
func (c complaints) about(field, text string) {
	if c[field] == "" {
		c[field] = text
	}
}

// err returns the complaints as an [Invalid]; nil where there are none.
func (c complaints) err() error {
	if len(c) == 0 {
		return nil
	}
	return &Invalid{Fields: c}
}
