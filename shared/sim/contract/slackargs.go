package contract

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// arguments are what a request to the Web API carries: text from a form or a query, any JSON
// value from a JSON body.
type arguments map[string]any

func (m *slackMethod) checkArguments(p *problems, x *Exchange) {
	args := readArguments(p, x)
	for _, name := range sortedKeys(args) {
		arg, known := m.Args[name]
		if !known {
			// Slack reads past arguments that it does not know.
			p.list = append(p.list, Problem{At: "argument." + name, Text: "the method has no such argument", Borne: true})
			continue
		}
		arg.check(p, "argument."+name, args[name])
	}
	for _, name := range sortedKeys(m.Args) {
		if _, there := args[name]; m.Args[name].Required && !there {
			p.add("argument."+name, "it is required and not there")
		}
	}
	for _, g := range m.ArgGroups {
		n := 0
		for _, name := range g.Args {
			if _, there := args[name]; there {
				n++
			}
		}
		at := "argument." + strings.Join(g.Args, "|")
		if n == 0 && (g.Required == nil || *g.Required) {
			p.add(at, "one of them is required")
		}
		if n > 1 && g.Exclusive {
			p.add(at, "only one of them may be there")
		}
	}
}

// readArguments decodes query and body. Empty text is the same as no argument. The token is no
// argument of any method; every request needs one.
func readArguments(p *problems, x *Exchange) arguments {
	args := arguments{}
	add := func(values url.Values) {
		for _, name := range sortedKeys(values) {
			if len(values[name]) > 1 {
				p.add("argument."+name, "it is there %d times", len(values[name]))
			}
			if values.Get(name) != "" {
				args[name] = values.Get(name)
			}
		}
	}
	query, err := url.ParseQuery(x.URL.RawQuery)
	if err != nil {
		p.add("query", "it cannot be read: %v", err)
	}
	add(query)
	switch kind := mediaType(x.Header); {
	case x.Method != http.MethodPost && x.Method != http.MethodGet:
		p.add("method", "it is %s", x.Method)
	case len(x.Body) == 0:
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(x.Body))
		if err != nil {
			p.add("body", "it cannot be read: %v", err)
		}
		add(form)
	case kind == "application/json":
		body, err := decode(x.Body)
		object, ok := body.(map[string]any)
		if err != nil || !ok {
			p.add("body", "it is no JSON object")
		}
		for name, value := range object {
			if value != "" && value != nil {
				args[name] = value
			}
		}
	default:
		p.add("header.Content-Type", "Slack does not take %q", x.Header.Get("Content-Type"))
	}
	if _, inArguments := args["token"]; bearer(x) == "" && !inArguments {
		p.add("header.Authorization", "there is no token")
	}
	delete(args, "token")
	return args
}

var (
	userForm      = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	channelForm   = regexp.MustCompile(`^([CDGUW][A-Z0-9]{2,}|#?[\p{L}\p{N}._-]+)$`)
	timestampForm = regexp.MustCompile(`^\d{10}\.\d{6}$`)
)

// check holds a value against the type that the reference gives to the argument. What the
// reference writes now in one way and now in another (arrays, enums, several types) is not
// checked.
func (a slackArg) check(p *problems, at string, value any) {
	text := asText(value)
	kind, _ := a.Type.(string)
	ok := true
	switch {
	case a.Format == "json":
		if s, isText := value.(string); isText {
			_, err := decode([]byte(s))
			ok = err == nil
		}
		kind = "json"
	case kind == "boolean":
		ok = slices.Contains([]string{"true", "false", "1", "0"}, text)
	case kind == "integer":
		_, err := strconv.ParseInt(text, 10, 64)
		ok = err == nil
	case kind == "number":
		_, err := strconv.ParseFloat(text, 64)
		ok = err == nil
	case kind == "user":
		ok = userForm.MatchString(text)
	case kind == "channel":
		ok = channelForm.MatchString(text)
	case kind == "timestamp":
		ok = timestampForm.MatchString(text)
	case kind == "string":
		_, ok = value.(string)
	}
	if !ok {
		p.add(at, "%q is no %s", text, kind)
	}
}

// asText is a scalar as text, and nothing else as the empty text.
func asText(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}

// wholeSeconds reports whether a header is a positive number of seconds.
func wholeSeconds(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n > 0
}
