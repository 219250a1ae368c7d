package groupapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// describe returns the description of the API as an OpenAPI 3.1 document
// (https://spec.openapis.org/oas/v3.1.0), made from the routes and from the types that they
// answer with: what is served and what is described cannot differ.
func describe(routes []route) []byte {
	schemas := object{"Problem": schemaOf(reflect.TypeFor[Problem]())}
	paths := object{}
	for _, r := range routes {
		parameters := []any{}
		for _, name := range inPath.FindAllStringSubmatch(r.Path, -1) {
			parameters = append(parameters, object{
				"name": name[1], "in": "path", "required": true, "schema": object{"type": "string"},
				"description": "An immutable id or an address.",
			})
		}
		for _, p := range append([]parameter{maxAge}, r.Query...) {
			schema := object{"type": p.Type}
			if p.Name == "limit" {
				schema["minimum"], schema["maximum"], schema["default"] = 1, mostPage, usualPage
			}
			parameters = append(parameters, object{"name": p.Name, "in": "query", "schema": schema, "description": p.Text})
		}
		content := object{"application/json": object{"schema": answerSchema(r.Data)}}
		if r.Stream != nil {
			content = object{"application/x-ndjson": object{"schema": schemaOf(reflect.TypeOf(r.Data))}}
		}
		responses := object{"200": object{"description": r.Summary, "content": content}}
		if r.Stream == nil {
			responses["304"] = object{"description": "The client has this answer already, by its ETag."}
		}
		for _, status := range []int{400, 401, 403, 404, 503} {
			responses[strconv.Itoa(status)] = object{
				"description": http.StatusText(status),
				"content":     object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
			}
		}
		paths[r.Path] = object{"get": object{
			"operationId": operation(r.Path), "summary": r.Summary, "parameters": parameters, "responses": responses,
			"security": []any{object{"oidc": []string{string(r.Scope)}}}, "x-scope": r.Scope,
		}}
	}
	document := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Groups", "version": "1",
			"description": "The mirror of the company's Google Groups. Every answer says as of when it is and whether it is complete.",
		},
		"paths": paths,
		"components": object{
			"schemas":         schemas,
			"securitySchemes": object{"oidc": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An OIDC token of the client's service account, signed by Google, for this API's audience."}},
		},
	}
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return []byte("{}\n") // maps of texts and numbers can always be encoded
	}
	return append(text, '\n')
}

type object = map[string]any

var inPath = regexp.MustCompile(`\{([a-z]+)\}`)

// operation makes a name of a path: /v1/groups/{group}/members is groups_group_members.
func operation(path string) string {
	words := strings.FieldsFunc(strings.TrimPrefix(path, "/v1"), func(r rune) bool { return !('a' <= r && r <= 'z') })
	return strings.Join(words, "_")
}

// answerSchema is the schema of an [Answer] with this data.
func answerSchema(data any) object {
	schema := schemaOf(reflect.TypeFor[Answer[struct{}]]())
	schema["properties"].(object)["data"] = schemaOf(reflect.TypeOf(data))
	return schema
}

// schemaOf returns the JSON schema of a type as encoding/json writes it.
func schemaOf(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t.Kind() == reflect.Pointer:
		return schemaOf(t.Elem())
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
	default:
		return object{}
	}
	properties, required := object{}, []string{}
	for f := range fields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		properties[name] = schemaOf(f.Type)
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required}
}

// fields visits the exported fields of a struct.
func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && !yield(f) {
				return
			}
		}
	}
}
