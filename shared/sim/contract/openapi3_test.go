package contract

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// A small API in OpenAPI's form.
const harbourDocument = `{
  "openapi": "3.0.3",
  "servers": [{"url": "https://harbour.example/v1/"}],
  "paths": {
    "/ships/{id}": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "format": "int64"}}],
      "get": {"operationId": "ship", "parameters": [
          {"name": "fields", "in": "query", "schema": {"type": "string"}},
          {"name": "X-Trace", "in": "header", "required": true, "schema": {"type": "string"}}
        ], "responses": {"200": {"$ref": "#/components/responses/Ship"}, "404": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}}, "5XX": {}}},
      "patch": {"operationId": "rename", "requestBody": {"$ref": "#/components/requestBodies/Ship"}, "responses": {"204": {"content": {"application/json": {"schema": {"type": "string"}}}}, "default": {}}}
    },
    "/ships/search": {
      "get": {"operationId": "search", "parameters": [
        {"name": "ids", "in": "query", "explode": false, "schema": {"type": "array", "items": {"type": "integer"}}},
        {"$ref": "#/components/parameters/Flag"},
        {"name": "limit", "in": "query", "required": true, "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 100}},
        {"name": "afloat", "in": "query", "schema": {"type": "boolean"}}
      ], "responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Ship"}}}}}}}
    },
    "/cargo": {
      "post": {"requestBody": {"required": true, "content": {
          "application/json": {"schema": {"$ref": "#/components/schemas/Cargo"}},
          "application/x-www-form-urlencoded": {"schema": {"type": "object"}}
        }}, "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Cargo"}}}}}}
    }
  },
  "components": {
    "parameters": {"Flag": {"name": "flag", "in": "query", "schema": {"type": "array", "items": {"type": "string", "enum": ["JP", "NL"]}}}},
    "requestBodies": {"Ship": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ship"}}}}},
    "responses": {"Ship": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ship"}}}}},
    "schemas": {
      "Ship": {"type": "object", "required": ["id", "name"], "properties": {
        "id": {"type": "string", "readOnly": true},
        "name": {"type": "string", "minLength": 2, "maxLength": 9, "pattern": "^[A-Z]"},
        "built": {"type": "string", "format": "date", "nullable": true},
        "seen": {"type": "string", "format": "date-time"},
        "hull": {"type": "string", "format": "byte"},
        "draught": {"type": "number", "minimum": 0},
        "crew": {"type": "integer", "format": "int32"},
        "afloat": {"type": "boolean"},
        "pin": {"type": "string", "writeOnly": true},
        "owner": {"$ref": "#/components/schemas/Owner"},
        "sisters": {"type": "array", "maxItems": 2, "items": {"$ref": "#/components/schemas/Ship"}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "notes": {"type": "object", "additionalProperties": true},
        "free": {"type": "object"},
        "odd": {"type": "string", "pattern": "(?!x)"},
        "whatever": {"type": "any"}
      }},
      "Owner": {"oneOf": [{"type": "object", "properties": {"person": {"type": "string"}}}, {"type": "object", "properties": {"firm": {"type": "string"}}}]},
      "Cargo": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind", "mapping": {"coal": "#/components/schemas/Coal", "tea": "#/components/schemas/Tea"}}},
      "Coal": {"allOf": [{"$ref": "#/components/schemas/Cargo"}, {"type": "object", "required": ["tons"], "properties": {"tons": {"type": "integer"}}}]},
      "Tea": {"allOf": [{"$ref": "#/components/schemas/Cargo"}, {"properties": {"leaf": {"type": "string", "enum": ["green", 1]}}}]},
      "Refusal": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
    }
  }
}`

