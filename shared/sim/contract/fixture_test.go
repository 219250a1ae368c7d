package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A small API in Google's form, so that the judge is judged without the vendors' documents.
const libraryDocument = `{
  "rootUrl": "https://library.googleapis.com/", "servicePath": "library/",
  "parameters": {
    "alt": {"location": "query", "type": "string", "enum": ["json", "media"]},
    "fields": {"location": "query", "type": "string"}
  },
  "schemas": {
    "Shelf": {"id": "Shelf", "type": "object", "properties": {
      "kind": {"type": "string", "default": "library#shelf"},
      "name": {"type": "string", "annotations": {"required": ["library.shelves.insert"]}},
      "room": {"type": "string", "enum": ["HALL", "CELLAR"]},
      "count": {"type": "string", "format": "int64"},
      "metres": {"type": "number", "format": "double"},
      "floor": {"type": "integer", "format": "int32", "minimum": "-2", "maximum": "9"},
      "open": {"type": "boolean"},
      "made": {"type": "string", "format": "date-time", "readOnly": true},
      "code": {"type": "string", "pattern": "[A-Z]{2}"},
      "cover": {"type": "string", "format": "byte"},
      "loan": {"type": "string", "format": "google-duration"},
      "books": {"type": "array", "items": {"$ref": "Book"}},
      "labels": {"type": "object", "additionalProperties": {"type": "string"}},
      "note": {"type": "any"}
    }},
    "Book": {"id": "Book", "type": "object", "properties": {"title": {"type": "string"}, "on": {"$ref": "Shelf"}}},
    "Shelves": {"id": "Shelves", "type": "object", "properties": {
      "items": {"type": "array", "items": {"$ref": "Shelf"}}, "nextPageToken": {"type": "string"}
    }}
  },
  "resources": {"shelves": {
    "methods": {
      "list": {"id": "library.shelves.list", "httpMethod": "GET", "path": "shelves", "response": {"$ref": "Shelves"},
        "scopes": ["read", "write"],
        "parameters": {
          "room": {"location": "query", "type": "string", "enum": ["HALL", "CELLAR"]},
          "maxResults": {"location": "query", "type": "integer", "format": "uint32", "minimum": "1", "maximum": "100"},
          "tag": {"location": "query", "type": "string", "repeated": true, "pattern": "[a-z]+"},
          "all": {"location": "query", "type": "boolean"},
          "owner": {"location": "query", "type": "string", "required": true}
        }},
      "get": {"id": "library.shelves.get", "httpMethod": "GET", "path": "shelves/{name}", "response": {"$ref": "Shelf"}, "scopes": ["read"],
        "parameters": {"name": {"location": "path", "type": "string", "required": true, "pattern": "[a-z]+"}}},
      "insert": {"id": "library.shelves.insert", "httpMethod": "POST", "path": "shelves", "request": {"$ref": "Shelf"},
        "response": {"$ref": "Shelf"}, "scopes": ["write"]},
      "patch": {"id": "library.shelves.patch", "httpMethod": "PATCH", "path": "shelves/{name}", "request": {"$ref": "Shelf"},
        "response": {"$ref": "Shelf"}, "scopes": ["write"], "parameters": {"name": {"location": "path", "type": "string", "required": true}}},
      "delete": {"id": "library.shelves.delete", "httpMethod": "DELETE", "path": "shelves/{name}", "scopes": ["write"],
        "parameters": {"name": {"location": "path", "type": "string", "required": true}}}
    },
    "resources": {"rights": {"methods": {
      "set": {"id": "library.shelves.rights.set", "httpMethod": "POST", "path": "v1/{+resource}:setRights",
        "flatPath": "v1/houses/{housesId}/shelves/{shelvesId}:setRights", "request": {"$ref": "Book"}, "response": {"$ref": "Book"}, "scopes": ["write"],
        "parameters": {"resource": {"location": "path", "type": "string", "required": true, "pattern": "^houses/[^/]+/shelves/[^/]+$"}}}
    }}}
  }}
}`

func library(t testing.TB) *Google {
	t.Helper()
	g, err := LoadGoogle(fstest.MapFS{"google/library.json": {Data: []byte(libraryDocument)}}, "library")
	if err != nil {
		t.Fatal(err)
	}
	g.Scopes = func(token string) ([]string, bool) {
		scopes, ok := map[string][]string{"reader": {"read"}, "writer": {"write"}}[token]
		return scopes, ok
	}
	return g
}

