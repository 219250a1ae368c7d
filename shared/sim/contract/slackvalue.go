package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// slackVisit walks an answer of Slack beside its schema in the OpenAPI document and the values
// that the reference's examples have at the same place. Either may be missing.
type slackVisit struct {
	*problems
	web *Slack
}

// isFree reports whether the content of a field is described elsewhere: it is Block Kit, or what
// an app wrote itself.
func isFree(at, name string) bool {
	switch name {
	case "blocks", "metadata", "state":
		return true
	case "title", "submit", "close":
		return strings.HasSuffix(at, ".view")
	}
	return false
}

// messageDefinition describes messages. Some methods give a shorter one beside it.
const messageDefinition = "objs_message"

func (v slackVisit) value(at string, s *swagger, examples []any, value any) {
	s = v.web.openAPI.resolve(s)
	if s != nil && len(s.alternatives) > 0 {
		v.alternatives(at, s.alternatives, examples, value)
		return
	}
	if s == nil && len(examples) == 0 {
		return // nobody says anything
	}
	shown := slices.ContainsFunc(examples, func(e any) bool { return kindOf(e) == kindOf(value) })
	if !shown && !s.allows(value, examples) {
		v.add(at, "it is %s, which is not documented", kindOf(value))
		return
	}
	switch value := value.(type) {
	case map[string]any:
		v.object(at, s, objectsOf(examples), value)
	case []any:
		var items *swagger
		if s != nil {
			items = s.items
		}
		var shownItems []any
		for _, e := range examples {
			list, _ := e.([]any)
			shownItems = append(shownItems, list...)
		}
		for _, item := range value {
			v.value(at+"[]", items, shownItems, item)
		}
	case string:
		v.text(at, s, examples, value)
	}
}

// allows reports whether a schema has the type of a value. Without a schema, only an example
// that is null leaves the type open.
func (s *swagger) allows(value any, examples []any) bool {
	if s == nil {
		return slices.Contains(examples, nil)
	}
	if len(s.Type) == 0 {
		return true
	}
	var names []string
	switch value := value.(type) {
	case nil:
		names = []string{"null"}
	case bool:
		names = []string{"boolean"}
	case string:
		names = []string{"string"}
	case []any:
		names = []string{"array"}
	case map[string]any:
		names = []string{"object"}
	case json.Number:
		names = []string{"number"}
		if _, err := value.Int64(); err == nil {
			names = append(names, "integer")
		}
	}
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(s.Type, name) })
}

func (v slackVisit) text(at string, s *swagger, examples []any, value string) {
	if s == nil {
		return
	}
	conforms := func(text string) bool {
		return (s.pattern == nil || s.pattern.MatchString(text)) && (len(s.Enum) == 0 || slices.Contains(s.Enum, any(text)))
	}
	overridden := slices.ContainsFunc(examples, func(e any) bool { text, ok := e.(string); return ok && !conforms(text) })
	if !conforms(value) && !overridden {
		v.add(at, "%q does not have the form %s%v", value, s.Pattern, enumText(s.Enum))
	}
}

func enumText(enum []any) string {
	if len(enum) == 0 {
		return ""
	}
	return fmt.Sprint(enum)
}

func (v slackVisit) object(at string, s *swagger, examples []map[string]any, object map[string]any) {
	inExamples := func(name string) (values []any, everywhere bool) {
		everywhere = true
		for _, e := range examples {
			value, ok := e[name]
			if ok {
				values = append(values, value)
			}
			everywhere = everywhere && ok
		}
		return values, everywhere
	}
	for _, name := range sortedKeys(object) {
		if isFree(at, name) {
			continue
		}
		values, _ := inExamples(name)
		var property *swagger
		if s != nil {
			property = s.Properties[name]
		}
		switch {
		case name == "message" && v.web.openAPI.Definitions[messageDefinition] != nil:
			property = &swagger{Ref: "#/definitions/" + messageDefinition}
		case name == "view":
			values = v.web.views()
		}
		closed := s != nil && s.Open == false || len(examples) > 0
		switch {
		case property != nil || len(values) > 0:
			v.value(at+"."+name, property, values, object[name])
		case closed && !slices.Contains(anywhere, at+"."+name):
			v.add(at+"."+name, "there is no such field")
		}
	}
	if s == nil {
		return
	}
	for _, name := range s.Required {
		// An example without the field shows that it is not required any more.
		if _, there := object[name]; !there {
			if _, everywhere := inExamples(name); everywhere {
				v.add(at+"."+name, "it is required and not there")
			}
		}
	}
}

// anywhere are fields that any answer may have.
// https://docs.slack.dev/apis/web-api#responses
var anywhere = []string{"answer.ok", "answer.warning", "answer.response_metadata"}

// alternatives takes the alternative with the fewest problems.
func (v slackVisit) alternatives(at string, list []*swagger, examples []any, value any) {
	var best []Problem
	for i, s := range list {
		var p problems
		slackVisit{&p, v.web}.value(at, s, examples, value)
		if i == 0 || len(p.list) < len(best) {
			best = p.list
		}
	}
	v.list = append(v.list, best...)
}

func objectsOf(values []any) []map[string]any {
	var out []map[string]any
	for _, value := range values {
		if object, ok := value.(map[string]any); ok {
			out = append(out, object)
		}
	}
	return out
}
