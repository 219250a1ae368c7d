package requestapi

import (
	"net/http"
	"reflect"

	"github.com/sekisho/sekisho/shared/webapi"
)

// describe returns the description of the API, made from the routes and from the types that they take
// and give.
func describe(routes []route) []byte {
	api := webapi.API{
		Title: "Requests", Version: "1",
		Description: "Access for a time, accounts and connections: what a person may ask for, asking for it, and what became of it. " +
			"A tool asks on behalf of the person who is signed in there; what is asked for is decided as if they had asked in Slack.",
		Token:    "The person's own ID token, signed by Google, for an audience of this API. What Cloud Run wants of the tool itself is in X-Serverless-Authorization.",
		PathText: "The id of a request.",
	}
	language := webapi.Parameter{
		Name: "Accept-Language", In: "header", Schema: webapi.Object{"type": "string"},
		Text: "English or Japanese; the directory's language of the person where absent.",
	}
	key := webapi.Parameter{
		Name: headerKey, In: "header", Required: true, Schema: webapi.Object{"type": "string", "minLength": 1, "maxLength": mostKey, "pattern": "^[!-~]+$"},
		Text: "Names this one request of the person. The same again asks for nothing new and has the same answer, for 32 days.",
	}
	var operations []webapi.Operation
	for _, r := range routes {
		o := webapi.Operation{
			Method: r.Method, Path: r.Path, Summary: r.Summary, Parameters: []webapi.Parameter{language},
			Answer: webapi.SchemaOf(reflect.TypeOf(r.Gives)), Tagged: r.Method == http.MethodGet,
			Problems: append([]int{401, 403, 503}, r.Problems...),
		}
		if r.Takes != nil {
			o.Body = webapi.SchemaOf(reflect.TypeOf(r.Takes))
			o.Body["additionalProperties"] = false
		}
		if r.Keyed {
			o.Status, o.Parameters = http.StatusCreated, append(o.Parameters, key)
		}
		operations = append(operations, o)
	}
	return webapi.Describe(api, operations)
}