// A small API in Slack's form.
var shopFiles = fstest.MapFS{
	"slack/slack-api-ref/shop.order.json": {Data: []byte(`{
		"args": {
			"item": {"required": true, "type": "string"}, "count": {"type": "integer"}, "price": {"type": "number"},
			"gift": {"type": "boolean"}, "buyer": {"type": "user"}, "where": {"type": "channel"}, "when": {"type": "timestamp"},
			"blocks": {"type": "string", "format": "json"}, "cash": {"type": "string"}, "card": {"type": "string"}
		},
		"arg_groups": [{"args": ["cash", "card"], "mutually_exclusive": true}],
		"errors": {"sold_out": "", "ratelimited": ""},
		"response": {"examples": [
			"{\"ok\": true, \"order\": {\"id\": \"O1\", \"note\": null, \"extra\": true}, \"ts\": \"1503435956.000247\"}",
			"{\"ok\": false, \"error\": \"closed\"}"
		]}
	}`)},
	"slack/slack-api-ref/event.item_sold.json": {Data: []byte(`{"name": "item_sold"}`)},
	"slack/slack_web_openapi_v2_without_examples.json": {Data: []byte(`{
		"definitions": {
			"ts": {"type": "string", "pattern": "^\\d{10}\\.\\d{6}$"},
			"blocks": {"type": "array", "items": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}}},
			"objs_message": {"type": "object", "additionalProperties": false, "required": ["text"],
				"properties": {"text": {"type": "string"}, "ts": {"$ref": "#/definitions/ts"}}},
			"either": {"items": [{"type": "null"}, {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}, "additionalProperties": false}]}
		},
		"paths": {
			"/shop.order": {"post": {"parameters": [], "responses": {"200": {"schema": {
				"type": "object", "additionalProperties": false, "required": ["ok", "order", "ts", "gone"],
				"properties": {
					"ok": {"type": "boolean"}, "ts": {"$ref": "#/definitions/ts"}, "gone": {"type": "string"},
					"order": {"type": "object", "additionalProperties": false, "required": ["id"], "properties": {
						"id": {"type": "string"}, "kind": {"type": "string", "enum": ["new", "old"]}, "lines": {"type": "array", "items": {"type": "integer"}}}}
				}}}}}},
			"/shop.old": {"get": {"parameters": [{"name": "token", "type": "string", "required": true}, {"name": "id", "type": "string", "required": true}],
				"responses": {
					"200": {"schema": {"type": "object", "additionalProperties": false, "required": ["ok", "item"],
						"properties": {"ok": {"type": ["boolean"]}, "item": {"$ref": "#/definitions/either"}, "message": {"$ref": "#/definitions/objs_message"}}}},
					"default": {"schema": {"type": "object", "properties": {"error": {"enum": ["no_item"]}}}}}}}
		}
	}`)},
	"slack/slack_common_event_wrapper_schema.json": {Data: []byte(`{
		"type": "object", "additionalProperties": true, "required": ["token", "event", "event_time"],
		"properties": {"token": {"type": "string"}, "event_time": {"type": "integer"},
			"event": {"type": "object", "additionalProperties": true, "required": ["type", "event_ts"], "properties": {"type": {"type": "string"}, "event_ts": {"type": "string"}}}}
	}`)},
}

func shop(t testing.TB) *Slack {
	t.Helper()
	s, err := LoadSlack(shopFiles)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// exchange makes an exchange. Headers are pairs of name and value.
func exchange(method, address, body string, status int, answer string, headers ...string) *Exchange {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // a test wrote it
	}
	x := &Exchange{
		Method: method, URL: u, Header: http.Header{}, Body: []byte(body),
		Status: status, AnswerHeader: http.Header{"Content-Type": {"application/json; charset=UTF-8"}}, Answer: []byte(answer),
	}
	for i := 0; i+1 < len(headers); i += 2 {
		name := headers[i]
		into := x.Header
		if rest, ok := strings.CutPrefix(name, "answer "); ok {
			name, into = rest, x.AnswerHeader
		}
		into.Set(name, headers[i+1])
	}
	return x
}

// judgement is what a spec says of an exchange, one line for each problem.
func judgement(t *testing.T, s Spec, x *Exchange) []string {
	t.Helper()
	c, ok := s.Check(x)
	if !ok {
		return []string{"not of this API"}
	}
	var out []string
	for _, p := range c.Request {
		out = append(out, fmt.Sprintf("request %s: %s", p.At, p.Text))
	}
	for _, p := range c.Answer {
		out = append(out, fmt.Sprintf("answer %s: %s", p.At, p.Text))
	}
	slices.Sort(out)
	return out
}
