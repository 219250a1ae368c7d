package webapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// API is what a description says of an API as a whole.
type API struct {
	Title, Version, Description string
	// Token says which bearer tokens are taken, PathText what the parts of paths are.
	Token, PathText string
}

// Operation is one method of one path.
type Operation struct {
	Method, Path, Summary string
	// Parameters are those besides the ones in the path.
	Parameters []Parameter
	// Body is the schema of what is sent, in JSON; nil where nothing is.
	Body Object
	// Status is that of an answer which is no problem, Media its content type and Answer its
	// schema. Status 0 stands for 200, no Media for application/json.
	Status int
	Media  string
	Answer Object
	// Tagged says that answers have an entity tag, by which a client may ask whether its own is
	// still good.
	Tagged bool
	// Problems are the statuses of the problems that may come instead.
	Problems []int
	// Scopes are what a client needs, for APIs that have scopes.
	Scopes []string
	// More are further entries of the operation, such as extensions.
	More Object
}

// Parameter is one parameter of the query, or with In "header" a header.
type Parameter struct {
	Name, In, Text string
	Required       bool
	Schema         Object
}

// Describe returns the description of an API as an OpenAPI 3.1 document
// (https://spec.openapis.org/oas/v3.1.0).
func Describe(api API, operations []Operation) []byte {
	paths := Object{}
	for _, o := range operations {
		at, ok := paths[o.Path].(Object)
		if !ok {
			at = Object{}
			paths[o.Path] = at
		}
		at[strings.ToLower(o.Method)] = o.describe(api)
	}
	document := Object{
		"openapi": "3.1.0",
		"info":    Object{"title": api.Title, "version": api.Version, "description": api.Description},
		"paths":   paths,
		"components": Object{
			"schemas":         Object{"Problem": SchemaOf(reflect.TypeFor[Problem]())},
			"securitySchemes": Object{"oidc": Object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": api.Token}},
		},
	}
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return []byte("{}\n") // maps of texts and numbers can always be encoded
	}
	return append(text, '\n')
}

func (o Operation) describe(api API) Object {
	parameters := []any{}
	for _, name := range inPath.FindAllStringSubmatch(o.Path, -1) {
		parameters = append(parameters, Object{
			"name": name[1], "in": "path", "required": true, "schema": Object{"type": "string"}, "description": api.PathText,
		})
	}
	for _, p := range o.Parameters {
		one := Object{"name": p.Name, "in": p.In, "schema": p.Schema, "description": p.Text}
		if p.Required {
			one["required"] = true
		}
		parameters = append(parameters, one)
	}
	status, media := o.Status, o.Media
	if status == 0 {
		status = http.StatusOK
	}
	if media == "" {
		media = "application/json"
	}
	responses := Object{strconv.Itoa(status): Object{"description": o.Summary, "content": Object{media: Object{"schema": o.Answer}}}}
	if o.Tagged {
		responses["304"] = Object{"description": "The client has this answer already, by its ETag."}
	}
	for _, status := range o.Problems {
		responses[strconv.Itoa(status)] = Object{
			"description": http.StatusText(status),
			"content":     Object{"application/problem+json": Object{"schema": Object{"$ref": "#/components/schemas/Problem"}}},
		}
	}
	scopes := o.Scopes
	if scopes == nil {
		scopes = []string{}
	}
	out := Object{
		"operationId": o.id(), "summary": o.Summary, "parameters": parameters, "responses": responses,
		"security": []any{Object{"oidc": scopes}},
	}
	if o.Body != nil {
		out["requestBody"] = Object{"required": true, "content": Object{"application/json": Object{"schema": o.Body}}}
	}
	for name, value := range o.More {
		out[name] = value
	}
	return out
}

var inPath = regexp.MustCompile(`\{([a-z]+)\}`)

// id makes a name of a path: /v1/groups/{group}/members is groups_group_members. Methods that do
// more than read stand before it.
func (o Operation) id() string {
	words := strings.FieldsFunc(strings.TrimPrefix(o.Path, "/v1"), func(r rune) bool { return !('a' <= r && r <= 'z') })
	if o.Method != http.MethodGet {
		words = append([]string{strings.ToLower(o.Method)}, words...)
	}
	return strings.Join(words, "_")
}
