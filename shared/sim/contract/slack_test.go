package contract

import (
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const formType = "application/x-www-form-urlencoded"

func TestSlackRequests(t *testing.T) {
	s := shop(t)
	for name, tt := range map[string]struct {
		method, path, body, kind string
		want                     []string
	}{
		"good":                   {"POST", "shop.order", "item=tea&count=2&price=1.5&gift=true&buyer=U0123ABC&where=C0123ABC&when=1503435956.000247&blocks=%5B%5D&cash=1&token=x", formType, nil},
		"good JSON":              {"POST", "shop.order", `{"item": "tea", "count": 2, "gift": true, "blocks": [], "card": "1"}`, "application/json", nil},
		"in the query":           {"GET", "shop.order?item=tea&cash=1", "", "", nil},
		"unknown argument":       {"POST", "shop.order", "item=tea&cash=1&colour=red", formType, []string{"request argument.colour: the method has no such argument"}},
		"missing argument":       {"POST", "shop.order", "cash=1", formType, []string{"request argument.item: it is required and not there"}},
		"empty argument":         {"POST", "shop.order", "item=&cash=1", formType, []string{"request argument.item: it is required and not there"}},
		"none of a group":        {"POST", "shop.order", "item=tea", formType, []string{"request argument.cash|card: one of them is required"}},
		"two of a group":         {"POST", "shop.order", "item=tea&cash=1&card=2", formType, []string{"request argument.cash|card: only one of them may be there"}},
		"twice":                  {"POST", "shop.order", "item=tea&cash=1&item=coffee", formType, []string{"request argument.item: it is there 2 times"}},
		"no integer":             {"POST", "shop.order", "item=tea&cash=1&count=2.5", formType, []string{`request argument.count: "2.5" is no integer`}},
		"no number":              {"POST", "shop.order", "item=tea&cash=1&price=much", formType, []string{`request argument.price: "much" is no number`}},
		"no boolean":             {"POST", "shop.order", "item=tea&cash=1&gift=yes", formType, []string{`request argument.gift: "yes" is no boolean`}},
		"no user":                {"POST", "shop.order", "item=tea&cash=1&buyer=aiko", formType, []string{`request argument.buyer: "aiko" is no user`}},
		"no channel":             {"POST", "shop.order", "item=tea&cash=1&where=over+there", formType, []string{`request argument.where: "over there" is no channel`}},
		"no timestamp":           {"POST", "shop.order", "item=tea&cash=1&when=now", formType, []string{`request argument.when: "now" is no timestamp`}},
		"no JSON in an argument": {"POST", "shop.order", "item=tea&cash=1&blocks=%5B", formType, []string{`request argument.blocks: "[" is no json`}},
		"a list for a text":      {"POST", "shop.order", `{"item": ["tea"], "card": "1"}`, "application/json", []string{`request argument.item: "" is no string`}},
		"a body that is no JSON": {"POST", "shop.order?item=tea&cash=1", `{`, "application/json", []string{"request body: it is no JSON object"}},
		"another type":           {"POST", "shop.order?item=tea&cash=1", `x`, "text/xml", []string{`request header.Content-Type: Slack does not take "text/xml"`}},
		"another method of HTTP": {"PUT", "shop.order?item=tea&cash=1", ``, "", []string{"request method: it is PUT"}},
		"no such method":         {"POST", "shop.steal", "", "", []string{"request method: there is no such method"}},
		"only in OpenAPI":        {"POST", "shop.old", "id=1", formType, nil},
		"only in OpenAPI, wrong": {"POST", "shop.old", "name=1", formType, []string{"request argument.id: it is required and not there", "request argument.name: the method has no such argument"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := exchange(tt.method, "https://slack.com/api/"+tt.path, tt.body, 0, "", "Authorization", "Bearer x", "Content-Type", tt.kind)
			if diff := cmp.Diff(tt.want, judgement(t, s, x)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	x := exchange("POST", "https://slack.com/api/shop.order", "item=tea&cash=1", 0, "", "Content-Type", formType)
	if diff := cmp.Diff([]string{"request header.Authorization: there is no token"}, judgement(t, s, x)); diff != "" {
		t.Errorf("without a token (-want +got):\n%s", diff)
	}
	if got := judgement(t, s, exchange("POST", "https://slack.com/shop", "", 0, "")); got[0] != "not of this API" {
		t.Errorf("another path: got %v", got)
	}
}

func TestSlackAnswers(t *testing.T) {
	s := shop(t)
	const good = `{"ok": true, "order": {"id": "O1", "kind": "new", "extra": true, "note": "x", "lines": [1]}, "ts": "1503435956.000247"}`
	for name, tt := range map[string]struct {
		method  string
		status  int
		answer  string
		headers []string
		want    []string
	}{
		"good":                      {"shop.order", 200, good, nil, nil},
		"with warnings":             {"shop.order", 200, strings.Replace(good, "{", `{"warning": "w", "response_metadata": {"warnings": ["w"]}, `, 1), nil, nil},
		"unknown field":             {"shop.order", 200, strings.Replace(good, "{", `{"colour": "red", `, 1), nil, []string{"answer answer.colour: there is no such field"}},
		"unknown field, deep":       {"shop.order", 200, strings.Replace(good, `"id"`, `"di": "x", "id"`, 1), nil, []string{"answer answer.order.di: there is no such field"}},
		"missing field":             {"shop.order", 200, `{"ok": true, "ts": "1503435956.000247"}`, nil, []string{"answer answer.order: it is required and not there"}},
		"missing field, deep":       {"shop.order", 200, `{"ok": true, "order": {}, "ts": "1503435956.000247"}`, nil, []string{"answer answer.order.id: it is required and not there"}},
		"wrong type":                {"shop.order", 200, strings.Replace(good, `"O1"`, `1`, 1), nil, []string{"answer answer.order.id: it is a number, which is not documented"}},
		"wrong type in a list":      {"shop.order", 200, strings.Replace(good, `[1]`, `[1.5]`, 1), nil, []string{"answer answer.order.lines[]: it is a number, which is not documented"}},
		"wrong type of an example":  {"shop.order", 200, strings.Replace(good, `"extra": true`, `"extra": "yes"`, 1), nil, []string{"answer answer.order.extra: it is a string, which is not documented"}},
		"wrong form":                {"shop.order", 200, strings.Replace(good, "1503435956.000247", "now", 1), nil, []string{`answer answer.ts: "now" does not have the form ^\d{10}\.\d{6}$`}},
		"outside of the enum":       {"shop.order", 200, strings.Replace(good, `"new"`, `"odd"`, 1), nil, []string{`answer answer.order.kind: "odd" does not have the form [new old]`}},
		"null":                      {"shop.order", 200, strings.Replace(good, `"O1"`, `null`, 1), nil, []string{"answer answer.order.id: it is null, which is not documented"}},
		"neither ok nor not":        {"shop.order", 200, `{}`, nil, []string{"answer answer.error:  is not documented for this method", "answer answer.ok: it is neither true nor false"}},
		"ok with another status":    {"shop.order", 201, good, nil, []string{"answer status: 201, and ok is true"}},
		"no JSON":                   {"shop.order", 200, `<html>`, []string{"answer Content-Type", "text/html"}, []string{"answer answer: it is no JSON: invalid character '<' looking for beginning of value", `answer header.Content-Type: "text/html", and the answer is JSON`}},
		"broken on the way":         {"shop.order", 503, `<html>`, []string{"answer Content-Type", "text/html"}, nil},
		"documented error":          {"shop.order", 200, `{"ok": false, "error": "sold_out"}`, nil, nil},
		"error of an example":       {"shop.order", 200, `{"ok": false, "error": "closed"}`, nil, nil},
		"undocumented error":        {"shop.order", 200, `{"ok": false, "error": "soldout"}`, nil, []string{"answer answer.error: soldout is not documented for this method"}},
		"unknown field of an error": {"shop.order", 200, `{"ok": false, "error": "sold_out", "why": "x"}`, nil, []string{"answer answer.why: there is no such field in the error sold_out"}},
		"error with a status":       {"shop.order", 400, `{"ok": false, "error": "sold_out"}`, nil, []string{"answer status: 400: Slack answers errors with 200"}},
		"rate limit":                {"shop.order", 429, `{"ok": false, "error": "ratelimited"}`, []string{"answer Retry-After", "30"}, nil},
		"rate limit without wait":   {"shop.order", 429, `{"ok": false, "error": "ratelimited"}`, nil, []string{`answer header.Retry-After: "" is no number of seconds`}},
		"rate limit with 200":       {"shop.order", 200, `{"ok": false, "error": "ratelimited"}`, nil, []string{"answer status: 200 with the error ratelimited"}},
		"an alternative":            {"shop.old", 200, `{"ok": true, "item": {"id": "x"}}`, nil, nil},
		"another alternative":       {"shop.old", 200, `{"ok": true, "item": null}`, nil, nil},
		"no alternative":            {"shop.old", 200, `{"ok": true, "item": {"id": 1}}`, nil, []string{"answer answer.item.id: it is a number, which is not documented"}},
		"a message":                 {"shop.old", 200, `{"ok": true, "item": null, "message": {"text": "x", "ts": "y", "blocks": [7, {"type": "x", "y": 1}, {}], "from": 1}}`, nil, []string{"answer answer.message.blocks[].type: it is required and not there", "answer answer.message.blocks[]: it is a number, which is not documented", "answer answer.message.from: there is no such field", `answer answer.message.ts: "y" does not have the form ^\d{10}\.\d{6}$`}},
		"error only in OpenAPI":     {"shop.old", 200, `{"ok": false, "error": "no_item"}`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			headers := append([]string{"Authorization", "Bearer x"}, tt.headers...)
			x := exchange("GET", "https://slack.com/api/"+tt.method+"?item=tea&cash=1", "", tt.status, tt.answer, headers...)
			if tt.method == "shop.old" {
				x.URL.RawQuery = "id=1"
			}
			if diff := cmp.Diff(tt.want, judgement(t, s, x)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResponseURLs(t *testing.T) {
	s := shop(t)
	address := "https://hooks.slack.com/actions/T1/2/3"
	for body, want := range map[string][]string{
		`{"text": "done", "replace_original": true}`: nil,
		`{"text": "done", "colour": "red"}`:          {"request body.colour: there is no such field"},
		`[]`:                                         {"request body: it is an array, which is not documented"},
		`{"metadata": {"event_type": "x"}}`:          {"request body.metadata.event_payload: it is required and not there"},
	} {
		if diff := cmp.Diff(want, judgement(t, s, exchange("POST", address, body, 200, "", "Content-Type", "application/json"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
	want := []string{"request body: it is no JSON: EOF", `request header.Content-Type: "", and the body is JSON`, "request method: it is GET"}
	if diff := cmp.Diff(want, judgement(t, s, exchange("GET", address, "", 200, ""))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSlackFilesThatCannotBeRead(t *testing.T) {
	for name, change := range map[string]fstest.MapFS{
		"no page":                 {"slack/slack-api-ref/shop.order.json": nil},
		"a page that is no JSON":  {"slack/slack-api-ref/shop.order.json": {Data: []byte("{")}},
		"no OpenAPI document":     {slackOpenAPI: nil},
		"OpenAPI that is no JSON": {slackOpenAPI: {Data: []byte("{")}},
		"a reference to nothing":  {slackOpenAPI: {Data: []byte(`{"definitions": {"a": {"properties": {"b": {"$ref": "#/definitions/c"}}}}}`)}},
		"a pattern that is none":  {slackOpenAPI: {Data: []byte(`{"definitions": {"a": {"pattern": "("}}}`)}},
		"alternatives of nothing": {slackOpenAPI: {Data: []byte(`{"definitions": {"a": {"items": [{"$ref": "#/definitions/c"}]}}}`)}},
		"an answer of nothing":    {slackOpenAPI: {Data: []byte(`{"paths": {"/a": {"get": {"responses": {"200": {"schema": {"$ref": "#/definitions/c"}}}}}}}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(shopFiles)
			for path, file := range change {
				if file == nil {
					delete(files, path)
				} else {
					files[path] = file
				}
			}
			if _, err := LoadSlack(files); err == nil {
				t.Error("it was read")
			}
			if _, err := LoadSlackPushes(files); err == nil {
				t.Error("it was read for pushes")
			}
		})
	}
	for name, data := range map[string]string{"no JSON": "{", "a reference to nothing": `{"$ref": "#/definitions/c"}`, "nothing": ""} {
		files := maps.Clone(shopFiles)
		const wrapper = "slack/slack_common_event_wrapper_schema.json"
		files[wrapper] = &fstest.MapFile{Data: []byte(data)}
		if data == "" {
			delete(files, wrapper)
		}
		if _, err := LoadSlackPushes(files); err == nil {
			t.Errorf("an event wrapper with %s was read", name)
		}
	}
	if _, err := LoadSlack(fstest.MapFS{"slack/x": {Mode: fs.ModeDir}}); err == nil {
		t.Error("a folder without a reference was read")
	}
}
