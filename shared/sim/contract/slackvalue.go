package contract

import (
	"encoding/json"
	"fmt"
	"slices"
)

// slackVisit walks an answer of Slack beside its schema in the OpenAPI document and the values
// that the reference's examples have at the same place. Either may be missing.
type slackVisit struct {
	*problems
	web *Slack
}

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

// allows reports whether a schema has the type of a value. Without a schema, only examples that
// are all null leave the type open.
func (s *swagger) allows(value any, examples []any) bool {
	if s == nil {
		return !slices.ContainsFunc(examples, func(e any) bool { return e != nil })
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
		if part := v.part(at, name); part != nil {
			v.value(at+"."+name, part, nil, object[name])
			continue
		}
		values, _ := inExamples(name)
		var property *swagger
		if s != nil {
			property = s.Properties[name]
		}
		if name == "view" {
			values = v.web.views()
		}
		closed := s != nil && s.Open == false || len(examples) > 0
		switch common := anywhere[at+"."+name]; {
		case property != nil || len(values) > 0:
			v.value(at+"."+name, property, values, object[name])
		case common != nil:
			v.value(at+"."+name, common, nil, object[name])
		case closed:
			v.add(at+"."+name, noSuchField)
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

// alternatives takes the alternative with the fewest problems, and of several such the one whose
// problems lie deepest, which is the one that was meant.
func (v slackVisit) alternatives(at string, list []*swagger, examples []any, value any) {
	var best []Problem
	for i, s := range list {
		var p problems
		slackVisit{&p, v.web}.value(at, s, examples, value)
		deeper := len(p.list) > 0 && len(p.list) == len(best) && len(p.list[0].At) > len(best[0].At)
		if i == 0 || len(p.list) < len(best) || deeper {
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
