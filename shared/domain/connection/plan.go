package connection

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Plan is what the vendor is asked for: a paused connection whose setup tests are not run, since
// nobody has entered the credentials yet.
type Plan struct {
	Group   string
	Service string
	// Schema is how the vendor will call the connection, unique in its group.
	Schema string
	// Config are the service's settings, as encoding/json has them.
	Config            map[string]any
	Redirect          string
	SyncFrequency     int
	TrustCertificates bool
	TrustFingerprints bool
}

// Field is what the vendor says of one setting of a service.
type Field struct {
	Name string
	// Type is a JSON Schema type: string, integer, number, boolean, array, object.
	Type string
	// Secret says that the vendor itself treats the setting as a credential.
	Secret   bool
	Required bool
	// Choices are the values that the vendor takes, where it lists them.
	Choices []string
}

// Plan makes of a request what the vendor is asked for. The fields are what the vendor says of
// the service; without any, numbers are told by the names of settings alone. The problems are
// those of [Policy.Check] and those that only the vendor can tell; with problems there is no
// plan.
func (p Policy) Plan(r Request, fields []Field) (Plan, []Problem) {
	if problems := p.Check(r); len(problems) > 0 {
		return Plan{}, problems
	}
	service := p.Services[r.Service]
	plan := Plan{
		Group: r.Group, Service: r.Service, Config: map[string]any{},
		Redirect: p.Redirect, SyncFrequency: p.SyncFrequency,
		TrustCertificates: p.TrustCertificates, TrustFingerprints: p.TrustFingerprints,
	}
	for name, value := range service.Config {
		plan.Config[name] = clone(value)
	}
	known := map[string]Field{}
	for _, f := range fields {
		known[f.Name] = f
	}
	var problems []Problem
	for _, name := range service.Required {
		f, ok := known[name]
		if len(fields) > 0 && !ok {
			problems = append(problems, Problem{Field: FieldSettings + name, Code: NotASetting})
			continue
		}
		value, problem := f.value(name, strings.TrimSpace(r.Settings[name]))
		if problem.Code != "" {
			problems = append(problems, problem)
			continue
		}
		plan.Config[name] = value
	}
	if len(problems) > 0 {
		return Plan{}, sorted(problems)
	}
	plan.nameSchema(r.Name, known)
	return plan, nil
}

// value reads what was typed in as the type that the vendor wants.
func (f Field) value(name, text string) (any, Problem) {
	bad := func(code Code, choices ...string) (any, Problem) {
		return nil, Problem{Field: FieldSettings + name, Code: code, Choices: choices}
	}
	kind := f.Type
	if kind == "" && lastWord(name) == "port" {
		kind = "integer"
	}
	switch {
	case f.Secret:
		return bad(SecretName)
	case len(f.Choices) > 0 && !slices.Contains(f.Choices, text):
		return bad(BadChoice, slices.Sorted(slices.Values(f.Choices))...)
	}
	switch kind {
	case "integer":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return bad(BadNumber)
		}
		return n, Problem{}
	case "number":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n != n || n-n != 0 {
			return bad(BadNumber)
		}
		return n, Problem{}
	case "boolean":
		switch text {
		case "true":
			return true, Problem{}
		case "false":
			return false, Problem{}
		}
		return bad(BadChoice, "false", "true")
	case "array":
		var list []any
		for _, item := range strings.Split(text, ",") {
			list = append(list, strings.TrimSpace(item))
		}
		return list, Problem{}
	case "object":
		return bad(NotASetting) // nobody can type it into one field
	}
	return text, Problem{}
}

// nameSchema settles how the vendor will call the connection: its schema, or the prefix of its
// schemas, with the table or the group of tables where the service has one
// (https://fivetran.com/docs/rest-api/api-reference/connections/create-connection). Where
// nobody filled that in, it is the name of the connection.
func (p *Plan) nameSchema(name string, known map[string]Field) {
	text := func(setting string) string {
		s, _ := p.Config[setting].(string)
		return s
	}
	if text("schema") == "" && text("schema_prefix") == "" {
		setting := "schema"
		if _, prefixed := known["schema_prefix"]; prefixed {
			if _, both := known["schema"]; !both {
				setting = "schema_prefix"
			}
		}
		p.Config[setting] = name
	}
	if prefix := text("schema_prefix"); prefix != "" {
		p.Schema = prefix
		return
	}
	p.Schema = text("schema")
	for _, part := range []string{"table", "table_group_name"} {
		if t := text(part); t != "" {
			p.Schema += "." + t
		}
	}
}

// clone copies a value as encoding/json has it.
func clone(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for name, item := range out {
			out[name] = clone(item)
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i, item := range out {
			out[i] = clone(item)
		}
		return out
	}
	return value
}