func harbour(t testing.TB) *OpenAPI3 {
	t.Helper()
	s, err := LoadOpenAPI3(fstest.MapFS{"harbour.json": {Data: []byte(harbourDocument)}}, OpenAPI3Options{
		Name: "harbour", File: "harbour.json", Fields: "fields", Schemes: []string{"Bearer", "token"}, Open: []string{"search"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// passage is one exchange, written short: the request line, the body after a space, and the
// same for the answer.
func passage(t *testing.T, request, answer string) *Exchange {
	t.Helper()
	line := strings.SplitN(request, " ", 3)
	u, err := url.Parse("https://harbour.example" + line[1])
	if err != nil {
		t.Fatal(err)
	}
	x := &Exchange{Method: line[0], URL: u, Header: http.Header{"Authorization": {"token x"}, "X-Trace": {"1"}}, AnswerHeader: http.Header{}}
	if len(line) == 3 {
		x.Body = []byte(line[2])
		x.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	status, body, _ := strings.Cut(answer, " ")
	for _, digit := range status {
		x.Status = 10*x.Status + int(digit-'0')
	}
	if x.Answer = []byte(body); body != "" {
		x.AnswerHeader.Set("Content-Type", "application/json")
	}
	return x
}

func TestOpenAPI3(t *testing.T) {
	const ship, good = "GET /v1/ships/7", `200 {"id": "7", "name": "Maru"}`
	with := func(fields string) string { return `200 {"id": "7", "name": "Maru", ` + fields + `}` }
	tests := map[string]struct {
		request, answer string
		want            []string // problems as "at: text"
	}{
		"nothing wrong":                  {ship, good, nil},
		"everything":                     {ship, with(`"built": null, "seen": "2026-11-22T00:00:00.123+09:00", "hull": "aGk=", "draught": 1.5, "crew": 3, "afloat": true, "owner": {"firm": "x"}, "sisters": [{"id": "8", "name": "Go"}], "labels": {"any": "text"}, "notes": {"any": [1]}, "free": {"x": null}, "odd": "y", "whatever": null`), nil},
		"another operation":              {"GET /v1/ships/search?limit=5&ids=1,2&flag=JP&flag=NL&afloat=true", `200 [{"id": "7", "name": "Maru"}]`, nil},
		"a path of a wrong type":         {"GET /v1/ships/seven", good, []string{`path.id: "seven" is no number`}},
		"a path that is unreadable":      {"GET /v1/ships/7%2F", good, []string{`path.id: "7/" is no number`}},
		"an unknown parameter":           {ship + "?colour=red", good, []string{"query.colour: the operation has no such parameter"}},
		"a parameter twice":              {"GET /v1/ships/search?limit=5&limit=6", `200 [{"id": "7", "name": "Maru"}]`, []string{"query.limit: it is there 2 times"}},
		"a parameter that is missing":    {"GET /v1/ships/search", `200 [{"id": "7", "name": "Maru"}]`, []string{"query.limit: it is required and not there"}},
		"parameters of wrong values":     {"GET /v1/ships/search?limit=101&ids=1,x&flag=FR&afloat=yes", `200 [{"id": "7", "name": "Maru"}]`, []string{`query.afloat: "yes" is neither true nor false`, `query.flag: "FR" is none of JP, NL`, `query.ids: "x" is no number`, `query.limit: 101 is out of bounds`}},
		"a number that is too large":     {"GET /v1/ships/search?limit=3000000000", `200 [{"id": "7", "name": "Maru"}]`, []string{`query.limit: "3000000000" is no integer of 32 bits`}},
		"an unknown field":               {ship, with(`"nmae": "Maru"`), []string{"answer.nmae: there is no such field"}},
		"a field that is missing":        {ship, `200 {"id": "7"}`, []string{"answer.name: it is required and not there"}},
		"fields of wrong types":          {ship, with(`"draught": "deep", "crew": 1.5, "afloat": 1, "sisters": {}, "labels": {"a": 1}, "free": 3`), []string{`answer.afloat: it is a number, not a boolean`, `answer.crew: "1.5" is no integer of 32 bits`, "answer.draught: it is a string, not a number", "answer.free: it is a number, not an object", "answer.labels.a: it is a number, not a string", "answer.sisters: it is an object, not an array"}},
		"fields of wrong forms":          {ship, `200 {"id": "7", "name": "maru", "built": "today", "seen": "2026-11-22", "hull": "?", "draught": -1}`, []string{`answer.built: "today" does not have the format date`, "answer.draught: -1 is out of bounds", `answer.hull: "?" does not have the format byte`, `answer.name: "maru" does not have the form ^[A-Z]`, `answer.seen: "2026-11-22" does not have the format date-time`}},
		"a text that is too short":       {ship, `200 {"id": "7", "name": "M"}`, []string{"answer.name: it is 1 characters long"}},
		"a text that is too long":        {ship, `200 {"id": "7", "name": "M123456789"}`, []string{"answer.name: it is 10 characters long"}},
		"null where nothing says so":     {ship, with(`"seen": null, "owner": null`), []string{"answer.owner: it is null", "answer.seen: it is null"}},
		"none of the alternatives":       {ship, with(`"owner": {"dog": "x"}`), []string{"answer.owner.dog: there is no such field"}},
		"too many items":                 {ship, with(`"sisters": [{"id": "8", "name": "Go"}, {"id": "8", "name": "Go"}, {"id": "8", "name": "Go"}]`), []string{"answer.sisters: it has 3 items"}},
		"too few items":                  {"GET /v1/ships/search?limit=1", `200 []`, []string{"answer: it has 0 items"}},
		"a secret in an answer":          {ship, with(`"pin": "1234"`), []string{"answer.pin: it is only for writing"}},
		"what may only be read is sent":  {`PATCH /v1/ships/7 {"id": "8", "name": "Maru", "pin": "1"}`, "204", []string{"body.id: it is only for reading"}},
		"what may only be read is not":   {`PATCH /v1/ships/7 {"name": "Maru"}`, "204", nil},
		"no answer":                      {ship, "0", nil},
		"a body that nobody takes":       {"GET /v1/ships/7?fields=id -", `200 {"id": "7"}`, []string{"body: the operation takes none"}},
		"a status nobody speaks of":      {ship, "302", []string{"status: 302 is no answer of this operation"}},
		"a class of status":              {ship, "503 down", nil},
		"any other status":               {`PATCH /v1/ships/7 {"name": "Maru"}`, `418 {"x": 1}`, nil},
		"a refusal":                      {ship + "?fields=id", `404 {"message": "no"}`, nil},
		"a refusal of a wrong form":      {ship, `404 {"error": "no"}`, []string{"answer.error: there is no such field", "answer.message: it is required and not there"}},
		"content where there is none":    {`PATCH /v1/ships/7 {"name": "Maru"}`, `204 ""`, []string{"answer: there are 2 bytes in an answer without content"}},
		"an answer that is no JSON":      {ship, "200 {", []string{"answer: it is no JSON: unexpected EOF"}},
		"a body that is no JSON":         {"PATCH /v1/ships/7 {", "204", []string{"body: it is no JSON: unexpected EOF"}},
		"a body that need not be":        {"PATCH /v1/ships/7", "204", nil},
		"a body that has to be":          {"POST /v1/cargo", `201 {"kind": "coal", "tons": 3}`, []string{"body: it is required and not there"}},
		"one kind":                       {`POST /v1/cargo {"kind": "tea", "leaf": "green"}`, `201 {"kind": "coal", "tons": 3}`, nil},
		"one kind, wrong":                {`POST /v1/cargo {"kind": "tea", "leaf": "black", "tons": 3}`, `201 {"kind": "coal"}`, []string{`body.leaf: "black" is none of green, 1`, "body.tons: there is no such field", "answer.tons: it is required and not there"}},
		"a kind that does not exist":     {`POST /v1/cargo {"kind": "gold"}`, `201 {"kind": "coal", "tons": 3}`, []string{`body.kind: "gold" is none of the kinds that the description has`}},
		"no kind":                        {`POST /v1/cargo {}`, `201 {"kind": "coal", "tons": 3}`, []string{"body.kind: it is required and not there"}},
		"some fields":                    {ship + "?fields=id,sisters(name)", `200 {"id": "7", "sisters": [{"name": "Go"}]}`, nil},
		"fields that do not exist":       {ship + "?fields=id,nmae,sisters(nmae)", `200 {"id": "7"}`, []string{"query.fields: it asks for nmae, which is no field", "query.fields: it asks for nmae, which is no field"}},
		"fields of alternatives":         {ship + "?fields=owner(person,firm,dog)", `200 {"owner": {"firm": "x"}}`, []string{"query.fields: it asks for dog, which is no field"}},
		"fields that cannot be read":     {ship + "?fields=id,(", good, []string{`query.fields: the mask "id,(" cannot be read: a name is missing before "("`}},
		"fields that nobody asked for":   {ship + "?fields=id,sisters(name)", `200 {"id": "7", "crew": 3, "sisters": [{"name": "Go", "id": "8"}]}`, []string{"answer.crew: it was not asked for", "answer.sisters[].id: it was not asked for"}},
		"a part of an answer too little": {ship + "?fields=id,name", `200 {"id": "7"}`, []string{"answer.name: it is required and not there"}},
	}
	s := harbour(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, ok := s.Check(passage(t, test.request, test.answer))
			if !ok {
				t.Fatal("it is no exchange of this API")
			}
			var got []string
			for _, p := range slices.Concat(c.Request, c.Answer) {
				got = append(got, p.At+": "+p.Text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenAPI3Headers(t *testing.T) {
	s := harbour(t)
	first := func(change func(*Exchange), request, answer string) string {
		x := passage(t, request, answer)
		change(x)
		c, _ := s.Check(x)
		for _, p := range slices.Concat(c.Request, c.Answer) {
			return p.At + ": " + p.Text
		}
		return ""
	}
	const ship, good = "GET /v1/ships/7", `200 {"id": "7", "name": "Maru"}`
	for name, test := range map[string]struct{ got, want string }{
		"no authorization":        {first(func(x *Exchange) { x.Header.Del("Authorization") }, ship, good), "header.Authorization: there is none of the scheme Bearer or token"},
		"another scheme":          {first(func(x *Exchange) { x.Header.Set("Authorization", "Basic eA==") }, ship, good), "header.Authorization: there is none of the scheme Bearer or token"},
		"a scheme without secret": {first(func(x *Exchange) { x.Header.Set("Authorization", "Bearer") }, ship, good), "header.Authorization: there is none of the scheme Bearer or token"},
		"an open operation":       {first(func(x *Exchange) { x.Header.Del("Authorization") }, "GET /v1/ships/search?limit=1", "200 [{\"id\": \"7\", \"name\": \"Maru\"}]"), ""},
		"a header that is needed": {first(func(x *Exchange) { x.Header.Del("X-Trace") }, ship, good), "header.X-Trace: it is required and not there"},
		"an answer in HTML":       {first(func(x *Exchange) { x.AnswerHeader.Set("Content-Type", "text/html") }, ship, good), `header.Content-Type: "text/html", and the answer is JSON`},
		"a body in XML":           {first(func(x *Exchange) { x.Header.Set("Content-Type", "text/xml") }, `PATCH /v1/ships/7 {"name": "Maru"}`, "204"), `header.Content-Type: the operation does not take "text/xml"`},
		"a form":                  {first(func(x *Exchange) { x.Header.Set("Content-Type", formType) }, `POST /v1/cargo kind=coal`, `201 {"kind": "coal", "tons": 3}`), ""},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", name, test.got, test.want)
		}
	}
}

func TestOpenAPI3KnowsItsOwn(t *testing.T) {
	s := harbour(t)
	if diff := cmp.Diff([]string{"harbour.POST /cargo", "harbour.rename", "harbour.search", "harbour.ship"}, s.Operations()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for request, want := range map[string]string{
		"GET /v1/ships/7": "harbour.ship", "GET /v1/ships/search": "harbour.search", "PATCH /v1/ships/search": "harbour.rename",
		"GET /v2/ships/7": "", "GET /ships/7": "", "DELETE /v1/ships/7": "", "GET /v1/ships": "", "GET /v1/ships/7/crew": "",
	} {
		c, ok := s.Check(passage(t, request, "0"))
		if c.Operation != want || ok != (want != "") {
			t.Errorf("%s: got %q, want %q", request, c.Operation, want)
		}
	}
}

func TestBrokenOpenAPI3Documents(t *testing.T) {
	spoilt := func(from, to string) string {
		if !strings.Contains(harbourDocument, from) {
			t.Fatalf("the document has no %s", from)
		}
		return strings.Replace(harbourDocument, from, to, 1)
	}
	for name, text := range map[string]string{
		"no JSON":                     "{",
		"no paths":                    `{"openapi": "3.0.3"}`,
		"no schema":                   spoilt(`"items": {"$ref": "#/components/schemas/Ship"}`, `"items": {"$ref": "#/components/schemas/Shop"}`),
		"no parameter":                spoilt(`#/components/parameters/Flag`, `#/components/parameters/Flog`),
		"no request body":             spoilt(`#/components/requestBodies/Ship`, `#/components/requestBodies/Shop`),
		"no response":                 spoilt(`#/components/responses/Ship`, `#/components/responses/Shop`),
		"no schema of a kind":         spoilt(`"tea": "#/components/schemas/Tea"`, `"tea": "#/components/schemas/Tee"`),
		"a reference to itself":       spoilt(`{"name": "flag", "in": "query", "schema": {"type": "array", "items": {"type": "string", "enum": ["JP", "NL"]}}}`, `{"$ref": "#/components/parameters/Flag"}`),
		"properties that are nothing": spoilt(`"additionalProperties": {"type": "string"}`, `"additionalProperties": {"$ref": "#/components/schemas/None"}`),
	} {
		if _, err := LoadOpenAPI3(fstest.MapFS{"x": {Data: []byte(text)}}, OpenAPI3Options{Name: "x", File: "x"}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := LoadOpenAPI3(fstest.MapFS{}, OpenAPI3Options{File: "none"}); err == nil {
		t.Error("no file: no error")
	}
}
