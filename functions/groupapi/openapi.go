package groupapi

import (
	"net/http"
	"reflect"

	"github.com/sekisho/sekisho/shared/webapi"
)

// describe returns the description of the API, made from the routes and from the types that they
// answer with.
func describe(routes []route) []byte {
	api := webapi.API{
		Title: "Groups", Version: "1",
		Description: "The mirror of the company's Google Groups. Every answer says as of when it is and whether it is complete. " +
			"What changed before watched_until, and was in the audit log when that was read last, has been read again; " +
			"a group that cannot be read for hours is waited for no longer, and as_of says how old it is.",
		Token:    "An OIDC token of the client's service account, signed by Google, for this API's audience.",
		PathText: "An immutable id or an address.",
	}
	var operations []webapi.Operation
	for _, r := range routes {
		o := webapi.Operation{
			Method: http.MethodGet, Path: r.Path, Summary: r.Summary, Problems: append([]int{400, 401, 403, 404, 503}, r.Problems...),
			Scopes: []string{string(r.Scope)}, More: webapi.Object{"x-scope": r.Scope},
			Answer: answerSchema(r.Data), Tagged: true,
		}
		if r.Stream != nil {
			o.Media, o.Answer, o.Tagged = "application/x-ndjson", webapi.SchemaOf(reflect.TypeOf(r.Data)), false
		}
		for _, p := range append([]parameter{maxAge}, r.Query...) {
			schema := webapi.Object{"type": p.Type}
			if p.Name == "limit" {
				schema["minimum"], schema["maximum"], schema["default"] = 1, mostPage, usualPage
			}
			o.Parameters = append(o.Parameters, webapi.Parameter{Name: p.Name, In: "query", Schema: schema, Text: p.Text})
		}
		operations = append(operations, o)
	}
	return webapi.Describe(api, operations)
}

// answerSchema is the schema of an [Answer] with this data.
func answerSchema(data any) webapi.Object {
	schema := webapi.SchemaOf(reflect.TypeFor[Answer[struct{}]]())
	schema["properties"].(webapi.Object)["data"] = webapi.SchemaOf(reflect.TypeOf(data))
	return schema
}
